package counter

import (
	"fmt"
	"time"

	"kofu/internal/audit"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// Late reports whether somebody who is expected has not come by the end of the
// slot and the minutes that the window allows. It is provisional: they are here
// as soon as they come. Nothing is written down, because the booking service
// counts by its own clock.
func (w Window) Late(b Booking, p Person, now time.Time) bool {
	end := p.Starts.Add(time.Duration(b.Minutes+w.LateMinutes) * time.Minute)
	return p.State() == Missed || p.expected() && !now.Before(end)
}

// Closed is what the close of a day did.
type Closed struct {
	Closing
	Came   int // persons
	NoShow int
}

// CloseDay closes a day of a window: who has not come is a no-show for good, and
// the booking service hears up to which of its events we knew, so that it accuses
// nobody of whom we had not heard. Errors: fault.NotFound
// "counter.unknown_window"; fault.Invalid "counter.bad_day"; fault.Conflict
// "counter.still_here" while somebody is being served, "counter.day_not_over"
// while a slot is to come with somebody in it, "counter.day_closed".
func CloseDay(tx *store.Tx, windowID, day string) (c Closed, err error) {
	if _, err := WindowByID(tx.Rx, windowID); err != nil {
		return c, err
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil || day > tx.Today() {
		return c, fault.New(fault.Invalid, "counter.bad_day")
	}
	list, err := OnDay(tx.Rx, windowID, day)
	if err != nil {
		return c, err
	}
	if err := over(tx.Rx, list, windowID); err != nil {
		return c, err
	}
	for _, b := range list {
		c.Came += len(b.in(Visited, Again))
		if b.Day > day { // received before their day: the rest of the party may still come
			continue
		}
		c.NoShow += len(b.in(Active, Missed))
		if b.Source == FromCloud { // the booking service says so when it hears of the close
			continue
		}
		for _, p := range b.Persons {
			was := p
			p.SettleOwn()
			if err := save(tx, b.ID, p, was); err != nil {
				return c, err
			}
		}
	}
	s, err := relay.Load(tx.Rx)
	if err != nil {
		return c, err
	}
	c.Closing = Closing{WindowID: windowID, Day: day, Seen: s.Applied, At: store.Stamp(tx.Now), By: tx.Actor.Name}
	if err := insertClosing(tx, c.Closing); err != nil {
		return c, err
	}
	if err := emit(tx, event.DayClosed{Window: windowID, Date: day, Seen: c.Seen}); err != nil {
		return c, err
	}
	return c, audit.Append(tx, "counter.day_closed", "window/"+windowID, map[string]any{"day": day, "came": c.Came, "noshow": c.NoShow, "seen": c.Seen})
}

// over refuses to close while somebody is here or still to come.
func over(rx *store.Rx, list []Booking, windowID string) error {
	here, coming := 0, 0
	for _, b := range list {
		if b.Here == "" || b.Here == windowID {
			here += len(b.in(Arrived))
		}
		if b.Day == rx.Today() && b.last().After(rx.Now) {
			coming += len(b.in(Active))
		}
	}
	switch {
	case here > 0:
		return fault.New(fault.Conflict, "counter.still_here", "count", fmt.Sprint(here))
	case coming > 0:
		return fault.New(fault.Conflict, "counter.day_not_over", "count", fmt.Sprint(coming))
	}
	return nil
}

// OpenDays are the days of a window before today that wait for their close,
// within the last 60 days.
func OpenDays(rx *store.Rx, windowID string) ([]string, error) {
	return openDays(rx, windowID, store.Day(rx.Now.AddDate(0, 0, -60)))
}
