package reservetest

import "kofu/internal/store"

func ids(rx *store.Rx) (ids []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT booking_id FROM booking WHERE tenant = $1 ORDER BY booking_id", rx.Tenant)
	return ids, err
}
