package agreetest

import (
	"kofu/internal/agree"
	"kofu/internal/event"
)

// wire is how far the exchange has come on one side, as package relay keeps it.
type wire struct {
	epoch      int
	log        []event.Body
	acked      int64
	peerEpoch  int
	applied    int64
	was        int // epoch of the peer before the present one
	wasApplied int64
	need       int64 // own request
	peerNeed   int64
	shown      *Bundle // of an epoch that nobody has accepted yet

	key, peerKey int // number of the own encryption key, and that of the peer as known here

	recovering bool // waits for a snapshot
	taking     bool // between its begin and end
	lost       bool
	held       map[string]bool // bookings and codes of the snapshot
	asked      event.LogRestored
	old        []event.Body // log of the epoch before
	begun      event.SnapshotBegin
}

// Bundle is one under way. Logs only grow, so it need not copy the events.
type Bundle struct {
	from             agree.Side
	epoch, peerEpoch int
	lo, hi           int64
	events           []event.Body
	ack, need        int64
	key              int // of the receiver
}

func (n *Node) export() *Bundle {
	lo := n.acked + 1
	if n.peerNeed > 0 {
		lo = min(lo, n.peerNeed)
	}
	hi := int64(len(n.log))
	return &Bundle{
		from: n.side, epoch: n.epoch, peerEpoch: n.peerEpoch, lo: lo, hi: hi, events: n.log[lo-1 : hi],
		ack: n.applied, need: n.need, key: n.peerKey,
	}
}

// take takes a bundle in, or refuses it.
func (n *Node) take(b *Bundle) {
	switch {
	case b.key < n.key-1: // sealed for a key that is out of use
		return
	case b.epoch < n.peerEpoch: // late, from before a restore
		n.met["E-STALE"]++
		return
	case b.epoch > n.peerEpoch:
		n.met["E-EPOCH"]++
		n.shown = b
		return
	case b.lo > n.applied+1:
		n.met["E-GAP"]++
		n.need = n.applied + 1
		return
	}
	for i, e := range b.events {
		if seq := b.lo + int64(i); seq > n.applied {
			n.applied = seq
			n.apply(e)
		}
	}
	if n.applied >= n.need-1 {
		n.need = 0
	}
	if b.peerEpoch == n.epoch {
		n.acked = max(n.acked, b.ack)
		n.peerNeed = b.need
	}
}

// accept takes the new epoch of the peer as its log from here on.
func (n *Node) accept() {
	if n.shown == nil {
		return
	}
	b := n.shown
	n.was, n.wasApplied = n.peerEpoch, n.applied
	n.peerEpoch, n.applied, n.need, n.shown = b.epoch, 0, 0, nil
	n.acked, n.peerNeed = 0, 0
	if b.peerEpoch == n.epoch {
		n.acked = b.ack
	}
	n.take(b)
}

func (n *Node) apply(e event.Body) {
	switch e := e.(type) {
	case event.LogRestored:
		n.snapshot()
	case event.SnapshotBegin:
		n.begin(e)
	case event.SnapshotLink, event.SnapshotBooking, event.SnapshotDay:
		n.takeOver(e)
	case event.SnapshotEnd:
		n.end()
	default:
		switch {
		case n.recovering:
		case n.side == agree.Office:
			n.officeTakes(e)
		default:
			n.cloudTakes(e)
		}
	}
}

// restore puts a side back to a backup.
func restore(backup *Node, epoch int) *Node {
	n := backup.copy()
	n.old, n.asked = n.log, event.LogRestored{Was: epochID(n.epoch), Head: int64(len(n.log))}
	n.epoch, n.acked, n.peerNeed, n.recovering, n.taking = epoch, 0, 0, true, false
	n.log = []event.Body{n.asked}
	return n
}

func epochID(n int) string { return linkIDs[n%links] }

// snapshot answers a peer that was put back.
func (n *Node) snapshot() {
	if n.recovering {
		return
	}
	n.say(event.SnapshotBegin{For: epochID(n.peerEpoch), Was: epochID(n.was), Seen: n.wasApplied})
	for i, l := range n.links {
		if l.State != agree.Unknown {
			n.say(event.SnapshotLink{Link: linkIDs[i], Gen: l.Gen, State: string(l.State)})
		}
	}
	for _, b := range n.bookings {
		e := event.SnapshotBooking{Booking: b.id, Office: b.office, Start: startIDs[b.day], Late: b.late}
		for i := range b.persons {
			p := &b.persons[i]
			if !p.told {
				continue
			}
			e.Members = append(e.Members, event.Standing{
				Link: linkIDs[p.link], Gen: p.gen, Svc: p.svc, Booked: string(p.Booked), Refused: p.Refused,
				Office: string(p.Visits[agree.Office]), Cloud: string(p.Visits[agree.Cloud]),
			})
		}
		if len(e.Members) > 0 {
			n.say(e)
		}
	}
	for day, is := range n.closed {
		if is {
			n.say(event.SnapshotDay{Window: Window, Date: dayIDs[day], Seen: n.seen[day]})
		}
	}
	n.say(event.SnapshotEnd{For: epochID(n.peerEpoch)})
}

func (n *Node) begin(e event.SnapshotBegin) {
	if n.recovering && e.For == epochID(n.epoch) {
		n.taking, n.begun, n.lost, n.held = true, e, agree.Lost(n.asked, e), map[string]bool{}
	}
}

// takeOver merges what the snapshot says with what is left.
func (n *Node) takeOver(e event.Body) {
	if !n.taking {
		return
	}
	n.held[event.Subject(e)] = true
	switch e := e.(type) {
	case event.SnapshotLink:
		l := &n.links[linkOf(e.Link)]
		*l = agree.MergeLink(n.side, *l, agree.Link{State: agree.LinkState(e.State), Gen: e.Gen}, n.lost)
	case event.SnapshotDay:
		n.held[e.Date] = true
		if day := dayOf[e.Date]; n.side == agree.Cloud || !n.closed[day] {
			n.closed[day], n.seen[day] = true, e.Seen
		}
	case event.SnapshotBooking:
		n.takeBooking(e)
	}
}

func (n *Node) takeBooking(e event.SnapshotBooking) {
	own := e.Office == (n.side == agree.Office)
	b := n.byID[e.Booking]
	if b == nil {
		b = &booking{id: e.Booking, office: e.Office, day: dayOf[e.Start]}
		n.add(b)
	}
	kept := own && !n.lost
	if !kept {
		b.day = dayOf[e.Start]
	}
	if n.side == agree.Cloud || !kept && n.side == agree.Office && !e.Late {
		b.late = e.Late
	}
	for _, m := range e.Members {
		told := agree.Person{
			Booked: agree.State(m.Booked), Refused: m.Refused,
			Visits: [2]agree.Visit{agree.Visit(m.Office), agree.Visit(m.Cloud)},
		}
		p := b.person(linkOf(m.Link))
		if p == nil {
			b.persons = append(b.persons, person{link: linkOf(m.Link), gen: m.Gen, svc: m.Svc, told: true, Person: agree.Merge(n.side, nil, told, own, n.lost)})
			continue
		}
		p.told = true
		p.Person = agree.Merge(n.side, &p.Person, told, own, n.lost)
		if !kept {
			p.gen, p.svc = m.Gen, m.Svc
		}
	}
}

// end does again what follows from the facts.
func (n *Node) end() {
	if !n.taking {
		return
	}
	n.recovering, n.taking = false, false
	for _, b := range n.bookings {
		b.placed = 0 // the office told us, or knew it
	}
	if !n.lost {
		for _, e := range n.old[n.begun.Seen:] {
			seq := n.say(e)
			if b := n.byID[event.Subject(e)]; b != nil && !b.office && (e.Type() == "booking.created" || e.Type() == "booking.moved") {
				b.placed = seq
			}
		}
	}
	n.old = nil
	if n.lost {
		n.sayAgain()
	}
	if n.side == agree.Cloud {
		for day := range n.seen {
			n.seen[day] = 0
		}
	}
	for _, b := range n.bookings {
		for i := range b.persons {
			if b.office && n.closed[b.day] {
				b.persons[i].SettleOwn()
			}
			if n.side == agree.Office {
				n.judge(b, &b.persons[i])
			} else {
				n.recheck(b, &b.persons[i])
			}
		}
	}
}

// sayAgain tells of what the side owns and the snapshot does not hold.
func (n *Node) sayAgain() {
	for link, l := range n.links {
		if n.side == agree.Office && l.State != agree.Unknown && !n.held[linkIDs[link]] {
			n.say(event.LinkIssue{Link: linkIDs[link], Gen: l.Gen})
			of := event.OfLink{Link: linkIDs[link], Gen: l.Gen}
			switch l.State {
			case agree.Ready:
				n.say(event.LinkReady(of))
			case agree.Held:
				n.say(event.LinkHold(of))
			case agree.Withdrawn:
				n.say(event.LinkWithdraw(of))
			case agree.Closed:
				n.say(event.LinkClose(of))
			}
		}
	}
	for day, is := range n.closed {
		if n.side == agree.Office && is && !n.held[dayIDs[day]] {
			n.say(event.DayClosed{Window: Window, Date: dayIDs[day]}) // what was seen is of no epoch that is known: nobody is accused
		}
	}
	for _, b := range n.bookings {
		if b.owner() != n.side || n.held[b.id] {
			continue
		}
		for i := range b.persons {
			b.persons[i].told = b.persons[i].told && b.persons[i].In()
		}
		list := members(b)
		switch {
		case len(list) == 0:
			continue
		case b.office:
			n.say(n.phoned(b))
		default:
			b.placed = n.say(event.BookingCreated(n.placed(b)))
		}
		for i := range b.persons {
			if p := &b.persons[i]; p.told && p.Visits[n.side] != agree.Nothing {
				n.say(visit(reached[p.Visits[n.side]], b.id, linkIDs[p.link]))
			}
		}
	}
}

// reached are the steps that lead to what is written down.
var reached = map[agree.Visit]agree.Step{agree.HasCome: agree.Arrive, agree.ComeAgain: agree.Return, agree.IsDone: agree.Finish}
