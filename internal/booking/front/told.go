package front

import (
	"context"
	"slices"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Retake takes over what the office knows after our database was put back (see
// [reserve.Retake]).
func (d *Desk) Retake(tx *store.Tx, lost bool) (*reserve.Retaking, error) {
	t, err := d.terms(tx.Rx)
	if err != nil {
		return nil, err
	}
	return reserve.Retake(tx, d.Tenant, rules(t.Policy), lost), nil
}

// PlaceOffice takes over a booking of the office (see [reserve.PlaceOffice]).
// Whose booking on the web it replaces is told that the one by phone counts, or
// called.
func (d *Desk) PlaceOffice(tx *store.Tx, p reserve.Placed) error {
	t, err := d.terms(tx.Rx)
	if err != nil {
		return err
	}
	p.Tenant, p.Rules = d.Tenant, rules(t.Policy)
	now, ended, err := reserve.PlaceOffice(tx, p)
	if err != nil {
		return err
	}
	for _, m := range ended {
		if !m.After.State.Ended() {
			continue // the others of the party keep it
		}
		state, err := d.tellReplaced(tx, t, m, now)
		if err != nil {
			return err
		}
		if state == mail.None && m.Before.State == reserve.Active {
			if err := mail.AddTask(tx, d.Tenant, m.After.ID, terms.MailReplaced, mail.BecauseNoMail); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellReplaced writes to the address that was left with the booking on the web,
// about the one of the office.
func (d *Desk) tellReplaced(tx *store.Tx, t *terms.Terms, m reserve.Moved, now reserve.Booking) (mail.State, error) {
	if m.Before.State != reserve.Active { // pending or offered: nothing was promised
		return mail.None, nil
	}
	lang := langOf(m.Before)
	now.Lang = lang
	values, err := d.values(tx.Rx, t, terms.MailReplaced, lang, now)
	if err != nil {
		return mail.None, err
	}
	return d.write(tx, t, terms.MailReplaced, m.After, &m.Before, mail.Letter{Values: values})
}

// Refuse takes over that the office does not accept a booking for a person, or
// for all. silent tells nobody, because the card was handed over. Errors: those
// of [reserve.Refused].
func (d *Desk) Refuse(tx *store.Tx, bookingID, link, code string, silent bool) error {
	m, err := reserve.Refused(tx, d.Tenant, bookingID, link, code)
	if err != nil || silent {
		return err
	}
	return d.TellOffice(tx, []reserve.Moved{m})
}

// TellUnsettled writes to those whose booking the office never saw, that it is
// sorry. Who left no address is to be called. It returns how many mails it
// wrote.
func (d *Desk) TellUnsettled(ctx context.Context, actor store.Actor) (n int, err error) {
	defer fault.Add(&err, "front.TellUnsettled(%d)", d.Tenant)
	var ids []string
	err = d.DB.Read(ctx, func(rx *store.Rx) (err error) {
		ids, err = unsettledToTell(rx, d.Tenant)
		return err
	})
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(ids, 100) {
		err := d.DB.Write(ctx, actor, func(tx *store.Tx) error {
			wrote, err := d.apologise(tx, part)
			n += wrote
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (d *Desk) apologise(tx *store.Tx, ids []string) (n int, err error) {
	t, err := d.terms(tx.Rx)
	if err != nil {
		return 0, err
	}
	if err := tx.Lock("round/unsettled"); err != nil { // another server may be at it
		return 0, err
	}
	for _, id := range ids {
		b, found, err := reserve.ByID(tx.Rx, d.Tenant, id)
		if err != nil || !found || b.State != reserve.Unreconciled {
			return n, err
		}
		told, err := toldSince(tx.Rx, d.Tenant, id, terms.MailUnsettled, "")
		if err != nil {
			return n, err
		}
		if told {
			continue
		}
		state, err := d.tell(tx, t, terms.MailUnsettled, b, nil)
		if err == nil && state == mail.None {
			err = mail.AddTask(tx, d.Tenant, id, terms.MailUnsettled, mail.BecauseNoMail)
		}
		if err != nil {
			return n, err
		}
		if state == mail.Waiting {
			n++
		}
	}
	return n, nil
}
