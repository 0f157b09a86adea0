package counter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/store"
)

// Hear carries out an event of the booking service about windows, bookings or
// visits; seq is its number. handled is false for events about anything else.
// What the staff must hear of comes back.
func Hear(tx *store.Tx, seq int64, b event.Body) (found []Finding, handled bool, err error) {
	switch e := b.(type) {
	case event.ConfigRules:
		err = setRules(tx, e)
	case event.ConfigWindow, event.ConfigCapacity:
		found, err = configure(tx, e)
	case event.BookingCreated:
		found, err = put(tx, seq, event.Placed(e))
	case event.BookingMoved:
		found, err = put(tx, seq, event.Placed(e))
	case event.BookingLeft:
		err = told(tx, e.Booking, e.Link, endedBy(e.By))
	case event.BookingCancelled:
		err = told(tx, e.Booking, "", endedBy(e.By))
	case event.BookingMissed:
		err = told(tx, e.Booking, e.Link, Missed)
	case event.BookingNoShow:
		err = told(tx, e.Booking, e.Link, NoShow)
	case event.BookingUnreconciled:
		err = told(tx, e.Booking, e.Link, Unreconciled)
	case event.VisitArrived:
		found, err = received(tx, event.OfBooking(e), agree.Arrive)
	case event.VisitDone:
		found, err = received(tx, event.OfBooking(e), agree.Finish)
	case event.VisitAgain:
		found, err = received(tx, event.OfBooking(e), agree.Return)
	case event.VisitUndo:
		found, err = received(tx, event.OfBooking(e), agree.Undo)
	default:
		return nil, false, nil
	}
	return found, true, err
}

func endedBy(by string) State {
	if by == "office" {
		return CancelledByOffice
	}
	return Cancelled
}

// put takes over a booking in its place: a new one, or one that was moved or has
// other members than before.
func put(tx *store.Tx, seq int64, e event.Placed) (found []Finding, err error) {
	starts, err := startOf(e.Start)
	if err != nil {
		return nil, err
	}
	if err := known(tx, e.Window); err != nil {
		return nil, err
	}
	b, was, err := find(tx.Rx, e.Booking)
	if err != nil {
		return nil, err
	}
	if !was || !b.Starts.Equal(starts) || b.WindowID != e.Window {
		b.KnownAt = store.Stamp(tx.Now)
	}
	b.ID, b.Source, b.No, b.WindowID, b.Starts, b.Day, b.Seq = e.Booking, FromCloud, e.No, e.Window, starts, dayOf(starts), seq
	b.Minutes, b.Seat, b.Via, b.Lang = e.Min, e.Seat, e.Via, e.Lang
	if was {
		err = place(tx, b)
	} else {
		err = insert(tx, b)
	}
	if err != nil {
		return nil, err
	}
	if e.Was != "" && e.Was != e.Booking {
		if err := told(tx, e.Was, "", Cancelled); err != nil {
			return nil, err
		}
	}
	return members(tx, b, e)
}

// members brings the persons of a booking up to date and judges them.
func members(tx *store.Tx, b Booking, e event.Placed) (found []Finding, err error) {
	for _, p := range b.Persons {
		if !p.In() || slices.ContainsFunc(e.Members, func(m event.Member) bool { return m.Link == p.Link }) {
			continue
		}
		was := p
		p.Told(b.owner(), Cancelled)
		if err := save(tx, b.ID, p, was); err != nil {
			return nil, err
		}
	}
	for _, m := range e.Members {
		f, err := member(tx, &b, e, m)
		if err != nil {
			return nil, err
		}
		found = append(found, f...)
	}
	return found, nil
}

// member brings one person to the place that the booking service tells.
func member(tx *store.Tx, b *Booking, e event.Placed, m event.Member) ([]Finding, error) {
	starts, err := startOf(cmp.Or(m.Start, e.Start))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(b.Persons, func(p Person) bool { return p.Link == m.Link })
	p := Person{Ord: len(b.Persons) + 1, Link: m.Link}
	if at >= 0 {
		p = b.Persons[at]
	}
	was := p
	p.Gen, p.NoCode, p.Svc, p.Starts, p.Units = m.Gen, m.NoCode, Procs(strings.Join(m.Svc, " ")), starts, unitsIn(m.Units, e.Units, e.Party)
	p.Told(b.owner(), cmp.Or(State(m.Booked), Active))
	found, err := judge(tx, *b, &p)
	if err != nil {
		return nil, err
	}
	if at >= 0 {
		return found, save(tx, b.ID, p, was)
	}
	b.Persons = append(b.Persons, p)
	one := *b
	one.Persons = []Person{p}
	return found, insertPersons(tx, one)
}

// unitsIn is how many seats a person takes: those told, or where none are an equal
// share of those of the booking.
func unitsIn(told, all, party int) int { return cmp.Or(told, max(1, all/max(1, party))) }

// startOf reads the beginning of a slot, whose form has been checked.
func startOf(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("start of a slot: %w", err)
	}
	return t.UTC(), nil
}

// owner is the side that says what becomes of the booking.
func (b Booking) owner() agree.Side {
	if b.Source == FromCloud {
		return agree.Cloud
	}
	return agree.Office
}

// told takes over what the booking service says of one person of a booking of
// its own, or of everybody who has not left.
func told(tx *store.Tx, bk, link string, s State) error {
	return each(tx, bk, link, func(b Booking, p *Person) error {
		if b.Source == FromCloud {
			p.Told(b.owner(), s)
		}
		return nil
	})
}

// received takes over a step of the reception of the booking service. After one
// that was taken back the booking counts again, and is judged.
func received(tx *store.Tx, e event.OfBooking, s agree.Step) (found []Finding, err error) {
	err = each(tx, e.Booking, e.Link, func(b Booking, p *Person) error {
		p.Record(agree.Cloud, s)
		switch p.Visits[agree.Cloud] {
		case agree.Nothing:
			p.ArrivedAt, p.DoneAt = "", ""
		case agree.HasCome:
			p.ArrivedAt, p.DoneAt = cmp.Or(p.ArrivedAt, store.Stamp(tx.Now)), ""
		default:
			p.DoneAt = store.Stamp(tx.Now)
		}
		f, err := judge(tx, b, p)
		found = append(found, f...)
		return err
	})
	return found, err
}

// each changes one person of a booking, or everybody who has not left; a booking
// that is not known here has nobody.
func each(tx *store.Tx, bk, link string, change func(Booking, *Person) error) error {
	b, known, err := find(tx.Rx, bk)
	if err != nil || !known {
		return err
	}
	for _, p := range b.Persons {
		if link != "" && p.Link != link || link == "" && !p.In() {
			continue
		}
		was := p
		if err := change(b, &p); err != nil {
			return err
		}
		if err := save(tx, b.ID, p, was); err != nil {
			return err
		}
	}
	return nil
}
