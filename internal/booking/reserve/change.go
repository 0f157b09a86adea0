package reserve

import (
	"context"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Act names a booking and who acts on it.
type Act struct {
	Tenant    int
	Token     string // one-time, from the form
	BookingID string
	By        By
	Rules     Rules `json:"-"`
}

// Change moves a booking to another slot, for all of its persons: the new seats
// are taken and the old ones returned in one transaction, so that a failed
// change leaves the booking as it was. Errors: as [Cancel]; fault.Conflict
// "booking.same_slot"; fault.Unavailable "booking.closed_hours"; those of
// [slot.Take] and [slot.Spread].
func Change(ctx context.Context, db *store.DB, actor store.Actor, a Act, slotID string, adjacent bool) (b Booking, err error) {
	defer fault.Add(&err, "reserve.Change(%d, %q)", a.Tenant, a.BookingID)
	return write(ctx, db, actor, func(tx *store.Tx) (Booking, bool, error) { return ChangeIn(tx, a, slotID, adjacent) })
}

// ChangeIn is [Change] within a transaction, as [BookIn] is [Book].
func ChangeIn(tx *store.Tx, a Act, slotID string, adjacent bool) (b Booking, fresh bool, err error) {
	deadline := func(u slot.Until) time.Time { return u.Change }
	return act(tx, a, "change", []any{slotID, adjacent}, deadline, func(tx *store.Tx, b *Booking) error {
		t, _, err := slot.TenantByID(tx.Rx, a.Tenant)
		if err != nil {
			return err
		}
		if err := acceptsNow(tx.Rx, t, a.By); err != nil {
			return err
		}
		from := b.SlotID
		if from == slotID && len(b.seats()) == 1 {
			return fault.New(fault.Conflict, "booking.same_slot")
		}
		procs, err := b.procs()
		if err != nil {
			return err
		}
		terms := slot.Want{SlotID: slotID, Side: b.Side, Seats: len(b.Live()), Procs: procs, Override: a.By.Override != "", ByOffice: a.By.office()}
		if err := b.move(tx, a.Tenant, terms, adjacent); err != nil {
			return err
		}
		if err := updateBooking(tx, a.Tenant, *b); err != nil {
			return err
		}
		detail := b.trace(a.By)
		detail["from"] = from
		return audit.Append(tx, "booking.changed", object(a.Tenant, b.ID), detail)
	})
}

// Cancel ends a booking for all of its persons and returns their seats at once.
// Errors: fault.NotFound "booking.unknown", also for a resident who is not in it;
// fault.Conflict "booking.gone" when it is not live any more,
// "booking.deadline" for residents, "booking.token_reused"; fault.BadRequest
// "booking.bad_token".
func Cancel(ctx context.Context, db *store.DB, actor store.Actor, a Act) (b Booking, err error) {
	defer fault.Add(&err, "reserve.Cancel(%d, %q)", a.Tenant, a.BookingID)
	return write(ctx, db, actor, func(tx *store.Tx) (Booking, bool, error) { return CancelIn(tx, a) })
}

// CancelIn is [Cancel] within a transaction, as [BookIn] is [Book].
func CancelIn(tx *store.Tx, a Act) (b Booking, fresh bool, err error) {
	return act(tx, a, "cancel", nil, cancelDeadline, func(tx *store.Tx, b *Booking) error {
		return b.end(tx, a.Tenant, a.By, "booking.cancelled", b.Live()...)
	})
}

// Leave takes one person out of a booking; the others keep it. When nobody is
// left it ends. Errors: as [Cancel].
func Leave(ctx context.Context, db *store.DB, actor store.Actor, a Act, link string) (b Booking, err error) {
	defer fault.Add(&err, "reserve.Leave(%d, %q)", a.Tenant, a.BookingID)
	return write(ctx, db, actor, func(tx *store.Tx) (Booking, bool, error) { return LeaveIn(tx, a, link) })
}

// LeaveIn is [Leave] within a transaction, as [BookIn] is [Book].
func LeaveIn(tx *store.Tx, a Act, link string) (b Booking, fresh bool, err error) {
	return act(tx, a, "leave", link, cancelDeadline, func(tx *store.Tx, b *Booking) error {
		if !b.has(link) {
			return fault.New(fault.NotFound, "booking.unknown")
		}
		return b.end(tx, a.Tenant, a.By, "booking.left", b.person(link))
	})
}

func cancelDeadline(u slot.Until) time.Time { return u.Cancel }

func (b Booking) person(link string) Person {
	i := slices.IndexFunc(b.Persons, func(p Person) bool { return p.Link == link })
	return b.Persons[i]
}

// end takes persons out of a booking, and the booking itself when nobody is
// left, with its audit line.
func (b *Booking) end(tx *store.Tx, tenant int, by By, action string, leaving ...Person) error {
	if err := b.leave(tx, tenant, by, leaving...); err != nil {
		return err
	}
	detail := b.trace(by)
	links := make([]string, len(leaving))
	for i, p := range leaving {
		links[i] = p.Link
	}
	detail["left"] = links
	return audit.Append(tx, action, object(tenant, b.ID), detail)
}

// leave is end without the audit line.
func (b *Booking) leave(tx *store.Tx, tenant int, by By, leaving ...Person) error {
	state := Cancelled
	if by.office() {
		state = CancelledByOffice
	}
	held := b.seats()
	for _, p := range leaving {
		i := slices.IndexFunc(b.Persons, func(q Person) bool { return q.Link == p.Link })
		b.Persons[i].State = state
	}
	live := b.Live()
	if len(live) == 0 {
		b.State = state
	}
	if err := updateBooking(tx, tenant, *b); err != nil {
		return err
	}
	return shift(tx, tenant, held, b.seats(), slot.Want{Side: b.Side})
}

// write runs an act in a transaction of its own.
func write(ctx context.Context, db *store.DB, actor store.Actor, fn func(*store.Tx) (Booking, bool, error)) (b Booking, err error) {
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		b, _, err = fn(tx)
		return err
	})
	if err != nil {
		return Booking{}, err
	}
	return b, nil
}

// act runs what a person does to a live booking: token, lock, ownership,
// deadline, then fn.
func act(tx *store.Tx, a Act, name string, more any, deadline func(slot.Until) time.Time,
	fn func(*store.Tx, *Booking) error,
) (b Booking, fresh bool, err error) {
	if err := a.By.check(); err != nil {
		return Booking{}, false, err
	}
	token, err := onceOf(a.Tenant, a.Token, name, []any{a, more})
	if err != nil {
		return Booking{}, false, err
	}
	earlier, spent, err := token.spend(tx, a.BookingID)
	if err != nil || spent {
		return earlier, false, err
	}
	if b, err = locked(tx, a.Tenant, a.BookingID); err != nil {
		return Booking{}, false, err
	}
	if !a.By.office() && !b.had(a.By.Link) {
		return Booking{}, false, fault.New(fault.NotFound, "booking.unknown")
	}
	if b.State != Active || !a.By.office() && !b.has(a.By.Link) {
		return Booking{}, false, fault.New(fault.Conflict, "booking.gone", "no", b.No)
	}
	if err := b.inTime(tx, a, deadline); err != nil {
		return Booking{}, false, err
	}
	if err := fn(tx, &b); err != nil {
		return Booking{}, false, err
	}
	return b, true, nil
}

// had reports whether a code is or was in the booking.
func (b Booking) had(link string) bool {
	return slices.ContainsFunc(b.Persons, func(p Person) bool { return p.Link == link })
}

// inTime refuses residents after the deadline of the earliest of their slots.
func (b Booking) inTime(tx *store.Tx, a Act, deadline func(slot.Until) time.Time) error {
	if a.By.office() {
		return nil
	}
	first, _, err := slot.ByID(tx.Rx, a.Tenant, b.SlotID)
	if err != nil {
		return err
	}
	procs, err := b.procs()
	if err != nil {
		return err
	}
	if until := deadline(first.Until(procs)); !tx.Now.Before(until) {
		return fault.New(fault.Conflict, "booking.deadline", "until", until.In(store.Tokyo).Format("2006-01-02 15:04"))
	}
	return nil
}

// locked returns a booking that nobody else can change until the transaction
// ends.
func locked(tx *store.Tx, tenant int, id string) (Booking, error) {
	if err := lock(tx, tenant, id); err != nil {
		return Booking{}, err
	}
	b, found, err := ByID(tx.Rx, tenant, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "booking.unknown")
	}
	return b, err
}
