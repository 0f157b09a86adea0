package reserve_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-213: at 8:59:59 the code is told the time, at 9:00:00 it books.
func TestBK213_BookFrom(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 2, 0)
		m := person(0)
		m.From = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) // 9:00 in Japan
		if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{m}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(m.From.Sub(testkit.Now) - time.Second)
		refusedBooking(t, db, ask(1, nine, 0), fault.Conflict, "member.not_yet")
		clock.Advance(time.Second)
		book(t, db, ask(2, nine, 0))
	})
}

// BK-305: outside its hours the site refuses politely; the office books on.
func TestBK305_Hours(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		addTenant(t, db, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, FromMinute: 6 * 60, UntilMinute: 22 * 60})
		window(t, db, tenant, slot.Window{ID: "W1", Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200}, 2)
		issue(t, db, tenant, 3)
		book(t, db, ask(1, nine, 0))
		clock.Advance(12*time.Hour + 30*time.Minute) // 22:00
		refusedBooking(t, db, ask(2, nine, 1), fault.Unavailable, "booking.closed_hours")
		r := ask(3, nine, 1)
		r.By = reserve.By{Via: reserve.ByPhone}
		book(t, db, r)
		clock.Advance(8 * time.Hour) // 6:00
		book(t, db, ask(4, half, 2))
	})
}

// A code that is not ready books other procedures, not the card.
func TestBook_CardNotReady(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 0)
		m := person(0)
		m.State = member.Issued
		only := person(1)
		only.OfficeOnly = true
		if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{m, only}); err != nil {
			t.Fatal(err)
		}
		refusedBooking(t, db, ask(1, nine, 0), fault.Conflict, "member.not_ready")
		pin := ask(2, nine, 0)
		pin.Guests[0].Procs = "pin"
		b := book(t, db, pin)
		if _, err := reserve.Cancel(t.Context(), db, resident, by(3, b, 0)); err != nil {
			t.Fatal(err)
		}
		if err := member.MarkReady(t.Context(), db, testkit.Clerk, tenant, link(0), 1); err != nil {
			t.Fatal(err)
		}
		book(t, db, ask(4, nine, 0))
		refusedBooking(t, db, ask(5, nine, 1), fault.Forbidden, "member.cannot_book")
		phone := ask(6, nine, 1)
		phone.By = reserve.By{Via: reserve.ByPhone}
		book(t, db, phone)
	})
}

// Withdrawing one of three members leaves a visit for two and frees one seat.
func TestWithdraw_OnlyOneOfTheParty(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 3, 4)
		b := book(t, db, ask(1, nine, 0, 1, 2))
		if err := reserve.Withdraw(t.Context(), db, testkit.Clerk, tenant, link(1), 1); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			now, _, err := reserve.ByID(rx, tenant, b.ID)
			if len(now.Live()) != 2 || now.No != b.No || now.State != reserve.Active {
				t.Errorf("%+v", now)
			}
			return err
		})
		if taken(t, db, nine) != 2 {
			t.Error("the seat was not returned")
		}
		refusedBooking(t, db, ask(2, ten, 1), fault.Forbidden, "member.cannot_book")
		if err := reserve.Withdraw(t.Context(), db, testkit.Clerk, tenant, link(3), 1); err != nil {
			t.Errorf("without a booking: %v", err)
		}
		refused(t, db, fault.NotFound, "member.unknown", func() error {
			return reserve.Withdraw(t.Context(), db, testkit.Clerk, tenant, link(2), 2)
		})
		sound(t, db)
	})
}

// Closing a morning: every booking gets a slot that has room, or is cancelled;
// nothing happens as long as one is undecided.
func TestClose_MovesOrCancelsEverybody(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 9)
		one, two := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, nine, 1))
		party := book(t, db, ask(3, half, 2, 3))
		stays := book(t, db, ask(4, ten, 4))
		proxy := ask(5, nine, 5)
		proxy.By, proxy.Side = reserve.By{Via: reserve.ByPhone}, slot.Office
		phone := book(t, db, proxy)

		typhoon := slot.Exception{From: "2026-12-08", To: "2026-12-08", FromMinute: 9 * 60, ToMinute: 10 * 60, Kind: slot.Closed, Reason: "台風のため"}
		var plan []reserve.Affected
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			plan, err = reserve.PlanClosing(rx, tenant, typhoon)
			return err
		})
		proposed := map[string]string{}
		for _, a := range plan {
			proposed[a.Booking.ID] = a.Proposed
		}
		eleven := "W1@2026-12-08T11:00"
		want := map[string]string{one.ID: ten, two.ID: "W1@2026-12-08T10:30", party.ID: eleven, phone.ID: ten}
		if diff := cmp.Diff(want, proposed); diff != "" {
			t.Errorf("proposals (-want +got):\n%s", diff)
		}

		undecided := map[string]string{one.ID: ten, party.ID: eleven, phone.ID: ten}
		refused(t, db, fault.Conflict, "booking.undecided", func() error {
			_, err := reserve.Close(t.Context(), db, testkit.Supervisor, tenant, typhoon, undecided)
			return err
		})
		crowded := map[string]string{one.ID: ten, two.ID: ten, party.ID: ten, phone.ID: ten}
		refused(t, db, fault.Conflict, "slot.full", func() error {
			_, err := reserve.Close(t.Context(), db, testkit.Supervisor, tenant, typhoon, crowded)
			return err
		})
		proposed[two.ID] = "" // cannot be reached: cancelled
		closed, err := reserve.Close(t.Context(), db, testkit.Supervisor, tenant, typhoon, proposed)
		if err != nil || closed.Moved != 3 || closed.Cancelled != 1 {
			t.Fatalf("%+v, %v", closed, err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			for id, at := range map[string]string{one.ID: ten, party.ID: eleven, phone.ID: ten, stays.ID: ten} {
				if b, _, err := reserve.ByID(rx, tenant, id); err != nil || b.SlotID != at || b.State != reserve.Active {
					t.Errorf("%+v, %v, want it at %s", b, err, at)
				}
			}
			b, _, err := reserve.ByID(rx, tenant, two.ID)
			if b.State != reserve.CancelledByOffice {
				t.Errorf("%+v", b)
			}
			return err
		})
		if taken(t, db, nine)+taken(t, db, half) != 0 || taken(t, db, ten) != 2 {
			t.Error("seats after closing")
		}
		refusedBooking(t, db, ask(6, nine, 6), fault.Conflict, "slot.closed")
		book(t, db, ask(7, "W1@2026-12-08T11:30", 1)) // the cancelled one books again
		sound(t, db)
	})
}

// Two tenants with equal ids: every statement with the other's finds nothing.
func TestTB18_TenantsSeeNothingOfEachOther(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1, 2)
		second := db.For(2)
		office(t, second, 2, 1, 2)
		b := book(t, db, ask(1, nine, 0))
		other := ask(1, nine, 0) // the same slot, code and token, and there is room
		other.Tenant = 2
		mine := book(t, second, other)
		if mine.ID == b.ID || mine.No != "11-0001" {
			t.Errorf("%+v", mine)
		}
		act := by(2, b, 0)
		act.Tenant = 2
		refused(t, db, fault.NotFound, "booking.unknown", func() error {
			_, err := reserve.Cancel(t.Context(), second, resident, act)
			return err
		})
		testkit.Read(t, db, func(rx *store.Rx) error {
			if _, found, err := reserve.ByID(rx, 2, b.ID); found || err != nil {
				t.Errorf("found the other tenant's booking: %v", err)
			}
			if _, found, err := slot.ByID(rx, 3, nine); found || err != nil {
				t.Errorf("found another tenant's slot: %v", err)
			}
			return nil
		})
		sound(t, db)
	})
}

// Every act leaves exactly one line in the log, and none names a person, a code
// or a birth date.
func TestActs_OneAuditLineEach(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 3, 6)
		log := func() (last string, lines int) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				records, n, err := audit.List(rx, audit.Filter{Limit: 1})
				last, lines = records[0].Action, n
				return err
			})
			return last, lines
		}
		var b reserve.Booking
		morning := slot.Exception{From: "2026-12-09", To: "2026-12-09", FromMinute: 0, ToMinute: 720, Kind: slot.Closed}
		for _, act := range []struct {
			action string
			do     func() error
		}{
			{"booking.made", func() (err error) {
				b, err = reserve.Book(t.Context(), db, resident, ask(1, nine, 0, 1, 2))
				return err
			}},
			{"booking.changed", func() error { _, err := reserve.Change(t.Context(), db, resident, by(2, b, 0), ten, false); return err }},
			{"booking.left", func() error { _, err := reserve.Leave(t.Context(), db, resident, by(3, b, 1), link(1)); return err }},
			{"member.withdrawn", func() error { return reserve.Withdraw(t.Context(), db, testkit.Clerk, tenant, link(2), 1) }},
			{"booking.cancelled", func() error { _, err := reserve.Cancel(t.Context(), db, resident, by(4, b, 0)); return err }},
			{"booking.time_closed", func() error {
				_, err := reserve.Close(t.Context(), db, testkit.Supervisor, tenant, morning, nil)
				return err
			}},
			{"booking.tokens_forgotten", func() error {
				return reserve.ForgetTokens(t.Context(), db, testkit.Clerk, tenant, -time.Second)
			}},
		} {
			_, before := log()
			if err := act.do(); err != nil {
				t.Fatalf("%s: %v", act.action, err)
			}
			last, lines := log()
			if lines != before+1 || last != act.action || !message.Has("audit.action."+last) {
				t.Errorf("%d lines, the last %s, want one %s with a label", lines-before, last, act.action)
			}
		}
	})
}

// A closing moves nobody to a window that does not serve the code, and no party
// of which somebody is here.
func TestClose_MovesOnlyWhoCanGoThere(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 0)
		window(t, db, tenant, slot.Window{ID: "W2", Name: "2番窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200}, 3)
		bound := person(0)
		bound.Windows = []string{"W1"}
		if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{bound, person(1), person(2)}); err != nil {
			t.Fatal(err)
		}
		first, party := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, half, 1, 2))
		shut := func(from int, b reserve.Booking, to string) error {
			e := slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", FromMinute: from, ToMinute: from + 30, Kind: slot.Closed}
			_, err := reserve.Close(t.Context(), db, testkit.Supervisor, tenant, e, map[string]string{b.ID: to})
			return err
		}
		refused(t, db, fault.Conflict, "member.window", func() error { return shut(9*60, first, "W2@2026-12-08T10:00") })
		must(t, shut(9*60, first, ten))
		to(t, clock, "2026-12-08 09:10")
		must(t, func() error { _, err := arrive(t, db, at(party, link(1))); return err }())
		refused(t, db, fault.Conflict, "booking.state", func() error { return shut(9*60+30, party, ten) })
		testkit.Read(t, db, func(rx *store.Rx) error {
			e := slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", FromMinute: 570, ToMinute: 600, Kind: slot.Closed}
			plan, err := reserve.PlanClosing(rx, tenant, e)
			if len(plan) != 1 || !plan[0].Here || plan[0].Proposed != "" || plan[0].Booking.ID != party.ID {
				t.Errorf("planned for a party of whom somebody is here: %+v", plan)
			}
			return err
		})
		refused(t, db, fault.Conflict, "booking.state", func() error {
			_, err := reserve.Change(t.Context(), db, testkit.Clerk, byOffice(3, party, "試験"), ten, false)
			return err
		})
		sound(t, db)
	})
}
