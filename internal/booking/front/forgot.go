package front

import (
	"context"
	"net/netip"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Forgot asks for the mail with which a resident chooses a new password.
type Forgot struct {
	Keys    member.Keys
	Code    linkcode.Code
	Mail    string     // as typed
	Address netip.Addr // of the network that asks
	Lang    string
}

// forgotPerDay bounds what one network may ask in a day.
const forgotPerDay = 20

// ForgotPassword writes the mail with the link to a new password, if the address
// is the one registered for the code. Whoever asks never learns whether it was:
// the answer is nil either way. Errors: fault.TooMany "member.too_many".
func (d *Desk) ForgotPassword(ctx context.Context, actor store.Actor, f Forgot) error {
	return d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil || !t.Policy.Allows(terms.LinkPassword) {
			return err
		}
		who := member.Subject(f.Keys, "reset", member.Network(f.Keys, f.Address))
		if err := member.Spend(tx, d.Tenant, member.OfNetwork, who, forgotPerDay); err != nil {
			return err
		}
		m, known, err := member.ByCode(tx.Rx, d.Tenant, f.Keys, f.Code)
		if err != nil || !known {
			return err
		}
		registered, err := d.registered(tx.Rx, m.Link)
		if err != nil || registered == "" || !strings.EqualFold(registered, strings.TrimSpace(f.Mail)) {
			return err
		}
		return d.sendReset(tx, t, f, m.Link, registered)
	})
}

// registered is the address of a resident: that of the account, or of the newest
// booking of theirs alone that has one. In a booking of several the address may
// be somebody else's.
func (d *Desk) registered(rx *store.Rx, link string) (string, error) {
	address, err := contact.MailOf(rx, d.Ring, d.Tenant, contact.MemberOwner(link))
	if err != nil || address != "" {
		return address, err
	}
	list, err := reserve.Of(rx, d.Tenant, link)
	for i := len(list) - 1; i >= 0 && address == "" && err == nil; i-- {
		if len(list[i].Persons) > 1 {
			continue
		}
		address, err = contact.MailOf(rx, d.Ring, d.Tenant, list[i].ID)
	}
	return address, err
}

func (d *Desk) sendReset(tx *store.Tx, t *terms.Terms, f Forgot, link, to string) error {
	token, err := member.ResetToken(tx, d.Tenant, f.Keys, link)
	if err != nil {
		return err
	}
	values, err := d.cityValues(tx.Rx, t)
	if err != nil {
		return err
	}
	values[terms.VarResetURL] = d.page(f.Lang, "mail", resetPrefix+token)
	_, err = mail.Queue(tx, d.Ring, d.Tenant, t, mail.Letter{Kind: terms.MailReset, Lang: f.Lang, To: to, Values: values})
	return err
}

const resetPrefix = "r-"

// ResetOf returns the token for [member.ResetPassword] that the link of a mail
// carries, and false for a link of another kind.
func ResetOf(path string) (token string, ok bool) { return strings.CutPrefix(path, resetPrefix) }

// RegisterMail keeps the mail address of a resident with a password, for the day
// they forget it. Errors: those of [contact.KeepMail].
func (d *Desk) RegisterMail(ctx context.Context, actor store.Actor, link, address string) error {
	return d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		t, err := d.terms(tx.Rx)
		if err != nil {
			return err
		}
		if err := contact.KeepMail(tx, d.Ring, d.Tenant, t, link, strings.TrimSpace(address)); err != nil {
			return err
		}
		return audit.Append(tx, "contact.registered", member.Object(d.Tenant, link), struct{}{})
	})
}
