package resident

import (
	"kofu/internal/fault"
	"kofu/internal/store"
)

func insertMark(tx *store.Tx, id int64, m Mark) error {
	_, err := tx.Exec("INSERT INTO resident_shield (resident_id, from_on, until_on, reason, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6)",
		id, m.From, m.Until, m.Reason, store.Stamp(tx.Now), tx.Actor.Name)
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "resident.shielded")
	}
	return err
}

func endMark(tx *store.Tx, id int64, why string) (bool, error) {
	n, err := tx.Exec("UPDATE resident_shield SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE resident_id = $4 AND ended_at = ''",
		store.Stamp(tx.Now), tx.Actor.Name, why, id)
	return n > 0, err
}

func marks(rx *store.Rx, id int64) (list []Mark, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var m Mark
		err := scan(&m.From, &m.Until, &m.Reason, &m.At, &m.By, &m.EndedAt, &m.EndedBy, &m.EndedWhy)
		list = append(list, m)
		return err
	}, "SELECT from_on, until_on, reason, set_at, set_by, ended_at, ended_by, ended_why FROM resident_shield WHERE resident_id = $1 ORDER BY id DESC", id)
	return list, err
}

func shielded(rx *store.Rx, id int64) (is bool, err error) {
	err = rx.Row("SELECT EXISTS (SELECT 1 FROM resident_shield WHERE resident_id = $1 AND ended_at = '')", id).Scan(&is)
	return is, err
}

func householdShielded(rx *store.Rx, no string) (is bool, err error) {
	err = rx.Row(`
SELECT EXISTS (SELECT 1 FROM resident_shield s JOIN resident r ON r.id = s.resident_id WHERE r.household_no = $1 AND s.ended_at = '')`, no).Scan(&is)
	return is, err
}
