package intake_test

import (
	"testing"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/visitor"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// both runs a case on both engines.
func both(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) { fn(t, open(t, db, clock)) })
}

// Case01: booked on the web while the card was withdrawn. Whether link.withdraw
// or booking.refused comes first, the booking is cancelled by the office, the
// seat is free and one mail without a reason is written. Of a party the others
// keep their visit.
func TestCase01_WithdrawnWhileBooked(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		alone, party := w.book(nine, 0), w.book(half, 1, 2)
		w.tell(event.LinkWithdraw{Link: link(0), Gen: 1}, event.BookingRefused{Booking: alone.ID, Link: link(0), Code: event.Withdrawn})
		w.wantStates(alone.ID, "[cancelled_by_office]")
		w.tell(event.BookingRefused{Booking: party.ID, Link: link(1), Code: event.Withdrawn}, event.LinkWithdraw{Link: link(1), Gen: 1})
		w.wantStates(party.ID, "[cancelled_by_office active]")
		if got := w.mails(alone.ID) + w.mails(party.ID); got != "[office_cancelled][]" {
			t.Errorf("mails %s", got)
		}
		if got := w.seats(nine) + " " + w.seats(half); got != "0 0 1 0" {
			t.Errorf("seats %s", got)
		}
		if got := w.log(alone.ID) + w.log(party.ID); got != "[booking.created booking.cancelled][booking.created booking.left]" {
			t.Errorf("the office hears %s", got)
		}
	})
}

// Case02: a card is made anew before the booking for the first one reached the
// office; the booking ends, the new code books.
func TestCase02_CardMadeAnew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		w.tell(issue(0, 2), event.BookingRefused{Booking: b.ID, Link: link(0), Code: event.Superseded}, event.LinkReady{Link: link(0), Gen: 2})
		w.wantStates(b.ID, "[cancelled_by_office]")
		w.tell(event.LinkWithdraw{Link: link(0), Gen: 1}) // of the earlier card, late
		testkit.Read(t, w.Desk.DB, func(rx *store.Rx) error {
			m, _, err := member.ByLink(rx, tenant, link(0))
			if m.Gen != 2 || m.State != member.Ready {
				t.Errorf("the new code is %s of generation %d", m.State, m.Gen)
			}
			return err
		})
	})
}

// Case03: the same person by phone and on the web: the booking of the office
// wins, the mail says so, and only the office moves and ends it.
func TestCase03_PhoneAndWeb(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		w.tell(byPhone(half, 0))
		w.wantStates(b.ID, "[cancelled_by_office]")
		w.wantStates(phone, "[active]")
		if got := w.mails(b.ID) + " " + w.seats(nine) + " " + w.seats(half); got != "[replaced] 0 0 0 1" {
			t.Errorf("mails and seats %s", got)
		}
		_, err := w.Desk.Cancel(t.Context(), resident, reserve.Act{
			Token: "token-of-twenty-letters", BookingID: phone, By: reserve.By{Via: reserve.ByWeb, Link: link(0)},
		}, "")
		testkit.WantFault(t, err, fault.Conflict, "booking.of_office")
		w.tell(byPhone(nine, 0, 1)) // moved, with another person
		w.wantStates(phone, "[active active]")
		w.tell(byPhone(nine, 1)) // who is not named has left
		w.wantStates(phone, "[cancelled active]")
		if got := w.seats(nine) + " " + w.seats(half); got != "0 1 0 0" {
			t.Errorf("seats %s", got)
		}
		w.tell(event.BookingCancelled{Booking: phone, By: "resident"})
		w.wantStates(phone, "[cancelled cancelled]")
		if got := w.log(phone); got != "[]" {
			t.Errorf("the office hears of its own booking: %s", got)
		}
	})
}

// Case04: cancelled at eight, but the person stands there: visited wins, and what
// was below comes back when the visit is taken back.
func TestCase04_VisitedBeatsCancelled(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		_, err := w.Desk.Cancel(t.Context(), resident, reserve.Act{
			Token: "token-of-twenty-letters", BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link(0)},
		}, "")
		must(t, err)
		of := event.OfBooking{Booking: b.ID, Link: link(0)}
		w.tell(event.VisitArrived(of), event.VisitDone(of))
		w.wantStates(b.ID, "[visited]")
		w.tell(event.VisitUndo(of), event.VisitUndo(of))
		w.wantStates(b.ID, "[cancelled]")
		if got := w.seats(nine); got != "0 0" {
			t.Errorf("seats %s", got)
		}
	})
}

// Case05: the day was closed before the booking reached the office: nobody is
// accused, and an apology is written; whom the office saw is a no-show.
func TestCase05_ClosedBeforeItCame(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		seen := w.book(nine, 0)
		head := w.number()
		unseen := w.book(nine, 1)
		w.number()
		w.to("2026-12-08 18:00")
		w.tell(event.DayClosed{Window: "W1", Date: "2026-12-08", Seen: head})
		w.wantStates(seen.ID, "[noshow]")
		w.wantStates(unseen.ID, "[unreconciled]")
		for range 2 {
			if _, err := w.Desk.TellUnsettled(t.Context(), testkit.Clerk); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.mails(seen.ID) + w.mails(unseen.ID); got != "[][unsettled]" {
			t.Errorf("mails %s", got)
		}
	})
}

// Case06: a provisional no-show, then the office's visit.done arrives: visited,
// no trace in the rate of no-shows.
func TestCase06_VisitAfterMissed(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		head := w.number()
		w.to("2026-12-08 18:00")
		if _, err := reserve.MarkMissed(t.Context(), w.Desk.DB, testkit.Clerk, tenant); err != nil {
			t.Fatal(err)
		}
		w.wantStates(b.ID, "[noshow_provisional]")
		w.tell(event.VisitDone{Booking: b.ID, Link: link(0)}, event.DayClosed{Window: "W1", Date: "2026-12-08", Seen: head})
		w.wantStates(b.ID, "[visited]")
		if got := w.log(b.ID); got != "[booking.created booking.noshow_provisional]" {
			t.Errorf("the office hears %s", got)
		}
	})
}

// Case07: a walk-in was handed the card: what was booked for the card ends
// silently, a visit with other errands stays for those, and the code is dead.
func TestCase07_HandedOverWithoutABooking(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		w.tell(event.LinkClose{Link: link(0), Gen: 1}, event.LinkReady{Link: link(0), Gen: 1})
		w.wantStates(b.ID, "[cancelled_by_office]")
		if got := w.mails(b.ID); got != "[]" {
			t.Errorf("mails %s", got)
		}
		testkit.Read(t, w.Desk.DB, func(rx *store.Rx) error {
			m, _, err := member.ByLink(rx, tenant, link(0))
			if m.State != member.Done {
				t.Errorf("the code is %s", m.State)
			}
			return err
		})
	})
}

// Case10: the letter was lost: the old number is dead at once, its sessions too,
// the booking is kept.
func TestCase10_NewNumber(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		b := w.book(nine, 0)
		s, err := visitor.Start(t.Context(), w.Desk.DB, resident, tenant, link(0), 1)
		must(t, err)
		next := issue(0, 7)
		w.tell(event.LinkRekey{Link: link(0), Hash: next.Hash, Key: "o001"})
		w.wantStates(b.ID, "[active]")
		testkit.Read(t, w.Desk.DB, func(rx *store.Rx) error {
			if _, found, err := visitor.Find(rx, tenant, s.Token); found || err != nil {
				t.Errorf("the old session goes on: %v, %v", found, err)
			}
			m, _, err := member.ByLink(rx, tenant, link(0))
			if string(m.CodeMAC) != string(code(0, 7).Hash(make([]byte, 32))) || m.State != member.Ready {
				t.Errorf("after a new number: %+v", m)
			}
			return err
		})
	})
}

// Case12: what is unknown here is set aside and changes nothing; it is carried
// out once it is known, or put away.
func TestCase12_UnknownIsSetAside(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.tell(
			event.LinkReady{Link: link(9), Gen: 1}, event.VisitDone{Booking: phone, Link: link(0)}, event.BookingRefused{Booking: phone, Code: event.Withdrawn},
			event.DayClosed{Window: "W9", Date: "2026-12-08"}, byPhone(nine, 9), byPhone("2026-12-06T09:00", 0),
		)
		list := w.asides()
		if len(list) != 6 {
			t.Fatalf("%d set aside", len(list))
		}
		ready := list[len(list)-1]
		testkit.WantFault(t, w.Retry(t.Context(), testkit.Clerk, ready.ID), fault.NotFound, "member.unknown")
		w.tell(issue(9, 1))
		must(t, w.Retry(t.Context(), testkit.Clerk, ready.ID))
		testkit.WantFault(t, w.Retry(t.Context(), testkit.Clerk, ready.ID), fault.NotFound, "intake.no_aside")
		testkit.WantFault(t, w.Drop(t.Context(), testkit.Clerk, list[0].ID, " "), fault.Invalid, "intake.no_reason")
		must(t, w.Drop(t.Context(), testkit.Clerk, list[0].ID, "庁内で取り消し済み"))
		if left := len(w.asides()); left != 4 {
			t.Errorf("%d left", left)
		}
	})
}
