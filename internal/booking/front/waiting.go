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

// Wish puts somebody on the waiting list with what they leave to be told of an
// offer. Errors: those of [wish.PutIn], [contact.Check] and [contact.Keep];
// fault.Forbidden "front.no_waiting_list"; fault.Invalid "booking.mail_needed"
// where the mail is wanted and none was left.
func (d *Desk) Wish(ctx context.Context, actor store.Actor, w wish.Wish, c contact.Contact) (made wish.Wish, err error) {
	err = d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil {
			return err
		}
		if !t.Policy.WaitingList {
			return fault.New(fault.Forbidden, "front.no_waiting_list")
		}
		form, err := contact.CheckContact(t, c)
		if err != nil {
			return err
		}
		if w.Notify == wish.ByMail && (form.Mail == "" || !t.Policy.TakesMail()) {
			return fault.New(fault.Invalid, "booking.mail_needed")
		}
		if made, err = wish.PutIn(tx, d.Tenant, w); err != nil {
			return err
		}
		return contact.KeepFor(tx, d.Ring, d.Tenant, t, contact.WishOwner(made.ID), form)
	})
	return made, err
}

// ServeWishes brings the waiting list up to date and tells those who get an
// offer; whom no mail reaches is to be called.
func (d *Desk) ServeWishes(ctx context.Context, actor store.Actor) (served wish.Served, err error) {
	var t *terms.Terms
	err = d.DB.Read(ctx, func(rx *store.Rx) (err error) {
		t, err = d.terms(rx)
		return err
	})
	if err != nil || !t.Policy.WaitingList {
		return wish.Served{}, err
	}
	return wish.Serve(ctx, d.DB, actor, d.Tenant, wish.Terms{
		Answer: time.Duration(t.Policy.OfferHours) * time.Hour, Rules: rules(t.Policy),
		Offered: func(tx *store.Tx, w wish.Wish, b reserve.Booking) error { return d.tellOffer(tx, t, w, b) },
	})
}

func (d *Desk) tellOffer(tx *store.Tx, t *terms.Terms, w wish.Wish, b reserve.Booking) error {
	if err := contact.Copy(tx, d.Ring, d.Tenant, contact.WishOwner(w.ID), b.ID); err != nil {
		return err
	}
	state := mail.None
	if w.Notify == wish.ByMail {
		lang := langOf(b)
		_, in := t.Templates.SheetFor(terms.MailOffer, lang)
		var err error
		state, err = d.tellMore(tx, t, terms.MailOffer, b, map[string]string{
			terms.VarOfferURL: d.BookingURL(lang, b.ID), terms.VarAnswerBy: t.Words(in).Instant(b.Until),
		})
		if err != nil {
			return err
		}
	}
	if state != mail.None {
		return nil
	}
	return mail.AddTask(tx, d.Tenant, b.ID, terms.MailOffer, mail.BecauseNoMail)
}

// Accept accepts an offer; the resident's earlier booking ends with it. Errors:
// those of [reserve.AcceptIn].
func (d *Desk) Accept(ctx context.Context, actor store.Actor, a reserve.Act) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		earlier, has, err := reserve.LiveOf(tx.Rx, d.Tenant, a.By.Link)
		if err != nil {
			return Done{}, err
		}
		var fresh bool
		done.Booking, fresh, err = reserve.AcceptIn(tx, a)
		if err != nil || !fresh {
			return done, err
		}
		if !has {
			done.Mail, err = d.tell(tx, t, terms.MailBooked, done.Booking, nil)
			return done, err
		}
		if err := contact.Copy(tx, d.Ring, d.Tenant, earlier.ID, done.Booking.ID); err != nil {
			return Done{}, err
		}
		done.Mail, err = d.tell(tx, t, terms.MailChanged, done.Booking, &earlier)
		return done, err
	})
	return done.Booking, err
}

// Decline refuses an offer; nothing else changes and no mail is written. Errors:
// those of [reserve.DeclineIn].
func (d *Desk) Decline(ctx context.Context, actor store.Actor, a reserve.Act) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		done.Booking, _, err = reserve.DeclineIn(tx, a)
		return done, err
	})
	return done.Booking, err
}
