package agreetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"kofu/internal/agree"
	"kofu/internal/event"
)

// cloudStep is an act of residents, of the clock or at the cloud's screens.
func (n *Node) cloudStep(r *rand.Rand) {
	switch k := r.IntN(100); {
	case k < 35:
		n.book(r, agree.Active)
	case k < 40:
		n.book(r, agree.Offered)
	case k < 48:
		n.answer(r)
	case k < 60:
		n.move(r)
	case k < 72:
		n.leave(r)
	case k < 82:
		n.miss(r)
	case k < 94:
		n.receive(r)
	default: // a clerk cancels at the console
		if b := n.some(r, mine); b != nil {
			n.finish(b, &b.persons[r.IntN(len(b.persons))])
		}
	}
}

func mine(b *booking) bool { return !b.office }

// offered reports whether a code has an unanswered offer.
func (n *Node) offered(link int) (is bool) {
	n.each(link, func(_ *booking, p *person) { is = is || p.Booked == agree.Offered })
	return is
}

func (n *Node) book(r *rand.Rand, s agree.State) {
	svc, day := procs(r), n.soon(r)
	list := party(r, func(link int) bool {
		// One booking for each code; whoever waits keeps theirs meanwhile.
		free := !n.offered(link) && !n.expected(link, true) && (s == agree.Offered || !n.expected(link, false))
		return n.links[link].Books(svc) && free
	})
	if len(list) == 0 || n.closed[day] {
		return
	}
	b := &booking{id: n.id(), day: day}
	for _, link := range list {
		b.persons = append(b.persons, person{link: link, gen: n.links[link].Gen, svc: svc, Person: agree.Person{Booked: s}})
	}
	n.add(b)
	if s == agree.Active {
		b.placed = n.say(event.BookingCreated(n.placed(b)))
	}
}

func (n *Node) placed(b *booking) event.Placed {
	for i := range b.persons {
		b.persons[i].told = b.persons[i].told || b.persons[i].Booked == agree.Active
	}
	list := members(b)
	return event.Placed{
		Booking: b.id, No: fmt.Sprintf("12-%04d", n.made), Window: Window, Start: startIDs[b.day], Min: 30, Members: list,
		Party: len(list), Units: len(list), Seat: "web", Via: "web",
	}
}

// answer accepts an offer or lets it go.
func (n *Node) answer(r *rand.Rand) {
	b := n.some(r, func(b *booking) bool {
		return !b.office && !n.closed[b.day] && len(in(b, agree.Offered)) > 0
	})
	if b == nil {
		return
	}
	if r.IntN(3) == 0 {
		n.met["offer let go"]++
		for _, p := range in(b, agree.Offered) {
			p.Booked = []agree.State{agree.Expired, agree.Cancelled}[r.IntN(2)]
		}
		return
	}
	n.met["offer accepted"]++
	was := ""
	for _, p := range in(b, agree.Offered) {
		n.each(p.link, func(old *booking, q *person) {
			if old.office || !q.Expected() {
				return
			}
			if len(old.about("")) == 1 && len(in(b, agree.Offered)) == 1 {
				was = old.id // told by the event of the new one
				q.Told(agree.Cloud, agree.Cancelled)
				return
			}
			n.goes(old, q, agree.Cancelled, "resident")
		})
	}
	for _, p := range in(b, agree.Offered) {
		p.Told(agree.Cloud, agree.Active)
	}
	e := n.placed(b)
	if e.Was = was; was != "" {
		b.placed = n.say(event.BookingMoved(e))
	} else {
		b.placed = n.say(event.BookingCreated(e))
	}
}

func in(b *booking, s agree.State) (list []*person) {
	for i := range b.persons {
		if b.persons[i].State() == s {
			list = append(list, &b.persons[i])
		}
	}
	return list
}

// goes ends the part of a person who was told to the office.
func (n *Node) goes(b *booking, p *person, to agree.State, who string) {
	p.Told(agree.Cloud, to)
	if len(b.about("")) == 0 {
		n.say(event.BookingCancelled{Booking: b.id, By: who})
	} else {
		n.say(event.BookingLeft{Booking: b.id, Link: linkIDs[p.link], By: who})
	}
}

// finish ends the part of a person for the office and tells it.
func (n *Node) finish(b *booking, p *person) {
	told := p.Booked == agree.Active
	if p.End() && told && !n.recovering {
		n.say(event.BookingLeft{Booking: b.id, Link: linkIDs[p.link], By: "office"})
	}
}

func (n *Node) move(r *rand.Rand) {
	day := n.soon(r)
	b := n.some(r, func(b *booking) bool {
		return mine(b) && !n.closed[b.day] && len(in(b, agree.Active)) > 0 && len(in(b, agree.Active)) == len(b.about(""))
	})
	if b == nil || n.closed[day] {
		return
	}
	b.day = day
	b.placed = n.say(event.BookingMoved(n.placed(b)))
}

func (n *Node) leave(r *rand.Rand) {
	b := n.some(r, func(b *booking) bool { return mine(b) && len(in(b, agree.Active)) > 0 })
	if b == nil {
		return
	}
	list := in(b, agree.Active)
	if r.IntN(2) == 0 {
		list = list[:1]
	}
	for _, p := range list {
		n.goes(b, p, agree.Cancelled, "resident")
	}
}

func (n *Node) miss(r *rand.Rand) {
	b := n.some(r, func(b *booking) bool { return mine(b) && len(in(b, agree.Active)) > 0 })
	if b == nil {
		return
	}
	list, all := in(b, agree.Active), len(b.about(""))
	for _, p := range list {
		p.Told(agree.Cloud, agree.Missed)
	}
	if len(list) == all {
		n.say(event.BookingMissed{Booking: b.id})
		return
	}
	for _, p := range list {
		n.say(event.BookingMissed{Booking: b.id, Link: linkIDs[p.link]})
	}
}

// recheck does what the office's facts ask for when a visit no longer covers
// them.
func (n *Node) recheck(b *booking, p *person) {
	if b.office {
		return
	}
	was := p.Booked
	changed, svc := agree.Recheck(&p.Person, agree.Stand{
		Link: n.links[p.link], Gen: p.gen, Svc: p.svc, Own: n.expected(p.link, true), Closed: n.closed[b.day], Seen: n.saw(b) && !b.late,
	})
	if p.svc = svc; changed && was != agree.Offered {
		n.tellState(b, p)
	}
}

// saw reports whether the office saw a booking before it closed its day.
func (n *Node) saw(b *booking) bool { return n.rules.NoSeen || agree.Seen(b.placed, n.seen[b.day]) }

func (n *Node) tellState(b *booking, p *person) {
	of := event.OfBooking{Booking: b.id, Link: linkIDs[p.link]}
	switch p.Booked {
	case agree.NoShow:
		n.say(event.BookingNoShow(of))
	case agree.Unreconciled:
		n.say(event.BookingUnreconciled(of))
	case agree.CancelledByOffice:
		n.say(event.BookingLeft{Booking: b.id, Link: of.Link, By: "office"})
	}
}

// cloudTakes applies an event of the office.
func (n *Node) cloudTakes(e event.Body) {
	if of, s := visited(e); s != "" {
		if b := n.known(of.Booking); b != nil {
			for _, p := range b.about(of.Link) {
				p.Record(agree.Office, s)
				n.recheck(b, p)
			}
		}
		return
	}
	switch e := e.(type) {
	case event.LinkIssue, event.LinkReady, event.LinkHold, event.LinkWithdraw, event.LinkRekey, event.LinkClose:
		n.hears(linkOf(event.Subject(e)), e)
	case event.BookingOffice:
		n.officeBooked(e)
	case event.BookingCancelled:
		n.tell(e.Booking, "", by(e.By))
	case event.BookingLeft:
		n.tell(e.Booking, e.Link, by(e.By))
	case event.BookingRefused:
		if b := n.known(e.Booking); b != nil {
			for _, p := range b.about(e.Link) {
				n.finish(b, p)
			}
		}
	case event.DayClosed:
		n.dayClosed(dayOf[e.Date], e.Seen)
	default: // nothing for us
	}
}

func (n *Node) hears(link int, e event.Body) {
	now, does := n.links[link].Next(e)
	if does == agree.Quarantine {
		n.quarantine++
	}
	n.links[link] = now
	n.each(link, func(b *booking, p *person) {
		if b.office {
			end(p, now, does)
			return
		}
		ends, stay := does.Ends(now, p.gen, p.svc)
		if ends {
			n.finish(b, p)
		} else {
			p.svc = stay
		}
	})
}

func (n *Node) officeBooked(e event.BookingOffice) {
	b := n.byID[e.Booking]
	if b == nil {
		b = &booking{id: e.Booking, office: true}
		n.add(b)
	}
	for i := range b.persons { // who is not named has left
		p := &b.persons[i]
		named := slices.ContainsFunc(e.Members, func(m event.Member) bool { return linkOf(m.Link) == p.link })
		if !named && p.In() {
			p.Told(agree.Office, agree.Cancelled)
		}
	}
	b.put(e.Start, e.Members)
	for i := range b.persons {
		if !b.persons[i].Expected() {
			continue
		}
		n.each(b.persons[i].link, func(other *booking, p *person) {
			if !other.office && agree.Overruled(p.Person) {
				n.finish(other, p)
			}
		})
	}
}

func (n *Node) dayClosed(day int, seen int64) {
	n.closed[day], n.seen[day] = true, seen
	for _, b := range n.bookings {
		for i := range b.persons {
			switch p := &b.persons[i]; {
			case b.day != day:
			case b.office:
				p.SettleOwn()
			case p.Settle(n.saw(b)):
				n.tellState(b, p)
			}
		}
	}
}
