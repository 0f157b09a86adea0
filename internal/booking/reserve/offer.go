package reserve

import (
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Offer holds seats for somebody on the waiting list, for a while.
type Offer struct {
	Tenant int
	By     By // ByWeb with the link of the one who waits
	Guests []Guest
	SlotID string
	Until  time.Time // when it expires
	Lang   string
	Rules  Rules
}

// OfferIn takes web seats for an offer. The office hears of it when it is
// accepted. Whoever has a booking keeps it meanwhile. Errors: those of [Book]
// except "booking.exists" and those of tokens; fault.Conflict
// "booking.offer_exists" when one of the guests has an unanswered offer.
func OfferIn(tx *store.Tx, o Offer) (b Booking, err error) {
	r := Request{Tenant: o.Tenant, By: o.By, Guests: slices.Clone(o.Guests), SlotID: o.SlotID, Side: slot.Web, Lang: o.Lang, Rules: o.Rules}
	if err := r.check(); err != nil {
		return Booking{}, err
	}
	if !tx.Now.Before(o.Until) {
		return Booking{}, fault.New(fault.Invalid, "booking.bad_request")
	}
	r.sort()
	b = Booking{ID: ulid.New(tx.Now), State: Offered, Until: o.Until.UTC().Truncate(time.Millisecond)}
	if err := r.make(tx, &b); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, "booking.offered", Object(o.Tenant, b.ID), b.trace(o.By))
}

// AcceptIn accepts an offer: the earlier bookings of its persons end and the
// offer becomes active, in one transaction. Errors: as [Cancel], and
// fault.Conflict "booking.offer_late" when its time has passed, whether the
// seats have been freed yet or not, "booking.exists" when one of its persons is
// here with another booking, "slot.closed" for residents when the office has
// closed the day meanwhile.
func AcceptIn(tx *store.Tx, a Act) (b Booking, fresh bool, err error) {
	return a.answer(tx, "accept", func(j *journal, b *Booking) error {
		if !a.By.office() {
			if err := b.dayOpen(tx.Rx, a.Tenant); err != nil {
				return err
			}
		}
		was, err := j.replace(b)
		if err != nil {
			return err
		}
		if err := b.apply(Accepting, b.in(Offered)...); err != nil {
			return err
		}
		if err := j.place(b, was, was == ""); err != nil {
			return err
		}
		if err := saveAll(tx, a.Tenant, *b, j.last); err != nil {
			return err
		}
		detail := b.trace(a.By)
		detail["was"] = was
		return audit.Append(tx, "booking.accepted", Object(a.Tenant, b.ID), detail)
	})
}

// DeclineIn refuses an offer and returns its seats. Errors: as [AcceptIn].
func DeclineIn(tx *store.Tx, a Act) (b Booking, fresh bool, err error) {
	return a.answer(tx, "decline", func(j *journal, b *Booking) error {
		if err := b.leave(j, Declining, "resident", b.in(Offered)...); err != nil {
			return err
		}
		return audit.Append(tx, "booking.declined", Object(a.Tenant, b.ID), b.trace(a.By))
	})
}

// answer runs the answer to an offer. The earlier bookings are locked with it:
// all members before all bookings, each in ascending order.
func (a Act) answer(tx *store.Tx, name string, fn func(*journal, *Booking) error) (b Booking, fresh bool, err error) {
	if err := a.By.check(); err != nil {
		return Booking{}, false, err
	}
	token, err := onceOf(a.Tenant, a.Token, name, a)
	if err != nil {
		return Booking{}, false, err
	}
	earlier, spent, err := token.spend(tx, a.BookingID)
	if err != nil || spent {
		return earlier, false, err
	}
	j := open(tx, a.Tenant)
	links, err := linksOf(tx.Rx, a.Tenant, a.BookingID)
	if err != nil {
		return Booking{}, false, err
	}
	if err := j.lock(links...); err != nil {
		return Booking{}, false, err
	}
	ids := []string{a.BookingID}
	for _, link := range links {
		of, err := texts(tx.Rx, activeOf, a.Tenant, link)
		if err != nil {
			return Booking{}, false, err
		}
		ids = append(ids, of...)
	}
	if err := j.lockBookings(ids); err != nil {
		return Booking{}, false, err
	}
	if b, err = known(ByID(tx.Rx, a.Tenant, a.BookingID)); err != nil {
		return Booking{}, false, err
	}
	switch late := !b.Until.IsZero() && !tx.Now.Before(b.Until); {
	case !a.By.office() && !b.had(a.By.Link):
		return Booking{}, false, unknown()
	case b.State == Expired, b.State == Offered && late:
		return Booking{}, false, fault.New(fault.Conflict, "booking.offer_late", "until", moment(b.ended(tx.Now)))
	case b.State != Offered, !a.By.office() && !b.has(a.By.Link):
		return Booking{}, false, fault.New(fault.Conflict, "booking.gone", "no", b.No)
	}
	if err := fn(j, &b); err != nil {
		return Booking{}, false, err
	}
	return b, true, j.close()
}

// replace takes the persons of an accepted offer out of their earlier bookings.
// If one of these had the same persons and no others, the office hears that it
// has moved: its id is returned and no event of its own is written.
func (j *journal) replace(b *Booking) (was string, err error) {
	for _, p := range b.in(Offered) {
		if busy, err := comes(j.tx.Rx, j.tenant, p.Link); err != nil {
			return "", err
		} else if busy {
			return "", fault.New(fault.Conflict, "booking.exists")
		}
		old, found, err := one(j.tx.Rx, j.tenant, activeOf, p.Link)
		if err != nil {
			return "", err
		}
		if !found { // none, or ended together with another person's
			continue
		}
		if old.Theirs {
			return "", theirs(old)
		}
		var leaving []*Person
		for _, q := range old.in(Active) {
			if b.has(q.Link) {
				leaving = append(leaving, q)
			}
		}
		who := "resident"
		if len(leaving) == len(old.Live()) && len(leaving) == len(b.Live()) {
			was, who = old.ID, "" // told by the event of the new one
		}
		if err := old.leave(j, Cancelling, who, leaving...); err != nil {
			return "", err
		}
	}
	return was, nil
}
