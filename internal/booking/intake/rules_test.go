package intake_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/visitor"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/peertest"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// said is the present log of the service.
func (w *world) said() (all []event.Body) {
	w.t.Helper()
	w.number()
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) error {
		return sync.Log{}.Each(rx, 1, func(line []byte) error {
			_, _, b, err := event.Decode(line)
			all = append(all, b)
			return err
		})
	})
	return all
}

func count(all []event.Body, kind event.Type) (n int) {
	for _, b := range all {
		if b.Type() == kind {
			n++
		}
	}
	return n
}

func (w *world) member(n int) (m member.Member) {
	w.t.Helper()
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) (err error) {
		m, _, err = member.ByLink(rx, tenant, link(n))
		return err
	})
	return m
}

func (w *world) epoch() (epoch string) {
	w.t.Helper()
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) error {
		s, err := relay.Load(rx)
		epoch = s.Epoch
		return err
	})
	return epoch
}

func (w *world) takes(file []byte) {
	w.t.Helper()
	_, err := w.Take(w.t.Context(), testkit.Clerk, bytes.NewReader(file), -1)
	must(w.t, err)
}

func (w *world) gives() {
	w.t.Helper()
	_, err := w.Give(w.t.Context(), testkit.Clerk, &bytes.Buffer{})
	must(w.t, err)
}

// Case02: the letter of an earlier card comes after that of the later one: it
// changes nothing, and nobody has to look at it.
func TestCase02_AnEarlierCardComesLate(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.tell(issue(0, 2), issue(0, 1))
		if m := w.member(0); m.Gen != 2 || len(w.asides()) != 0 {
			t.Errorf("%+v, set aside %v", m, w.asides())
		}
	})
}

// KT1000: an access key is of this service: no word of the office about a code
// concerns it.
func TestKT1000_AccessKeysAreNoCodes(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		testkit.Write(t, w.Desk.DB, testkit.Clerk, func(tx *store.Tx) error {
			return member.AddKeyless(tx, tenant, link(9), "receive", tx.Now.Add(time.Hour))
		})
		before := w.member(9)
		w.tell(event.LinkWithdraw{Link: link(9), Gen: 1}, event.LinkRekey{Link: link(9), Hash: issue(9, 1).Hash, Key: "o001"})
		if diff := cmp.Diff(before, w.member(9)); diff != "" || len(w.asides()) != 2 {
			t.Errorf("set aside %v, changed (-want +got):\n%s", w.asides(), diff)
		}
	})
}

// TB17: a bundle of another kind is none, whoever has sealed and signed it.
func TestTB17_OtherKindsOfBundle(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		o := w.office()
		before := testkit.Dump(t, w.Desk.DB)
		for _, kind := range []seal.Kind{seal.Return, seal.Update} {
			var file bytes.Buffer
			h := seal.Header{Kind: kind, BundleID: "019abc", Epoch: "019abc", Lo: 1, Created: store.Stamp(w.clock.Now()), NotAfter: store.Stamp(w.clock.Now().Add(time.Hour))}
			_, err := seal.Seal(&file, &peertest.Spool{}, h, o.Own(), o.Known(), "", func(func([]byte, error) bool) {})
			must(t, err)
			_, err = w.Take(t.Context(), testkit.Clerk, &file, -1)
			testkit.WantFault(t, err, fault.Invalid, "seal.E-VERSION")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, w.Desk.DB)); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
	})
}

// Case11: an office that was put back before we ever heard it asks in its first
// bundle: it is answered, and has lost nothing that we know of.
func TestCase11_AskedInTheFirstBundle(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		testkit.WantFault(t, w.Restored(t.Context(), testkit.Supervisor), fault.Conflict, "intake.never_exchanged")
		o := w.office()
		was, err := seal.NewID(w.clock.Now(), rand.Reader)
		must(t, err)
		o.Say(event.LogRestored{Was: was, Head: 3})
		w.takes(o.Bundle())
		all := w.said()
		if begin, is := all[0].(event.SnapshotBegin); !is || begin.Was != was || begin.Seen != 0 || count(all, "snapshot.link") != 4 {
			t.Errorf("said %+v", all)
		}
	})
}

// Case11: an office that was put back hears the whole configuration anew: it may
// have that of an earlier day.
func TestCase11_ConfigurationIsToldAnew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		o := w.office()
		w.gives()
		w.takes(o.Bundle())
		w.gives()
		if n := count(w.said(), "config.window"); n != 1 {
			t.Fatalf("told %d times", n)
		}
		w.clock.Advance(time.Second)
		o.Renew(0)
		_, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(o.Bundle()), -1)
		testkit.WantFault(t, err, fault.Conflict, "relay.E-EPOCH")
		must(t, w.Accept(t.Context(), testkit.Supervisor))
		w.gives()
		if n := count(w.said(), "config.window"); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// KT1000: after the service was put back only the answer to its own question counts.
// Who has a letter that was replaced since is out; whose code is dead, whom the
// office has booked meanwhile and whom it had refused loses the booking and is told;
// the office hears the configuration anew.
func TestKT1000_WhatTheAnswerBrings(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		o := w.office()
		w.gives()
		w.takes(o.Bundle())
		b, twice, refused := w.book(nine, 2), w.book(half, 3), w.book("2026-12-08T10:00", 1)
		was, head := w.epoch(), w.number()
		var tokens []string
		for n := range 2 {
			s, err := visitor.Start(t.Context(), w.Desk.DB, resident, tenant, link(n), 1)
			must(t, err)
			tokens = append(tokens, s.Token)
		}
		w.clock.Advance(time.Second)
		must(t, w.Restored(t.Context(), testkit.Supervisor))
		told := func(n int, e event.LinkIssue, state string) event.SnapshotLink {
			return event.SnapshotLink{Link: link(n), Hash: e.Hash, Key: e.Key, Gen: 1, State: state, Svc: e.Svc, BookFrom: e.BookFrom, Until: e.Until}
		}
		answer := func(epoch string) {
			o.Say(event.SnapshotBegin{For: epoch, Was: was, Seen: head}, told(0, issue(0, 7), "ready"), told(1, issue(1, 1), "ready"),
				told(2, issue(2, 1), "withdrawn"), event.SnapshotBooking{
					Booking: phone, Office: true, Window: "W1", Start: nine + ":00+09:00", Min: 30, Party: 1, Units: 1, Seat: "office", Via: "phone",
					Members: []event.Standing{{Link: link(3), Gen: 1, Svc: []string{"receive"}, Booked: "active"}},
				}, event.SnapshotBooking{
					Booking: refused.ID, No: refused.No, Window: "W1", Start: "2026-12-08T10:00:00+09:00", Min: 30, Party: 1, Units: 1, Seat: "web", Via: "web",
					Members: []event.Standing{{Link: link(1), Gen: 1, Svc: []string{"receive"}, Booked: "active", Refused: true}},
				}, event.SnapshotEnd{For: epoch, Links: 3, Bookings: 2})
			w.takes(o.Bundle())
		}
		answer(was)
		testkit.WantFault(t, w.ConfirmRestore(t.Context(), testkit.Supervisor), fault.Conflict, "sync.no_recovery")
		if got := w.states(b.ID); got != "[active]" {
			t.Errorf("an answer to another question: %s", got)
		}
		answer(w.epoch())
		w.wantStates(b.ID, "[cancelled_by_office]")
		if got := w.mails(b.ID); got != "[office_cancelled]" {
			t.Errorf("mails %s", got)
		}
		w.wantStates(twice.ID, "[cancelled_by_office]")
		w.wantStates(refused.ID, "[cancelled_by_office]")
		w.wantStates(phone, "[active]")
		if got := w.mails(twice.ID) + w.mails(refused.ID); strings.Contains(got, "[]") {
			t.Errorf("mails %s", got)
		}
		if m := w.member(0); !bytes.Equal(m.CodeMAC, code(0, 7).Hash(make([]byte, 32))) {
			t.Error("the code of the old letter is good")
		}
		testkit.Read(t, w.Desk.DB, func(rx *store.Rx) error {
			for n, token := range tokens {
				if _, found, err := visitor.Find(rx, tenant, token); err != nil || found != (n == 1) {
					t.Errorf("session %d goes on: %t, %v", n, found, err)
				}
			}
			return nil
		})
		must(t, w.ConfirmRestore(t.Context(), testkit.Supervisor))
		w.gives()
		if all := w.said(); count(all, "config.window") != 1 || count(all, "booking.cancelled") != 3 {
			t.Errorf("said %v", all)
		}
	})
}
