// Package front is the desk of the booking service: the acts as the residents'
// pages and the staff console call them. Each is one transaction that books,
// changes or ends a visit, keeps what the resident left of themselves, and puts
// the mail about it into the outbox; all of it happens or nothing. An act that
// is sent again under the same token writes nothing. It writes no table of its
// own.
package front

import (
	"context"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// Desk serves one tenant.
type Desk struct {
	DB     *store.DB // the tenant's view
	Tenant int
	Ring   *keyring.Ring // the tenant's keys
	Base   string        // where its pages are, such as https://yoyaku.example.lg.jp
	Terms  *terms.Cache  // nil reads the terms anew in each act
}

// Request is a booking with what the resident left of themselves. The terms of
// the tenant fill in its rules.
type Request struct {
	reserve.Request
	Lang    string // of the page, and of the mails from now on
	Contact contact.Contact
	Answers contact.Answers
}

// Done is what an act has done.
type Done struct {
	Booking reserve.Booking
	Mail    mail.State // of the mail about it: mail.Waiting is still to be sent, mail.None there is none
}

func (d *Desk) terms(rx *store.Rx) (*terms.Terms, error) {
	if d.Terms != nil {
		return d.Terms.Load(rx)
	}
	return terms.Load(rx, d.Tenant)
}

// rules are what the tenant has decided about bookings.
func rules(p terms.Policy) reserve.Rules {
	return reserve.Rules{
		SumUnits: p.Units == "sum", Household: reserve.Household(p.GroupMode), ChangesPerDay: p.ChangesPerDay,
		Confirm: time.Duration(p.ConfirmMinutes) * time.Minute, NoContact: !p.TakesMail(), Unconfirmed: p.UnconfirmedKeys,
		PerMail: p.KeysPerMail, PerPhone: p.KeysPerPhone, PerAddress: p.KeysPerAddress,
	}
}

// Book books a visit for all guests or for none. Errors: those of
// [reserve.Book], [contact.Check] and [contact.Keep].
func (d *Desk) Book(ctx context.Context, actor store.Actor, r Request) (reserve.Booking, error) {
	done, err := d.BookIt(ctx, actor, r)
	return done.Booking, err
}

// BookIt is Book, and says what becomes of the mail.
func (d *Desk) BookIt(ctx context.Context, actor store.Actor, r Request) (Done, error) {
	r.Tenant, r.Request.Lang = d.Tenant, r.Lang
	return d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		form, err := contact.Check(t, terms.Mode(r.Mode), r.Contact, r.Answers, r.By.Via != reserve.ByWeb)
		if err != nil {
			return Done{}, err
		}
		r.Rules = rules(t.Policy)
		r.Adjacent = r.Adjacent && t.Policy.Adjacent
		var fresh bool
		done.Booking, fresh, err = reserve.BookIn(tx, r.Request)
		if err != nil || !fresh {
			return done, err
		}
		if err := contact.Keep(tx, d.Ring, d.Tenant, t, done.Booking.ID, form); err != nil {
			return Done{}, err
		}
		done.Mail, err = d.tell(tx, t, terms.MailBooked, done.Booking, nil)
		return done, err
	})
}

// Change moves a booking to another slot. Errors: those of [reserve.Change].
func (d *Desk) Change(ctx context.Context, actor store.Actor, a reserve.Act, slotID string, adjacent bool) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		before, _, err := reserve.ByID(tx.Rx, d.Tenant, a.BookingID)
		if err != nil {
			return Done{}, err
		}
		a.Rules = rules(t.Policy)
		var fresh bool
		done.Booking, fresh, err = reserve.ChangeIn(tx, a, slotID, adjacent && t.Policy.Adjacent)
		if err != nil || !fresh {
			return done, err
		}
		done.Mail, err = d.tell(tx, t, terms.MailChanged, done.Booking, &before)
		return done, err
	})
	return done.Booking, err
}

// Cancel ends a booking for all of its persons. reason is what the resident
// chose to say of the reasons offered, or empty; the log keeps it. Errors: those
// of [reserve.Cancel]; fault.Invalid "front.reason".
func (d *Desk) Cancel(ctx context.Context, actor store.Actor, a reserve.Act, reason string) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	if err := checkReason(reason); err != nil {
		return reserve.Booking{}, err
	}
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		var fresh bool
		done.Booking, fresh, err = reserve.CancelIn(tx, a)
		if err != nil || !fresh {
			return done, err
		}
		if err := d.keepReason(tx, t, done.Booking, reason); err != nil {
			return Done{}, err
		}
		kind := terms.MailCancelled
		if a.By.Via != reserve.ByWeb && a.By.Override != "" {
			kind = terms.MailOfficeCancelled
		}
		done.Mail, err = d.tell(tx, t, kind, done.Booking, nil)
		return done, err
	})
	return done.Booking, err
}

// Leave takes one person out of a booking. When nobody is left it has ended and
// the mail says so; else it says who is still expected. Errors: those of
// [reserve.Leave].
func (d *Desk) Leave(ctx context.Context, actor store.Actor, a reserve.Act, link string) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		a.Rules = rules(t.Policy)
		var fresh bool
		done.Booking, fresh, err = reserve.LeaveIn(tx, a, link)
		if err != nil || !fresh {
			return done, err
		}
		kind := terms.MailBooked
		if done.Booking.State.Ended() {
			kind = terms.MailCancelled
		}
		done.Mail, err = d.tell(tx, t, kind, done.Booking, nil)
		return done, err
	})
	return done.Booking, err
}

// Close closes a time and moves or cancels every booking in it, as decisions
// say (see [reserve.Close]), with one mail for each address; whoever left none
// is to be called.
func (d *Desk) Close(ctx context.Context, actor store.Actor, e slot.Exception, decisions map[string]string) (c reserve.Closing, err error) {
	err = d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil {
			return err
		}
		if c, err = reserve.CloseIn(tx, d.Tenant, e, decisions); err != nil {
			return err
		}
		return d.tellClosed(tx, t, c.Bookings)
	})
	if err != nil {
		return reserve.Closing{}, err
	}
	return c, nil
}

// act runs what is done in one transaction.
func (d *Desk) act(ctx context.Context, actor store.Actor, fn func(*store.Tx, *terms.Terms) (Done, error)) (done Done, err error) {
	err = d.DB.Join(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil {
			return err
		}
		done, err = fn(tx, t)
		return err
	})
	if err != nil {
		return Done{}, err
	}
	return done, nil
}
