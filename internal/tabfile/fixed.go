package tabfile

import (
	"bytes"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// fixed reads the records of a fixed-width file.
func (r *reader) fixed() error {
	r.plan = newPlan(r.p.Columns, r.p)
	for _, c := range r.p.Columns {
		r.plan.bytes = append(r.plan.bytes, [2]int{c.From - 1, c.From - 1 + c.Length})
	}
	r.report.Columns = r.plan.names
	f := &fixedFile{reader: r}
	for {
		rec, err := f.next()
		if err != nil {
			return err
		}
		if rec == nil {
			return f.ended()
		}
		if err := f.record(rec); err != nil {
			return err
		}
	}
}

// fixedFile is the state of reading a fixed-width file.
type fixedFile struct {
	*reader
	line     int    // number of the record, from 1
	lineEnd  string // behind each record: "\r\n", "\n" or nothing, as the first one has it
	expected int    // count of the header record
	head     bool   // the header record was there
	tail     bool   // the trailer record was there
	skip     int    // bytes of the record handed out last
}

// next reads a record; nil at the end of the file.
func (f *fixedFile) next() ([]byte, error) {
	size := f.p.Record
	f.src.drop(f.skip)
	f.skip = 0
	if err := f.src.fill(size + 2); err != nil {
		return nil, err
	}
	b := f.src.window
	if len(bytes.Trim(b, "\r\n")) == 0 && f.src.eof {
		return nil, nil
	}
	f.line++
	if end := bytes.IndexByte(b[:min(size, len(b))], '\n'); end >= 0 {
		return nil, f.wrongLength(cr(b, 0, end))
	}
	if len(b) < size {
		return nil, f.wrongLength(len(b))
	}
	after := lineEnd(b[size:])
	if f.line == 1 {
		f.lineEnd = after
	} else if after != f.lineEnd && len(b) > size {
		return nil, f.wrongLength(f.distance())
	}
	f.skip = size + len(after)
	return b[:size], nil
}

func lineEnd(b []byte) string {
	for _, end := range []string{"\r\n", "\n"} {
		if bytes.HasPrefix(b, []byte(end)) {
			return end
		}
	}
	return ""
}

// distance is the length of a record that is too long.
func (f *fixedFile) distance() int {
	if end := bytes.IndexByte(f.src.window, '\n'); end >= 0 {
		return cr(f.src.window, 0, end)
	}
	return len(f.src.window)
}

func (f *fixedFile) wrongLength(got int) error {
	return refuse(fault.Invalid, "tabfile.record_length", Finding{Row: f.line}, "want", strconv.Itoa(f.p.Record), "got", strconv.Itoa(got))
}

// record handles one record by its mark.
func (f *fixedFile) record(rec []byte) error {
	if f.tail {
		return refuse(fault.Invalid, "tabfile.after_tail", Finding{Row: f.line})
	}
	if err := f.control(f.line, rec, f.plan.columnOfByte); err != nil {
		return err
	}
	marked := func(mark string) bool { return bytes.HasPrefix(rec, []byte(mark)) }
	switch h, t := f.p.Head, f.p.Tail; {
	case f.line == 1 && h != nil && marked(h.Mark):
		f.head = true
		return f.header(rec)
	case f.line == 1 && h != nil && !h.Missing:
		return refuse(fault.Invalid, "tabfile.head_missing", Finding{Row: 1, Value: f.mark(rec)}, "mark", h.Mark)
	case t != nil && marked(t.Mark):
		f.tail = true
		return f.trailerRecord(rec)
	case !marked(f.p.DataMark):
		return refuse(fault.Invalid, "tabfile.record_mark", Finding{Row: f.line, Value: f.mark(rec)}, "mark", f.p.DataMark)
	}
	if err := f.begin(f.line); err != nil {
		return err
	}
	var fields [][]byte
	for _, at := range f.plan.bytes {
		fields = append(fields, rec[at[0]:at[1]])
	}
	return f.row(f.line, fields)
}

// mark is the text at the place where records have their mark.
func (f *fixedFile) mark(rec []byte) string {
	text, _ := jptext.Decode(f.p.Encoding, rec[:max(1, len(f.p.DataMark))])
	return text
}

// header reads the header record: its values are facts of the report and
// defaults for rows that leave them blank.
func (f *fixedFile) header(rec []byte) error {
	values, err := f.facts(rec, f.p.Head)
	if err != nil {
		return err
	}
	for target, v := range values {
		f.report.Header[target] = v.text
		f.defaults[target] = v
	}
	if f.p.Head.Count != "" {
		f.expected, err = f.count(values, f.p.Head)
	}
	return err
}

func (f *fixedFile) trailerRecord(rec []byte) error {
	values, err := f.facts(rec, f.p.Tail)
	if err != nil || f.p.Tail.Count == "" {
		return err
	}
	count, err := f.count(values, f.p.Tail)
	if err != nil {
		return err
	}
	if count != f.report.Rows {
		return refuse(fault.Invalid, "tabfile.tail_count", Finding{Row: f.line, Value: strconv.Itoa(count)},
			"want", strconv.Itoa(count), "got", strconv.Itoa(f.report.Rows))
	}
	return nil
}

// facts converts the fields of a header or trailer record. A wrong value there
// makes the whole file doubtful.
func (f *fixedFile) facts(rec []byte, r *Record) (map[string]value, error) {
	values := make(map[string]value)
	for _, c := range r.Columns {
		if c.Target == "" {
			continue
		}
		text, bad := jptext.Decode(f.p.Encoding, rec[c.From-1:c.From-1+c.Length])
		v, n := c.convert(text, f.p.Tables)
		if len(bad) > 0 {
			n = reject("tabfile.bad_bytes")
		}
		if n != nil && n.severity == Reject {
			return nil, refuse(fault.Invalid, "tabfile.record_value", Finding{Row: f.line, Column: c.Heading, Value: text})
		}
		values[c.Target] = v
	}
	return values, nil
}

func (f *fixedFile) count(values map[string]value, r *Record) (int, error) {
	text := values[r.Count].text
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, refuse(fault.Invalid, "tabfile.record_value", Finding{Row: f.line, Column: r.Count, Value: text})
	}
	return n, nil
}

// ended checks at the end of the file that nothing is missing.
func (f *fixedFile) ended() error {
	if f.probe {
		return nil
	}
	if t := f.p.Tail; t != nil && !f.tail && !t.Missing {
		return refuse(fault.Invalid, "tabfile.tail_missing", Finding{Row: f.line}, "mark", t.Mark)
	}
	if f.head && f.p.Head.Count != "" && f.expected != f.report.Rows {
		return refuse(fault.Invalid, "tabfile.head_count", Finding{Row: 1, Value: strconv.Itoa(f.expected)},
			"want", strconv.Itoa(f.expected), "got", strconv.Itoa(f.report.Rows))
	}
	return nil
}
