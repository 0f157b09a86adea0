package sample

import "kofu/internal/store"

// bookingsAt names the live bookings of a slot.
func bookingsAt(rx *store.Rx, tenant int, slotID string) (ids []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT booking_id FROM booking WHERE tenant = $1 AND slot_id = $2 AND state = 'active' ORDER BY booking_id", tenant, slotID)
	return ids, err
}
