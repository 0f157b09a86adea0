package web

import (
	"net/http"
	"strconv"

	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// caseColumns are those of the list as a file.
var caseColumns = []struct {
	key   string
	kind  sheet.Kind
	width float64
	cell  func(ExchangeCase) string
}{
	{"opened", sheet.DateTime, 18, func(c ExchangeCase) string { return c.OpenedAt }},
	{"kind", sheet.Text, 24, func(c ExchangeCase) string { return c.KindLabel }},
	{"no", sheet.Code, 12, func(c ExchangeCase) string { return c.place().No }},
	{"window", sheet.Text, 16, func(c ExchangeCase) string { return c.place().Window }},
	{"day", sheet.Date, 14, func(c ExchangeCase) string { return c.place().Day }},
	{"start", sheet.Code, 8, func(c ExchangeCase) string { return c.place().Start }},
	{"notice_no", sheet.Code, 16, func(c ExchangeCase) string { return c.card().NoticeNo }},
	{"name", sheet.Text, 20, func(c ExchangeCase) string { return c.card().Name }},
	{"what", sheet.Text, 60, func(c ExchangeCase) string { return c.What }},
	{"decision", sheet.Text, 16, func(c ExchangeCase) string { return c.DecisionLabel }},
	{"decided_at", sheet.DateTime, 18, func(c ExchangeCase) string { return c.DecidedAt }},
	{"decided_by", sheet.Text, 16, func(c ExchangeCase) string { return c.DecidedBy }},
	{"note", sheet.Text, 30, func(c ExchangeCase) string { return c.Note }},
}

// place is the booking of the case, or the slot in its place.
func (c ExchangeCase) place() CounterBooking {
	switch {
	case c.Booking != nil:
		return *c.Booking
	case c.Slot != nil:
		return CounterBooking{Window: c.Slot.Window, Day: c.Slot.Day, Start: c.Slot.Start}
	}
	return CounterBooking{}
}

func (c ExchangeCase) card() CaseCard {
	if c.Card == nil {
		return CaseCard{}
	}
	return *c.Card
}

// getCasesFile gives the list as a file or a print, with the same filter, and
// records who took how many rows.
func (s *server) getCasesFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staffweb.Needs(r, staff.ExchangeDecide); err != nil {
		return err
	}
	return s.sendList(w, r, actor, listFile{"cases", s.listPress, func(tx *store.Tx, _ map[string]any) (d listing.Document, err error) {
		list, err := casesOf(tx.Rx, r)
		if err != nil {
			return d, err
		}
		rows, err := caseRows(tx.Rx, list)
		if err != nil {
			return d, err
		}
		return caseDocument(rows, r), nil
	}})
}

func caseDocument(list []ExchangeCase, r *http.Request) listing.Document {
	state := "open"
	if r.URL.Query().Get("state") == "decided" {
		state = "decided"
	}
	var section listing.Section
	for _, c := range caseColumns {
		section.Columns = append(section.Columns, listing.Column{Heading: message.Text("case.column."+c.key, nil), Kind: c.kind, Width: c.width})
	}
	for _, one := range list {
		row := make([]string, len(caseColumns))
		for i, c := range caseColumns {
			row[i] = c.cell(one)
		}
		section.Rows = append(section.Rows, row)
	}
	return listing.Document{
		Title: message.Text("case.title", nil), Sections: []listing.Section{section},
		Condition: message.Text("case.condition."+state, map[string]string{"n": strconv.Itoa(len(list))}),
	}
}
