package counter_test

import (
	"testing"
	"time"

	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// late reports whether the first person of a booking counts as missed now.
func (o *office) late(bk string) (late bool) {
	o.t.Helper()
	b := o.booking(bk)
	o.read(func(rx *store.Rx) error {
		w, err := counter.WindowByID(rx, b.WindowID)
		late = w.Late(b, b.Persons[0], rx.Now)
		return err
	})
	return late
}

func closeDay(window, day string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := counter.CloseDay(tx, window, day)
		return err
	}
}

// Late is who has not come by the end of the slot and five minutes more.
func TestKT505_NoShowIsProvisional(t *testing.T) {
	o := newOffice(t, 2).linked()
	e := o.booked("11-0001", today, 10*60, 0)
	f := o.booked("11-0002", today, 10*60+30, 1)
	o.Clock.Advance(65*time.Minute - time.Millisecond) // 10:35 less a moment
	if o.late(e.Booking) {
		t.Error("late a moment before")
	}
	o.Clock.Advance(time.Millisecond)
	if !o.late(e.Booking) || o.late(f.Booking) {
		t.Error("late are not those whose slot is over")
	}
	o.hear(event.BookingMissed{Booking: f.Booking}) // the clock there is ahead
	o.wantStates(f.Booking, counter.Missed)
	if a := o.arrive(o.code(0)); !a.Done {
		t.Errorf("who comes late: %+v", a)
	}
	o.wantStates(e.Booking, counter.Arrived)
	if o.late(e.Booking) {
		t.Error("somebody who is here is late")
	}
}

func TestKT505_CloseOfTheDay(t *testing.T) {
	o := newOffice(t, 5).linked()
	came := o.booked("11-0001", today, 10*60, 0)
	late := o.booked("11-0002", today, 10*60, 1)
	coming := o.booked("11-0003", today, 11*60+30, 2)
	next := o.booked("11-0004", tomorrow, 10*60, 3)
	var own counter.Booking
	o.write(func(tx *store.Tx) (err error) {
		n := o.want("A", 0, 4)
		n.Starts = at(today, 10*60)
		own, err = counter.Book(tx, n)
		return err
	})
	o.arrive("11-0001")
	o.Clock.Advance(90 * time.Minute) // 11:00
	o.refused(fault.Conflict, "counter.still_here", closeDay("A", today))
	o.do(came.Booking, counter.ActFinish)
	o.refused(fault.Conflict, "counter.day_not_over", closeDay("A", today))
	o.refused(fault.Invalid, "counter.bad_day", closeDay("A", tomorrow))
	o.refused(fault.NotFound, "counter.unknown_window", closeDay("C", today))
	o.Clock.Advance(6 * time.Hour)
	o.write(func(tx *store.Tx) error {
		c, err := counter.CloseDay(tx, "A", today)
		if c.Came != 1 || c.NoShow != 3 {
			t.Errorf("closed %+v", c)
		}
		return err
	})
	o.wantStates(came.Booking, counter.Visited)
	o.wantStates(late.Booking, counter.Active) // until the booking service says so
	o.hear(event.BookingNoShow{Booking: late.Booking})
	o.hear(event.BookingNoShow{Booking: coming.Booking})
	o.wantStates(late.Booking, counter.NoShow)
	o.wantStates(own.ID, counter.NoShow)
	o.wantStates(next.Booking, counter.Active)
	told := o.told()
	if want := `day.closed {"window":"A","date":"2026-11-24","seen":0}`; told[len(told)-1] != want {
		t.Errorf("told %s", told)
	}
	o.refused(fault.Conflict, "counter.day_closed", closeDay("A", today))
	// Somebody comes after all.
	o.arrive("11-0002")
	o.wantStates(late.Booking, counter.Arrived)
}

func TestOpenDays_WaitForTheirClose(t *testing.T) {
	o := newOffice(t, 2).linked()
	o.booked("11-0001", today, 10*60, 0)
	o.booked("11-0002", tomorrow, 10*60, 1)
	o.Clock.Advance(24 * time.Hour)
	open := func() (days []string) {
		o.read(func(rx *store.Rx) (err error) {
			days, err = counter.OpenDays(rx, "A")
			return err
		})
		return days
	}
	if days := open(); len(days) != 1 || days[0] != today {
		t.Errorf("open days %v", days)
	}
	o.write(closeDay("A", today))
	if days := open(); len(days) != 0 {
		t.Errorf("open days %v", days)
	}
}
