package site

import (
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/jpdate"
)

// What templates ask of a page beside its texts.

// Mistyped reports whether the reader can put something right in a field.
func (p page) Mistyped() bool {
	return slices.ContainsFunc(p.Problems, func(q problem) bool { return q.Field != "" })
}

// AsksBirth reports whether the birth date is asked for with the code.
func (p page) AsksBirth() bool { return p.asksBirth() && p.TakesCodes() }

// AsksNames reports whether the municipality takes names and addresses.
func (p page) AsksNames() bool { return p.city.policy.PII == terms.PIIFull }

// Number writes a number.
func (p page) Number(n int) string { return strconv.Itoa(n) }

// Count writes a number of people.
func (p page) Count(n int) template.HTML { return p.T("party.count", "n", strconv.Itoa(n)) }

// Person names one of a party by their place.
func (p page) Person(n int) template.HTML { return p.T("party.person", "n", strconv.Itoa(n)) }

// RemoveText is the button that takes one of a party out.
func (p page) RemoveText(n int) template.HTML {
	return p.T("party.remove", "who", p.words.Raw("party.person", "n", strconv.Itoa(n)))
}

// CodeForm is the form for a code, wherever it stands.
func (p page) CodeForm() codeData {
	switch d := p.Data.(type) {
	case codeData:
		return d
	case partyData:
		return d.Code
	}
	return codeData{}
}

// part is one of the three fields of a birth date.
type part struct {
	Page      page
	Name, Key string
	Value     string
	Wrong     bool
}

// Part is a field of the birth date for its template.
func (p page) Part(name, value string) part {
	return part{p, name, "code." + name, value, p.Problem("year") != nil}
}

// input is one field of a form for its template.
type input struct {
	Page            page
	ID, Label, Hint string // of the label and the hint the keys, or ''
	Auto, Value     string // autocomplete of a password, what the others hold
	Required        bool
}

// Input is a field for its template; more is the autocomplete of a password, and
// the value of other fields.
func (p page) Input(id, label, hint, more string, required bool) input {
	return input{p, id, label, hint, more, more, required}
}

// Describes are the ids of what explains the field.
func (i input) Describes() string {
	var ids []string
	if i.Hint != "" {
		ids = append(ids, i.ID+"-hint")
	}
	if i.Page.Problem(i.ID) != nil {
		ids = append(ids, i.ID+"-wrong")
	}
	return strings.Join(ids, " ")
}

// EraLine says how a year of an era becomes one of the western calendar.
func (p page) EraLine(l eraLine) template.HTML {
	return p.T("code.era_line", "era", p.words.Raw("era."+l.Letter), "add", strconv.Itoa(l.Add), "n", strconv.Itoa(l.N), "year", strconv.Itoa(l.Year))
}

// with is what the template of the facts of a visit needs.
type with struct {
	Page   page
	Facts  facts
	Change map[string]string
}

// With hands facts to their template.
func (p page) With(f facts, change map[string]string) with { return with{p, f, change} }

// MailDomain is where mails come from, for those who get none; ” where no mail is
// sent.
func (p page) MailDomain() string {
	if !p.city.policy.TakesMail() {
		return ""
	}
	return mail.Sender{Address: p.city.policy.SenderAddress}.Domain()
}

// WindowUntil says until when a temporary window is open.
func (p page) WindowUntil(w windowChoice) template.HTML {
	from := w.From
	if from == "" {
		from = p.today()
	}
	return p.T("window.until", "from", p.ShortDate(from), "until", p.ShortDate(w.Until))
}

// DaysNone says that no day can be booked.
func (p page) DaysNone(d daysData) template.HTML {
	return p.T("days.none", "until", p.ShortDate(d.Until))
}

// FirstFree names the first free day.
func (p page) FirstFree(l *dayLine) template.HTML {
	return p.T("days.first_free", "date", p.ShortDate(l.Day))
}

// Span names the days of a list.
func (p page) Span(from, to jpdate.Day) template.HTML {
	return p.T("days.list", "from", p.ShortDate(from), "until", p.ShortDate(to))
}

// MonthCaption names the month of a table.
func (p page) MonthCaption(d daysData) template.HTML {
	return p.T("month.caption", "month", p.words.Month(d.Month))
}

// ShortWeekday shows the name of a day of the week above its column, with the
// whole name for those who listen.
func (p page) ShortWeekday(n int) template.HTML {
	short, long := p.words.ShortWeekday(n), p.words.Weekday(n)
	return `<span aria-hidden="true">` + p.Shown(short) + `</span><span class="unseen">` + p.Shown(long) + `</span>`
}

// DayText is the whole text of a cell of the month.
func (p page) DayText(l dayLine) template.HTML { return p.Shown(p.ShortDate(l.Day)) + " " + l.Words }

// Already says when the visitor's booking is.
func (p page) Already(f facts) template.HTML {
	return p.T("booking.already", "date", p.ShortDate(f.Day), "time", p.Clock(f.Starts))
}

// PlainDay is a day of a list to choose from, which has no readings.
func (p page) PlainDay(day jpdate.Day) string {
	if p.lang == wording.Easy {
		return wording.WithoutReadings(p.ShortDate(day))
	}
	return p.ShortDate(day)
}

// Weekday is the name of a day of the week.
func (p page) Weekday(n int) template.HTML { return p.T("weekday." + strconv.Itoa(n)) }

// WishSpan names the days of a wish.
func (p page) WishSpan(from, to jpdate.Day) template.HTML {
	return p.T("wish.days_span", "from", p.ShortDate(from), "until", p.ShortDate(to))
}

// OfferKeep says that the present booking stays.
func (p page) OfferKeep(f *facts) template.HTML {
	return p.T("offer.keep", "date", p.ShortDate(f.Day), "time", p.Clock(f.Starts))
}

// TelOf is the link that dials a number.
func (p page) TelOf(phone string) template.URL { return telLink(phone) }

// LateText says when others go first.
func (p page) LateText(minutes int) template.HTML {
	return p.T("booking.late", "minutes", strconv.Itoa(minutes))
}

// MapURL is the window's link to a map, else a search for its address.
func (p page) MapURL(at place) string {
	if at.Map != "" || at.address == "" {
		return at.Map
	}
	return "https://www.google.com/maps/search/?api=1&query=" + url.QueryEscape(at.address)
}
