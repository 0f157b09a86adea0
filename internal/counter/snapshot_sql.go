package counter

import "kofu/internal/store"

func closings(rx *store.Rx) (list []Closing, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Closing
		err := scan(&c.WindowID, &c.Day, &c.Seen, &c.At, &c.By)
		list = append(list, c)
		return err
	}, "SELECT window_id, day, seen, closed_at, closed_by FROM counter_day ORDER BY window_id, day")
	return list, err
}

// recount brings the office seats that are taken into line with the bookings.
func recount(tx *store.Tx) error {
	_, err := tx.Exec(`
UPDATE counter_slot SET office_taken = COALESCE((
  SELECT SUM(p.units) FROM counter_person p JOIN counter_booking b ON b.bk = p.bk
  WHERE b.source = 'office' AND b.seat = 'office' AND b.window_id = counter_slot.window_id AND p.starts_at = counter_slot.starts_at
    AND p.booked NOT IN ('cancelled', 'cancelled_by_office')), 0)`)
	return err
}

func markLate(tx *store.Tx) error {
	_, err := tx.Exec(`
UPDATE counter_booking SET seq = CASE WHEN seq > COALESCE(
  (SELECT d.seen FROM counter_day d WHERE d.window_id = counter_booking.window_id AND d.day = counter_booking.day), seq) THEN $1 ELSE 0 END`, late)
	return err
}

func resetSeen(tx *store.Tx) error {
	_, err := tx.Exec("UPDATE counter_day SET seen = 0")
	return err
}
