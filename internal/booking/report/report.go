// Package report makes the lists and statistics of the booking service (帳票):
// seats and bookings, who comes on a day, hand-overs, what came in by which way,
// who did not come, and what residents ask. One query gives one document, of
// which screen, CSV, workbook and print are made, so that their numbers cannot
// differ. Without personal data: receipt numbers stand for people. It joins the
// tables of several packages and writes none.
package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/chart"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// Kind is one of the reports.
type Kind string

// The reports.
const (
	Seats     Kind = "seats"     // 予約状況一覧 (BK-1003)
	Visitors  Kind = "visitors"  // 当日来場者一覧 (BK-1004)
	HandedOut Kind = "handed"    // 交付実績 (BK-1005)
	Intake    Kind = "intake"    // 予約受付状況 (BK-1006)
	Missing   Kind = "missing"   // 不来場者一覧 (BK-1007)
	Rate      Kind = "rate"      // 来場・不来場率
	Inquiries Kind = "inquiries" // 問合せ
)

// Kinds lists all of them, in the order of the screen.
var Kinds = []Kind{Seats, Visitors, HandedOut, Intake, Missing, Rate, Inquiries}

// Grain is what one row of a statistic is about.
type Grain string

// The grains.
const (
	ByHour  Grain = "hour"
	ByDay   Grain = "day"
	ByMonth Grain = "month"
	ByYear  Grain = "year"
)

// Grains are those that a report offers, the usual one first; nil where its rows
// are days or single visits.
func (k Kind) Grains() []Grain {
	switch k {
	case HandedOut:
		return []Grain{ByDay, ByMonth, ByYear, ByHour}
	case Rate:
		return []Grain{ByDay, ByMonth}
	}
	return nil
}

// MostDays is how many days a report may cover.
func (k Kind) MostDays() int {
	switch k {
	case Seats, Visitors:
		return 62
	case HandedOut:
		return 10 * 366
	}
	return 2 * 366
}

// Query is what a document is made of.
type Query struct {
	Kind        Kind
	From, Until jpdate.Day    // both inclusive
	Windows     []slot.Window // of which windows, in the order of lists
	All         bool          // these are all windows of the municipality
	Grain       Grain         // '' for the usual one
	By          string        // name of who asks
}

// check fills in what may be left out. Errors: fault.Invalid "breport.query"
// with a detail for the field, "breport.too_long" with the days.
func (q *Query) check() error {
	wrong := func(field string) error {
		return fault.New(fault.Invalid, "breport.query").With(fault.Detail{Code: "breport.query", Column: field})
	}
	switch grains := q.Kind.Grains(); {
	case !slices.Contains(Kinds, q.Kind):
		return wrong("kind")
	case !q.From.Valid() || !q.Until.Valid() || q.Until < q.From:
		return wrong("until")
	case q.Grain == "" && grains != nil:
		q.Grain = grains[0]
	case q.Grain != "" && !slices.Contains(grains, q.Grain):
		return wrong("grain")
	}
	if q.From.DaysUntil(q.Until) >= q.Kind.MostDays() {
		return fault.New(fault.Invalid, "breport.too_long", "days", strconv.Itoa(q.Kind.MostDays()))
	}
	return nil
}

// Title is the name of a report.
func (k Kind) Title() string { return message.Text("breport.title."+string(k), nil) }

// making is a document in the making.
type making struct {
	rx     *store.Rx
	tenant int
	q      Query
	terms  *terms.Terms
	d      *listing.Document
}

// Make makes the document of a query.
func Make(rx *store.Rx, tenant int, q Query) (d listing.Document, err error) {
	defer fault.Add(&err, "report.Make(%s)", q.Kind)
	if err := q.check(); err != nil {
		return listing.Document{}, err
	}
	d = listing.Document{Title: q.Kind.Title(), Condition: q.words(), By: q.By, Made: rx.Now}
	m := &making{rx: rx, tenant: tenant, q: q, d: &d}
	if m.terms, err = terms.Load(rx, tenant); err != nil {
		return listing.Document{}, err
	}
	err = map[Kind]func() error{
		Seats: m.seats, Visitors: m.visitors, HandedOut: m.handedOut, Intake: m.intake, Missing: m.missing, Rate: m.rate, Inquiries: m.inquiries,
	}[q.Kind]()
	d.Notes = append(d.Notes, message.Text("breport.note."+string(q.Kind), nil))
	return d, err
}

// words are the condition for people.
func (q Query) words() string {
	parts := []string{listing.Say(sheet.Date, string(q.From))}
	if q.Until != q.From {
		parts[0] = message.Text("breport.span", fault.Args("from", parts[0], "until", listing.Say(sheet.Date, string(q.Until))))
	}
	if q.All {
		parts = append(parts, message.Text("breport.all_windows", nil))
	} else {
		var names []string
		for _, w := range q.Windows {
			names = append(names, w.Name)
		}
		parts = append(parts, strings.Join(names, "・"))
	}
	if q.Grain != "" {
		parts = append(parts, message.Text("breport.grain."+string(q.Grain), nil))
	}
	return strings.Join(parts, " / ")
}

// column is a column whose heading has a text of its own.
func column(key string, kind sheet.Kind) listing.Column {
	return listing.Column{Heading: message.Text("breport.column."+key, nil), Kind: kind}
}

// windowColumn is wide enough for names such as 市役所本庁舎 1階 3番窓口.
func windowColumn() listing.Column {
	c := column("window", sheet.Text)
	c.Width = 32
	return c
}

// procs are the names of procedures.
func (m *making) procs(p slot.Procs) string {
	var list []string
	words := m.terms.Words("ja")
	for _, one := range p.List() {
		list = append(list, words.Plain(terms.ProcedureKey(one)))
	}
	return strings.Join(list, "・")
}

// span are the instants between which the days of the query lie.
func (q Query) span() (from, before string) {
	return startOf(q.From), startOf(q.Until.AddDays(1))
}

func startOf(day jpdate.Day) string {
	year, month, d := day.Parts()
	return store.Stamp(time.Date(year, time.Month(month), d, 0, 0, 0, 0, store.Tokyo))
}

// hourAt reads an hour as statements group by it, «2026-11-24T01» in UTC, and
// returns it in Japan.
func hourAt(text string) (time.Time, error) {
	t, err := time.Parse("2006-01-02T15", text)
	return t.In(store.Tokyo), err
}

// key is the row into which an instant falls; it sorts as time does.
func (g Grain) key(t time.Time) string {
	switch g {
	case ByYear:
		return t.Format("2006")
	case ByMonth:
		return t.Format("2006-01")
	case ByHour:
		return t.Format("2006-01-02T15")
	}
	return t.Format(time.DateOnly)
}

// label is how a row is headed.
func (g Grain) label(key string) string {
	switch g {
	case ByYear:
		return message.Text("breport.year", fault.Args("year", key))
	case ByMonth:
		return message.Text("breport.month", fault.Args("year", key[:4], "month", strings.TrimLeft(key[5:], "0")))
	case ByHour:
		return message.Text("breport.hour", fault.Args("day", listing.Say(sheet.Date, key[:10]), "hour", strings.TrimPrefix(key[11:], "0")))
	}
	return key
}

// kind is the kind of the column with the rows' labels.
func (g Grain) kind() sheet.Kind {
	if g == ByDay {
		return sheet.Date
	}
	return sheet.Text
}

// short is the label below a chart.
func (g Grain) short(key string) string {
	if g != ByDay {
		return g.label(key)
	}
	_, month, day := jpdate.Day(key).Parts()
	return strconv.Itoa(month) + "/" + strconv.Itoa(day)
}

// draw adds a chart to the document, for screen and paper and for workbooks.
func (m *making) draw(c chart.Chart) error {
	drawing, err := c.Draw()
	if err != nil {
		return err
	}
	m.d.Charts = append(m.d.Charts, drawing)
	book := sheet.Chart{Title: c.Title, Description: drawing.Description, Categories: c.Categories, Stacked: true}
	for _, s := range c.Columns {
		book.Series = append(book.Series, sheet.Series{Name: s.Name, Values: s.Values})
	}
	for _, s := range c.Lines {
		book.Series = append(book.Series, sheet.Series{Name: s.Name, Values: s.Values, Line: true})
	}
	m.d.Chart = &book
	return nil
}

// heat adds a table of weekdays and hours.
func (m *making) heat(title, unit string, at map[[2]int]int) error {
	first, last := 24, -1
	for cell := range at {
		first, last = min(first, cell[1]), max(last, cell[1])
	}
	h := chart.Heat{Title: title, Unit: unit}
	for hour := first; hour <= last; hour++ {
		h.Columns = append(h.Columns, message.Text("breport.hour_short", fault.Args("hour", strconv.Itoa(hour))))
	}
	for _, weekday := range []int{1, 2, 3, 4, 5, 6, 0} {
		row := make([]float64, len(h.Columns))
		some := false
		for i := range row {
			n, known := at[[2]int{weekday, first + i}]
			row[i] = float64(n)
			some = some || known
		}
		if some {
			h.Rows = append(h.Rows, weekdayName(weekday))
			h.Cells = append(h.Cells, row)
		}
	}
	drawing, err := h.Draw()
	if err == nil {
		m.d.Charts = append(m.d.Charts, drawing)
	}
	return err
}

// weekdayName is the day of the week as one kanji; 0 is Sunday.
func weekdayName(weekday int) string { return jpdate.Day("2026-11-22").AddDays(weekday).WeekdayName() }

func number(n int) string { return strconv.Itoa(n) }

func totalLabel() string { return message.Text("breport.total", nil) }
