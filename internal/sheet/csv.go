package sheet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// CSVOptions say how a CSV file is written.
type CSVOptions struct {
	Encoding jptext.Encoding // UTF8, the default, or CP932
	// Raw leaves out the apostrophes of [Guard], for files that another system
	// reads. It needs a permission of its own: such a file must not be opened in
	// a spreadsheet.
	Raw bool
	// Replace gives the text to write for a character (with its variation
	// selector) that CP932 does not have, as a person has decided.
	Replace map[string]string
}

// CSVReport says what became of the characters on their way to CP932.
type CSVReport struct {
	Rows     int     // without the headings
	Replaced []Place // by decision
	Twins    []Place // 〜 − ‖ ¢ £ ¬, written as their Windows twin
	Refused  []Place // without decision; the file is incomplete
}

// Place is a character in a line of the file.
type Place struct {
	Line    int // the headings are line 1
	Column  string
	Cluster string // the character with its variation selector
	Written string // what stands in the file; empty if refused
}

// maxPlaces bounds each list of a report: a file in the wrong character set
// would otherwise list every character.
const maxPlaces = 1000

// geta is what other programs print for a character they lack. It is never
// accepted as a replacement: nobody can tell afterwards what it stood for.
const geta = "〓"

// WriteCSV writes headings and rows with CRLF line ends. UTF-8 begins with a
// byte order mark, so that spreadsheets recognise it. When a character cannot
// be written, the rest is only searched for more of them and the result is
// sheet.not_encodable with their places; what w received by then is incomplete
// and must be thrown away. So write to a temporary file, never straight to a
// browser.
func WriteCSV(w io.Writer, t Table, o CSVOptions) (_ CSVReport, err error) {
	defer fault.Add(&err, "sheet.WriteCSV")
	c := &csvWriter{w: bufio.NewWriter(w), o: o, t: t}
	if o.Encoding == "" {
		c.o.Encoding = jptext.UTF8
	}
	if err := c.checkReplacements(); err != nil {
		return CSVReport{}, err
	}
	if c.o.Encoding == jptext.UTF8 {
		c.write([]byte("\uFEFF"))
	}
	headings := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		headings[i] = column.Heading
	}
	c.line(1, headings, func(int) Kind { return Text })
	err = t.each(func(line int, row []string) error {
		c.line(line, row, func(i int) Kind { return t.Columns[i].Kind })
		c.report.Rows++
		return c.err
	})
	if err != nil {
		return c.report, err
	}
	if len(c.report.Refused) > 0 {
		return c.report, c.refusal()
	}
	return c.report, c.w.Flush()
}

type csvWriter struct {
	w       *bufio.Writer
	o       CSVOptions
	t       Table
	report  CSVReport
	refused int // all of them, also beyond the list
	err     error
}

func (c *csvWriter) checkReplacements() error {
	if c.o.Encoding != jptext.UTF8 && c.o.Encoding != jptext.CP932 {
		return fmt.Errorf("encoding %q", c.o.Encoding)
	}
	for from, to := range c.o.Replace {
		_, bad := jptext.Encode(jptext.CP932, to)
		if len(bad) > 0 || to == "" || strings.Contains(to, geta) || strings.Trim(to, " 　?？") == "" {
			return fault.New(fault.Invalid, "sheet.replacement", "character", from, "code", codes(from), "replacement", to)
		}
	}
	return nil
}

func (c *csvWriter) write(b []byte) {
	if c.err == nil && len(c.report.Refused) == 0 {
		_, c.err = c.w.Write(b)
	}
}

func (c *csvWriter) line(line int, values []string, kind func(int) Kind) {
	for i, value := range values {
		if i > 0 {
			c.write([]byte{','})
		}
		c.write(quoted(c.encode(c.field(value, kind(i)), line, c.t.Columns[i].Heading)))
	}
	c.write([]byte("\r\n"))
}

// field formats a value for people and guards it unless it is a number.
func (c *csvWriter) field(value string, kind Kind) string {
	if kind == DateTime {
		if t, ok := instant(value); ok {
			return t.Format("2006-01-02 15:04")
		}
	}
	if kind == Int {
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			return value
		}
	}
	if c.o.Raw {
		return value
	}
	return Guard(value)
}

// encode returns the bytes of a field and notes what could not be kept.
func (c *csvWriter) encode(text string, line int, column string) []byte {
	if c.o.Encoding == jptext.UTF8 {
		return []byte(text)
	}
	b, bad, twins := jptext.EncodeLenient(jptext.CP932, text)
	if len(bad) > 0 {
		text = c.replace(text, line, column)
		b, _, twins = jptext.EncodeLenient(jptext.CP932, text)
	}
	for _, twin := range twins {
		add(&c.report.Twins, Place{line, column, string(twin.Rune), string(twin.Readback)})
	}
	return b
}

// replace writes the decided replacements into the text and notes characters
// without one.
func (c *csvWriter) replace(text string, line int, column string) string {
	var b strings.Builder
	for _, cluster := range clusters(text) {
		if _, bad, _ := jptext.EncodeLenient(jptext.CP932, cluster); len(bad) == 0 {
			b.WriteString(cluster)
			continue
		}
		to, decided := c.o.Replace[cluster]
		if !decided {
			c.refused++
			add(&c.report.Refused, Place{line, column, cluster, ""})
			continue
		}
		add(&c.report.Replaced, Place{line, column, cluster, to})
		b.WriteString(to)
	}
	return b.String()
}

func add(list *[]Place, p Place) {
	if len(*list) < maxPlaces {
		*list = append(*list, p)
	}
}

func (c *csvWriter) refusal() error {
	details := make([]fault.Detail, len(c.report.Refused))
	for i, p := range c.report.Refused {
		details[i] = fault.Detail{
			Code: "sheet.not_encodable_character", Row: p.Line, Column: p.Column, Value: p.Cluster,
			Args: fault.Args("character", p.Cluster, "code", codes(p.Cluster)),
		}
	}
	return fault.New(fault.Invalid, "sheet.not_encodable", "count", strconv.Itoa(c.refused)).With(details...)
}

// clusters splits a text into characters with the variation selectors that
// follow them.
func clusters(text string) []string {
	var list []string
	for _, r := range text {
		if n := len(list); n > 0 && (r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF) {
			list[n-1] += string(r)
			continue
		}
		list = append(list, string(r))
	}
	return list
}

func codes(cluster string) string {
	var list []string
	for _, r := range cluster {
		list = append(list, fmt.Sprintf("U+%04X", r))
	}
	return strings.Join(list, " ")
}

// quoted puts a field into quotes where it needs them. In CP932 no second byte
// is a quote, comma or line end, so the encoded bytes may be searched.
func quoted(b []byte) []byte {
	if !bytes.ContainsAny(b, "\",\r\n") && !bytes.HasPrefix(b, []byte(" ")) && !bytes.HasSuffix(b, []byte(" ")) {
		return b
	}
	return append(append([]byte{'"'}, bytes.ReplaceAll(b, []byte{'"'}, []byte(`""`))...), '"')
}
