package front

import (
	"kofu/internal/booking/terms"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// toRemind returns the bookings of a window on the days after the first and up
// to the last, of people who left an address.
func toRemind(rx *store.Rx, tenant int, windowID string, after, last jpdate.Day) ([]string, error) {
	return ids(rx, `
SELECT b.booking_id FROM slot s
JOIN booking b ON b.tenant = s.tenant AND b.slot_id = s.slot_id
JOIN contact_value v ON v.tenant = b.tenant AND v.owner = b.booking_id AND v.field = 'mail'
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day > $3 AND s.day <= $4 AND b.state = 'active'
ORDER BY s.starts_at, b.booking_id`, tenant, windowID, after, last)
}

// noShowsToTell returns the bookings that are no-shows for good and whose
// people left an address and have not heard of it.
func noShowsToTell(rx *store.Rx, tenant int) ([]string, error) {
	return ids(rx, `
SELECT b.booking_id FROM contact_value v
JOIN booking b ON b.tenant = v.tenant AND b.booking_id = v.owner
WHERE v.tenant = $1 AND v.field = 'mail' AND b.state = 'noshow'
  AND NOT EXISTS (SELECT 1 FROM mail_out m WHERE m.tenant = b.tenant AND m.booking_id = b.booking_id AND m.kind = 'noshow')
ORDER BY b.booking_id`, tenant)
}

// unsettledToTell returns the bookings of the last month that the office never
// saw and of which nobody has heard or is to be called.
func unsettledToTell(rx *store.Rx, tenant int) ([]string, error) {
	return ids(rx, `
SELECT b.booking_id FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
WHERE b.tenant = $1 AND b.state = 'unreconciled' AND b.owner = 'cloud' AND s.starts_at >= $2
  AND NOT EXISTS (SELECT 1 FROM mail_out m WHERE m.tenant = b.tenant AND m.booking_id = b.booking_id AND m.kind = 'unsettled')
  AND NOT EXISTS (SELECT 1 FROM phone_task p WHERE p.tenant = b.tenant AND p.booking_id = b.booking_id AND p.kind = 'unsettled')
ORDER BY b.booking_id`, tenant, store.Stamp(rx.Now.AddDate(0, -1, 0)))
}

func ids(rx *store.Rx, query string, args ...any) (list []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		list = append(list, id)
		return err
	}, query, args...)
	return list, err
}

// toldSince reports whether there was a mail of a kind about a booking since an
// instant.
func toldSince(rx *store.Rx, tenant int, bookingID string, kind terms.MailKind, since string) (bool, error) {
	var n int
	err := rx.Row("SELECT COUNT(*) FROM mail_out WHERE tenant = $1 AND booking_id = $2 AND kind = $3 AND made_at >= $4",
		tenant, bookingID, kind, since).Scan(&n)
	return n > 0, err
}
