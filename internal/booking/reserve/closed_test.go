package reserve_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// sameDay is an office with two windows that take bookings until the time itself.
func sameDay(t testing.TB, db *store.DB, members int) {
	t.Helper()
	office(t, db, tenant, 3, members)
	for _, id := range []string{"W1", "W2"} {
		last := slot.Deadline{Minute: 17 * 60}
		window(t, db, tenant, slot.Window{ID: id, Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200, Book: last, Change: last}, 3)
	}
}

// shown is what residents see of a window today and tomorrow: the state of the
// day, whether it is among the free days, and the states of its times.
func shown(t testing.TB, db *store.DB, now time.Time, window string) (version string, lines []string) {
	t.Helper()
	var b *slot.Board
	testkit.Read(t, db, func(rx *store.Rx) (err error) { b, err = slot.ReadBoard(rx, tenant, window); return err })
	q := slot.Query{From: "2026-11-24", To: "2026-11-25", Party: 1}
	free := b.FreeDays(q, now, 9)
	for _, d := range b.Days(q, now) {
		line := fmt.Sprintf("%s %s", d.Day, d.State)
		if slices.ContainsFunc(free, func(f slot.Day) bool { return f.Day == d.Day }) {
			line += " free"
		}
		states := map[slot.State]int{}
		for _, one := range b.Times(slot.Query{From: d.Day, Party: 1}, now) {
			states[one.State]++
		}
		lines = append(lines, fmt.Sprintf("%s %v", line, states))
	}
	return b.Version, lines
}

// Case 5: residents get nothing of a day that the office has closed: no list
// offers it, no wish is served from it, and what was held for them meanwhile
// cannot be made certain. The office books on; other days and windows are as before.
func TestCase05_AClosedDayIsOfferedToNobody(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const noon = "W1@2026-11-24T11:30"
		sameDay(t, db, 8)
		other := db.For(2) // another municipality, whose window of this name has closed
		office(t, other, 2, 3, 0)
		must(t, within(t, other, func(tx *store.Tx) error { _, err := reserve.DayClosed(tx, 2, "W1", "2026-11-24", 0); return err }))
		mover := book(t, db, ask(1, nine, 0))
		held, err := offer(t, db, "W1@2026-11-24T10:30", clock.Now().Add(time.Hour), 1)
		must(t, err)
		pending, _, err := bookKeyless(t, db, keyless(2, "W1@2026-11-24T11:00", 1))
		must(t, err)
		before, lines := shown(t, db, clock.Now(), "W1")
		open := []string{"2026-11-24 many free map[many:4]", "2026-11-25 many free map[many:6]"}
		if diff := cmp.Diff(open, lines); diff != "" {
			t.Fatalf("before (-want +got):\n%s", diff)
		}

		_, err = dayClosed(t, db, "2026-11-24", 0)
		must(t, err)
		after, lines := shown(t, db, clock.Now(), "W1")
		if diff := cmp.Diff([]string{"2026-11-24 past map[past:4]", open[1]}, lines); diff != "" || before == after {
			t.Errorf("after, version %q then %q (-want +got):\n%s", before, after, diff)
		}
		if _, lines = shown(t, db, clock.Now(), "W2"); !slices.Equal(open, lines) {
			t.Errorf("the other window: %v", lines)
		}

		testkit.Read(t, db, func(rx *store.Rx) error {
			if last, _, err := slot.ByID(rx, tenant, noon); err != nil || last.Free(rx.Now) != 0 || last.OfficeFree() != 1 {
				t.Errorf("seats for the waiting list and for the office: %+v, %v", last, err)
			}
			return nil
		})
		refusedBooking(t, db, ask(3, noon, 2), fault.Conflict, "slot.closed")
		party := ask(4, "W1@2026-11-24T11:00", 2, 3)
		party.Adjacent = true
		refusedBooking(t, db, party, fault.Conflict, "slot.closed")
		for _, act := range []func() error{
			func() error {
				_, err := reserve.Change(t.Context(), db, resident, by(5, mover, 0), noon, false)
				return err
			},
			func() error { _, err := offer(t, db, noon, clock.Now().Add(time.Hour), 4); return err },
			func() error { _, err := accept(t, db, by(6, held, 1)); return err },
			func() error { _, err := confirm(t, db, pending.ID); return err },
		} {
			refused(t, db, fault.Conflict, "slot.closed", act)
		}
		phone := ask(7, noon, 5)
		phone.By = reserve.By{Via: reserve.ByPhone}
		book(t, db, phone)
		a := by(8, held, 1)
		a.By = reserve.By{Via: reserve.ByPhone}
		_, err = accept(t, db, a)
		must(t, err)

		setSeats(t, db, tenant, "W2", 0)
		full, _ := shown(t, db, clock.Now(), "W2")
		must(t, within(t, db, func(tx *store.Tx) error { _, err := reserve.DayClosed(tx, tenant, "W2", "2026-11-24", 0); return err }))
		if ended, lines := shown(t, db, clock.Now(), "W2"); ended == full || lines[0] != "2026-11-24 past map[past:4]" {
			t.Errorf("a full day that is closed, version %q then %q: %v", full, ended, lines)
		}
		sound(t, db)
	})
}

// Case 5: what waits for an answer on a day that the office has closed is due at
// once and its seats are free; other days and windows keep their time.
func TestCase05_NobodyAnswersForAClosedDay(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const late, elsewhere, next = "W1@2026-11-24T11:00", "W2@2026-11-24T11:00", "W1@2026-11-25T09:00"
		sameDay(t, db, 3)
		other := db.For(2)
		office(t, other, 2, 3, 0)
		must(t, within(t, other, func(tx *store.Tx) error { _, err := reserve.DayClosed(tx, 2, "W1", "2026-11-25", 0); return err }))
		var offers []reserve.Booking
		for n, id := range []string{late, elsewhere, next} {
			b, err := offer(t, db, id, clock.Now().Add(time.Hour), n)
			must(t, err)
			offers = append(offers, b)
			_, _, err = bookKeyless(t, db, keyless(n+1, id, 1))
			must(t, err)
		}
		_, err := dayClosed(t, db, "2026-11-24", 0)
		must(t, err)
		gone, err := reserve.ExpireOffers(t.Context(), db, testkit.Clerk, tenant)
		if err != nil || len(gone) != 1 || gone[0].ID != offers[0].ID || gone[0].State != reserve.Expired {
			t.Errorf("offers: %+v, %v", gone, err)
		}
		if n, err := reserve.ExpirePending(t.Context(), db, testkit.Clerk, tenant); err != nil || n != 1 {
			t.Errorf("%d to be confirmed, %v", n, err)
		}
		if got := []int{taken(t, db, late), taken(t, db, elsewhere), taken(t, db, next)}; !slices.Equal(got, []int{0, 2, 2}) {
			t.Errorf("seats taken %v", got)
		}
		sound(t, db)
	})
}

// A day without seats any more is offered to nobody either: BK-303.
func TestBK303_ADayWithoutSeatsIsOfferedToNobody(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sameDay(t, db, 2)
		day := jpdate.Day("2026-11-25")
		must(t, within(t, db, func(tx *store.Tx) error {
			_, err := reserve.CloseIn(tx, tenant, slot.Exception{WindowID: "W1", From: day, To: day, ToMinute: 1440, Kind: slot.Closed, Reason: "台風"}, nil)
			return err
		}))
		if _, lines := shown(t, db, clock.Now(), "W1"); lines[1] != "2026-11-25 shut map[]" {
			t.Errorf("closed: %v", lines)
		}
		refusedBooking(t, db, ask(1, "W1@2026-11-25T09:00", 0), fault.Conflict, "slot.closed")
		setSeats(t, db, tenant, "W1", 0)
		if _, lines := shown(t, db, clock.Now(), "W1"); lines[0] != "2026-11-24 full map[full:4]" {
			t.Errorf("no seats for the web: %v", lines)
		}
		refusedBooking(t, db, ask(2, "W1@2026-11-24T11:30", 0), fault.Conflict, "slot.full")
	})
}
