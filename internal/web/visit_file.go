package web

import (
	"net/http"
	"strings"
	"time"

	"kofu/internal/audit"
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
	query := r.URL.Query()
	format := listing.Format(query.Get("format"))
	if err := format.Check(); err != nil {
		return err
	}
	var d listing.Document
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		day := query.Get("day")
		if day == "" {
			day = tx.Today()
		}
		window, err := counter.WindowByID(tx.Rx, query.Get("window"))
		if err != nil {
			return err
		}
		list, err := counter.OnDay(tx.Rx, window.ID, day)
		if err != nil {
			return err
		}
		v, err := newVisits(tx.Rx, list)
		if err != nil {
			return err
		}
		office := query.Get("source") == string(counter.FromOffice)
		var rows []CounterBooking
		for _, b := range list {
			if !office || b.Source == counter.FromOffice {
				rows = append(rows, v.row(tx.Rx, b))
			}
		}
		title := "counter.list.visits"
		if office {
			title = "counter.list.seats"
		}
		d = visitDocument(title, window.Name, day, rows, actor.Name, tx.Now)
		return audit.Append(tx, "list.exported", "list/visits", map[string]any{"format": format, "rows": d.Rows(), "window": window.ID, "day": day})
	})
	if err != nil {
		return err
	}
	return staffweb.SendListing(w, r, d, format, s.listPress)
}

func visitDocument(title, window, day string, list []CounterBooking, by string, now time.Time) listing.Document {
	var section listing.Section
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
	return listing.Document{
		Title: message.Text(title, nil), By: by, Made: now, Sections: []listing.Section{section},
		Condition: message.Text("counter.list.condition", map[string]string{"window": window, "day": listing.Say(sheet.Date, day)}),
	}
}
