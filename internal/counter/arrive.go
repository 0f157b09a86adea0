package counter

import (
	"cmp"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// Visit says who stands at which window.
type Visit struct {
	WindowID string
	Entry    string // what was scanned or typed
	Here     bool   // a booking of another day or window is received here and now
}

// Arrival is what reception learns from an entry.
type Arrival struct {
	Found
	Done        bool // the arrival is recorded; otherwise one of these warnings holds
	OtherDay    bool // booked for another day
	OtherWindow bool // booked for another window
	None        bool // no booking: the person can be received without one
	Again       bool // had been received before, nothing was changed
}

// Arrive records that the persons of a booking have come, late ones included. One
// of another day or window comes back with the warning unless the visit says
// Here, and so does a card without a booking. Errors: those of [Find],
// fault.NotFound "counter.unknown_window", fault.Conflict "counter.state".
func Arrive(tx *store.Tx, ring *keyring.Ring, v Visit) (a Arrival, err error) {
	if _, err := WindowByID(tx.Rx, v.WindowID); err != nil {
		return a, err
	}
	if a.Found, err = Find(tx.Rx, ring, v.Entry); err != nil {
		return a, err
	}
	if a.Booking.ID == "" {
		a.None = true
		return a, nil
	}
	a.OtherDay = a.Booking.Day != tx.Today() && a.Booking.HereOn != tx.Today()
	a.OtherWindow = a.Booking.WindowID != v.WindowID && a.Booking.Here != v.WindowID
	if len(a.Booking.in(Arrived)) > 0 && len(a.Booking.in(Active, Missed)) == 0 && !a.OtherDay {
		a.Again = true
		return a, nil
	}
	if (a.OtherDay || a.OtherWindow) && !v.Here {
		return a, nil
	}
	if a.OtherDay || a.OtherWindow {
		if err := setHere(tx, a.Booking.ID, v.WindowID, tx.Today()); err != nil {
			return a, err
		}
	}
	a.Booking, err = Do(tx, a.Booking.ID, ActArrive, nil)
	a.Done = err == nil
	return a, err
}

// Do performs an act of reception on persons of a booking, by their ordinals; on
// none named, on everybody with whom it is possible. Errors: fault.NotFound
// "counter.unknown"; fault.Conflict "counter.state", "counter.not_ours",
// "counter.given" for an act that the hand-over did, "counter.changed_meanwhile".
func Do(tx *store.Tx, bk string, a Act, ords []int) (Booking, error) {
	b, err := ByID(tx.Rx, bk)
	if err != nil {
		return b, err
	}
	if _, known := steps[a]; !known && a != ActLeave {
		return b, fault.New(fault.Invalid, "counter.unknown_act")
	}
	if a == ActLeave && b.Source == FromCloud {
		return b, fault.New(fault.Conflict, "counter.not_ours", "no", b.No)
	}
	persons, err := b.chosen(a, ords)
	if err != nil {
		return b, err
	}
	if a == ActLeave {
		return b, leaveHere(tx, &b, persons)
	}
	for _, p := range persons {
		if err := b.step(tx, p, a); err != nil {
			return b, err
		}
	}
	if a == ActUndo && b.HereOn != "" && len(b.in(Arrived, Visited, Again)) == 0 { // nobody is here any more
		if err := setHere(tx, b.ID, "", ""); err != nil {
			return b, err
		}
	}
	if b, err = ByID(tx.Rx, bk); err != nil {
		return b, err
	}
	return b, audit.Append(tx, "counter."+string(a), object(b.ID), map[string]any{"persons": ordinals(persons), "state": b.State()})
}

func ordinals(persons []*Person) []int {
	list := make([]int, len(persons))
	for i, p := range persons {
		list[i] = p.Ord
	}
	return list
}

// step moves one person and tells the booking service. After one that was taken
// back the booking counts again, and is judged.
func (b *Booking) step(tx *store.Tx, p *Person, a Act) error {
	was := *p
	if a == ActUndo && p.Given != 0 && p.Visits[agree.Office] == agree.IsDone {
		return fault.New(fault.Conflict, "counter.given", "no", b.No)
	}
	p.Record(agree.Office, steps[a])
	switch p.Visits[agree.Office] {
	case agree.Nothing:
		p.ArrivedAt, p.DoneAt = "", ""
	case agree.HasCome:
		p.ArrivedAt, p.DoneAt = cmp.Or(p.ArrivedAt, store.Stamp(tx.Now)), ""
	default:
		p.ArrivedAt, p.DoneAt = cmp.Or(p.ArrivedAt, store.Stamp(tx.Now)), store.Stamp(tx.Now)
	}
	if err := b.tell(tx, *p, a); err != nil {
		return err
	}
	if a == ActUndo {
		if _, err := judge(tx, *b, p); err != nil { // it counts again
			return err
		}
	}
	return save(tx, b.ID, *p, was)
}

// tell writes into the log what the booking service must hear: it knows neither
// visits without a booking nor persons without a code.
func (b *Booking) tell(tx *store.Tx, p Person, a Act) error {
	if b.Source == FromVisit || p.Link == "" {
		return nil
	}
	about := event.OfBooking{Booking: b.ID, Link: p.Link}
	switch a {
	case ActArrive:
		return emit(tx, event.VisitArrived(about))
	case ActFinish:
		return emit(tx, event.VisitDone(about))
	case ActAgain:
		return emit(tx, event.VisitAgain(about))
	case ActUndo:
		return emit(tx, event.VisitUndo(about))
	}
	return nil
}

// WalkIn receives somebody without a booking. Errors: fault.NotFound
// "counter.unknown_window", "card.not_found"; fault.Invalid
// "counter.no_procedure", "counter.unknown_procedure"; fault.Conflict
// "counter.here_already".
func WalkIn(tx *store.Tx, windowID string, cardID int64, procedures ...string) (Booking, error) {
	if _, err := WindowByID(tx.Rx, windowID); err != nil {
		return Booking{}, err
	}
	procs, err := ParseProcs(procedures...)
	if err != nil {
		return Booking{}, err
	}
	if cardID != 0 {
		if err := notHere(tx.Rx, cardID); err != nil {
			return Booking{}, err
		}
	}
	no, err := nextNumber(tx.Rx, "W"+tx.Today()[8:]+"-", tx.Today(), 3)
	if err != nil {
		return Booking{}, err
	}
	b := Booking{
		ID: ulid.New(tx.Now), Source: FromVisit, No: no, WindowID: windowID, Starts: tx.Now, Day: tx.Today(), Via: OnVisit,
		KnownAt: store.Stamp(tx.Now), By: tx.Actor.Name,
		Persons: []Person{{Ord: 1, CardID: cardID, Gen: 1, Procs: procs, Units: 1, Starts: tx.Now, Svc: procs, Person: agree.Person{Booked: Active, Visits: [2]agree.Visit{agree.HasCome}}, ArrivedAt: store.Stamp(tx.Now)}},
	}
	if err := insert(tx, b); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, "counter.walk_in", object(b.ID), map[string]any{"window": windowID, "procs": procs})
}

// notHere refuses a second visit beside one that goes on.
func notHere(rx *store.Rx, cardID int64) error {
	if _, err := card.ByID(rx, cardID); err != nil {
		return err
	}
	list, err := ofCard(rx, cardID)
	for _, b := range list {
		if b.stateOf(cardID) == Arrived {
			return fault.New(fault.Conflict, "counter.here_already", "no", b.No)
		}
	}
	return err
}
