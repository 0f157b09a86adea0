package notice

import (
	"context"
	"fmt"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Post records that the letters of a run went to the post office on a day; its
// cards become 通知済. When the registry has stopped a card since the printing,
// nothing is recorded and the pieces to pull out of the pile are named; called
// again with pulled, they are left out. Errors: fault.Invalid
// "notice.bad_day", fault.Conflict "notice.pull_first" with one detail a piece,
// "notice.nothing_to_post" when not one is left.
func Post(ctx context.Context, db *store.DB, actor store.Actor, runID int64, day string, pulled bool) (run Run, err error) {
	defer fault.Add(&err, "notice.Post(%d)", runID)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = inState(tx.Rx, runID, Ready); err != nil {
			return err
		}
		if !jpdate.Day(day).Valid() || day > tx.Today() || day < store.Day(instantOf(run.ReadyAt)) {
			return fault.New(fault.Invalid, "notice.bad_day", "from", store.Day(instantOf(run.ReadyAt)), "to", tx.Today())
		}
		if run, err = pullOut(tx, run, pulled); err != nil {
			return err
		}
		done, err := onPieces(tx, runID, card.ActPost, func(Piece) (card.Input, error) {
			return card.Input{Group: runGroup(runID) + "-post", Day: day, Deadline: run.Deadline}, nil
		})
		if err != nil {
			return err
		}
		if err := setPosted(tx, run, day); err != nil {
			return err
		}
		if run, err = ByID(tx.Rx, runID); err != nil {
			return err
		}
		return audit.Append(tx, "notice.posted", object(runID), map[string]any{"pieces": done, "day": day})
	})
	return run, err
}

// pullOut finds the pieces that must not leave the house.
func pullOut(tx *store.Tx, run Run, pulled bool) (Run, error) {
	pieces, err := Pieces(tx.Rx, run.ID)
	if err != nil {
		return run, err
	}
	out := map[int64]Exclusion{}
	refused := fault.New(fault.Conflict, "notice.pull_first")
	for _, p := range pieces {
		if p.HeldOut {
			continue
		}
		c, err := candidate(tx.Rx, p.CardID)
		if err != nil {
			return run, err
		}
		code, args := gone[c.Resident.State], map[string]string(nil)
		if code == "" || !c.Linked {
			code, args = refusal(card.Check(tx.Rx, tx.Actor, c.Card, card.ActPrint, card.Input{}))
		}
		if code == "" && c.Card.Notice != card.Printed {
			code = "card.not_printed"
		}
		if code != "" {
			out[p.CardID] = Exclusion{CardID: p.CardID, Code: code, Args: args}
			refused = refused.With(fault.Detail{Code: code, Row: p.Seq, Value: p.NoticeNo, Args: args})
		}
	}
	if len(out) > 0 && !pulled {
		return run, refused
	}
	if len(out) == run.Pieces && len(out) > 0 {
		return run, fault.New(fault.Conflict, "notice.nothing_to_post", "run", run.No).With(refused.Details...)
	}
	return Withhold(tx, run, out)
}

// Cancel gives a run up before it is posted. Its link codes die; that of an
// earlier letter that a card got lives again.
func Cancel(ctx context.Context, db *store.DB, actor store.Actor, runID int64, reason string) (run Run, err error) {
	defer fault.Add(&err, "notice.Cancel(%d)", runID)
	if entry.Blank(reason) {
		return run, fault.New(fault.Invalid, "card.reason_missing")
	}
	if err := entry.Check(reason); err != nil {
		return run, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = inState(tx.Rx, runID, Draft, Ready); err != nil {
			return err
		}
		if err := setCancelled(tx, run, reason); err != nil {
			return err
		}
		if err := settleAll(tx, runID, reason); err != nil {
			return err
		}
		if run, err = ByID(tx.Rx, runID); err != nil {
			return err
		}
		return audit.Append(tx, "notice.cancelled", object(runID), map[string]any{"reason": reason})
	})
	return run, err
}

// settleAll settles the cards of a run that was cancelled.
func settleAll(tx *store.Tx, runID int64, reason string) error {
	pieces, err := Pieces(tx.Rx, runID)
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if err := Settle(tx, p.CardID, reason); err != nil {
			return fmt.Errorf("piece %d: %w", p.Seq, err)
		}
	}
	return nil
}

// Unpost takes a posting back that was recorded by mistake: the run is ready
// again and its cards are what they were. It is refused once one of the cards
// was handed over or withdrawn, or got a later letter. Errors: the guards of
// the card, fault.Conflict "notice.later_letter".
func Unpost(ctx context.Context, db *store.DB, actor store.Actor, runID int64, reason string) (run Run, err error) {
	defer fault.Add(&err, "notice.Unpost(%d)", runID)
	if entry.Blank(reason) {
		return run, fault.New(fault.Invalid, "card.reason_missing")
	}
	if err := entry.Check(reason); err != nil {
		return run, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = inState(tx.Rx, runID, Posted); err != nil {
			return err
		}
		done, err := onPieces(tx, runID, card.ActUnpost, func(p Piece) (card.Input, error) {
			if err := refuseLater(tx.Rx, p, runID); err != nil {
				return card.Input{}, err
			}
			before, err := stateBefore(tx.Rx, p.CardID, card.ActPost, runGroup(runID)+"-post")
			return card.Input{Reason: reason, Restore: before}, err
		})
		if err != nil {
			return err
		}
		if err := setUnposted(tx, run); err != nil {
			return err
		}
		if run, err = ByID(tx.Rx, runID); err != nil {
			return err
		}
		return audit.Append(tx, "notice.unposted", object(runID), map[string]any{"pieces": done, "reason": reason})
	})
	return run, err
}

// refuseLater objects when the card has a letter of a later run: the posting of
// the earlier one is no longer what its state says.
func refuseLater(rx *store.Rx, p Piece, runID int64) error {
	letters, err := lettersOf(rx, p.CardID)
	if err != nil || len(letters) == 0 || letters[0].runID <= runID {
		return err
	}
	later, err := ByID(rx, letters[0].runID)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "notice.later_letter", "no", p.NoticeNo, "run", later.No)
}

// stateBefore is the state that the newest such event of the group found.
func stateBefore(rx *store.Rx, cardID int64, act card.Act, group string) (card.State, error) {
	events, err := card.EventsOf(rx, cardID)
	if err != nil {
		return card.State{}, err
	}
	for _, e := range slices.Backward(events) {
		if e.Act == act && e.Group == group {
			return e.Before(), nil
		}
	}
	return card.State{}, fmt.Errorf("card %d has no event %s of %s", cardID, act, group)
}

// refusal turns the error of a guard into code and arguments, "" for none.
func refusal(err error) (string, map[string]string) {
	if err == nil {
		return "", nil
	}
	if e, ok := fault.As(err); ok {
		return e.Code, e.Args
	}
	return "internal", nil
}
