// Package board reads what the screens of the staff show across the booking
// service: who comes on a day and how far they are. It joins the tables of
// several packages and writes none.
package board

import (
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Visit is one booking on a day: a party is one line.
type Visit struct {
	BookingID string
	No        string
	WindowID  string
	SlotID    string
	Starts    time.Time
	Minutes   int
	Side      slot.Side
	Via       reserve.Via
	State     reserve.State
	Counter   string    // that has called them, '' before
	ArrivedAt time.Time // of the first of them, zero before
	Persons   int       // who have not left
	Procs     slot.Procs
}

// Stage is how far a visit is, as the board counts it.
type Stage string

// The stages. A visit that was cancelled, or is not certain yet, has none.
const (
	Booked  Stage = "booked"  // will come
	Late    Stage = "late"    // expected, and the minutes of grace are over
	Arrived Stage = "arrived" // is here and waits
	Serving Stage = "serving" // was called to a counter
	Done    Stage = "done"    // was here
	Missed  Stage = "missed"  // did not come, for good or as far as is known
	None    Stage = ""
)

// Stage is how far the visit is at an instant; late is after how many minutes
// others go first at its window.
func (v Visit) Stage(now time.Time, late int) Stage {
	switch v.State {
	case reserve.Active:
		if now.After(v.Starts.Add(time.Duration(late) * time.Minute)) {
			return Late
		}
		return Booked
	case reserve.Arrived:
		if v.Counter != "" {
			return Serving
		}
		return Arrived
	case reserve.Visited, reserve.Again:
		return Done
	case reserve.Missed, reserve.NoShow, reserve.Unreconciled:
		return Missed
	}
	return None
}

// Day returns the visits of a window on a day in the order of their times,
// cancelled ones included.
func Day(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (list []Visit, err error) {
	if list, err = visits(rx, tenant, windowID, day); err != nil {
		return nil, err
	}
	return list, addPersons(rx, tenant, windowID, day, list)
}

// Unsettled returns the visits of a window, of all days, with persons who did
// not come: in the state given, the newest day first.
func Unsettled(rx *store.Rx, tenant int, windowID string, state reserve.State, limit int) ([]Visit, error) {
	return inState(rx, tenant, windowID, state, limit)
}
