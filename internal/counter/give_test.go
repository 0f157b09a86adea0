package counter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/visit"
)

func (o *office) card(i int) (c card.Card) {
	o.t.Helper()
	o.read(func(rx *store.Rx) (err error) {
		c, err = card.ByID(rx, o.ids[i])
		return err
	})
	return c
}

// handOver leads a card from the vault to its holder.
func (o *office) handOver(i int) (eventID int64) {
	o.t.Helper()
	o.act(o.ids[i], card.ActPick, card.ActToCounter)
	o.write(func(tx *store.Tx) error {
		r, err := counter.Give(tx, o.Ring, o.ids[i], form(i))
		eventID = r.EventID
		return err
	})
	return eventID
}

func form(i int) visit.HandOver {
	return visit.HandOver{
		CardScan: number(i), NoticeScan: number(i), Receiver: visit.Self, Documents: []string{"holder_driver"}, PINMethod: "holder",
		OldCards: map[string]string{"notification": "collected", "juki": "none", "previous": "none", "residence": "none"},
	}
}

// wantTold compares what was told of a booking, as kind and ordinal of the
// person.
func (o *office) wantTold(bk string, want ...string) {
	o.t.Helper()
	var got []string
	for _, line := range o.told() {
		kind, body, _ := strings.Cut(line, " ")
		if !strings.Contains(body, bk) {
			continue
		}
		for _, p := range o.booking(bk).Persons {
			if strings.Contains(body, p.Link) {
				kind += fmt.Sprintf(" %d", p.Ord)
			}
		}
		got = append(got, kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		o.t.Errorf("what was told of the booking (-want +got):\n%s", diff)
	}
}

func TestKT502_HandOverFinishesTheVisit(t *testing.T) {
	o := newOffice(t, 2).linked()
	e := o.booked("11-0001", today, 10*60, 0, 1)
	o.arrive("11-0001")
	o.handOver(0)
	o.wantStates(e.Booking, counter.Visited, counter.Arrived)
	o.wantTold(e.Booking, "visit.arrived 1", "visit.arrived 2", "visit.done 1")
	o.refused(fault.Conflict, "counter.given", func(tx *store.Tx) error {
		_, err := counter.Do(tx, e.Booking, counter.ActUndo, []int{1})
		return err
	})
}

func TestKT502_HandOverWithoutReceptionCountsAsVisit(t *testing.T) {
	o := newOffice(t, 2).linked()
	e := o.booked("11-0001", today, 10*60, 0)
	o.handOver(0)
	o.wantStates(e.Booking, counter.Visited)
	o.wantTold(e.Booking, "visit.done 1")
	before := len(o.told())
	o.handOver(1) // nobody has booked
	if len(o.told()) != before {
		t.Errorf("told of a visit without a booking: %s", o.told())
	}
}

func TestKT502_UndoneHandOverBringsThePersonBack(t *testing.T) {
	o := newOffice(t, 1).linked()
	e := o.booked("11-0001", today, 10*60, 0)
	o.arrive("11-0001")
	id := o.handOver(0)
	testkit.Write(t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		ev, err := card.EventByID(tx.Rx, id)
		if err != nil {
			return err
		}
		_, err = counter.UndoGive(tx, ev, card.Undoing{Any: true, Reason: "人違い"})
		return err
	})
	o.wantStates(e.Booking, counter.Arrived)
	o.wantTold(e.Booking, "visit.arrived 1", "visit.done 1", "visit.undo 1")
	o.do(e.Booking, counter.ActUndo)
	o.wantStates(e.Booking, counter.Active)
}

// Case 7: a walk-in collects the card; what was booked to collect it is over, and
// a booking for more stays.
func TestKT505_WalkInEndsLaterBookings(t *testing.T) {
	o := newOffice(t, 2).linked()
	web := o.booked("11-0001", tomorrow, 10*60, 0)
	var own counter.Booking
	o.write(func(tx *store.Tx) (err error) {
		own, err = counter.Book(tx, counter.New{
			WindowID: "A", Starts: at(tomorrow, 11*60), Via: counter.ByPhone, Guests: []counter.Guest{{CardID: o.ids[1], Procs: []string{"receive", "pin"}}},
		})
		return err
	})
	o.handOver(0)
	o.handOver(1)
	o.setLink(0, 1, agree.Closed)
	o.setLink(1, 1, agree.Closed)
	o.rejudge()
	o.wantStates(web.Booking, counter.CancelledByOffice)
	o.wantStates(own.ID, counter.Active)
	if p := o.booking(own.ID).Persons[0]; p.Procs != "pin" {
		t.Errorf("what stands of the booking is %q", p.Procs)
	}
}

// What was booked of our own seats ends at once, and the seat is free.
func TestKT505_WalkInEndsLaterBookingOfTheOffice(t *testing.T) {
	o := newOffice(t, 1).linked()
	own := o.phoned(0)
	o.handOver(0)
	o.wantStates(own.ID, counter.CancelledByOffice)
	o.wantTold(own.ID, "booking.office 1", "booking.cancelled")
	o.wantTaken(0, 0, 0, 0, 0, 0)
}

func TestKT504_RefusedHandOverLeavesTheVisit(t *testing.T) {
	o := newOffice(t, 2).linked()
	o.booked("11-0001", today, 10*60, 0)
	o.arrive("11-0001")
	o.act(o.ids[0], card.ActPick, card.ActToCounter)
	o.refused(fault.Conflict, "visit.wrong_card", func(tx *store.Tx) error {
		h := form(0)
		h.CardScan = number(1)
		_, err := counter.Give(tx, o.Ring, o.ids[0], h)
		return err
	})
}
