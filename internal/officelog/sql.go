package officelog

import "kofu/internal/store"

// end is the series that goes on and the number of its newest event.
func end(rx *store.Rx) (series, head int64, err error) {
	err = rx.Row(`
SELECT s.series, COALESCE((SELECT MAX(seq) FROM office_event e WHERE e.series = s.series), 0)
FROM (SELECT COALESCE(MAX(series), 1) AS series FROM office_event) s`).Scan(&series, &head)
	return series, head, err
}

func insert(tx *store.Tx, series int64, e Entry) error {
	_, err := tx.Exec("INSERT INTO office_event (series, seq, type, subject, at, body) VALUES ($1, $2, $3, $4, $5, $6)",
		series, e.Seq, string(e.Type), e.Subject, e.At, e.Body)
	return err
}

const columns = "SELECT seq, type, subject, at, body FROM office_event "

func query(rx *store.Rx, fn func(Entry) error, text string, args ...any) error {
	return rx.Query(func(scan func(...any) error) error {
		var e Entry
		if err := scan(&e.Seq, &e.Type, &e.Subject, &e.At, &e.Body); err != nil {
			return err
		}
		return fn(e)
	}, text, args...)
}

const last = 1 << 62 // beyond every number

func each(rx *store.Rx, series, from, to int64, fn func(Entry) error) error {
	return query(rx, fn, columns+"WHERE series = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq", series, from, to)
}

func recovering(rx *store.Rx) (is bool, err error) {
	err = rx.Row("SELECT EXISTS (SELECT 1 FROM office_recovery)").Scan(&is)
	return is, err
}

func setRecovering(tx *store.Tx, on bool) error {
	if on {
		_, err := tx.Exec("INSERT INTO office_recovery (only, since) VALUES (1, $1) ON CONFLICT DO NOTHING", store.Stamp(tx.Now))
		return err
	}
	_, err := tx.Exec("DELETE FROM office_recovery")
	return err
}

func about(rx *store.Rx, subject string) (list []Entry, err error) {
	err = query(rx, func(e Entry) error {
		list = append(list, e)
		return nil
	}, columns+"WHERE subject = $1 ORDER BY series, seq", subject)
	return list, err
}

func deleteOld(tx *store.Tx, series, upTo int64, before string) (int64, error) {
	return tx.Exec("DELETE FROM office_event WHERE at < $3 AND (series < $1 OR series = $1 AND seq <= $2)", series, upTo, before)
}
