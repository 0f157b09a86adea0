package reserve

import (
	"time"

	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// call is the compare-and-set of a call; it changes no row when a counter has
// called before or nobody is here.
func call(tx *store.Tx, tenant int, bookingID, counter string) (bool, error) {
	n, err := tx.Exec(`
UPDATE booking SET counter = $3, called_at = $4
WHERE tenant = $1 AND booking_id = $2 AND counter = ''
  AND EXISTS (SELECT 1 FROM booking_person p WHERE p.tenant = $1 AND p.booking_id = $2 AND p.state = 'arrived')`,
		tenant, bookingID, counter, store.Stamp(tx.Now))
	return n == 1, err
}

func endCall(tx *store.Tx, tenant int, bookingID, counter string) (int64, error) {
	return tx.Exec("UPDATE booking SET counter = '', called_at = '' WHERE tenant = $1 AND booking_id = $2 AND counter = $3 AND counter <> ''",
		tenant, bookingID, counter)
}

const (
	overdueIn = `
SELECT p.booking_id, s.starts_at, s.minutes, w.late_minutes
FROM booking_person p
JOIN slot s ON s.tenant = p.tenant AND s.slot_id = p.slot_id
JOIN office_window w ON w.tenant = s.tenant AND w.window_id = s.window_id
WHERE p.tenant = $1 AND p.state = 'active' AND s.starts_at < $2`
	missedIn = `
SELECT p.booking_id, s.window_id, s.day
FROM booking_person p JOIN slot s ON s.tenant = p.tenant AND s.slot_id = p.slot_id
WHERE p.tenant = $1 AND p.state = 'noshow_provisional'`
	expectedIn = `
SELECT DISTINCT p.booking_id
FROM slot s JOIN booking_person p ON p.tenant = s.tenant AND p.slot_id = s.slot_id
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day = $3 AND (p.state IN ('active', 'noshow_provisional') OR p.booked = 'active')
ORDER BY p.booking_id`
)

// waited is a person whose slot has begun.
type waited struct {
	id             string
	starts         time.Time
	minutes, grace int
}

func overdue(rx *store.Rx, tenant int) (list []waited, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var w waited
		var starts string
		err := scan(&w.id, &starts, &w.minutes, &w.grace)
		if err == nil {
			w.starts, err = store.ParseStamp(starts)
		}
		list = append(list, w)
		return err
	}, overdueIn, tenant, store.Stamp(rx.Now))
	return list, err
}

// missed is a person who did not come, as far as is known.
type missed struct {
	id, window string
	day        jpdate.Day
}

func missedSlots(rx *store.Rx, tenant int) (list []missed, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var m missed
		err := scan(&m.id, &m.window, &m.day)
		list = append(list, m)
		return err
	}, missedIn, tenant)
	return list, err
}

func expectedOn(rx *store.Rx, tenant int, windowID string, day jpdate.Day) ([]string, error) {
	return texts(rx, expectedIn, tenant, windowID, day)
}
