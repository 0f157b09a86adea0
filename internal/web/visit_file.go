package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kofu/internal/counter"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// visitColumns are those of a day at a window as a file, one row for each person.
var visitColumns = []struct {
	key   string
	kind  sheet.Kind
	width float64
	cell  func(CounterBooking, VisitPerson) string
}{
	{"time", sheet.Code, 8, func(b CounterBooking, _ VisitPerson) string { return b.Start }},
	{"no", sheet.Code, 12, func(b CounterBooking, _ VisitPerson) string { return b.No }},
	{"source", sheet.Text, 12, func(b CounterBooking, _ VisitPerson) string { return b.SourceLabel }},
	{"name", sheet.Text, 20, func(_ CounterBooking, p VisitPerson) string { return p.Name }},
	{"notice_no", sheet.Code, 16, func(_ CounterBooking, p VisitPerson) string { return p.NoticeNo }},
	{"procs", sheet.Text, 20, func(_ CounterBooking, p VisitPerson) string { return strings.Join(p.Procs, "・") }},
	{"card", sheet.Text, 12, func(_ CounterBooking, p VisitPerson) string { return p.Custody }},
	{"state", sheet.Text, 14, func(_ CounterBooking, p VisitPerson) string { return p.StateLabel }},
	{"arrived", sheet.DateTime, 18, func(_ CounterBooking, p VisitPerson) string { return p.ArrivedAt }},
	{"done", sheet.DateTime, 18, func(_ CounterBooking, p VisitPerson) string { return p.DoneAt }},
}

// getVisitsFile gives a day at a window as a file or a print, all of it or the
// office seats alone, and records who took how many rows.
func (s *server) getVisitsFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staffweb.Needs(r, staff.VisitHandover); err != nil {
		return err
	}
	return s.sendList(w, r, actor, listFile{"visits", s.listPress, func(tx *store.Tx, note map[string]any) (listing.Document, error) {
		return visitDocument(tx, r.URL.Query(), note)
	}})
}

// visitDocument is the day at the window that is asked for.
func visitDocument(tx *store.Tx, query url.Values, note map[string]any) (d listing.Document, err error) {
	day, err := dayOr(query, tx.Today())
	if err != nil {
		return d, err
	}
	window, err := counter.WindowByID(tx.Rx, query.Get("window"))
	if err != nil {
		return d, err
	}
	note["window"], note["day"] = window.ID, day
	list, err := counter.OnDay(tx.Rx, window.ID, day)
	if err != nil {
		return d, err
	}
	title := "counter.list.visits"
	if query.Get("source") == string(counter.FromOffice) {
		title = "counter.list.seats"
		list = slices.DeleteFunc(list, func(b counter.Booking) bool { return b.Source != counter.FromOffice })
	}
	v, err := newVisits(tx.Rx, list)
	if err != nil {
		return d, err
	}
	rows := make([]CounterBooking, len(list))
	for i, b := range list {
		rows[i] = v.row(tx.Rx, b)
	}
	return listing.Document{
		Title: message.Text(title, nil), Sections: []listing.Section{visitSection(rows)},
		Condition: message.Text("counter.list.condition", map[string]string{"window": window.Name, "day": listing.Say(sheet.Date, day)}),
	}, nil
}

// visitSection has one row for each person.
func visitSection(list []CounterBooking) (section listing.Section) {
	for _, c := range visitColumns {
		section.Columns = append(section.Columns, listing.Column{Heading: message.Text("counter.list."+c.key, nil), Kind: c.kind, Width: c.width})
	}
	for _, b := range list {
		for _, p := range b.Persons {
			row := make([]string, len(visitColumns))
			for i, c := range visitColumns {
				row[i] = c.cell(b, p)
			}
			section.Rows = append(section.Rows, row)
		}
	}
	return section
}
