package front

import (
	"context"
	"maps"
	"time"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Preview writes a mail with made-up values, as a reader would get it: of a
// draft, or for the zero draft of the text that holds now. Errors: those of
// [terms.CheckSheet].
func (d *Desk) Preview(ctx context.Context, kind terms.MailKind, lang string, draft terms.Sheet) (s terms.Sheet, err error) {
	if draft != (terms.Sheet{}) {
		if err := terms.CheckSheet(kind, lang, draft); err != nil {
			return terms.Sheet{}, err
		}
	}
	err = d.DB.Read(ctx, func(rx *store.Rx) error {
		t, err := d.terms(rx)
		if err != nil {
			return err
		}
		with := *t // the shared terms stay as they are
		if draft != (terms.Sheet{}) {
			with.Templates.Sheets = maps.Clone(with.Templates.Sheets)
			if with.Templates.Sheets == nil {
				with.Templates.Sheets = map[terms.MailKind]map[string]terms.Sheet{}
			}
			with.Templates.Sheets[kind] = map[string]terms.Sheet{lang: draft}
		}
		values, err := d.sample(rx, &with, kind, lang)
		if err != nil {
			return err
		}
		s, _ = mail.Compose(&with, mail.Letter{Kind: kind, Lang: lang, Values: values})
		return nil
	})
	return s, err
}

// TryMail sends a preview to an address and stores nothing. Errors: those of
// [Desk.Preview] and [mail.Try].
func (d *Desk) TryMail(ctx context.Context, kind terms.MailKind, lang string, draft terms.Sheet, to string) error {
	s, err := d.Preview(ctx, kind, lang, draft)
	if err != nil {
		return err
	}
	return mail.Try(ctx, d.DB, d.Ring, d.Tenant, to, s)
}

// sample makes up the values of a visit on the next business day.
func (d *Desk) sample(rx *store.Rx, t *terms.Terms, kind terms.MailKind, lang string) (map[string]string, error) {
	_, in := t.Templates.SheetFor(kind, lang)
	words := t.Words(in)
	values, err := d.cityValues(rx, t)
	if err != nil {
		return nil, err
	}
	windows, err := slot.Windows(rx, d.Tenant)
	if err != nil {
		return nil, err
	}
	if len(windows) > 0 {
		place := windows[0].In(in)
		values[terms.VarWindow], values[terms.VarAddress] = place.Name, place.Address
		values[terms.VarLate] = late(in, windows[0])
	}
	day := jpdate.Calendar{}.AddBusiness(jpdate.Day(rx.Today()), 1)
	year, month, dd := day.Parts()
	starts := time.Date(year, time.Month(month), dd, 10, 30, 0, 0, store.Tokyo)
	maps.Copy(values, map[string]string{
		terms.VarReceipt: starts.Format("01") + "-0001", terms.VarDay: words.Date(day), terms.VarDate: words.Date(day),
		terms.VarStart: words.Clock(starts), terms.VarProcedure: words.Plain(terms.ProcedureKey(slot.Receive)),
		terms.VarBring: words.Plain(terms.BringKey(slot.Receive)), terms.VarParty: terms.MailWord(in, terms.WordParty, "count", "1"),
		terms.VarChangeBy: words.Instant(starts.Add(-17 * time.Hour)), terms.VarBefore: words.Instant(starts.Add(-24 * time.Hour)),
		terms.VarAnswerBy: words.Instant(starts.Add(-12 * time.Hour)), terms.VarConfirmBy: words.Clock(starts), terms.VarAccessKey: "9000 0000 0000 0000",
		terms.VarBookingURL: d.page(lang, "b", "…"), terms.VarOfferURL: d.page(lang, "b", "…"), terms.VarSiteURL: d.page(lang, ""),
		terms.VarConfirmURL: d.page(lang, "mail", "…"), terms.VarResetURL: d.page(lang, "mail", "…"),
	})
	return values, nil
}
