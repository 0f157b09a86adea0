package front

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// tell writes the mail about a booking to the address that was left with it.
func (d *Desk) tell(tx *store.Tx, t *terms.Terms, kind terms.MailKind, b reserve.Booking, before *reserve.Booking) (mail.State, error) {
	return d.write(tx, t, kind, b, before, mail.Letter{})
}

// tellMore is tell with values of its own, by the code of the variable.
func (d *Desk) tellMore(tx *store.Tx, t *terms.Terms, kind terms.MailKind, b reserve.Booking, more map[string]string) (mail.State, error) {
	return d.write(tx, t, kind, b, nil, mail.Letter{Values: more})
}

// tellAlso is tell with lines about other bookings of the same address.
func (d *Desk) tellAlso(tx *store.Tx, t *terms.Terms, kind terms.MailKind, b reserve.Booking, before *reserve.Booking, also []string) (mail.State, error) {
	return d.write(tx, t, kind, b, before, mail.Letter{Also: also})
}

// write fills in a letter and queues it.
func (d *Desk) write(tx *store.Tx, t *terms.Terms, kind terms.MailKind, b reserve.Booking, before *reserve.Booking, l mail.Letter) (mail.State, error) {
	if !t.Policy.TakesMail() {
		return mail.None, nil
	}
	to, err := contact.MailOf(tx.Rx, d.Ring, d.Tenant, b.ID)
	if err != nil || to == "" {
		return mail.None, err
	}
	lang := langOf(b)
	values, err := d.values(tx.Rx, t, kind, lang, b)
	if err != nil {
		return mail.None, err
	}
	if before != nil {
		_, in := t.Templates.SheetFor(kind, lang)
		values[terms.VarBefore] = t.Words(in).Instant(before.Starts)
	}
	maps.Copy(values, l.Values)
	l.Kind, l.Lang, l.BookingID, l.To, l.Values = kind, lang, b.ID, to, values
	return mail.Queue(tx, d.Ring, d.Tenant, t, l)
}

// values are what the mails say about a booking, in the language that the text
// of the mail is in.
func (d *Desk) values(rx *store.Rx, t *terms.Terms, kind terms.MailKind, lang string, b reserve.Booking) (map[string]string, error) {
	_, in := t.Templates.SheetFor(kind, lang)
	words := t.Words(in)
	values, err := d.cityValues(rx, t)
	if err != nil {
		return nil, err
	}
	w, _, err := slot.WindowByID(rx, d.Tenant, b.WindowID)
	if err != nil {
		return nil, err
	}
	s, _, err := slot.ByID(rx, d.Tenant, b.SlotID)
	if err != nil {
		return nil, err
	}
	answers, err := d.answers(rx, t, b.ID, words)
	if err != nil {
		return nil, err
	}
	place, procs := w.In(in), procsOf(b)
	values[terms.VarReceipt] = b.No
	values[terms.VarDay] = words.Date(jpdate.Day(store.Day(b.Starts)))
	values[terms.VarDate] = values[terms.VarDay]
	values[terms.VarStart] = words.Clock(b.Starts)
	values[terms.VarLate] = late(in, w)
	values[terms.VarWindow], values[terms.VarAddress] = place.Name, place.Address
	values[terms.VarPhone] = cmp.Or(values[terms.VarPhone], place.Phone)
	values[terms.VarHours] = cmp.Or(values[terms.VarHours], place.PhoneHours)
	values[terms.VarProcedure] = procedures(words, in, procs)
	values[terms.VarBring] = bring(words, procs)
	values[terms.VarParty] = terms.MailWord(in, terms.WordParty, "count", strconv.Itoa(len(b.Live())))
	values[terms.VarAnswers] = answers
	values[terms.VarBookingURL] = d.BookingURL(lang, b.ID)
	values[terms.VarSiteURL] = d.page(lang, "")
	values[terms.VarChangeBy] = words.Instant(s.Until(procs).Change)
	return values, nil
}

// cityValues are those that no booking is needed for.
func (d *Desk) cityValues(rx *store.Rx, t *terms.Terms) (map[string]string, error) {
	city, _, err := slot.TenantByID(rx, d.Tenant)
	return map[string]string{
		terms.VarCity: city.Name, terms.VarPhone: t.Policy.Phone, terms.VarHours: t.Policy.Hours,
	}, err
}

func late(lang string, w slot.Window) string {
	if w.LateMinutes == 0 {
		return terms.MailWord(lang, terms.WordLateCall)
	}
	return terms.MailWord(lang, terms.WordLate, "minutes", strconv.Itoa(w.LateMinutes))
}

// procsOf are the procedures of everybody who is or was in the booking.
func procsOf(b reserve.Booking) slot.Procs {
	persons := b.Live()
	if len(persons) == 0 {
		persons = b.Persons
	}
	var all []slot.Procedure
	for _, p := range persons {
		all = append(all, p.Procs.List()...)
	}
	procs, err := slot.ParseProcs(all...)
	if err != nil {
		return "" // stored procedures are known ones
	}
	return procs
}

func procedures(words wording.Words, lang string, procs slot.Procs) string {
	var names []string
	for _, p := range procs.List() {
		names = append(names, words.Plain(terms.ProcedureKey(p)))
	}
	return strings.Join(names, terms.MailWord(lang, terms.WordAnd))
}

// bring is what to bring for the procedures, each text once.
func bring(words wording.Words, procs slot.Procs) string {
	var texts []string
	for _, p := range procs.List() {
		if text := words.Plain(terms.BringKey(p)); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " / ")
}

// answers are those to the fields of the tenant that stand in mails, a line
// each.
func (d *Desk) answers(rx *store.Rx, t *terms.Terms, bookingID string, words wording.Words) (string, error) {
	given, err := contact.ChoicesOf(rx, d.Tenant, bookingID)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, f := range t.Fields.Shown(t.Policy.PII) {
		if answer := given[f.ID]; answer != "" && f.InMail {
			lines = append(lines, " "+f.Label(words.Lang)+" "+f.Say(answer, words))
		}
	}
	return strings.Join(lines, "\n"), nil
}

func langOf(b reserve.Booking) string { return cmp.Or(b.Lang, wording.Japanese) }
