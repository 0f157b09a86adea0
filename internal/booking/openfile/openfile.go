// Package openfile reads opening hours for many days from a file of the office
// (開設日時の一括登録): CSV in UTF-8 or CP932, or the first sheet of an xlsx
// workbook, with one opening or closing of one day a row. It only reads; package
// slot applies what it read. A file is right as a whole or refused with every
// row that is wrong.
package openfile

import (
	"bytes"
	"context"
	_ "embed" // the format
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/xuri/excelize/v2"

	"kofu/internal/booking/slot"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/tabfile"
)

//go:embed format.toml
var format []byte

// Profile describes the columns; its headings are those of the file.
var Profile = sync.OnceValue(func() tabfile.Profile {
	p, err := tabfile.ParseProfile(format)
	if err != nil {
		panic(err) // a table that does not parse; the tests fail first
	}
	return p
})

// The bounds of a file.
const (
	maxFile     = 10 << 20  // bytes
	maxUnpacked = 100 << 20 // bytes of a workbook once unpacked
	maxRows     = 20_000
	maxColumns  = 100
)

// zipMark begins an xlsx file.
var zipMark = []byte("PK\x03\x04")

// Read returns the lines of a file, whose content says whether it is a workbook.
// Errors: fault.TooLarge "openfile.too_large", "openfile.too_many_rows";
// fault.Invalid "openfile.not_xlsx" and those of [tabfile.Read] for a file that is
// no such table; fault.Invalid "openfile.bad_rows" with a detail for every bad
// row, naming row, column, value and reason.
func Read(ctx context.Context, file io.Reader) (lines []slot.Line, err error) {
	defer fault.Add(&err, "openfile.Read")
	body, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxFile {
		return nil, fault.New(fault.TooLarge, "openfile.too_large", "limit", strconv.Itoa(maxFile>>20))
	}
	r := &reader{profile: Profile(), refused: fault.New(fault.Invalid, "openfile.bad_rows")}
	if bytes.HasPrefix(body, zipMark) {
		if body, r.since1904, err = fromWorkbook(body); err != nil {
			return nil, err
		}
	}
	report, err := tabfile.Read(ctx, bytes.NewReader(body), r.profile, tabfile.Sink{Row: r.row})
	if err != nil {
		return nil, err
	}
	for _, f := range report.Findings {
		if f.Severity == tabfile.Reject {
			r.refused = r.refused.With(f.Detail())
		}
	}
	if len(r.refused.Details) > 0 {
		return nil, r.refused
	}
	return r.lines, nil
}

// reader turns the rows of one file into lines.
type reader struct {
	profile   tabfile.Profile
	since1904 bool // how the workbook counts days
	lines     []slot.Line
	refused   *fault.Error
	bad       bool // the present row
}

func (r *reader) row(row tabfile.Row) error {
	if len(r.lines) >= maxRows {
		return fault.New(fault.TooLarge, "openfile.too_many_rows", "limit", strconv.Itoa(maxRows))
	}
	r.bad = false
	l := slot.Line{Row: row.Line, WindowID: half(row.Text("window")), Reason: strings.TrimSpace(row.Text("reason"))}
	l.Day = r.day(row)
	l.Closed = r.closed(row)
	if l.Closed && blank(row.Text("from")) && blank(row.Text("to")) {
		l.ToMinute = 1440
	} else {
		l.FromMinute, l.ToMinute = r.clock(row, "from"), r.clock(row, "to")
	}
	if !l.Closed {
		l.SlotMinutes, l.WebCap, l.OfficeCap = r.number(row, "minutes"), r.number(row, "web"), r.number(row, "office")
	}
	if err := entry.Check(l.Reason); err != nil {
		f, _ := fault.As(err)
		r.refuse(row, "reason", f.Code)
	}
	if !r.bad {
		r.lines = append(r.lines, l)
	}
	return nil
}

// refuse notes what is wrong with a cell.
func (r *reader) refuse(row tabfile.Row, target, code string) {
	r.bad = true
	heading := ""
	for _, c := range r.profile.Columns {
		if c.Target == target {
			heading = c.Heading
		}
	}
	r.refused = r.refused.With(fault.Detail{Code: code, Row: row.Line, Column: heading, Value: shown(row.Text(target))})
}

const shownValue = 40 // characters

// shown is a value as a message repeats it.
func shown(value string) string {
	if runes := []rune(entry.Visible(value)); len(runes) > shownValue {
		return string(runes[:shownValue]) + "…"
	}
	return entry.Visible(value)
}

func half(s string) string { return strings.TrimSpace(jptext.Narrow(s)) }

func blank(s string) bool { return half(s) == "" }

var serial = regexp.MustCompile(`^[0-9]{5}(\.0+)?$`)

// day reads a date as people write it, or the number that a workbook holds.
func (r *reader) day(row tabfile.Row) jpdate.Day {
	text := half(row.Text("day"))
	if serial.MatchString(text) {
		days, _ := strconv.ParseFloat(text, 64)
		if t, err := excelize.ExcelDateToTime(days, r.since1904); err == nil {
			return jpdate.DayOf(t.Year(), int(t.Month()), t.Day())
		}
	}
	text, _, _ = strings.Cut(text, " 00:00") // of a date with a time
	d, err := jpdate.Parse(text, jpdate.Dashed, jpdate.Compact, jpdate.EraLong, jpdate.EraShort)
	if err != nil || d.Precision != jpdate.Full {
		r.refuse(row, "day", "openfile.day")
		return ""
	}
	return jpdate.Day(d.ISO)
}

func (r *reader) closed(row tabfile.Row) bool {
	text := half(row.Text("closed"))
	if text == "" {
		return false
	}
	closed, known := r.profile.Tables["closed"][text]
	if !known {
		r.refuse(row, "closed", "openfile.closed")
	}
	return closed == "1"
}

var (
	clockForm = regexp.MustCompile(`^([0-9]{1,2}):([0-5][0-9])(?::00)?$`)
	fraction  = regexp.MustCompile(`^[01](\.[0-9]{1,20})?$`)
)

// clock reads a time of day in minutes: 9:30, or the share of a day that a
// workbook holds.
func (r *reader) clock(row tabfile.Row, target string) int {
	text := half(row.Text(target))
	if m := clockForm.FindStringSubmatch(text); m != nil {
		hours, _ := strconv.Atoi(m[1])
		minutes, _ := strconv.Atoi(m[2])
		if total := hours*60 + minutes; total <= 1440 {
			return total
		}
	} else if fraction.MatchString(text) {
		share, _ := strconv.ParseFloat(text, 64)
		if total := share * 1440; total <= 1440 && math.Abs(total-math.Round(total)) < 0.01 {
			return int(math.Round(total))
		}
	}
	r.refuse(row, target, "openfile.time")
	return 0
}

var number = regexp.MustCompile(`^[0-9]{1,4}(\.0+)?$`)

func (r *reader) number(row tabfile.Row, target string) int {
	text := half(row.Text(target))
	if !number.MatchString(text) {
		r.refuse(row, target, "openfile.number")
		return 0
	}
	whole, _, _ := strings.Cut(text, ".")
	n, _ := strconv.Atoi(whole)
	return n
}

// fromWorkbook writes the first visible sheet of a workbook as CSV, one line for
// each row, so that the numbers of the rows are those that people see.
func fromWorkbook(body []byte) (csv []byte, since1904 bool, err error) {
	defer func() { // a workbook is foreign, and its reader follows whatever it says
		if recover() != nil {
			csv, err = nil, fault.New(fault.Invalid, "openfile.not_xlsx")
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked,
	})
	if err != nil {
		return nil, false, fault.New(fault.Invalid, "openfile.not_xlsx").Because(err)
	}
	defer func() { _ = book.Close() }() // only read
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		since1904 = *props.Date1904
	}
	csv, err = sheetText(book)
	return csv, since1904, err
}

func sheetText(book *excelize.File) ([]byte, error) {
	name := ""
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err == nil && visible {
			name = sheet
			break
		}
	}
	rows, err := book.Rows(name)
	if err != nil {
		return nil, fault.New(fault.Invalid, "openfile.not_xlsx").Because(err)
	}
	defer func() { _ = rows.Close() }() // only read
	var out bytes.Buffer
	width := 0
	for n := 0; rows.Next(); n++ {
		if n > maxRows || out.Len() > maxUnpacked {
			return nil, fault.New(fault.TooLarge, "openfile.too_many_rows", "limit", strconv.Itoa(maxRows))
		}
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, fault.New(fault.Invalid, "openfile.not_xlsx").Because(err)
		}
		width = max(width, min(len(cells), maxColumns))
		writeRow(&out, cells, width)
	}
	if err := rows.Error(); err != nil {
		return nil, fault.New(fault.Invalid, "openfile.not_xlsx").Because(err)
	}
	return out.Bytes(), nil
}

// writeRow writes one row of the width of the headings; a workbook leaves out
// empty cells at the end.
func writeRow(out *bytes.Buffer, cells []string, width int) {
	if len(strings.Join(cells, "")) > 0 {
		for i := range width {
			if i > 0 {
				out.WriteByte(',')
			}
			if i < len(cells) {
				text := strings.NewReplacer("\r", " ", "\n", " ", `"`, `""`).Replace(cells[i])
				_, _ = fmt.Fprintf(out, `"%s"`, text) // a buffer takes everything
			}
		}
	}
	out.WriteByte('\n')
}
