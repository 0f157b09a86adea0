package agree

import (
	"slices"

	"kofu/internal/event"
)

// Case is one of the twelve of booking.md §3.7, 0 for none.
type Case int

// The cases of which somebody must hear; the others end by themselves.
const (
	CaseWithdrawn Case = 1  // booked while the card was withdrawn or stopped
	CaseOlderCard Case = 2  // booked for an earlier card
	CaseTwice     Case = 3  // booked by phone and on the web
	CaseLate      Case = 5  // the booking came after the day was closed
	CaseOver      Case = 8  // a slot is taken beyond what it holds
	CaseShut      Case = 9  // the window is closed at the time of a booking
	CaseUnknown   Case = 12 // the code is not known
)

// Verdict is what the office makes of one person of a booking of the booking
// service.
type Verdict struct {
	// Refuse asks for [Person.Refuse] and booking.refused with Code.
	Refuse bool
	Code   event.Refusal
	// Ask puts the person on the list 「要連絡」 and lets the booking stand until a
	// clerk has decided; refusing is then the clerk's act.
	Ask bool
	// Hold puts the booking into quarantine: it is shown apart, nobody is expected.
	Hold bool
	Case Case     // for the list of the staff
	Svc  []string // the procedures that stand
}

// Facts are what the office knows when it judges.
type Facts struct {
	Link   Link
	Own    bool // the person has a booking of the office and is expected there
	Closed bool // the day of the booking is closed
}

// Judge decides about a person of a booking of the booking service. The office
// judges when the booking arrives and when it moves, and again the live bookings
// of a code ([Person.Expected]) after an event of its own about the code, after
// it has made a booking for it, after a visit was taken back, and at the end of a
// snapshot. The same facts give the same verdict, so judging too often does no
// harm.
func Judge(m event.Member, f Facts) Verdict {
	v := Verdict{Svc: m.Svc}
	if f.Closed {
		v.Case = CaseLate
	}
	if f.Link.State == Closed && m.Gen == f.Link.Gen {
		v.Svc = Others(m.Svc)
	}
	switch {
	case m.NoCode:
	case f.Link.State == Unknown, m.Gen > f.Link.Gen:
		v.Hold, v.Case = true, CaseUnknown
	case m.Gen < f.Link.Gen:
		v.Refuse, v.Code, v.Case = true, event.Superseded, CaseOlderCard
	case f.Link.State == Withdrawn:
		v.Refuse, v.Code, v.Case = true, event.Withdrawn, CaseWithdrawn
	case len(v.Svc) == 0: // handed over, and nobody needs to hear of it (case 7)
		v.Refuse, v.Code = true, event.ClosedLink
	case f.Own:
		v.Refuse, v.Code, v.Case = true, event.OfficeWins, CaseTwice
	case f.Link.State == Held, f.Link.State == Issued && slices.Contains(m.Svc, Receive):
		v.Ask, v.Case = true, CaseWithdrawn
	}
	return v
}

// Overruled reports whether a booking of the office ends the part of the same
// person in a booking of the booking service: the person is expected there or
// holds an offer. The booking service calls it when booking.office arrives, and
// ends what it finds with [Person.End]; the resident hears that the booking by
// phone counts.
func Overruled(p Person) bool {
	s := p.State()
	return s == Active || s == Offered || s == Pending
}
