package wish

import (
	"context"
	"errors"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Terms are what the municipality has decided about offers.
type Terms struct {
	Answer time.Duration // to answer an offer, at least [Shortest]
	Rules  reserve.Rules
	// Offered runs in the transaction of each offer, to put the mail about it
	// into the outbox. It may be nil.
	Offered func(tx *store.Tx, w Wish, b reserve.Booking) error
}

// Served is what a run of [Serve] did.
type Served struct {
	Offered, Accepted, Declined, Expired, Over int
}

// Serve brings the waiting list up to date: offers that nobody answered in time
// end, answered ones are noted, and the seats that are free go to the oldest
// wishes that fit, each as an offer of its own transaction. It runs every few
// seconds and may run at any time, on several servers at once. No offer is made
// beyond the deadline of a slot, and none at hours at which the site is closed.
func Serve(ctx context.Context, db *store.DB, actor store.Actor, tenant int, t Terms) (s Served, err error) {
	defer fault.Add(&err, "wish.Serve(%d)", tenant)
	if _, err := reserve.ExpireOffers(ctx, db, actor, tenant); err != nil {
		return Served{}, err
	}
	var list []Wish
	states := map[string]State{}
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		if list, err = Live(rx, tenant); err != nil {
			return err
		}
		for _, w := range list {
			if states[w.ID], err = stateNow(rx, tenant, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Served{}, err
	}
	var waiting []Wish
	for _, w := range list {
		if states[w.ID] != w.State {
			if err := settle(ctx, db, actor, tenant, w, states[w.ID]); err != nil {
				return s, err
			}
		}
		s.count(states[w.ID])
		if states[w.ID] == Open {
			waiting = append(waiting, w)
		}
	}
	if len(waiting) == 0 {
		return s, nil
	}
	round := &round{db: db, actor: actor, tenant: tenant, terms: t, served: &s}
	return s, round.run(ctx, waiting)
}

func (s *Served) count(state State) {
	switch state {
	case Accepted:
		s.Accepted++
	case Declined:
		s.Declined++
	case Expired:
		s.Expired++
	case Over:
		s.Over++
	}
}

// settle notes what became of a wish since the last run.
func settle(ctx context.Context, db *store.DB, actor store.Actor, tenant int, w Wish, state State) error {
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if moved, err := move(tx, tenant, w.ID, w.State, state); err != nil || !moved {
			return err
		}
		if state == Open { // the office took the offer away, or its day
			if err := clearOffer(tx, tenant, w.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, "wish.settled", object(tenant, w.ID), map[string]any{"state": state})
	})
}

// stateNow is the state of a wish as the calendar and its offer say.
func stateNow(rx *store.Rx, tenant int, w Wish) (State, error) {
	if w.State == Open {
		if w.To < jpdate.Day(rx.Today()) {
			return Over, nil
		}
		return Open, nil
	}
	b, found, err := reserve.ByID(rx, tenant, w.BookingID)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", errors.New("offer of a wish is gone")
	case b.State == reserve.Offered:
		return Offered, nil
	case b.State == reserve.Expired:
		s, _, err := slot.ByID(rx, tenant, b.SlotID)
		if s.Ended { // the office has closed its day: nobody could answer
			return Open, err
		}
		return Expired, err
	case b.State == reserve.Cancelled && len(b.PlacedEvent) == 0: // never accepted
		return Declined, nil
	case b.State == reserve.CancelledByOffice && len(b.PlacedEvent) == 0:
		return Open, nil
	}
	return Accepted, nil
}

// round offers free seats.
type round struct {
	db     *store.DB
	actor  store.Actor
	tenant int
	terms  Terms
	served *Served

	free       map[string]int // seats by slot
	slots      []slot.Slot    // with seats, in the order in which they begin
	procedures []slot.ProcedureTerms
	calendars  map[string]jpdate.Calendar
}

// errNight ends a round at hours at which the site takes no bookings.
var errNight = errors.New("closed")

func (r *round) run(ctx context.Context, waiting []Wish) error {
	if err := r.db.Read(ctx, r.read); err != nil || len(r.slots) == 0 {
		return err
	}
	for _, w := range waiting {
		err := r.serve(ctx, w)
		if errors.Is(err, errNight) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read finds the slots with free web seats.
func (r *round) read(rx *store.Rx) error {
	r.free, r.calendars = map[string]int{}, map[string]jpdate.Calendar{}
	windows, err := slot.Windows(rx, r.tenant)
	if err != nil {
		return err
	}
	for _, w := range windows {
		list, err := slot.From(rx, r.tenant, w.ID, rx.Now)
		if err != nil {
			return err
		}
		for _, s := range list {
			if n := s.Free(rx.Now); n > 0 {
				r.free[s.ID] = n
				r.slots = append(r.slots, s)
			}
		}
		if r.calendars[w.ID], err = slot.CalendarOf(rx, r.tenant, w.ID); err != nil {
			return err
		}
	}
	r.procedures, err = slot.ProcedureList(rx, r.tenant)
	return err
}

// serve offers the first free slot that fits to one wish.
func (r *round) serve(ctx context.Context, w Wish) error {
	units := 0
	for _, g := range w.Guests {
		units += slot.Units(r.procedures, g.Procs, r.terms.Rules.SumUnits)
	}
	for _, s := range r.slots {
		if r.free[s.ID] < units || !w.fits(s) {
			continue
		}
		made, err := r.offer(ctx, w, s)
		f, refused := fault.As(err)
		switch {
		case made:
			r.free[s.ID] -= units
			r.served.Offered++
			return nil
		case err == nil: // too late for an answer, or the slot that they have
		case refused && strings.HasPrefix(f.Code, "slot."): // gone meanwhile
			r.free[s.ID] = 0
		case refused && f.Kind == fault.Unavailable && strings.HasPrefix(f.Code, "booking.closed"):
			return errNight
		case refused && f.Code == "member.cannot_book":
			r.served.Over++
			return settle(ctx, r.db, r.actor, r.tenant, w, Over)
		case refused && f.Kind != fault.Unavailable: // cannot have it now
			return nil
		default:
			return err
		}
	}
	return nil
}

// offer makes one offer. It reports false where there would be no time left to
// answer, and where somebody else has dealt with the wish.
func (r *round) offer(ctx context.Context, w Wish, s slot.Slot) (made bool, err error) {
	err = r.db.Write(ctx, r.actor, func(tx *store.Tx) error {
		made = false
		until, ok := Until(r.told(tx.Now, w, s), s.Until(w.Procs()).Book, r.terms.Answer)
		if !ok {
			return nil
		}
		if has, err := holds(tx.Rx, r.tenant, w, s); err != nil || has {
			return err
		}
		if moved, err := move(tx, r.tenant, w.ID, Open, Offered); err != nil || !moved {
			return err
		}
		b, err := reserve.OfferIn(tx, reserve.Offer{
			Tenant: r.tenant, By: reserve.By{Via: reserve.ByWeb, Link: w.Guests[0].Link}, Guests: w.Guests,
			SlotID: s.ID, Until: until, Lang: w.Lang, Rules: r.terms.Rules,
		})
		if err != nil {
			return err
		}
		if err := setOffer(tx, r.tenant, w.ID, b.ID); err != nil {
			return err
		}
		made = true
		if r.terms.Offered == nil {
			return nil
		}
		w.State, w.BookingID, w.OfferedAt = Offered, b.ID, tx.Now
		return r.terms.Offered(tx, w, b)
	})
	return made && err == nil, err
}

// The hours at which the office rings people up.
const (
	phoneFrom  = 9 * 60
	phoneUntil = 16 * 60
)

// told is from when the time to answer runs: at once, and for those who are rung
// up from the next hour at which the office can do so.
func (r *round) told(now time.Time, w Wish, s slot.Slot) time.Time {
	if w.Notify != ByPhone {
		return now
	}
	today := jpdate.Day(store.Day(now))
	calendar := r.calendars[s.WindowID]
	if calendar.Business(today) && minuteOf(now) >= phoneFrom && minuteOf(now) < phoneUntil {
		return now
	}
	if !calendar.Business(today) || minuteOf(now) >= phoneUntil {
		today = calendar.AddBusiness(today, 1)
	}
	year, month, day := today.Parts()
	return time.Date(year, time.Month(month), day, 0, phoneFrom, 0, 0, store.Tokyo).UTC()
}

// holds reports whether one of the guests has the slot already.
func holds(rx *store.Rx, tenant int, w Wish, s slot.Slot) (bool, error) {
	for _, g := range w.Guests {
		b, found, err := reserve.LiveOf(rx, tenant, g.Link)
		if err != nil || found && b.SlotID == s.ID {
			return found, err
		}
	}
	return false, nil
}
