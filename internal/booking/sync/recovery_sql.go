package sync

import (
	"errors"

	"kofu/internal/event"
	"kofu/internal/store"
)

func recovery(rx *store.Rx, tenant int) (r Recovery, is bool, err error) {
	err = rx.Row("SELECT was, head, since, answered, links, bookings, days FROM recovery WHERE tenant = $1", tenant).
		Scan(&r.Asked.Was, &r.Asked.Head, &r.Since, &r.Answered, &r.Counts.Links, &r.Counts.Bookings, &r.Counts.Days)
	if errors.Is(err, store.ErrNoRows) {
		return Recovery{}, false, nil
	}
	return r, err == nil, err
}

func insertRecovery(tx *store.Tx, tenant int, asked event.LogRestored) error {
	_, err := tx.Exec("INSERT INTO recovery (tenant, was, head, since, answered, links, bookings, days) VALUES ($1, $2, $3, $4, '', 0, 0, 0)",
		tenant, asked.Was, asked.Head, store.Stamp(tx.Now))
	return err
}

func setAnswered(tx *store.Tx, tenant int, e event.SnapshotEnd) error {
	_, err := tx.Exec("UPDATE recovery SET answered = $2, links = $3, bookings = $4, days = $5 WHERE tenant = $1 AND answered = ''",
		tenant, store.Stamp(tx.Now), e.Links, e.Bookings, e.Days)
	return err
}

func deleteRecovery(tx *store.Tx, tenant int) (int64, error) {
	return tx.Exec("DELETE FROM recovery WHERE tenant = $1", tenant)
}

// sayAgain brings events of the era before after a number into an era, after its
// last number.
func sayAgain(tx *store.Tx, tenant, era int, last, after int64) error {
	_, err := tx.Exec("UPDATE event_out SET era = $2, seq = seq - $5 + $4 WHERE tenant = $1 AND era = $3 AND seq > $5", tenant, era, era-1, last, after)
	return err
}

func deleteUnnumbered(tx *store.Tx, tenant int) error {
	_, err := tx.Exec("DELETE FROM event_out WHERE tenant = $1 AND seq IS NULL", tenant)
	return err
}
