package queue

import (
	"errors"
	"time"

	"kofu/internal/store"
)

const roomColumns = "round, is_open, planned, opened_at, starts_at, rate, issued, early, base, base_at"

func scanRoom(scan func(...any) error) (r Room, found bool, err error) {
	var open, planned int
	var opened, starts, base string
	err = scan(&r.Round, &open, &planned, &opened, &starts, &r.Rate, &r.Issued, &r.Early, &r.Base, &base)
	if errors.Is(err, store.ErrNoRows) {
		return Room{}, false, nil
	}
	if err != nil {
		return Room{}, false, err
	}
	r.Open, r.Planned = open == 1, planned == 1
	for _, at := range []struct {
		to   *time.Time
		text string
	}{{&r.OpenedAt, opened}, {&r.StartsAt, starts}, {&r.BaseAt, base}} {
		if *at.to, err = store.ParseStamp(at.text); err != nil {
			return Room{}, false, err
		}
	}
	return r, true, nil
}

func selectRoom(rx *store.Rx, tenant int) (Room, bool, error) {
	return scanRoom(rx.Row("SELECT "+roomColumns+" FROM waiting_room WHERE tenant = $1", tenant).Scan)
}

// lockRoom reads the room and keeps it for this transaction.
func lockRoom(tx *store.Tx, tenant int) (Room, bool, error) {
	return scanRoom(tx.Row("UPDATE waiting_room SET round = round WHERE tenant = $1 RETURNING "+roomColumns, tenant).Scan)
}

func saveRoom(tx *store.Tx, tenant int, r Room) error {
	_, err := tx.Exec(`
INSERT INTO waiting_room (tenant, round, is_open, planned, opened_at, starts_at, rate, issued, early, base, base_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant) DO UPDATE SET round = excluded.round, is_open = excluded.is_open, planned = excluded.planned,
  opened_at = excluded.opened_at, starts_at = excluded.starts_at, rate = excluded.rate, issued = excluded.issued,
  early = excluded.early, base = excluded.base, base_at = excluded.base_at`,
		tenant, r.Round, number(r.Open), number(r.Planned), store.Stamp(r.OpenedAt), store.Stamp(r.StartsAt), r.Rate, r.Issued,
		r.Early, r.Base, store.Stamp(r.BaseAt))
	return err
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
