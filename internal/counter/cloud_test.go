package counter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const bk = "01JD0000000000000000000001"

// placed is a booking of the web for tomorrow at 10 with the members.
func placed(members ...event.Member) event.BookingCreated {
	return event.BookingCreated{
		Booking: bk, No: "11-0001", Window: "A", Start: start(tomorrow, 600), Min: 30, Party: len(members), Units: len(members), Seat: "web", Via: "web", Members: members,
	}
}

func one(i int, svc ...string) event.Member {
	if len(svc) == 0 {
		svc = []string{"receive"}
	}
	return event.Member{Link: pseudonym(i), Gen: 1, Svc: svc}
}

// What cannot be kept is refused, and the refusal is told; the others of a party
// keep their visit.
func TestHear_Judgement(t *testing.T) {
	for name, c := range map[string]struct {
		set     func(*office)
		member  event.Member
		want    *counter.Finding
		refused bool            // without a finding
		state   []counter.State // of both persons
	}{
		"accepted": {member: one(0), state: []counter.State{counter.Active, counter.Active}},
		"Case01 withdrawn": {
			set: func(o *office) { o.setLink(0, 1, agree.Withdrawn) }, member: one(0),
			want: &counter.Finding{Case: agree.CaseWithdrawn, Refused: event.Withdrawn}, state: []counter.State{counter.CancelledByOffice, counter.Active},
		},
		"Case01 stopped: a clerk decides": {
			set: func(o *office) { o.setLink(0, 1, agree.Held) }, member: one(0),
			want: &counter.Finding{Case: agree.CaseWithdrawn, Ask: true}, state: []counter.State{counter.Active, counter.Active},
		},
		"Case02 card made anew": {
			set: func(o *office) { o.setLink(0, 2, agree.Ready) }, member: one(0),
			want: &counter.Finding{Case: agree.CaseOlderCard, Refused: event.Superseded}, state: []counter.State{counter.CancelledByOffice, counter.Active},
		},
		"Case03 booked by phone": {
			set: func(o *office) { o.phoned(0) }, member: one(0),
			want: &counter.Finding{Case: agree.CaseTwice, Refused: event.OfficeWins}, state: []counter.State{counter.CancelledByOffice, counter.Active},
		},
		"Case07 handed over": {
			set: func(o *office) { o.setLink(0, 1, agree.Closed) }, member: one(0),
			refused: true, state: []counter.State{counter.CancelledByOffice, counter.Active},
		},
		"Case12 unknown": {
			member: event.Member{Link: "ffffffffffffffff", Gen: 1, Svc: []string{"receive"}},
			want:   &counter.Finding{Case: agree.CaseUnknown, Link: "ffffffffffffffff", Held: true}, state: []counter.State{counter.Active, counter.Active},
		},
		"without a code": {
			member: event.Member{Link: "ffffffffffffffff", Gen: 1, Svc: []string{"pin"}, NoCode: true}, state: []counter.State{counter.Active, counter.Active},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, 2).linked()
			if c.set != nil {
				c.set(o)
			}
			told := len(o.told())
			e := placed(c.member, one(1))
			found := o.hear(e)
			want := []counter.Finding(nil)
			if c.want != nil {
				f := *c.want
				f.Booking = bk
				if f.Link == "" {
					f.Link = pseudonym(0)
				}
				if len(found) == 1 {
					f.Other = found[0].Other
				}
				want = []counter.Finding{f}
			}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			o.wantStates(bk, c.state...)
			refusals := o.told()[told:]
			if got := len(refusals) == 1; got != (c.refused || c.want != nil && c.want.Refused != "") {
				t.Errorf("told %s", refusals)
			}
			before := testkit.Dump(t, o.DB)
			for range 2 {
				o.rejudge()
			}
			if diff := cmp.Diff(before, testkit.Dump(t, o.DB)); diff != "" {
				t.Errorf("judging again changed something (-want +got):\n%s", diff)
			}
		})
	}
}

func (o *office) rejudge(links ...string) (found []counter.Finding) {
	o.t.Helper()
	o.write(func(tx *store.Tx) (err error) {
		found, err = counter.Rejudge(tx, links...)
		return err
	})
	return found
}

// phoned books office seats for a card.
func (o *office) phoned(i int) (b counter.Booking) {
	o.t.Helper()
	o.write(func(tx *store.Tx) (err error) {
		b, err = counter.Book(tx, counter.New{
			WindowID: "A", Starts: at(tomorrow, 11*60), Via: counter.ByPhone, Guests: []counter.Guest{{CardID: o.ids[i], Procs: []string{"receive"}}},
		})
		return err
	})
	return b
}

// Case 12: nobody is expected with an unknown code, until it becomes known.
func TestHear_Case12_Quarantine(t *testing.T) {
	o := newOffice(t, 1)
	found := o.hear(placed(one(0)))
	if len(found) != 1 || !found[0].Held || !o.booking(bk).Persons[0].Held {
		t.Fatalf("findings %+v", found)
	}
	if list := o.picks(""); len(list) != 0 {
		t.Errorf("the pick list has %v", list)
	}
	o.linked()
	if found := o.rejudge(); len(found) > 0 {
		t.Errorf("findings %+v", found)
	}
	if list := o.picks(""); len(list) != 1 {
		t.Errorf("the pick list has %v", list)
	}
	later := placed(one(0)) // for a card that this database does not know of
	later.Members[0].Gen = 2
	if found := o.hear(later); len(found) != 1 || !found[0].Held {
		t.Errorf("findings %+v", found)
	}
	if list := o.picks(""); len(list) != 0 {
		t.Errorf("the pick list has %v", list)
	}
}

// What the office learns of a code afterwards ends what was booked with it.
func TestRejudge_AfterTheCodeHasChanged(t *testing.T) {
	for name, c := range map[string]struct {
		gen   int
		state agree.LinkState
		want  agree.Case
	}{
		"Case01": {1, agree.Withdrawn, agree.CaseWithdrawn},
		"Case02": {2, agree.Ready, agree.CaseOlderCard},
		"Case07": {1, agree.Closed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, 2).linked()
			o.hear(placed(one(0)))
			own := o.phoned(1)
			o.setLink(0, c.gen, c.state)
			o.setLink(1, c.gen, c.state)
			found := o.rejudge(pseudonym(0))
			o.wantStates(own.ID, counter.Active) // nobody asked
			found = append(found, o.rejudge(pseudonym(1))...)
			o.wantStates(bk, counter.CancelledByOffice)
			o.wantStates(own.ID, counter.CancelledByOffice)
			o.wantTold(bk, "booking.refused 1")
			o.wantTold(own.ID, "booking.office 1", "booking.cancelled")
			o.wantTaken(0, 0, 0, 0, 0, 0)
			for _, f := range found {
				if f.Case != c.want {
					t.Errorf("finding %+v", f)
				}
			}
			if (len(found) == 2) != (c.want != 0) {
				t.Errorf("findings %+v", found)
			}
		})
	}
}

// Case 1: a clerk decides that a booking on a stopped card does not stand.
func TestRefuse_IsTheClerksDecision(t *testing.T) {
	o := newOffice(t, 1).linked()
	o.hear(placed(one(0)))
	o.setLink(0, 1, agree.Held)
	if found := o.rejudge(); len(found) != 1 || !found[0].Ask {
		t.Errorf("findings %+v", found)
	}
	refuse := func(tx *store.Tx) error { return counter.Refuse(tx, bk, pseudonym(0), event.Withdrawn) }
	o.write(refuse)
	o.wantStates(bk, counter.CancelledByOffice)
	o.wantTold(bk, "booking.refused 1")
	o.refused(fault.Conflict, "counter.state", refuse)
}

func TestHear_MovesLeavesAndCancels(t *testing.T) {
	o := newOffice(t, 3).linked()
	o.hear(placed(one(0), one(1), one(2)))
	known := o.booking(bk).KnownAt
	o.Clock.Advance(time.Hour)
	o.hear(event.BookingLeft{Booking: bk, Link: pseudonym(1), By: "resident"})
	o.wantStates(bk, counter.Active, counter.Cancelled, counter.Active)
	moved := event.BookingMoved(placed(one(0), one(2)))
	o.hear(moved)
	if b := o.booking(bk); b.KnownAt != known {
		t.Error("a booking that did not move is new on the pick list")
	}
	moved.Start = start(tomorrow, 11*60)
	o.hear(moved)
	b := o.booking(bk)
	if b.KnownAt == known || !b.Starts.Equal(at(tomorrow, 11*60)) || !b.Persons[0].Starts.Equal(b.Starts) {
		t.Errorf("moved to %+v", b)
	}
	o.wantStates(bk, counter.Active, counter.Cancelled, counter.Active)
	o.hear(event.BookingCancelled{Booking: bk, By: "office"})
	o.wantStates(bk, counter.CancelledByOffice, counter.Cancelled, counter.CancelledByOffice)
	o.hear(event.BookingCancelled{Booking: "01JD0000000000000000000009", By: "resident"}) // never heard of
}

func TestHear_BookingThatReplacesAnother(t *testing.T) {
	o := newOffice(t, 1).linked()
	o.hear(placed(one(0)))
	next := placed(one(0))
	next.Booking, next.Was, next.No = "01JD0000000000000000000002", bk, "11-0002"
	o.hear(next)
	o.wantStates(bk, counter.Cancelled)
	o.wantStates(next.Booking, counter.Active)
}

// Case 6: what the booking service believes of people who did not come does not
// touch who was received.
func TestHear_WhoWasHereStaysSo(t *testing.T) {
	about := event.OfBooking{Booking: bk}
	for _, b := range []event.Body{
		event.BookingMissed(about), event.BookingNoShow(about), event.BookingUnreconciled(about), event.BookingCancelled{Booking: bk, By: "resident"},
	} {
		t.Run(string(b.Type()), func(t *testing.T) {
			o := newOffice(t, 2).linked()
			o.hear(placed(one(0), one(1)))
			o.do(bk, counter.ActArrive, 1)
			o.hear(b)
			states := o.states(bk)
			if states[0] != counter.Arrived || states[1] == counter.Active {
				t.Errorf("states %v", states)
			}
			o.do(bk, counter.ActUndo, 1) // what was below comes up
			if states = o.states(bk); states[0] != states[1] {
				t.Errorf("states %v", states)
			}
		})
	}
}

func TestHear_ReceptionOfTheBookingService(t *testing.T) {
	o := newOffice(t, 2).linked()
	o.hear(placed(one(0), one(1)))
	about := event.OfBooking{Booking: bk}
	o.hear(event.VisitArrived(about))
	o.wantStates(bk, counter.Arrived, counter.Arrived)
	o.hear(event.VisitAgain{Booking: bk, Link: pseudonym(0)})
	o.hear(event.VisitDone{Booking: bk, Link: pseudonym(1)})
	o.wantStates(bk, counter.Again, counter.Visited)
	o.hear(event.VisitUndo{Booking: bk, Link: pseudonym(1)})
	o.wantStates(bk, counter.Again, counter.Arrived)
	if told := o.told(); len(told) > 0 {
		t.Errorf("what was heard is told back: %s", told)
	}
}

// Case 5: a booking that came after the day was closed.
func TestHear_AfterTheCloseNobodyKnows(t *testing.T) {
	o := newOffice(t, 1).linked()
	o.Clock.Advance(8 * time.Hour)
	o.write(func(tx *store.Tx) error {
		_, err := counter.CloseDay(tx, "A", today)
		return err
	})
	e := placed(one(0))
	e.Start = start(today, 600)
	found := o.hear(e)
	if len(found) != 1 || found[0].Case != agree.CaseLate {
		t.Errorf("findings %+v", found)
	}
	o.hear(event.BookingUnreconciled{Booking: bk})
	o.wantStates(bk, counter.Unreconciled)
}

// Case 8: seats that are taken stay taken, whatever the day holds now.
func TestHear_CapacityOfADayIsReplaced(t *testing.T) {
	o := newOffice(t, 2).linked()
	o.phoned(0)
	o.phoned(1)
	o.hear(event.ConfigCapacity{Window: "A", Date: tomorrow, Slots: []event.SlotSeats{{Start: start(tomorrow, 11*60), Min: 20, Web: 1, Office: 1}}})
	o.read(func(rx *store.Rx) error {
		slots, err := counter.Slots(rx, "A", tomorrow)
		if len(slots) != 1 || slots[0].OfficeTaken != 2 || slots[0].OfficeFree() != 0 || slots[0].Minutes != 20 {
			t.Errorf("slots %+v", slots)
		}
		return err
	})
	o.hear(event.ConfigCapacity{Window: "A", Date: tomorrow})
	o.read(func(rx *store.Rx) error {
		slots, err := counter.Slots(rx, "A", tomorrow)
		if len(slots) != 1 || slots[0].OfficeCap != 0 || slots[0].WebCap != 0 {
			t.Errorf("a closed day offers %+v", slots)
		}
		return err
	})
}

// BK-210: a procedure takes as many seats of ours as the owner of the
// configuration says, so that both sides count the same.
func TestHear_SeatsOfAProcedure(t *testing.T) {
	o := newOffice(t, 1).linked()
	o.hear(event.ConfigRules{PartyMax: 4, Procs: []event.ProcTerms{{Svc: "receive", Units: 2}, {Svc: "pin", Units: 1}}})
	o.phoned(0)
	o.read(func(rx *store.Rx) error {
		slots, err := counter.Slots(rx, "A", tomorrow)
		taken := 0
		for _, s := range slots {
			taken += s.OfficeTaken
		}
		if taken != 2 {
			t.Errorf("%d seats are taken, want 2", taken)
		}
		return err
	})
}
