package store

import (
	"context"
	"time"

	"kofu/internal/fault"
)

// ClockOffset is how far the clock of this server is ahead of that of the
// database server, at most wrong by half the time that the question took. A
// database file has no other clock: there it is 0.
func (db *DB) ClockOffset(ctx context.Context) (offset time.Duration, err error) {
	defer fault.Add(&err, "store.ClockOffset")
	if db.engine.clock == "" {
		return 0, nil
	}
	before := db.opts.Clock()
	var there float64
	if err := db.reader.QueryRowContext(ctx, db.engine.clock).Scan(&there); err != nil {
		return 0, err
	}
	after := db.opts.Clock()
	middle := before.Add(after.Sub(before) / 2)
	return middle.Sub(time.UnixMilli(int64(there * 1000))), nil
}
