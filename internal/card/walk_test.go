package card_test

import (
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Random walks over all acts, holds and undos. Whatever is refused or
// accepted: the stored state is what the last event left, versions count the
// events without gaps, the status follows from the axes, and no card is ever
// at two places or at none while the city holds it.
func TestWalk_StateIsWhatTheLogSays(t *testing.T) {
	acts := []card.Act{
		card.ActReceive, card.ActReportMissing, card.ActInspect, card.ActFailInspection, card.ActPreset, card.ActShelve,
		card.ActPick, card.ActToCounter, card.ActPrint, card.ActPost, card.ActHandOver, card.ActWithdraw, card.ActVoid,
	}
	rapid.Check(t, func(rt *rapid.T) {
		db := testkit.DB(t)
		id := listed(t, db, facts("A1B-000123"))
		accepted := 1
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			err := db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
				switch rapid.IntRange(0, 9).Draw(rt, "kind") {
				case 0:
					return undoRandom(rt, tx, id)
				case 1:
					_, err := card.OpenHold(tx, id, rapid.SampledFrom([]card.Severity{card.Stop, card.Warn}).Draw(rt, "severity"), "確認中")
					return err
				case 2:
					return closeFirst(tx, id)
				default:
					act := rapid.SampledFrom(acts).Draw(rt, "act")
					_, err := card.Do(tx, id, act, card.Input{Reason: "理由", PlaceID: 7, Position: 1, Day: "2026-11-24", Deadline: "2027-02-24"})
					return err
				}
			})
			switch _, expected := fault.As(err); {
			case err == nil:
				accepted++
			case !expected && !errors.Is(err, errNothing):
				rt.Fatalf("internal error: %v", err)
			}
		}
		checkLog(rt, t, db, id, accepted)
	})
}

var errNothing = errors.New("nothing to do")

func undoRandom(rt *rapid.T, tx *store.Tx, id int64) error {
	events, err := card.EventsOf(tx.Rx, id)
	if err != nil {
		return err
	}
	e := rapid.SampledFrom(events).Draw(rt, "event")
	_, err = card.Undo(tx, e.ID, card.Undoing{Reason: "誤り", Any: true})
	return err
}

func closeFirst(tx *store.Tx, id int64) error {
	holds, err := card.HoldsOf(tx.Rx, id)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.ClosedAt == "" {
			_, err := card.CloseHold(tx, h.ID, "解決")
			return err
		}
	}
	return errNothing
}

func checkLog(rt *rapid.T, t *testing.T, db *store.DB, id int64, accepted int) {
	testkit.Read(t, db, func(rx *store.Rx) error {
		c, err := card.ByID(rx, id)
		if err != nil {
			return err
		}
		events, err := card.EventsOf(rx, id)
		if err != nil {
			return err
		}
		if len(events) != accepted || c.Version != accepted {
			rt.Fatalf("%d events, version %d, %d accepted", len(events), c.Version, accepted)
		}
		state := card.State{}
		for i, e := range events {
			if e.No != i+1 || e.Before() != state {
				rt.Fatalf("event %d does not follow from the one before", e.No)
			}
			state = e.After()
		}
		if state != c.State {
			rt.Fatalf("log ends in %s, stored is %s", asJSON(state), asJSON(c.State))
		}
		if (c.Custody == card.Vault) != (c.PlaceID != 0) {
			rt.Fatalf("custody %s with place %d", c.Custody, c.PlaceID)
		}
		if (c.Procedure == card.HandedOver) != (c.Custody == card.WithHolder) {
			rt.Fatalf("procedure %s with custody %s", c.Procedure, c.Custody)
		}
		if (c.Status == card.StatusHeld) && c.Stops == 0 {
			rt.Fatal("held without a hold")
		}
		return nil
	})
}

func asJSON(s card.State) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
