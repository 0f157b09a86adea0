package exchange_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/peertest"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func (w *world) state() (s counter.State) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) error {
		b, err := counter.ByID(rx, bk)
		s = b.State()
		return err
	})
	return s
}

// last are the events that the office has said after the first n.
func (w *world) after(n int) (names []string) {
	for _, b := range w.officeLog()[n:] {
		names = append(names, string(b.Type()))
	}
	return names
}

// KT-1000: there and back; what comes twice or late changes nothing.
func TestKT1000_ThereAndBack(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	first := w.send()
	if len(w.Cloud.Heard) != 2 || w.Cloud.Heard[0].(event.LinkIssue).Link != l.ID {
		t.Fatalf("heard %v", w.Cloud.Heard)
	}
	w.deliver(first)
	if len(w.Cloud.Heard) != 2 {
		t.Error("the same bundle was applied twice")
	}
	w.Cloud.Say(event.LinkFirstUsed{Link: l.ID}, placed(l))
	file := w.Cloud.Bundle()
	taken, err := w.take(file)
	must(t, err)
	if taken.Applied != 2 || taken.Acked != 2 || taken.Counts["booking.created"] != 1 {
		t.Errorf("taken %+v", taken)
	}
	if w.state() != counter.Active || w.link(l.CardID).FirstUsedAt == "" {
		t.Error("the booking or the first use did not arrive")
	}
	before := w.cases()
	if again, err := w.take(file); err != nil || again.Applied != 0 || len(w.cases()) != len(before) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// Nothing but the words of the exchange is in a bundle: the canary of names and
// addresses is in none, and every line is one of the closed vocabulary.
func TestTB10_NoPersonalDataInAnOpenedBundle(t *testing.T) {
	w := newWorld(t)
	w.card()
	b, err := w.Cloud.Open(w.export())
	must(t, err)
	must(t, b.Lines(func(line []byte) error {
		if _, _, _, err := event.Decode(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		for _, no := range []string{canary, "カナリア", "A1B-", "1965"} {
			if strings.Contains(string(line), no) {
				t.Errorf("%q in %s", no, line)
			}
		}
		return nil
	}))
}

// Case 1: booked on the web while the card was withdrawn. Whichever arrives
// first, the booking is refused and somebody is told.
func TestCase01_BookedWhileWithdrawn(t *testing.T) {
	w := newWorld(t)
	id, l := w.card()
	w.Cloud.Say(placed(l))
	w.withdraw(id)
	w.export() // collects
	n := len(w.officeLog())
	w.back()
	if got := w.after(n); !slices.Equal(got, []string{"booking.refused"}) || w.state() != counter.CancelledByOffice {
		t.Errorf("said %v, booking %s", got, w.state())
	}
	list := w.cases()
	if len(list) != 1 || list[0].Kind != agree.CaseWithdrawn || list[0].Ask || list[0].Booking != bk {
		t.Fatalf("cases %+v", list)
	}

	w = newWorld(t)
	id, l = w.card()
	w.Cloud.Say(placed(l))
	w.back()
	w.withdraw(id)
	n = len(w.officeLog())
	w.export()
	if got := w.after(n); !slices.Equal(got, []string{"link.withdraw", "booking.refused"}) {
		t.Errorf("the other order: %v", got)
	}
	if list := w.cases(); len(list) != 1 || list[0].Kind != agree.CaseWithdrawn {
		t.Errorf("cases %+v", list)
	}
}

// Case 1, a card that is only stopped: a clerk decides, once.
func TestCase01_StoppedCardAsksAClerk(t *testing.T) {
	w := newWorld(t)
	id, l := w.card()
	w.hold(id)
	w.export()
	w.Cloud.Say(placed(l))
	w.back()
	list := w.cases()
	if len(list) != 1 || !list[0].Ask || w.state() != counter.Active {
		t.Fatalf("cases %+v, booking %s", list, w.state())
	}
	n := len(w.officeLog())
	decide := func(d exchange.Decision) error {
		return w.Office.Decide(t.Context(), testkit.Clerk, list[0].ID, d, "電話済み")
	}
	testkit.WantFault(t, decide(exchange.Told), fault.Invalid, "exchange.bad_decision")
	must(t, decide(exchange.Refuse))
	if got := w.after(n); !slices.Equal(got, []string{"booking.refused"}) || w.state() != counter.CancelledByOffice {
		t.Errorf("said %v, booking %s", got, w.state())
	}
	before := testkit.Dump(t, w.DB)
	testkit.WantFault(t, decide(exchange.Keep), fault.Conflict, "exchange.case_decided")
	if diff := cmp.Diff(before, testkit.Dump(t, w.DB)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// A case that asks goes away by itself when there is nothing left to decide.
func TestCase01_GoesAwayByItself(t *testing.T) {
	w := newWorld(t)
	id, l := w.card()
	w.hold(id)
	w.export()
	w.Cloud.Say(placed(l))
	w.back()
	w.unhold(id)
	w.export()
	if list := w.cases(); len(list) != 0 {
		t.Errorf("cases %+v", list)
	}
}

// Case 8: what is taken beyond the capacity is listed, replaced and ended.
func TestCase08_TakenBeyondTheCapacity(t *testing.T) {
	w := newWorld(t)
	slot := event.CapacityOver{Window: "A", Start: "2026-11-25T10:00:00+09:00", Over: 2}
	w.Cloud.Say(slot)
	w.back()
	slot.Over = 1
	w.Cloud.Say(slot)
	w.back()
	if list := w.cases(); len(list) != 1 || list[0].Kind != 8 || list[0].Over != 1 {
		t.Errorf("cases %+v", list)
	}
	slot.Over = 0
	w.Cloud.Say(slot)
	w.back()
	if list := w.cases(); len(list) != 0 {
		t.Errorf("cases %+v", list)
	}
}

// Case 12: a code that is not known here is held apart until a clerk decides.
func TestCase12_UnknownCode(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	l.ID = "00000000000000a1"
	w.Cloud.Say(placed(l), event.VisitArrived{Booking: bk, Link: l.ID}) // two events about one case
	if taken := w.back(); taken.Cases != 1 {
		t.Errorf("%d new cases", taken.Cases)
	}
	list := w.cases()
	if len(list) != 1 || list[0].Kind != agree.CaseUnknown || !list[0].Ask {
		t.Fatalf("cases %+v", list)
	}
	w.Cloud.Say(event.VisitUndo{Booking: bk, Link: l.ID})
	if taken := w.back(); taken.Cases != 0 {
		t.Errorf("%d new cases of one that stands on the list", taken.Cases)
	}
}

// A medium that is lost on its way to the booking service: that is written down,
// their key is theirs to replace, and the next bundle holds everything again.
// Two people are two accounts: one whose name was changed in between is still one.
func TestKT1000_TwoPeopleAreTwoAccounts(t *testing.T) {
	w := newWorld(t)
	must(t, w.Cloud.Book.Rotate(w.Clock.Now()))
	offered, err := w.Office.Offer(t.Context(), testkit.Clerk, w.Cloud.Public())
	must(t, err)
	if _, err := w.Office.Confirm(t.Context(), testkit.Clerk, offered.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	renamed := testkit.Clerk
	renamed.Name = "旧姓 花子"
	_, err = w.Office.Confirm(t.Context(), renamed, offered.Fingerprint())
	testkit.WantFault(t, err, fault.Conflict, "keybook.second_person")
	namesake := testkit.Supervisor
	namesake.Name = testkit.Clerk.Name
	if done, err := w.Office.Confirm(t.Context(), namesake, offered.Fingerprint()); err != nil || !done {
		t.Errorf("a second person of the same name: %v, %v", done, err)
	}
}

func TestKT1000_LostMediumOnTheWayOut(t *testing.T) {
	w := newWorld(t)
	w.card()
	dir := t.TempDir()
	carry, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, dir, exchange.ByMedium, exchange.Medium{No: "USB-007"})
	must(t, err)
	keys, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.ExportCodeKeys, dir, exchange.ByMedium, exchange.Medium{})
	must(t, err)
	before, err := w.book().Own()
	must(t, err)
	for _, id := range []string{carry.BundleID, keys.BundleID} {
		must(t, w.Office.Lost(t.Context(), testkit.Clerk, id))
	}
	after, err := w.book().Own()
	must(t, err)
	if before.Public().KidEnc() != after.Public().KidEnc() {
		t.Error("our key was replaced; the bundle was sealed for theirs")
	}
	for _, c := range w.register(exchange.CarryFilter{}) {
		if c.LostAt == "" {
			t.Errorf("%s is not known to be lost", c.Kind)
		}
	}
	w.send()
	if len(w.Cloud.Heard) != 2 {
		t.Errorf("heard %v", w.Cloud.Heard)
	}
	err = w.Office.Lost(t.Context(), testkit.Supervisor, "019f0000-0000-7000-8000-0123456789ab")
	testkit.WantFault(t, err, fault.NotFound, "relay.bundle_unknown")
}

// A medium that is lost on its way here: the office's opening key is replaced, and
// what was sealed for the old key still opens for a while.
func TestKT1000_LostMediumOnTheWayIn(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.Cloud.Say(event.LinkFirstUsed{Link: l.ID})
	old := w.Cloud.Bundle()
	before, err := w.book().Own()
	must(t, err)
	must(t, w.Office.LostComing(t.Context(), testkit.Supervisor, "USB-007"))
	after, err := w.book().Own()
	must(t, err)
	if before.Public().KidEnc() == after.Public().KidEnc() || before.Public().KidSig() != after.Public().KidSig() {
		t.Error("the opening key was not replaced, or the signing key was")
	}
	if _, err := w.take(old); err != nil {
		t.Errorf("what was under way: %v", err)
	}
	w.introduce()
	w.back()
}

// Case 11: this database was put back. The answer brings back what was lost, and
// people confirm the counts before bundles leave again.
func TestCase11_OfficePutBack(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.Cloud.Say(placed(l))
	file := w.Cloud.Bundle()
	epoch := w.Cloud.State().PeerEpoch
	must(t, w.Office.Restored(t.Context(), testkit.Supervisor))
	asked := w.officeLog()
	if len(asked) != 1 || asked[0] != (event.LogRestored{Was: epoch, Head: 2}) {
		t.Fatalf("log %v", asked)
	}
	again := func() {
		t.Helper()
		before := testkit.Dump(t, w.DB)
		testkit.WantFault(t, w.Office.Restored(t.Context(), testkit.Supervisor), fault.Conflict, "exchange.restoring")
		if diff := cmp.Diff(before, testkit.Dump(t, w.DB)); diff != "" {
			t.Errorf("begun twice (-want +got):\n%s", diff)
		}
	}
	again()
	if taken, err := w.take(file); err != nil || taken.Restore {
		t.Errorf("a bundle from before: %+v, %v", taken, err)
	}
	mine := w.epoch()
	w.Cloud.Say(
		event.SnapshotBegin{For: mine, Was: epoch, Seen: 1},
		event.SnapshotLink{Link: l.ID, Hash: hashOf(w), Key: "o001", Gen: 1, State: "issued", Svc: []string{"receive"}, BookFrom: l.BookFrom, Until: l.Until},
		event.SnapshotBooking{
			Booking: bk, No: "11-0042", Window: "A", Start: "2026-11-25T10:00:00+09:00", Min: 30, Party: 1, Units: 1, Seat: "web", Via: "web",
			Members: []event.Standing{{Link: l.ID, Gen: 1, Svc: []string{"receive"}, Booked: "active"}},
		},
		event.SnapshotEnd{For: mine, Links: 1, Bookings: 1},
	)
	taken := w.back()
	if !taken.Restore || w.state() != counter.Active {
		t.Errorf("taken %+v, booking %s", taken, w.state())
	}
	// The booking service has seen one of two events: the second is said again.
	if got := w.after(0); !slices.Equal(got, []string{"log.restored", "link.ready"}) {
		t.Errorf("log %v", got)
	}
	_, err := w.Office.Export(t.Context(), testkit.Clerk, &bytes.Buffer{})
	testkit.WantFault(t, err, fault.Conflict, "exchange.confirm_first")
	again()
	must(t, w.Office.ConfirmRestore(t.Context(), testkit.Supervisor))
	w.export()
	testkit.WantFault(t, w.Office.ConfirmRestore(t.Context(), testkit.Supervisor), fault.Conflict, "exchange.no_restore")
}

// The booking service was put back: somebody accepts it, and it is told all that
// this office holds.
func TestKT1000_CloudPutBack(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.Cloud.Say(placed(l))
	w.back()
	late := w.Cloud.Bundle()
	was := w.Cloud.Renew(0)
	file := w.Cloud.Bundle()
	_, err := w.take(file)
	testkit.WantFault(t, err, fault.Conflict, "relay.E-EPOCH")
	n := len(w.officeLog())
	broken := w.Cloud.BundleOf(peertest.Broken{Log: w.Cloud, At: 1, How: func([]byte) []byte { return []byte(`[]`) }})
	w.notAccepted(broken, fault.Invalid, "seal.E-SCHEMA")
	if _, err := w.accept(file); err != nil {
		t.Fatal(err)
	}
	if got := w.after(n); !slices.Equal(got, []string{"snapshot.begin", "snapshot.link", "snapshot.booking", "snapshot.end"}) {
		t.Fatalf("said %v", got)
	}
	begin := w.officeLog()[n].(event.SnapshotBegin)
	if begin.Was != was || begin.Seen != 1 {
		t.Errorf("begin %+v", begin)
	}
	told := w.officeLog()[n+1].(event.SnapshotLink)
	if told.Hash != hashOf(w) || told.State != "ready" {
		t.Errorf("link %+v", told)
	}
	_, err = w.accept(file)
	testkit.WantFault(t, err, fault.Conflict, "exchange.same_epoch")
	look, err := w.Office.Look(t.Context(), bytes.NewReader(late))
	if !look.Stale || look.PutBack || look.Missing || look.Answered || err != nil {
		t.Errorf("a medium from before: %+v, %v", look, err)
	}
	w.notAccepted(late, fault.Conflict, "relay.E-STALE")
}

// notAccepted lets somebody accept a bundle that is refused, which changes nothing.
func (w *world) notAccepted(file []byte, kind fault.Kind, code string) {
	w.t.Helper()
	before := testkit.Dump(w.t, w.DB)
	_, err := w.accept(file)
	testkit.WantFault(w.t, err, kind, code)
	if diff := cmp.Diff(before, testkit.Dump(w.t, w.DB)); diff != "" {
		w.t.Errorf("%s: changed (-want +got):\n%s", code, diff)
	}
}

// A bundle that acknowledges what this database has forgotten is not taken in.
func TestCase11_ForgottenEventsAreNoticed(t *testing.T) {
	w := newWorld(t)
	w.card()
	w.send()
	w.Cloud.AcceptEpoch(w.Cloud.State().PeerEpoch, 5, 0) // more than was said
	before := testkit.Dump(t, w.DB)
	_, err := w.take(w.Cloud.Bundle())
	testkit.WantFault(t, err, fault.Conflict, "exchange.put_back")
	if diff := cmp.Diff(before, testkit.Dump(t, w.DB)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

func TestImport_RefusesBundlesOfOtherKinds(t *testing.T) {
	w := newWorld(t)
	var file bytes.Buffer
	h := seal.Header{Kind: seal.Masters, BundleID: "x", Lo: 1, Created: "2026-11-24T00:30:00.000Z", NotAfter: "2026-12-24T00:30:00.000Z"}
	_, err := seal.Seal(&file, &peertest.Spool{}, h, w.Cloud.Own(), w.Cloud.Known(), "", func(func([]byte, error) bool) {})
	must(t, err)
	_, err = w.take(file.Bytes())
	testkit.WantFault(t, err, fault.Invalid, "exchange.not_return")
	_, err = w.take([]byte("?"))
	testkit.WantFault(t, err, fault.Invalid, "seal.E-DECRYPT")
}

func TestKT1000_CodeKeysReachTheBookingService(t *testing.T) {
	w := newWorld(t)
	var file bytes.Buffer
	made, err := w.Office.ExportCodeKeys(t.Context(), testkit.Supervisor, &file)
	must(t, err)
	b, err := w.Cloud.Open(file.Bytes())
	must(t, err)
	if b.Kind != seal.Masters || b.N != 1 || made.N != 1 {
		t.Errorf("bundle %+v", b.Header)
	}
}

func hashOf(w *world) string {
	for _, b := range w.Cloud.Heard {
		if e, is := b.(event.LinkIssue); is {
			return e.Hash
		}
	}
	return ""
}
