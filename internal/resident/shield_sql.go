package resident

import "kofu/internal/store"

func setShield(tx *store.Tx, id int64, on bool) (bool, error) {
	if !on {
		n, err := tx.Exec("DELETE FROM resident_shield WHERE resident_id = $1", id)
		return n > 0, err
	}
	n, err := tx.Exec("INSERT INTO resident_shield (resident_id, since, actor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		id, store.Stamp(tx.Now), tx.Actor.ID)
	return n > 0, err
}

func shielded(rx *store.Rx, id int64) (is bool, err error) {
	err = rx.Row("SELECT EXISTS (SELECT 1 FROM resident_shield WHERE resident_id = $1)", id).Scan(&is)
	return is, err
}

func householdShielded(rx *store.Rx, no string) (is bool, err error) {
	err = rx.Row(`
SELECT EXISTS (SELECT 1 FROM resident_shield s JOIN resident r ON r.id = s.resident_id WHERE r.household_no = $1)`, no).Scan(&is)
	return is, err
}
