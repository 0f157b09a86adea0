package reserve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// MarkMissed marks who has not come by the end of the slot and the minutes that
// the window allows as missed, provisionally: they can book again, get no mail,
// and are here as soon as they come. It returns how many bookings those were.
func MarkMissed(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (n int, err error) {
	defer fault.Add(&err, "reserve.MarkMissed(%d)", tenant)
	var ids []string
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		ids, err = late(rx, tenant)
		return err
	})
	if err != nil {
		return 0, err
	}
	return sweep(ctx, db, actor, tenant, ids, "booking.missed", func(j *journal, b *Booking) (bool, error) {
		if is, err := b.isLate(j.tx.Rx, tenant); err != nil || !is || b.Theirs { // the office settles its own
			return false, err
		}
		if changed, err := b.change(j, Missing, missedEvent, b.in(Active)...); err != nil || !changed {
			return false, err
		}
		_, err := (&Closed{}).settleClosed(j, b) // booked for a day that the office had closed
		return true, err
	})
}

// late are the bookings with persons who are expected although their slot and
// the minutes of grace are over.
func late(rx *store.Rx, tenant int) (ids []string, err error) {
	list, err := overdue(rx, tenant)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		if !rx.Now.Before(o.starts.Add(time.Duration(o.minutes+o.grace) * time.Minute)) {
			ids = append(ids, o.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// isLate looks again once the booking is locked; a party in several slots is
// late when the last of them is over.
func (b Booking) isLate(rx *store.Rx, tenant int) (bool, error) {
	w, _, err := slot.WindowByID(rx, tenant, b.WindowID)
	if err != nil {
		return false, err
	}
	for _, p := range b.in(Active) {
		s, found, err := slot.ByID(rx, tenant, p.SlotID)
		if err != nil || !found || rx.Now.Before(s.Ends().Add(time.Duration(w.LateMinutes)*time.Minute)) {
			return false, err
		}
	}
	return true, nil
}

// change moves persons and tells the office; nobody's seats change. It is false
// when there is nobody to move.
func (b *Booking) change(j *journal, m Move, t event.Type, persons ...*Person) (bool, error) {
	if len(persons) == 0 {
		return false, nil
	}
	if err := b.apply(m, persons...); err != nil {
		return false, err
	}
	if err := j.tell(t, *b, persons...); err != nil {
		return false, err
	}
	return true, saveAll(j.tx, j.tenant, *b, j.last)
}

// sweep runs fn on bookings, a batch in a transaction, with one audit line for
// each batch in which something changed.
func sweep(ctx context.Context, db *store.DB, actor store.Actor, tenant int, ids []string, action string,
	fn func(*journal, *Booking) (bool, error),
) (n int, err error) {
	for part := range slices.Chunk(ids, batch) {
		done := 0
		err := db.Write(ctx, actor, func(tx *store.Tx) (err error) {
			if done, err = each(tx, tenant, part, fn); err != nil || done == 0 {
				return err
			}
			return audit.Append(tx, action, fmt.Sprintf("tenant/%d", tenant), map[string]int{"bookings": done})
		})
		n += done
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// each runs fn on bookings that it locks in the order of all acts.
func each(tx *store.Tx, tenant int, ids []string, fn func(*journal, *Booking) (bool, error)) (n int, err error) {
	j := open(tx, tenant)
	if err := j.lockAll(ids); err != nil {
		return 0, err
	}
	for _, id := range ids {
		b, err := known(ByID(tx.Rx, tenant, id))
		if err != nil {
			return 0, err
		}
		changed, err := fn(j, &b)
		if err != nil {
			return 0, err
		}
		if changed {
			n++
		}
	}
	return n, j.close()
}

// Closed is what the close of a day did.
type Closed struct {
	NoShow       int // bookings of which somebody finally did not come
	Unreconciled int // bookings that the office had never seen
}

// CloseDay closes a day of a window whose reception works with this service:
// who has not come is a no-show for good. Errors: fault.Conflict
// "booking.day_not_over" while somebody is expected in a slot that has not
// begun.
func CloseDay(tx *store.Tx, tenant int, windowID string, day jpdate.Day) (Closed, error) {
	ids, err := expectedOn(tx.Rx, tenant, windowID, day)
	if err != nil {
		return Closed{}, err
	}
	coming, c := 0, Closed{}
	_, err = each(tx, tenant, ids, func(j *journal, b *Booking) (bool, error) {
		if b.Theirs { // the office settles its own
			return false, nil
		}
		if len(b.in(Active)) > 0 && b.Starts.After(tx.Now) {
			coming++
			return false, nil
		}
		if _, err := b.change(j, Missing, missedEvent, b.in(Active)...); err != nil {
			return false, err
		}
		return c.settle(j, b, true)
	})
	switch {
	case err != nil:
		return Closed{}, err
	case coming > 0:
		return Closed{}, fault.New(fault.Conflict, "booking.day_not_over", "count", fmt.Sprint(coming))
	}
	return c, audit.Append(tx, "booking.day_closed", fmt.Sprintf("tenant/%d/window/%s/day/%s", tenant, windowID, day), c)
}

// settle decides about those who count as missed.
func (c *Closed) settle(j *journal, b *Booking, saw bool) (bool, error) {
	move, t, count := Settling, noShowEvent, &c.NoShow
	if !saw {
		move, t, count = Unsettling, unsureEvent, &c.Unreconciled
	}
	changed, err := b.change(j, move, t, b.in(Missed)...)
	if changed {
		*count++
	}
	return changed, err
}

// Settle decides about bookings for which no day-close has come within so many
// business days of the window after their day. Where reception works with this
// service they are no-shows; otherwise nobody knows, and they are unreconciled.
func Settle(ctx context.Context, db *store.DB, actor store.Actor, tenant, days int, receptionHere bool) (c Closed, err error) {
	defer fault.Add(&err, "reserve.Settle(%d)", tenant)
	var ids []string
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		ids, err = unsettled(rx, tenant, days)
		return err
	})
	if err != nil {
		return Closed{}, err
	}
	for part := range slices.Chunk(ids, batch) {
		var one Closed
		err := db.Write(ctx, actor, func(tx *store.Tx) error {
			one = Closed{}
			n, err := each(tx, tenant, part, func(j *journal, b *Booking) (bool, error) {
				if b.Theirs { // the office settles its own
					return false, nil
				}
				return one.settle(j, b, receptionHere)
			})
			if err != nil || n == 0 {
				return err
			}
			return audit.Append(tx, "booking.settled", fmt.Sprintf("tenant/%d", tenant), one)
		})
		if err != nil {
			return c, err
		}
		c.NoShow, c.Unreconciled = c.NoShow+one.NoShow, c.Unreconciled+one.Unreconciled
	}
	return c, nil
}

// unsettled are the bookings with missed persons whose time has run out.
func unsettled(rx *store.Rx, tenant, days int) (ids []string, err error) {
	list, err := missedSlots(rx, tenant)
	if err != nil {
		return nil, err
	}
	last := map[string]jpdate.Day{} // by window: the last day whose time has run out
	for _, m := range list {
		if _, known := last[m.window]; !known {
			calendar, err := slot.CalendarOf(rx, tenant, m.window)
			if err != nil {
				return nil, err
			}
			last[m.window] = calendar.AddBusiness(jpdate.Day(rx.Today()), -days)
		}
		if m.day < last[m.window] {
			ids = append(ids, m.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
