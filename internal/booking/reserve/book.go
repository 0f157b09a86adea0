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
// of every guest who was not ticked.
type Request struct {
	Tenant   int
	Token    string // one-time, from the form
	By       By
	Guests   []Guest
	SlotID   string
	Side     slot.Side // residents have web seats only
	Adjacent bool      // whom the slot does not hold may come in the next ones
	Lang     string    // in which the resident reads, such as "ja-easy"; '' where nobody knows
	Mode     string    // in which the resident signed in, as the terms of procedures name it; '' for any
	Rules    Rules     `json:"-"` // no part of what is asked: they may change between two equal requests

	keyless bool // the guests were made for this booking
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
// a live booking, "booking.token_reused"; fault.Forbidden "booking.mode" for a
// procedure that needs another sign-in; fault.Unavailable "booking.closed_hours",
// "booking.closed_period"; those of [member.Use], [slot.Take] and [slot.Spread].
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
	r.sort()
	token, err := onceOf(r.Tenant, r.Token, "book", r)
	if err != nil {
		return Booking{}, false, err
	}
	id := ulid.New(tx.Now)
	earlier, spent, err := token.spend(tx, id)
	if err != nil || spent {
		return earlier, false, err
	}
	b = Booking{ID: id, State: Active}
	if err := r.make(tx, &b); err != nil {
		return Booking{}, false, err
	}
	return b, true, audit.Append(tx, "booking.made", Object(r.Tenant, id), b.trace(r.By))
}

func (r *Request) sort() {
	r.Guests = slices.SortedFunc(slices.Values(r.Guests), func(a, b Guest) int { return strings.Compare(a.Link, b.Link) })
}

// make makes the booking b in its state: guests are locked, seats taken, rows
// written and, if it is active, the office told.
func (r Request) make(tx *store.Tx, b *Booking) error {
	j := open(tx, r.Tenant)
	if err := r.look(tx.Rx, b); err != nil {
		return err
	}
	members, err := r.admit(j)
	if err != nil {
		return err
	}
	if b.State == Offered {
		if err := r.waits(tx.Rx); err != nil {
			return err
		}
	}
	if err := b.move(tx, r.Tenant, b.want(r.SlotID, r.By), r.Adjacent); err != nil {
		return err
	}
	for _, m := range members {
		if !m.Serves(b.WindowID) {
			return fault.New(fault.Conflict, "member.window")
		}
	}
	if b.Year, b.No, err = nextNumber(tx, r.Tenant); err != nil {
		return err
	}
	event := j.first
	if b.State == Active {
		if err := j.place(b, "", true); err != nil {
			return err
		}
		event = j.last
	}
	if err := insertBooking(tx, r.Tenant, *b, event); err != nil {
		return err
	}
	return j.close()
}

// look checks party, hours and procedures, fills in who wants how many seats,
// and turns away whom the slot cannot hold before anything is locked: in a rush
// most requests end here. Who gets a seat is decided by [slot.Take] alone.
func (r Request) look(rx *store.Rx, b *Booking) error {
	now, found, err := slot.Look(rx, r.Tenant, r.SlotID)
	switch {
	case err != nil:
		return err
	case !found:
		return fault.New(fault.NotFound, "slot.unknown")
	case len(r.Guests) > now.Tenant.PartyMax:
		return fault.New(fault.Invalid, "booking.party_max", "max", fmt.Sprint(now.Tenant.PartyMax))
	}
	if err := acceptsNow(rx, now.Tenant, r.By); err != nil {
		return err
	}
	b.Side, b.Via, b.Lang, b.MadeAt = r.Side, r.By.Via, r.Lang, rx.Now
	for i, g := range r.Guests {
		for _, p := range now.Procedures {
			if r.Mode != "" && g.Procs.Has(p.Code) && !p.Allows(r.Mode) {
				return fault.New(fault.Forbidden, "booking.mode")
			}
		}
		b.Persons = append(b.Persons, Person{
			Ord: i + 1, Link: g.Link, Gen: g.Gen, Procs: g.Procs, Units: slot.Units(now.Procedures, g.Procs, r.Rules.SumUnits), State: b.State, Booked: b.State,
		})
	}
	if r.Side == slot.Web && !r.Adjacent && now.Left < b.Units() {
		want := b.want(r.SlotID, r.By)
		want.Seats = b.Units()
		return slot.Refusal(rx, r.Tenant, want)
	}
	return nil
}

// admit locks the guests and checks that they may book.
func (r Request) admit(j *journal) ([]member.Member, error) {
	var members []member.Member
	for _, g := range r.Guests {
		m, err := member.Use(j.tx, r.Tenant, member.Claim{Link: g.Link, Gen: g.Gen, Procs: g.Procs, Office: r.By.office(), Event: j.first})
		if err != nil {
			return nil, err
		}
		j.locked(g.Link, m.LastEvent)
		j.nocode[g.Link] = m.IsKey
		if m.IsKey && !r.keyless && !r.By.office() { // a key opens its booking and makes no other
			return nil, fault.New(fault.Forbidden, "member.cannot_book")
		}
		if busy, err := comes(j.tx.Rx, r.Tenant, g.Link); err != nil {
			return nil, err
		} else if busy {
			return nil, fault.New(fault.Conflict, "booking.exists")
		}
		members = append(members, m)
	}
	return members, r.household(members)
}

// waits refuses an offer to somebody who has one.
func (r Request) waits(rx *store.Rx) error {
	for _, g := range r.Guests {
		if _, found, err := OfferFor(rx, r.Tenant, g.Link); err != nil {
			return err
		} else if found {
			return fault.New(fault.Conflict, "booking.offer_exists")
		}
	}
	return nil
}

// household refuses whom a resident has ticked without being of one household.
func (r Request) household(members []member.Member) error {
	group := ""
	for _, m := range members {
		if m.Link == r.By.Link {
			group = m.Group
		}
	}
	for i, g := range r.Guests {
		if g.Ticked && !r.By.office() && (r.Rules.Household != Tick || group == "" || members[i].Group != group || g.Link == r.By.Link) {
			return fault.New(fault.Forbidden, "member.cannot_book")
		}
	}
	return nil
}

// want is what the live persons need of a slot; seats are counted by [Booking.move].
func (b Booking) want(slotID string, by By) slot.Want {
	procs, _ := b.procs() // checked when they were claimed
	return slot.Want{SlotID: slotID, Side: b.Side, Procs: procs, Override: by.Override != "", ByOffice: by.office()}
}

// move gives the live persons seats as the terms say and returns those that
// they have. It changes b; the rows are the caller's.
func (b *Booking) move(tx *store.Tx, tenant int, want slot.Want, adjacent bool) error {
	held, live := b.seats(), b.Live()
	places := slices.Repeat([]string{want.SlotID}, len(live)) // of each person
	if adjacent {
		var units []int
		for _, p := range live {
			units = append(units, p.Units)
		}
		var err error
		if places, err = slot.Spread(tx.Rx, tenant, want, units, held); err != nil {
			return err
		}
	}
	wanted := map[string]int{}
	for i, p := range live {
		wanted[places[i]] += p.Units
		b.person(p.Link).SlotID = places[i]
	}
	taken, err := shift(tx, tenant, held, wanted, want)
	if err != nil {
		return err
	}
	return b.find(tx.Rx, tenant, slices.Min(places), taken...)
}

// dayOpen refuses residents to make certain what was held for them on a day that
// the office has closed since.
func (b Booking) dayOpen(rx *store.Rx, tenant int) error {
	held, _, err := slot.ByID(rx, tenant, b.SlotID)
	if err == nil && held.Ended {
		err = fault.New(fault.Conflict, "slot.closed", "time", b.Starts.In(store.Tokyo).Format("15:04"))
	}
	return err
}

// find takes over the terms of the first slot, which may be among those at hand.
func (b *Booking) find(rx *store.Rx, tenant int, slotID string, at ...slot.Slot) (err error) {
	i := slices.IndexFunc(at, func(s slot.Slot) bool { return s.ID == slotID })
	found := i >= 0
	var first slot.Slot
	if found {
		first = at[i]
	} else if first, found, err = slot.ByID(rx, tenant, slotID); err == nil && !found {
		err = fmt.Errorf("slot %s is gone", slotID)
	}
	b.SlotID, b.WindowID, b.Starts, b.Minutes = first.ID, first.WindowID, first.Starts, first.Minutes
	return err
}

// trace is what the audit log says of a booking: ids and counts only.
func (b Booking) trace(by By) map[string]any {
	detail := map[string]any{"slot": b.SlotID, "via": by.Via, "seat": b.Side, "state": b.State, "persons": len(b.Live())}
	if by.Override != "" {
		detail["override"] = by.Override
	}
	return detail
}
