package console

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// InquiryRow is a question and its answer with the words of its choices.
type InquiryRow struct {
	ID             string   `json:"id"`
	Version        int      `json:"version"`
	At             string   `json:"at"`
	Channel        string   `json:"channel"`
	ChannelLabel   string   `json:"channelLabel"`
	Categories     []string `json:"categories"`
	CategoryLabels []string `json:"categoryLabels"`
	Result         string   `json:"result"`
	ResultLabel    string   `json:"resultLabel"`
	WindowID       string   `json:"windowId"`
	WindowName     string   `json:"windowName"`
	Text           string   `json:"text"`
	Answer         string   `json:"answer"`
	Link           string   `json:"link"` // empty for an anonymous one
	FollowUp       string   `json:"followUp"`
	Owner          string   `json:"owner"`
	OwnerName      string   `json:"ownerName"`
	MadeBy         string   `json:"madeBy"` // name
}

// InquiryForm is what is recorded. An empty instant is now.
type InquiryForm struct {
	Version    int      `json:"version"` // 0 for a new one
	At         string   `json:"at"`
	Channel    string   `json:"channel"`
	Categories []string `json:"categories"`
	Result     string   `json:"result"`
	WindowID   string   `json:"windowId"`
	Text       string   `json:"text"`
	Answer     string   `json:"answer"`
	Link       string   `json:"link"`
	FollowUp   string   `json:"followUp"`
	Owner      string   `json:"owner"`
}

// InquiryFilter chooses inquiries. It never stands in an address, because words
// that are looked for may be a name.
type InquiryFilter struct {
	From       string `json:"from,omitempty"`
	To         string `json:"to,omitempty"`
	Channel    string `json:"channel,omitempty"`
	Category   string `json:"category,omitempty"`
	Result     string `json:"result,omitempty"`
	Window     string `json:"window,omitempty"`
	Owner      string `json:"owner,omitempty"`
	FollowUpBy string `json:"followUpBy,omitempty"`
	Text       string `json:"text,omitempty"`
	Anonymous  bool   `json:"anonymous,omitempty"`
	Open       bool   `json:"open,omitempty"`
	Offset     int    `json:"offset,omitempty"`
	Format     string `json:"format,omitempty" ts:"'xlsx' | 'csv' | 'csv-cp932'"` // of a file
}

// InquiryCount is how many inquiries were about a category.
type InquiryCount struct {
	Category string `json:"category"`
	Label    string `json:"label"`
	Count    int    `json:"count"`
}

// InquiryList is a page of inquiries with the counts of all that match.
type InquiryList struct {
	Total  int            `json:"total"`
	Rows   []InquiryRow   `json:"rows"`
	Counts []InquiryCount `json:"counts"`
}

// InquiryChoice is one line of a list of the form.
type InquiryChoice struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Retired bool   `json:"retired"`
}

// InquiryTemplate is a prepared answer.
type InquiryTemplate struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// InquiryChoices are the lists of the form.
type InquiryChoices struct {
	Version    int               `json:"version"`
	Channels   []InquiryChoice   `json:"channels"`
	Categories []InquiryChoice   `json:"categories"`
	Results    []InquiryChoice   `json:"results"`
	Templates  []InquiryTemplate `json:"templates"`
}

// InquiryOffer is what the form offers.
type InquiryOffer struct {
	Choices InquiryChoices    `json:"choices"`
	Owners  []staffweb.Choice `json:"owners"` // who can follow up
}

// PhoneCall is what is known of a caller: bookings and past inquiries side by
// side.
type PhoneCall struct {
	Link      string       `json:"link"`
	Guest     *Guest       `json:"guest,omitempty"`
	Bookings  []BookingRow `json:"bookings"`
	Inquiries []InquiryRow `json:"inquiries"`
}

func (s *server) inquiryRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/inquiries/offer", Permission: staff.InquiryEdit, Handle: s.getInquiryOffer, Out: InquiryOffer{}},
		{Pattern: "POST /api/inquiries/search", Permission: staff.InquiryEdit, Handle: s.postInquirySearch, In: InquiryFilter{}, Out: InquiryList{}},
		{Pattern: "POST /api/inquiries/file", Permission: staff.BookingExport, Handle: s.postInquiryFile, In: InquiryFilter{}},
		{Pattern: "POST /api/inquiries/call", Permission: staff.InquiryEdit, Handle: s.postPhoneCall, In: Entry{}, Out: PhoneCall{}},
		{Pattern: "POST /api/inquiries", Permission: staff.InquiryEdit, Handle: s.postInquiry, In: InquiryForm{}, Out: InquiryRow{}},
		{Pattern: "GET /api/inquiries/{id}", Permission: staff.InquiryEdit, Handle: s.getInquiry, Out: InquiryRow{}},
		{Pattern: "PUT /api/inquiries/{id}", Permission: staff.InquiryEdit, Handle: s.putInquiry, In: InquiryForm{}, Out: InquiryRow{}},
		{Pattern: "GET /api/inquiry-choices", Permission: staff.MasterEdit, Handle: s.getInquiryChoices, Out: InquiryChoices{}},
		{Pattern: "PUT /api/inquiry-choices", Permission: staff.MasterEdit, Handle: s.putInquiryChoices, In: InquiryChoices{}, Out: InquiryChoices{}},
		{Pattern: "GET /api/inquiry-choices/history", Permission: staff.MasterEdit, Handle: s.editions(inquiry.Document), Out: []Edition{}},
		{Pattern: "GET /api/inquiry-choices/history/{version}", Permission: staff.MasterEdit, Handle: s.getInquiryChoicesAt, Out: InquiryChoices{}},
	}
}

func wireChoices(c inquiry.Choices) InquiryChoices {
	list := func(l inquiry.List) []InquiryChoice {
		out := []InquiryChoice{}
		for _, one := range l {
			out = append(out, InquiryChoice(one))
		}
		return out
	}
	out := InquiryChoices{c.Version, list(c.Channels), list(c.Categories), list(c.Results), []InquiryTemplate{}}
	for _, t := range c.Templates {
		out.Templates = append(out.Templates, InquiryTemplate(t))
	}
	return out
}

func (c InquiryChoices) domain() (out inquiry.Choices) {
	list := func(l []InquiryChoice) (out inquiry.List) {
		for _, one := range l {
			out = append(out, inquiry.Choice(one))
		}
		return out
	}
	out = inquiry.Choices{Channels: list(c.Channels), Categories: list(c.Categories), Results: list(c.Results)}
	for _, t := range c.Templates {
		out.Templates = append(out.Templates, inquiry.Template(t))
	}
	return out
}

// inquiryWords are the words for what inquiries name by codes and ids.
type inquiryWords struct {
	choices  inquiry.Choices
	windows  map[string]string
	accounts accounts
}

func (s *server) inquiryWords(rx *store.Rx) (w inquiryWords, err error) {
	if w.choices, err = inquiry.LoadChoices(rx); err != nil {
		return w, err
	}
	n, err := s.names(rx)
	if err != nil {
		return w, err
	}
	w.windows = n.windows
	w.accounts, err = s.accounts(rx)
	return w, err
}

func (w inquiryWords) row(q inquiry.Inquiry) InquiryRow {
	row := InquiryRow{
		ID: q.ID, Version: q.Version, At: store.Stamp(q.At), Channel: q.Channel, ChannelLabel: w.choices.Channels.Name(q.Channel),
		Categories: staffweb.OrEmpty(q.Categories), CategoryLabels: []string{}, Result: q.Result, WindowID: q.WindowID, WindowName: w.windows[q.WindowID],
		Text: q.Text, Answer: q.Answer, Link: q.Link, FollowUp: string(q.FollowUp), Owner: q.Owner, OwnerName: w.accounts.name(q.Owner), MadeBy: w.accounts.name(q.MadeBy),
	}
	if q.Result != "" {
		row.ResultLabel = w.choices.Results.Name(q.Result)
	}
	for _, c := range q.Categories {
		row.CategoryLabels = append(row.CategoryLabels, w.choices.Categories.Name(c))
	}
	return row
}

func (w inquiryWords) rows(list []inquiry.Inquiry) []InquiryRow {
	rows := []InquiryRow{}
	for _, q := range list {
		rows = append(rows, w.row(q))
	}
	return rows
}

func (s *server) getInquiryOffer(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := InquiryOffer{Owners: []staffweb.Choice{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		c, err := inquiry.LoadChoices(rx)
		if err != nil {
			return err
		}
		out.Choices = wireChoices(c)
		all, err := staff.List(rx, s.common.Hasher)
		for _, a := range all {
			if a.DisabledAt == "" {
				out.Owners = append(out.Owners, staffweb.Choice{Code: a.ID, Label: a.Name})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// filter reads the days of a filter. Errors: fault.BadRequest "web.day".
func (f InquiryFilter) domain() (inquiry.Filter, error) {
	for _, day := range []string{f.From, f.To, f.FollowUpBy} {
		if day != "" && !jpdate.Day(day).Valid() {
			return inquiry.Filter{}, fault.New(fault.BadRequest, "web.day", "value", day)
		}
	}
	return inquiry.Filter{
		From: jpdate.Day(f.From), To: jpdate.Day(f.To), Channel: f.Channel, Category: f.Category, Result: f.Result, Window: f.Window,
		Owner: f.Owner, FollowUpBy: jpdate.Day(f.FollowUpBy), Text: strings.TrimSpace(f.Text), Anonymous: f.Anonymous, Open: f.Open, Offset: max(0, f.Offset),
	}, nil
}

func (s *server) postInquirySearch(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[InquiryFilter](r)
	if err != nil {
		return err
	}
	f, err := in.domain()
	if err != nil {
		return err
	}
	out := InquiryList{Counts: []InquiryCount{}}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := s.inquiryWords(rx)
		if err != nil {
			return err
		}
		list, total, err := inquiry.Search(rx, s.Tenant, f)
		if err != nil {
			return err
		}
		out.Total, out.Rows = total, words.rows(list)
		counts, err := inquiry.Counts(rx, s.Tenant, f)
		for _, c := range words.choices.Categories {
			one := InquiryCount{c.Code, c.Name, 0}
			for _, n := range counts {
				if n.Category == c.Code {
					one.Count += n.N
				}
			}
			if one.Count > 0 {
				out.Counts = append(out.Counts, one)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// mostInquiries is how many go into one file.
const mostInquiries = 50_000

var inquiryColumns = []struct {
	key  string
	kind sheet.Kind
	wide float64
	cell func(InquiryRow) string
}{
	{"at", sheet.DateTime, 0, func(q InquiryRow) string { return q.At }},
	{"channel", sheet.Text, 10, func(q InquiryRow) string { return q.ChannelLabel }},
	{"window", sheet.Text, 20, func(q InquiryRow) string { return q.WindowName }},
	{"categories", sheet.Text, 28, func(q InquiryRow) string { return strings.Join(q.CategoryLabels, "・") }},
	{"result", sheet.Text, 16, func(q InquiryRow) string { return q.ResultLabel }},
	{"who", sheet.Text, 8, func(q InquiryRow) string { return inquiryWho(q.Link) }},
	{"text", sheet.Text, 60, func(q InquiryRow) string { return q.Text }},
	{"answer", sheet.Text, 60, func(q InquiryRow) string { return q.Answer }},
	{"followUp", sheet.Date, 0, func(q InquiryRow) string { return q.FollowUp }},
	{"owner", sheet.Text, 16, func(q InquiryRow) string { return q.OwnerName }},
	{"madeBy", sheet.Text, 16, func(q InquiryRow) string { return q.MadeBy }},
}

// inquiryWho says whether an inquiry is that of a code; the code is nowhere.
func inquiryWho(link string) string {
	if link == "" {
		return message.Text("inquiry.anonymous", nil)
	}
	return message.Text("inquiry.with_code", nil)
}

// postInquiryFile writes the inquiries that match and notes who took how many.
// Errors: fault.Invalid "report.unknown_format", "inquiry.too_many"; those of
// package sheet.
func (s *server) postInquiryFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[InquiryFilter](r)
	if err != nil {
		return err
	}
	f, err := in.domain()
	if err != nil {
		return err
	}
	f.Offset, f.Limit = 0, mostInquiries
	format := sheet.Format(in.Format)
	if !slices.Contains([]sheet.Format{sheet.XLSX, sheet.CSV, sheet.CSVCP932}, format) {
		return fault.New(fault.Invalid, "report.unknown_format", "format", in.Format)
	}
	table := sheet.Table{Title: message.Text("inquiry.list", nil), By: actor.Name}
	var total int
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := s.inquiryWords(rx)
		if err != nil {
			return err
		}
		var list []inquiry.Inquiry
		if list, total, err = inquiry.Search(rx, s.Tenant, f); err != nil {
			return err
		}
		if total > mostInquiries {
			return fault.New(fault.Invalid, "inquiry.too_many", "total", strconv.Itoa(total), "max", strconv.Itoa(mostInquiries))
		}
		table.Made, table.Filter = rx.Now, words.condition(in)
		cells := [][]string{}
		for _, row := range words.rows(list) {
			line := []string{}
			for _, c := range inquiryColumns {
				line = append(line, c.cell(row))
			}
			cells = append(cells, line)
		}
		table.Rows = sheet.Rows(cells)
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range inquiryColumns {
		table.Columns = append(table.Columns, sheet.Column{Heading: message.Text("inquiry.column."+c.key, nil), Kind: c.kind, Width: c.wide})
	}
	file, kind, err := written(table, format)
	if err != nil {
		return err
	}
	look := accesslog.Look{Screen: "inquiries", Rows: total, Condition: map[string]string{"from": in.From, "to": in.To, "format": in.Format}}
	if in.Text != "" {
		look.Personal = []string{"text"}
	}
	if err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) error { return accesslog.Exported(tx, look) }); err != nil {
		return err
	}
	return staffweb.Attach(w, kind, sheet.FileName(table.Title, table.Made, format), file)
}

// written is a list as a file of a format, with the type of its content.
func written(table sheet.Table, format sheet.Format) (file []byte, kind string, err error) {
	var b bytes.Buffer
	switch format {
	case sheet.XLSX:
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = sheet.WriteXLSX(&b, table, sheet.XLSXOptions{})
	case sheet.CSVCP932:
		kind = "text/csv; charset=shift_jis"
		_, err = sheet.WriteCSV(&b, table, sheet.CSVOptions{Encoding: jptext.CP932})
	default:
		kind = "text/csv; charset=utf-8"
		_, err = sheet.WriteCSV(&b, table, sheet.CSVOptions{Encoding: jptext.UTF8})
	}
	return b.Bytes(), kind, err
}

// condition is a filter in words.
func (w inquiryWords) condition(f InquiryFilter) string {
	var parts []string
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, message.Text("inquiry.column."+key, nil)+" "+value)
		}
	}
	name := func(l inquiry.List, code string) string {
		if code == "" {
			return ""
		}
		return l.Name(code)
	}
	if f.From+f.To != "" {
		add("at", f.From+"〜"+f.To)
	}
	add("channel", name(w.choices.Channels, f.Channel))
	add("categories", name(w.choices.Categories, f.Category))
	add("result", name(w.choices.Results, f.Result))
	add("window", w.windows[f.Window])
	add("owner", w.accounts.name(f.Owner))
	add("followUp", f.FollowUpBy)
	add("text", f.Text)
	if f.Anonymous {
		parts = append(parts, message.Text("inquiry.anonymous", nil))
	}
	if f.Open {
		parts = append(parts, message.Text("inquiry.open", nil))
	}
	return strings.Join(parts, "、")
}

// postPhoneCall shows what is known of a caller by code or receipt number.
func (s *server) postPhoneCall(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[Entry](r)
	if err != nil {
		return err
	}
	out := PhoneCall{Bookings: []BookingRow{}, Inquiries: []InquiryRow{}}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		f, err := s.find(rx, in.Entry)
		if err != nil {
			return err
		}
		n, err := s.names(rx)
		if err != nil {
			return err
		}
		if f.member != nil {
			out.Link = f.member.Link
			guest, err := s.guest(rx, n, *f.member, false)
			if err != nil {
				return err
			}
			out.Guest = &guest
		} else if len(f.list) > 0 && len(f.list[0].Persons) > 0 {
			out.Link = f.list[0].Persons[0].Link
			if f.list, err = reserve.Of(rx, s.Tenant, out.Link); err != nil {
				return err
			}
		}
		session, _ := gate.SessionOf(r.Context())
		for _, b := range slices.Backward(f.list) {
			if session.MayAt(staff.BookingView, b.WindowID) {
				out.Bookings = append(out.Bookings, n.bookingRow(b))
			}
		}
		words, err := s.inquiryWords(rx)
		if err != nil || out.Link == "" {
			return err
		}
		past, err := inquiry.OfLink(rx, s.Tenant, out.Link)
		out.Inquiries = words.rows(past)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func (s *server) getInquiry(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return s.replyInquiry(w, r, r.PathValue("id"))
}

func (s *server) replyInquiry(w http.ResponseWriter, r *http.Request, id string) error {
	var row InquiryRow
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		q, found, err := inquiry.ByID(rx, s.Tenant, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "inquiry.unknown")
		}
		words, err := s.inquiryWords(rx)
		row = words.row(q)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, row)
}

func (s *server) postInquiry(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.saveInquiry(w, r, actor, "")
}

func (s *server) putInquiry(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.saveInquiry(w, r, actor, r.PathValue("id"))
}

func (s *server) saveInquiry(w http.ResponseWriter, r *http.Request, actor store.Actor, id string) error {
	in, err := staffweb.Decode[InquiryForm](r)
	if err != nil {
		return err
	}
	q := inquiry.Inquiry{
		ID: id, Version: in.Version, Channel: in.Channel, Categories: in.Categories, Result: in.Result, WindowID: in.WindowID,
		Text: in.Text, Answer: in.Answer, Link: in.Link, FollowUp: jpdate.Day(in.FollowUp), Owner: in.Owner,
	}
	if id != "" && in.Version < 1 || id == "" && in.Version != 0 {
		return fault.New(fault.BadRequest, "gate.bad_json", "field", "version")
	}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		q.At = rx.Now
		if in.At != "" {
			if q.At, err = store.ParseStamp(in.At); err != nil {
				return fault.New(fault.BadRequest, "web.day", "value", in.At)
			}
		}
		if in.Link == "" {
			return nil
		}
		_, known, err := member.ByLink(rx, s.Tenant, in.Link)
		if err == nil && !known {
			err = fault.New(fault.NotFound, "member.unknown")
		}
		return err
	})
	if err != nil {
		return err
	}
	if q, err = inquiry.Save(r.Context(), s.DB, actor, s.Tenant, q); err != nil {
		return err
	}
	return s.replyInquiry(w, r, q.ID)
}

func (s *server) getInquiryChoices(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return s.replyChoices(w, r, inquiry.LoadChoices)
}

func (s *server) getInquiryChoicesAt(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	n, err := staffweb.PathNumber(r, "version")
	if err != nil {
		return err
	}
	return s.replyChoices(w, r, func(rx *store.Rx) (c inquiry.Choices, err error) {
		err = settings.LoadVersion(rx, inquiry.Document, n, &c)
		c.Version = n
		return c, err
	})
}

func (s *server) replyChoices(w http.ResponseWriter, r *http.Request, load func(*store.Rx) (inquiry.Choices, error)) error {
	var c inquiry.Choices
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		c, err = load(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, wireChoices(c))
}

func (s *server) putInquiryChoices(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[InquiryChoices](r)
	if err != nil {
		return err
	}
	var c inquiry.Choices
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		c, err = inquiry.SaveChoices(tx, in.domain(), in.Version)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, wireChoices(c))
}
