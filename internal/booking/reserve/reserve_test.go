package reserve_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const (
	tenant = 1
	nine   = "W1@2026-12-08T09:00"
	half   = "W1@2026-12-08T09:30"
	ten    = "W1@2026-12-08T10:00"
)

var resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}

// link is the pseudonym of the n-th member.
func link(n int) string { return fmt.Sprintf("%016x", n) }

// office makes a tenant with one window, 9:00–12:00 on weekdays in slots of half
// an hour, and members who may book anything.
func office(t testing.TB, db *store.DB, id, seats, members int) {
	t.Helper()
	addTenant(t, db, slot.Tenant{ID: id, Host: fmt.Sprintf("yoyaku%d.example", id), Name: "甲府市", PartyMax: 4, UntilMinute: 1440, FewPercent: 25})
	window(t, db, id, slot.Window{
		ID: "W1", Name: "本庁 1番窓口", HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60,
		Book: slot.Deadline{Days: 1, Minute: 17 * 60}, Change: slot.Deadline{Days: 1, Minute: 17 * 60}, Cancel: slot.Deadline{Days: 0, Minute: 8 * 60},
	}, seats)
	issue(t, db, id, members)
}

func addTenant(t testing.TB, db *store.DB, tenant slot.Tenant) {
	t.Helper()
	if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, tenant); err != nil {
		t.Fatal(err)
	}
}

func window(t testing.TB, db *store.DB, id int, w slot.Window, seats int) {
	t.Helper()
	if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, id, w); err != nil {
		t.Fatal(err)
	}
	setSeats(t, db, id, w.ID, seats)
}

func setSeats(t testing.TB, db *store.DB, id int, window string, seats int) {
	t.Helper()
	if _, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, id, window, patterns(seats)); err != nil {
		t.Fatal(err)
	}
}

func patterns(seats int) (list []slot.Pattern) {
	for d := time.Monday; d <= time.Friday; d++ {
		list = append(list, slot.Pattern{Weekday: d, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, WebCap: seats, OfficeCap: 1})
	}
	return list
}

func issue(t testing.TB, db *store.DB, id, members int) {
	t.Helper()
	var list []member.Member
	for n := range members {
		list = append(list, person(n))
	}
	if err := member.Import(t.Context(), db, testkit.Supervisor, id, list); err != nil {
		t.Fatal(err)
	}
}

func person(n int) member.Member {
	mac := sha256.Sum256([]byte(link(n)))
	return member.Member{
		Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "pin receive", State: member.Ready,
		From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
	}
}

func token(n int) string { return fmt.Sprintf("token-%020d", n) }

// ask is a request of the members for one slot, made by the first of them.
func ask(tok int, slotID string, members ...int) reserve.Request {
	r := reserve.Request{Tenant: tenant, Token: token(tok), By: reserve.By{Via: reserve.ByWeb, Link: link(members[0])}, SlotID: slotID, Side: slot.Web}
	for _, n := range members {
		r.Guests = append(r.Guests, reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"})
	}
	return r
}

func book(t testing.TB, db *store.DB, r reserve.Request) reserve.Booking {
	t.Helper()
	b, err := reserve.Book(t.Context(), db, resident, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// by is an act of a member on a booking.
func by(tok int, b reserve.Booking, member int) reserve.Act {
	return reserve.Act{Tenant: tenant, Token: token(tok), BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link(member)}}
}

func byOffice(tok int, b reserve.Booking, override string) reserve.Act {
	return reserve.Act{Tenant: tenant, Token: token(tok), BookingID: b.ID, By: reserve.By{Via: reserve.ByPhone, Override: override}}
}

func taken(t testing.TB, db *store.DB, slotID string) (n int) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		s, found, err := slot.ByID(rx, tenant, slotID)
		if !found {
			t.Errorf("no slot %s", slotID)
		}
		n = s.WebTaken
		return err
	})
	return n
}

func sound(t testing.TB, db *store.DB) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if len(breaches) > 0 {
			t.Errorf("breaches: %+v", breaches)
		}
		return err
	})
}

// refused checks that an act fails and leaves no trace.
func refused(t *testing.T, db *store.DB, kind fault.Kind, code string, act func() error) {
	t.Helper()
	before := testkit.Dump(t, db)
	testkit.WantFault(t, act(), kind, code)
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("%s changed the database (-want +got):\n%s", code, diff)
	}
}

func refusedBooking(t *testing.T, db *store.DB, r reserve.Request, kind fault.Kind, code string) {
	t.Helper()
	refused(t, db, kind, code, func() error { _, err := reserve.Book(t.Context(), db, resident, r); return err })
}

func TestBook_TakesASeatAndANumber(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 2)
		first, second := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, nine, 1))
		if first.No != "11-0001" || second.No != "11-0002" || first.Year != 2026 {
			t.Errorf("numbers %d %s, %s", first.Year, first.No, second.No)
		}
		if want := time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC); !first.Starts.Equal(want) || first.WindowID != "W1" {
			t.Errorf("%s at %s, want %s", first.WindowID, first.Starts, want)
		}
		if taken(t, db, nine) != 2 {
			t.Error("two bookings hold two seats")
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			byNo, found, _ := reserve.ByNumber(rx, tenant, 2026, "11-0001")
			if diff := cmp.Diff(first, byNo); !found || diff != "" {
				t.Errorf("by number (-want +got):\n%s", diff)
			}
			live, found, _ := reserve.LiveOf(rx, tenant, link(1))
			if diff := cmp.Diff(second, live); !found || diff != "" {
				t.Errorf("by link (-want +got):\n%s", diff)
			}
			_, lines, err := audit.List(rx, audit.Filter{Action: "booking.made", Object: "tenant/1/booking/" + first.ID, Limit: 1})
			if lines != 1 {
				t.Errorf("%d audit lines", lines)
			}
			return err
		})
		sound(t, db)
	})
}

func TestBook_Refusals(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 7)
		book(t, db, ask(1, nine, 0))
		refusedBooking(t, db, ask(2, ten, 0), fault.Conflict, "booking.exists")
		refusedBooking(t, db, ask(3, ten, 1, 0), fault.Conflict, "booking.exists") // one of the party
		refusedBooking(t, db, ask(4, nine, 1, 2), fault.Conflict, "slot.few_left")
		book(t, db, ask(5, nine, 1))
		refusedBooking(t, db, ask(6, nine, 2), fault.Conflict, "slot.full")
		refusedBooking(t, db, ask(7, ten, 2, 2), fault.Invalid, "booking.guest_twice")
		refusedBooking(t, db, ask(8, ten, 2, 3, 4, 5, 6), fault.Invalid, "booking.party_max")
		refusedBooking(t, db, ask(9, ten, 77), fault.Forbidden, "member.cannot_book")
		refusedBooking(t, db, ask(10, "W1@2026-12-08T09:07", 2), fault.NotFound, "slot.unknown")
		refusedBooking(t, db, ask(11, "W1@2026-12-30T09:00", 2), fault.NotFound, "slot.unknown") // closed
		refusedBooking(t, db, ask(12, "W1@2026-11-24T10:00", 2), fault.Conflict, "slot.deadline")
		refusedBooking(t, db, ask(13, "W1@2026-12-28T09:00", 2), fault.Conflict, "slot.not_open_yet")
		wrong := ask(14, ten, 2)
		wrong.Guests[0].Procs = "apply"
		refusedBooking(t, db, wrong, fault.Conflict, "member.procedure")
		wrong = ask(15, ten, 2)
		wrong.Side = slot.Office
		refusedBooking(t, db, wrong, fault.Invalid, "booking.bad_request")
		wrong = ask(16, ten, 2)
		wrong.By.Override = "because"
		refusedBooking(t, db, wrong, fault.Invalid, "booking.bad_request")
		wrong = ask(17, ten, 2)
		wrong.Token = "short"
		refusedBooking(t, db, wrong, fault.BadRequest, "booking.bad_token")
		wrong = ask(18, ten, 2)
		wrong.Guests[0].Gen = 2
		refusedBooking(t, db, wrong, fault.Forbidden, "member.cannot_book")
		wrong = ask(19, ten, 2)
		wrong.By.Link = link(3) // who is no guest
		refusedBooking(t, db, wrong, fault.Invalid, "booking.bad_request")
		sound(t, db)
	})
}

// BK-206: three codes, a slot with two left: refused with the number that is
// left, and nothing taken. With the next slots allowed they all come.
func TestBK206_Party(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 5)
		_, err := reserve.Book(t.Context(), db, resident, ask(1, nine, 0, 1, 2))
		testkit.WantFault(t, err, fault.Conflict, "slot.few_left")
		if f, _ := fault.As(err); f.Args["left"] != "2" {
			t.Errorf("left %q", f.Args["left"])
		}
		r := ask(2, nine, 2, 0, 1)
		r.Adjacent = true
		b := book(t, db, r)
		if b.SlotID != nine || b.Persons[0].SlotID != nine || b.Persons[1].SlotID != nine || b.Persons[2].SlotID != half {
			t.Errorf("seats %+v", b.Persons)
		}
		if taken(t, db, nine) != 2 || taken(t, db, half) != 1 {
			t.Error("seats of the two slots")
		}
		r = ask(3, nine, 3, 4) // full here: the row begins with a full slot
		r.Adjacent = true
		refusedBooking(t, db, r, fault.Conflict, "slot.no_neighbours")

		// One leaves alone; the others keep their number.
		left, err := reserve.Leave(t.Context(), db, resident, by(4, b, 1), link(1))
		if err != nil || left.No != b.No || len(left.Live()) != 2 || left.State != reserve.Active || taken(t, db, nine) != 1 {
			t.Errorf("after one has left: %+v, %v", left, err)
		}
		refused(t, db, fault.Conflict, "booking.gone", func() error {
			_, err := reserve.Cancel(t.Context(), db, resident, by(5, b, 1))
			return err
		})
		for i, n := range []int{0, 2} {
			if left, err = reserve.Leave(t.Context(), db, resident, by(6+i, b, n), link(n)); err != nil {
				t.Fatal(err)
			}
		}
		if left.State != reserve.Cancelled || taken(t, db, nine)+taken(t, db, half) != 0 {
			t.Errorf("after all have left: %+v", left)
		}
		sound(t, db)
	})
}

func TestTB05_TheSameRequestTwice(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1, 2)
		first := book(t, db, ask(1, nine, 0))
		before := testkit.Dump(t, db)
		if diff := cmp.Diff(first, book(t, db, ask(1, nine, 0))); diff != "" {
			t.Errorf("second answer (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a repeated request changed the database:\n%s", diff)
		}
		refusedBooking(t, db, ask(1, ten, 0), fault.Conflict, "booking.token_reused")
		refusedBooking(t, db, ask(1, nine, 1), fault.Conflict, "booking.token_reused")
		ended, err := reserve.Cancel(t.Context(), db, resident, by(2, first, 0))
		if err != nil {
			t.Fatal(err)
		}
		again, err := reserve.Cancel(t.Context(), db, resident, by(2, first, 0))
		if diff := cmp.Diff(ended, again); err != nil || diff != "" {
			t.Errorf("second cancellation: %v\n%s", err, diff)
		}
		refused(t, db, fault.Conflict, "booking.gone", func() error {
			_, err := reserve.Cancel(t.Context(), db, resident, by(3, first, 0))
			return err
		})
		if taken(t, db, nine) != 0 {
			t.Error("a seat was returned twice or not at all")
		}
		if err := reserve.ForgetTokens(t.Context(), db, testkit.Clerk, tenant, -time.Second); err != nil {
			t.Error(err)
		}
		sound(t, db)
	})
}

// BK-204: if the new slot is full the old booking is unchanged.
func TestBK204_Change(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1, 4)
		b := book(t, db, ask(1, half, 0))
		other := book(t, db, ask(2, ten, 1))
		change := func(act reserve.Act, to string) (reserve.Booking, error) {
			return reserve.Change(t.Context(), db, resident, act, to, false)
		}
		refused(t, db, fault.Conflict, "slot.full", func() error { _, err := change(by(3, b, 0), ten); return err })
		refused(t, db, fault.Conflict, "booking.same_slot", func() error { _, err := change(by(4, b, 0), half); return err })
		refused(t, db, fault.NotFound, "booking.unknown", func() error { _, err := change(by(5, other, 0), nine); return err })
		moved, err := change(by(6, b, 0), nine) // earlier: taken before the other is returned
		if err != nil || moved.No != b.No || moved.SlotID != nine || taken(t, db, nine) != 1 || taken(t, db, half) != 0 {
			t.Errorf("%+v, %v", moved, err)
		}
		if moved, err = change(by(7, b, 0), half); err != nil || moved.SlotID != half || taken(t, db, nine) != 0 {
			t.Errorf("and back: %+v, %v", moved, err)
		}
		r := ask(8, nine, 2, 3) // 9:00 and then 9:30 is full
		r.Adjacent = true
		refusedBooking(t, db, r, fault.Conflict, "slot.no_neighbours")
		r = ask(9, "W1@2026-12-09T09:00", 2, 3)
		r.Adjacent = true
		party := book(t, db, r)
		// One slot later: the second seat of the party is its own already.
		moved, err = reserve.Change(t.Context(), db, resident, by(10, party, 2), "W1@2026-12-09T09:30", true)
		if err != nil || moved.Persons[0].SlotID != "W1@2026-12-09T09:30" || moved.Persons[1].SlotID != "W1@2026-12-09T10:00" {
			t.Errorf("party: %+v, %v", moved, err)
		}
		sound(t, db)
	})
}

// BK-204: nobody moves to a window at which their card is not.
func TestBK204_ChangeOfWindow(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1, 0)
		other := slot.Window{ID: "W2", Name: "支所", HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60}
		window(t, db, tenant, other, 1)
		here, anywhere := person(0), person(1)
		here.Windows = []string{"W1"}
		if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{here, anywhere}); err != nil {
			t.Fatal(err)
		}
		there := "W2" + strings.TrimPrefix(nine, "W1")
		b := book(t, db, ask(1, half, 0))
		refused(t, db, fault.Conflict, "member.window", func() error {
			_, err := reserve.Change(t.Context(), db, resident, by(2, b, 0), there, false)
			return err
		})
		b = book(t, db, ask(3, ten, 1))
		if moved, err := reserve.Change(t.Context(), db, resident, by(4, b, 1), there, false); err != nil || moved.WindowID != "W2" {
			t.Errorf("%+v, %v", moved, err)
		}
		sound(t, db)
	})
}

// BK-207, with the terms of the test: booking and change until 17:00 of the
// business day before, cancelling until 8:00 of the day itself.
func TestBK207_Deadlines(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 5)
		monday, tuesday := "W1@2026-11-30T09:00", "W1@2026-12-01T09:00"
		b := book(t, db, ask(1, monday, 0))
		clock.Advance(time.Date(2026, 11, 27, 8, 1, 0, 0, time.UTC).Sub(testkit.Now)) // Friday 17:01
		refusedBooking(t, db, ask(2, monday, 1), fault.Conflict, "slot.deadline")
		book(t, db, ask(3, tuesday, 1))
		refused(t, db, fault.Conflict, "booking.deadline", func() error {
			_, err := reserve.Change(t.Context(), db, resident, by(4, b, 0), tuesday, false)
			return err
		})
		if _, err := reserve.Change(t.Context(), db, testkit.Clerk, byOffice(5, b, "phone call"), tuesday, false); err != nil {
			t.Errorf("the office moves it: %v", err)
		}
		late := ask(6, monday, 2)
		late.By = reserve.By{Via: reserve.ByPhone}
		refusedBooking(t, db, late, fault.Conflict, "slot.deadline")
		late.By.Override = "123456789018 travels" // a 個人番号
		refusedBooking(t, db, late, fault.Invalid, "entry.my_number")
		late.By.Override = "travels on Tuesday"
		book(t, db, late)
		b = book(t, db, ask(7, tuesday, 3))
		early := book(t, db, ask(10, "W1@2026-12-01T09:30", 4))
		clock.Advance(time.Date(2026, 11, 30, 22, 59, 59, 0, time.UTC).Sub(clock.Now())) // Tuesday 7:59:59
		refused(t, db, fault.Conflict, "booking.deadline", func() error {
			_, err := reserve.Change(t.Context(), db, resident, by(11, early, 4), "W1@2026-12-02T09:00", false)
			return err
		})
		if ended, err := reserve.Cancel(t.Context(), db, resident, by(12, early, 4)); err != nil || ended.State != reserve.Cancelled {
			t.Errorf("cancelled when it can no longer be moved: %+v, %v", ended, err)
		}
		clock.Advance(time.Second) // Tuesday 8:00
		refused(t, db, fault.Conflict, "booking.deadline", func() error {
			_, err := reserve.Cancel(t.Context(), db, resident, by(8, b, 3))
			return err
		})
		if ended, err := reserve.Cancel(t.Context(), db, testkit.Clerk, byOffice(9, b, "")); err != nil || ended.State != reserve.CancelledByOffice {
			t.Errorf("the office cancels: %+v, %v", ended, err)
		}
		sound(t, db)
	})
}

// BK-501: web full, office 1 left: the office books, the web still shows ×.
func TestBK501_OfficeSeats(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1, 4)
		book(t, db, ask(1, nine, 0))
		proxy := ask(2, nine, 1)
		proxy.By, proxy.Side = reserve.By{Via: reserve.AtCounter}, slot.Office
		b := book(t, db, proxy)
		proxy = ask(3, nine, 2)
		proxy.By, proxy.Side = reserve.By{Via: reserve.AtCounter}, slot.Office
		refusedBooking(t, db, proxy, fault.Conflict, "slot.full")
		refusedBooking(t, db, ask(4, nine, 2), fault.Conflict, "slot.full")
		sound(t, db)
		if _, err := reserve.Cancel(t.Context(), db, testkit.Clerk, byOffice(5, b, "")); err != nil {
			t.Fatal(err)
		}
		refusedBooking(t, db, ask(6, nine, 2), fault.Conflict, "slot.full") // an office seat came back, no web seat
		sound(t, db)
	})
}
