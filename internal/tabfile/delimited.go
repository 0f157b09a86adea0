package tabfile

import (
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// delimited reads the rows of a delimited file.
func (r *reader) delimited() error {
	s := newScanner(r.src, r.p)
	for range r.p.Titles {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	if err := r.headings(s); err != nil {
		return err
	}
	var fields [][]byte
	ended := false
	for first := true; ; first = false {
		rec, err := s.next()
		if err != nil {
			return err
		}
		if rec == nil {
			return r.ended(s.line, ended)
		}
		if rec.blank() {
			continue
		}
		if ended {
			return refuse(fault.Invalid, "tabfile.after_trailer", Finding{Row: rec.line}, "mark", r.p.Trailer.Mark)
		}
		if err := r.control(rec.line, rec.raw, rec.columnAt); err != nil {
			return err
		}
		if ended, err = r.trailer(rec, s.quote); err != nil {
			return err
		}
		if ended || first && r.titleRow(rec, s.quote) {
			continue
		}
		fields = fields[:0]
		for i := range rec.fields {
			fields = append(fields, rec.bytes(i, s.quote))
		}
		if err := r.dataRow(rec, fields); err != nil {
			return err
		}
	}
}

// headings makes the plan, from the heading row if the profile has one.
func (r *reader) headings(s *scanner) error {
	if !r.p.Headings {
		r.plan = newPlan(r.p.Columns, r.p)
		r.report.Columns = r.plan.names
		return nil
	}
	rec, err := s.next()
	if err != nil {
		return err
	}
	if rec == nil {
		return refuse(fault.Invalid, "tabfile.empty", Finding{})
	}
	if err := r.control(rec.line, rec.raw, rec.columnAt); err != nil {
		return err
	}
	r.plan, err = headingPlan(r.p, rec.line, r.texts(rec, s.quote), r.find)
	if err == nil {
		r.report.Columns = r.plan.names
	}
	return err
}

// texts decodes the fields of a record whose bad bytes do not matter yet.
func (r *reader) texts(rec *record, quote byte) []string {
	var all []string
	for i := range rec.fields {
		text, _ := jptext.Decode(r.decoding(), rec.bytes(i, quote))
		all = append(all, text)
	}
	return all
}

// titleRow recognises a heading row where the profile expects none, so that the
// list of a helpful sender is read all the same.
func (r *reader) titleRow(rec *record, quote byte) bool {
	if r.p.Headings {
		return false
	}
	text, _ := jptext.Decode(r.decoding(), rec.bytes(0, quote))
	return foldHeading(text) == foldHeading(r.p.Columns[0].Heading)
}

func (r *reader) dataRow(rec *record, fields [][]byte) error {
	if err := r.begin(rec.line); err != nil {
		return err
	}
	if r.report.Rows == 1 {
		for _, text := range r.texts(rec, '"') {
			if err := forbidden(rec.line, text); err != nil {
				return err
			}
		}
	}
	if rec.defect != "" {
		text, _ := jptext.Decode(r.decoding(), fields[rec.at])
		return r.rejectRow(Finding{Row: rec.line, Column: r.plan.name(rec.at), Value: text, Code: rec.defect})
	}
	if n := len(fields); n < r.plan.minimum || n > len(r.plan.fields) && !r.p.AnyWidth {
		return r.rejectRow(Finding{Row: rec.line, Code: "tabfile.columns", Args: fault.Args("want", r.plan.width(), "got", strconv.Itoa(n))})
	}
	return r.row(rec.line, fields)
}

// trailer recognises and checks the last line.
func (r *reader) trailer(rec *record, quote byte) (bool, error) {
	t := r.p.Trailer
	if t == nil || string(rec.bytes(0, quote)) != t.Mark {
		return false, nil
	}
	if t.Count == 0 {
		return true, nil
	}
	text := ""
	if t.Count <= len(rec.fields) {
		text = folded(string(rec.bytes(t.Count-1, quote)))
	}
	count, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return true, refuse(fault.Invalid, "tabfile.trailer_form", Finding{Row: rec.line, Value: text}, "mark", t.Mark)
	case count != r.report.Rows && !r.probe:
		return true, refuse(fault.Invalid, "tabfile.trailer_count", Finding{Row: rec.line, Value: text}, "want", strconv.Itoa(count), "got", strconv.Itoa(r.report.Rows))
	}
	return true, nil
}

// ended checks at the end of the file that the trailer was there.
func (r *reader) ended(line int, trailer bool) error {
	if t := r.p.Trailer; t != nil && !trailer && !t.Optional && !r.probe && r.report.Rows > 0 {
		return refuse(fault.Invalid, "tabfile.trailer_missing", Finding{Row: line - 1}, "mark", t.Mark)
	}
	return nil
}

// control refuses a file with control characters: nobody sees them, and they show
// that the file was damaged or is of another kind.
func (r *reader) control(line int, raw []byte, columnAt func(int) int) error {
	for at, c := range raw {
		if c >= 0x20 && c != 0x7F || r.p.Delimiter != "" && c == r.p.Delimiter[0] || r.lineBreak(raw, at) {
			continue
		}
		code := "tabfile.control"
		switch c {
		case 0:
			code = "tabfile.nul"
		case '\t':
			code = "tabfile.tab"
		case '\r':
			code = "tabfile.bare_cr"
		}
		column := strconv.Itoa(columnAt(at) + 1)
		if r.plan != nil {
			column = r.plan.name(columnAt(at))
		}
		return refuse(fault.Invalid, code, Finding{Row: line, Column: column}, "number", strconv.Itoa(columnAt(at)+1), "byte", hex(c))
	}
	return nil
}

func hex(c byte) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// lineBreak reports whether the byte belongs to a line break, which the scanner
// leaves only inside quotes.
func (r *reader) lineBreak(raw []byte, at int) bool {
	return raw[at] == '\n' || raw[at] == '\r' && at+1 < len(raw) && raw[at+1] == '\n'
}

// columnAt is the number of the field, from 0, that holds a byte of the record.
func (rec *record) columnAt(at int) int {
	for i, f := range rec.fields {
		if at <= f.to {
			return i
		}
	}
	return len(rec.fields) - 1
}
