package console

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/booking/inquiry"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jptext"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// mostInquiries is how many go into one file.
const mostInquiries = 50_000

var inquiryColumns = []struct {
	key  string
	kind sheet.Kind
	wide float64
	cell func(InquiryRow) string
}{
	{"at", sheet.DateTime, 20, func(q InquiryRow) string { return q.At }},
	{"channel", sheet.Text, 10, func(q InquiryRow) string { return q.ChannelLabel }},
	{"window", sheet.Text, 20, func(q InquiryRow) string { return q.WindowName }},
	{"categories", sheet.Text, 20, func(q InquiryRow) string { return strings.Join(q.CategoryLabels, "・") }},
	{"result", sheet.Text, 14, func(q InquiryRow) string { return q.ResultLabel }},
	{"who", sheet.Text, 14, func(q InquiryRow) string { return inquiryWho(q.Link) }},
	{"text", sheet.Text, 36, func(q InquiryRow) string { return q.Text }},
	{"answer", sheet.Text, 36, func(q InquiryRow) string { return q.Answer }},
	{"followUp", sheet.Date, 16, func(q InquiryRow) string { return q.FollowUp }},
	{"owner", sheet.Text, 13, func(q InquiryRow) string { return q.OwnerName }},
	{"madeBy", sheet.Text, 13, func(q InquiryRow) string { return q.MadeBy }},
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
	if session, _ := gate.SessionOf(r.Context()); !session.May(staff.InquiryEdit) {
		return fault.New(fault.Forbidden, "gate.forbidden")
	}
	f, err := in.domain(r)
	if err != nil {
		return err
	}
	f.Offset, f.Limit = 0, mostInquiries
	format := sheet.Format(in.Format)
	if !slices.Contains([]sheet.Format{sheet.XLSX, sheet.CSV, sheet.CSVCP932}, format) {
		return fault.New(fault.Invalid, "report.unknown_format", "format", in.Format)
	}
	var table sheet.Table
	var total int
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		table, total, err = s.inquiryTable(rx, in, f)
		return err
	})
	if err != nil {
		return err
	}
	table.By = actor.Name
	file, kind, err := written(table, format)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error { return accesslog.Exported(tx, in.look(total)) })
	if err != nil {
		return err
	}
	return staffweb.Attach(w, kind, sheet.FileName(table.Title, table.Made, format), file)
}

// inquiryTable has one row for each inquiry that matches, and says how many those
// are. Error: fault.Invalid "inquiry.too_many".
func (s *server) inquiryTable(rx *store.Rx, in InquiryFilter, f inquiry.Filter) (table sheet.Table, total int, err error) {
	words, err := s.inquiryWords(rx)
	if err != nil {
		return table, 0, err
	}
	list, total, err := inquiry.Search(rx, s.Tenant, f)
	if err != nil {
		return table, 0, err
	}
	if total > mostInquiries {
		return table, 0, fault.New(fault.Invalid, "inquiry.too_many", "total", strconv.Itoa(total), "max", strconv.Itoa(mostInquiries))
	}
	table = sheet.Table{
		Title: message.Text("inquiry.list", nil), Made: rx.Now, AsOf: listing.Document{Made: rx.Now}.AsOf(),
		Filter: cmp.Or(words.condition(in), message.Text("inquiry.all", nil)),
	}
	for _, c := range inquiryColumns {
		table.Columns = append(table.Columns, sheet.Column{Heading: message.Text("inquiry.column."+c.key, nil), Kind: c.kind, Width: c.wide})
	}
	cells := [][]string{}
	for _, row := range words.rows(list) {
		line := []string{}
		for _, c := range inquiryColumns {
			line = append(line, c.cell(row))
		}
		cells = append(cells, line)
	}
	table.Rows = sheet.Rows(cells)
	return table, total, nil
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
