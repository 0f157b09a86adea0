package daylist

import (
	"encoding/base64"
	"errors"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// nextOpen is the first day after today with an open slot.
func nextOpen(rx *store.Rx, tenant int, windowID string) (day jpdate.Day, found bool, err error) {
	err = rx.Row(`
SELECT day FROM slot WHERE tenant = $1 AND window_id = $2 AND day > $3 AND is_open = 1 ORDER BY day LIMIT 1`,
		tenant, windowID, rx.Today()).Scan(&day)
	if errors.Is(err, store.ErrNoRows) {
		return "", false, nil
	}
	return day, err == nil, err
}

func put(tx *store.Tx, tenant int, m made) error {
	_, err := tx.Exec(`
INSERT INTO day_list (tenant, day, window_id, made_at, visits, pdf) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, day, window_id) DO UPDATE SET made_at = excluded.made_at, visits = excluded.visits, pdf = excluded.pdf`,
		tenant, m.Day, m.WindowID, store.Stamp(m.MadeAt), m.Visits, base64.RawURLEncoding.EncodeToString(m.pdf))
	return err
}

func deleteBefore(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM day_list WHERE tenant = $1 AND made_at < $2", tenant, before)
}

func lists(rx *store.Rx, tenant int, windowID, after string) (all []List, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var l List
		var at string
		if err := scan(&l.Day, &l.WindowID, &at, &l.Visits); err != nil {
			return err
		}
		l.MadeAt, err = store.ParseStamp(at)
		all = append(all, l)
		return err
	}, `
SELECT day, window_id, made_at, visits FROM day_list
WHERE tenant = $1 AND window_id = $2 AND made_at >= $3 ORDER BY day DESC`, tenant, windowID, after)
	return all, err
}

func pdfOf(rx *store.Rx, tenant int, windowID string, day jpdate.Day, after string) (pdf string, visits int, err error) {
	err = rx.Row("SELECT pdf, visits FROM day_list WHERE tenant = $1 AND window_id = $2 AND day = $3 AND made_at >= $4",
		tenant, windowID, day, after).Scan(&pdf, &visits)
	if errors.Is(err, store.ErrNoRows) {
		err = fault.New(fault.NotFound, "daylist.unknown")
	}
	return pdf, visits, err
}
