package reserve

import (
	"fmt"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// The acts of this file take over what the office tells. They are never refused
// because of the state that a booking is in: the rules of package agree say
// what becomes of it, and both sides end alike.

// RecordVisit writes down what the office reports of a visit: who stood there
// was there, whatever is known of the booking, also of one that was cancelled.
// move is Recording, RecordAgain, RecordHere or RecordUndo. No event is written:
// the office told us, unless taking a visit back uncovers something that has to
// end. Errors: fault.NotFound "booking.unknown".
func RecordVisit(tx *store.Tx, v Visit, move Move) (b Booking, err error) {
	j := open(tx, v.Tenant)
	if b, err = j.withPersons(v.BookingID); err != nil {
		return Booking{}, err
	}
	persons, err := b.concerned(v.Links...)
	if err != nil {
		return Booking{}, err
	}
	persons = slices.DeleteFunc(persons, func(p *Person) bool { return !p.told() })
	held := b.seats()
	for _, p := range persons {
		p.move(move)
		p.stamp(move, tx.Now)
		if err := b.uncover(j, p); err != nil {
			return Booking{}, err
		}
	}
	b.sum()
	if err := saveAll(tx, v.Tenant, b, j.last); err != nil {
		return Booking{}, err
	}
	if err := force(tx, v.Tenant, b.Side, held, b.seats()); err != nil {
		return Booking{}, err
	}
	if err := j.close(); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, "booking.visit_recorded", Object(v.Tenant, b.ID), b.reception(persons...))
}

// stamp keeps the times of a visit that the office tells of.
func (p *Person) stamp(m Move, now time.Time) {
	switch {
	case m == RecordHere && p.ArrivedAt.IsZero():
		p.ArrivedAt = now
	case m == Recording, m == RecordAgain:
		p.DoneAt = now
	case m == RecordUndo:
		p.note(Undoing, now, nil)
	}
}

// told reports whether the office can know of a person's part.
func (p Person) told() bool { return p.Booked != Pending && p.Booked != Offered && p.Booked != Expired }

// concerned are the persons that an event of the office is about: those named,
// or everybody whose part is not over, or everybody when it is for all.
func (b *Booking) concerned(links ...string) (list []*Person, err error) {
	for i, p := range b.Persons {
		if len(links) == 0 && !p.Booked.Ended() || p.Link != "" && slices.Contains(links, p.Link) {
			list = append(list, &b.Persons[i])
		}
	}
	if len(links) == 0 && len(list) == 0 {
		for i := range b.Persons {
			list = append(list, &b.Persons[i])
		}
	}
	if len(list) == 0 || len(links) > 0 && len(list) != len(links) {
		return nil, unknown()
	}
	return list, nil
}

// uncover looks at what lies below a visit, or lay below one that was taken
// back: a booking of a code that has died or books elsewhere by now, or of a day
// that is closed.
func (b *Booking) uncover(j *journal, p *Person) error {
	others, err := b.othersOf(j, p.Link)
	if err != nil {
		return err
	}
	if b.Theirs {
		for _, other := range others { // the office's booking counts
			if other.Theirs || p.State != Active {
				continue
			}
			if err := other.endByOffice(j, other.person(p.Link)); err != nil {
				return err
			}
		}
		return nil
	}
	stand, err := b.stand(j.tx.Rx, j.tenant, *p)
	if err != nil {
		return err
	}
	// Of two of ours one has to go, and this one is the older.
	stand.Own = slices.ContainsFunc(others, func(other Booking) bool { return other.Theirs || p.State == Active })
	return b.recheck(j, p, stand, false)
}

// othersOf are the other bookings in which a code is expected.
func (b Booking) othersOf(j *journal, link string) (list []Booking, err error) {
	ids, err := texts(j.tx.Rx, activeOf, j.tenant, link)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if id == b.ID {
			continue
		}
		other, err := known(ByID(j.tx.Rx, j.tenant, id))
		if err != nil {
			return nil, err
		}
		list = append(list, other)
	}
	return list, nil
}

// recheck ends or settles what the office's facts end or settle, and says so
// where the booking is ours. refused says that the office had refused it before
// our database was put back.
func (b *Booking) recheck(j *journal, p *Person, stand agree.Stand, refused bool) error {
	before, changed := p.Booked, false
	var svc []string
	p.by(func(known *agree.Person) {
		known.Refused = refused
		changed, svc = agree.Recheck(known, stand)
	})
	if len(svc) > 0 && len(svc) < len(p.Procs.List()) {
		if err := b.keepProcs(j, p, svc); err != nil {
			return err
		}
	}
	if !changed || before == Pending || before == Offered {
		return nil
	}
	switch p.Booked {
	case NoShow:
		return j.tell(noShowEvent, *b, p)
	case Unreconciled:
		return j.tell(unsureEvent, *b, p)
	default:
		return b.tellEnd(j, "office", p)
	}
}

func (b *Booking) keepProcs(j *journal, p *Person, svc []string) (err error) {
	if p.Procs, err = slot.ParseProcs(procedures(svc)...); err != nil {
		return err
	}
	return saveProcs(j.tx, j.tenant, b.ID, *p)
}

func procedures(svc []string) (list []slot.Procedure) {
	for _, one := range svc {
		list = append(list, slot.Procedure(one))
	}
	return list
}

// stand is what the office's facts say of a person of a booking.
func (b Booking) stand(rx *store.Rx, tenant int, p Person) (s agree.Stand, err error) {
	s.Gen, s.Svc = p.Gen, names(p.Procs)
	if s.Link, s.NoCode, err = linkOf(rx, tenant, p.Link); err != nil {
		return s, err
	}
	s.Closed, s.Seen, err = b.closed(rx, tenant)
	return s, err
}

func names(procs slot.Procs) (list []string) {
	for _, p := range procs.List() {
		list = append(list, string(p))
	}
	return list
}

// closed reports whether the office has closed the day of a booking, and whether
// it knew of the booking then.
func (b Booking) closed(rx *store.Rx, tenant int) (closed, saw bool, err error) {
	seen, closed, err := seenAt(rx, tenant, b.WindowID, jpdate.Day(store.Day(b.Starts)))
	if err != nil || !closed {
		return false, false, err
	}
	placed, err := b.placed(rx, tenant)
	return true, agree.Seen(placed, seen), err
}

// placed is the number under which the office heard of the place of a booking: 0
// when it told us of it itself, -1 when it has not heard.
func (b Booking) placed(rx *store.Rx, tenant int) (int64, error) {
	if b.Theirs || b.PlacedEvent == byTheOffice {
		return 0, nil
	}
	seq, err := sync.SeqOf(rx, tenant, b.PlacedEvent)
	if err == nil && seq == 0 {
		return -1, nil
	}
	return int64(seq), err
}

// What stands for the event that placed a booking: that the office told us of it
// after our database was put back, and that it had not heard of it when it closed
// its day.
const (
	byTheOffice = "office"
	unseen      = "unseen"
)

// Refused ends the part of persons in a booking that the office does not accept:
// of the one named, or of all. It returns the booking before and after. Errors:
// fault.NotFound "booking.unknown".
func Refused(tx *store.Tx, tenant int, bookingID, link, code string) (m Moved, err error) {
	j := open(tx, tenant)
	b, err := j.withPersons(bookingID)
	if err != nil {
		return Moved{}, err
	}
	var links []string
	if link != "" {
		links = []string{link}
	}
	persons, err := b.concerned(links...)
	if err != nil {
		return Moved{}, err
	}
	m.Before = b.copied()
	if err := b.endByOffice(j, persons...); err != nil {
		return Moved{}, err
	}
	m.After = b
	if err := j.close(); err != nil {
		return Moved{}, err
	}
	detail := b.reception(persons...)
	detail["code"] = code
	return m, audit.Append(tx, "booking.refused", Object(tenant, b.ID), detail)
}

func (b Booking) copied() Booking {
	b.Persons = slices.Clone(b.Persons)
	return b
}

// endByOffice ends what persons have booked, below their visits; nobody else is
// touched. Of a booking of the office the office tells itself.
func (b *Booking) endByOffice(j *journal, persons ...*Person) error {
	held := b.seats()
	var ended []*Person
	for _, p := range persons {
		before, changed := p.Booked, false
		p.by(func(known *agree.Person) { changed = known.End() })
		if changed && before == Active {
			ended = append(ended, p)
		}
	}
	b.sum()
	if len(ended) > 0 && !b.Theirs {
		if err := b.tellEnd(j, "office", ended...); err != nil {
			return err
		}
	}
	if err := saveAll(j.tx, j.tenant, *b, j.last); err != nil {
		return err
	}
	return force(j.tx, j.tenant, b.Side, held, b.seats())
}

// LinkTold carries out what an event about a code does to the bookings of its
// person, at which both sides end those of the office by themselves. It returns
// those of ours that the person has left.
func LinkTold(tx *store.Tx, tenant int, link string, now agree.Link, effect agree.Effect) (left []Moved, err error) {
	if effect == agree.Leaves || effect == agree.Quarantine {
		return nil, nil
	}
	j := open(tx, tenant)
	if err := j.lock(link); err != nil {
		return nil, err
	}
	ids, err := boundTo(tx.Rx, tenant, link)
	if err != nil {
		return nil, err
	}
	if err := j.lockBookings(ids); err != nil { // all of them before any slot
		return nil, err
	}
	for _, id := range ids {
		b, err := known(ByID(tx.Rx, tenant, id))
		if err != nil {
			return nil, err
		}
		p := b.person(link)
		was := p.State
		m := Moved{Before: b.copied()}
		ends, stay := effect.Ends(now, p.Gen, names(p.Procs))
		switch {
		case ends:
			err = b.endByOffice(j, p)
		case len(stay) < len(p.Procs.List()):
			err = b.keepProcs(j, p, stay)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.After = b; ends && p.State != was && !b.Theirs {
			left = append(left, m)
		}
	}
	return left, j.close()
}

// DayClosed takes over the day-close of an office whose reception works without
// us. seen is the number of the last event that it had applied before: a booking
// that it could not know of is unreconciled and nobody is accused.
func DayClosed(tx *store.Tx, tenant int, windowID string, day jpdate.Day, seen int) (c Closed, err error) {
	if err := closeAt(tx, tenant, windowID, day, seen); err != nil {
		return Closed{}, err
	}
	ids, err := expectedOn(tx.Rx, tenant, windowID, day)
	if err != nil {
		return Closed{}, err
	}
	if _, err := each(tx, tenant, ids, func(j *journal, b *Booking) (bool, error) { return c.settleClosed(j, b) }); err != nil {
		return Closed{}, err
	}
	return c, audit.Append(tx, "booking.day_closed", fmt.Sprintf("tenant/%d/window/%s/day/%s", tenant, windowID, day), c)
}

// settleClosed decides about everybody in a booking of a closed day who did not
// come.
func (c *Closed) settleClosed(j *journal, b *Booking) (bool, error) {
	closed, saw, err := b.closed(j.tx.Rx, j.tenant)
	if err != nil || !closed {
		return false, err
	}
	var settled []*Person
	for i := range b.Persons {
		p, changed := &b.Persons[i], false
		p.by(func(known *agree.Person) {
			if b.Theirs {
				before := known.Booked
				known.SettleOwn()
				changed = known.Booked != before
				return
			}
			changed = known.Settle(saw)
		})
		if changed {
			settled = append(settled, p)
		}
	}
	if len(settled) == 0 {
		return false, nil
	}
	b.sum()
	t, count := unsureEvent, &c.Unreconciled
	if saw {
		t, count = noShowEvent, &c.NoShow
	}
	*count++
	if !b.Theirs {
		if err := j.tell(t, *b, settled...); err != nil {
			return false, err
		}
	}
	return true, saveAll(j.tx, j.tenant, *b, j.last)
}
