package reserve

import "kofu/internal/store"

// old names bookings that still name codes although visit or end lie before an
// instant.
func old(rx *store.Rx, tenant int, before string) ([]string, error) {
	return texts(rx, `
SELECT b.booking_id FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
WHERE b.tenant = $1
  AND (s.starts_at < $2 OR b.changed_at < $2 AND b.state IN ('cancelled', 'cancelled_by_office', 'expired'))
  AND EXISTS (SELECT 1 FROM booking_person p WHERE p.tenant = b.tenant AND p.booking_id = b.booking_id AND p.link IS NOT NULL)
ORDER BY b.booking_id LIMIT $3`, tenant, before, batch)
}

func forgetLinks(tx *store.Tx, tenant int, bookingID string) (int64, error) {
	return tx.Exec(`
UPDATE booking_person SET link = NULL, memo = '' WHERE tenant = $1 AND booking_id = $2 AND link IS NOT NULL`, tenant, bookingID)
}
