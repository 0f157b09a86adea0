package exchange_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// unchanged runs an act that changes nothing in the office's database.
func (w *world) unchanged(act func()) {
	w.t.Helper()
	before := testkit.Dump(w.t, w.DB)
	act()
	if diff := cmp.Diff(before, testkit.Dump(w.t, w.DB)); diff != "" {
		w.t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// says compares what a bundle says of itself, header and digest aside.
func (w *world) says(what string, file []byte, want exchange.Look) {
	w.t.Helper()
	w.unchanged(func() {
		got, err := w.Office.Look(w.t.Context(), bytes.NewReader(file))
		if want.Header, want.SHA256 = got.Header, got.SHA256; err != nil || got != want {
			w.t.Errorf("%s: %+v, %v", what, got, err)
		}
	})
}

// KT-1000: what the screen says of a bundle before somebody takes it in.
func TestKT1000_WhatABundleSays(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.Cloud.Say(event.LinkFirstUsed{Link: l.ID}, placed(l))
	first := w.Cloud.Bundle()
	w.says("two events", first, exchange.Look{New: 2})
	_, err := w.take(first)
	must(t, err)
	w.says("taken in before", first, exchange.Look{Answered: true})
	w.Cloud.Say(event.BookingCancelled{Booking: bk, By: "resident"})
	w.says("one event more", w.Cloud.Bundle(), exchange.Look{New: 1})
	w.back()
	w.card()
	w.send()
	receipt := w.Cloud.Bundle()
	w.says("nothing but a receipt", receipt, exchange.Look{})
	_, err = w.take(receipt)
	must(t, err)
	w.says("a receipt that is known", receipt, exchange.Look{Answered: true})

	w.Cloud.Say(event.LinkFirstUsed{Link: l.ID}, event.LinkFirstUsed{Link: l.ID})
	w.Cloud.AcceptEpoch(w.Cloud.State().PeerEpoch, 4, 4)
	w.says("one is missing before it", w.Cloud.Bundle(), exchange.Look{New: 1, Missing: true})
	w.Cloud.Renew(0)
	w.says("of a service that was put back", w.Cloud.Bundle(), exchange.Look{New: 1, PutBack: true})
}

// Case 11: while the answer is awaited nothing is said but the question, whatever
// happens to cards. An answer to another question is none, and there are no counts
// to confirm.
func TestCase11_OnlyTheAnswerToThisQuestion(t *testing.T) {
	w := newWorld(t)
	id, _ := w.card()
	w.send()
	another := w.epoch()
	must(t, w.Office.Restored(t.Context(), testkit.Supervisor))
	none := func() {
		t.Helper()
		testkit.WantFault(t, w.Office.ConfirmRestore(t.Context(), testkit.Supervisor), fault.Conflict, "exchange.no_restore")
	}
	w.unchanged(none)
	w.hold(id)
	w.export()
	w.Cloud.Say(event.SnapshotBegin{For: another, Was: another}, event.SnapshotEnd{For: another})
	if taken := w.back(); taken.Restore {
		t.Error("an answer to another question counts")
	}
	if got := w.after(0); !slices.Equal(got, []string{"log.restored"}) {
		t.Errorf("log %v", got)
	}
	w.unchanged(none)
}

// KT-1000: a booking service that was put back before this office ever heard it asks
// in its first bundle, and is answered: it would wait for ever.
func TestKT1000_AskedInTheFirstBundle(t *testing.T) {
	w := newWorld(t)
	w.card()
	w.send()
	w.Cloud.Bundle() // and it did not arrive
	was := w.Cloud.Renew(0)
	n := len(w.officeLog())
	w.back()
	if got := w.after(n); !slices.Equal(got, []string{"snapshot.begin", "snapshot.link", "snapshot.end"}) {
		t.Fatalf("said %v", got)
	}
	if begin := w.officeLog()[n].(event.SnapshotBegin); begin.Was != was || begin.Seen != 0 || begin.For == was {
		t.Errorf("begin %+v", begin)
	}
}

// Case 11: the booking service is put back while the counts of this office's own
// restore wait for somebody: it is accepted after that, and then answered.
func TestCase11_CountsAreConfirmedFirst(t *testing.T) {
	w := newWorld(t)
	w.card()
	w.send()
	w.back()
	must(t, w.Office.Restored(t.Context(), testkit.Supervisor))
	w.Cloud.Say(event.SnapshotBegin{For: w.epoch(), Was: w.Cloud.State().PeerEpoch}, event.SnapshotEnd{For: w.epoch()})
	w.back()
	w.Cloud.Renew(0)
	file := w.Cloud.Bundle()
	w.notAccepted(file, fault.Conflict, "exchange.confirm_first")
	must(t, w.Office.ConfirmRestore(t.Context(), testkit.Supervisor))
	n := len(w.officeLog())
	_, err := w.accept(file)
	must(t, err)
	if got := w.after(n); len(got) == 0 || got[0] != "snapshot.begin" {
		t.Errorf("said %v", got)
	}
}

// KT-1000: a bundle is accepted after a restore of the booking service, not as the
// first one and not again.
func TestKT1000_NothingToAccept(t *testing.T) {
	w := newWorld(t)
	file := w.Cloud.Bundle()
	w.notAccepted(file, fault.Conflict, "exchange.same_epoch")
	w.back()
	w.notAccepted(file, fault.Conflict, "exchange.same_epoch")
}

// KT-107: none of the texts about a medium or a case may hold a number that nobody
// may store.
func TestKT107_NoTwelveDigitsInAnyText(t *testing.T) {
	const number = "1234 5678 9018"
	w := newWorld(t)
	id, l := w.card()
	w.hold(id)
	w.export()
	w.Cloud.Say(placed(l))
	w.back()
	open := w.cases()[0].ID
	actor := testkit.Clerk
	for name, act := range map[string]func() error{
		"number":   func() error { return w.registers(exchange.Medium{No: number}) },
		"approval": func() error { return w.registers(exchange.Medium{Approval: number}) },
		"approver": func() error { return w.registers(exchange.Medium{Approver: number}) },
		"lost":     func() error { return w.Office.LostComing(t.Context(), actor, number) },
		"decision": func() error { return w.Office.Decide(t.Context(), actor, open, exchange.Keep, number) },
		"move":     func() error { return w.Office.Move(t.Context(), actor, open, "A", w.Clock.Now(), number) },
	} {
		t.Run(name, func(t *testing.T) {
			own, err := w.book().Own()
			must(t, err)
			w.unchanged(func() { testkit.WantFault(t, act(), fault.Invalid, "entry.my_number") })
			if now, err := w.book().Own(); err != nil || now.Public() != own.Public() {
				t.Errorf("the keys were replaced all the same, %v", err)
			}
		})
	}
}

func (w *world) registers(m exchange.Medium) error {
	_, err := w.Office.Register(w.t.Context(), testkit.Clerk, exchange.Carry{BundleID: "a", Direction: "in", Way: exchange.ByMedium, Medium: m})
	return err
}

// Case 9: only a booking whose window is shut is moved from the list.
func TestCase09_NothingElseIsMovedFromTheList(t *testing.T) {
	w := newWorld(t)
	id, l := w.card()
	w.Cloud.Say(placed(l))
	w.back()
	w.withdraw(id)
	w.export()
	list := w.cases()
	if len(list) != 1 || !slices.Contains(list[0].Decisions(), exchange.Told) {
		t.Fatalf("cases %+v", list)
	}
	w.unchanged(func() {
		err := w.Office.Move(t.Context(), testkit.Clerk, list[0].ID, "A", w.Clock.Now().Add(time.Hour), "")
		testkit.WantFault(t, err, fault.Invalid, "exchange.bad_decision")
	})
}

// Case 1: who cancels while a clerk still has to decide leaves nothing to decide.
func TestCase01_CancelledBeforeTheDecision(t *testing.T) {
	w := newWorld(t)
	id, l := w.card()
	w.hold(id)
	w.export()
	w.Cloud.Say(placed(l))
	w.back()
	if list := w.cases(); len(list) != 1 || !list[0].Ask {
		t.Fatalf("cases %+v", list)
	}
	w.Cloud.Say(event.BookingCancelled{Booking: bk, By: "resident"})
	w.back()
	w.export()
	if list := w.cases(); len(list) != 0 {
		t.Errorf("cases %+v", list)
	}
}

// Case 8: the end of one slot's case is the end of no other, and what a clerk has
// decided stays.
func TestCase08_EachSlotForItself(t *testing.T) {
	w := newWorld(t)
	ten, half := "2026-11-25T10:00:00+09:00", "2026-11-25T10:30:00+09:00"
	w.Cloud.Say(
		event.CapacityOver{Window: "A", Start: ten, Over: 1}, event.CapacityOver{Window: "A", Start: half, Over: 1},
		event.CapacityOver{Window: "B", Start: ten, Over: 1}, event.CapacityOver{Window: "B", Start: half, Over: 1},
	)
	w.back()
	decided := w.cases()[3].ID
	must(t, w.Office.Decide(t.Context(), testkit.Clerk, decided, exchange.Told, ""))
	w.Cloud.Say(event.CapacityOver{Window: "A", Start: ten}, event.CapacityOver{Window: "B", Start: half})
	w.back()
	var left []string
	for _, c := range w.cases() {
		left = append(left, c.Window+c.Start[11:16])
	}
	if !slices.Equal(left, []string{"A10:30", "B10:00"}) {
		t.Errorf("left %v", left)
	}
	testkit.Read(t, w.DB, func(rx *store.Rx) error {
		c, err := exchange.CaseByID(rx, decided)
		if c.Decision != exchange.Told {
			t.Errorf("decided %s", c.Decision)
		}
		return err
	})
}

// What a program that was killed has left behind of bundles goes, and nothing else.
func TestKT107_LeftBehind(t *testing.T) {
	w := newWorld(t)
	medium := t.TempDir()
	for _, file := range []string{
		filepath.Join(w.Office.Spool, "bundle-1"), filepath.Join(w.Office.Spool, "list.csv"),
		filepath.Join(medium, ".kofu-bundle-1"), filepath.Join(medium, "photo.jpg"),
	} {
		must(t, os.WriteFile(file, nil, 0o600))
	}
	must(t, w.Office.CleanSpool())
	if got := files(t, w.Office.Spool); !slices.Equal(got, []string{"list.csv"}) {
		t.Errorf("spool %v", got)
	}
	c, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, medium, exchange.ByMedium, exchange.Medium{})
	must(t, err)
	if got := files(t, medium); !slices.Equal(got, []string{c.File, "photo.jpg"}) {
		t.Errorf("medium %v", got)
	}
}

// KT-1000: the file with our public keys names municipality, side and key, so that
// an old one is not taken for the new.
func TestKT1000_NameOfThePublicKeys(t *testing.T) {
	w := newWorld(t)
	before, _, err := w.Office.Kpub()
	must(t, err)
	must(t, w.Office.Rotate(t.Context(), testkit.Supervisor))
	after, _, err := w.Office.Kpub()
	must(t, err)
	if before == after || !strings.HasPrefix(before, "7-office-") || !strings.HasSuffix(after, ".kpub") {
		t.Errorf("%s, then %s", before, after)
	}
}
