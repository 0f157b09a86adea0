package front

import (
	"context"
	"crypto/subtle"
	"strings"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Keyless asks for a booking without a code from the office.
type Keyless struct {
	reserve.Keyless
	Lang    string // of the page, and of the mails from now on
	Contact contact.Contact
	Answers contact.Answers
	MailKey bool // the resident wants the access key by mail
}

// NewKey is what a booking without a code has given.
type NewKey struct {
	Done
	Key linkcode.Key // shown once; the same request sent again gives the same one
}

// BookKeyless books for persons without a code. A booking that must be confirmed
// gets a mail with the link to do so, every other one the usual mail. Errors:
// those of [reserve.BookKeylessIn], [contact.Check] and [contact.Keep];
// fault.Forbidden "booking.open_off".
func (d *Desk) BookKeyless(ctx context.Context, actor store.Actor, k Keyless) (made NewKey, err error) {
	k.Tenant, k.Keyless.Lang = d.Tenant, k.Lang
	made.Done, err = d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		office := k.By.Via != reserve.ByWeb
		if !t.Policy.Allows(terms.AccessKey) && !office {
			return Done{}, fault.New(fault.Forbidden, "booking.open_off")
		}
		form, err := contact.Check(t, terms.AccessKey, k.Contact, k.Answers, office)
		if err != nil {
			return Done{}, err
		}
		k.Rules, k.Adjacent = rules(t.Policy), k.Adjacent && t.Policy.Adjacent
		k.Mail, k.Phone = strings.ToLower(form.Contact.Mail), strings.ReplaceAll(form.Contact.Phone, "-", "")
		var fresh bool
		done.Booking, made.Key, fresh, err = reserve.BookKeylessIn(tx, k.Keyless)
		if err != nil || !fresh {
			return done, err
		}
		if err := contact.Keep(tx, d.Ring, d.Tenant, t, done.Booking.ID, form); err != nil {
			return Done{}, err
		}
		if done.Mail, err = d.tellMade(tx, t, done.Booking); err != nil || !k.MailKey {
			return done, err
		}
		_, err = d.tellMore(tx, t, terms.MailKey, done.Booking, map[string]string{terms.VarAccessKey: made.Key.Format()})
		return done, err
	})
	if err != nil {
		return NewKey{}, err
	}
	return made, nil
}

// tellMade writes the mail about a new booking: that it must be confirmed, or
// that it stands.
func (d *Desk) tellMade(tx *store.Tx, t *terms.Terms, b reserve.Booking) (mail.State, error) {
	if b.State != reserve.Pending {
		return d.tell(tx, t, terms.MailBooked, b, nil)
	}
	lang := langOf(b)
	_, in := t.Templates.SheetFor(terms.MailConfirm, lang)
	return d.tellMore(tx, t, terms.MailConfirm, b, map[string]string{
		terms.VarConfirmURL: d.page(lang, "mail", d.confirmToken(b.ID)),
		terms.VarConfirmBy:  t.Words(in).Clock(b.Until),
	})
}

const confirmMAC = 22 // characters of base64url: 132 bits

// confirmToken stands in the link of the mail that asks to confirm: whoever has
// it has read the mail.
func (d *Desk) confirmToken(bookingID string) string {
	return "c-" + bookingID + "-" + d.Ring.MAC("booking-confirm", bookingID)[:confirmMAC]
}

// ConfirmOf returns the booking that the link of a mail confirms, and false for
// a link of another kind.
func (d *Desk) ConfirmOf(token string) (bookingID string, ok bool) {
	kind, rest, _ := strings.Cut(token, "-")
	id, mac, _ := strings.Cut(rest, "-")
	want := d.Ring.MAC("booking-confirm", id)[:confirmMAC]
	return id, kind == "c" && subtle.ConstantTimeCompare([]byte(mac), []byte(want)) == 1
}

// Confirm makes a booking active whose mail was answered, by the token of its
// link. Confirmed again it stays as it is. Errors: those of
// [reserve.ConfirmIn]; fault.NotFound "booking.unknown" for a token that we did
// not make.
func (d *Desk) Confirm(ctx context.Context, actor store.Actor, token string) (reserve.Booking, error) {
	id, ok := d.ConfirmOf(token)
	if !ok {
		return reserve.Booking{}, fault.New(fault.NotFound, "booking.unknown")
	}
	done, err := d.act(ctx, actor, func(tx *store.Tx, t *terms.Terms) (done Done, err error) {
		var fresh bool
		done.Booking, fresh, err = reserve.ConfirmIn(tx, d.Tenant, id)
		if err != nil || !fresh {
			return done, err
		}
		done.Mail, err = d.tell(tx, t, terms.MailBooked, done.Booking, nil)
		return done, err
	})
	return done.Booking, err
}
