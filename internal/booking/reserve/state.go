package reserve

import (
	"slices"
	"time"

	"kofu/internal/fault"
)

// State is that of one person in a booking. The state of the booking follows
// from them.
type State string

// The states.
const (
	Pending           State = "pending"            // without a code, to be confirmed by mail
	Offered           State = "offered"            // to somebody on the waiting list
	Active            State = "active"             // will come
	Arrived           State = "arrived"            // is here
	Again             State = "again"              // was here with incomplete papers and must come again
	Visited           State = "visited"            // is done
	Missed            State = "noshow_provisional" // did not come, as far as is known
	NoShow            State = "noshow"             // did not come
	Unreconciled      State = "unreconciled"       // the office never saw the booking: nobody knows
	Cancelled         State = "cancelled"          // by the resident
	CancelledByOffice State = "cancelled_by_office"
	Expired           State = "expired" // neither confirmed nor accepted in time
)

// States lists all of them, in the order in which the first that a person has
// is the state of the booking.
var States = []State{
	Pending, Offered, Active, Arrived, Visited, Again, Missed, Unreconciled, NoShow, CancelledByOffice, Cancelled, Expired,
}

// Ended reports whether the person has left the booking and holds no seat.
func (s State) Ended() bool { return s == Cancelled || s == CancelledByOffice || s == Expired }

// Move is what can happen to a person of a booking.
type Move string

// The moves.
const (
	Confirming  Move = "confirm"
	Accepting   Move = "accept"
	Declining   Move = "decline"
	Expiring    Move = "expire"
	Cancelling  Move = "cancel"        // by the resident
	Refusing    Move = "office_cancel" // by the office
	Arriving    Move = "arrive"
	Finishing   Move = "finish"
	Returning   Move = "again"
	GivingUp    Move = "give_up"
	Undoing     Move = "undo" // the last step of reception
	Missing     Move = "miss"
	Settling    Move = "settle"
	Unsettling  Move = "unreconcile"
	Recording   Move = "record"         // the office reports that the person came and is done
	RecordAgain Move = "record_again"   // or has to come again
	RecordHere  Move = "record_arrival" // or is here
)

// moves says where each move leads from each state. What is not named cannot
// happen.
var moves = map[Move]map[State]State{
	Confirming: {Pending: Active},
	Accepting:  {Offered: Active},
	Declining:  {Offered: Cancelled},
	Expiring:   {Pending: Expired, Offered: Expired},
	Cancelling: {Pending: Cancelled, Active: Cancelled},
	Refusing:   {Pending: CancelledByOffice, Offered: CancelledByOffice, Active: CancelledByOffice},
	Arriving:   {Active: Arrived, Again: Arrived, Missed: Arrived, NoShow: Arrived, Unreconciled: Arrived},
	Finishing:  {Arrived: Visited},
	Returning:  {Arrived: Again},
	GivingUp:   {Arrived: Cancelled},
	Undoing:    {Arrived: Active, Visited: Arrived, Again: Arrived},
	Missing:    {Active: Missed},
	Settling:   {Missed: NoShow},
	Unsettling: {Missed: Unreconciled},
	// Who stood there was there, whatever is known of the booking.
	Recording: {
		Active: Visited, Arrived: Visited, Again: Visited, Missed: Visited, NoShow: Visited, Unreconciled: Visited,
		Cancelled: Visited, CancelledByOffice: Visited,
	},
	RecordAgain: {
		Active: Again, Arrived: Again, Visited: Again, Missed: Again, NoShow: Again, Unreconciled: Again,
		Cancelled: Again, CancelledByOffice: Again,
	},
	RecordHere: {
		Active: Arrived, Again: Arrived, Missed: Arrived, NoShow: Arrived, Unreconciled: Arrived,
		Cancelled: Arrived, CancelledByOffice: Arrived,
	},
}

// Next is the state to which a move leads, and false where it cannot happen.
func Next(from State, m Move) (to State, ok bool) {
	to, ok = moves[m][from]
	return to, ok
}

// apply moves persons. Errors: fault.Conflict "booking.state" when one of them
// cannot.
func (b *Booking) apply(m Move, persons ...*Person) error {
	for _, p := range persons {
		to, ok := Next(p.State, m)
		if !ok {
			return fault.New(fault.Conflict, "booking.state", "no", b.No, "state", "@booking.state."+string(p.State))
		}
		p.State = to
	}
	b.sum()
	return nil
}

// sum derives the state of the booking from those of its persons.
func (b *Booking) sum() {
	defer func() {
		if b.State != Pending && b.State != Offered {
			b.Until = time.Time{}
		}
	}()
	for _, s := range States {
		if slices.ContainsFunc(b.Persons, func(p Person) bool { return p.State == s }) {
			b.State = s
			return
		}
	}
}
