package reserve

import (
	"slices"
	"time"

	"kofu/internal/agree"
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
	RecordUndo  Move = "record_undo"    // or takes the last of these back
)

// moves says where each move leads from each state. What is not named cannot
// happen. Taking a step of reception back uncovers what was below it; reports
// of the office are never refused and stand in no table.
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
}

// Next is the state to which a move leads, and false where it cannot happen.
func Next(from State, m Move) (to State, ok bool) {
	to, ok = moves[m][from]
	return to, ok
}

// apply moves persons. Errors: fault.Conflict "booking.state" when one of them
// cannot.
func (b *Booking) apply(m Move, persons ...*Person) error {
	if err := b.allows(m, persons...); err != nil {
		return err
	}
	for _, p := range persons {
		p.move(m)
	}
	b.sum()
	return nil
}

// allows refuses a move that one of the persons cannot make.
func (b Booking) allows(m Move, persons ...*Person) error {
	for _, p := range persons {
		if !p.can(m) {
			return fault.New(fault.Conflict, "booking.state", "no", b.No, "state", "@booking.state."+string(p.State))
		}
	}
	return nil
}

// can reports whether a move is possible; what the office has told of a visit
// only the office takes back.
func (p Person) can(m Move) bool {
	_, ok := Next(p.State, m)
	return ok && (m != Undoing || p.Here != agree.Nothing) && (m != GivingUp || p.There == agree.Nothing)
}

// steps are the moves of reception, here and as the office tells them.
var steps = map[Move]struct {
	where agree.Side
	step  agree.Step
}{
	Arriving: {agree.Cloud, agree.Arrive}, Finishing: {agree.Cloud, agree.Finish}, Returning: {agree.Cloud, agree.Return},
	Undoing: {agree.Cloud, agree.Undo}, RecordHere: {agree.Office, agree.Arrive}, Recording: {agree.Office, agree.Finish},
	RecordAgain: {agree.Office, agree.Return}, RecordUndo: {agree.Office, agree.Undo},
}

// move writes a visit down or what becomes of the booking.
func (p *Person) move(m Move) {
	p.by(func(known *agree.Person) {
		if s, visit := steps[m]; visit {
			known.Record(s.where, s.step)
			return
		}
		to, _ := Next(p.State, m)
		known.Told(agree.Cloud, agree.State(to))
	})
}

// by runs one of the rules of package agree on a person.
func (p *Person) by(rule func(*agree.Person)) {
	known := agree.Person{Booked: agree.State(p.Booked), Visits: [2]agree.Visit{agree.Office: p.There, agree.Cloud: p.Here}}
	rule(&known)
	p.Booked, p.There, p.Here = State(known.Booked), known.Visits[agree.Office], known.Visits[agree.Cloud]
	p.State = State(known.State())
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
