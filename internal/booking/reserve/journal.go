package reserve

import (
	"maps"
	"slices"

	"kofu/internal/booking/member"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/store"
)

// journal writes the events of one act. Every row that an act locks is marked
// with the id of its first event, and gives back the last event that it knows:
// the ids of the act follow the greatest of those, so that what happened to one
// person is told in its order, whatever the clocks of the servers say.
type journal struct {
	tx     *store.Tx
	tenant int
	first  string          // with which rows are marked
	floor  string          // greatest that the rows knew
	last   string          // written last, '' before
	links  map[string]bool // locked
	nocode map[string]bool // of those looked up: without a code of the office
}

func open(tx *store.Tx, tenant int) *journal {
	return &journal{tx: tx, tenant: tenant, first: ulid.New(tx.Now), links: map[string]bool{}, nocode: map[string]bool{}}
}

// lock locks members in ascending order, before any booking.
func (j *journal) lock(links ...string) error {
	sorted := slices.Sorted(slices.Values(links))
	for _, link := range slices.Compact(sorted) {
		if link == "" || j.links[link] { // anonymous, or locked before
			continue
		}
		last, err := member.Mark(j.tx, j.tenant, link, j.first)
		if err != nil {
			return err
		}
		j.locked(link, last)
	}
	return nil
}

func (j *journal) locked(link, last string) {
	j.links[link] = true
	j.floor = max(j.floor, last)
}

// booking locks a booking and returns it. Errors: fault.NotFound
// "booking.unknown".
func (j *journal) booking(id string) (Booking, error) {
	last, err := lock(j.tx, j.tenant, id, j.first)
	if err != nil {
		return Booking{}, err
	}
	j.floor = max(j.floor, last)
	return known(ByID(j.tx.Rx, j.tenant, id))
}

// withPersons locks the persons of a booking and then the booking.
func (j *journal) withPersons(id string) (Booking, error) {
	links, err := linksOf(j.tx.Rx, j.tenant, id)
	if err != nil {
		return Booking{}, err
	}
	if err := j.lock(links...); err != nil {
		return Booking{}, err
	}
	return j.booking(id)
}

// put writes an event about a booking or a member.
func (j *journal) put(body event.Body) error {
	switch {
	case j.last != "":
		j.last = ulid.After(j.tx.Now, j.last)
	case j.floor > j.first:
		j.last = ulid.After(j.tx.Now, j.floor)
	default:
		j.last = j.first
	}
	return sync.Put(j.tx, j.tenant, j.last, body)
}

// close marks the members with the last event, where it is not the one that
// they were marked with. Bookings are marked when they are saved.
func (j *journal) close() error {
	if j.last == "" || j.last == j.first {
		return nil
	}
	for _, link := range slices.Sorted(maps.Keys(j.links)) {
		if _, err := member.Mark(j.tx, j.tenant, link, j.last); err != nil {
			return err
		}
	}
	return nil
}

// place tells the office where a booking is: a new one, or what replaces what it
// knew.
func (j *journal) place(b *Booking, was string, isNew bool) error {
	placed := event.Placed{
		Booking: b.ID, Was: was, No: b.No, Window: b.WindowID, Start: event.Start(b.Starts),
		Min: b.Minutes, Party: len(b.Live()), Units: b.Units(), Seat: string(b.Side), Via: string(b.Via), Lang: b.Lang,
	}
	for _, p := range b.Persons {
		if p.Booked.Ended() {
			continue
		}
		m, err := j.guest(*b, p)
		if err != nil {
			return err
		}
		placed.Members = append(placed.Members, m)
	}
	var body event.Body = event.BookingMoved(placed)
	if isNew {
		body = event.BookingCreated(placed)
	}
	if err := j.put(body); err != nil {
		return err
	}
	b.PlacedEvent = j.last
	return nil
}

// guest is a person of a booking as the office hears of them.
func (j *journal) guest(b Booking, p Person) (event.Member, error) {
	m := event.Member{Link: p.Link, Gen: p.Gen, Units: p.Units}
	for _, one := range p.Procs.List() {
		m.Svc = append(m.Svc, string(one))
	}
	if p.SlotID != b.SlotID {
		m.Start = startOf(p.SlotID, b.WindowID)
	}
	nocode, known := j.nocode[p.Link]
	if !known {
		is, _, err := member.ByLink(j.tx.Rx, j.tenant, p.Link)
		if err != nil {
			return event.Member{}, err
		}
		nocode = is.IsKey
	}
	m.NoCode = nocode
	if p.Booked != Active { // missed, and here after all
		m.Booked = string(p.Booked)
	}
	return m, nil
}

// tell writes an event about persons of a booking: one for all who are in it, or
// one each. A visit names the person always, since one side may know of people
// who were there all the same.
func (j *journal) tell(t event.Type, b Booking, persons ...*Person) error {
	visit := t == arrivedEvent || t == doneEvent || t == againEvent || t == undoneEvent
	if !visit && (len(persons) == len(b.Live()) || len(persons) == len(b.Persons)) {
		return j.put(of(t, event.OfBooking{Booking: b.ID}))
	}
	for _, p := range persons {
		if err := j.put(of(t, event.OfBooking{Booking: b.ID, Link: p.Link})); err != nil {
			return err
		}
	}
	return nil
}

// The events about persons of a booking.
var (
	arrivedEvent = event.VisitArrived{}.Type()
	doneEvent    = event.VisitDone{}.Type()
	againEvent   = event.VisitAgain{}.Type()
	undoneEvent  = event.VisitUndo{}.Type()
	missedEvent  = event.BookingMissed{}.Type()
	noShowEvent  = event.BookingNoShow{}.Type()
	unsureEvent  = event.BookingUnreconciled{}.Type()
)

func of(t event.Type, o event.OfBooking) event.Body {
	switch t {
	case arrivedEvent:
		return event.VisitArrived(o)
	case doneEvent:
		return event.VisitDone(o)
	case againEvent:
		return event.VisitAgain(o)
	case undoneEvent:
		return event.VisitUndo(o)
	case missedEvent:
		return event.BookingMissed(o)
	case noShowEvent:
		return event.BookingNoShow(o)
	default:
		return event.BookingUnreconciled(o)
	}
}

// startOf is the start of a slot of a window.
func startOf(slotID, windowID string) string { return slotID[len(windowID)+1:] + ":00+09:00" }
