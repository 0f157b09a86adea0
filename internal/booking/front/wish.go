package front

import (
	"context"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Wish puts a resident on the waiting list, with how they can be reached: by
// mail, or by the office's phone where they leave no address. Errors: those of
// [wish.PutIn] and [contact.Check]; fault.Forbidden "front.no_waiting_list".
func (d *Desk) Wish(ctx context.Context, actor store.Actor, w wish.Wish, c contact.Contact) (made wish.Wish, err error) {
	err = d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil {
			return err
		}
		if !t.Policy.WaitingList {
			return fault.New(fault.Forbidden, "front.no_waiting_list")
		}
		form, err := contact.Check(t, "", c, nil, true) // the tenant's own fields belong to the booking
		if err != nil {
			return err
		}
		w.Notify = wish.ByPhone
		if t.Policy.TakesMail() && form.Contact.Mail != "" {
			w.Notify = wish.ByMail
		}
		if made, err = wish.PutIn(tx, d.Tenant, w); err != nil {
			return err
		}
		return contact.KeepFor(tx, d.Ring, d.Tenant, t, contact.WishOwner(made.ID), form.Contact)
	})
	return made, err
}

// ServeWishes brings the waiting list up to date ([wish.Serve]): whoever is
// offered seats gets the mail 空き案内, or stands on the list of those to be
// called. Without a waiting list it only ends the offers that are left.
func (d *Desk) ServeWishes(ctx context.Context, actor store.Actor) (s wish.Served, err error) {
	defer fault.Add(&err, "front.ServeWishes(%d)", d.Tenant)
	var t *terms.Terms
	err = d.DB.Read(ctx, func(rx *store.Rx) (err error) {
		t, err = d.terms(rx)
		return err
	})
	if err != nil {
		return wish.Served{}, err
	}
	if !t.Policy.WaitingList {
		_, err := reserve.ExpireOffers(ctx, d.DB, actor, d.Tenant)
		return wish.Served{}, err
	}
	return wish.Serve(ctx, d.DB, actor, d.Tenant, wish.Terms{
		Answer: time.Duration(t.Policy.OfferHours) * time.Hour, Rules: rules(t.Policy),
		Offered: func(tx *store.Tx, w wish.Wish, b reserve.Booking) error { return d.tellOffer(tx, t, w, b) },
	})
}

// tellOffer lets the offered booking have what the resident left with the wish,
// and tells them.
func (d *Desk) tellOffer(tx *store.Tx, t *terms.Terms, w wish.Wish, b reserve.Booking) error {
	left, err := contact.Load(tx.Rx, d.Ring, d.Tenant, contact.WishOwner(w.ID))
	if err != nil {
		return err
	}
	if err := contact.KeepFor(tx, d.Ring, d.Tenant, t, b.ID, left.Contact); err != nil {
		return err
	}
	lang := langOf(b)
	_, in := t.Templates.SheetFor(terms.MailOffer, lang)
	state, err := d.tellMore(tx, t, terms.MailOffer, b, map[string]string{
		terms.VarAnswerBy: t.Words(in).Instant(b.Until), terms.VarOfferURL: d.BookingURL(lang, b.ID),
	})
	if err != nil || state != mail.None {
		return err
	}
	return mail.AddTask(tx, d.Tenant, b.ID, terms.MailOffer, mail.BecauseNoMail)
}

// Accept accepts an offer; an earlier booking of the resident ends with it.
// Errors: those of [reserve.AcceptIn].
func (d *Desk) Accept(ctx context.Context, actor store.Actor, a reserve.Act) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		var fresh bool
		done.Booking, fresh, err = reserve.AcceptIn(tx, a)
		if err != nil || !fresh {
			return done, err
		}
		done.Mail, err = d.tell(tx, t, terms.MailBooked, done.Booking, nil)
		return done, err
	})
	return done.Booking, err
}

// Decline refuses an offer (いりません); the next on the list gets the seats.
// Errors: those of [reserve.DeclineIn].
func (d *Desk) Decline(ctx context.Context, actor store.Actor, a reserve.Act) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		done.Booking, _, err = reserve.DeclineIn(tx, a)
		return done, err
	})
	return done.Booking, err
}
