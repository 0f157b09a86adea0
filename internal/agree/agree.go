// Package agree holds the rules by which office and booking service come to the
// same end, whatever arrives late, twice or never. Both programs and the
// simulator of this package call the same functions, so that what is simulated
// is what runs. A rule looks at small values and returns what to do; it reads
// nothing, stores nothing and knows no clock.
//
// Three thoughts carry all of it. Each fact has one owner, and the other side
// takes it over as told: codes and what the office booked belong to the office,
// bookings made in the booking service and whether somebody missed them belong
// to the booking service. Who stood there was there: what reception wrote down
// on either side lies above all else and is kept apart for each side, so that
// taking a step back uncovers what was below. And what the owner does not know
// yet is only a wish: the office refuses a booking and treats it as over, until
// the booking service has said what became of it.
//
// Source: booking.md §3.5 to §3.7. It writes no tables.
package agree

// State is that of one person in a booking, with the words of the bundles.
type State string

// The states. Pending and Offered never leave the booking service.
const (
	Pending           State = "pending"
	Offered           State = "offered"
	Active            State = "active"
	Arrived           State = "arrived"
	Again             State = "again"
	Visited           State = "visited"
	Missed            State = "noshow_provisional"
	NoShow            State = "noshow"
	Unreconciled      State = "unreconciled"
	Cancelled         State = "cancelled"
	CancelledByOffice State = "cancelled_by_office"
	Expired           State = "expired"
)

// Visit is what one side has written down of a person who came; ” for nothing.
type Visit string

// The visits, in words that both sides store.
const (
	Nothing   Visit = ""
	HasCome   Visit = "arrived"
	ComeAgain Visit = "again"
	IsDone    Visit = "done"
)

// Step is what reception writes down.
type Step string

// The steps. Undo takes back the last one.
const (
	Arrive Step = "arrive"
	Finish Step = "done"
	Return Step = "again"
	Undo   Step = "undo"
)

// After is what is written down after a step. Nothing is impossible: a report of
// the other side is never refused.
func (v Visit) After(s Step) Visit {
	switch {
	case s == Arrive:
		return HasCome
	case s == Finish:
		return IsDone
	case s == Return:
		return ComeAgain
	case v == IsDone || v == ComeAgain: // undo
		return HasCome
	}
	return Nothing
}

// Side is one of the two.
type Side int

// The sides.
const (
	Office Side = iota
	Cloud
)

// Person is one person of a booking as each side knows them. Its parts come from
// different logs, so that the order in which the two arrive does not matter.
type Person struct {
	// Booked is what the owner of the booking says, visits aside: Active, Missed,
	// NoShow, Unreconciled, Cancelled, CancelledByOffice.
	Booked State
	// Refused says, at the office and for a booking of the booking service, that
	// the office does not accept it and has said so (booking.refused).
	Refused bool
	Visits  [2]Visit // what each [Side] has written down
}

// State is the state that people see and that counts: visited beats no-show,
// cancelled and refused. Where both sides have written a visit down, what is
// further counts.
func (p Person) State() State {
	switch v := p.Visits; {
	case v[Office] == IsDone || v[Cloud] == IsDone:
		return Visited
	case v[Office] == ComeAgain || v[Cloud] == ComeAgain:
		return Again
	case v[Office] == HasCome || v[Cloud] == HasCome:
		return Arrived
	case p.Refused && p.Booked == Active:
		return CancelledByOffice
	}
	return p.Booked
}

// In reports whether what the owner says of everybody in a booking is about this
// person: all whose part it has not ended. What the office has refused and the
// owner has not ended yet is in. Events of reception name each person, for one
// side may know of people who were there all the same.
func (p Person) In() bool {
	return p.Booked != Cancelled && p.Booked != CancelledByOffice && p.Booked != Expired
}

// Expected reports whether the person may still come: their card is picked, and
// another booking of theirs would be a second one.
func (p Person) Expected() bool { return p.State() == Active }

// Record writes down a step of reception, on the side where it happened. Side
// Office comes from the A log, side Cloud from the C log.
func (p *Person) Record(where Side, s Step) { p.Visits[where] = p.Visits[where].After(s) }

// Told takes over what the owner of the booking says of it: Active (placed or
// moved there, which the office judges anew), Missed, NoShow, Unreconciled,
// Cancelled (by the resident, or went away without anything done: what the owner
// had written down of the visit is gone), CancelledByOffice. The owner calls it
// too, for its own acts.
func (p *Person) Told(owner Side, s State) {
	p.Booked = s
	switch s {
	case Active:
		p.Refused = false
	case Cancelled:
		p.Visits[owner] = Nothing
	}
}

// Refuse is the office's: it does not accept a booking of the booking service
// for this person. True means that booking.refused has to be written; false that
// there is nothing to refuse, or that it has been.
func (p *Person) Refuse() bool {
	if p.Booked != Active || p.Refused {
		return false
	}
	p.Refused = true
	return true
}

// End is the owner's: the office ends the booking of this person, by
// booking.refused or by what happened to the code or another booking. True means
// that something changed: at the booking service the seat is free, booking.left
// or booking.cancelled with by=office is written unless the state was Pending or
// Offered, and the resident hears of it. Who has missed the booking has missed
// it; who is here stays, and the booking is over below the visit.
func (p *Person) End() bool {
	if p.Booked != Pending && p.Booked != Offered && p.Booked != Active {
		return false
	}
	p.Booked = CancelledByOffice
	return true
}

// Settle is the booking service's, for the persons of its bookings on a day that
// the office has closed, and again whenever a visit on such a day is taken back:
// who did not come is a no-show if the office saw the booking before it closed,
// otherwise nobody knows. True means that booking.noshow or booking.unreconciled
// has to be written.
func (p *Person) Settle(seen bool) bool {
	if p.Booked != Active && p.Booked != Missed || p.Visits != [2]Visit{} {
		return false
	}
	if p.Booked = Unreconciled; seen {
		p.Booked = NoShow
	}
	return true
}

// SettleOwn is for the persons of the office's own bookings when it closes their
// day: both sides do it by themselves at that event, and nobody writes another.
// Who came came: a visit, which may be on its way, lies above.
func (p *Person) SettleOwn() {
	if p.Booked == Active {
		p.Booked = NoShow
	}
}

// Seen reports whether the office could know of a booking when it closed a day.
// placed is the number of the event that last told its place, 0 when the office
// told us of it (its own, or after a restore), −1 when it has no number yet;
// seen is that of the day.closed.
func Seen(placed, seen int64) bool { return 0 <= placed && placed <= seen }
