package town

import (
	"errors"

	"kofu/internal/store"
)

func selectTowns(rx *store.Rx) (list []Town, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var t Town
		if err := scan(&t.ID, &t.Host, &t.StaffHost, &t.Name, &t.FrozenAt); err != nil {
			return err
		}
		if t.StaffHost == "" {
			t.StaffHost = t.Host
		}
		list = append(list, t)
		return nil
	}, `
SELECT t.tenant, t.host, COALESCE(s.staff_host, ''), t.name, COALESCE(s.frozen_at, '')
FROM tenant t LEFT JOIN town s ON s.tenant = t.tenant ORDER BY t.tenant`)
	return list, err
}

func upsertStaffHost(tx *store.Tx, tenant int, host string) error {
	_, err := tx.Exec(`
INSERT INTO town (tenant, staff_host, frozen_at) VALUES ($1, $2, '')
ON CONFLICT (tenant) DO UPDATE SET staff_host = excluded.staff_host`, tenant, host)
	return err
}

// setFrozen freezes a municipality that is served, or the other way round: since
// is what was seen.
func setFrozen(tx *store.Tx, tenant int, since, at string) (int64, error) {
	return tx.Exec(`
INSERT INTO town (tenant, staff_host, frozen_at) VALUES ($1, '', $3)
ON CONFLICT (tenant) DO UPDATE SET frozen_at = excluded.frozen_at WHERE town.frozen_at = $2`, tenant, since, at)
}

func frozenAt(rx *store.Rx, tenant int) (since string, err error) {
	err = rx.Row("SELECT frozen_at FROM town WHERE tenant = $1", tenant).Scan(&since)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	return since, err
}
