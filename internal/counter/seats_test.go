package counter_test

import (
	"strings"
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

func book(n counter.New) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := counter.Book(tx, n)
		return err
	}
}

func (o *office) want(window string, minute int, cards ...int) counter.New {
	n := counter.New{WindowID: window, Starts: at(tomorrow, minute), Via: counter.ByPhone}
	for _, i := range cards {
		n.Guests = append(n.Guests, counter.Guest{CardID: o.ids[i], Procs: []string{"receive"}})
	}
	return n
}

func TestBook_OfficeSeatsAreGivenOnce(t *testing.T) {
	o := newOffice(t, 4).linked()
	var b counter.Booking
	o.write(func(tx *store.Tx) (err error) {
		b, err = counter.Book(tx, o.want("A", 600, 0, 1))
		return err
	})
	if b.No != "11-90001" || len(b.Persons) != 2 {
		t.Errorf("booking %+v", b)
	}
	want := `booking.office {"bk":"` + b.ID + `","no":"11-90001","members":[{"link":"` + pseudonym(0) + `","gen":1,"svc":["receive"],"units":1},{"link":"` +
		pseudonym(1) + `","gen":1,"svc":["receive"],"units":1}],"window":"A","start":"2026-11-25T10:00:00+09:00","min":30,"party":2,"units":2,"via":"phone"}`
	if told := o.told(); len(told) != 1 || told[0] != want {
		t.Errorf("told\n%s\nwant\n%s", told, want)
	}
	o.refused(fault.Conflict, "counter.full", book(o.want("A", 600, 2)))
	o.write(book(o.want("A", 630, 2)))
}

func TestBook_Refusals(t *testing.T) {
	o := newOffice(t, 3).linked()
	o.write(book(o.want("A", 600, 0)))
	o.write(func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, o.ids[1], card.Stop, "確認中")
		return err
	})
	o.hear(event.ConfigCapacity{Window: "A", Date: today, Slots: []event.SlotSeats{{Start: start(today, 720), Min: 30, Web: 1, Office: 1, Procs: []string{"pin"}}}})
	twice := o.want("A", 630, 2, 2)
	nobody := o.want("A", 630)
	web := o.want("A", 630, 2)
	web.Via = "web"
	past := o.want("A", 630, 2)
	past.Starts = at(today, 540)
	limited := o.want("A", 630, 2)
	limited.Starts = at(today, 720)
	nothing := o.want("A", 630, 2)
	nothing.Guests[0].Procs = nil
	for name, c := range map[string]struct {
		n    counter.New
		kind fault.Kind
		code string
	}{
		"booked already":           {o.want("A", 660, 0), fault.Conflict, "counter.booked_already"},
		"card on hold":             {o.want("A", 660, 1), fault.Conflict, "counter.not_ready"},
		"seats of the other side":  {o.want("B", 660, 2), fault.Conflict, "counter.seats_elsewhere"},
		"no such slot":             {o.want("A", 605, 2), fault.Conflict, "counter.no_slot"},
		"slot that has begun":      {past, fault.Conflict, "counter.no_slot"},
		"slot for something else":  {limited, fault.Conflict, "counter.slot_procedure"},
		"no such window":           {o.want("C", 660, 2), fault.NotFound, "counter.unknown_window"},
		"the same person twice":    {twice, fault.Invalid, "counter.bad_request"},
		"nobody":                   {nobody, fault.Invalid, "counter.no_guest"},
		"not a way of the office":  {web, fault.Invalid, "counter.bad_request"},
		"nothing to do":            {nothing, fault.Invalid, "counter.no_procedure"},
		"one of two booked before": {o.want("A", 660, 2, 0), fault.Conflict, "counter.booked_already"},
	} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			o.refused(c.kind, c.code, book(c.n))
		})
	}
}

// PR-09: who has no code is not told, and neither is that somebody is missing.
func TestBook_PersonWithoutCodeIsNotTold(t *testing.T) {
	o := newOffice(t, 2)
	o.link(1) // only the second has a code
	o.write(book(o.want("A", 600, 0, 1)))
	told := o.told()
	if len(told) != 1 || strings.Contains(told[0], pseudonym(0)) || !strings.Contains(told[0], `"party":1,"units":1`) {
		t.Errorf("told %s", told)
	}
	if bk := told[0][len(`booking.office {"bk":"`):][:26]; len(told) == 1 {
		o.do(bk, counter.ActArrive, 1)
		if len(o.told()) != 1 {
			t.Errorf("told of an arrival without a code: %s", o.told())
		}
	}
	o.read(func(rx *store.Rx) error {
		slots, err := counter.Slots(rx, "A", tomorrow)
		if slots[2].OfficeTaken != 2 {
			t.Errorf("the seats of both are taken: %+v", slots[2])
		}
		return err
	})
}

func TestMoveAndLeave_SeatsAreCountedRight(t *testing.T) {
	o := newOffice(t, 3).linked()
	var b counter.Booking
	o.write(func(tx *store.Tx) (err error) {
		b, err = counter.Book(tx, o.want("A", 600, 0, 1))
		return err
	})
	o.write(book(o.want("A", 630, 2)))
	move := func(minute int) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := counter.Move(tx, b.ID, "A", at(tomorrow, minute))
			return err
		}
	}
	o.refused(fault.Conflict, "counter.full", move(630))
	o.write(move(660))
	o.write(move(660)) // again: it holds its own seats
	o.wantTaken(0, 0, 0, 1, 2, 0)
	o.do(b.ID, counter.ActLeave, 1)
	o.wantTaken(0, 0, 0, 1, 1, 0)
	o.do(b.ID, counter.ActLeave)
	o.wantTaken(0, 0, 0, 1, 0, 0)
	o.wantTold(b.ID, "booking.office 1 2", "booking.office 1 2", "booking.office 1 2", "booking.left 1", "booking.cancelled")
	o.refused(fault.Conflict, "counter.state", move(690))
	e := o.booked("11-0001", tomorrow, 600, 0)
	o.refused(fault.Conflict, "counter.not_ours", func(tx *store.Tx) error {
		_, err := counter.Do(tx, e.Booking, counter.ActLeave, nil)
		return err
	})
	o.refused(fault.Conflict, "counter.not_ours", func(tx *store.Tx) error {
		_, err := counter.Move(tx, e.Booking, "A", at(tomorrow, 660))
		return err
	})
}

func (o *office) wantTaken(want ...int) {
	o.t.Helper()
	o.read(func(rx *store.Rx) error {
		slots, err := counter.Slots(rx, "A", tomorrow)
		for i, s := range slots {
			if s.OfficeTaken != want[i] {
				o.t.Errorf("seats taken at %s: %d, want %d", s.Starts, s.OfficeTaken, want[i])
			}
		}
		return err
	})
}

func TestDays_CountWhatIsLeft(t *testing.T) {
	o := newOffice(t, 1).linked()
	o.write(book(o.want("A", 600, 0)))
	o.Clock.Advance(time.Hour) // 10:30: three slots are still to come
	o.read(func(rx *store.Rx) error {
		days, err := counter.Days(rx, "A", 10)
		if len(days) != 2 || days[0].Free != 4 || days[1].Free != 11 {
			t.Errorf("days %+v", days)
		}
		return err
	})
}
