package reserve_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func at(b reserve.Booking, links ...string) reserve.Visit {
	return reserve.Visit{Tenant: tenant, BookingID: b.ID, Links: links, WindowID: "W1"}
}

func arrive(t testing.TB, db *store.DB, v reserve.Visit) (a reserve.Arrival, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error { a, err = reserve.Arrive(tx, v); return err })
	return a, err
}

// to sets the clock to a time in Japan.
func to(t testing.TB, clock *testkit.Clock, text string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, store.Tokyo)
	must(t, err)
	clock.Advance(at.Sub(clock.Now()))
}

func stateOf(t testing.TB, db *store.DB, id string) (b reserve.Booking) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) { b, _, err = reserve.ByID(rx, tenant, id); return err })
	return b
}

// BK-502: a scan records the arrival with its time; then done, again or given up
// with what was done. A booking of another day or window says so and becomes one
// of today when asked.
func TestBK502_Reception(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 1, 6)
		window(t, db, tenant, slot.Window{ID: "W2", Name: "2番窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200}, 1)
		b := book(t, db, ask(1, nine, 0))
		tomorrow := book(t, db, ask(2, "W1@2026-12-09T09:00", 1))
		elsewhere := book(t, db, ask(3, "W2@2026-12-08T09:00", 2))
		to(t, clock, "2026-12-08 09:10")

		a, err := arrive(t, db, at(b))
		if err != nil || !a.Done || a.Booking.State != reserve.Arrived || !a.Booking.Persons[0].ArrivedAt.Equal(clock.Now()) {
			t.Fatalf("%+v, %v", a, err)
		}
		refused(t, db, fault.Conflict, "booking.state", func() error { _, err := arrive(t, db, at(b)); return err })
		refusedBooking(t, db, ask(4, half, 0), fault.Conflict, "booking.exists") // is here and cannot book another
		handled := reserve.Handled{OldCard: true, Codes: []string{"card", "pin"}, Memo: "代理人"}
		finish := func(v reserve.Visit, h reserve.Handled) (out reserve.Booking, err error) {
			err = within(t, db, func(tx *store.Tx) error { out, err = reserve.Finish(tx, v, h); return err })
			return out, err
		}
		refused(t, db, fault.Invalid, "entry.my_number", func() error {
			_, err := finish(at(b), reserve.Handled{Memo: "123456789018"})
			return err
		})
		done, err := finish(at(b), handled)
		if p := stateOf(t, db, b.ID).Persons[0]; err != nil || done.State != reserve.Visited || !p.Handled.OldCard || p.Handled.Memo != "代理人" || len(p.Handled.Codes) != 2 {
			t.Errorf("done: %+v, %v", p, err)
		}

		for _, c := range []struct {
			b            reserve.Booking
			day, window  bool
			seatsOfToday int
			member       int
		}{{tomorrow, true, false, 2, 1}, {elsewhere, false, true, 3, 2}} {
			before := testkit.Dump(t, db)
			a, err := arrive(t, db, at(c.b))
			if err != nil || a.Done || a.OtherDay != c.day || a.OtherWindow != c.window {
				t.Errorf("warning: %+v, %v", a, err)
			}
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("a warning changed the database:\n%s", diff)
			}
			v := at(c.b)
			v.Today = true
			a, err = arrive(t, db, v)
			if err != nil || !a.Done || a.Booking.SlotID != nine || a.Booking.WindowID != "W1" || taken(t, db, nine) != c.seatsOfToday {
				t.Errorf("moved to today: %+v, %v, %d taken", a.Booking, err, taken(t, db, nine))
			}
		}
		again := func() (out reserve.Booking, err error) {
			err = within(t, db, func(tx *store.Tx) error {
				out, err = reserve.Return(tx, at(tomorrow), reserve.Handled{Codes: []string{"papers"}})
				return err
			})
			return out, err
		}
		if out, err := again(); err != nil || out.State != reserve.Again {
			t.Errorf("again: %+v, %v", out, err)
		}
		book(t, db, ask(5, "W1@2026-12-10T09:00", 1)) // comes another time
		up := func() (out reserve.Booking, err error) {
			err = within(t, db, func(tx *store.Tx) error { out, err = reserve.GiveUp(tx, at(elsewhere)); return err })
			return out, err
		}
		if out, err := up(); err != nil || out.State != reserve.Cancelled || taken(t, db, nine) != 2 {
			t.Errorf("gave up: %+v, %v", out, err)
		}
		undo := func() (out reserve.Booking, err error) {
			err = within(t, db, func(tx *store.Tx) error { out, err = reserve.Undo(tx, at(b)); return err })
			return out, err
		}
		for _, want := range []reserve.State{reserve.Arrived, reserve.Active} {
			if out, err := undo(); err != nil || out.State != want || want == reserve.Arrived && len(out.Persons[0].Handled.Codes) != 0 {
				t.Errorf("undone: %+v, %v", out, err)
			}
		}
		got := fmt.Sprint(events(t, db, b.ID), events(t, db, tomorrow.ID), events(t, db, elsewhere.ID))
		want := fmt.Sprint(
			[]event.Type{"booking.created", "visit.arrived", "visit.done", "visit.undo", "visit.undo"},
			[]event.Type{"booking.created", "booking.moved", "visit.arrived", "visit.again"},
			[]event.Type{"booking.created", "booking.moved", "visit.arrived", "booking.cancelled"})
		if got != want {
			t.Errorf("the office hears\n%s, want\n%s", got, want)
		}
		sound(t, db)
	})
}

// Of a party persons arrive together or singly; the visit of those who have not
// come is missed for them alone.
func TestArrive_OneOfAParty(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 3)
		b := book(t, db, ask(1, nine, 0, 1, 2))
		to(t, clock, "2026-12-08 09:00")
		a, err := arrive(t, db, at(b, link(1)))
		if err != nil || a.Booking.State != reserve.Active || a.Booking.Persons[1].State != reserve.Arrived {
			t.Errorf("%+v, %v", a, err)
		}
		refused(t, db, fault.NotFound, "booking.unknown", func() error { _, err := arrive(t, db, at(b, link(7))); return err })
		to(t, clock, "2026-12-08 09:30")
		if n, err := reserve.MarkMissed(t.Context(), db, testkit.Clerk, tenant); err != nil || n != 1 {
			t.Errorf("%d missed, %v", n, err)
		}
		now := stateOf(t, db, b.ID)
		if now.State != reserve.Arrived || now.Persons[0].State != reserve.Missed || now.Persons[1].State != reserve.Arrived || now.Persons[2].State != reserve.Missed {
			t.Errorf("%+v", now)
		}
		sound(t, db)
	})
}

// BK-506: of two clerks who call at the same moment one calls and the other
// learns at which counter.
func TestBK506_OneCaller(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 1, 1)
		b := book(t, db, ask(1, nine, 0))
		to(t, clock, "2026-12-08 09:00")
		call := func(counter string) error {
			return db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { _, err := reserve.Call(tx, tenant, b.ID, counter); return err })
		}
		refused(t, db, fault.Conflict, "booking.state", func() error { return call("3") }) // nobody is here
		for _, bad := range []string{"", " ", "12345678901", "3\u202e"} {
			refused(t, db, fault.Invalid, "booking.bad_counter", func() error { return call(bad) })
		}
		must(t, func() error { _, err := arrive(t, db, at(b)); return err }())
		for range 5 {
			var both sync.WaitGroup
			errs := map[string]error{}
			var mu sync.Mutex
			for _, counter := range []string{"3", "4"} {
				both.Go(func() {
					err := call(counter)
					mu.Lock()
					errs[counter] = err
					mu.Unlock()
				})
			}
			both.Wait()
			winner, loser := "3", "4"
			if errs["4"] == nil {
				winner, loser = "4", "3"
			}
			testkit.WantFault(t, errs[loser], fault.Conflict, "booking.called")
			if f, _ := fault.As(errs[loser]); errs[winner] != nil || f.Args["counter"] != winner || stateOf(t, db, b.ID).Counter != winner {
				t.Errorf("winner %s: %v, the other hears of %q", winner, errs[winner], f.Args["counter"])
			}
			must(t, within(t, db, func(tx *store.Tx) error { _, err := reserve.EndCall(tx, tenant, b.ID, winner); return err }))
		}
		must(t, call("5"))
		refused(t, db, fault.Conflict, "booking.called", func() error {
			return within(t, db, func(tx *store.Tx) error { _, err := reserve.EndCall(tx, tenant, b.ID, "6"); return err })
		})
	})
}
