package member

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Columns are the headings of a file of codes, in this order. The office makes
// it (link.issue of booking.md §3.3); neither codes nor birth dates stand in it.
//
//	link      16 hex digits, the random pseudonym
//	h         keyed hash of the code, base64url
//	hb        keyed hash of code and birth date, empty where the code suffices
//	key       id of the key of both
//	gen       generation of the card
//	svc       procedures with spaces between
//	windows   windows with spaces between, in order; empty for all
//	from, until  2026-12-01T09:00 in Japan
//	grp, mem  household token and ordinal on the letter; both empty without one
//	office_only  0 or 1
//	lang      of the letter, may be empty
//	state     issued or ready
var Columns = []string{"link", "h", "hb", "key", "gen", "svc", "windows", "from", "until", "grp", "mem", "office_only", "lang", "state"}

const (
	mostDetails = 100
	instant     = "2006-01-02T15:04"
)

var linkForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

// ParseFile reads a file of codes, UTF-8 with or without a byte order mark. It is
// read as a whole or not at all. Errors: fault.Invalid "member.bad_file" with a
// detail for each mistake: row, column, value and reason.
func ParseFile(r io.Reader, keys Keys) (list []Member, err error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	p := &file{keys: keys, links: map[string]int{}, codes: map[string]int{}}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	rows.FieldsPerRecord = -1
	for {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			p.row = syntax.Line
			p.bad("", "", "member.file_fields")
			break
		}
		if err != nil {
			return nil, err
		}
		p.row, _ = rows.FieldPos(0)
		list = p.take(list, fields)
	}
	if len(list) == 0 && len(p.details) == 0 {
		p.row = 0
		p.bad("", "", "member.file_empty")
	}
	if len(p.details) > 0 {
		return nil, fault.New(fault.Invalid, "member.bad_file", "count", strconv.Itoa(len(p.details))).With(p.details[:min(len(p.details), mostDetails)]...)
	}
	return list, nil
}

// file is one that is being read.
type file struct {
	keys    Keys
	headed  bool
	row     int
	fields  map[string]string
	links   map[string]int // row in which a link stands
	codes   map[string]int // and a hash
	details []fault.Detail
}

func (p *file) bad(column, value, code string, args ...string) {
	p.details = append(p.details, fault.Detail{Code: code, Row: p.row, Column: column, Value: value, Args: fault.Args(args...)})
}

func (p *file) take(list []Member, fields []string) []Member {
	if !p.headed {
		p.headed = true
		if !slices.Equal(fields, Columns) {
			p.bad("", strings.Join(fields, ","), "member.file_heading", "want", strings.Join(Columns, ","))
		}
		return list
	}
	if len(fields) != len(Columns) {
		p.bad("", strconv.Itoa(len(fields)), "member.file_fields")
		return list
	}
	p.fields = map[string]string{}
	for i, name := range Columns {
		p.fields[name] = fields[i]
	}
	before := len(p.details)
	m := p.member()
	if len(p.details) == before {
		list = append(list, m)
	}
	return list
}

// member reads a row; every mistake of it is told.
func (p *file) member() Member {
	m := Member{
		Link: p.text("link", linkForm.MatchString, "member.file_link"), KeyID: p.text("key", p.hasKey, "member.file_key"),
		CodeMAC: p.mac("h", false), BirthMAC: p.mac("hb", true), Gen: p.number("gen", false), Ordinal: p.number("mem", true),
		From: p.time("from"), Until: p.time("until"), Group: p.fields["grp"], Lang: p.fields["lang"],
		OfficeOnly: p.text("office_only", func(s string) bool { return s == "0" || s == "1" }, "member.file_flag") == "1",
		State:      State(p.text("state", func(s string) bool { return State(s) == Issued || State(s) == Ready }, "member.file_state")),
		Windows:    strings.Fields(p.fields["windows"]),
	}
	var procs []slot.Procedure
	for _, name := range strings.Fields(p.fields["svc"]) {
		procs = append(procs, slot.Procedure(name))
	}
	var err error
	if m.Procs, err = slot.ParseProcs(procs...); err != nil || m.Procs == "" {
		p.bad("svc", p.fields["svc"], "member.file_procs")
	}
	if len(m.Windows) == 0 {
		m.Windows = nil
	}
	if !slices.IsSorted(m.Windows) {
		p.bad("windows", p.fields["windows"], "member.file_windows")
	}
	if !m.From.IsZero() && !m.Until.IsZero() && !m.From.Before(m.Until) {
		p.bad("until", p.fields["until"], "member.file_period")
	}
	if (m.Group == "") != (m.Ordinal == 0) {
		p.bad("mem", p.fields["mem"], "member.file_group")
	}
	p.once("link", p.links)
	p.once("h", p.codes)
	return m
}

func (p *file) once(column string, seen map[string]int) {
	value := p.fields[column]
	if row, twice := seen[value]; twice && value != "" {
		p.bad(column, value, "member.file_twice", "row", strconv.Itoa(row))
	}
	seen[value] = p.row
}

func (p *file) hasKey(id string) bool { return len(p.keys[id]) > 0 }

func (p *file) text(column string, good func(string) bool, code string) string {
	value := p.fields[column]
	if !good(value) {
		p.bad(column, value, code)
	}
	return value
}

func (p *file) mac(column string, mayBeEmpty bool) []byte {
	value := p.fields[column]
	if value == "" && mayBeEmpty {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) != 32 {
		p.bad(column, value, "member.file_hash")
	}
	return b
}

func (p *file) number(column string, mayBeEmpty bool) int {
	value := p.fields[column]
	if value == "" && mayBeEmpty {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1_000_000 {
		p.bad(column, value, "member.file_number")
	}
	return n
}

func (p *file) time(column string) time.Time {
	t, err := time.ParseInLocation(instant, p.fields[column], store.Tokyo)
	if err != nil {
		p.bad(column, p.fields[column], "member.file_time")
		return time.Time{}
	}
	return t.UTC()
}
