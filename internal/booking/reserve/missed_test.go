package reserve_test

import (
	"fmt"
	"testing"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	outlog "kofu/internal/booking/sync"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// punctual is an office that waits five minutes.
func punctual(t testing.TB, db *store.DB, members int) {
	t.Helper()
	office(t, db, tenant, 3, members)
	window(t, db, tenant, slot.Window{ID: "W1", Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200, LateMinutes: 5}, 3)
}

func markMissed(t testing.TB, db *store.DB) int {
	t.Helper()
	n, err := reserve.MarkMissed(t.Context(), db, testkit.Clerk, tenant)
	must(t, err)
	return n
}

func number(t testing.TB, db *store.DB) (last int) {
	t.Helper()
	_, err := outlog.NumberAll(t.Context(), db, testkit.Clerk, tenant)
	must(t, err)
	testkit.Read(t, db, func(rx *store.Rx) error {
		list, err := outlog.Since(rx, tenant, 0, 1000)
		last = len(list)
		return err
	})
	return last
}

func dayClosed(t testing.TB, db *store.DB, day jpdate.Day, seen int) (c reserve.Closed, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error { c, err = reserve.DayClosed(tx, tenant, "W1", day, seen); return err })
	return c, err
}

// BK-503: at the end of the slot and five minutes who has not come counts as
// missed, provisionally; then the code can book again, and who comes late is
// here after all. On the cloud's reception the day-close makes it final.
func TestBK503_Missed(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		punctual(t, db, 4)
		never, late, here := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, nine, 1)), book(t, db, ask(3, nine, 2))
		noon := book(t, db, ask(4, "W1@2026-12-08T11:30", 3))
		to(t, clock, "2026-12-08 09:00")
		must(t, func() error { _, err := arrive(t, db, at(here)); return err }())
		to(t, clock, "2026-12-08 09:34")
		if n := markMissed(t, db); n != 0 {
			t.Errorf("%d missed within the five minutes", n)
		}
		to(t, clock, "2026-12-08 09:35")
		if n := markMissed(t, db); n != 2 || markMissed(t, db) != 0 {
			t.Errorf("%d missed", n)
		}
		if stateOf(t, db, never.ID).State != reserve.Missed || stateOf(t, db, here.ID).State != reserve.Arrived || taken(t, db, nine) != 3 {
			t.Error("states after the five minutes")
		}
		to(t, clock, "2026-12-08 10:20")
		if a, err := arrive(t, db, at(late)); err != nil || !a.Done || a.Booking.State != reserve.Arrived {
			t.Errorf("comes late: %+v, %v", a, err)
		}
		next := book(t, db, ask(5, "W1@2026-12-10T09:00", 0)) // books again
		refused(t, db, fault.Conflict, "booking.day_not_over", func() error {
			return within(t, db, func(tx *store.Tx) error { _, err := reserve.CloseDay(tx, tenant, "W1", "2026-12-08"); return err })
		})
		to(t, clock, "2026-12-08 17:00")
		var c reserve.Closed
		must(t, within(t, db, func(tx *store.Tx) (err error) { c, err = reserve.CloseDay(tx, tenant, "W1", "2026-12-08"); return err }))
		if c != (reserve.Closed{NoShow: 2}) || stateOf(t, db, never.ID).State != reserve.NoShow || stateOf(t, db, noon.ID).State != reserve.NoShow || stateOf(t, db, next.ID).State != reserve.Active {
			t.Errorf("closed: %+v, %v", c, stateOf(t, db, never.ID).State)
		}
		if got := fmt.Sprint(events(t, db, never.ID)); got != "[booking.created booking.noshow_provisional booking.noshow]" {
			t.Errorf("the office hears %s", got)
		}
		must(t, within(t, db, func(tx *store.Tx) error { // the person had come to another counter
			_, err := reserve.RecordVisit(tx, at(never), reserve.Recording)
			return err
		}))
		if stateOf(t, db, never.ID).State != reserve.Visited {
			t.Error("who stood there was not there")
		}
		sound(t, db)
	})
}

// BK-503, case 5 of §3.7: the day was closed before the booking ever reached the
// office. Nobody is accused.
func TestBK503_Case5_TheOfficeNeverSawIt(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		punctual(t, db, 3)
		known, moved := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, "W1@2026-12-10T09:00", 2))
		seen := number(t, db)
		unseen := book(t, db, ask(3, nine, 1))
		if _, err := reserve.Change(t.Context(), db, resident, by(4, moved, 2), half, false); err != nil { // to a day that the office closes without knowing
			t.Fatal(err)
		}
		number(t, db)
		to(t, clock, "2026-12-08 18:00")
		markMissed(t, db)
		c, err := dayClosed(t, db, "2026-12-08", seen)
		if err != nil || c != (reserve.Closed{NoShow: 1, Unreconciled: 2}) {
			t.Errorf("%+v, %v", c, err)
		}
		for id, want := range map[string]reserve.State{known.ID: reserve.NoShow, unseen.ID: reserve.Unreconciled, moved.ID: reserve.Unreconciled} {
			if got := stateOf(t, db, id).State; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		if c, err := dayClosed(t, db, "2026-12-08", 1000); err != nil || c != (reserve.Closed{}) {
			t.Errorf("closed again: %+v, %v", c, err)
		}
		sound(t, db)
	})
}

// BK-503, case 6: a provisional no-show, then the office's visit.done arrives:
// visited, and the history is kept.
func TestBK503_Case6_VisitedAfterAll(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		punctual(t, db, 2)
		b, cancelled := book(t, db, ask(1, nine, 0)), book(t, db, ask(2, nine, 1))
		must(t, func() error { _, err := reserve.Cancel(t.Context(), db, resident, by(3, cancelled, 1)); return err }())
		number(t, db)
		to(t, clock, "2026-12-08 18:00")
		markMissed(t, db)
		for _, v := range []reserve.Booking{b, cancelled} { // case 4: visited beats cancelled
			for range 2 { // sent twice
				must(t, within(t, db, func(tx *store.Tx) error { _, err := reserve.RecordVisit(tx, at(v), reserve.Recording); return err }))
			}
			if now := stateOf(t, db, v.ID); now.State != reserve.Visited || now.Persons[0].DoneAt.IsZero() {
				t.Errorf("%+v", now)
			}
		}
		if c, err := dayClosed(t, db, "2026-12-08", 1000); err != nil || c != (reserve.Closed{}) {
			t.Errorf("a trace in the rate of no-shows: %+v, %v", c, err)
		}
		if got := fmt.Sprint(events(t, db, b.ID)); got != "[booking.created booking.noshow_provisional]" || taken(t, db, nine) != 2 {
			t.Errorf("history %s, %d taken", got, taken(t, db, nine))
		}
		sound(t, db)
	})
}

// BK-503, case 7: somebody comes without a booking while one for later is there:
// what was for the card alone ends, a visit with other procedures stays.
func TestBK503_Case7_WalkIn(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		punctual(t, db, 2)
		only := book(t, db, ask(1, nine, 0))
		more := ask(2, nine, 1)
		more.Guests[0].Procs = "pin receive"
		stays := book(t, db, more)
		for n := range 2 {
			must(t, within(t, db, func(tx *store.Tx) error { _, err := reserve.HandedOver(tx, tenant, link(n), 1); return err }))
		}
		if now := stateOf(t, db, only.ID); now.State != reserve.CancelledByOffice {
			t.Errorf("%+v", now)
		}
		if now := stateOf(t, db, stays.ID); now.State != reserve.Active || now.Persons[0].Procs != "pin" {
			t.Errorf("%+v", now)
		}
		if got := fmt.Sprint(events(t, db, only.ID), events(t, db, stays.ID)); got != "[booking.created booking.cancelled] [booking.created]" {
			t.Errorf("the office hears %s", got)
		}
		sound(t, db)
	})
}

// BK-503: without a day-close it is settled after three business days: final
// where reception works here, unreconciled where it works at the office.
func TestBK503_Settle(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		for i, here := range []bool{true, false} {
			day := []string{"2026-12-08", "2026-12-15"}[i] // Tuesdays
			if i == 0 {
				punctual(t, db, 2)
			}
			b := book(t, db, ask(i, "W1@"+day+"T09:00", i))
			to(t, clock, day+" 18:00")
			markMissed(t, db)
			settle := func() reserve.Closed {
				c, err := reserve.Settle(t.Context(), db, testkit.Clerk, tenant, 3, here)
				must(t, err)
				return c
			}
			to(t, clock, []string{"2026-12-11", "2026-12-18"}[i]+" 23:59") // Friday, the third
			if c := settle(); c != (reserve.Closed{}) {
				t.Errorf("too early: %+v", c)
			}
			to(t, clock, []string{"2026-12-14", "2026-12-21"}[i]+" 00:00")
			want, state := reserve.Closed{NoShow: 1}, reserve.NoShow
			if !here {
				want, state = reserve.Closed{Unreconciled: 1}, reserve.Unreconciled
			}
			if c := settle(); c != want || stateOf(t, db, b.ID).State != state {
				t.Errorf("here %v: %+v, %s", here, c, stateOf(t, db, b.ID).State)
			}
		}
		sound(t, db)
	})
}
