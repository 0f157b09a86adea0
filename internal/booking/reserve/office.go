package reserve

import (
	"cmp"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Placed is a booking that the office made from its own seats, or moved, as it
// tells us.
type Placed struct {
	Tenant  int
	ID      string // ULID of the office
	No      string // receipt number, '' where the office gave none
	SlotID  string
	Guests  []Guest           // without those who have left
	SlotsOf map[string]string // by code: another slot than that of the booking
	Units   map[string]int    // by code: seats that the person takes, where the office tells
	Booked  map[string]State  // by code: what became of the person, visits aside; Active for those not named
	Via     Via
	Rules   Rules
}

// PlaceOffice takes over a booking of the office: it replaces what was known of
// it, takes its seats whether there are any or not, and ends the part of its
// persons in bookings of ours, because the office's counts. It returns those
// bookings, as they were and as they are. Errors: fault.NotFound
// "member.unknown", "slot.unknown"; fault.Conflict "booking.exists" when the id
// is one of ours.
func PlaceOffice(tx *store.Tx, p Placed) (b Booking, ended []Moved, err error) {
	j := open(tx, p.Tenant)
	ids, err := p.lock(j)
	if err != nil {
		return Booking{}, nil, err
	}
	first, found, err := slot.ByID(tx.Rx, p.Tenant, p.SlotID)
	switch {
	case err != nil:
		return Booking{}, nil, err
	case !found:
		return Booking{}, nil, fault.New(fault.NotFound, "slot.unknown")
	}
	b, is, err := ByID(tx.Rx, p.Tenant, p.ID)
	if err != nil {
		return Booking{}, nil, err
	}
	if is && !b.Theirs {
		return Booking{}, nil, fault.New(fault.Conflict, "booking.exists")
	}
	held := b.seats()
	b.ID, b.Side, b.Via, b.Theirs, b.PlacedEvent = p.ID, slot.Office, p.Via, true, byTheOffice
	b.SlotID, b.WindowID, b.Starts, b.Minutes = first.ID, first.WindowID, first.Starts, first.Minutes
	fresh, err := p.persons(tx, &b)
	if err != nil {
		return Booking{}, nil, err
	}
	b.sum()
	if ended, err = b.overrule(j, ids); err != nil {
		return Booking{}, nil, err
	}
	if err := p.write(j, &b, is, fresh); err != nil {
		return Booking{}, nil, err
	}
	if err := force(tx, p.Tenant, b.Side, held, b.seats()); err != nil {
		return Booking{}, nil, err
	}
	if err := j.close(); err != nil {
		return Booking{}, nil, err
	}
	return b, ended, audit.Append(tx, "booking.office_placed", Object(p.Tenant, b.ID), b.trace(By{Via: p.Via}))
}

// lock locks the persons, then their open bookings and the one itself, and
// returns the ids of the former.
func (p Placed) lock(j *journal) (ids []string, err error) {
	links, err := linksOf(j.tx.Rx, p.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range p.Guests {
		links = append(links, g.Link)
	}
	if err := j.lock(links...); err != nil {
		return nil, err
	}
	for _, g := range p.Guests {
		of, err := boundTo(j.tx.Rx, p.Tenant, g.Link)
		if err != nil {
			return nil, err
		}
		ids = append(ids, of...)
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == p.ID })
	return ids, j.lockBookings(ids)
}

// overrule ends what those who are expected with a booking of the office have
// booked with us.
func (b Booking) overrule(j *journal, ids []string) (ended []Moved, err error) {
	for _, id := range ids {
		other, err := known(ByID(j.tx.Rx, j.tenant, id))
		if err != nil {
			return nil, err
		}
		if other.Theirs { // of its own bookings the office says itself what counts
			continue
		}
		var leaving []*Person
		for _, p := range b.in(Active) {
			if other.had(p.Link) && agree.Overruled(agree.Person{Booked: agree.State(other.person(p.Link).State)}) {
				leaving = append(leaving, other.person(p.Link))
			}
		}
		if len(leaving) == 0 {
			continue
		}
		m := Moved{Before: other.copied()}
		if err := other.endByOffice(j, leaving...); err != nil {
			return nil, err
		}
		m.After = other
		ended = append(ended, m)
	}
	return ended, nil
}

// persons brings the persons of a booking into line with those told: who is not
// named has left.
func (p Placed) persons(tx *store.Tx, b *Booking) (fresh []Person, err error) {
	terms, err := slot.ProcedureList(tx.Rx, p.Tenant)
	if err != nil {
		return nil, err
	}
	for i, q := range b.Persons {
		if !slices.ContainsFunc(p.Guests, func(g Guest) bool { return g.Link == q.Link }) && !q.Booked.Ended() {
			b.Persons[i].by(func(known *agree.Person) { known.Told(agree.Office, agree.Cancelled) })
		}
	}
	for _, g := range p.Guests {
		if !b.had(g.Link) {
			b.Persons = append(b.Persons, Person{Ord: len(b.Persons) + 1, Link: g.Link})
			fresh = append(fresh, Person{Link: g.Link})
		}
		q := b.person(g.Link)
		q.Gen, q.Procs, q.Units, q.SlotID = g.Gen, g.Procs, cmp.Or(p.Units[g.Link], slot.Units(terms, g.Procs, p.Rules.SumUnits)), b.SlotID
		if id := p.SlotsOf[g.Link]; id != "" {
			q.SlotID = id
		}
		q.by(func(known *agree.Person) { known.Told(agree.Office, agree.State(cmp.Or(p.Booked[g.Link], Active))) })
	}
	for i, q := range fresh {
		fresh[i] = *b.person(q.Link)
	}
	return fresh, nil
}

// write stores the booking and its persons.
func (p Placed) write(j *journal, b *Booking, is bool, fresh []Person) (err error) {
	if !is {
		b.MadeAt = j.tx.Now
		if b.Year, b.No, err = numberOf(j.tx, p.Tenant, *b, p.No); err != nil {
			return err
		}
		return insertBooking(j.tx, p.Tenant, *b, j.first)
	}
	for _, q := range b.Persons {
		if slices.ContainsFunc(fresh, func(f Person) bool { return f.Ord == q.Ord }) {
			if err := insertPerson(j.tx, p.Tenant, *b, q); err != nil {
				return err
			}
			continue
		}
		if err := savePlace(j.tx, p.Tenant, b.ID, q); err != nil {
			return err
		}
	}
	return saveAll(j.tx, p.Tenant, *b, j.last)
}

// EndOffice takes over that a booking of the office is over, or one person of
// it has left. Errors: fault.NotFound "booking.unknown", also for a booking of
// ours.
func EndOffice(tx *store.Tx, tenant int, bookingID, link, by string) (b Booking, err error) {
	j := open(tx, tenant)
	if b, err = j.withPersons(bookingID); err != nil {
		return Booking{}, err
	}
	var links []string
	if link != "" {
		links = []string{link}
	}
	persons, err := b.concerned(links...)
	if err != nil || !b.Theirs {
		return Booking{}, unknown()
	}
	if link == "" { // who has left before has left as was told then
		persons = slices.DeleteFunc(persons, func(p *Person) bool { return p.Booked.Ended() })
	}
	held := b.seats()
	for _, p := range persons {
		p.by(func(known *agree.Person) {
			if by == "office" {
				known.Told(agree.Office, agree.CancelledByOffice)
			} else {
				known.Told(agree.Office, agree.Cancelled)
			}
		})
	}
	b.sum()
	if err := saveAll(tx, tenant, b, j.last); err != nil {
		return Booking{}, err
	}
	if err := force(tx, tenant, b.Side, held, b.seats()); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, "booking.office_ended", Object(tenant, b.ID), b.reception(persons...))
}

// numberOf is the receipt number of a booking with the year in which it was
// made: the one given, where nobody has it, or the next of ours.
func numberOf(tx *store.Tx, tenant int, b Booking, wanted string) (year int, no string, err error) {
	if wanted == "" {
		return nextNumber(tx, tenant)
	}
	made, is := ulid.Time(b.ID)
	if !is {
		made = tx.Now
	}
	year = yearOf(made)
	if _, taken, err := ByNumber(tx.Rx, tenant, year, wanted); err != nil || !taken {
		return year, wanted, err
	}
	return nextNumber(tx, tenant)
}

func yearOf(at time.Time) int {
	year, _, _ := jpdate.Day(store.Day(at)).Parts()
	return year
}
