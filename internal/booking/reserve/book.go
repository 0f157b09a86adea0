package reserve

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Guest is one person of a request.
type Guest struct {
	Link   string
	Gen    int
	Procs  slot.Procs
	Ticked bool // a box of the household was ticked instead of a code typed
}

// Request asks for a booking. Whoever makes it for a resident has seen the code
// of every guest, or the tick that the tenant allows for a household.
type Request struct {
	Tenant   int
	Token    string // one-time, from the form
	By       By
	Guests   []Guest
	SlotID   string
	Side     slot.Side // residents have web seats only
	Adjacent bool      // whom the slot does not hold may come in the next ones
	Lang     string    // in which the resident reads, such as "ja-easy"; '' where nobody knows
	Rules    Rules     `json:"-"` // no part of what is asked: they may change between two equal requests
}

func (r Request) check() error {
	if err := r.By.check(); err != nil {
		return err
	}
	if len(r.Guests) == 0 || r.Side != slot.Web && r.Side != slot.Office || !r.By.office() && r.Side != slot.Web {
		return fault.New(fault.Invalid, "booking.bad_request")
	}
	links := map[string]bool{}
	for _, g := range r.Guests {
		if g.Link == "" || g.Procs == "" {
			return fault.New(fault.Invalid, "booking.bad_request")
		}
		if links[g.Link] {
			return fault.New(fault.Invalid, "booking.guest_twice")
		}
		links[g.Link] = true
	}
	if !r.By.office() && !links[r.By.Link] {
		return fault.New(fault.Invalid, "booking.bad_request")
	}
	return nil
}

// Book books a visit, for all guests or for none. Sent again under the same
// token it returns the same booking. Errors: fault.Invalid "booking.bad_request",
// "booking.guest_twice", "booking.party_max"; fault.BadRequest
// "booking.bad_token"; fault.Conflict "booking.exists" when one of the guests has
// a live booking, "booking.token_reused"; fault.Unavailable
// "booking.closed_hours"; those of [member.Use], [slot.Take] and [slot.Spread].
func Book(ctx context.Context, db *store.DB, actor store.Actor, r Request) (b Booking, err error) {
	defer fault.Add(&err, "reserve.Book(%d, %q)", r.Tenant, r.SlotID)
	return write(ctx, db, actor, func(tx *store.Tx) (Booking, bool, error) { return BookIn(tx, r) })
}

// BookIn is [Book] within a transaction of somebody who writes down more. It is
// not fresh when the token has been spent before: then nothing was written, and
// the caller writes nothing either. After an error the transaction must end.
func BookIn(tx *store.Tx, r Request) (b Booking, fresh bool, err error) {
	if err := r.check(); err != nil {
		return Booking{}, false, err
	}
	r.Guests = slices.SortedFunc(slices.Values(r.Guests), func(a, b Guest) int { return strings.Compare(a.Link, b.Link) })
	token, err := onceOf(r.Tenant, r.Token, "book", r)
	if err != nil {
		return Booking{}, false, err
	}
	id := ulid.New(tx.Now)
	earlier, spent, err := token.spend(tx, id)
	if err != nil || spent {
		return earlier, false, err
	}
	if err := r.admit(tx); err != nil {
		return Booking{}, false, err
	}
	if b, err = r.take(tx, id); err != nil {
		return Booking{}, false, err
	}
	if err := insertBooking(tx, r.Tenant, &b); err != nil {
		return Booking{}, false, err
	}
	return b, true, audit.Append(tx, "booking.made", object(r.Tenant, id), b.trace(r.By))
}

// admit checks hours and party and locks the guests.
func (r Request) admit(tx *store.Tx) error {
	t, found, err := slot.TenantByID(tx.Rx, r.Tenant)
	switch {
	case err != nil:
		return err
	case !found:
		return fault.New(fault.NotFound, "slot.unknown")
	case len(r.Guests) > t.PartyMax:
		return fault.New(fault.Invalid, "booking.party_max", "max", fmt.Sprint(t.PartyMax))
	}
	if err := acceptsNow(tx.Rx, t, r.By); err != nil {
		return err
	}
	for _, g := range r.Guests {
		if _, err := member.Use(tx, r.Tenant, member.Claim{Link: g.Link, Gen: g.Gen, Procs: g.Procs, Office: r.By.office()}); err != nil {
			return err
		}
	}
	return nil
}

// take takes the seats and writes the booking down, still without a number.
func (r Request) take(tx *store.Tx, id string) (Booking, error) {
	b := Booking{ID: id, Side: r.Side, Via: r.By.Via, State: Active, MadeAt: tx.Now}
	for _, g := range r.Guests {
		b.Persons = append(b.Persons, Person{Link: g.Link, Gen: g.Gen, Procs: g.Procs, State: Active})
	}
	procs, err := b.procs()
	if err != nil {
		return Booking{}, err
	}
	terms := slot.Want{SlotID: r.SlotID, Side: r.Side, Seats: len(r.Guests), Procs: procs, Override: r.By.Override != "", ByOffice: r.By.office()}
	return b, b.move(tx, r.Tenant, terms, r.Adjacent)
}

// move gives the live persons seats as the terms say and returns those that
// they have. It changes b; the rows are the caller's.
func (b *Booking) move(tx *store.Tx, tenant int, terms slot.Want, adjacent bool) error {
	held := b.seats()
	delete(held, "") // of a booking that has none yet
	wanted, err := places(tx.Rx, tenant, terms, adjacent, held)
	if err != nil {
		return err
	}
	if err := shift(tx, tenant, held, wanted, terms); err != nil {
		return err
	}
	live := b.Live()
	seat(live, wanted)
	for _, p := range live {
		i := slices.IndexFunc(b.Persons, func(q Person) bool { return q.Link == p.Link })
		b.Persons[i].SlotID = p.SlotID
	}
	first, found, err := slot.ByID(tx.Rx, tenant, live[0].SlotID)
	if err == nil && !found {
		err = fmt.Errorf("slot %s is gone", live[0].SlotID)
	}
	b.SlotID, b.WindowID, b.Starts = first.ID, first.WindowID, first.Starts
	return err
}

// trace is what the audit log says of a booking: ids only.
func (b Booking) trace(by By) map[string]any {
	detail := map[string]any{"slot": b.SlotID, "via": by.Via, "seat": b.Side, "state": b.State, "persons": len(b.Live())}
	if by.Override != "" {
		detail["override"] = by.Override
	}
	return detail
}
