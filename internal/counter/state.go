package counter

import (
	"slices"

	"kofu/internal/agree"
	"kofu/internal/fault"
)

// State is that of one person in a booking.
type State = agree.State

// The states that reception knows.
const (
	Active            = agree.Active
	Arrived           = agree.Arrived
	Again             = agree.Again
	Visited           = agree.Visited
	Missed            = agree.Missed
	NoShow            = agree.NoShow
	Unreconciled      = agree.Unreconciled
	Cancelled         = agree.Cancelled
	CancelledByOffice = agree.CancelledByOffice
)

// order is that in which the first state that a person has is the state of the
// booking.
var order = []State{Arrived, Active, Again, Missed, Unreconciled, Visited, NoShow, CancelledByOffice, Cancelled}

// Act is what reception does with persons.
type Act string

// The acts of reception.
const (
	ActArrive Act = "arrive"
	ActFinish Act = "finish"
	ActAgain  Act = "again"
	ActUndo   Act = "undo"
	ActLeave  Act = "leave" // calls to cancel, or goes away
)

// steps are the words in which reception writes the acts down.
var steps = map[Act]agree.Step{ActArrive: agree.Arrive, ActFinish: agree.Finish, ActAgain: agree.Return, ActUndo: agree.Undo}

// Can reports whether an act is possible with a person of a booking. Who stands
// there is here, whatever is known of the booking; what the reception of the
// booking service wrote down is taken back there.
func (b Booking) Can(p Person, a Act) bool {
	s := p.State()
	switch a {
	case ActArrive:
		return s != Arrived && s != Visited
	case ActFinish, ActAgain:
		return s == Arrived
	case ActUndo:
		return p.Visits[agree.Office] != agree.Nothing
	case ActLeave:
		return b.Source != FromCloud && (s == Active || s == Missed || s == Arrived)
	}
	return false
}

// chosen are the persons named, or everybody with whom the act is possible; of
// several who come together those who had cancelled are named if they come too.
func (b *Booking) chosen(a Act, ords []int) (list []*Person, err error) {
	all := b.State()
	for i := range b.Persons {
		p := &b.Persons[i]
		if slices.Contains(ords, p.Ord) || len(ords) == 0 && b.Can(*p, a) && (a != ActArrive || !gone(p.State()) || gone(all)) {
			list = append(list, p)
		}
	}
	if len(list) == 0 || len(ords) > len(list) {
		return nil, wrongState(*b, all)
	}
	for _, p := range list {
		if !b.Can(*p, a) {
			return nil, wrongState(*b, p.State())
		}
	}
	return list, nil
}

func wrongState(b Booking, s State) error {
	return fault.New(fault.Conflict, "counter.state", "no", b.No, "state", "@booking.state."+string(s))
}
