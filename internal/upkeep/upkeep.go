// Package upkeep does what the appliance does by itself while it runs: holds
// that begin on a day begin to stop, the booking service's log hears what has
// happened to cards, and the audit log gets a signed checkpoint. Writes no tables
// of its own.
package upkeep

import (
	"context"
	"log/slog"
	"time"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// itself is on whose behalf the work is done.
var itself = store.Actor{ID: "kofu", Name: "kofu", Role: "program", Terminal: "kofu"}

// Every is the pause between two rounds.
const Every = 10 * time.Minute

// Round does everything that is due now and returns how many cards it looked
// at. It is safe to repeat.
func Round(ctx context.Context, o exchange.Office) (cards int, err error) {
	defer fault.Add(&err, "upkeep.Round")
	err = o.DB.Write(ctx, itself, func(tx *store.Tx) error {
		if cards, err = card.RefreshDay(tx); err != nil {
			return err
		}
		if err := o.Settle(tx); err != nil {
			return err
		}
		latest, err := audit.Latest(tx.Rx)
		if err != nil {
			return err
		}
		size, err := audit.Size(tx.Rx)
		if err != nil || size == latest.Size {
			return err
		}
		_, err = audit.Sign(tx, o.Ring.Signer())
		return err
	})
	return cards, err
}

// Run does a round now and one at every tick until ctx ends. What fails is
// logged and tried again at the next tick.
func Run(ctx context.Context, o exchange.Office, log *slog.Logger, tick <-chan time.Time) {
	for {
		if _, err := Round(ctx, o); err != nil && ctx.Err() == nil {
			log.Error("upkeep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}
