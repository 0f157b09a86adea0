// Package sheet writes lists as files for spreadsheets and other systems:
// typed xlsx and CSV in UTF-8 or CP932, from plain values.
//
// No value ever becomes a formula: xlsx holds typed cells only, and CSV puts an
// apostrophe before a text that a spreadsheet would calculate ([Guard]). No
// character is lost: CP932 cannot express every name, so an export lists what
// it cannot write and refuses, unless a person has decided on replacements.
// Numbers that are codes stay text with their zeros, dates are dates.
//
// The package writes no tables.
package sheet

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"kofu/internal/fault"
)

// Kind says what the values of a column are.
type Kind int

// The kinds. A value that does not fit its kind (an unknown birth date, an
// empty count) is written as the text that it is.
const (
	Text     Kind = iota
	Code          // digits that are no number: leading zeros stay
	Date          // a day as «2026-12-15»
	DateTime      // an instant as «2026-11-21T10:15:30.123Z», shown in Japanese time
	Int           // a count or an amount
	Decimal       // a share with one decimal
)

// Column is one column of a list.
type Column struct {
	Heading string
	Kind    Kind
	Width   float64 // in half-width characters; 0 for the usual width of the kind
}

// Table is a list. Rows may be read more than once and must then yield the same
// rows; it yields an error at most once, as the last item.
type Table struct {
	Title   string // of the report
	Filter  string // which rows, in words
	AsOf    string // when they were read, in words
	By      string // who asked for them
	Made    time.Time
	Columns []Column
	Rows    iter.Seq2[[]string, error]
	Chart   *Chart // on a worksheet of its own; only in workbooks
}

// Chart is a summary of a list: numbers that stand still, and a chart that
// refers to them.
type Chart struct {
	Title       string
	Description string // alternative text
	Categories  []string
	Series      []Series
	Stacked     bool
}

// Series is a row of values with a name, one for each category.
type Series struct {
	Name   string
	Values []float64
	Line   bool // and not a column
}

// Format is a kind of file.
type Format string

// The formats; their values are those of the API.
const (
	XLSX     Format = "xlsx"
	CSV      Format = "csv"       // UTF-8 with byte order mark
	CSVCP932 Format = "csv-cp932" // Windows code page 932
)

// japan is Japanese time, which has had no summer time since 1952.
var japan = time.FixedZone("JST", 9*60*60)

// FileName names an export by report and minute: «交付待ち_20261121-1915.xlsx».
// The filter stays out of it, because it may hold the name of a person.
func FileName(report string, made time.Time, format Format) string {
	report = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`\/:*?"<>|[]'`, r) {
			return '_'
		}
		return r
	}, report)
	extension := "csv"
	if format == XLSX {
		extension = "xlsx"
	}
	return report + "_" + made.In(japan).Format("20060102-1504") + "." + extension
}

// each calls use with every row and its line number; the headings are line 1.
// A row with another number of values than columns is a fault of the program.
func (t Table) each(use func(line int, row []string) error) error {
	line := 1
	for row, err := range t.Rows {
		if err != nil {
			return err
		}
		line++
		if len(row) != len(t.Columns) {
			return &widthError{line, len(row), len(t.Columns)}
		}
		if err := use(line, row); err != nil {
			return err
		}
	}
	return nil
}

type widthError struct{ line, got, want int }

func (e *widthError) Error() string {
	return "sheet: line " + strconv.Itoa(e.line) + " has " + strconv.Itoa(e.got) + " values for " + strconv.Itoa(e.want) + " columns"
}

// day reads a value of kind Date.
func day(value string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, value)
	return t, err == nil
}

// instant reads a value of kind DateTime and returns it as Japanese wall clock.
func instant(value string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, false
	}
	return t.In(japan), true
}

// Rows makes the rows of a list that is in memory already.
func Rows(rows [][]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// tooLong names the cell that a format cannot hold.
func (t Table) tooLong(line, column int) error {
	return fault.New(fault.Invalid, "sheet.cell_too_long").With(fault.Detail{
		Code: "sheet.cell_too_long", Row: line, Column: t.Columns[column].Heading,
	})
}
