package reserve

import "kofu/internal/store"

const everyBooking = "SELECT booking_id FROM booking WHERE tenant = $1 ORDER BY booking_id"

// forgetSeen forgets the numbers up to which the office knew of ours: they begin
// with 1 again.
func forgetSeen(tx *store.Tx, tenant int) error {
	_, err := tx.Exec("UPDATE closed_day SET seen = 0 WHERE tenant = $1", tenant)
	return err
}

// setNumber brings the running number of a month to at least n.
func setNumber(tx *store.Tx, tenant, year, month, n int) error {
	_, err := tx.Exec(`
INSERT INTO booking_number (tenant, year, month, last) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, year, month) DO UPDATE SET last = excluded.last WHERE booking_number.last < excluded.last`, tenant, year, month, n)
	return err
}
