package counter

import (
	"slices"

	"kofu/internal/agree"
	"kofu/internal/card"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/visit"
)

// Give hands a card over and finishes the visit for which its holder is here:
// who came for more than the card stays until that is done too. Bookings of
// later days that are for nothing but the card are over; the booking service
// does the same when it hears that the code is closed. Errors: those of
// [visit.Give].
func Give(tx *store.Tx, ring *keyring.Ring, cardID int64, h visit.HandOver) (visit.Record, error) {
	r, err := visit.Give(tx, ring, cardID, h)
	if err != nil {
		return r, err
	}
	list, err := ofCard(tx.Rx, cardID)
	if err != nil {
		return r, err
	}
	if b, p := onVisit(tx.Rx, list, cardID); p != nil {
		if err := b.given(tx, p, r.EventID); err != nil {
			return r, err
		}
	}
	return r, dropLater(tx, list, cardID)
}

// onVisit is the person with the card in the booking of today with which they
// are here: who has been received comes first, then who is expected, then who
// is not, because whoever stands there came.
func onVisit(rx *store.Rx, list []Booking, cardID int64) (b *Booking, person *Person) {
	rank := []State{Arrived, Active, Missed, Again, Unreconciled, NoShow, Cancelled, CancelledByOffice}
	best := len(rank)
	for i := range list {
		if list[i].Day != rx.Today() && list[i].HereOn != rx.Today() {
			continue
		}
		for j := range list[i].Persons {
			p := &list[i].Persons[j]
			if at := slices.Index(rank, p.State()); p.CardID == cardID && at >= 0 && at < best {
				best, b, person = at, &list[i], p
			}
		}
	}
	return b, person
}

// given marks the person's card as handed over.
func (b *Booking) given(tx *store.Tx, p *Person, eventID int64) error {
	p.Given = eventID
	switch {
	case p.Svc == Procs(Receive):
		return b.mark(tx, p, ActFinish)
	case p.State() != Arrived:
		return b.mark(tx, p, ActArrive)
	}
	return b.mark(tx, p, "")
}

// mark does a step with a person whose hand-over has changed, or only saves them.
func (b *Booking) mark(tx *store.Tx, p *Person, a Act) error {
	if err := setGiven(tx, b.ID, p.Ord, p.Given); err != nil || a == "" {
		return err
	}
	return b.step(tx, p, a)
}

// dropLater ends what the person had booked of our seats for later days, to
// collect the card. What was booked with the booking service ends when the code
// is closed.
func dropLater(tx *store.Tx, list []Booking, cardID int64) error {
	for _, b := range list {
		for i := range b.Persons {
			p := &b.Persons[i]
			was := *p
			if b.Source != FromOffice || p.CardID != cardID || b.Day <= tx.Today() || p.Svc != Procs(Receive) || !p.End() {
				continue
			}
			if err := save(tx, b.ID, *p, was); err != nil {
				return err
			}
			if err := returnSeats(tx, b.WindowID, p.Starts, p.Units); err != nil {
				return err
			}
			if err := b.tellLeft(tx, "office", p); err != nil {
				return err
			}
		}
	}
	return nil
}

// UndoGive takes a hand-over back: the person is here again. Errors: those of
// [visit.Undo].
func UndoGive(tx *store.Tx, e card.Event, u card.Undoing) (card.Change, error) {
	change, err := visit.Undo(tx, e, u)
	if err != nil {
		return change, err
	}
	list, err := ofCard(tx.Rx, e.CardID)
	if err != nil {
		return change, err
	}
	for i := range list {
		for j := range list[i].Persons {
			p := &list[i].Persons[j]
			if p.Given != e.ID {
				continue
			}
			p.Given = 0
			a := ActUndo
			if p.Visits[agree.Office] != agree.IsDone {
				a = ""
			}
			if err := list[i].mark(tx, p, a); err != nil {
				return change, err
			}
		}
	}
	return change, nil
}
