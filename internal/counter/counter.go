// Package counter knows who comes to which window when (窓口): the windows and
// their slots as the owner of the configuration says, the bookings that the
// booking service has told us of, those that we give away from the office seats,
// and those who come without one. It receives people, finishes their visit with
// the hand-over of the card, lists the cards to fetch for tomorrow in walking
// order, and closes the day. What the booking service must hear of an act goes
// into the log of package officelog in the same transaction. Reception works
// without the booking service for as long as need be: who stands there was
// there, whatever is known of the booking. Writes tables counter_window,
// counter_slot, counter_booking, counter_person and counter_day.
package counter

import (
	"slices"
	"strings"
	"time"

	"kofu/internal/agree"
	"kofu/internal/fault"
)

// Source says who made a booking.
type Source string

// The sources.
const (
	FromCloud  Source = "cloud"  // booked with the booking service
	FromOffice Source = "office" // office seat given away here
	FromVisit  Source = "visit"  // came without a booking
)

// The ways to book at the office.
const (
	ByPhone   = "phone"
	AtCounter = "counter"
	OnVisit   = "visit"
)

// Owner says who gives the office seats of a window away, never both.
type Owner string

// The owners.
const (
	Office Owner = "office"
	Cloud  Owner = "cloud"
)

// Window is a counter of the office.
type Window struct {
	ID          string
	Name        string
	Seats       Owner
	LateMinutes int // after the end of the slot, until somebody counts as missed
	Sort        int
	Closed      bool // is no more
}

// Slot is one beginning at one window with its seats.
type Slot struct {
	WindowID    string
	Starts      time.Time
	Minutes     int
	Procs       Procs // '' for every procedure
	WebCap      int
	OfficeCap   int
	OfficeTaken int
}

// OfficeFree is the number of office seats that are left.
func (s Slot) OfficeFree() int { return max(0, s.OfficeCap-s.OfficeTaken) }

// Ends is when the next slot begins.
func (s Slot) Ends() time.Time { return s.Starts.Add(time.Duration(s.Minutes) * time.Minute) }

// Procedure is one kind of business at a window (手続).
type Procedure string

// The procedures, in the order of the screens.
const (
	Receive Procedure = "receive" // カードの受取; the only one for which the card must be ready
	Renew   Procedure = "renew"
	Apply   Procedure = "apply"
	PIN     Procedure = "pin"
	Address Procedure = "address"
)

// Procedures lists all of them.
var Procedures = []Procedure{Receive, Renew, Apply, PIN, Address}

// Procs is a set of procedures as it is stored: sorted, with spaces between.
type Procs string

// ParseProcs makes a set. Errors: fault.Invalid "counter.no_procedure",
// "counter.unknown_procedure".
func ParseProcs(names ...string) (Procs, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(sorted) == 0 {
		return "", fault.New(fault.Invalid, "counter.no_procedure")
	}
	for _, name := range sorted {
		if !slices.Contains(Procedures, Procedure(name)) {
			return "", fault.New(fault.Invalid, "counter.unknown_procedure")
		}
	}
	return Procs(strings.Join(sorted, " ")), nil
}

// List returns the procedures of the set.
func (p Procs) List() []string { return strings.Fields(string(p)) }

// Has reports whether the set contains a procedure.
func (p Procs) Has(one Procedure) bool { return slices.Contains(p.List(), string(one)) }

// allows reports whether a slot limited to p serves other.
func (p Procs) allows(other Procs) bool {
	if p == "" {
		return true
	}
	mine := p.List()
	return !slices.ContainsFunc(other.List(), func(one string) bool { return !slices.Contains(mine, one) })
}

// Person is one person of a booking. What each side says of them is kept apart;
// the state follows from it.
type Person struct {
	Ord    int
	Link   string // pseudonym of the code, '' without one
	Gen    int
	NoCode bool  // booked without a code: the pseudonym stands for this booking alone
	CardID int64 // 0 when nobody knows
	Svc    Procs // as booked
	Procs  Procs // those that stand
	Units  int
	Starts time.Time
	agree.Person
	Held      bool   // in quarantine: the code is not known here
	Given     int64  // hand-over in the history of the card, 0 for none
	ArrivedAt string // instants, '' before
	DoneAt    string
}

// expected reports whether the person may still come.
func (p Person) expected() bool { return p.Expected() && !p.Held }

// Booking is a visit of one or more persons.
type Booking struct {
	ID       string // ULID
	Source   Source
	No       string // that the person names
	WindowID string
	Starts   time.Time
	Day      string
	Minutes  int
	Seat     string // web, office, '' without
	Via      string
	Lang     string
	Seq      int64  // event of the booking service that told its place, 0 for our own
	KnownAt  string // since when this office has it in this slot
	By       string // who made it here
	Here     string // window that received the persons in place of the booked one, '' for the same
	HereOn   string
	Persons  []Person
}

// Live returns the persons who have not left.
func (b Booking) Live() []Person {
	return slices.DeleteFunc(slices.Clone(b.Persons), func(p Person) bool { return gone(p.State()) })
}

// gone are the states of those who have left.
func gone(s State) bool { return s == Cancelled || s == CancelledByOffice }

// State of the booking follows from those of its persons.
func (b Booking) State() State {
	for _, s := range order {
		if slices.ContainsFunc(b.Persons, func(p Person) bool { return p.State() == s }) {
			return s
		}
	}
	return Cancelled
}

// in are the persons in one of the states.
func (b *Booking) in(states ...State) (list []*Person) {
	for i := range b.Persons {
		if slices.Contains(states, b.Persons[i].State()) {
			list = append(list, &b.Persons[i])
		}
	}
	return list
}

func (b Booking) last() time.Time {
	end := b.Starts
	for _, p := range b.Live() {
		if p.Starts.After(end) {
			end = p.Starts
		}
	}
	return end
}

// object names a booking in the audit log.
func object(bk string) string { return "booking/" + bk }
