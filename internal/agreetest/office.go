package agreetest

import (
	"math/rand/v2"

	"kofu/internal/agree"
	"kofu/internal/event"
)

// about writes an event about a code and does what follows from it.
func (n *Node) about(link int, e event.Body) {
	n.say(e)
	now, does := n.links[link].Next(e)
	n.links[link] = now
	n.each(link, func(b *booking, p *person) {
		if b.office {
			end(p, now, does)
		}
	})
	n.judgeAll(link)
}

// end carries out on a booking of the office what an event does; both sides do.
func end(p *person, now agree.Link, does agree.Effect) {
	ends, stay := does.Ends(now, p.gen, p.svc)
	if ends {
		p.End()
	} else {
		p.svc = stay
	}
}

func (n *Node) judgeAll(link int) {
	n.each(link, func(b *booking, p *person) { n.judge(b, p) })
}

func (n *Node) judge(b *booking, p *person) {
	if b.office || !p.Expected() {
		return
	}
	v := agree.Judge(event.Member{Link: linkIDs[p.link], Gen: p.gen, Svc: p.svc}, agree.Facts{
		Link: n.links[p.link], Own: n.expected(p.link, true), Closed: n.closed[b.day],
	})
	if v.Hold {
		n.quarantine++
	}
	if v.Refuse {
		n.refuse(b, p, v.Code)
		return
	}
	p.svc = v.Svc
}

func (n *Node) refuse(b *booking, p *person, code event.Refusal) {
	if p.Refuse() && !n.rules.NoRefused {
		n.say(event.BookingRefused{Booking: b.id, Link: linkIDs[p.link], Code: code})
	}
}

// officeStep is an act of the office.
func (n *Node) officeStep(r *rand.Rand) {
	link := r.IntN(links)
	l := n.links[link]
	of := event.OfLink{Link: linkIDs[link], Gen: l.Gen}
	live := l.State == agree.Issued || l.State == agree.Ready || l.State == agree.Held
	switch k := r.IntN(100); {
	case k < 30 && !live, k < 3:
		n.about(link, event.LinkIssue{Link: linkIDs[link], Gen: l.Gen + 1})
	case k < 30 && l.State != agree.Ready, k < 35 && live:
		n.about(link, event.LinkReady(of))
	case k < 38 && live:
		n.about(link, event.LinkHold(of))
	case k < 41 && live:
		n.about(link, event.LinkWithdraw(of))
	case k < 43 && live: // without a booking
		n.about(link, event.LinkClose(of))
	case k < 45 && live:
		n.about(link, event.LinkRekey{Link: linkIDs[link]})
	case k < 55:
		n.bookByPhone(r)
	case k < 60:
		n.changeByPhone(r)
	case k < 85:
		n.receive(r)
	case k < 92: // a clerk decides about somebody on the list
		if b := n.some(r, func(b *booking) bool { return !b.office }); b != nil {
			p := &b.persons[r.IntN(len(b.persons))]
			if l := n.links[p.link].State; l == agree.Held || l == agree.Issued {
				n.refuse(b, p, event.Withdrawn)
			}
		}
	default:
		n.closeDay(n.soon(r))
	}
}

func (n *Node) bookByPhone(r *rand.Rand) {
	day := n.soon(r)
	list := party(r, func(link int) bool {
		return (n.links[link].State == agree.Ready || n.links[link].State == agree.Held) && !n.expected(link, true)
	})
	if len(list) == 0 || n.closed[day] {
		return
	}
	b := &booking{id: n.id(), office: true, day: day}
	for _, link := range list {
		b.persons = append(b.persons, person{link: link, gen: n.links[link].Gen, svc: procs(r), told: true, Person: agree.Person{Booked: agree.Active}})
	}
	n.add(b)
	n.say(n.phoned(b))
	for _, link := range list {
		n.judgeAll(link)
	}
}

func (n *Node) phoned(b *booking) event.BookingOffice {
	list := members(b)
	return event.BookingOffice{
		Booking: b.id, Members: list, Window: Window, Start: startIDs[b.day], Min: 30, Party: len(list), Units: len(list), Via: "phone",
	}
}

func (n *Node) changeByPhone(r *rand.Rand) {
	day := n.soon(r)
	b := n.some(r, func(b *booking) bool { return b.office && !n.closed[b.day] })
	if b == nil {
		return
	}
	var in []*person
	for i := range b.persons {
		if b.persons[i].Booked == agree.Active {
			in = append(in, &b.persons[i])
		}
	}
	if len(in) == 0 {
		return
	}
	switch r.IntN(3) {
	case 0:
		if !n.closed[day] {
			b.day = day
			n.say(n.phoned(b))
		}
	case 1:
		for _, p := range in {
			p.Told(agree.Office, agree.Cancelled)
		}
		n.say(event.BookingCancelled{Booking: b.id, By: "resident"})
	case 2:
		if len(in) > 1 {
			in[0].Told(agree.Office, agree.Cancelled)
			n.say(event.BookingLeft{Booking: b.id, Link: linkIDs[in[0].link], By: "resident"})
		}
	}
	for _, p := range in {
		n.judgeAll(p.link)
	}
}

// receive is a step of reception, for whomever.
func (n *Node) receive(r *rand.Rand) {
	b := n.some(r, func(*booking) bool { return true })
	if b == nil {
		return
	}
	p := &b.persons[r.IntN(len(b.persons))]
	s := []agree.Step{agree.Arrive, agree.Arrive, agree.Finish, agree.Finish, agree.Return, agree.Undo}[r.IntN(6)]
	own := p.Visits[n.side] != agree.Nothing
	if s == agree.Undo && !own || n.side == agree.Cloud && !own && (s != agree.Arrive || !p.In() || p.Booked == agree.Offered) {
		return
	}
	p.Record(n.side, s)
	n.say(visit(s, b.id, linkIDs[p.link]))
	if n.side == agree.Cloud {
		n.recheck(b, p)
		return
	}
	if l := n.links[p.link]; s == agree.Finish && r.IntN(2) == 0 && l.Gen == p.gen && l.State != agree.Unknown {
		n.about(p.link, event.LinkClose{Link: linkIDs[p.link], Gen: p.gen})
	}
	n.judgeAll(p.link)
}

func (n *Node) closeDay(day int) {
	if n.closed[day] {
		return
	}
	n.closed[day] = true
	n.seen[day] = n.applied
	for _, b := range n.bookings {
		for i := range b.persons {
			if b.office && b.day == day {
				b.persons[i].SettleOwn()
			}
		}
	}
	n.say(event.DayClosed{Window: Window, Date: dayIDs[day], Seen: n.applied})
}

// officeTakes applies an event of the booking service.
func (n *Node) officeTakes(e event.Body) {
	if of, s := visited(e); s != "" {
		if b := n.known(of.Booking); b != nil {
			for _, p := range b.about(of.Link) {
				p.Record(agree.Cloud, s)
				n.judgeAll(p.link)
			}
		}
		return
	}
	switch e := e.(type) {
	case event.BookingCreated:
		n.place(event.Placed(e))
	case event.BookingMoved:
		n.place(event.Placed(e))
	case event.BookingLeft:
		n.tell(e.Booking, e.Link, by(e.By))
	case event.BookingCancelled:
		n.tell(e.Booking, "", by(e.By))
	case event.BookingMissed:
		n.tell(e.Booking, e.Link, agree.Missed)
	case event.BookingNoShow:
		n.tell(e.Booking, e.Link, agree.NoShow)
	case event.BookingUnreconciled:
		n.tell(e.Booking, e.Link, agree.Unreconciled)
	default: // nothing for us
	}
}

func by(who string) agree.State {
	if who == "resident" {
		return agree.Cancelled
	}
	return agree.CancelledByOffice
}

func (n *Node) known(id string) *booking {
	if n.byID[id] == nil {
		n.quarantine++
	}
	return n.byID[id]
}

func (n *Node) tell(id, link string, s agree.State) {
	if b := n.known(id); b != nil {
		for _, p := range b.about(link) {
			p.Told(b.owner(), s)
		}
	}
}

func (n *Node) place(e event.Placed) {
	if e.Was != "" {
		n.tell(e.Was, "", agree.Cancelled)
	}
	b := n.byID[e.Booking]
	if b == nil {
		b = &booking{id: e.Booking}
		n.add(b)
	}
	b.put(e.Start, e.Members)
	b.late = n.closed[b.day]
	for _, m := range e.Members {
		n.judge(b, b.person(linkOf(m.Link)))
	}
}
