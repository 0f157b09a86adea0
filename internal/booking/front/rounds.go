package front

import (
	"context"
	"time"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Remind writes the mails to those who come on the next business day of their
// window, or before it. It may run again: nobody is reminded twice of the same
// day. It returns how many mails it wrote.
func (d *Desk) Remind(ctx context.Context, actor store.Actor) (n int, err error) {
	defer fault.Add(&err, "front.Remind(%d)", d.Tenant)
	var ids []string
	err = d.DB.Read(ctx, func(rx *store.Rx) error {
		t, err := d.terms(rx)
		if err != nil || !t.Policy.Reminder || !t.Policy.TakesMail() {
			return err
		}
		today := jpdate.Day(rx.Today())
		windows, err := slot.Windows(rx, d.Tenant)
		if err != nil {
			return err
		}
		for _, w := range windows {
			calendar, err := slot.CalendarOf(rx, d.Tenant, w.ID)
			if err != nil {
				return err
			}
			if !calendar.Business(today) { // the business day before was an earlier one
				continue
			}
			of, err := toRemind(rx, d.Tenant, w.ID, today, calendar.Next(today.AddDays(1)))
			if err != nil {
				return err
			}
			ids = append(ids, of...)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return d.tellEach(ctx, actor, ids, terms.MailReminder, func(b reserve.Booking) bool { return b.State == reserve.Active }, midnight)
}

// TellNoShows writes the mails to those who finally did not come. A no-show that
// may still change gets none. It returns how many mails it wrote.
func (d *Desk) TellNoShows(ctx context.Context, actor store.Actor) (n int, err error) {
	defer fault.Add(&err, "front.TellNoShows(%d)", d.Tenant)
	var ids []string
	err = d.DB.Read(ctx, func(rx *store.Rx) error {
		t, err := d.terms(rx)
		if err != nil || !t.Policy.NoShowMail || !t.Policy.TakesMail() {
			return err
		}
		ids, err = noShowsToTell(rx, d.Tenant)
		return err
	})
	if err != nil {
		return 0, err
	}
	return d.tellEach(ctx, actor, ids, terms.MailNoShow, func(b reserve.Booking) bool { return b.State == reserve.NoShow },
		func(*store.Rx) string { return "" })
}

// tellEach writes a mail about each booking that still is as it should be, one
// transaction each.
func (d *Desk) tellEach(ctx context.Context, actor store.Actor, ids []string, kind terms.MailKind, still func(reserve.Booking) bool,
	since func(*store.Rx) string,
) (n int, err error) {
	for _, id := range ids {
		wrote := false
		err := d.DB.Write(ctx, actor, func(tx *store.Tx) error {
			wrote = false
			t, err := d.terms(tx.Rx)
			if err != nil {
				return err
			}
			if err := tx.Lock("round/" + id); err != nil { // another server may be at it
				return err
			}
			b, found, err := reserve.ByID(tx.Rx, d.Tenant, id)
			if err != nil || !found || !still(b) {
				return err
			}
			told, err := toldSince(tx.Rx, d.Tenant, id, kind, since(tx.Rx))
			if err != nil || told {
				return err
			}
			state, err := d.tell(tx, t, kind, b, nil)
			wrote = state == mail.Waiting
			return err
		})
		if err != nil {
			return n, err
		}
		if wrote {
			n++
		}
	}
	return n, nil
}

// midnight is when the day began in Japan.
func midnight(rx *store.Rx) string {
	year, month, day := jpdate.Day(rx.Today()).Parts()
	return store.Stamp(time.Date(year, time.Month(month), day, 0, 0, 0, 0, store.Tokyo))
}
