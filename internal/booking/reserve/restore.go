package reserve

import (
	"cmp"
	"fmt"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Retaking takes over what the office knows of bookings and closed days, after
// our database was put back to an older state (package agree).
type Retaking struct {
	tx      *store.Tx
	tenant  int
	rules   Rules
	lost    bool // we have lost facts of our own
	held    map[string]bool
	refused map[string]bool // by booking and code: by the office, before
}

// Retake begins.
func Retake(tx *store.Tx, tenant int, rules Rules, lost bool) *Retaking {
	return &Retaking{tx: tx, tenant: tenant, rules: rules, lost: lost, held: map[string]bool{}, refused: map[string]bool{}}
}

// Leave takes over who is no longer expected in a booking that is known here. It
// is called for all bookings of the answer before the first [Retaking.Booking],
// so that nobody is expected twice in between.
func (r *Retaking) Leave(e event.SnapshotBooking) error {
	b, found, err := ByID(r.tx.Rx, r.tenant, e.Booking)
	if err != nil || !found {
		return err
	}
	j := open(r.tx, r.tenant)
	if b, err = j.withPersons(b.ID); err != nil {
		return err
	}
	held := b.seats()
	for _, m := range e.Members {
		if p := b.guestOf(m.Link); p != nil {
			if now := r.merged(&b, p, m); now.State() != agree.Active {
				p.set(now)
			}
		}
	}
	return b.settle(j, held)
}

// Booking takes over a booking. Errors: fault.NotFound "slot.unknown",
// "member.unknown", and nothing has changed.
func (r *Retaking) Booking(e event.SnapshotBooking, slotOf func(start string) string) error {
	b, found, err := ByID(r.tx.Rx, r.tenant, e.Booking)
	if err != nil {
		return err
	}
	kept := found && !e.Office && !r.lost
	at, known, err := slot.ByID(r.tx.Rx, r.tenant, slotOf(e.Start))
	switch {
	case err != nil:
		return err
	case !known && !kept:
		return fault.New(fault.NotFound, "slot.unknown")
	}
	j := open(r.tx, r.tenant)
	if found {
		if b, err = j.withPersons(b.ID); err != nil {
			return err
		}
	}
	held := b.seats()
	if !found {
		made, _ := ulid.Time(e.Booking)
		b = Booking{ID: e.Booking, Side: slot.Side(e.Seat), Via: Via(e.Via), Theirs: e.Office, Lang: e.Lang, MadeAt: made}
	}
	switch {
	case e.Late:
		b.PlacedEvent = unseen
	case !kept:
		b.PlacedEvent = byTheOffice
	}
	if !kept {
		b.SlotID, b.WindowID, b.Starts, b.Minutes = at.ID, at.WindowID, at.Starts, at.Minutes
	}
	fresh, err := r.persons(&b, e, kept, slotOf)
	if err != nil {
		return err
	}
	r.held[e.Booking] = true
	if !found {
		if b.Year, b.No, err = numberOf(r.tx, r.tenant, b, e.No); err != nil {
			return err
		}
		if err := raiseNumber(r.tx, r.tenant, b); err != nil {
			return err
		}
		b.sum()
		if err := insertBooking(r.tx, r.tenant, b, j.first); err != nil {
			return err
		}
		return force(r.tx, r.tenant, b.Side, held, b.seats())
	}
	for _, p := range b.Persons {
		if fresh[p.Ord] {
			err = insertPerson(r.tx, r.tenant, b, p)
		} else {
			err = savePlace(r.tx, r.tenant, b.ID, p)
		}
		if err != nil {
			return err
		}
	}
	return b.settle(j, held)
}

// persons brings the persons of a booking into line with the answer and returns
// the ordinals of new ones.
func (r *Retaking) persons(b *Booking, e event.SnapshotBooking, kept bool, slotOf func(string) string) (fresh map[int]bool, err error) {
	fresh = map[int]bool{}
	terms, err := slot.ProcedureList(r.tx.Rx, r.tenant)
	if err != nil {
		return nil, err
	}
	for _, m := range e.Members {
		p := b.guestOf(m.Link)
		if p == nil {
			if err := r.known(m); err != nil {
				return nil, err
			}
			b.Persons = append(b.Persons, Person{Ord: len(b.Persons) + 1, Link: m.Link, SlotID: b.SlotID})
			p = &b.Persons[len(b.Persons)-1]
			fresh[p.Ord] = true
		}
		now := r.merged(b, p, m)
		if m.Refused {
			r.refused[b.ID+m.Link] = true
		}
		p.set(now)
		if kept && !fresh[p.Ord] {
			continue
		}
		p.Gen, p.SlotID = m.Gen, slotOf(cmp.Or(m.Start, e.Start))
		if p.Procs, err = slot.ParseProcs(procedures(m.Svc)...); err != nil {
			return nil, err
		}
		switch {
		case m.Units > 0:
			p.Units = m.Units
		case fresh[p.Ord]: // the office has told only how many seats all of them take together
			p.Units = slot.Units(terms, p.Procs, r.rules.SumUnits)
		}
	}
	return fresh, nil
}

// known refuses a person whose code is not known here. Who booked without a code
// is a person all the same; their access key is lost.
func (r *Retaking) known(m event.Standing) error {
	_, found, err := member.ByLink(r.tx.Rx, r.tenant, m.Link)
	switch {
	case err != nil || found:
		return err
	case m.NoCode:
		procs, err := slot.ParseProcs(procedures(m.Svc)...)
		if err != nil {
			return err
		}
		return member.AddKeyless(r.tx, r.tenant, m.Link, procs, r.tx.Now.Add(keylessLasts))
	}
	return fault.New(fault.NotFound, "member.unknown")
}

// merged is a person as both sides know them together.
func (r *Retaking) merged(b *Booking, p *Person, m event.Standing) agree.Person {
	told := agree.Person{
		Booked: agree.State(m.Booked), Refused: m.Refused,
		Visits: [2]agree.Visit{agree.Office: agree.Visit(m.Office), agree.Cloud: agree.Visit(m.Cloud)},
	}
	if p.State == "" { // not known before
		return agree.Merge(agree.Cloud, nil, told, !b.Theirs, r.lost)
	}
	mine := p.agreed()
	return agree.Merge(agree.Cloud, &mine, told, !b.Theirs, r.lost)
}

func (p *Person) agreed() agree.Person {
	return agree.Person{Booked: agree.State(p.Booked), Visits: [2]agree.Visit{agree.Office: p.There, agree.Cloud: p.Here}}
}

func (p *Person) set(now agree.Person) { p.by(func(known *agree.Person) { *known = now }) }

// guestOf is the place of a code in the booking, nil where it has none.
func (b *Booking) guestOf(link string) *Person {
	if b.had(link) {
		return b.person(link)
	}
	return nil
}

// settle writes a booking whose persons have changed, with its seats.
func (b *Booking) settle(j *journal, held map[string]int) error {
	b.sum()
	if err := saveAll(j.tx, j.tenant, *b, j.last); err != nil {
		return err
	}
	return force(j.tx, j.tenant, b.Side, held, b.seats())
}

// Day takes over a day that the office has closed. Error: fault.NotFound
// "slot.window_unknown".
func (r *Retaking) Day(e event.SnapshotDay) error {
	if _, found, err := slot.WindowByID(r.tx.Rx, r.tenant, e.Window); err != nil {
		return err
	} else if !found {
		return fault.New(fault.NotFound, "slot.window_unknown", "window", e.Window)
	}
	return closeAt(r.tx, r.tenant, e.Window, jpdate.Day(e.Date), 0)
}

// Done follows the last booking, when events can be written again: it says anew
// what the office has forgotten of ours, and does again what follows from the
// office's facts. It returns the bookings of ours that this ended, as they were
// and as they are.
func (r *Retaking) Done() (ended []Moved, err error) {
	if err := forgetSeen(r.tx, r.tenant); err != nil {
		return nil, err
	}
	ids, err := texts(r.tx.Rx, everyBooking, r.tenant)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := r.place(id); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		m, changed, err := r.recheck(id)
		if err != nil {
			return nil, err
		}
		if changed {
			ended = append(ended, m)
		}
	}
	return ended, audit.Append(r.tx, "booking.retaken", fmt.Sprintf("tenant/%d", r.tenant), map[string]any{"held": len(r.held), "ended": len(ended), "lost": r.lost})
}

// place says where a booking of ours is that the answer does not hold, and
// forgets the number of what the office heard before.
func (r *Retaking) place(id string) error {
	j := open(r.tx, r.tenant)
	b, err := j.withPersons(id)
	if err != nil || b.Theirs || b.PlacedEvent == "" {
		return err
	}
	if r.lost && !r.held[id] {
		return b.sayAgain(j)
	}
	if b.PlacedEvent == byTheOffice || b.PlacedEvent == unseen {
		return nil
	}
	seq, err := sync.SeqOf(r.tx.Rx, r.tenant, b.PlacedEvent)
	if err != nil || seq > 0 {
		return err
	}
	b.PlacedEvent = byTheOffice
	return saveBooking(r.tx, r.tenant, b, "")
}

// reached are the events that lead to what is written down.
var reached = map[agree.Visit]event.Type{agree.HasCome: arrivedEvent, agree.ComeAgain: againEvent, agree.IsDone: doneEvent}

func (b *Booking) sayAgain(j *journal) error {
	in := false
	for _, p := range b.Persons {
		in = in || !p.Booked.Ended()
	}
	if !in {
		return nil
	}
	if err := j.place(b, "", true); err != nil {
		return err
	}
	for i, p := range b.Persons {
		if t, came := reached[p.Here]; came && !p.Booked.Ended() {
			if err := j.tell(t, *b, &b.Persons[i]); err != nil {
				return err
			}
		}
	}
	if err := saveBooking(j.tx, j.tenant, *b, j.last); err != nil {
		return err
	}
	return j.close()
}

// recheck ends and settles what the office's facts end and settle.
func (r *Retaking) recheck(id string) (m Moved, changed bool, err error) {
	j := open(r.tx, r.tenant)
	b, err := j.withPersons(id)
	if err != nil {
		return m, false, err
	}
	held := b.seats()
	m.Before = b.copied()
	m.Before.unrefused()
	closed, _, err := b.closed(r.tx.Rx, r.tenant)
	if err != nil {
		return m, false, err
	}
	for i := range b.Persons {
		p := &b.Persons[i]
		if b.Theirs {
			if closed {
				p.by(func(known *agree.Person) { known.SettleOwn() })
			}
			continue
		}
		stand, err := b.stand(r.tx.Rx, r.tenant, *p)
		if err != nil {
			return m, false, err
		}
		others, err := b.othersOf(j, p.Link)
		if err != nil {
			return m, false, err
		}
		for _, other := range others {
			stand.Own = stand.Own || other.Theirs
		}
		if err := b.recheck(j, p, stand, r.refused[b.ID+p.Link]); err != nil {
			return m, false, err
		}
	}
	if err := b.settle(j, held); err != nil {
		return m, false, err
	}
	m.After = b
	return m, !b.Theirs && m.Before.State != b.State, j.close()
}

// unrefused shows the persons as they were before the answer told of refusals,
// which end nothing by themselves.
func (b *Booking) unrefused() {
	for i := range b.Persons {
		b.Persons[i].by(func(*agree.Person) {})
	}
	b.sum()
}

// raiseNumber keeps the receipt number of a booking from being given again.
func raiseNumber(tx *store.Tx, tenant int, b Booking) error {
	var month, n int
	if _, err := fmt.Sscanf(b.No, "%02d-%d", &month, &n); err != nil || b.Theirs {
		return nil //nolint:nilerr // a number that is not ours
	}
	return setNumber(tx, tenant, b.Year, month, n)
}
