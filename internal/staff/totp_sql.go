package staff

import (
	"errors"

	"kofu/internal/store"
)

// factor is the second factor of one account.
type factor struct {
	seed        string // sealed
	confirmedAt string
}

func readFactor(rx *store.Rx, id string) (f factor, found bool, err error) {
	err = rx.Row("SELECT seed, confirmed_at FROM staff_totp WHERE tenant = $1 AND staff_id = $2", rx.Tenant, id).Scan(&f.seed, &f.confirmedAt)
	if errors.Is(err, store.ErrNoRows) {
		return factor{}, false, nil
	}
	return f, err == nil, err
}

// confirmedFactors tells which accounts have a second factor in force.
func confirmedFactors(rx *store.Rx) (map[string]bool, error) {
	on := map[string]bool{}
	err := rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		on[id] = true
		return err
	}, "SELECT staff_id FROM staff_totp WHERE tenant = $1 AND confirmed_at <> ''", rx.Tenant)
	return on, err
}

// writeFactor stores a new seed in place of one that was never confirmed.
func writeFactor(tx *store.Tx, id, seed string) error {
	_, err := tx.Exec(`
INSERT INTO staff_totp (tenant, staff_id, seed, made_at, last_step) VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (tenant, staff_id) DO UPDATE SET seed = excluded.seed, made_at = excluded.made_at, last_step = 0`,
		tx.Tenant, id, seed, store.Stamp(tx.Now))
	return err
}

func confirmFactor(tx *store.Tx, id string) error {
	_, err := tx.Exec("UPDATE staff_totp SET confirmed_at = $1 WHERE tenant = $2 AND staff_id = $3", store.Stamp(tx.Now), tx.Tenant, id)
	return err
}

// useStep takes a step unless it or a later one has been used.
func useStep(tx *store.Tx, id string, at int64) (bool, error) {
	n, err := tx.Exec("UPDATE staff_totp SET last_step = $1 WHERE tenant = $2 AND staff_id = $3 AND last_step < $4", at, tx.Tenant, id, at)
	return n == 1, err
}

func deleteFactor(tx *store.Tx, id string) (bool, error) {
	if _, err := tx.Exec("DELETE FROM staff_recovery WHERE tenant = $1 AND staff_id = $2", tx.Tenant, id); err != nil {
		return false, err
	}
	n, err := tx.Exec("DELETE FROM staff_totp WHERE tenant = $1 AND staff_id = $2", tx.Tenant, id)
	return n == 1, err
}

func insertRecovery(tx *store.Tx, id, mac string) error {
	_, err := tx.Exec("INSERT INTO staff_recovery (tenant, staff_id, code_hash) VALUES ($1, $2, $3)", tx.Tenant, id, mac)
	return err
}

func deleteRecovery(tx *store.Tx, id, mac string) (bool, error) {
	n, err := tx.Exec("DELETE FROM staff_recovery WHERE tenant = $1 AND staff_id = $2 AND code_hash = $3", tx.Tenant, id, mac)
	return n == 1, err
}

func countRecovery(rx *store.Rx, id string) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM staff_recovery WHERE tenant = $1 AND staff_id = $2", rx.Tenant, id).Scan(&n)
	return n, err
}
