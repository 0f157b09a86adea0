package reserve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Withdraw ends what a code may do. Its person leaves a live booking; the others
// of the party keep theirs. Errors: fault.NotFound "member.unknown".
func Withdraw(ctx context.Context, db *store.DB, actor store.Actor, tenant int, link string, gen int) (err error) {
	defer fault.Add(&err, "reserve.Withdraw(%d, %q)", tenant, link)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		_, err := WithdrawIn(tx, tenant, link, gen)
		return err
	})
}

// WithdrawIn is [Withdraw] within a transaction. It returns the bookings that
// the person has left, as they were and as they are.
func WithdrawIn(tx *store.Tx, tenant int, link string, gen int) (left []Moved, err error) {
	return endCode(tx, tenant, link, agree.Link{State: agree.Withdrawn, Gen: gen}, agree.EndsAll, "member.withdrawn")
}

// HandedOver ends a code whose card was handed over or destroyed: what was
// booked for the card alone ends, a visit with other procedures stays for those.
// It returns the bookings that have ended or lost a person; nobody needs a mail
// about them. Errors: fault.NotFound "member.unknown".
func HandedOver(tx *store.Tx, tenant int, link string, gen int) (ended []Moved, err error) {
	return endCode(tx, tenant, link, agree.Link{State: agree.Closed, Gen: gen}, agree.EndsCards, "member.handed_over")
}

func endCode(tx *store.Tx, tenant int, link string, now agree.Link, effect agree.Effect, action string) (left []Moved, err error) {
	found, err := member.SetState(tx, tenant, link, now.Gen, member.State(now.State))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "member.unknown")
	}
	if left, err = LinkTold(tx, tenant, link, now, effect); err != nil {
		return nil, err
	}
	ids := []string{}
	for _, m := range left {
		ids = append(ids, m.After.ID)
	}
	return left, audit.Append(tx, action, member.Object(tenant, link), map[string]any{"gen": now.Gen, "bookings": ids})
}

// Affected is a booking that a closing touches, with the slot it could move to.
type Affected struct {
	Booking  Booking
	Here     bool   // somebody of it has come: the others can be cancelled, nobody moves
	Proposed string // '' when nothing is free, and for those of whom somebody is here
}

// PlanClosing lists the bookings that would lose their slot, each with the next
// slot of the same window that still has room for all of them. It changes
// nothing.
func PlanClosing(rx *store.Rx, tenant int, e slot.Exception) (list []Affected, err error) {
	goes, ids, err := within(rx, tenant, e)
	if err != nil {
		return nil, err
	}
	room := map[string]map[string]int{} // by window: what the proposals so far leave free
	for _, id := range ids {
		b, _, err := ByID(rx, tenant, id)
		if err != nil {
			return nil, err
		}
		if b.State != Active || b.Theirs { // not confirmed or not accepted: it just ends; the office moves its own
			continue
		}
		one := Affected{Booking: b, Here: b.allToCome() != nil}
		if !one.Here {
			if one.Proposed, err = propose(rx, tenant, b, goes, room); err != nil {
				return nil, err
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// within are the slots that a closing takes away, and the bookings in them, a
// party in two slots once.
func within(rx *store.Rx, tenant int, e slot.Exception) (goes map[string]bool, ids []string, err error) {
	going, err := slot.Within(rx, tenant, e)
	if err != nil {
		return nil, nil, err
	}
	goes = map[string]bool{}
	for _, s := range going {
		goes[s.ID] = true
		of, err := idsOfSlot(rx, tenant, s.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range of {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return goes, ids, nil
}

// propose finds the first slot after the present one with room for everybody.
func propose(rx *store.Rx, tenant int, b Booking, goes map[string]bool, room map[string]map[string]int) (string, error) {
	following, err := slot.From(rx, tenant, b.WindowID, b.Starts)
	if err != nil {
		return "", err
	}
	key := b.WindowID + "/" + string(b.Side)
	if room[key] == nil {
		room[key] = map[string]int{}
	}
	procs, err := b.procs()
	if err != nil {
		return "", err
	}
	for _, s := range following {
		if goes[s.ID] || !s.Fits(procs) {
			continue
		}
		free, known := room[key][s.ID]
		if !known {
			free = s.OfficeFree()
			if b.Side == slot.Web {
				free = max(0, s.WebOpen-s.WebTaken)
			}
		}
		if n := b.Units(); free >= n {
			room[key][s.ID] = free - n
			return s.ID, nil
		}
	}
	return "", nil
}

// Closing is what a closing did.
type Closing struct {
	ExceptionID      string
	Moved, Cancelled int
	Bookings         []Moved // as they were and as they are
}

// Moved is a booking before and after an act of the office.
type Moved struct{ Before, After Booking }

// Close closes a time in one act and decides about every booking in it:
// decisions name by booking the slot it moves to, or "" to cancel it. All of it
// happens or nothing. Errors: fault.Invalid "slot.bad_exception"; fault.Conflict
// "booking.undecided" with a detail for each booking without a decision,
// "member.window", "booking.state" when one of those who move has come; those of
// [slot.Take].
func Close(ctx context.Context, db *store.DB, actor store.Actor, tenant int, e slot.Exception, decisions map[string]string) (c Closing, err error) {
	defer fault.Add(&err, "reserve.Close(%d, %q)", tenant, e.WindowID)
	err = db.Write(ctx, actor, func(tx *store.Tx) (err error) {
		c, err = CloseIn(tx, tenant, e, decisions)
		return err
	})
	if err != nil {
		return Closing{}, err
	}
	return c, nil
}

// CloseIn is [Close] within a transaction of somebody who writes down more.
func CloseIn(tx *store.Tx, tenant int, e slot.Exception, decisions map[string]string) (c Closing, err error) {
	j, err := lockWithin(tx, tenant, e)
	if err != nil {
		return Closing{}, err
	}
	var report slot.Report
	if c.ExceptionID, report, err = slot.Except(tx, tenant, e); err != nil {
		return Closing{}, err
	}
	for _, id := range report.Busy {
		if err := c.empty(j, id, decisions); err != nil {
			return Closing{}, err
		}
	}
	if err := j.close(); err != nil {
		return Closing{}, err
	}
	return c, audit.Append(tx, "booking.time_closed", fmt.Sprintf("tenant/%d/exception/%s", tenant, c.ExceptionID),
		map[string]any{"after": e, "moved": c.Moved, "cancelled": c.Cancelled, "slots": report})
}

// lockWithin locks the bookings of a time before its slots, in the order that
// every act keeps.
func lockWithin(tx *store.Tx, tenant int, e slot.Exception) (*journal, error) {
	_, ids, err := within(tx.Rx, tenant, e)
	if err != nil {
		return nil, err
	}
	j := open(tx, tenant)
	return j, j.lockAll(ids)
}

// lockAll locks the persons of bookings and then the bookings.
func (j *journal) lockAll(ids []string) error {
	var links []string
	for _, id := range ids {
		of, err := linksOf(j.tx.Rx, j.tenant, id)
		if err != nil {
			return err
		}
		links = append(links, of...)
	}
	if err := j.lock(links...); err != nil {
		return err
	}
	return j.lockBookings(ids)
}

func (j *journal) lockBookings(ids []string) error {
	sorted := slices.Sorted(slices.Values(ids))
	for _, id := range slices.Compact(sorted) {
		last, err := lock(j.tx, j.tenant, id, j.first)
		if err != nil {
			return err
		}
		j.floor = max(j.floor, last)
	}
	return nil
}

// empty moves or cancels the bookings of a slot that has closed.
func (c *Closing) empty(j *journal, slotID string, decisions map[string]string) error {
	ids, err := idsOfSlot(j.tx.Rx, j.tenant, slotID)
	if err != nil {
		return err
	}
	undecided := fault.New(fault.Conflict, "booking.undecided")
	for _, id := range ids {
		b, err := j.booking(id)
		if err != nil {
			return err
		}
		before := b
		before.Persons = slices.Clone(b.Persons)
		to, decided := decisions[id]
		switch {
		case b.Theirs: // the office moves its own
			continue
		case len(b.in(Pending, Offered)) > 0: // nobody was promised anything
			c.Cancelled++
			err = b.leave(j, Refusing, "office", b.in(Pending, Offered)...)
		case !decided:
			undecided = undecided.With(fault.Detail{Code: "booking.undecided_one", Value: b.No})
		case to == "":
			c.Cancelled++
			err = b.leave(j, Refusing, "office", b.in(Active)...)
		default:
			c.Moved++
			err = b.moveTo(j, to)
		}
		if err != nil {
			return err
		}
		if decided || b.State.Ended() {
			c.Bookings = append(c.Bookings, Moved{before, b})
		}
	}
	if len(undecided.Details) > 0 {
		return undecided
	}
	return nil
}

func (b *Booking) moveTo(j *journal, slotID string) error {
	if err := b.allToCome(); err != nil {
		return err
	}
	window := b.WindowID
	want := b.want(slotID, By{Via: AtCounter})
	want.Override = true
	if err := b.move(j.tx, j.tenant, want, false); err != nil {
		return err
	}
	if err := b.servedFrom(j.tx.Rx, j.tenant, window); err != nil {
		return err
	}
	if err := j.place(b, "", false); err != nil {
		return err
	}
	return saveAll(j.tx, j.tenant, *b, j.last)
}

// ForgetTokens removes the tokens of forms that are older than age.
func ForgetTokens(ctx context.Context, db *store.DB, actor store.Actor, tenant int, age time.Duration) (err error) {
	defer fault.Add(&err, "reserve.ForgetTokens(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := deleteTokens(tx, tenant, store.Stamp(tx.Now.Add(-age)))
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, "booking.tokens_forgotten", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"rows": n})
	})
}
