package sync

import (
	"errors"

	"kofu/internal/store"
)

func insertEvent(tx *store.Tx, tenant int, e Event) error {
	_, err := tx.Exec("INSERT INTO event_out (tenant, event_id, type, subject, at, body) VALUES ($1, $2, $3, $4, $5, $6)",
		tenant, e.ID, e.Type, e.Subject, e.At, string(e.Body))
	return err
}

func lastSeq(rx *store.Rx, tenant int) (n int, err error) {
	err = rx.Row("SELECT COALESCE(MAX(seq), 0) FROM event_out WHERE tenant = $1", tenant).Scan(&n)
	return n, err
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

func setSeq(tx *store.Tx, tenant int, id string, seq int) error {
	_, err := tx.Exec("UPDATE event_out SET seq = $3 WHERE tenant = $1 AND event_id = $2 AND seq IS NULL", tenant, id, seq)
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
	return events(rx, eventColumns+" AND seq > $2 ORDER BY seq LIMIT $3", tenant, seq, limit)
}

func about(rx *store.Rx, tenant int, subject string) ([]Event, error) {
	return events(rx, eventColumns+" AND subject = $2 ORDER BY event_id", tenant, subject)
}

func seqOf(rx *store.Rx, tenant int, id string) (seq int, err error) {
	err = rx.Row("SELECT COALESCE(seq, 0) FROM event_out WHERE tenant = $1 AND event_id = $2", tenant, id).Scan(&seq)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// deleteEvents keeps the last one, from which the numbers go on.
func deleteEvents(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM event_out WHERE tenant = $1 AND at < $2 AND seq < (SELECT MAX(seq) FROM event_out WHERE tenant = $1)`, tenant, before)
}
