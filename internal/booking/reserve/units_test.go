package reserve_test

import (
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func setUnits(t testing.TB, db *store.DB, code slot.Procedure, units int) {
	t.Helper()
	p := slot.ProcedureTerms{Code: code, On: true, Units: units, SystemCutoff: 1440}
	if _, err := slot.SaveProcedure(t.Context(), db, testkit.Supervisor, tenant, p); err != nil {
		t.Fatal(err)
	}
}

// BK-210: 受取 and 暗証番号 in one booking take one slot once, as one person with
// two procedures; longer work costs more units: the largest of them, or their
// sum where the municipality adds them up.
func TestBK210_Units(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 3, 6)
		both := ask(1, nine, 0)
		both.Guests[0].Procs = "pin receive"
		b := book(t, db, both)
		if len(b.Persons) != 1 || b.Persons[0].Procs != "pin receive" || b.Units() != 1 || taken(t, db, nine) != 1 {
			t.Errorf("%+v, %d taken", b, taken(t, db, nine))
		}
		setUnits(t, db, slot.Receive, 2)
		both = ask(2, half, 1)
		both.Guests[0].Procs = "pin receive"
		if b := book(t, db, both); b.Units() != 2 || taken(t, db, half) != 2 {
			t.Errorf("the largest: %d units, %d taken", b.Units(), taken(t, db, half))
		}
		refusedBooking(t, db, ask(3, half, 2), fault.Conflict, "slot.few_left")
		both = ask(4, ten, 2)
		both.Guests[0].Procs, both.Rules.SumUnits = "pin receive", true
		summed := book(t, db, both)
		if summed.Units() != 3 || taken(t, db, ten) != 3 {
			t.Errorf("the sum: %d units, %d taken", summed.Units(), taken(t, db, ten))
		}
		sound(t, db)
		// Nobody is divided over two slots: two of two units each go into two
		// slots of three, and what is left of the first fits a third of one.
		row := ask(5, "W1@2026-12-09T09:00", 3, 4, 5)
		row.Adjacent, row.Guests[2].Procs = true, "pin"
		party := book(t, db, row)
		if party.Persons[0].SlotID != "W1@2026-12-09T09:00" || party.Persons[1].SlotID != "W1@2026-12-09T09:30" || party.Persons[2].SlotID != "W1@2026-12-09T09:00" {
			t.Errorf("places %+v", party.Persons)
		}
		if _, err := reserve.Cancel(t.Context(), db, resident, by(6, summed, 2)); err != nil || taken(t, db, ten) != 0 {
			t.Errorf("all units come back: %v, %d taken", err, taken(t, db, ten))
		}
		sound(t, db)
	})
}

func household(t testing.TB, db *store.DB, group string, members ...int) {
	t.Helper()
	var list []member.Member
	for i, n := range members {
		m := person(n)
		m.Group, m.Ordinal = group, i+1
		list = append(list, m)
	}
	if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, list); err != nil {
		t.Fatal(err)
	}
}

// BK-211: with tick boxes one code and two ticks book three seats; only persons
// of the same household can be ticked, and only where the municipality has it
// so. Withdrawing one of three leaves a visit for two with the same number.
func TestBK211_Household(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 4, 7)
		household(t, db, "g-1", 0, 1, 2)
		household(t, db, "g-2", 3, 4)
		ticked := func(tok int, mode reserve.Household, members ...int) reserve.Request {
			r := ask(tok, nine, members...)
			r.Rules.Household = mode
			for i := range r.Guests[1:] {
				r.Guests[i+1].Ticked = true
			}
			return r
		}
		refusedBooking(t, db, ticked(1, reserve.EachCode, 0, 1, 2), fault.Forbidden, "member.cannot_book")
		refusedBooking(t, db, ticked(2, reserve.NoHousehold, 0, 1, 2), fault.Forbidden, "member.cannot_book")
		refusedBooking(t, db, ticked(3, reserve.Tick, 0, 1, 3), fault.Forbidden, "member.cannot_book") // of another household
		refusedBooking(t, db, ticked(4, reserve.Tick, 5, 6), fault.Forbidden, "member.cannot_book")    // of none
		self := ticked(5, reserve.Tick, 0, 1)
		self.Guests[0].Ticked = true // nobody has typed a code
		refusedBooking(t, db, self, fault.Forbidden, "member.cannot_book")
		b := book(t, db, ticked(6, reserve.Tick, 0, 1, 2))
		if len(b.Live()) != 3 || taken(t, db, nine) != 3 {
			t.Errorf("%+v", b)
		}
		if err := reserve.Withdraw(t.Context(), db, testkit.Clerk, tenant, link(1), 1); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			now, _, err := reserve.ByID(rx, tenant, b.ID)
			if len(now.Live()) != 2 || now.No != b.No || now.State != reserve.Active || taken(t, db, nine) != 2 {
				t.Errorf("%+v", now)
			}
			return err
		})
		typed := ask(7, nine, 3, 5) // persons of no household join by their codes
		typed.Rules.Household = reserve.EachCode
		book(t, db, typed)
		office := ticked(8, reserve.NoHousehold, 4, 6)
		office.By, office.SlotID = reserve.By{Via: reserve.AtCounter}, ten
		book(t, db, office)
		sound(t, db)
	})
}

// After the service was put back the office tells of a party how many seats all of
// them take together; who takes how many is known here.
func TestBK210_UnitsOfAPartyTakenOver(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 4, 3)
		setUnits(t, db, slot.Receive, 2)
		asked := ask(1, nine, 0, 1)
		id := ulid.New(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
			return reserve.Retake(tx, tenant, reserve.Rules{}, true).Booking(event.SnapshotBooking{
				Booking: id, No: "11-0077", Window: "W1", Start: "2026-11-26T09:00:00+09:00", Min: 30, Party: 2, Units: 2, Seat: "web", Via: "web",
				Members: []event.Standing{
					{Link: asked.Guests[0].Link, Gen: 1, Svc: []string{"receive"}, Booked: "active"},
					{Link: asked.Guests[1].Link, Gen: 1, Svc: []string{"pin"}, Booked: "active"},
				},
			}, func(string) string { return nine })
		})
		if taken(t, db, nine) != 3 {
			t.Errorf("%d seats are taken, want 2 and 1", taken(t, db, nine))
		}
		sound(t, db)
		refusedBooking(t, db, ask(2, nine, 2), fault.Conflict, "slot.few_left")
	})
}
