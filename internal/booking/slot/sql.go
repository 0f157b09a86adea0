package slot

import (
	"time"

	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// slotColumns are the columns of a slot in the order of scanSlot, for statements
// with the tenant as $1. That a day is closed is read with each slot: whoever
// looks at seats and whoever takes one see the same.
const slotColumns = `slot_id, window_id, day, starts_at, minutes, procs, is_open, opens_at, book_until, change_until, cancel_until,
       own_until, phone_only, web_cap, web_open, web_over, web_taken, office_cap, office_over, office_taken,
       CASE WHEN EXISTS (SELECT 1 FROM closed_day c WHERE c.tenant = $1 AND c.window_id = slot.window_id AND c.day = slot.day) THEN 1 ELSE 0 END`

func scanSlot(scan func(...any) error) (s Slot, err error) {
	var starts, opens, book, change, cancel string
	err = scan(&s.ID, &s.WindowID, &s.Day, &starts, &s.Minutes, &s.Procs, &s.Open, &opens, &book, &change, &cancel,
		&s.Own, &s.PhoneOnly, &s.WebCap, &s.WebOpen, &s.WebOver, &s.WebTaken, &s.OfficeCap, &s.OfficeOver, &s.OfficeTaken, &s.Ended)
	if err != nil {
		return Slot{}, err
	}
	for _, stamp := range []struct {
		text string
		to   *time.Time
	}{{starts, &s.Starts}, {opens, &s.OpensAt}, {book, &s.BookUntil}, {change, &s.ChangeUntil}, {cancel, &s.CancelUntil}} {
		if *stamp.to, err = store.ParseStamp(stamp.text); err != nil {
			return Slot{}, err
		}
	}
	return s, nil
}

func slots(rx *store.Rx, query string, args ...any) (list []Slot, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		s, err := scanSlot(scan)
		list = append(list, s)
		return err
	}, query, args...)
	return list, err
}

// byID returns a slot or store.ErrNoRows.
func byID(rx *store.Rx, tenant int, id string) (Slot, error) {
	return scanSlot(rx.Row("SELECT "+slotColumns+" FROM slot WHERE tenant = $1 AND slot_id = $2", tenant, id).Scan)
}

const (
	fromDay      = "SELECT " + slotColumns + " FROM slot WHERE tenant = $1 AND window_id = $2 AND day >= $3 ORDER BY day, starts_at"
	onDay        = "SELECT " + slotColumns + " FROM slot WHERE tenant = $1 AND window_id = $2 AND day = $3 ORDER BY starts_at"
	laterThatDay = "SELECT " + slotColumns + ` FROM slot
WHERE tenant = $1 AND window_id = $2 AND day = $3 AND starts_at > $4 AND is_open = 1 ORDER BY starts_at`
)

const over = "SELECT " + slotColumns + ` FROM slot
WHERE tenant = $1 AND day >= $2 AND (web_over > 0 OR office_over > 0) ORDER BY day, slot_id`

// Over returns the slots from today on that hold more people than they have
// seats (定員超過), because the capacity was lowered.
func Over(rx *store.Rx, tenant int) ([]Slot, error) { return slots(rx, over, tenant, rx.Today()) }

// Ahead returns the slots of a window from a day on, in order, closed ones
// included.
func Ahead(rx *store.Rx, tenant int, windowID string, from jpdate.Day) ([]Slot, error) {
	return slotsFrom(rx, tenant, windowID, from)
}

// slotsFrom returns the slots of a window from a day on.
func slotsFrom(rx *store.Rx, tenant int, windowID string, from jpdate.Day) ([]Slot, error) {
	return slots(rx, fromDay, tenant, windowID, from)
}

// after returns the open slots of a day that begin later than a slot, in order.
func after(rx *store.Rx, tenant int, s Slot) ([]Slot, error) {
	return slots(rx, laterThatDay, tenant, s.WindowID, s.Day, store.Stamp(s.Starts))
}

func insertSlot(tx *store.Tx, tenant int, s Slot) error {
	_, err := tx.Exec(`
INSERT INTO slot (tenant, slot_id, window_id, day, starts_at, minutes, procs, is_open, opens_at, book_until, change_until, cancel_until,
                  own_until, phone_only, web_cap, web_open, web_over, web_taken, office_cap, office_over, office_taken)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $15, $16, $12, $13, 0, 0, $14, 0, 0)`,
		tenant, s.ID, s.WindowID, s.Day, store.Stamp(s.Starts), s.Minutes, s.Procs,
		store.Stamp(s.OpensAt), store.Stamp(s.BookUntil), store.Stamp(s.ChangeUntil), store.Stamp(s.CancelUntil),
		s.WebCap, s.WebOpen, s.OfficeCap, s.Own, flag(s.PhoneOnly))
	return err
}

// updateSlot opens a slot with other terms. What is taken stays; the excess
// over a lowered capacity is counted by the statement itself, because somebody
// may take a seat at this moment.
func updateSlot(tx *store.Tx, tenant int, s Slot) error {
	_, err := tx.Exec(`
UPDATE slot
SET minutes = $3, procs = $4, is_open = 1, opens_at = $5, book_until = $6, change_until = $7, cancel_until = $8,
    web_cap = $9, web_open = $10, web_over = CASE WHEN web_taken > $9 THEN web_taken - $9 ELSE 0 END,
    own_until = $12, phone_only = $13, office_cap = $11, office_over = CASE WHEN office_taken > $11 THEN office_taken - $11 ELSE 0 END
WHERE tenant = $1 AND slot_id = $2`,
		tenant, s.ID, s.Minutes, s.Procs,
		store.Stamp(s.OpensAt), store.Stamp(s.BookUntil), store.Stamp(s.ChangeUntil), store.Stamp(s.CancelUntil),
		s.WebCap, s.WebOpen, s.OfficeCap, s.Own, flag(s.PhoneOnly))
	return err
}

// shut closes a slot and returns how many seats of it are taken.
func shut(tx *store.Tx, tenant int, id string) (taken int, err error) {
	err = tx.Row("UPDATE slot SET is_open = 0 WHERE tenant = $1 AND slot_id = $2 RETURNING web_taken + office_taken", tenant, id).Scan(&taken)
	return taken, err
}

// The guarded statements: the seats that are left stand in the condition, so
// that of two who want the last one only one changes a row. $5 = 1 lets the
// office go beyond the deadlines of residents. They give back the slot.
const (
	takeWeb = `
UPDATE slot SET web_taken = web_taken + $3
WHERE tenant = $1 AND slot_id = $2 AND is_open = 1 AND starts_at > $4 AND web_taken + $3 <= web_open
  AND ($5 = 1 OR opens_at <= $4 AND book_until > $4)
RETURNING ` + slotColumns
	takeOffice = `
UPDATE slot SET office_taken = office_taken + $3
WHERE tenant = $1 AND slot_id = $2 AND is_open = 1 AND starts_at > $4 AND office_taken + $3 <= office_cap
  AND ($5 = 1 OR opens_at <= $4 AND book_until > $4)
RETURNING ` + slotColumns
	returnWeb = `
UPDATE slot SET web_taken = web_taken - $3, web_over = CASE WHEN web_over > $3 THEN web_over - $3 ELSE 0 END
WHERE tenant = $1 AND slot_id = $2 AND web_taken >= $3`
	returnOffice = `
UPDATE slot SET office_taken = office_taken - $3, office_over = CASE WHEN office_over > $3 THEN office_over - $3 ELSE 0 END
WHERE tenant = $1 AND slot_id = $2 AND office_taken >= $3`
	forceWeb = `
UPDATE slot SET web_taken = web_taken + $3, web_over = CASE WHEN web_taken + $3 > web_cap THEN web_taken + $3 - web_cap ELSE 0 END
WHERE tenant = $1 AND slot_id = $2`
	forceOffice = `
UPDATE slot SET office_taken = office_taken + $3,
    office_over = CASE WHEN office_taken + $3 > office_cap THEN office_taken + $3 - office_cap ELSE 0 END
WHERE tenant = $1 AND slot_id = $2`
)
