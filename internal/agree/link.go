package agree

import (
	"slices"

	"kofu/internal/event"
)

// LinkState says whether a code may book.
type LinkState string

// The states of a code. Unknown is that of one which nobody has heard of.
const (
	Unknown   LinkState = ""
	Issued    LinkState = "issued"
	Ready     LinkState = "ready"
	Held      LinkState = "held"
	Withdrawn LinkState = "withdrawn"
	Closed    LinkState = "closed"
)

// Link is a code with the generation of its card.
type Link struct {
	State LinkState
	Gen   int
}

// Effect is what an event about a code does to the bookings of its person.
type Effect int

// The effects.
const (
	Leaves     Effect = iota // none
	EndsOlder                // those made for earlier generations
	EndsAll                  // all
	EndsCards                // those for the card; what else was booked stays
	Quarantine               // the event is about a code that is not known here (case 12)
)

// Next is the code after an event of the A log, and what the event does to
// bookings. Both sides call it: the booking service for what it is told, the
// office for what it writes. An event about an earlier generation changes
// nothing, and nothing but the next generation wakes a code that is dead.
func (l Link) Next(b event.Body) (Link, Effect) {
	switch e := b.(type) {
	case event.LinkIssue:
		switch {
		case e.Gen > l.Gen:
			return Link{Issued, e.Gen}, EndsOlder
		default: // the same again, with other dates or windows
			return l, Leaves
		}
	case event.LinkReady:
		return l.step(e.Gen, Ready, Leaves, Issued, Held, Ready)
	case event.LinkHold:
		return l.step(e.Gen, Held, Leaves, Issued, Ready, Held)
	case event.LinkWithdraw:
		return l.step(e.Gen, Withdrawn, EndsAll, Issued, Ready, Held, Withdrawn)
	case event.LinkClose:
		return l.step(e.Gen, Closed, EndsCards, Issued, Ready, Held, Withdrawn, Closed)
	case event.LinkRekey: // the number changes, the code stays what it is
		return l.step(l.Gen, l.State, Leaves, l.State)
	}
	return l, Leaves
}

func (l Link) step(gen int, to LinkState, does Effect, from ...LinkState) (Link, Effect) {
	switch {
	case l.State == Unknown || gen > l.Gen:
		return l, Quarantine
	case gen < l.Gen || !slices.Contains(from, l.State):
		return l, Leaves
	}
	l.State = to
	return l, does
}

// Ends reports whether an effect ends a person's part in a booking that was made
// for generation gen of the code, and which procedures stay where it does not.
func (e Effect) Ends(now Link, gen int, svc []string) (ends bool, stay []string) {
	switch e {
	case EndsAll:
		return true, nil
	case EndsOlder:
		return gen < now.Gen, svc
	case EndsCards:
		stay = Others(svc)
		return len(stay) == 0, stay
	}
	return false, svc
}

// Receive is the procedure for which the card must be there.
const Receive = "receive"

// Others are the procedures without that for which the card must be there.
func Others(svc []string) []string {
	return slices.DeleteFunc(slices.Clone(svc), func(s string) bool { return s == Receive })
}

// Books reports whether the booking service lets a code book procedures.
func (l Link) Books(svc []string) bool {
	switch l.State {
	case Ready:
		return true
	case Issued:
		return !slices.Contains(svc, Receive)
	}
	return false
}
