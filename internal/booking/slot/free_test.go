package slot_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-214: capacity 10 opens 3, 7, 10 seats on the set days, the guard refuses
// the 4th before the second step, and the job may run twice without effect.
func TestBK214_StaggeredRelease(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := terms()
		w.Release = []slot.Step{{DaysBefore: 3, Percent: 100}, {DaysBefore: 31, Percent: 30}, {DaysBefore: 14, Percent: 70}}
		office(t, db, w, weekdays(10))
		id := "W1@2026-12-22T09:00" // a Tuesday, 28 days ahead
		if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 3}); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 1}), fault.Conflict, "slot.full")
		day := func() slot.Day {
			return board(t, db).Days(slot.Query{From: "2026-12-22", To: "2026-12-22", Party: 4}, clock.Now())[0]
		}
		if d := day(); d.State != slot.Later || d.OpensOn != "2026-12-08" {
			t.Errorf("not yet released seats show as %+v", d)
		}
		for _, step := range []struct {
			on   string
			open int
		}{{"2026-12-07", 3}, {"2026-12-08", 7}, {"2026-12-18", 7}, {"2026-12-19", 10}, {"2026-12-19", 10}} {
			at, err := time.ParseInLocation(time.DateOnly, step.on, store.Tokyo)
			if err != nil {
				t.Fatal(err)
			}
			clock.Advance(at.Sub(clock.Now()))
			if _, err := slot.Generate(t.Context(), db, testkit.Clerk, tenant); err != nil {
				t.Fatal(err)
			}
			if s := find(t, db, id); s.WebOpen != step.open || s.WebTaken != 3 {
				t.Errorf("%s: %d open, %d taken, want %d open", step.on, s.WebOpen, s.WebTaken, step.open)
			}
		}
		if d := day(); d.State != slot.Many {
			t.Errorf("released: %+v", d)
		}
	})
}

func TestBoard_DaysAndTimes(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		fill := func(day jpdate.Day, minutes ...int) {
			for _, m := range minutes {
				id := fmt.Sprintf("W1@%sT%02d:%02d", day, m/60, m%60)
				if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 2}); err != nil {
					t.Fatal(err)
				}
			}
		}
		fill("2026-12-08", 540, 570, 600, 630, 660, 690)
		fill("2026-12-09", 540, 570, 600, 630, 660)
		var states []string
		q := slot.Query{From: "2026-11-23", To: "2026-12-28", Party: 1}
		for _, d := range board(t, db).Days(q, testkit.Now) {
			states = append(states, fmt.Sprintf("%s %s %s%s", d.Day[5:], d.State, d.OpensOn, d.Reason))
		}
		picked := []string{states[0], states[1], states[2], states[5], states[15], states[16], states[17], states[35]}
		want := []string{
			"11-23 shut 勤労感謝の日", "11-24 past ", "11-25 many ", "11-28 shut ", "12-08 full ", "12-09 few ", "12-10 many ", "12-28 later 2026-11-27",
		}
		if diff := cmp.Diff(want, picked); diff != "" {
			t.Errorf("days (-want +got):\n%s", diff)
		}
		free := board(t, db).FreeDays(slot.Query{From: "2026-12-05", To: "2026-12-31", Party: 2}, testkit.Now, 3)
		if len(free) != 3 || free[0].Day != "2026-12-07" || free[1].Day != "2026-12-09" || free[2].Day != "2026-12-10" {
			t.Errorf("free days %+v", free)
		}
		var list []string
		for _, one := range board(t, db).Times(slot.Query{From: "2026-12-09", Party: 1}, testkit.Now) {
			list = append(list, one.Starts.In(store.Tokyo).Format("15:04 ")+string(one.State))
		}
		if diff := cmp.Diff([]string{"09:00 full", "09:30 full", "10:00 full", "10:30 full", "11:00 full", "11:30 many"}, list); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
		if rest := board(t, db).Days(slot.Query{From: "2026-12-09", To: "2026-12-09", Party: 3}, testkit.Now); rest[0].State != slot.Full {
			t.Errorf("three people: %+v", rest)
		}
	})
}

// BK-302: slots limited to some procedures take no others.
func TestBK302_LimitedToProcedures(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		list := weekdays(2)
		for i := range list {
			list[i].Procs = "pin renew"
		}
		office(t, db, terms(), list)
		want := slot.Want{SlotID: "W1@2026-12-08T09:00", Side: slot.Web, Seats: 1, Procs: "receive"}
		testkit.WantFault(t, take(t, db, want), fault.Conflict, "slot.procedure")
		want.Procs = "pin"
		if err := take(t, db, want); err != nil {
			t.Error(err)
		}
		q := slot.Query{From: "2026-12-08", To: "2026-12-08", Procs: "receive"}
		if d := board(t, db).Days(q, testkit.Now)[0]; d.State != slot.Shut {
			t.Errorf("no slot takes 受取, but %+v", d)
		}
	})
}

func TestCache_ReadsAnewAfterTwoSeconds(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(1))
		cache := slot.NewCache(db)
		state := func() slot.State {
			t.Helper()
			b, err := cache.Board(t.Context(), tenant, "W1", clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return b.Times(slot.Query{From: "2026-12-08"}, clock.Now())[0].State
		}
		if got := state(); got != slot.Many {
			t.Fatal(got)
		}
		if err := take(t, db, slot.Want{SlotID: "W1@2026-12-08T09:00", Side: slot.Web, Seats: 1}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(1999 * time.Millisecond)
		if got := state(); got != slot.Many {
			t.Errorf("before two seconds: %s", got)
		}
		clock.Advance(time.Millisecond)
		if got := state(); got != slot.Full {
			t.Errorf("after two seconds: %s", got)
		}
		_, err := cache.Board(t.Context(), tenant, "W9", clock.Now())
		testkit.WantFault(t, err, fault.NotFound, "slot.window_unknown")
	})
}

// However many ask for a window first, as after a start in a rush, its board is read
// once; names that somebody made up leave nothing behind.
func TestCache_FirstReadOnce(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(1))
		cache := slot.NewCache(db)
		boards := make([]*slot.Board, 30)
		var all sync.WaitGroup
		for i := range boards {
			all.Go(func() {
				var err error
				if boards[i], err = cache.Board(t.Context(), tenant, "W1", clock.Now()); err != nil {
					t.Error(err)
				}
				_, err = cache.Board(t.Context(), tenant, fmt.Sprintf("X%d", i%3), clock.Now())
				testkit.WantFault(t, err, fault.NotFound, "slot.window_unknown")
			})
		}
		all.Wait()
		for _, b := range boards {
			if b != boards[0] {
				t.Fatal("read more than once")
			}
		}
		if cache.Kept() != 1 {
			t.Errorf("%d windows are kept", cache.Kept())
		}
	})
}

// While the board is being read anew nobody waits for it, but after five seconds
// everybody does.
func TestCache_NobodyWaitsForTheReader(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(1))
		cache := slot.NewCache(db)
		made := func() time.Time {
			t.Helper()
			b, err := cache.Board(t.Context(), tenant, "W1", clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return b.Made
		}
		first := made()
		end := cache.Reading(tenant, "W1")
		clock.Advance(4999 * time.Millisecond)
		if got := made(); !got.Equal(first) {
			t.Errorf("while it is being read: made at %s", got)
		}
		clock.Advance(time.Millisecond)
		waited := make(chan time.Time)
		go func() {
			b, err := cache.Board(t.Context(), tenant, "W1", clock.Now())
			if err != nil {
				t.Error(err)
				b = &slot.Board{}
			}
			waited <- b.Made
		}()
		select {
		case got := <-waited:
			t.Errorf("nobody waits for the board of %s", got)
		case <-time.After(50 * time.Millisecond):
			end()
			if got := <-waited; !got.Equal(clock.Now()) {
				t.Errorf("after five seconds: made at %s", got)
			}
		}
	})
}

func TestTenantByID(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), nil)
		testkit.Read(t, db, func(rx *store.Rx) error {
			got, found, err := slot.TenantByID(rx, tenant)
			if !found || got.ID != tenant || !got.Takes(0) || !got.Takes(1439) {
				t.Errorf("%+v, %v", got, found)
			}
			if _, found, err := slot.TenantByID(rx, tenant+1); found || err != nil {
				t.Errorf("another one: %v", err)
			}
			return err
		})
	})
}
