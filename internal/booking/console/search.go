package console

import (
	"net/http"
	"strconv"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/booking/find"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// BookingSearch is what is searched for. A code, typed or scanned, is in the
// body of the request and nowhere else.
type BookingSearch struct {
	find.Filter
	Code   string `json:"code"`
	Offset int    `json:"offset"`
	Format string `json:"format" ts:"'' | 'xlsx' | 'csv' | 'csv-cp932' | 'pdf'"` // of a file
}

// FoundRow is a booking that was found.
type FoundRow struct {
	ID         string        `json:"id"`
	No         string        `json:"no"`
	MadeAt     string        `json:"madeAt"`
	Starts     string        `json:"starts"`
	WindowName string        `json:"windowName"`
	State      reserve.State `json:"state"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	Via        string        `json:"via"`
	Operator   string        `json:"operator"`
	Persons    int           `json:"persons"`
	Procs      []string      `json:"procs"`
}

// FoundBookings are a page of what was found.
type FoundBookings struct {
	Total int        `json:"total"`
	Rows  []FoundRow `json:"rows"`
}

// SavedSearch is a search under a name.
type SavedSearch struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Shared bool        `json:"shared"`
	Mine   bool        `json:"mine"`
	Filter find.Filter `json:"filter"`
}

// SearchField is a field of the municipality's own that can be searched.
type SearchField struct {
	ID      string            `json:"id"`
	Label   string            `json:"label"`
	Options []staffweb.Choice `json:"options"`
}

// SearchChoices are what the search form offers.
type SearchChoices struct {
	States    []staffweb.Choice `json:"states"`
	Vias      []staffweb.Choice `json:"vias"`
	Operators []staffweb.Choice `json:"operators"`
	Fields    []SearchField     `json:"fields"`
}

const searchPage = 100

func (s *server) searchRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/search/choices", Permission: staff.BookingView, Handle: s.getSearchChoices, Out: SearchChoices{}},
		{Pattern: "POST /api/search", Permission: staff.BookingView, Handle: s.postSearch, In: BookingSearch{}, Out: FoundBookings{}},
		{Pattern: "POST /api/search/file", Permission: staff.BookingExport, Handle: s.postSearchFile, In: BookingSearch{}},
		{Pattern: "POST /api/search/print", Permission: staff.BookingPrint, Handle: s.postSearchFile, In: BookingSearch{}},
		{Pattern: "GET /api/searches", Permission: staff.BookingView, Handle: s.getSearches, Out: []SavedSearch{}},
		{Pattern: "POST /api/searches", Permission: staff.BookingView, Handle: s.postSearchKept, In: SavedSearch{}, Out: SavedSearch{}},
		{Pattern: "DELETE /api/searches/{id}", Permission: staff.BookingView, Handle: s.deleteSearch},
	}
}

// operators are the names of the staff by id.
func (s *server) operators(rx *store.Rx) (map[string]string, []staffweb.Choice, error) {
	list, err := staff.List(rx, s.common.Hasher)
	byID, choices := map[string]string{}, []staffweb.Choice{}
	for _, a := range list {
		byID[a.ID] = a.Name
		choices = append(choices, staffweb.Choice{Code: a.ID, Label: a.Name})
	}
	return byID, choices, err
}

func (s *server) getSearchChoices(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := SearchChoices{Fields: []SearchField{}}
	for _, state := range reserve.States {
		out.States = append(out.States, staffweb.Choice{Code: string(state), Label: stateLabel(state)})
	}
	for _, via := range []reserve.Via{reserve.ByWeb, reserve.ByPhone, reserve.AtCounter, reserve.OnVisit} {
		out.Vias = append(out.Vias, staffweb.Choice{Code: string(via), Label: message.Text("booking.via."+string(via), nil)})
	}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if _, out.Operators, err = s.operators(rx); err != nil {
			return err
		}
		n, err := s.names(rx)
		if err != nil {
			return err
		}
		for _, f := range n.terms.Fields.List {
			if f.Personal != "off" || !f.Kind.Choice() {
				continue // typed answers are sealed: nobody can search them
			}
			field := SearchField{ID: f.ID, Label: f.Label("ja"), Options: []staffweb.Choice{}}
			for _, o := range f.Options {
				field.Options = append(field.Options, staffweb.Choice{Code: o.Value, Label: o.Labels["ja"]})
			}
			if len(field.Options) == 0 {
				field.Options = append(field.Options, staffweb.Choice{Code: "1", Label: message.Text("find.ticked", nil)})
			}
			out.Fields = append(out.Fields, field)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// filter reads what is searched for, within the windows of the person. found is
// false when a code leads to nobody.
func (s *server) filter(rx *store.Rx, r *http.Request, in BookingSearch) (f find.Filter, look accesslog.Look, err error) {
	f = in.Filter
	f.Offset, f.Limit = max(0, in.Offset), searchPage
	session, _ := gate.SessionOf(r.Context())
	if windows, all := session.WindowsFor(session.Asked); !all {
		f.Windows = staffweb.OrEmpty(windows)
	}
	look = accesslog.Look{Screen: "search", Condition: f.Condition()}
	if in.Code == "" {
		return f, look, nil
	}
	look.Personal = []string{"code"}
	person, err := s.find(rx, in.Code)
	if err != nil {
		return f, look, err
	}
	if person.member == nil { // a receipt number was typed
		f.No = person.list[0].No
		return f, look, nil
	}
	f.Link = person.member.Link
	return f, look, nil
}

// search finds bookings with their names.
func (s *server) search(rx *store.Rx, f find.Filter) ([]find.Row, int, names, map[string]string, error) {
	list, total, err := find.Search(rx, s.Tenant, f)
	if err != nil {
		return nil, 0, names{}, nil, err
	}
	n, err := s.names(rx)
	if err != nil {
		return nil, 0, names{}, nil, err
	}
	who, _, err := s.operators(rx)
	return list, total, n, who, err
}

// operator is who acted, in words.
func operator(who map[string]string, id string) string {
	if name := who[id]; name != "" {
		return name
	}
	if strings.HasPrefix(id, "kofu-booking") {
		return message.Text("find.by.program", nil)
	}
	return staffweb.Word("find.by.", id)
}

func (s *server) postSearch(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[BookingSearch](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (FoundBookings, error) {
		out := FoundBookings{Rows: []FoundRow{}}
		f, look, err := s.filter(tx.Rx, r, in)
		if err != nil {
			return out, err
		}
		list, total, n, who, err := s.search(tx.Rx, f)
		if err != nil {
			return out, err
		}
		out = FoundBookings{Total: total, Rows: []FoundRow{}}
		for _, b := range list {
			out.Rows = append(out.Rows, FoundRow{
				ID: b.ID, No: b.No, MadeAt: store.Stamp(b.MadeAt), Starts: store.Stamp(b.Starts), WindowName: n.windows[b.WindowID],
				State: b.State, StateLabel: stateLabel(b.State), Tone: stateTones[b.State], Via: message.Text("booking.via."+string(b.Via), nil),
				Operator: operator(who, b.Operator), Persons: b.Persons, Procs: n.procs(b.Procs),
			})
		}
		look.Rows = total
		return out, accesslog.Searched(tx, look)
	})
}

// postSearchFile gives what was found as a file, or as a print.
func (s *server) postSearchFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[BookingSearch](r)
	if err != nil {
		return err
	}
	format := listing.Format(in.Format)
	if err := format.Check(); err != nil {
		return err
	}
	if session, _ := gate.SessionOf(r.Context()); (format == listing.PDF) != (session.Asked == staff.BookingPrint) {
		return fault.New(fault.Invalid, "report.unknown_format", "format", in.Format)
	}
	var d listing.Document
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		f, look, err := s.filter(tx.Rx, r, in)
		if err != nil {
			return err
		}
		f.Offset, f.Limit = 0, find.Most
		if d, err = s.foundDocument(tx.Rx, f, actor.Name); err != nil {
			return err
		}
		look.Rows = d.Rows()
		if format == listing.PDF {
			return accesslog.Printed(tx, look)
		}
		return accesslog.Exported(tx, look)
	})
	if err != nil {
		return err
	}
	return staffweb.SendListing(w, r, d, format, s.Press)
}

// foundDocument is what was found as a list for files and prints: without
// personal data.
func (s *server) foundDocument(rx *store.Rx, f find.Filter, by string) (listing.Document, error) {
	list, _, n, who, err := s.search(rx, f)
	if err != nil {
		return listing.Document{}, err
	}
	section := listing.Section{}
	for _, c := range []struct {
		key  string
		kind sheet.Kind
	}{
		{"no", sheet.Code},
		{"made_at", sheet.DateTime},
		{"day", sheet.DateTime},
		{"window", sheet.Text},
		{"state", sheet.Text},
		{"persons", sheet.Int},
		{"procs", sheet.Text},
		{"via", sheet.Text},
		{"operator", sheet.Text},
	} {
		section.Columns = append(section.Columns, listing.Column{Heading: message.Text("breport.column."+c.key, nil), Kind: c.kind})
	}
	persons := 0
	for _, b := range list {
		persons += b.Persons
		section.Rows = append(section.Rows, []string{
			b.No, store.Stamp(b.MadeAt), store.Stamp(b.Starts), n.windows[b.WindowID], stateLabel(b.State), number(b.Persons),
			join(n.procs(b.Procs)), message.Text("booking.via."+string(b.Via), nil), operator(who, b.Operator),
		})
	}
	section.Total = []string{message.Text("breport.total", nil), "", "", message.Text("breport.visits", fault.Args("n", number(len(list)))), "", number(persons), "", "", ""}
	return listing.Document{
		Title: message.Text("find.title", nil), Condition: s.conditionInWords(f, n, who), By: by, Made: rx.Now, Sections: []listing.Section{section},
	}, nil
}

// conditionInWords says what was searched for. A code is not named.
func (s *server) conditionInWords(f find.Filter, n names, who map[string]string) string {
	condition := f.Condition()
	condition["window"], condition["operator"] = n.windows[f.Window], who[f.Operator]
	if f.Via != "" {
		condition["via"] = message.Text("booking.via."+string(f.Via), nil)
	}
	var states []string
	for _, state := range f.States {
		states = append(states, stateLabel(state))
	}
	condition["states"] = join(states)
	var parts []string
	for _, key := range []string{"madeFrom", "madeUntil", "dayFrom", "dayUntil", "timeFrom", "timeUntil", "no", "window", "states", "via", "operator"} {
		if condition[key] != "" {
			parts = append(parts, message.Text("find.word."+key, fault.Args("value", condition[key])))
		}
	}
	for _, field := range n.terms.Fields.List {
		if answer := f.Answers[field.ID]; answer != "" {
			parts = append(parts, field.Label("ja")+"="+field.Say(answer, n.terms.Words("ja")))
		}
	}
	if f.Link != "" {
		parts = append(parts, message.Text("find.word.code", nil))
	}
	if len(parts) == 0 {
		return message.Text("find.word.all", nil)
	}
	return join(parts)
}

func (s *server) getSearches(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	list := []SavedSearch{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := find.List(rx, s.Tenant, actor.ID)
		for _, one := range all {
			list = append(list, savedSearch(one, actor))
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func savedSearch(one find.Saved, actor store.Actor) SavedSearch {
	one.Filter.States = staffweb.OrEmpty(one.Filter.States)
	if one.Filter.Answers == nil {
		one.Filter.Answers = map[string]string{}
	}
	return SavedSearch{ID: one.ID, Name: one.Name, Shared: one.Shared, Mine: one.Owner == actor.ID, Filter: one.Filter}
}

func (s *server) postSearchKept(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[SavedSearch](r)
	if err != nil {
		return err
	}
	kept, err := find.Keep(r.Context(), s.DB, actor, s.Tenant, find.Saved{Name: in.Name, Shared: in.Shared, Filter: in.Filter})
	if err != nil {
		return err
	}
	return staffweb.OK(w, savedSearch(kept, actor))
}

func (s *server) deleteSearch(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := find.Drop(r.Context(), s.DB, actor, s.Tenant, r.PathValue("id")); err != nil {
		return err
	}
	return staffweb.Done(w)
}

// join joins names as lists for people do.
func join(list []string) string { return strings.Join(list, message.Text("find.and", nil)) }

func number(n int) string { return strconv.Itoa(n) }
