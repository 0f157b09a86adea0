package sync

import (
	"errors"

	"kofu/internal/store"
)

func insertEvent(tx *store.Tx, tenant int, e Event) error {
	return tx.Later(recovering, `
INSERT INTO event_out (tenant, event_id, type, subject, at, body)
VALUES ($1, $2, $3, $4, CASE WHEN EXISTS (SELECT 1 FROM recovery r WHERE r.tenant = $1 AND r.answered = '') THEN NULL ELSE $5 END, $6)`,
		tenant, e.ID, e.Type, e.Subject, e.At, string(e.Body))
}

// newest returns the era that numbers belong to and the last of them.
func newest(rx *store.Rx, tenant int) (era, seq int, err error) {
	err = rx.Row("SELECT era, seq FROM event_out WHERE tenant = $1 AND era IS NOT NULL ORDER BY era DESC, seq DESC LIMIT 1", tenant).Scan(&era, &seq)
	if errors.Is(err, store.ErrNoRows) {
		return 0, 0, nil
	}
	return era, seq, err
}

func unnumbered(rx *store.Rx, tenant, limit int) (ids []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT event_id FROM event_out WHERE tenant = $1 AND seq IS NULL ORDER BY event_id LIMIT $2", tenant, limit)
	return ids, err
}

func countUnnumbered(rx *store.Rx, tenant int) (n int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM event_out WHERE tenant = $1 AND seq IS NULL", tenant).Scan(&n)
	return n, err
}

func setSeq(tx *store.Tx, tenant int, id string, era, seq int) error {
	_, err := tx.Exec("UPDATE event_out SET era = $3, seq = $4 WHERE tenant = $1 AND event_id = $2 AND seq IS NULL", tenant, id, era, seq)
	return err
}

const eventColumns = "SELECT event_id, COALESCE(seq, 0), type, subject, at, body FROM event_out WHERE tenant = $1"

func events(rx *store.Rx, query string, args ...any) (list []Event, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var e Event
		var body string
		err := scan(&e.ID, &e.Seq, &e.Type, &e.Subject, &e.At, &body)
		e.Body = []byte(body)
		list = append(list, e)
		return err
	}, query, args...)
	return list, err
}

func since(rx *store.Rx, tenant, seq, limit int) ([]Event, error) {
	era, _, err := newest(rx, tenant)
	if err != nil {
		return nil, err
	}
	return events(rx, eventColumns+" AND era = $2 AND seq > $3 ORDER BY seq LIMIT $4", tenant, era, seq, limit)
}

func about(rx *store.Rx, tenant int, subject string) ([]Event, error) {
	return events(rx, eventColumns+" AND subject = $2 ORDER BY event_id", tenant, subject)
}

func seqOf(rx *store.Rx, tenant int, id string) (seq int, err error) {
	err = rx.Row(`
SELECT seq FROM event_out
WHERE tenant = $1 AND event_id = $2 AND era = (SELECT MAX(era) FROM event_out WHERE tenant = $1)`, tenant, id).Scan(&seq)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// deleteEvents keeps the last one of the era, from which the numbers go on.
func deleteEvents(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM event_out
WHERE tenant = $1 AND at < $2 AND seq IS NOT NULL AND event_id <> (
  SELECT event_id FROM event_out WHERE tenant = $1 AND era IS NOT NULL ORDER BY era DESC, seq DESC LIMIT 1)`, tenant, before)
}
