// Package wish keeps the waiting list (空き待ち). A resident with a code says
// where, when and what for they wait; when seats come free, the oldest wish that
// fits gets them as an offer that stands for a while, and nobody else can take
// them meanwhile. Who does not answer loses nothing but the offer: a booking that
// they have stays. Writes tables wish and wish_person.
package wish

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// State is that of a wish.
type State string

// The states. An open wish waits, an offered one has an offer to answer; the
// others are over.
const (
	Open      State = "open"
	Offered   State = "offered"
	Accepted  State = "accepted"
	Declined  State = "declined"
	Expired   State = "expired"   // the offer was not answered
	Withdrawn State = "withdrawn" // by the resident or the office
	Over      State = "over"      // its days have passed, or the code is dead
)

func (s State) live() bool { return s == Open || s == Offered }

// Notify says how somebody hears of an offer.
type Notify string

// The ways.
const (
	ByMail  Notify = "mail"
	ByPhone Notify = "phone" // the office rings up (電話で知らせる)
)

// Band is a time of day in minutes; a slot is in it that begins in it.
type Band struct{ FromMinute, ToMinute int }

// Wish is one entry of the waiting list.
type Wish struct {
	ID       string          // given by Put; the order of the list
	Windows  []string        // any of them; empty for all
	From, To jpdate.Day      // the days
	Weekdays []time.Weekday  // empty for all
	Bands    []Band          // empty for the whole day
	Guests   []reserve.Guest // with their procedures
	Notify   Notify
	Lang     string // in which the resident reads

	State     State
	MadeAt    time.Time
	BookingID string    // the offer, '' before
	OfferedAt time.Time // zero before
}

// Procs are the procedures of all guests together.
func (w Wish) Procs() slot.Procs {
	var all []slot.Procedure
	for _, g := range w.Guests {
		all = append(all, g.Procs.List()...)
	}
	procs, _ := slot.ParseProcs(all...) // each was checked
	return procs
}

// fits reports whether the wish wants the slot, whatever is free in it.
func (w Wish) fits(s slot.Slot) bool {
	local := s.Starts.In(store.Tokyo)
	minute := local.Hour()*60 + local.Minute()
	return w.From <= s.Day && s.Day <= w.To && s.Fits(w.Procs()) &&
		(len(w.Windows) == 0 || slices.Contains(w.Windows, s.WindowID)) &&
		(len(w.Weekdays) == 0 || slices.Contains(w.Weekdays, local.Weekday())) &&
		(len(w.Bands) == 0 || slices.ContainsFunc(w.Bands, func(b Band) bool { return b.FromMinute <= minute && minute < b.ToMinute }))
}

const (
	maxBands = 4
	maxDays  = 366
)

// check puts the lists in order and refuses a wish that cannot be.
func (w *Wish) check(today jpdate.Day) error {
	bad := func(field string) error { return fault.New(fault.Invalid, "wish.bad", "field", "@wish.field."+field) }
	switch {
	case !w.From.Valid() || !w.To.Valid() || w.To < w.From || w.To < today || w.From.DaysUntil(w.To) > maxDays:
		return bad("days")
	case w.Notify != ByMail && w.Notify != ByPhone:
		return bad("notify")
	case len(w.Guests) == 0:
		return bad("guests")
	case len(w.Bands) > maxBands:
		return bad("bands")
	}
	for _, b := range w.Bands {
		if b.FromMinute < 0 || b.FromMinute >= b.ToMinute || b.ToMinute > 1440 {
			return bad("bands")
		}
	}
	for _, d := range w.Weekdays {
		if d < time.Sunday || d > time.Saturday {
			return bad("weekdays")
		}
	}
	for _, g := range w.Guests {
		if g.Procs == "" {
			return bad("guests")
		}
		if _, err := slot.ParseProcs(g.Procs.List()...); err != nil {
			return err
		}
	}
	slices.Sort(w.Windows)
	slices.Sort(w.Weekdays)
	w.Windows, w.Weekdays = slices.Compact(w.Windows), slices.Compact(w.Weekdays)
	w.Guests = slices.SortedFunc(slices.Values(w.Guests), func(a, b reserve.Guest) int { return strings.Compare(a.Link, b.Link) })
	return nil
}

// Put puts a wish on the list, as [PutIn] does.
func Put(ctx context.Context, db *store.DB, actor store.Actor, tenant int, w Wish) (made Wish, err error) {
	defer fault.Add(&err, "wish.Put(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		made, err = PutIn(tx, tenant, w)
		return err
	})
	return made, err
}

// PutIn puts a wish at the end of the list. A code has one wish. Whoever calls
// has seen the code of every guest. Errors: fault.Invalid "wish.bad",
// "booking.party_max"; fault.NotFound "slot.window_unknown"; fault.Conflict
// "wish.exists"; those of [member.Use].
func PutIn(tx *store.Tx, tenant int, w Wish) (Wish, error) {
	if err := w.check(jpdate.Day(tx.Today())); err != nil {
		return Wish{}, err
	}
	t, _, err := slot.TenantByID(tx.Rx, tenant)
	if err != nil {
		return Wish{}, err
	}
	if len(w.Guests) > t.PartyMax {
		return Wish{}, fault.New(fault.Invalid, "booking.party_max", "max", fmt.Sprint(t.PartyMax))
	}
	for _, id := range w.Windows {
		if _, known, err := slot.WindowByID(tx.Rx, tenant, id); err != nil {
			return Wish{}, err
		} else if !known {
			return Wish{}, fault.New(fault.NotFound, "slot.window_unknown", "window", id)
		}
	}
	w.ID, w.State, w.MadeAt, w.BookingID = ulid.New(tx.Now), Open, tx.Now, ""
	for _, g := range w.Guests {
		if _, err := member.Use(tx, tenant, member.Claim{Link: g.Link, Gen: g.Gen, Procs: g.Procs, Event: w.ID}); err != nil {
			return Wish{}, err
		}
	}
	if err := insertWish(tx, tenant, w); err != nil {
		if store.IsUnique(err) {
			return Wish{}, fault.New(fault.Conflict, "wish.exists").Because(err)
		}
		return Wish{}, err
	}
	return w, audit.Append(tx, "wish.made", object(tenant, w.ID), map[string]any{"persons": len(w.Guests), "notify": w.Notify})
}

func object(tenant int, id string) string { return fmt.Sprintf("tenant/%d/wish/%s", tenant, id) }

// Withdraw takes an open wish off the list; link is the resident who does it, or
// ” for the office. One with an offer is declined instead. Errors:
// fault.NotFound "wish.unknown"; fault.Conflict "wish.over" when it is not open.
func Withdraw(ctx context.Context, db *store.DB, actor store.Actor, tenant int, id, link string) (err error) {
	defer fault.Add(&err, "wish.Withdraw(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		w, found, err := ByID(tx.Rx, tenant, id)
		if err != nil {
			return err
		}
		if !found || link != "" && !w.has(link) {
			return fault.New(fault.NotFound, "wish.unknown")
		}
		if moved, err := move(tx, tenant, id, Open, Withdrawn); err != nil || !moved {
			if err == nil {
				err = fault.New(fault.Conflict, "wish.over")
			}
			return err
		}
		return audit.Append(tx, "wish.withdrawn", object(tenant, id), nil)
	})
}

func (w Wish) has(link string) bool {
	return slices.ContainsFunc(w.Guests, func(g reserve.Guest) bool { return g.Link == link })
}

// Forget removes wishes that have been over for longer than age.
func Forget(ctx context.Context, db *store.DB, actor store.Actor, tenant int, age time.Duration) (err error) {
	defer fault.Add(&err, "wish.Forget(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := deleteEnded(tx, tenant, store.Stamp(tx.Now.Add(-age)))
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, "wish.forgotten", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"rows": n})
	})
}
