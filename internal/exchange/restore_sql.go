package exchange

import (
	"errors"

	"kofu/internal/store"
)

// Restoring returns what is under way after a restore, false for nothing.
func Restoring(rx *store.Rx) (r Restore, under bool, err error) {
	err = rx.Row("SELECT side, was, seen, asked_at, answered, links, bookings, days, unknown FROM exchange_restore").
		Scan(&r.Side, &r.Was, &r.Seen, &r.AskedAt, &r.Answered, &r.Links, &r.Bookings, &r.Days, &r.Unknown)
	if errors.Is(err, store.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

func saveRestore(tx *store.Tx, r Restore) error {
	_, err := tx.Exec(`
INSERT INTO exchange_restore (only, side, was, seen, asked_at, answered, links, bookings, days, unknown) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (only) DO UPDATE SET side = $1, was = $2, seen = $3, asked_at = $4, answered = $5, links = $6, bookings = $7, days = $8, unknown = $9`,
		r.Side, r.Was, r.Seen, r.AskedAt, r.Answered, r.Links, r.Bookings, r.Days, r.Unknown)
	return err
}

func deleteRestore(tx *store.Tx) error {
	_, err := tx.Exec("DELETE FROM exchange_restore")
	return err
}
