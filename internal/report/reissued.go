package report

import (
	"slices"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// Kind is one of the reports that are made for days.
type Kind string

// Reissued is 再交付者一覧 (BK-1008).
const Reissued Kind = "reissued"

// Kinds lists the reports in the order of the screen.
var Kinds = []Kind{Reissued}

// Title is the name of a report.
func (k Kind) Title() string { return message.Text("report.title."+string(k), nil) }

// MostDays is how many days a report may cover.
const MostDays = 10 * 366

// Query is what a document is made of.
type Query struct {
	Kind        Kind
	From, Until jpdate.Day // both inclusive
	By          string     // name of who asks
}

// check refuses what makes no report. Errors: fault.Invalid "report.query" with a
// detail for the field, "report.too_long".
func (q Query) check() error {
	wrong := func(field string) error {
		return fault.New(fault.Invalid, "report.query").With(fault.Detail{Code: "report.query", Column: field})
	}
	switch {
	case !slices.Contains(Kinds, q.Kind):
		return wrong("kind")
	case !q.From.Valid() || !q.Until.Valid() || q.Until < q.From:
		return wrong("until")
	case q.From.DaysUntil(q.Until) >= MostDays:
		return fault.New(fault.Invalid, "report.too_long", "days", strconv.Itoa(MostDays))
	}
	return nil
}

// Make makes the document of a query. Screen, files and print come from the same
// one.
func Make(rx *store.Rx, q Query) (d listing.Document, err error) {
	defer fault.Add(&err, "report.Make(%s)", q.Kind)
	if err := q.check(); err != nil {
		return d, err
	}
	s, err := settings.Load(rx)
	if err != nil {
		return d, err
	}
	list, err := progress.Reissues(rx, q.From, q.Until)
	if err != nil {
		return d, err
	}
	return listing.Document{
		Title: q.Kind.Title(), By: q.By, Made: rx.Now,
		Condition: message.Text("report.received_between", fault.Args(
			"from", listing.Say(sheet.Date, string(q.From)), "until", listing.Say(sheet.Date, string(q.Until)))),
		Sections: []listing.Section{reissued(list, s)},
		Notes:    []string{message.Text("report.note.reissued", nil)},
	}, nil
}

// reissuedColumns are those of the card, then those of the one before it.
var reissuedColumns = []struct {
	key   string
	kind  sheet.Kind
	width float64
	cell  func(progress.Reissue, settings.Settings) string
}{
	{"received", sheet.Date, 17, func(r progress.Reissue, _ settings.Settings) string { return r.Card.ReceivedOn }},
	{"name", sheet.Text, 24, func(r progress.Reissue, _ settings.Settings) string { return r.Name }},
	{"generation", sheet.Int, 8, func(r progress.Reissue, _ settings.Settings) string {
		return generation(r.Card, "report.generation_later")
	}},
	{"no", sheet.Code, 14, func(r progress.Reissue, _ settings.Settings) string { return r.Card.NoticeNo }},
	{"kind", sheet.Text, 12, func(r progress.Reissue, _ settings.Settings) string { return word("application_kind.", r.Card.Kind) }},
	{"status", sheet.Text, 12, func(r progress.Reissue, s settings.Settings) string { return s.StatusLabel(string(r.Card.Status)) }},
	{"handed_over", sheet.Date, 17, func(r progress.Reissue, _ settings.Settings) string { return r.Card.HandedOverOn }},
	{"generation_before", sheet.Int, 8, func(r progress.Reissue, _ settings.Settings) string {
		return generation(r.Before, "report.generation_none")
	}},
	{"no_before", sheet.Code, 14, func(r progress.Reissue, _ settings.Settings) string { return r.Before.NoticeNo }},
	{"received_before", sheet.Date, 17, func(r progress.Reissue, _ settings.Settings) string { return r.Before.ReceivedOn }},
	{"status_before", sheet.Text, 12, func(r progress.Reissue, s settings.Settings) string {
		if r.Before.Status == "" {
			return ""
		}
		return s.StatusLabel(string(r.Before.Status))
	}},
	{"handed_over_before", sheet.Date, 17, func(r progress.Reissue, _ settings.Settings) string { return r.Before.HandedOverOn }},
}

// generation is the number of a card among those of its person, or a word where
// it is not known.
func generation(m progress.Made, unknown string) string {
	if m.Generation == 0 {
		return message.Text(unknown, nil)
	}
	return strconv.Itoa(m.Generation)
}

func reissued(list []progress.Reissue, s settings.Settings) (section listing.Section) {
	for _, c := range reissuedColumns {
		section.Columns = append(section.Columns, listing.Column{Heading: message.Text("column."+c.key, nil), Kind: c.kind, Width: c.width})
	}
	for _, r := range list {
		row := make([]string, len(reissuedColumns))
		for i, c := range reissuedColumns {
			row[i] = c.cell(r, s)
		}
		section.Rows = append(section.Rows, row)
	}
	section.Total = make([]string, len(reissuedColumns))
	section.Total[0] = message.Text("report.total", nil)
	section.Total[1] = message.Text("report.total_count", fault.Args("n", strconv.Itoa(len(list))))
	return section
}
