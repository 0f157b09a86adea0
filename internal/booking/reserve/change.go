package reserve

import (
	"context"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/event"
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
// "booking.same_slot", "member.window", "booking.state" when one of the persons
// has come; fault.TooMany "booking.too_many_changes" for residents;
// fault.Unavailable "booking.closed_hours", "booking.closed_period"; those of
// [slot.Take] and [slot.Spread].
func Change(ctx context.Context, db *store.DB, actor store.Actor, a Act, slotID string, adjacent bool) (b Booking, err error) {
	defer fault.Add(&err, "reserve.Change(%d, %q)", a.Tenant, a.BookingID)
	return write(ctx, db, actor, func(tx *store.Tx) (Booking, bool, error) { return ChangeIn(tx, a, slotID, adjacent) })
}

// ChangeIn is [Change] within a transaction, as [BookIn] is [Book].
func ChangeIn(tx *store.Tx, a Act, slotID string, adjacent bool) (b Booking, fresh bool, err error) {
	s := step{name: "change", more: []any{slotID, adjacent}, from: []State{Active}, deadline: func(u slot.Until) time.Time { return u.Change }}
	return s.run(tx, a, func(j *journal, b *Booking) error {
		if err := b.allToCome(); err != nil {
			return err
		}
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
		if err := a.countChange(tx); err != nil {
			return err
		}
		window := b.WindowID
		if err := b.move(tx, a.Tenant, b.want(slotID, a.By), adjacent); err != nil {
			return err
		}
		if err := b.servedFrom(tx.Rx, a.Tenant, window); err != nil {
			return err
		}
		if err := j.place(b, "", false); err != nil {
			return err
		}
		if err := saveAll(tx, a.Tenant, *b, j.last); err != nil {
			return err
		}
		detail := b.trace(a.By)
		detail["from"] = from
		return audit.Append(tx, "booking.changed", Object(a.Tenant, b.ID), detail)
	})
}

// allToCome refuses to move a booking of which somebody has come or was missed.
func (b Booking) allToCome() error {
	for _, p := range b.Live() {
		if p.State != Active {
			return fault.New(fault.Conflict, "booking.state", "no", b.No, "state", "@booking.state."+string(p.State))
		}
	}
	return nil
}

// servedFrom refuses a move to another window than before at which one of the
// persons cannot be served, because the card lies elsewhere.
func (b Booking) servedFrom(rx *store.Rx, tenant int, before string) error {
	if b.WindowID == before {
		return nil
	}
	for _, p := range b.Live() {
		m, known, err := member.ByLink(rx, tenant, p.Link)
		if err != nil {
			return err
		}
		if known && !m.Serves(b.WindowID) {
			return fault.New(fault.Conflict, "member.window")
		}
	}
	return nil
}

// countChange bounds the changes that residents make of one booking in a day.
func (a Act) countChange(tx *store.Tx) error {
	if a.By.office() || a.Rules.ChangesPerDay == 0 {
		return nil
	}
	err := member.Spend(tx, a.Tenant, member.OfChange, a.BookingID, a.Rules.ChangesPerDay)
	if f, told := fault.As(err); told && f.Kind == fault.TooMany {
		return fault.New(fault.TooMany, "booking.too_many_changes")
	}
	return err
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
	s := step{name: "cancel", from: []State{Active, Pending}, deadline: cancelDeadline, links: true}
	return s.run(tx, a, func(j *journal, b *Booking) error {
		return b.end(j, a.By, "booking.cancelled", b.in(Active, Pending)...)
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
	s := step{name: "leave", more: link, from: []State{Active, Pending}, deadline: cancelDeadline, links: true}
	return s.run(tx, a, func(j *journal, b *Booking) error {
		if !b.has(link) {
			return fault.New(fault.NotFound, "booking.unknown")
		}
		return b.end(j, a.By, "booking.left", b.person(link))
	})
}

func cancelDeadline(u slot.Until) time.Time { return u.Cancel }

// in returns the persons who are in one of the states.
func (b *Booking) in(states ...State) (list []*Person) {
	for i := range b.Persons {
		if slices.Contains(states, b.Persons[i].State) {
			list = append(list, &b.Persons[i])
		}
	}
	return list
}

// end takes persons out of a booking, with its audit line.
func (b *Booking) end(j *journal, by By, action string, leaving ...*Person) error {
	move, who := Cancelling, "resident"
	if by.office() {
		move, who = Refusing, "office"
	}
	if err := b.leave(j, move, who, leaving...); err != nil {
		return err
	}
	detail := b.trace(by)
	var left []int
	for _, p := range leaving {
		left = append(left, p.Ord)
	}
	detail["left"] = left
	return audit.Append(j.tx, action, Object(j.tenant, b.ID), detail)
}

// leave is end without the audit line: the office is told of bookings that it
// knows, who it was that ended them, and the seats are returned. Of "" it is not
// told.
func (b *Booking) leave(j *journal, move Move, who string, leaving ...*Person) error {
	held := b.seats()
	if err := b.apply(move, leaving...); err != nil {
		return err
	}
	if err := b.tellEnd(j, who, leaving...); err != nil {
		return err
	}
	if err := saveAll(j.tx, j.tenant, *b, j.last); err != nil {
		return err
	}
	_, err := shift(j.tx, j.tenant, held, b.seats(), slot.Want{Side: b.Side})
	return err
}

func (b *Booking) tellEnd(j *journal, who string, leaving ...*Person) error {
	switch {
	case b.PlacedEvent == "" || who == "":
		return nil
	case len(b.Live()) == 0:
		return j.put(event.BookingCancelled{Booking: b.ID, By: who})
	}
	return b.tellLeft(j, who, leaving...)
}

// tellLeft tells who has left, one by one.
func (b *Booking) tellLeft(j *journal, who string, leaving ...*Person) error {
	for _, p := range leaving {
		if err := j.put(event.BookingLeft{Booking: b.ID, Link: p.Link, By: who}); err != nil {
			return err
		}
	}
	return nil
}

// write runs an act in a transaction of its own.
func write(ctx context.Context, db *store.DB, actor store.Actor, fn func(*store.Tx) (Booking, bool, error)) (b Booking, err error) {
	err = db.Join(ctx, actor, func(tx *store.Tx) error {
		b, _, err = fn(tx)
		return err
	})
	if err != nil {
		return Booking{}, err
	}
	return b, nil
}

// step is one act on a booking that exists.
type step struct {
	name     string
	more     any     // what is asked for besides the act
	from     []State // in which the booking must be
	deadline func(slot.Until) time.Time
	links    bool // persons leave: their rows are locked, too
}

// run runs what a person does to a booking: token, locks, ownership, deadline,
// then fn.
func (s step) run(tx *store.Tx, a Act, fn func(*journal, *Booking) error) (b Booking, fresh bool, err error) {
	if err := a.By.check(); err != nil {
		return Booking{}, false, err
	}
	token, err := onceOf(a.Tenant, a.Token, s.name, []any{a, s.more})
	if err != nil {
		return Booking{}, false, err
	}
	earlier, spent, err := token.spend(tx, a.BookingID)
	if err != nil || spent {
		return earlier, false, err
	}
	j := open(tx, a.Tenant)
	if s.links {
		b, err = j.withPersons(a.BookingID)
	} else {
		b, err = j.booking(a.BookingID)
	}
	switch {
	case err != nil:
		return Booking{}, false, err
	case !a.By.office() && !b.had(a.By.Link):
		return Booking{}, false, unknown()
	case b.Theirs && !b.State.Ended():
		return Booking{}, false, theirs(b)
	}
	if may, err := a.may(tx.Rx, b); err != nil {
		return Booking{}, false, err
	} else if !may || !slices.Contains(s.from, b.State) {
		return Booking{}, false, fault.New(fault.Conflict, "booking.gone", "no", b.No)
	}
	if err := b.inTime(tx, a, s.deadline); err != nil {
		return Booking{}, false, err
	}
	if err := fn(j, &b); err != nil {
		return Booking{}, false, err
	}
	return b, true, j.close()
}

// may reports whether somebody who is or was in the booking may still act on it.
// Who has a code and has left may not. An access key opens a booking for all of
// its persons, whichever of them left first: nobody has a key for the others.
func (a Act) may(rx *store.Rx, b Booking) (bool, error) {
	if a.By.office() || b.has(a.By.Link) {
		return true, nil
	}
	m, known, err := member.ByLink(rx, a.Tenant, a.By.Link)
	return known && m.IsKey, err
}

// inTime refuses residents after the deadline of the earliest of their slots.
func (b Booking) inTime(tx *store.Tx, a Act, deadline func(slot.Until) time.Time) error {
	if a.By.office() || deadline == nil {
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

// theirs refuses to move or end a booking of the office.
func theirs(b Booking) error { return fault.New(fault.Conflict, "booking.of_office", "no", b.No) }

func unknown() error { return fault.New(fault.NotFound, "booking.unknown") }

// known turns a booking that is not there into an error.
func known(b Booking, found bool, err error) (Booking, error) {
	if err == nil && !found {
		err = unknown()
	}
	return b, err
}
