package slot

import (
	"fmt"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Spread places persons in a slot and those that follow it without a gap: each
// slot takes all who still fit, nobody is divided. units are the seats that each
// person needs, own the seats of each slot that they give up for these. The
// result is the slot of each person. It reserves nothing; the seats are taken by
// [Take]. Errors: fault.NotFound "slot.unknown"; fault.Conflict
// "slot.no_neighbours", of one person "slot.full".
func Spread(rx *store.Rx, tenant int, w Want, units []int, own map[string]int) (places []string, err error) {
	first, found, err := ByID(rx, tenant, w.SlotID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "slot.unknown")
	}
	following, err := after(rx, tenant, first)
	if err != nil {
		return nil, err
	}
	places = make([]string, len(units))
	left, begins := len(units), first.Starts
	for _, s := range append([]Slot{first}, following...) {
		if s.Starts != begins || left == 0 || !s.Procs.allows(w.Procs) {
			break
		}
		begins = s.ends()
		n := s.seat(places, units, s.left(w.Side)+own[s.ID])
		if n == 0 {
			break
		}
		left -= n
	}
	if left > 0 && len(units) == 1 {
		return nil, fault.New(fault.Conflict, "slot.full", "time", first.clock())
	}
	if left > 0 {
		return nil, fault.New(fault.Conflict, "slot.no_neighbours", "time", first.clock(), "wanted", fmt.Sprint(len(units)))
	}
	return places, nil
}

// seat gives a place in the slot to everybody without one who still fits.
func (s Slot) seat(places []string, units []int, free int) (n int) {
	for i, need := range units {
		if places[i] == "" && need <= free {
			places[i] = s.ID
			free -= need
			n++
		}
	}
	return n
}

// left are the seats of a side that nobody has; deadlines are Take's matter.
func (s Slot) left(side Side) int {
	if side == Web {
		return s.WebOpen - s.WebTaken
	}
	return s.OfficeFree()
}

// Force takes seats for somebody who stands at the window, whether there are any
// or not: the excess is counted as «over».
func Force(tx *store.Tx, tenant int, slotID string, side Side, seats int) error {
	query := forceWeb
	if side == Office {
		query = forceOffice
	}
	n, err := tx.Exec(query, tenant, slotID, seats)
	if err == nil && n != 1 {
		err = fault.New(fault.NotFound, "slot.unknown")
	}
	return err
}

// OnDay returns the slots of a window on a day, in order.
func OnDay(rx *store.Rx, tenant int, windowID string, day jpdate.Day) ([]Slot, error) {
	return slots(rx, onDay, tenant, windowID, day)
}

// Present returns the slot of a window that is under way: the last that has
// begun today or, before the first, that one. It is false on a day without
// slots.
func Present(rx *store.Rx, tenant int, windowID string) (present Slot, found bool, err error) {
	today, err := OnDay(rx, tenant, windowID, jpdate.Day(rx.Today()))
	for _, s := range today {
		if !found || !s.Starts.After(rx.Now) {
			present, found = s, true
		}
	}
	return present, found, err
}

// CalendarOf is the calendar by which the business days of a window count.
// Errors: fault.NotFound "slot.window_unknown".
func CalendarOf(rx *store.Rx, tenant int, windowID string) (jpdate.Calendar, error) {
	r, err := rulesOf(rx, tenant, windowID)
	return r.calendar(), err
}

// Ends is the instant at which the slot is over.
func (s Slot) Ends() time.Time { return s.ends() }
