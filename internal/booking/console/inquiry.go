package console

import (
	"net/http"
	"strings"
	"time"

	"kofu/internal/accesslog"
	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/member"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
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

// InquiryOffer is what the form offers.
type InquiryOffer struct {
	Choices InquiryChoices    `json:"choices"`
	Owners  []staffweb.Choice `json:"owners"` // who can follow up
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
	return answer(s, w, r, func(rx *store.Rx) (InquiryOffer, error) {
		out := InquiryOffer{Owners: []staffweb.Choice{}}
		c, err := inquiry.LoadChoices(rx)
		if err != nil {
			return out, err
		}
		out.Choices = wireChoices(c)
		all, err := staff.List(rx, s.common.Hasher)
		for _, a := range all {
			if a.DisabledAt == "" {
				out.Owners = append(out.Owners, staffweb.Choice{Code: a.ID, Label: a.Name})
			}
		}
		return out, err
	})
}

// inquiryAt refuses inquiries of windows at which the person may not work; those
// of no window are everybody's.
func inquiryAt(r *http.Request, window string) error {
	if window == "" {
		return nil
	}
	return gate.AtWindow(r.Context(), window)
}

// domain reads a filter within the windows of the person. Errors:
// fault.BadRequest "web.day".
func (f InquiryFilter) domain(r *http.Request) (inquiry.Filter, error) {
	session, _ := gate.SessionOf(r.Context())
	windows, all := session.WindowsFor(staff.InquiryEdit)
	if windows = staffweb.OrEmpty(windows); all {
		windows = nil
	}
	for _, day := range []string{f.From, f.To, f.FollowUpBy} {
		if day != "" && !jpdate.Day(day).Valid() {
			return inquiry.Filter{}, fault.New(fault.BadRequest, "web.day", "value", day)
		}
	}
	return inquiry.Filter{
		From: jpdate.Day(f.From), To: jpdate.Day(f.To), Channel: f.Channel, Category: f.Category, Result: f.Result, Window: f.Window,
		Owner: f.Owner, FollowUpBy: jpdate.Day(f.FollowUpBy), Text: strings.TrimSpace(f.Text), Anonymous: f.Anonymous, Open: f.Open, Offset: max(0, f.Offset), Windows: windows,
	}, nil
}

// postInquirySearch finds inquiries and notes what was asked for.
func (s *server) postInquirySearch(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[InquiryFilter](r)
	if err != nil {
		return err
	}
	f, err := in.domain(r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (InquiryList, error) {
		out, err := s.inquiryList(tx.Rx, f)
		if err != nil {
			return out, err
		}
		return out, accesslog.Searched(tx, in.look(out.Total))
	})
}

// look is what the access log says of a search. Words that were looked for may
// be a name.
func (f InquiryFilter) look(rows int) accesslog.Look {
	look := accesslog.Look{Screen: "inquiries", Rows: rows, Condition: map[string]string{
		"from": f.From, "to": f.To, "channel": f.Channel, "category": f.Category, "result": f.Result, "window": f.Window, "owner": f.Owner,
		"followUpBy": f.FollowUpBy, "format": f.Format,
	}}
	if f.Text != "" {
		look.Personal = []string{"text"}
	}
	return look
}

func (s *server) inquiryList(rx *store.Rx, f inquiry.Filter) (InquiryList, error) {
	out := InquiryList{Counts: []InquiryCount{}}
	words, err := s.inquiryWords(rx)
	if err != nil {
		return out, err
	}
	list, total, err := inquiry.Search(rx, s.Tenant, f)
	if err != nil {
		return out, err
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
	return out, err
}

// getInquiry shows an inquiry and notes who has opened it.
func (s *server) getInquiry(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return record(s, w, r, actor, func(tx *store.Tx) (row InquiryRow, err error) {
		q, err := s.inquiry(tx.Rx, r, r.PathValue("id"))
		if err != nil {
			return row, err
		}
		words, err := s.inquiryWords(tx.Rx)
		if err != nil {
			return row, err
		}
		return words.row(q), viewed(tx, r, "inquiry/"+q.ID)
	})
}

// inquiry finds an inquiry that the person may see.
func (s *server) inquiry(rx *store.Rx, r *http.Request, id string) (inquiry.Inquiry, error) {
	q, found, err := inquiry.ByID(rx, s.Tenant, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "inquiry.unknown")
	}
	if err == nil {
		err = inquiryAt(r, q.WindowID)
	}
	return q, err
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
	if err := inquiryAt(r, q.WindowID); err != nil {
		return err
	}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		q.At, err = s.inquiredAt(rx, r, id, in)
		return err
	})
	if err != nil {
		return err
	}
	if q, err = inquiry.Save(r.Context(), s.DB, actor, s.Tenant, q); err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) (InquiryRow, error) {
		kept, err := s.inquiry(rx, r, q.ID)
		if err != nil {
			return InquiryRow{}, err
		}
		words, err := s.inquiryWords(rx)
		return words.row(kept), err
	})
}

// inquiredAt checks that what a form names exists, and returns when somebody asked.
func (s *server) inquiredAt(rx *store.Rx, r *http.Request, id string, in InquiryForm) (at time.Time, err error) {
	if id != "" {
		if _, err := s.inquiry(rx, r, id); err != nil {
			return at, err
		}
	}
	at = rx.Now
	if in.At != "" {
		if at, err = store.ParseStamp(in.At); err != nil {
			return at, fault.New(fault.BadRequest, "web.day", "value", in.At)
		}
	}
	if in.Link == "" {
		return at, nil
	}
	_, known, err := member.ByLink(rx, s.Tenant, in.Link)
	if err == nil && !known {
		err = fault.New(fault.NotFound, "member.unknown")
	}
	return at, err
}
