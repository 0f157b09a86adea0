package counter

import (
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/store"
)

// Guest is one person to be booked.
type Guest struct {
	CardID int64
	Procs  []string
}

// New is a booking of office seats.
type New struct {
	WindowID string
	Starts   time.Time
	Via      string // ByPhone, AtCounter
	Guests   []Guest
}

const mostGuests = 20

// Book gives office seats away, for everybody named or for nobody. It works
// without the booking service, which hears of it with the next exchange. Errors:
// fault.NotFound "counter.unknown_window"; fault.Invalid "counter.no_guest",
// "counter.bad_request", "counter.no_procedure"; fault.Conflict
// "counter.seats_elsewhere" where the booking service gives them away,
// "counter.no_slot", "counter.slot_procedure", "counter.full", and of a person
// "counter.booked_already", "counter.not_ready".
func Book(tx *store.Tx, n New) (Booking, error) {
	b, err := n.booking(tx)
	if err != nil {
		return Booking{}, err
	}
	s, err := open(tx.Rx, b)
	if err != nil {
		return Booking{}, err
	}
	b.Minutes = s.Minutes
	if err := takeSeats(tx, b.WindowID, b.Starts, b.units()); err != nil {
		return Booking{}, err
	}
	if b.No, err = nextNumber(tx.Rx, tx.Today()[5:7]+"-9", tx.Today()[:5], 4); err != nil {
		return Booking{}, err
	}
	if err := insert(tx, b); err != nil {
		return Booking{}, err
	}
	if err := b.tellPlace(tx); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, "counter.booked", object(b.ID), map[string]any{
		"window": b.WindowID, "starts": store.Stamp(b.Starts), "persons": len(b.Persons), "via": b.Via,
	})
}

// booking is the booking that is asked for, its persons checked.
func (n New) booking(tx *store.Tx) (Booking, error) {
	if n.Via != ByPhone && n.Via != AtCounter || len(n.Guests) > mostGuests {
		return Booking{}, fault.New(fault.Invalid, "counter.bad_request")
	}
	if len(n.Guests) == 0 {
		return Booking{}, fault.New(fault.Invalid, "counter.no_guest")
	}
	starts := n.Starts.UTC()
	b := Booking{
		ID: ulid.New(tx.Now), Source: FromOffice, WindowID: n.WindowID, Starts: starts, Day: dayOf(starts), Seat: string(Office), Via: n.Via,
		KnownAt: store.Stamp(tx.Now), By: tx.Actor.Name,
	}
	for i, g := range n.Guests {
		p, err := g.person(tx.Rx)
		if err != nil {
			return Booking{}, err
		}
		if slices.ContainsFunc(b.Persons, func(other Person) bool { return other.CardID == p.CardID }) {
			return Booking{}, fault.New(fault.Invalid, "counter.bad_request")
		}
		p.Ord, p.Starts = i+1, starts
		b.Persons = append(b.Persons, p)
	}
	return b, nil
}

// person checks that somebody can be booked.
func (g Guest) person(rx *store.Rx) (Person, error) {
	procs, err := ParseProcs(g.Procs...)
	if err != nil {
		return Person{}, err
	}
	c, err := card.ByID(rx, g.CardID)
	if err != nil {
		return Person{}, err
	}
	if procs.Has(Receive) && !Collectable(c) {
		return Person{}, fault.New(fault.Conflict, "counter.not_ready", "no", c.NoticeNo)
	}
	list, err := ofCard(rx, c.ID)
	if err != nil {
		return Person{}, err
	}
	for _, b := range list {
		if b.expects(c.ID) {
			return Person{}, fault.New(fault.Conflict, "counter.booked_already", "no", c.NoticeNo, "booking", b.No,
				"at", b.Starts.In(store.Tokyo).Format("2006-01-02 15:04"))
		}
	}
	units, err := unitsOf(rx, procs)
	if err != nil {
		return Person{}, err
	}
	p := Person{CardID: c.ID, Gen: 1, Svc: procs, Procs: procs, Units: units, Person: agree.Person{Booked: Active}}
	l, linked, err := link.ByCard(rx, c.ID)
	if linked && l.State != agree.Closed && l.State != agree.Withdrawn {
		p.Link, p.Gen = l.ID, l.Gen
	}
	return p, err
}

// Collectable reports whether a card waits for its holder.
func Collectable(c card.Card) bool { return problemOf(c.Procedure, card.Vault, c.Stops) == "" }

// open is the slot of a booking, at a window whose seats are ours.
func open(rx *store.Rx, b Booking) (Slot, error) {
	w, err := WindowByID(rx, b.WindowID)
	if err != nil {
		return Slot{}, err
	}
	if w.Seats != Office {
		return Slot{}, fault.New(fault.Conflict, "counter.seats_elsewhere", "window", w.Name)
	}
	s, found, err := slotAt(rx, b.WindowID, b.Starts)
	if err != nil {
		return Slot{}, err
	}
	if !found || w.Closed || !b.Starts.After(rx.Now) {
		return Slot{}, fault.New(fault.Conflict, "counter.no_slot")
	}
	for _, p := range b.Live() {
		if !s.Procs.allows(p.Procs) {
			return Slot{}, fault.New(fault.Conflict, "counter.slot_procedure")
		}
	}
	return s, nil
}

// Room are the next slots of a window after that of a booking in which everybody
// has an office seat.
func Room(rx *store.Rx, b Booking, w Window, limit int) (free []Slot, err error) {
	if w.Seats != Office {
		return nil, nil
	}
	list, err := slotsWithRoom(rx, w.ID, b.units(), b.Starts)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		serves := !slices.ContainsFunc(b.Live(), func(p Person) bool { return !s.Procs.allows(p.Procs) })
		if serves && len(free) < limit {
			free = append(free, s)
		}
	}
	return free, nil
}

func (b Booking) units() (n int) {
	for _, p := range b.Live() {
		n += p.Units
	}
	return n
}

// tellPlace tells the booking service where a booking of the office is. Who has
// no code is not in it, and neither is how many those are.
func (b *Booking) tellPlace(tx *store.Tx) error {
	e := event.BookingOffice{
		Booking: b.ID, No: b.No, Window: b.WindowID, Start: event.Start(b.Starts), Min: b.Minutes, Via: b.Via, Members: []event.Member{},
	}
	for _, p := range b.Persons {
		if p.Link == "" || !p.In() {
			continue
		}
		m := event.Member{Link: p.Link, Gen: p.Gen, Svc: p.Procs.List(), Units: p.Units}
		if p.Booked != Active {
			m.Booked = string(p.Booked)
		}
		e.Members = append(e.Members, m)
		e.Party, e.Units = e.Party+1, e.Units+p.Units
	}
	if e.Party == 0 {
		return nil
	}
	return emit(tx, e)
}

// Move brings a booking of office seats to another slot. Errors: as [Book];
// fault.Conflict "counter.not_ours", "counter.state".
func Move(tx *store.Tx, bk, windowID string, starts time.Time) (Booking, error) {
	b, err := ByID(tx.Rx, bk)
	if err != nil {
		return b, err
	}
	if b.Source != FromOffice {
		return b, fault.New(fault.Conflict, "counter.not_ours", "no", b.No)
	}
	if len(b.in(Active)) == 0 || len(b.in(Arrived, Visited, Again)) > 0 {
		return b, wrongState(b, b.State())
	}
	was := b
	b.WindowID, b.Starts, b.Day, b.KnownAt = windowID, starts.UTC(), dayOf(starts), store.Stamp(tx.Now)
	s, err := open(tx.Rx, b)
	if err != nil {
		return b, err
	}
	b.Minutes = s.Minutes
	if err := returnSeats(tx, was.WindowID, was.Starts, was.units()); err != nil {
		return b, err
	}
	if err := takeSeats(tx, b.WindowID, b.Starts, b.units()); err != nil {
		return b, err
	}
	if err := place(tx, b); err != nil {
		return b, err
	}
	for i := range b.Persons {
		p := b.Persons[i]
		b.Persons[i].Starts = b.Starts
		if err := save(tx, b.ID, b.Persons[i], p); err != nil {
			return b, err
		}
	}
	if err := b.tellPlace(tx); err != nil {
		return b, err
	}
	return b, audit.Append(tx, "counter.moved", object(b.ID), map[string]any{"window": b.WindowID, "starts": store.Stamp(b.Starts)})
}

// leaveHere takes persons out of a booking of the office, or out of a visit
// without one; the seats of who had not come are free again. Those of the booking
// service are cancelled there.
func leaveHere(tx *store.Tx, b *Booking, persons []*Person) error {
	var left []*Person
	for _, p := range persons {
		if p.State() == Arrived {
			if err := b.step(tx, p, ActUndo); err != nil {
				return err
			}
		}
		if !p.In() { // was over below the visit
			continue
		}
		left = append(left, p)
		was := *p
		p.Told(b.owner(), Cancelled)
		p.DoneAt = store.Stamp(tx.Now)
		if err := save(tx, b.ID, *p, was); err != nil {
			return err
		}
		if b.Source == FromOffice {
			if err := returnSeats(tx, b.WindowID, p.Starts, p.Units); err != nil {
				return err
			}
		}
	}
	if b.Source == FromOffice {
		if err := b.tellLeft(tx, "resident", left...); err != nil {
			return err
		}
	}
	return audit.Append(tx, "counter.leave", object(b.ID), map[string]any{"persons": ordinals(persons), "state": b.State()})
}

// tellLeft tells who has left a booking of the office, or that nobody is left.
func (b *Booking) tellLeft(tx *store.Tx, by string, persons ...*Person) error {
	if !slices.ContainsFunc(b.Persons, func(p Person) bool { return p.Link != "" && p.In() }) {
		if slices.ContainsFunc(persons, func(p *Person) bool { return p.Link != "" }) {
			return emit(tx, event.BookingCancelled{Booking: b.ID, By: by})
		}
		return nil
	}
	for _, p := range persons {
		if p.Link == "" {
			continue
		}
		if err := emit(tx, event.BookingLeft{Booking: b.ID, Link: p.Link, By: by}); err != nil {
			return err
		}
	}
	return nil
}

// expects reports whether the holder of a card may still come with the booking.
func (b Booking) expects(cardID int64) bool {
	return slices.ContainsFunc(b.Persons, func(p Person) bool { return p.CardID == cardID && p.expected() })
}
