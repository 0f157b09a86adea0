package link_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/link"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/visit"
)

// KT-1000: one act makes the codes of a print run known, hashed as the booking
// service hashes what residents type.
func TestKT1000_ReleaseOfAPrintRun(t *testing.T) {
	o := newOffice(t)
	id := o.card("0001", "")
	run := o.printed(id)
	if done := o.release(run); done != (link.Released{Issued: 1}) {
		t.Errorf("released %+v", done)
	}
	var code linkcode.Code
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		living, _, err := notice.LivingCode(rx, o.Keys.Ring, id)
		code = living.Code
		return err
	})
	l := o.link(id)
	h, _ := o.Keys.Hash("o001", code)
	log := o.log()
	issue := log[0].(event.LinkIssue)
	if issue.BirthHash == "" || issue.BirthHash == h {
		t.Errorf("birth hash %q", issue.BirthHash)
	}
	issue.BirthHash = ""
	want := event.LinkIssue{
		Link: l.ID, Hash: h, Key: "o001", Gen: 1, Svc: []string{"pin", "receive"}, Windows: []string{"W1"},
		BookFrom: "2026-11-24T01:30:00.000Z", Until: l.Until,
	}
	if diff := cmp.Diff(want, issue); diff != "" {
		t.Errorf("link.issue (-want +got):\n%s", diff)
	}
	if day := store.Day(mustStamp(t, l.Until)); day <= run.Deadline {
		t.Errorf("the code ends on %s, before the deadline %s is over", day, run.Deadline)
	}
	if log[1] != (event.LinkReady{Link: l.ID, Gen: 1}) || len(log) != 2 {
		t.Errorf("log: %v", types(log))
	}
	if again := o.release(run); again != (link.Released{Again: 1}) || !slices.Equal(types(o.log()[2:]), []string{"link.issue"}) {
		t.Errorf("again: %+v, %v", again, types(o.log()[2:]))
	}
}

func TestRelease_Refusals(t *testing.T) {
	o := newOffice(t)
	draft := o.plan(o.card("0001", ""))
	before := testkit.Dump(t, o.DB)
	release := func(keys link.Keys, terms link.Terms) error {
		_, err := link.Release(t.Context(), o.DB, keys, testkit.Clerk, draft.ID, terms)
		return err
	}
	testkit.WantFault(t, release(o.Keys, terms), fault.Conflict, "link.run_not_printed")
	if diff := cmp.Diff(before, testkit.Dump(t, o.DB)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if _, err := notice.MarkReady(t.Context(), o.DB, testkit.Clerk, draft.ID, nil); err != nil {
		t.Fatal(err)
	}
	before = testkit.Dump(t, o.DB)
	none, err := keyring.OpenOfficeCodes(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	testkit.WantFault(t, release(link.Keys{Ring: o.Keys.Ring, Codes: none}, terms), fault.Conflict, "link.no_key")
	testkit.WantFault(t, release(o.Keys, link.Terms{From: terms.From}), fault.Invalid, "link.bad_terms")
	testkit.WantFault(t, release(o.Keys, link.Terms{From: terms.From, Until: terms.From, Svc: terms.Svc}), fault.Invalid, "link.bad_terms")
	if diff := cmp.Diff(before, testkit.Dump(t, o.DB)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// What happens to the card reaches the log by itself, once.
func TestCollect_FollowsTheCard(t *testing.T) {
	o := newOffice(t)
	id := o.card("0001", "")
	o.posted(id)
	l := o.link(id)
	steps := []struct {
		name string
		act  func()
		want []event.Body
	}{
		{"nothing", func() {}, nil},
		{"fetched", func() { o.do(id, card.ActPick, card.Input{}) }, nil},
		{"held", func() { o.hold(id) }, []event.Body{event.LinkHold{Link: l.ID, Gen: 1}}},
		{"released", func() { o.unhold(id) }, []event.Body{event.LinkReady{Link: l.ID, Gen: 1}}},
		{"withdrawn", func() { o.withdraw(id) }, []event.Body{event.LinkWithdraw{Link: l.ID, Gen: 1}}},
		{"nothing again", func() {}, nil},
	}
	for _, s := range steps {
		s.act()
		got := o.collect()
		if diff := cmp.Diff(s.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
	o.undo(id)
	got := o.collect()
	if !slices.Equal(types(got), []string{"link.issue", "link.ready"}) || got[0].(event.LinkIssue).Gen != 2 || o.link(id).Gen != 2 {
		t.Errorf("a withdrawal that was taken back: %v", types(got))
	}
}

// A card that was handed over closes the code; taking it back issues it again
// for the next generation, because a dead code never wakes.
func TestCollect_HandOverAndBack(t *testing.T) {
	o := newOffice(t)
	id := o.card("0001", "")
	o.posted(id)
	l := o.link(id)
	o.do(id, card.ActPick, card.Input{})
	o.do(id, card.ActToCounter, card.Input{})
	o.give(id)
	if diff := cmp.Diff([]event.Body{event.LinkClose{Link: l.ID, Gen: 1}}, o.collect()); diff != "" {
		t.Errorf("closed (-want +got):\n%s", diff)
	}
	o.undo(id)
	if got := types(o.collect()); !slices.Equal(got, []string{"link.issue", "link.ready"}) || o.link(id).Gen != 2 {
		t.Errorf("taken back: %v", got)
	}
}

// Case 10 at the office: a new letter gives the same code a new number, and the
// old number is dead for it.
func TestCase10_RekeyOfALostLetter(t *testing.T) {
	o := newOffice(t)
	id := o.card("0001", "")
	first := o.posted(id)[0].(event.LinkIssue)
	second := o.plan(id)
	if got := o.collect(); len(got) != 0 {
		t.Errorf("a letter that is not printed yet: %v", types(got))
	}
	if _, err := notice.MarkReady(t.Context(), o.DB, testkit.Clerk, second.ID, nil); err != nil {
		t.Fatal(err)
	}
	got := o.collect()
	if !slices.Equal(types(got), []string{"link.rekey"}) {
		t.Fatalf("log: %v", types(got))
	}
	rekey := got[0].(event.LinkRekey)
	if rekey.Link != first.Link || rekey.Hash == first.Hash || rekey.BirthHash == first.BirthHash {
		t.Errorf("rekey %+v after %+v", rekey, first)
	}
	if _, err := notice.Cancel(t.Context(), o.DB, testkit.Clerk, second.ID, "誤り"); err != nil {
		t.Fatal(err)
	}
	back := o.collect()
	if !slices.Equal(types(back), []string{"link.rekey"}) || back[0].(event.LinkRekey).Hash != first.Hash {
		t.Errorf("the first letter counts again: %v", back)
	}
}

// Case 2 at the office: the card is made again; its code keeps the pseudonym and
// takes the next generation.
func TestCase02_AnotherCardOfTheSameResident(t *testing.T) {
	o := newOffice(t)
	old := o.card("0001", "")
	first := o.posted(old)[0].(event.LinkIssue)
	o.withdraw(old)
	o.collect()
	fresh := o.card("0001", "")
	run := o.printed(fresh)
	o.release(run)
	l := o.link(fresh)
	if l.ID != first.Link || l.Gen != 2 || l.State != "ready" {
		t.Errorf("link of the new card: %+v", l)
	}
	if got := o.collect(); len(got) != 0 {
		t.Errorf("the old card speaks on: %v", types(got))
	}
	stranger := o.card("0002", "")
	o.posted(stranger)
	if o.link(stranger).ID == first.Link {
		t.Error("two residents share a pseudonym")
	}
}

// A resident whose birth date is not known to the day books by phone, or with
// the code alone where the city wants it so.
func TestRelease_IncompleteBirthDate(t *testing.T) {
	for without, want := range map[string]bool{"office": true, "code": false} {
		o := newOffice(t)
		o.policy(func(p *link.Policy) { p.WithoutBirth = without })
		id := o.card("", "")
		testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error { return o.join(tx, id, "0001", "", "1965-04") })
		issue := o.posted(id)[0].(event.LinkIssue)
		if issue.BirthHash != "" || issue.OfficeOnly != want {
			t.Errorf("%s: %+v", without, issue)
		}
	}
}

// BK-211: the persons of a household in one mailing are joined by a token of
// their own; singles are not.
func TestBK211_HouseholdsOfAMailing(t *testing.T) {
	o := newOffice(t)
	a, b, c := o.card("0001", "H1"), o.card("0002", "H1"), o.card("0003", "H2")
	o.posted(a, b, c)
	la, lb, lc := o.link(a), o.link(b), o.link(c)
	if la.Group == "" || la.Group != lb.Group || la.Ordinal != 1 || lb.Ordinal != 2 {
		t.Errorf("household: %q %d, %q %d", la.Group, la.Ordinal, lb.Group, lb.Ordinal)
	}
	if lc.Group != "" || lc.Ordinal != 0 {
		t.Errorf("single: %q %d", lc.Group, lc.Ordinal)
	}
	again := o.printed(a, b)
	o.release(again)
	if o.link(a).Group == la.Group {
		t.Error("the next mailing has the same token")
	}
}

func (o *office) hold(id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, id, card.Stop, "確認中")
		return err
	})
}

func (o *office) unhold(id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		holds, err := card.HoldsOf(tx.Rx, id)
		if err != nil {
			return err
		}
		_, err = card.CloseHold(tx, holds[0].ID, "確認済み")
		return err
	})
}

func (o *office) withdraw(id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, id, 0, "本人の希望") })
}

func (o *office) give(id int64) {
	o.t.Helper()
	var c card.Card
	testkit.Read(o.t, o.DB, func(rx *store.Rx) (err error) {
		c, err = card.ByID(rx, id)
		return err
	})
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := visit.Give(tx, o.Keys.Ring, id, visit.HandOver{
			CardScan: c.NoticeNo, NoticeScan: c.NoticeNo, Receiver: visit.Self, Documents: []string{"holder_driver"}, PINMethod: "holder",
			OldCards: map[string]string{"notification": "collected", "juki": "none", "previous": "none", "residence": "none"},
		})
		return err
	})
}

// undo takes the last act on a card back: a withdrawal or a hand-over.
func (o *office) undo(id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		events, err := card.EventsOf(tx.Rx, id)
		if err != nil {
			return err
		}
		last := events[len(events)-1]
		u := card.Undoing{Reason: "誤り", Any: true}
		if last.Act == card.ActWithdraw {
			return notice.UndoWithdraw(tx, last, u)
		}
		_, err = visit.Undo(tx, last, u)
		return err
	})
}
