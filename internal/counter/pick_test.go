package counter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func (o *office) picks(since string) (numbers []string) {
	o.t.Helper()
	o.read(func(rx *store.Rx) error {
		list, err := counter.Picks(rx, tomorrow, "", since)
		for _, p := range list {
			numbers = append(numbers, p.NoticeNo+p.Problem)
		}
		return err
	})
	return numbers
}

func (o *office) fetch(day, entry string) (f counter.Fetched, err error) {
	err = o.DB.Write(o.t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		f, err = counter.Fetch(tx, o.Ring, day, entry)
		return err
	})
	return f, err
}

// UI-32: the order of the list is that of the shelf, and a booking made at 9:40
// stands in «only new since 9:30» and not on the first print.
func TestKT205_PickListInWalkingOrder(t *testing.T) {
	o := newOffice(t, 6).linked()
	o.booked("11-0001", tomorrow, 600, 0) // second box
	o.booked("11-0002", tomorrow, 630, 1) // first box
	o.booked("11-0003", tomorrow, 540, 2) // second box, behind the first card
	o.booked("11-0004", today, 600, 3)    // another day
	o.hear(placed(one(5, "pin")))         // does not collect the card
	want := []string{number(1), number(0), number(2)}
	if diff := cmp.Diff(want, o.picks("")); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	printed := store.Stamp(o.Clock.Now())
	o.Clock.Advance(10 * time.Minute)
	o.booked("11-0005", tomorrow, 600, 4)
	if got := o.picks(printed); len(got) != 1 || got[0] != number(4) {
		t.Errorf("new since the print: %v", got)
	}
	o.write(func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, o.ids[1], card.Stop, "確認中")
		return err
	})
	want = []string{number(0), number(2), number(4), number(1) + "held"}
	if diff := cmp.Diff(want, o.picks("")); diff != "" {
		t.Errorf("with a card on hold (-want +got):\n%s", diff)
	}
}

func TestKT205_ScanToPick(t *testing.T) {
	o := newOffice(t, 3).linked()
	o.booked("11-0001", tomorrow, 600, 0)
	o.booked("11-0002", tomorrow, 600, 1)
	f, err := o.fetch(tomorrow, number(0))
	if err != nil || f.Again || f.Window != "本庁 1番" || o.card(0).Custody != card.Picked {
		t.Errorf("fetched %+v, %v", f, err)
	}
	if f, err = o.fetch(tomorrow, number(0)); err != nil || !f.Again {
		t.Errorf("fetched twice: %+v, %v", f, err)
	}
	fetch := func(entry string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := counter.Fetch(tx, o.Ring, tomorrow, entry)
			return err
		}
	}
	o.refused(fault.Conflict, "counter.not_listed", fetch(number(2)))
	o.refused(fault.NotFound, "counter.unknown_code", fetch("A1B-999999"))
	o.refused(fault.Invalid, "scan.individual_number", fetch("123456789018"))
	o.write(func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, o.ids[1], card.Stop, "確認中")
		return err
	})
	o.refused(fault.Conflict, "counter.pick_held", fetch(number(1)))
}

// The cards of no-shows go back to where they lay, by scan and not before the
// day is closed.
func TestKT205_ReturnListOfNoShows(t *testing.T) {
	o := newOffice(t, 4).linked()
	o.booked("11-0001", today, 570, 0)
	gone := o.booked("11-0002", today, 570, 1)
	o.booked("11-0003", tomorrow, 600, 2)
	for i := range 3 {
		o.act(o.ids[i], card.ActPick)
	}
	o.act(o.ids[3], card.ActPick) // nobody has booked
	o.hear(event.BookingCancelled{Booking: gone.Booking, By: "resident"})
	returns := func() (got []string) {
		o.read(func(rx *store.Rx) error {
			list, err := counter.Returns(rx)
			for _, r := range list {
				got = append(got, r.NoticeNo+" "+string(r.Reason))
				if r.Place == "" || r.Position == 0 {
					t.Errorf("%s has no place to go to", r.NoticeNo)
				}
			}
			return err
		})
		return got
	}
	if diff := cmp.Diff([]string{number(1) + " cancelled", number(3) + " "}, returns()); diff != "" {
		t.Errorf("at 9:30 (-want +got):\n%s", diff)
	}
	o.Clock.Advance(8 * time.Hour)
	putBack := func(entry string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := counter.PutBack(tx, o.Ring, entry)
			return err
		}
	}
	o.refused(fault.Conflict, "counter.still_expected", putBack(number(0)))
	o.write(closeDay("A", today))
	if diff := cmp.Diff([]string{number(0) + " noshow", number(1) + " cancelled", number(3) + " "}, returns()); diff != "" {
		t.Errorf("after the close (-want +got):\n%s", diff)
	}
	o.write(putBack(number(0)))
	if c := o.card(0); c.Custody != card.Vault || c.Position != 1 || c.PlaceID != o.boxes[1].ID {
		t.Errorf("the card lies at %+v", c.State)
	}
	o.refused(fault.Conflict, "counter.not_out", putBack(number(0)))
	o.refused(fault.Conflict, "counter.still_expected", putBack(number(2)))
}
