package counter

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
)

const bookingColumns = `
b.bk, b.source, b.no, b.window_id, b.starts_at, b.day, b.minutes, b.seat, b.via, b.lang, b.seq, b.known_at, b.made_by, b.here, b.here_on`

func scanBooking(scan func(...any) error) (b Booking, err error) {
	var starts string
	if err := scan(&b.ID, &b.Source, &b.No, &b.WindowID, &starts, &b.Day, &b.Minutes, &b.Seat, &b.Via, &b.Lang, &b.Seq, &b.KnownAt,
		&b.By, &b.Here, &b.HereOn); err != nil {
		return b, err
	}
	b.Starts, err = store.ParseStamp(starts)
	return b, err
}

// bookings returns those that a query names, each with its persons.
func bookings(rx *store.Rx, where string, args ...any) (list []Booking, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		b, err := scanBooking(scan)
		list = append(list, b)
		return err
	}, "SELECT "+bookingColumns+" FROM counter_booking b WHERE "+where, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	at := map[string]int{}
	for i, b := range list {
		at[b.ID] = i
	}
	err = rx.Query(func(scan func(...any) error) error {
		bk, p, err := scanPerson(scan)
		if i, ok := at[bk]; ok {
			list[i].Persons = append(list[i].Persons, p)
		}
		return err
	}, "SELECT "+personColumns+personTables+" WHERE p.bk IN (SELECT b.bk FROM counter_booking b WHERE "+where+") ORDER BY p.bk, p.ord", args...)
	return list, err
}

// ByID returns a booking. Error: fault.NotFound "counter.unknown".
func ByID(rx *store.Rx, bk string) (Booking, error) {
	b, found, err := find(rx, bk)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "counter.unknown")
	}
	return b, err
}

func find(rx *store.Rx, bk string) (Booking, bool, error) {
	list, err := bookings(rx, "b.bk = $1", bk)
	if err != nil || len(list) == 0 {
		return Booking{}, false, err
	}
	return list[0], true, nil
}

// OnDay returns the bookings of a day at a window, and those whose persons this
// window has received on that day in place of theirs, in the order of time.
func OnDay(rx *store.Rx, windowID, day string) ([]Booking, error) {
	return bookings(rx, "(b.day = $1 AND b.window_id = $2 OR b.here_on = $1 AND b.here = $2) ORDER BY b.starts_at, b.bk", day, windowID)
}

// ofCard are the bookings of a card or of the link that leads to it.
func ofCard(rx *store.Rx, cardID int64) ([]Booking, error) {
	return bookings(rx, `b.bk IN (
SELECT p.bk FROM counter_person p WHERE p.card_id = $1
UNION SELECT p.bk FROM counter_person p JOIN link l ON l.link = p.link WHERE l.card_id = $1) ORDER BY b.starts_at, b.bk`, cardID)
}

// ofLink are the bookings of a code.
func ofLink(rx *store.Rx, link string) ([]Booking, error) {
	return bookings(rx, "b.bk IN (SELECT p.bk FROM counter_person p WHERE p.link = $1 AND p.link <> '') ORDER BY b.starts_at, b.bk", link)
}

// ownAhead are the bookings of office seats at a window that are still to come.
func ownAhead(rx *store.Rx, windowID string) ([]Booking, error) {
	return bookings(rx, "b.day >= $1 AND b.window_id = $2 AND b.starts_at > $3 AND b.source = 'office' ORDER BY b.starts_at, b.bk",
		rx.Today(), windowID, store.Stamp(rx.Now))
}

// ByIDs are the bookings with those of the ids that are known.
func ByIDs(rx *store.Rx, ids []string) ([]Booking, error) {
	list, err := json.Marshal(append([]string{}, ids...))
	if err != nil {
		return nil, err
	}
	return bookings(rx, "b.bk IN (SELECT value FROM json_each($1)) ORDER BY b.bk", string(list))
}

// AtSlot are the bookings in which somebody is expected at one beginning, named as
// events do.
func AtSlot(rx *store.Rx, windowID, start string) ([]Booking, error) {
	starts, err := startOf(start)
	if err != nil {
		return nil, err
	}
	return bookings(rx, `b.window_id = $1 AND b.bk IN (
SELECT p.bk FROM counter_person p WHERE p.starts_at = $2 AND p.state IN ('active', 'arrived')) ORDER BY b.bk`, windowID, store.Stamp(starts))
}

// byNumber are the bookings with a number that people name, the latest day
// first.
func byNumber(rx *store.Rx, no string) ([]Booking, error) {
	return bookings(rx, "b.no = $1 ORDER BY b.day DESC, b.bk", no)
}

// standing are the bookings that are not over for somebody, below a visit, too,
// with one of the codes or, on none named, with any.
func standing(rx *store.Rx, links []string) ([]Booking, error) {
	list, err := json.Marshal(append([]string{}, links...))
	if err != nil {
		return nil, err
	}
	return bookings(rx, `b.bk IN (
SELECT p.bk FROM counter_person p WHERE p.booked IN ('active', 'noshow_provisional') AND p.link <> '' AND ($1 = '[]' OR p.link IN (SELECT value FROM json_each($1))))
ORDER BY b.bk`, string(list))
}

func insert(tx *store.Tx, b Booking) error {
	_, err := tx.Exec(`
INSERT INTO counter_booking (bk, source, no, window_id, starts_at, day, minutes, seat, via, lang, seq, known_at, made_by, here, here_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		b.ID, string(b.Source), b.No, b.WindowID, store.Stamp(b.Starts), b.Day, b.Minutes, b.Seat, b.Via, b.Lang, b.Seq, b.KnownAt, b.By, b.Here, b.HereOn)
	if err != nil {
		return err
	}
	return insertPersons(tx, b)
}

// place writes where and when a booking is.
func place(tx *store.Tx, b Booking) error {
	_, err := tx.Exec(`
UPDATE counter_booking SET no = $1, window_id = $2, starts_at = $3, day = $4, minutes = $5, seat = $6, via = $7, lang = $8, seq = $9, known_at = $10 WHERE bk = $11`,
		b.No, b.WindowID, store.Stamp(b.Starts), b.Day, b.Minutes, b.Seat, b.Via, b.Lang, b.Seq, b.KnownAt, b.ID)
	return err
}

func setHere(tx *store.Tx, bk, window, day string) error {
	_, err := tx.Exec("UPDATE counter_booking SET here = $1, here_on = $2 WHERE bk = $3", window, day, bk)
	return err
}

// nextNumber gives the next number with a prefix: of the month for bookings, of
// the day for visits.
func nextNumber(rx *store.Rx, prefix, since string, digits int) (string, error) {
	var last string
	err := rx.Row(`
SELECT COALESCE(MAX(no), '') FROM counter_booking WHERE no >= $1 AND no < $2 AND day >= $3 AND source <> 'cloud'`, prefix, prefix+"~", since).Scan(&last)
	if err != nil {
		return "", err
	}
	n := 0
	if last != "" {
		if _, err := fmt.Sscanf(last[len(prefix):], "%d", &n); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s%0*d", prefix, digits, n+1), nil
}

// Closing is the close of a day at a window.
type Closing struct {
	WindowID string
	Day      string
	Seen     int64
	At, By   string
}

// ClosingOf returns the close of a day, false while it is open.
func ClosingOf(rx *store.Rx, windowID, day string) (c Closing, closed bool, err error) {
	err = rx.Row("SELECT window_id, day, seen, closed_at, closed_by FROM counter_day WHERE window_id = $1 AND day = $2", windowID, day).
		Scan(&c.WindowID, &c.Day, &c.Seen, &c.At, &c.By)
	if errors.Is(err, store.ErrNoRows) {
		return Closing{}, false, nil
	}
	return c, err == nil, err
}

func insertClosing(tx *store.Tx, c Closing) error {
	_, err := tx.Exec("INSERT INTO counter_day (window_id, day, seen, closed_at, closed_by) VALUES ($1, $2, $3, $4, $5)",
		c.WindowID, c.Day, c.Seen, c.At, c.By)
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "counter.day_closed", "day", c.Day)
	}
	return err
}

// openDays are the days of a window before today on which somebody was booked
// and which nobody has closed.
func openDays(rx *store.Rx, windowID, since string) (days []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var day string
		err := scan(&day)
		days = append(days, day)
		return err
	}, `
SELECT DISTINCT b.day FROM counter_booking b
WHERE b.window_id = $1 AND b.day < $2 AND b.day >= $3
  AND NOT EXISTS (SELECT 1 FROM counter_day d WHERE d.window_id = b.window_id AND d.day = b.day)
  AND EXISTS (SELECT 1 FROM counter_person p WHERE p.bk = b.bk AND p.state IN ('active', 'noshow_provisional'))
ORDER BY b.day`, windowID, rx.Today(), since)
	return days, err
}

// day of an instant in Japan.
func dayOf(t time.Time) string { return store.Day(t) }
