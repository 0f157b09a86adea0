package slot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Want is what a booking needs of a slot.
type Want struct {
	SlotID   string
	Side     Side
	Seats    int
	Procs    Procs // every procedure of the persons concerned
	Override bool  // the office books beyond the deadlines of residents
	ByOffice bool  // the office books, also what residents get by phone alone
}

// Take takes seats of a slot, or none. Callers that touch several slots go in
// ascending order of their ids. Errors: fault.NotFound "slot.unknown";
// fault.Conflict "slot.full", "slot.few_left" (some, but not enough), "slot.closed",
// "slot.not_open_yet", "slot.deadline", "slot.procedure", "slot.phone_only".
func Take(tx *store.Tx, tenant int, w Want) (Slot, error) {
	if w.Seats < 1 {
		return Slot{}, errors.New("take: no seats wanted")
	}
	query := takeWeb
	if w.Side == Office {
		query = takeOffice
	}
	s, taken, err := maybe(scanSlot(tx.Row(query, tenant, w.SlotID, w.Seats, store.Stamp(tx.Now), flag(w.Override)).Scan))
	if err == nil && !taken {
		return Slot{}, Refusal(tx.Rx, tenant, w)
	}
	switch {
	case err != nil:
		return Slot{}, err
	case s.Ended && !w.ByOffice:
		return Slot{}, s.closed()
	case !s.Procs.allows(w.Procs):
		return Slot{}, fault.New(fault.Conflict, "slot.procedure", "time", s.clock())
	case s.PhoneOnly && !w.ByOffice && !w.Override:
		return Slot{}, fault.New(fault.Conflict, "slot.phone_only", "time", s.clock())
	case !w.Override && !tx.Now.Before(s.Until(w.Procs).Book):
		return Slot{}, s.late(w.Procs)
	}
	return s, nil
}

// Refusal says why [Take] can take no seat of the slot. The order is that of what
// helps most.
func Refusal(rx *store.Rx, tenant int, w Want) error {
	s, found, err := ByID(rx, tenant, w.SlotID)
	now := rx.Now
	switch {
	case err != nil:
		return err
	case !found:
		return fault.New(fault.NotFound, "slot.unknown")
	case !s.Open || s.Ended && !w.ByOffice || !s.Starts.After(now):
		return s.closed()
	case !w.Override && now.Before(s.OpensAt):
		return fault.New(fault.Conflict, "slot.not_open_yet", "day", store.Day(s.OpensAt))
	case !w.Override && !now.Before(s.Until(w.Procs).Book):
		return s.late(w.Procs)
	}
	left := max(0, s.WebOpen-s.WebTaken)
	if w.Side == Office {
		left = s.OfficeFree()
	}
	if left == 0 {
		return fault.New(fault.Conflict, "slot.full", "time", s.clock())
	}
	return fault.New(fault.Conflict, "slot.few_left", "time", s.clock(), "left", fmt.Sprint(left), "wanted", fmt.Sprint(w.Seats))
}

func (s Slot) late(procs Procs) error {
	return fault.New(fault.Conflict, "slot.deadline", "until", s.Until(procs).Book.In(store.Tokyo).Format("2006-01-02 15:04"))
}

func (s Slot) closed() error { return fault.New(fault.Conflict, "slot.closed", "time", s.clock()) }

func (s Slot) clock() string { return s.Starts.In(store.Tokyo).Format("15:04") }

// Return gives seats back.
func Return(tx *store.Tx, tenant int, slotID string, side Side, seats int) error {
	query := returnWeb
	if side == Office {
		query = returnOffice
	}
	n, err := tx.Exec(query, tenant, slotID, seats)
	if err == nil && n != 1 {
		return fmt.Errorf("slot %s of tenant %d holds no %d %s seats to return", slotID, tenant, seats, side)
	}
	return err
}

// ByID returns a slot.
func ByID(rx *store.Rx, tenant int, id string) (s Slot, found bool, err error) {
	return maybe(byID(rx, tenant, id))
}

// maybe tells a slot that is not there from a failure.
func maybe(s Slot, err error) (_ Slot, found bool, _ error) {
	if errors.Is(err, store.ErrNoRows) {
		return Slot{}, false, nil
	}
	return s, err == nil, err
}

// Fits reports whether the slot takes the procedures.
func (s Slot) Fits(procs Procs) bool { return s.Open && s.Procs.allows(procs) }

// From returns the slots of a window that begin after an instant and not before
// now, in order.
func From(rx *store.Rx, tenant int, windowID string, after time.Time) (list []Slot, err error) {
	if after.Before(rx.Now) {
		after = rx.Now
	}
	list, err = slotsFrom(rx, tenant, windowID, jpdate.Day(store.Day(after)))
	return slices.DeleteFunc(list, func(s Slot) bool { return !s.Starts.After(after) }), err
}

// Within returns the slots that an exception covers and that have not begun.
func Within(rx *store.Rx, tenant int, e Exception) (all []Slot, err error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	ids, err := windowIDs(rx, tenant)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		list, err := slotsFrom(rx, tenant, id, e.From)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			local := s.Starts.In(store.Tokyo)
			p := planned{minute: local.Hour()*60 + local.Minute(), minutes: s.Minutes}
			if e.covers(id, s.Day) && p.overlaps(e.FromMinute, e.ToMinute) && s.Starts.After(rx.Now) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}
