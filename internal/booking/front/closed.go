package front

import (
	"context"
	"slices"
	"strings"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
)

// tellClosed writes one mail to each address about all of its bookings that a
// closing has touched. Who left no address is to be called.
func (d *Desk) tellClosed(tx *store.Tx, t *terms.Terms, list []reserve.Moved) error {
	var order []string
	of := map[string][]reserve.Moved{}
	for _, m := range list {
		to, err := contact.MailOf(tx.Rx, d.Ring, d.Tenant, m.After.ID)
		if err != nil {
			return err
		}
		if to == "" || !t.Policy.TakesMail() {
			kind, _ := closedKind(m)
			if err := mail.AddTask(tx, d.Tenant, m.After.ID, kind, mail.BecauseNoMail); err != nil {
				return err
			}
			continue
		}
		to = strings.ToLower(to)
		if of[to] == nil {
			order = append(order, to)
		}
		of[to] = append(of[to], m)
	}
	for _, to := range order {
		if err := d.tellOne(tx, t, of[to]); err != nil {
			return err
		}
	}
	return nil
}

// closedKind is the mail about a booking that a closing has touched, and
// whether it has moved.
func closedKind(m reserve.Moved) (kind terms.MailKind, moved bool) {
	if m.After.State.Ended() {
		return terms.MailOfficeCancelled, false
	}
	return terms.MailOfficeMoved, true
}

// tellOne writes the mail to one address: about the first booking that has
// moved, if there is one, with a line for each of the others.
func (d *Desk) tellOne(tx *store.Tx, t *terms.Terms, list []reserve.Moved) error {
	first := max(0, slices.IndexFunc(list, func(m reserve.Moved) bool {
		_, moved := closedKind(m)
		return moved
	}))
	kind, moved := closedKind(list[first])
	lang := langOf(list[first].After)
	_, in := t.Templates.SheetFor(kind, lang)
	words := t.Words(in)
	var also []string
	for i, m := range list {
		if i == first {
			continue
		}
		key, args := terms.WordAlsoEnded, []string{"no", m.After.No, "before", words.Instant(m.Before.Starts)}
		if _, moved := closedKind(m); moved {
			key, args = terms.WordAlsoMoved, append(args, "after", words.Instant(m.After.Starts))
		}
		also = append(also, terms.MailWord(in, key, args...))
	}
	before := &list[first].Before
	if !moved {
		before = nil
	}
	_, err := d.tellAlso(tx, t, kind, list[first].After, before, also)
	return err
}

// TellOffice tells the people of bookings what an act of the office has done to
// them, in the transaction of that act: one mail to each address, a call for
// whoever left none. Bookings that neither moved nor ended are passed over.
func (d *Desk) TellOffice(tx *store.Tx, list []reserve.Moved) error {
	t, err := d.terms(tx.Rx)
	if err != nil {
		return err
	}
	return d.tellClosed(tx, t, slices.DeleteFunc(slices.Clone(list), func(m reserve.Moved) bool {
		return m.Before.State.Ended() || !m.After.State.Ended() && m.Before.SlotID == m.After.SlotID
	}))
}

// Withdraw ends what a code may do. Its person leaves a live booking, and when
// nobody else is in it the people are told, without a reason. Errors: those of
// [reserve.WithdrawIn].
func (d *Desk) Withdraw(ctx context.Context, actor store.Actor, link string, gen int) error {
	return d.DB.Write(ctx, actor, func(tx *store.Tx) error {
		left, err := reserve.WithdrawIn(tx, d.Tenant, link, gen)
		if err != nil {
			return err
		}
		return d.TellOffice(tx, left)
	})
}
