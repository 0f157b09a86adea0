package counter

import (
	"encoding/json"
	"errors"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Windows returns the windows in their order.
func Windows(rx *store.Rx) (list []Window, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var w Window
		err := scan(&w.ID, &w.Name, &w.Seats, &w.LateMinutes, &w.Sort, &w.Closed)
		list = append(list, w)
		return err
	}, "SELECT window_id, name, seats, late_minutes, sort, closed FROM counter_window ORDER BY sort, window_id")
	return list, err
}

// WindowByID returns a window. Error: fault.NotFound "counter.unknown_window".
func WindowByID(rx *store.Rx, id string) (w Window, err error) {
	err = rx.Row("SELECT window_id, name, seats, late_minutes, sort, closed FROM counter_window WHERE window_id = $1", id).
		Scan(&w.ID, &w.Name, &w.Seats, &w.LateMinutes, &w.Sort, &w.Closed)
	if errors.Is(err, store.ErrNoRows) {
		return Window{}, fault.New(fault.NotFound, "counter.unknown_window")
	}
	return w, err
}

func putWindow(tx *store.Tx, w Window) error {
	_, err := tx.Exec(`
INSERT INTO counter_window (window_id, name, seats, late_minutes, sort, closed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (window_id) DO UPDATE SET name = excluded.name, seats = excluded.seats, late_minutes = excluded.late_minutes, sort = excluded.sort, closed = excluded.closed`,
		w.ID, w.Name, string(w.Seats), w.LateMinutes, w.Sort, w.Closed)
	return err
}

const slotColumns = "window_id, starts_at, minutes, procs, web_cap, office_cap, office_taken"

func scanSlot(scan func(...any) error) (s Slot, err error) {
	var starts string
	if err := scan(&s.WindowID, &starts, &s.Minutes, &s.Procs, &s.WebCap, &s.OfficeCap, &s.OfficeTaken); err != nil {
		return s, err
	}
	s.Starts, err = store.ParseStamp(starts)
	return s, err
}

// Slots returns the slots of a day at a window.
func Slots(rx *store.Rx, windowID, day string) (list []Slot, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		s, err := scanSlot(scan)
		list = append(list, s)
		return err
	}, "SELECT "+slotColumns+" FROM counter_slot WHERE window_id = $1 AND day = $2 ORDER BY starts_at", windowID, day)
	return list, err
}

// slotsWithRoom are those after an instant with so many office seats left.
func slotsWithRoom(rx *store.Rx, windowID string, seats int, after time.Time) (list []Slot, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		s, err := scanSlot(scan)
		list = append(list, s)
		return err
	}, "SELECT "+slotColumns+" FROM counter_slot WHERE window_id = $1 AND starts_at > $2 AND office_cap - office_taken >= $3 ORDER BY starts_at LIMIT 100",
		windowID, max(store.Stamp(rx.Now), store.Stamp(after)), seats)
	return list, err
}

func slotAt(rx *store.Rx, windowID string, starts time.Time) (Slot, bool, error) {
	s, err := scanSlot(rx.Row("SELECT "+slotColumns+" FROM counter_slot WHERE window_id = $1 AND starts_at = $2", windowID, store.Stamp(starts)).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Slot{}, false, nil
	}
	return s, err == nil, err
}

// Days returns the days from today on with slots at a window, and how many
// office seats are left on each.
func Days(rx *store.Rx, windowID string, limit int) (days []Day, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var d Day
		err := scan(&d.Day, &d.Free)
		days = append(days, d)
		return err
	}, `
SELECT day, SUM(CASE WHEN office_cap > office_taken AND starts_at > $3 THEN office_cap - office_taken ELSE 0 END)
FROM counter_slot WHERE window_id = $1 AND day >= $2 GROUP BY day ORDER BY day LIMIT $4`, windowID, rx.Today(), store.Stamp(rx.Now), limit)
	return days, err
}

// Day is a day at a window.
type Day struct {
	Day  string
	Free int // office seats
}

// NextDay is the first day after another on which any window is open, or on
// which somebody is booked.
func NextDay(rx *store.Rx, after string) (day string, err error) {
	err = rx.Row(`
SELECT COALESCE(MIN(day), '') FROM (SELECT MIN(day) AS day FROM counter_slot WHERE day > $1
UNION ALL SELECT MIN(day) FROM counter_booking WHERE day > $1)`, after).Scan(&day)
	return day, err
}

// putSlot keeps what is taken.
func putSlot(tx *store.Tx, s Slot) error {
	_, err := tx.Exec(`
INSERT INTO counter_slot (window_id, starts_at, day, minutes, procs, web_cap, office_cap, office_taken) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
ON CONFLICT (window_id, starts_at) DO UPDATE SET minutes = excluded.minutes, procs = excluded.procs, web_cap = excluded.web_cap, office_cap = excluded.office_cap`,
		s.WindowID, store.Stamp(s.Starts), dayOf(s.Starts), s.Minutes, string(s.Procs), s.WebCap, s.OfficeCap)
	return err
}

// dropSlots removes the slots of a window-day that are not among those named; one
// of which seats are taken stays without any left.
func dropSlots(tx *store.Tx, windowID, day string, keep []Slot) error {
	stamps := make([]string, len(keep))
	for i, s := range keep {
		stamps[i] = store.Stamp(s.Starts)
	}
	list, err := json.Marshal(stamps)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`
DELETE FROM counter_slot WHERE window_id = $1 AND day = $2 AND office_taken = 0 AND starts_at NOT IN (SELECT value FROM json_each($3))`,
		windowID, day, string(list)); err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE counter_slot SET web_cap = 0, office_cap = 0 WHERE window_id = $1 AND day = $2 AND starts_at NOT IN (SELECT value FROM json_each($3))`,
		windowID, day, string(list))
	return err
}

// takeSeats takes office seats that are left. Error: fault.Conflict
// "counter.full".
func takeSeats(tx *store.Tx, windowID string, starts time.Time, n int) error {
	done, err := tx.Exec(`
UPDATE counter_slot SET office_taken = office_taken + $1
WHERE window_id = $2 AND starts_at = $3 AND starts_at > $4 AND office_taken + $1 <= office_cap`, n, windowID, store.Stamp(starts), store.Stamp(tx.Now))
	if err == nil && done == 0 {
		return fault.New(fault.Conflict, "counter.full")
	}
	return err
}

// returnSeats gives office seats back.
func returnSeats(tx *store.Tx, windowID string, starts time.Time, n int) error {
	_, err := tx.Exec(`
UPDATE counter_slot SET office_taken = CASE WHEN office_taken > $1 THEN office_taken - $1 ELSE 0 END WHERE window_id = $2 AND starts_at = $3`,
		n, windowID, store.Stamp(starts))
	return err
}
