package counter_test

import (
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

func TestKT502_EveryEntryLeadsToTheSameBooking(t *testing.T) {
	o := newOffice(t, 3).linked()
	e := o.booked("11-0042", today, 10*60, 1)
	for _, entry := range []string{
		"11-0042", "110042", "１１－００４２", o.code(1), "https://yoyaku.example.jp/c/" + o.code(1), number(1), "a1b000002", scancode.CardTag(o.ids[1]), "00000000000000000000002",
	} {
		o.read(func(rx *store.Rx) error {
			f, err := counter.Find(rx, o.Ring, entry)
			if err != nil || f.Booking.ID != e.Booking {
				t.Errorf("%s leads to %q, %v", entry, f.Booking.ID, err)
			}
			return nil
		})
	}
	for entry, code := range map[string]string{"11-0043": "counter.unknown_number", "A1B-000009": "counter.unknown_code", "4242": "counter.unknown_code"} {
		o.refused(fault.NotFound, code, func(tx *store.Tx) error {
			_, err := counter.Arrive(tx, o.Ring, counter.Visit{WindowID: "A", Entry: entry})
			return err
		})
	}
	o.refused(fault.Invalid, "scan.individual_number", func(tx *store.Tx) error {
		_, err := counter.Arrive(tx, o.Ring, counter.Visit{WindowID: "A", Entry: "123456789018"})
		return err
	})
}

func TestKT502_PartyComesTogetherOrSingly(t *testing.T) {
	o := newOffice(t, 3).linked()
	e := o.booked("11-0001", today, 10*60, 0, 1, 2)
	if a := o.arrive(o.code(2)); !a.Done || a.OtherDay || a.OtherWindow {
		t.Errorf("arrival %+v", a)
	}
	o.wantStates(e.Booking, counter.Arrived, counter.Arrived, counter.Arrived)
	o.do(e.Booking, counter.ActUndo, 3)
	o.do(e.Booking, counter.ActFinish, 1)
	o.do(e.Booking, counter.ActAgain, 2)
	o.wantStates(e.Booking, counter.Visited, counter.Again, counter.Active)
	if a := o.arrive("11-0001"); !a.Done {
		t.Errorf("the rest of the party: %+v", a)
	}
	o.wantStates(e.Booking, counter.Visited, counter.Arrived, counter.Arrived)
	if a := o.arrive("11-0001"); a.Done || !a.Again {
		t.Errorf("the second scan: %+v", a)
	}
	o.refused(fault.Conflict, "counter.state", func(tx *store.Tx) error {
		_, err := counter.Do(tx, e.Booking, counter.ActAgain, []int{1})
		return err
	})
	want := []string{
		"visit.arrived 1", "visit.arrived 2", "visit.arrived 3", "visit.undo 3", "visit.done 1", "visit.again 2", "visit.arrived 2", "visit.arrived 3",
	}
	o.wantTold(e.Booking, want...)
}

func TestKT502_OtherDayAndWindowWarnFirst(t *testing.T) {
	o := newOffice(t, 2).linked()
	e := o.booked("11-0001", tomorrow, 10*60, 0)
	if a := o.arrive("11-0001"); a.Done || !a.OtherDay {
		t.Errorf("a booking of tomorrow: %+v", a)
	}
	if told := o.told(); len(told) > 0 {
		t.Errorf("a warning was told: %s", told)
	}
	o.write(func(tx *store.Tx) error {
		a, err := counter.Arrive(tx, o.Ring, counter.Visit{WindowID: "B", Entry: "11-0001", Here: true})
		if !a.Done {
			t.Errorf("received here: %+v", a)
		}
		return err
	})
	o.read(func(rx *store.Rx) error {
		list, err := counter.OnDay(rx, "B", today)
		if len(list) != 1 || list[0].ID != e.Booking {
			t.Errorf("today's list of the other window: %+v", list)
		}
		return err
	})
	o.do(e.Booking, counter.ActUndo)
	if b := o.booking(e.Booking); b.Here != "" || b.HereOn != "" || b.State() != counter.Active {
		t.Errorf("taken back: %+v", b)
	}
}

// Case 4: whoever comes was there, also after the booking was cancelled.
func TestKT502_CancelledBookingAndThePersonComes(t *testing.T) {
	o := newOffice(t, 1).linked()
	e := o.booked("11-0001", today, 10*60, 0)
	o.hear(event.BookingCancelled{Booking: e.Booking, By: "resident"})
	if a := o.arrive(o.code(0)); !a.None {
		t.Errorf("a code without a booking: %+v", a)
	}
	if a := o.arrive("11-0001"); !a.Done {
		t.Errorf("the number of the cancelled booking: %+v", a)
	}
	o.wantStates(e.Booking, counter.Arrived)
	o.hear(event.BookingCancelled{Booking: e.Booking, By: "office"}) // late news of a mistake there
	o.wantStates(e.Booking, counter.Arrived)
}

func TestKT501_WalkInIsReceivedOnce(t *testing.T) {
	o := newOffice(t, 1)
	if a := o.arrive(number(0)); !a.None || a.Card.ID != o.ids[0] {
		t.Errorf("a card without a booking: %+v", a)
	}
	var visit string
	walkIn := func(tx *store.Tx) error {
		b, err := counter.WalkIn(tx, "A", o.ids[0], "receive")
		visit = b.ID
		if err == nil && (b.No != "W24-001" || b.State() != counter.Arrived) {
			t.Errorf("visit %+v", b)
		}
		return err
	}
	o.write(walkIn)
	first := visit
	o.refused(fault.Conflict, "counter.here_already", walkIn)
	o.do(first, counter.ActFinish)
	o.write(func(tx *store.Tx) error {
		b, err := counter.WalkIn(tx, "A", 0, "pin", "renew")
		if b.No != "W24-002" || b.Persons[0].Procs != "pin renew" {
			t.Errorf("second visit %+v", b)
		}
		return err
	})
	o.refused(fault.Invalid, "counter.no_procedure", func(tx *store.Tx) error {
		_, err := counter.WalkIn(tx, "A", 0)
		return err
	})
	if told := o.told(); len(told) > 0 {
		t.Errorf("the booking service hears of somebody it does not know: %s", told)
	}
	o.Clock.Advance(24 * time.Hour)
	o.write(func(tx *store.Tx) error {
		b, err := counter.WalkIn(tx, "A", 0, "pin")
		if b.No != "W25-001" {
			t.Errorf("the numbers do not begin anew: %s", b.No)
		}
		return err
	})
}

func TestKT502_VisitOfSomebodyWithSeveralProcedures(t *testing.T) {
	o := newOffice(t, 1).linked()
	e := event.BookingCreated{
		Booking: "01JD0000000000000000000001", No: "11-0001", Window: "A", Start: start(today, 600), Min: 30, Party: 1, Units: 1, Seat: "web", Via: "web",
		Members: []event.Member{{Link: pseudonym(0), Gen: 1, Svc: []string{"pin", "receive"}}},
	}
	o.hear(e)
	o.arrive(o.code(0))
	o.handOver(0)
	o.wantStates(e.Booking, counter.Arrived)
	o.do(e.Booking, counter.ActFinish)
	o.wantStates(e.Booking, counter.Visited)
	o.wantTold(e.Booking, "visit.arrived 1", "visit.done 1")
	if c := o.card(0); c.Procedure != card.HandedOver {
		t.Errorf("the card is %s", c.Procedure)
	}
}
