// Package board reads what the screens of the staff show across the booking
// service: who comes today and how far they are, where seats are short. It joins
// the tables of several packages and writes none.
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
	Persons   int // who have not left
	Procs     slot.Procs
}

// Day returns the visits of a window on a day in the order of their times,
// cancelled ones included.
func Day(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (list []Visit, err error) {
	if list, err = visits(rx, tenant, windowID, day); err != nil {
		return nil, err
	}
	return list, addPersons(rx, tenant, windowID, day, list)
}

// Seats are the seats of a window on a day.
type Seats struct {
	WebCap, WebTaken, OfficeCap, OfficeTaken int
}

// SeatsOf adds up the open slots of a window on a day.
func SeatsOf(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (Seats, error) {
	return seatsOf(rx, tenant, windowID, day)
}

// Over returns the slots from now on that hold more people than they have seats,
// in the order of their times.
func Over(rx *store.Rx, tenant int) ([]slot.Slot, error) { return over(rx, tenant) }
