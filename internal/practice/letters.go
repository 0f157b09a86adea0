package practice

import (
	"context"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/vault"
	"kofu/internal/visit"
)

const handedOver = 60 // cards of the oldest parcel whose holders have come

// notify prints and posts the letters of all that are due, then hands some of
// the cards over. Without a font on the machine nothing can be printed, and
// the cards stay due.
func (o Office) notify(ctx context.Context) error {
	fonts, err := press.OpenFonts(o.Fonts)
	if fault.Is(err, fault.Unavailable, "press.no_font") {
		return nil
	}
	if err != nil {
		return err
	}
	run, err := o.printAll(ctx, fonts)
	if err != nil {
		return err
	}
	now, err := o.now(ctx)
	if err != nil {
		return err
	}
	if _, err := notice.Post(ctx, o.DB, itself(), run.ID, store.Day(now), false); err != nil {
		return err
	}
	return o.handOver(ctx, run.ID)
}

// printAll prints whatever is due. Pieces with characters that no font has
// are held out, as a clerk in a hurry would decide.
func (o Office) printAll(ctx context.Context, fonts *press.Fonts) (run notice.Run, err error) {
	var s settings.Settings
	if err := o.DB.Read(ctx, func(rx *store.Rx) (err error) {
		s, err = settings.Load(rx)
		return err
	}); err != nil {
		return run, err
	}
	run, err = notice.Plan(ctx, notice.Office{DB: o.DB, Ring: o.Ring, Towns: press.Towns(s)}, itself(),
		notice.Order{Stock: s.Notice.Stock, StartCell: 1, Sort: notice.ByShelf})
	if err != nil {
		return run, err
	}
	printing := press.Office{DB: o.DB, Ring: o.Ring, Fonts: fonts}
	report, err := printing.Preflight(ctx, run.ID, nil)
	if err != nil {
		return run, err
	}
	var decisions []notice.Decision
	for _, g := range report.Glyphs {
		decisions = append(decisions, notice.Decision{Key: g.Key, Kind: notice.HoldOut})
	}
	if len(decisions) > 0 {
		if err := notice.Decide(ctx, o.DB, itself(), run.ID, decisions); err != nil {
			return run, err
		}
	}
	return printing.Render(ctx, itself(), run.ID, o.Spool, nil)
}

// handOver lets the holders of the first cards of a run come to the counter.
func (o Office) handOver(ctx context.Context, runID int64) error {
	var pieces []notice.Piece
	err := o.DB.Read(ctx, func(rx *store.Rx) (err error) {
		pieces, err = notice.Pieces(rx, runID)
		return err
	})
	if err != nil {
		return err
	}
	done := 0
	for _, p := range pieces {
		if p.HeldOut || done == handedOver {
			continue
		}
		if err := o.give(ctx, p); err != nil {
			if _, refused := fault.As(err); !refused {
				return err
			}
			// Expired or held: the holder leaves without the card.
			if err := o.putBack(ctx, p.CardID); err != nil {
				return err
			}
			continue
		}
		done++
	}
	return nil
}

func (o Office) putBack(ctx context.Context, cardID int64) error {
	return o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		c, err := card.ByID(tx.Rx, cardID)
		if err != nil || c.Custody == card.Vault {
			return err
		}
		_, err = vault.PutBack(tx, cardID, c.Version)
		return err
	})
}

func (o Office) give(ctx context.Context, p notice.Piece) error {
	return o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		for _, act := range []card.Act{card.ActPick, card.ActToCounter} {
			if _, err := card.Do(tx, p.CardID, act, card.Input{}); err != nil {
				return err
			}
		}
		_, err := visit.Give(tx, o.Ring, p.CardID, visit.HandOver{
			CardScan: p.NoticeNo, NoticeScan: p.NoticeNo, Receiver: visit.Self, Documents: []string{"holder_driver"}, PINMethod: "holder",
			OldCards: map[string]string{"notification": "collected", "juki": "none", "previous": "none", "residence": "none"},
		})
		return err
	})
}
