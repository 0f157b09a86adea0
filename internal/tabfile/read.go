package tabfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
)

// Sink takes what Read finds, in the order of the file. Either function may be
// nil; an error from one ends the reading and is returned.
type Sink struct {
	Row     func(Row) error     // each row that was not rejected
	Finding func(Finding) error // each finding
}

// Report is what a file was like.
type Report struct {
	Encoding      jptext.Encoding
	Size          int64             // bytes
	Rows          int               // data rows of the file
	Accepted      int               // of them, handed to the sink
	Rejected      int               // of them, left out
	Columns       []string          // headings, in the order of the file
	Sample        [][]string        // the first rows as text, in the order of Columns
	Findings      []Finding         // the first KeptFindings
	FindingsTotal int               // all of them
	Header        map[string]string // values of the header record of a fixed-width file by target
}

// reader is one reading of one file.
type reader struct {
	p        *Profile
	src      *source
	sink     Sink
	plan     *plan
	report   Report
	defaults map[string]value // from the header record, for blank values
	values   []value
	maxRows  int
	probe    bool // only the beginning of a file is there, for Detect
}

// probeRows is how many rows decide whether a profile fits.
const probeRows = 50

// errEnough ends a probe.
var errEnough = errors.New("enough rows")

// Read reads a file by its profile. The rows that are right go to the sink; what
// is wrong with the others goes to the findings. A file that as a whole is not
// what the profile says is refused with a *fault.Error whose code begins with
// tabfile. and whose Details name row, column and value; then nothing that the
// sink received may be used.
func Read(ctx context.Context, file io.Reader, p Profile, sink Sink) (_ Report, err error) {
	defer fault.Add(&err, "tabfile.Read(%q)", p.ID)
	if err := p.Check(); err != nil {
		return Report{}, err
	}
	return newReader(ctx, file, p, sink).run()
}

func newReader(ctx context.Context, file io.Reader, p Profile, sink Sink) *reader {
	r := &reader{p: &p, src: newSource(ctx, file, p.Encoding), sink: sink, defaults: map[string]value{}, maxRows: MaxRows}
	r.report = Report{Encoding: p.Encoding, Header: map[string]string{}}
	return r
}

func (r *reader) run() (Report, error) {
	err := r.src.fill(block)
	if err == nil {
		r.adopt()
		err = r.checkEncoding()
	}
	if r.p.Encoding == jptext.UTF8 && bytes.HasPrefix(r.src.window, []byte("\uFEFF")) {
		r.src.drop(len("\uFEFF"))
	}
	if err == nil && len(r.src.window) == 0 {
		err = refuse(fault.Invalid, "tabfile.empty", Finding{})
	}
	if err == nil && r.p.Fixed() {
		err = r.fixed()
	} else if err == nil {
		err = r.delimited()
	}
	if err == nil && !r.probe {
		err = r.finish()
	}
	r.report.Size = r.src.size
	if err != nil && !r.probe {
		return Report{}, err
	}
	return r.report, err
}

// finish makes the checks that need the whole file.
func (r *reader) finish() error {
	if err := r.checkEncoding(); err != nil {
		return err
	}
	if r.report.Rows == 0 {
		return refuse(fault.Invalid, "tabfile.no_rows", Finding{})
	}
	return nil
}

// adopt takes the encoding of the file if the profile accepts it besides its own:
// lists typed by hand come from editors that nobody configured.
func (r *reader) adopt() {
	guess := r.src.detector.GuessSoFar()
	if slices.Contains(r.p.Accept, guess.Encoding) && !guess.ASCII && !guess.Bad {
		r.p.Encoding, r.report.Encoding = guess.Encoding, guess.Encoding
	}
}

// checkEncoding refuses a file that is surely in another encoding.
func (r *reader) checkEncoding() error {
	guess := r.src.detector.GuessSoFar()
	if r.src.eof {
		guess = r.src.detector.Guess()
	}
	want := r.p.Encoding
	if guess.Encoding == want || guess.ASCII && (want == jptext.UTF8 || r.src.size == 0) {
		return nil
	}
	if guess.Bad && want == jptext.UTF8 {
		return nil // neither, so the rows will tell
	}
	code := "tabfile.encoding"
	if guess.BOM {
		code = "tabfile.encoding_mark"
	}
	return refuse(fault.Invalid, code, Finding{Row: 1}, "want", encodingName(want), "got", encodingName(guess.Encoding), "profile", r.p.Name)
}

// encodingName is what people call an encoding.
func encodingName(enc jptext.Encoding) string {
	return map[jptext.Encoding]string{
		jptext.CP932: "シフトJIS（CP932）", jptext.UTF8: "UTF-8", jptext.UTF16LE: "UTF-16LE", jptext.UTF16BE: "UTF-16BE",
	}[enc]
}

// find records a finding.
func (r *reader) find(f Finding) error {
	f.Value = show(f.Value)
	r.report.FindingsTotal++
	if len(r.report.Findings) < KeptFindings {
		r.report.Findings = append(r.report.Findings, f)
	}
	if r.sink.Finding != nil {
		return r.sink.Finding(f)
	}
	return nil
}

// rejectRow records a finding that costs the whole row.
func (r *reader) rejectRow(f Finding) error {
	r.report.Rejected++
	f.Severity = Reject
	return r.find(f)
}

// begin counts a data row.
func (r *reader) begin(line int) error {
	if r.probe && r.report.Rows >= probeRows {
		return errEnough
	}
	r.report.Rows++
	if r.report.Rows > r.maxRows {
		return refuse(fault.TooLarge, "tabfile.too_many_rows", Finding{Row: line}, "limit", strconv.Itoa(r.maxRows))
	}
	return nil
}

// row converts the fields of a data row and delivers it, if all of them can be
// understood.
func (r *reader) row(line int, fields [][]byte) error {
	r.values = append(r.values[:0], make([]value, len(r.plan.targets))...)
	var shown []string
	good := true
	for i, b := range fields {
		text, ok, err := r.cell(line, i, b)
		if err != nil {
			return err
		}
		good = good && ok
		if len(r.report.Sample) < SampleRows {
			shown = append(shown, show(text))
		}
	}
	if shown != nil {
		r.report.Sample = append(r.report.Sample, shown)
	}
	if !good {
		r.report.Rejected++
		return nil
	}
	r.fillIn()
	if !r.oneOf() {
		return r.rejectRow(Finding{Row: line, Column: r.plan.headingsOf(r.plan.oneOf), Code: "tabfile.one_of"})
	}
	r.report.Accepted++
	if r.sink.Row == nil {
		return nil
	}
	return r.sink.Row(Row{Line: line, plan: r.plan, values: r.values})
}

// cell decodes, checks and converts one field; ok is false if it rejects the row.
func (r *reader) cell(line, i int, b []byte) (text string, ok bool, err error) {
	at := Finding{Row: line, Column: r.plan.name(i), Severity: Reject}
	if len(b) > MaxField {
		at.Code, at.Args = "tabfile.field_too_long", fault.Args("limit", strconv.Itoa(MaxField>>10))
		at.Value, _ = jptext.Decode(r.decoding(), b)
		return "", false, r.find(at)
	}
	text, bad := jptext.Decode(r.decoding(), b)
	if r.p.Fixed() {
		text = strings.TrimRight(text, " 　")
	}
	at.Value = text
	if r.plan.watch(i, text) {
		return "", false, refuse(fault.Invalid, "tabfile.my_number_column", Finding{Row: line, Column: at.Column})
	}
	if i >= len(r.plan.fields) || r.plan.fields[i].Target == "" {
		return text, true, nil
	}
	c := &r.plan.fields[i]
	if len(bad) > 0 {
		if ok, err := r.note(at, c.badBytes(r.p.Encoding, bad)); !ok || err != nil {
			return text, false, err
		}
	}
	v, n := c.convert(text, r.p.Tables)
	if ok, err := r.note(at, n); !ok || err != nil {
		return text, false, err
	}
	if len(bad) > 0 {
		v.bad = append([]byte(nil), b...)
	}
	r.values[r.plan.slots[c.Target]].join(v, c.Join)
	return text, true, nil
}

// decoding is the encoding of the window, in which UTF-16 has become UTF-8.
func (r *reader) decoding() jptext.Encoding {
	if r.src.wide != nil {
		return jptext.UTF8
	}
	return r.p.Encoding
}

// note records the note of a field; false means that the row is rejected.
func (r *reader) note(at Finding, n *note) (bool, error) {
	if n == nil {
		return true, nil
	}
	at.Code, at.Args, at.Severity = n.code, n.args, n.severity
	return n.severity != Reject, r.find(at)
}

// join adds the value of another column with the same target.
func (v *value) join(other value, between string) {
	switch {
	case !v.set:
		*v = other
	case other.set:
		v.text += between + other.text
		v.raw += between + other.raw
		v.bad = append(v.bad, other.bad...)
	}
}

// fillIn gives blank values the defaults of the header record and completes
// dates that have a flag and a text for what is unknown.
func (r *reader) fillIn() {
	for target, v := range r.defaults {
		if i, ok := r.plan.slots[target]; ok && !r.values[i].set {
			r.values[i] = v
		}
	}
	for _, u := range r.plan.unknowns {
		note := r.values[u.note]
		if d := &r.values[u.date]; r.values[u.flag].text == "1" || !d.set && note.set {
			d.date = unknownDate(d.date, note.raw)
			d.text = d.date.ISO
		}
	}
}

// unknownDate is a date that the register calls unknown: what its note says, or
// what its digits say with zeros for the unknown parts. A complete date under
// such a flag is only a stopgap of the sender and counts for nothing.
func unknownDate(d jpdate.Date, note string) jpdate.Date {
	if !blank(note) {
		if told, err := jpdate.Parse(note, jpdate.Layouts()...); err == nil && told.Precision != jpdate.None {
			return told
		}
		d.Raw = note
	}
	if d.Precision == jpdate.Full || d.Precision == "" {
		d.ISO, d.Precision = "", jpdate.None
	}
	return d
}

// oneOf reports whether one of the targets has a value that the profile asks for.
func (r *reader) oneOf() bool {
	asked := false
	for _, target := range r.plan.oneOf {
		if i, ok := r.plan.slots[target]; ok {
			asked = true
			if r.values[i].set {
				return true
			}
		}
	}
	return !asked
}
