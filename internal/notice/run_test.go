package notice_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func (o *office) decide(run notice.Run, d ...notice.Decision) func() error {
	return func() error { return notice.Decide(o.t.Context(), o.DB, testkit.Clerk, run.ID, d) }
}

func TestDecide(t *testing.T) {
	o := newOffice(t)
	o.cards(1)
	run := o.plan()
	o.refused(fault.Invalid, "notice.bad_decision", o.decide(run, notice.Decision{Key: "a", Kind: notice.BoxCode}, notice.Decision{Key: "b", Kind: "blank"}))
	o.refused(fault.Invalid, "notice.no_substitute", o.decide(run, notice.Decision{Key: "a", Kind: notice.Substitute}))
	for _, d := range []notice.Decision{{Key: "b", Kind: notice.HoldOut}, {Key: "a", Kind: notice.BoxCode}, {Key: "a", Kind: notice.Substitute, Substitute: "葛"}} {
		if err := o.decide(run, d)(); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		got, err := notice.Decisions(rx, run.ID)
		want := []notice.Decision{{Key: "a", Kind: notice.Substitute, Substitute: "葛"}, {Key: "b", Kind: notice.HoldOut}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decisions (-want +got):\n%s", diff)
		}
		return err
	})
	run = o.print(run)
	o.refused(fault.Conflict, "notice.wrong_state", o.decide(run, notice.Decision{Key: "a", Kind: notice.BoxCode}))
}

// A night's registry file comes between planning and printing.
func TestRecheck_WhatChangedOvernightIsLeftOut(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(5)
	for i, no := range []string{"0001", "0002", "0003"} {
		o.link(ids[i], person(no, nil))
	}
	run := o.plan()
	o.link(ids[0], person("0001", func(r *resident.Resident) { r.State = "3" }))
	o.link(ids[1], person("0002", func(r *resident.Resident) { r.Address = "東京都中央区八丁堀二丁目８番１号" }))
	run, err := notice.Recheck(t.Context(), o.DB, testkit.Clerk, run.ID, map[int64]string{ids[3]: "notice.overflow"})
	if err != nil {
		t.Fatal(err)
	}
	want := []notice.Exclusion{
		{CardID: ids[0], Code: "notice.dead"}, {CardID: ids[1], Code: "notice.data_changed"}, {CardID: ids[3], Code: "notice.overflow"},
	}
	if diff := cmp.Diff(want, run.Excluded); diff != "" || run.Pieces != 2 {
		t.Errorf("%d pieces, excluded (-want +got):\n%s", run.Pieces, diff)
	}
	for i, p := range o.pieces(run) {
		out := i == 0 || i == 1 || i == 3
		if p.Seq != i+1 || p.HeldOut != out || o.lives(o.code(run, p.CardID), p.CardID) == out {
			t.Errorf("piece %d: %+v", i+1, p)
		}
	}
	if due, excluded := o.due(); len(due) != 2 || due[0] != ids[1] || due[1] != ids[3] || excluded[ids[0]] != "notice.dead" {
		t.Errorf("due %v, excluded %v", due, excluded)
	}
	run = o.print(run)
	if o.card(ids[1]).Notice != card.NoNotice || o.card(ids[2]).Notice != card.Printed {
		t.Error("a card whose letter was left out is called printed, or the others are not")
	}
	o.refused(fault.Conflict, "notice.wrong_state", func() error {
		_, err := notice.Recheck(t.Context(), o.DB, testkit.Clerk, run.ID, nil)
		return err
	})
}

func TestMarkReady(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	run := o.plan()
	hold := o.hold(ids[1], card.Stop) // between the last check and the end of printing
	ready := func() error {
		_, err := notice.MarkReady(t.Context(), o.DB, testkit.Clerk, run.ID, []string{})
		return err
	}
	o.refused(fault.Conflict, "card.stopped", ready)
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.CloseHold(tx, hold, "解決")
		return err
	})
	run = o.print(run)
	if run.State != notice.Ready || run.ReadyAt != store.Stamp(testkit.Now) || run.Fonts != `["font"]` {
		t.Errorf("run %+v", run)
	}
	o.refused(fault.Conflict, "notice.wrong_state", ready)
	o.refused(fault.NotFound, "notice.not_found", func() error {
		_, err := notice.MarkReady(t.Context(), o.DB, testkit.Clerk, 999, nil)
		return err
	})
}

func (o *office) postOn(run notice.Run, day string, pulled bool) func() error {
	return func() error {
		_, err := notice.Post(o.t.Context(), o.DB, testkit.Clerk, run.ID, day, pulled)
		return err
	}
}

func TestPost_Days(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(1)
	run := o.plan()
	o.refused(fault.Conflict, "notice.wrong_state", o.postOn(run, today, false))
	run = o.print(run)
	o.Clock.Advance(48 * time.Hour)
	for _, day := range []string{"", "2026-11-23", "2026-11-27", "2026-11-31", "11/25"} { // before printing, after today, no days
		o.refused(fault.Invalid, "notice.bad_day", o.postOn(run, day, false))
	}
	if err := o.postOn(run, "2026-11-25", false)(); err != nil {
		t.Fatal(err)
	}
	c := o.card(ids[0])
	if c.Procedure != card.Notified || c.Notice != card.Posted || c.NoticeOn != "2026-11-25" || c.Deadline != run.Deadline {
		t.Errorf("card %+v", c.State)
	}
	o.refused(fault.Conflict, "notice.wrong_state", o.postOn(run, "2026-11-25", false))
}

func TestPost_PullFirst(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(4)
	o.link(ids[1], person("0001", nil))
	run := o.print(o.plan())
	hold := o.hold(ids[0], card.Stop)
	o.link(ids[1], person("0001", func(r *resident.Resident) { r.State = "3" }))
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, ids[2], 0, "辞退") })
	e := o.refused(fault.Conflict, "notice.pull_first", o.postOn(run, today, false))
	var named []string
	for _, d := range e.Details {
		named = append(named, d.Value+" "+d.Code)
	}
	want := []string{"A1B-000001 card.stopped", "A1B-000002 notice.dead", "A1B-000003 card.wrong_state"}
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("to pull (-want +got):\n%s", diff)
	}
	if err := o.postOn(run, today, true)(); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		posted := i == 3
		if c := o.card(id); (c.Notice == card.Posted) != posted || o.lives(o.code(run, id), id) != posted {
			t.Errorf("card %d: notice %q, code lives %t", i+1, c.Notice, o.lives(o.code(run, id), id))
		}
	}
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.CloseHold(tx, hold, "解決")
		return err
	})
	if due, _ := o.due(); len(due) != 1 || due[0] != ids[0] {
		t.Errorf("due %v, want the card whose letter was pulled out: %d", due, ids[0])
	}
}

func TestPost_NothingLeft(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(1)
	run := o.print(o.plan())
	o.hold(ids[0], card.Stop)
	o.refused(fault.Conflict, "notice.nothing_to_post", o.postOn(run, today, true))
}

func (o *office) cancel(run notice.Run, reason string) func() error {
	return func() error {
		_, err := notice.Cancel(o.t.Context(), o.DB, testkit.Clerk, run.ID, reason)
		return err
	}
}

func (o *office) unpost(run notice.Run, reason string) func() error {
	return func() error {
		_, err := notice.Unpost(o.t.Context(), o.DB, testkit.Clerk, run.ID, reason)
		return err
	}
}

func TestUnpost(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	run := o.print(o.plan())
	before := o.card(ids[0]).State
	o.refused(fault.Conflict, "notice.wrong_state", o.unpost(run, "日付違い"))
	run = o.post(run)
	o.refused(fault.Invalid, "card.reason_missing", o.unpost(run, ""))
	if err := o.unpost(run, "日付違い")(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, o.card(ids[0]).State); diff != "" || before.Procedure != card.Ready || before.Notice != card.Printed {
		t.Errorf("card (-want +got):\n%s", diff)
	}
	if !o.lives(o.code(run, ids[0]), ids[0]) {
		t.Error("the code of a letter that still lies here is dead")
	}
	run = o.post(run) // again, with the right day
	later := o.plan(ids[1])
	if e := o.refused(fault.Conflict, "notice.later_letter", o.unpost(run, "誤り")); e.Args["run"] != later.No {
		t.Errorf("the later letter is said to be of run %q", e.Args["run"])
	}
	if err := o.cancel(later, "不要")(); err != nil {
		t.Fatal(err)
	}
	o.do(ids[0], card.ActPick, card.Input{})
	o.do(ids[0], card.ActToCounter, card.Input{})
	o.do(ids[0], card.ActHandOver, card.Input{})
	o.refused(fault.Conflict, "card.wrong_state", o.unpost(run, "誤り"))
}

func TestCancel(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	draft := o.plan()
	o.refused(fault.Invalid, "card.reason_missing", o.cancel(draft, ""))
	if err := o.cancel(draft, "用紙違い")(); err != nil {
		t.Fatal(err)
	}
	ready := o.print(o.plan())
	o.do(ids[1], card.ActPick, card.Input{}) // moved meanwhile
	if err := o.cancel(ready, "用紙違い")(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if c := o.card(id); c.Notice != card.NoNotice || c.Procedure != card.Ready || o.lives(o.code(draft, id), id) || o.lives(o.code(ready, id), id) {
			t.Errorf("card %+v after cancelling", c.State)
		}
	}
	if o.card(ids[1]).Custody != card.Picked {
		t.Error("cancelling moved a card")
	}
	if due, _ := o.due(); len(due) != 2 {
		t.Errorf("due %v, want both", due)
	}
	o.refused(fault.Conflict, "notice.wrong_state", o.cancel(ready, "もう一度"))
	posted := o.post(o.print(o.plan()))
	o.refused(fault.Conflict, "notice.wrong_state", o.cancel(posted, "発送後"))
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		runs, err := notice.Runs(rx, 2)
		if len(runs) != 2 || runs[0].ID != posted.ID || runs[1].State != notice.Cancelled || runs[1].Reason != "用紙違い" {
			t.Errorf("runs %+v", runs)
		}
		return err
	})
}

// The holder came without a letter while it lay here printed; then the run was
// given up, and then the hand-over turned out to be another's.
func TestCancel_AfterAHandOverThatIsUndone(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	run := o.print(o.plan())
	o.do(ids[0], card.ActPick, card.Input{})
	o.do(ids[0], card.ActToCounter, card.Input{})
	handed := o.do(ids[0], card.ActHandOver, card.Input{})
	if err := o.cancel(run, "用紙違い")(); err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		if _, err := card.Undo(tx, handed.EventID, card.Undoing{Reason: "別の方", Any: true}); err != nil {
			return err
		}
		return notice.Settle(tx, ids[0], "別の方")
	})
	if c := o.card(ids[0]); c.Notice != card.NoNotice || c.Procedure != card.Ready || o.lives(o.code(run, ids[0]), ids[0]) {
		t.Errorf("card %+v", c.State)
	}
}

func TestWithdraw(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	run := o.post(o.print(o.plan()))
	code := o.code(run, ids[0])
	withdraw := func(seen int, reason string) func() error {
		return func() error {
			return o.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, ids[0], seen, reason) })
		}
	}
	o.refused(fault.Invalid, "card.reason_missing", withdraw(0, ""))
	o.refused(fault.Conflict, "card.changed_meanwhile", withdraw(1, "辞退"))
	if err := withdraw(0, "辞退")(); err != nil {
		t.Fatal(err)
	}
	if o.card(ids[0]).Procedure != card.Withdrawn || o.lives(code, ids[0]) || !o.lives(o.code(run, ids[1]), ids[1]) {
		t.Error("withdrawing does not end the code, and that alone")
	}
	undo := func(act card.Act, u card.Undoing) func() error {
		return func() error {
			return o.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
				events, err := card.EventsOf(tx.Rx, ids[0])
				if err != nil {
					return err
				}
				for _, e := range events {
					if e.Act == act {
						return notice.UndoWithdraw(tx, e, u)
					}
				}
				return nil
			})
		}
	}
	o.refused(fault.Conflict, "card.undo_not_last", undo(card.ActPost, card.Undoing{Reason: "誤り"}))
	if err := undo(card.ActWithdraw, card.Undoing{Reason: "誤り"})(); err != nil {
		t.Fatal(err)
	}
	if c := o.card(ids[0]); c.Procedure != card.Notified || c.Notice != card.Posted || !o.lives(code, ids[0]) {
		t.Errorf("card %+v, code lives %t", c.State, o.lives(code, ids[0]))
	}
}
