package counter

import "kofu/internal/store"

func clearRules(tx *store.Tx, sum bool) error {
	if _, err := tx.Exec("DELETE FROM counter_procedure"); err != nil {
		return err
	}
	_, err := tx.Exec(`
INSERT INTO counter_rules (one, sum_units) VALUES (1, $1)
ON CONFLICT (one) DO UPDATE SET sum_units = excluded.sum_units`, sum)
	return err
}

func putUnits(tx *store.Tx, svc string, units int) error {
	_, err := tx.Exec("INSERT INTO counter_procedure (svc, units) VALUES ($1, $2) ON CONFLICT (svc) DO UPDATE SET units = excluded.units", svc, units)
	return err
}

func sumsUnits(rx *store.Rx) (sum bool, err error) {
	return sum, none(rx.Row("SELECT sum_units FROM counter_rules WHERE one = 1").Scan(&sum))
}

func unitsFor(rx *store.Rx, svc string) (n int, err error) {
	return n, none(rx.Row("SELECT units FROM counter_procedure WHERE svc = $1", svc).Scan(&n))
}
