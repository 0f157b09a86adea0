package counter

import (
	"slices"
	"strings"

	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/store"
)

// configure carries out an event of the owner of the configuration. Bookings of
// the office that stand where nothing is open any more come back: their persons
// must hear of it, and nobody else knows of them.
func configure(tx *store.Tx, b event.Body) (found []Finding, err error) {
	var window string
	var days []string // none for all
	switch e := b.(type) {
	case event.ConfigWindow:
		window, err = e.Window, setWindow(tx, e)
	case event.ConfigCapacity:
		window, days, err = e.Window, []string{e.Date}, setCapacity(tx, e)
	}
	if err != nil {
		return nil, err
	}
	list, err := ownAhead(tx.Rx, window)
	if err != nil {
		return nil, err
	}
	for _, own := range list {
		if days != nil && !slices.Contains(days, own.Day) {
			continue
		}
		shut, err := Shut(tx.Rx, own)
		if err != nil {
			return nil, err
		}
		if shut {
			found = append(found, Finding{Case: agree.CaseShut, Booking: own.ID})
		}
	}
	return found, nil
}

// Shut reports whether somebody is expected with a booking of the office at a time
// at which its window is closed by now.
func Shut(rx *store.Rx, b Booking) (bool, error) {
	if b.Source != FromOffice || len(b.in(Active)) == 0 || !b.Starts.After(rx.Now) {
		return false, nil
	}
	w, err := WindowByID(rx, b.WindowID)
	if err != nil {
		return false, err
	}
	s, found, err := slotAt(rx, b.WindowID, b.Starts)
	return w.Closed || !found || s.WebCap+s.OfficeCap == 0, err
}

// setWindow takes over a window as the owner of the configuration describes it.
func setWindow(tx *store.Tx, e event.ConfigWindow) error {
	return putWindow(tx, Window{ID: e.Window, Name: e.Name, Seats: Owner(e.Owner), LateMinutes: e.Late, Sort: e.Order, Closed: e.Closed})
}

// setCapacity replaces the slots of one day of a window. What is taken stays
// taken, whatever the day holds now.
func setCapacity(tx *store.Tx, e event.ConfigCapacity) error {
	slots := make([]Slot, len(e.Slots))
	for i, s := range e.Slots {
		starts, err := startOf(s.Start)
		if err != nil {
			return err
		}
		procs := slices.Sorted(slices.Values(s.Procs))
		slots[i] = Slot{WindowID: e.Window, Starts: starts, Minutes: s.Min, Procs: Procs(strings.Join(procs, " ")), WebCap: s.Web, OfficeCap: s.Office}
	}
	if err := known(tx, e.Window); err != nil {
		return err
	}
	if err := dropSlots(tx, e.Window, e.Date, slots); err != nil {
		return err
	}
	for _, s := range slots {
		if err := putSlot(tx, s); err != nil {
			return err
		}
	}
	return nil
}

// known makes a window that is only heard of in passing, so that its slots have
// a place until it is described.
func known(tx *store.Tx, id string) error {
	windows, err := Windows(tx.Rx)
	if err != nil || slices.ContainsFunc(windows, func(w Window) bool { return w.ID == id }) {
		return err
	}
	return putWindow(tx, Window{ID: id, Name: id, Seats: Office, Sort: 9999})
}
