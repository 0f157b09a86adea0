package notice_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// walk is an office in which anybody does anything in any order.
type walk struct {
	*office
	rt    *rapid.T
	cards []int64
	runs  []notice.Run
	// by card
	handed, withdrawn map[int64]int64 // event that can be undone
}

// Whatever is planned, printed, posted, cancelled, taken back, handed over and
// given up in any order: a code lives as long as somebody is invited by a
// letter, no card has two, a card's notice is what its letters say, and what
// is refused changes nothing.
func TestWalk_CodesLiveAsLongAsTheirLetters(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &walk{office: newOffice(t), rt: rt, handed: map[int64]int64{}, withdrawn: map[int64]int64{}}
		w.cards = w.office.cards(3)
		for range rapid.IntRange(1, 18).Draw(rt, "steps") {
			before := testkit.Dump(t, w.DB)
			err := w.step()
			if err == nil {
				w.check()
				continue
			}
			if _, expected := fault.As(err); !expected {
				rt.Fatalf("internal error: %v", err)
			}
			if testkit.Dump(t, w.DB) != before {
				rt.Fatalf("refused with %v, and yet the database has changed", err)
			}
		}
	})
}

func (w *walk) step() (err error) {
	ctx := w.t.Context()
	id := rapid.SampledFrom(w.cards).Draw(w.rt, "card")
	act := rapid.SampledFrom([]string{
		"plan", "plan", "plan again", "recheck", "print", "print", "post", "post", "pull", "cancel", "unpost", "hold", "release",
		"hand over", "undo hand-over", "withdraw", "undo withdraw",
	}).Draw(w.rt, "act")
	switch act {
	case "plan", "plan again":
		var cards []int64
		if act == "plan again" {
			cards = []int64{id}
		}
		run, err := notice.Plan(ctx, w.notice(), testkit.Clerk, order(cards...))
		if err == nil {
			w.runs = append(w.runs, run)
		}
		return err
	case "hold", "release":
		return w.holdOrRelease(id, act)
	case "hand over", "undo hand-over", "withdraw", "undo withdraw":
		return w.DB.Write(ctx, testkit.Supervisor, func(tx *store.Tx) error { return w.turn(tx, id, act) })
	}
	if len(w.runs) == 0 {
		return nil
	}
	run := rapid.SampledFrom(w.runs).Draw(w.rt, "run").ID
	switch act {
	case "recheck":
		_, err = notice.Recheck(ctx, w.DB, testkit.Clerk, run, map[int64]string{id: "notice.overflow"})
	case "print":
		_, err = notice.MarkReady(ctx, w.DB, testkit.Clerk, run, nil)
	case "post", "pull":
		_, err = notice.Post(ctx, w.DB, testkit.Clerk, run, today, act == "pull")
	case "cancel":
		_, err = notice.Cancel(ctx, w.DB, testkit.Clerk, run, "やり直し")
	case "unpost":
		_, err = notice.Unpost(ctx, w.DB, testkit.Clerk, run, "誤り")
	}
	return err
}

func (w *walk) holdOrRelease(id int64, act string) error {
	return w.DB.Write(w.t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		if act == "hold" {
			_, err := card.OpenHold(tx, id, card.Stop, "確認中")
			return err
		}
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
		return nil
	})
}

// turn ends the life of a card or takes its end back, as package visit does.
func (w *walk) turn(tx *store.Tx, id int64, act string) error {
	switch act {
	case "hand over":
		for _, a := range []card.Act{card.ActPick, card.ActToCounter} {
			if _, err := card.Do(tx, id, a, card.Input{}); err != nil && !fault.Is(err, fault.Conflict, "card.wrong_custody") {
				return err
			}
		}
		change, err := card.Do(tx, id, card.ActHandOver, card.Input{})
		if err != nil {
			return err
		}
		w.handed[id] = change.EventID
		return notice.Settle(tx, id, "")
	case "undo hand-over":
		if _, err := card.Undo(tx, w.handed[id], card.Undoing{Reason: "別の方", Any: true}); err != nil {
			return err
		}
		return notice.Settle(tx, id, "別の方")
	case "withdraw":
		return notice.Withdraw(tx, id, 0, "辞退")
	}
	events, err := card.EventsOf(tx.Rx, id)
	if err != nil {
		return err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Act == card.ActWithdraw && events[i].UndoneBy == 0 {
			return notice.UndoWithdraw(tx, events[i], card.Undoing{Reason: "誤り", Any: true})
		}
	}
	return nil
}

// check reads what the tables say about every card, by the public functions
// alone.
func (w *walk) check() {
	for _, id := range w.cards {
		c := w.card(id)
		var newest linkcode.Code // of the newest letter that counts
		want := card.NoNotice
		settled := false
		living := 0
		for i := len(w.runs) - 1; i >= 0; i-- {
			var run notice.Run
			var piece notice.Piece
			testkit.Read(w.t, w.DB, func(rx *store.Rx) (err error) {
				run, err = notice.ByID(rx, w.runs[i].ID)
				return err
			})
			for _, p := range w.pieces(run) {
				if p.CardID == id {
					piece = p
				}
			}
			if piece.ID == 0 {
				continue
			}
			code := w.code(run, id)
			if w.lives(code, id) {
				living++
			}
			if piece.HeldOut || run.State == notice.Cancelled {
				continue
			}
			if newest == "" {
				newest = code
			}
			if !settled && run.State != notice.Draft {
				settled = true
				want = map[notice.State]card.Notice{notice.Ready: card.Printed, notice.Posted: card.Posted}[run.State]
			}
		}
		over := c.Procedure == card.HandedOver || c.Procedure == card.Withdrawn
		invited := newest != "" && !over
		at := fmt.Sprintf("card %d (%s, notice %q)", id, c.Procedure, c.Notice)
		if living > 1 || (living == 1) != invited {
			w.rt.Fatalf("%s: %d living codes, invited %t", at, living, invited)
		}
		if invited && !w.lives(newest, id) {
			w.rt.Fatalf("%s: the living code is not that of the newest letter", at)
		}
		if !over && c.Notice != want {
			w.rt.Fatalf("%s: the letters say %q", at, want)
		}
		if !over && (c.Procedure == card.Notified) != (c.NoticeOn != "") {
			w.rt.Fatalf("%s: posted on %q", at, c.NoticeOn)
		}
	}
}
