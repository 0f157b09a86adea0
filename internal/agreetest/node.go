// Package agreetest is the simulator of the exchange: an office and a booking
// service that know nothing of each other but what bundles bring, which are
// lost, doubled and delayed. Each side follows the rules of package agree; what
// the real ones do besides (seats, mails, lists) has no part in whether they
// agree. Its own test lets two of them live through thousands of histories;
// tests of the real sides let one of them stand for the other side.
package agreetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"kofu/internal/agree"
	"kofu/internal/event"
)

const (
	links = 30
	days  = 20
)

// Window is the one window that there is.
const Window = "main"

// Links are the pseudonyms of the residents.
func Links() []string { return linkIDs[:] }

// Starts are the instants that can be booked, one a day.
func Starts() []string { return startIDs[:] }

var (
	linkIDs  [links]string
	dayIDs   [days]string
	startIDs [days]string
	dayOf    = map[string]int{}
	card     = []string{agree.Receive}
	both     = []string{agree.Receive, "renew"}
	other    = []string{"renew"}
)

func init() {
	for i := range linkIDs {
		linkIDs[i] = fmt.Sprintf("%016x", i)
	}
	for i := range dayIDs {
		dayIDs[i] = fmt.Sprintf("2026-12-%02d", i+1)
		startIDs[i] = dayIDs[i] + "T10:00:00+09:00"
		dayOf[dayIDs[i]], dayOf[startIDs[i]] = i, i
	}
}

func linkOf(id string) int {
	n := 0
	for _, c := range id[13:] {
		if n *= 16; c <= '9' {
			n += int(c - '0')
		} else {
			n += int(c-'a') + 10
		}
	}
	return n
}

// person is one of a booking.
type person struct {
	link int
	gen  int
	svc  []string
	told bool // the office has heard of it, or knows it anyway
	agree.Person
}

// booking is one as a side knows it.
type booking struct {
	id      string
	office  bool // made by the office
	day     int
	placed  int64 // number of the event that told its place
	late    bool  // the office saw it after it had closed the day
	persons []person
}

func (b *booking) person(link int) *person {
	for i := range b.persons {
		if b.persons[i].link == link {
			return &b.persons[i]
		}
	}
	return nil
}

func (b *booking) owner() agree.Side {
	if b.office {
		return agree.Office
	}
	return agree.Cloud
}

// about are the persons whom an event names.
func (b *booking) about(link string) (list []*person) {
	for i := range b.persons {
		if p := &b.persons[i]; link != "" && linkIDs[p.link] == link || link == "" && p.In() {
			list = append(list, p)
		}
	}
	return list
}

// Rules are what the tests of the test take away.
type Rules struct{ NoRefused, NoSeen bool }

// Node is one side.
type Node struct {
	side       agree.Side
	rules      Rules
	links      [links]agree.Link
	bookings   []*booking // in the order in which they came
	byID       map[string]*booking
	closed     [days]bool
	seen       [days]int64
	made       int            // bookings
	quarantine int            // events about what is not known
	met        map[string]int // what a history is to hold and its log does not show
	wire
}

// NewNode is a side that has heard of nothing.
func NewNode(side agree.Side, r Rules) *Node {
	return &Node{side: side, rules: r, byID: map[string]*booking{}, met: map[string]int{}, wire: wire{epoch: 1, peerEpoch: 1}}
}

// copy is a backup.
func (n *Node) copy() *Node {
	c := *n
	c.byID = make(map[string]*booking, len(n.byID))
	c.bookings = make([]*booking, len(n.bookings))
	for i, b := range n.bookings {
		other := *b
		other.persons = slices.Clone(b.persons)
		c.bookings[i], c.byID[b.id] = &other, &other
	}
	c.log = slices.Clip(n.log)
	return &c
}

// say writes an event and returns its number. Whoever is finding back says
// nothing.
func (n *Node) say(b event.Body) int64 {
	n.log = append(n.log, b)
	return int64(len(n.log))
}

func (n *Node) add(b *booking) {
	n.bookings = append(n.bookings, b)
	n.byID[b.id] = b
}

// each calls fn for every part that a code has in a booking.
func (n *Node) each(link int, fn func(*booking, *person)) {
	for _, b := range n.bookings {
		if p := b.person(link); p != nil {
			fn(b, p)
		}
	}
}

// expected reports whether a code is expected in a booking that the office made,
// or that the booking service made.
func (n *Node) expected(link int, office bool) (is bool) {
	n.each(link, func(b *booking, p *person) { is = is || b.office == office && p.Expected() })
	return is
}

func (n *Node) id() string {
	n.made++
	return fmt.Sprintf("%026d", (int(n.side)*1000+n.epoch)*10000+n.made)
}

func members(b *booking) (list []event.Member) {
	for i := range b.persons {
		p := &b.persons[i]
		if !p.In() || p.Booked == agree.Offered {
			continue
		}
		m := event.Member{Link: linkIDs[p.link], Gen: p.gen, Svc: p.svc}
		if p.Booked != agree.Active {
			m.Booked = string(p.Booked)
		}
		list = append(list, m)
	}
	return list
}

// put takes over place and members as they were told.
func (b *booking) put(start string, list []event.Member) {
	b.day = dayOf[start]
	for _, m := range list {
		p := b.person(linkOf(m.Link))
		if p == nil {
			b.persons = append(b.persons, person{link: linkOf(m.Link)})
			p = &b.persons[len(b.persons)-1]
		}
		p.gen, p.svc, p.told = m.Gen, m.Svc, true
		p.Told(b.owner(), state(m))
	}
}

func state(m event.Member) agree.State {
	if m.Booked == "" {
		return agree.Active
	}
	return agree.State(m.Booked)
}

func visit(s agree.Step, bk, link string) event.Body {
	of := event.OfBooking{Booking: bk, Link: link}
	switch s {
	case agree.Arrive:
		return event.VisitArrived(of)
	case agree.Finish:
		return event.VisitDone(of)
	case agree.Return:
		return event.VisitAgain(of)
	}
	return event.VisitUndo(of)
}

// visited reads an event of reception.
func visited(e event.Body) (of event.OfBooking, s agree.Step) {
	switch e := e.(type) {
	case event.VisitArrived:
		return event.OfBooking(e), agree.Arrive
	case event.VisitDone:
		return event.OfBooking(e), agree.Finish
	case event.VisitAgain:
		return event.OfBooking(e), agree.Return
	case event.VisitUndo:
		return event.OfBooking(e), agree.Undo
	}
	return event.OfBooking{}, ""
}

// party draws one to three different codes that fit.
func party(r *rand.Rand, fits func(link int) bool) (list []int) {
	size := 1 + r.IntN(3)*r.IntN(2)
	for range 8 {
		if link := r.IntN(links); len(list) < size && !slices.Contains(list, link) && fits(link) {
			list = append(list, link)
		}
	}
	return list
}

// soon draws a day, rather one of the next that are open.
func (n *Node) soon(r *rand.Rand) int {
	first := slices.Index(n.closed[:], false)
	return min(max(first, 0)+r.IntN(4), days-1)
}

func procs(r *rand.Rand) []string {
	switch r.IntN(6) {
	case 0:
		return both
	case 1:
		return other
	}
	return card
}

// some draws a booking, rather a late one.
func (n *Node) some(r *rand.Rand, fits func(*booking) bool) *booking {
	for range 4 {
		if len(n.bookings) == 0 {
			return nil
		}
		b := n.bookings[len(n.bookings)-1-r.IntN(min(len(n.bookings), 25))]
		if fits(b) {
			return b
		}
	}
	return nil
}

// Step is an act on this side, or none.
func (n *Node) Step(r *rand.Rand) {
	switch {
	case n.recovering:
	case n.side == agree.Office:
		n.officeStep(r)
	default:
		n.cloudStep(r)
	}
}

// Log is what the side has said.
func (n *Node) Log() []event.Body { return n.log }

// Hear takes in the next event of the other side.
func (n *Node) Hear(e event.Body) {
	n.applied++
	n.apply(e)
}

// Strange is how many events were about what the side does not know.
func (n *Node) Strange() int { return n.quarantine }

// Closed reports whether the office has closed a day, as far as this side knows.
func (n *Node) Closed(day int) bool { return n.closed[day] }

// Link is what the side knows of a code.
func (n *Node) Link(i int) agree.Link { return n.links[i] }

// Pictures are the bookings of which both sides know, as [Draw] shows them.
func (n *Node) Pictures() map[string]string {
	m := map[string]string{}
	for _, b := range n.bookings {
		if p := picture(b); p != "" {
			m[b.id] = p
		}
	}
	return m
}

// Drawn is a person of a booking to be compared.
type Drawn struct {
	Link string
	Gen  int
	Svc  []string
	agree.Person
}

// Draw shows a booking as it is compared: where it is, and each person's
// generation, state and visits, and the procedures of those who are expected.
func Draw(start string, persons []Drawn) string {
	lines := make([]string, len(persons))
	for i, p := range persons {
		lines[i] = fmt.Sprintf("%s/%d %s %v", p.Link, p.Gen, p.State(), p.Visits)
		if p.State() == agree.Active {
			lines[i] += strings.Join(slices.Sorted(slices.Values(p.Svc)), "+")
		}
	}
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	return start + ": " + strings.Join(lines, ", ")
}

func picture(b *booking) string {
	if b == nil {
		return ""
	}
	var list []Drawn
	for i := range b.persons {
		if p := &b.persons[i]; p.told {
			list = append(list, Drawn{linkIDs[p.link], p.gen, p.svc, p.Person})
		}
	}
	return Draw(startIDs[b.day], list)
}
