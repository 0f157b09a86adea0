// Package listing is a list with its title, condition and definitions, of which
// screen, CSV, workbook and print are made, so that their numbers cannot differ.
// Both programs' reports are such documents. It writes no tables.
package listing

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"kofu/internal/chart"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// Document is a report with its rows: screen, file and print are made of the
// same one.
type Document struct {
	Title     string
	Condition string // which rows, in words
	By        string // who asked
	Made      time.Time
	Sections  []Section
	Notes     []string // definitions and what the totals leave out
	Charts    []chart.Drawing
	Chart     *sheet.Chart // for workbooks
}

// Section is a list. All sections of a document have the same columns.
type Section struct {
	Title   string // '' where the document has one
	Columns []Column
	Rows    [][]string // as sheet.Table has them
	Total   []string   // nil for none
}

// Column is a column of a list.
type Column struct {
	Heading string
	Kind    sheet.Kind
	Width   float64 // in spreadsheets, 0 for the usual one
	Room    float64 // on paper, mm at least, for what people write there by hand
}

// Number reports whether the column holds numbers.
func (c Column) Number() bool { return c.Kind == sheet.Int || c.Kind == sheet.Decimal }

// Format is a kind of output.
type Format string

// The formats; their values are those of the API.
const (
	XLSX     = Format(sheet.XLSX)
	CSV      = Format(sheet.CSV)
	CSVCP932 = Format(sheet.CSVCP932)
	PDF      = Format("pdf")
)

// Check refuses a format that there is none of. Errors: fault.Invalid
// "report.unknown_format".
func (f Format) Check() error {
	switch f {
	case XLSX, CSV, CSVCP932, PDF:
		return nil
	}
	return fault.New(fault.Invalid, "report.unknown_format", "format", string(f))
}

// Rows counts the rows of all lists, totals not included.
func (d Document) Rows() (n int) {
	for _, s := range d.Sections {
		n += len(s.Rows)
	}
	return n
}

// AsOf is the instant of the rows, in words.
func (d Document) AsOf() string {
	local := d.Made.In(store.Tokyo)
	return jpdate.Day(store.Day(d.Made)).Japanese() + " " + message.Text("report.time", map[string]string{
		"hour": strconv.Itoa(local.Hour()), "minute": fmt.Sprintf("%02d", local.Minute()),
	})
}

// FileName is a name for a file, without personal data.
func (d Document) FileName(f Format) string {
	if f == PDF {
		return d.Title + "_" + d.Made.In(store.Tokyo).Format("20060102-1504") + ".pdf"
	}
	return sheet.FileName(d.Title, d.Made, sheet.Format(f))
}

// Say writes a value as screens and papers show it.
func Say(kind sheet.Kind, value string) string {
	switch kind {
	case sheet.Date:
		if day := jpdate.Day(value); day.Valid() {
			year, month, d := day.Parts()
			return fmt.Sprintf("%d/%02d/%02d(%s)", year, month, d, day.WeekdayName())
		}
	case sheet.DateTime:
		if at, err := store.ParseStamp(value); err == nil {
			return at.In(store.Tokyo).Format("2006/01/02 15:04")
		}
	}
	return value
}

// Write writes the document. press gives the fonts of a print and is asked for
// nothing else. Errors: fault.Invalid "report.unknown_format"; those of package
// sheet and of the fonts.
func (d Document) Write(ctx context.Context, w io.Writer, f Format, press func(time.Time) (paper.Press, error)) (err error) {
	defer fault.Add(&err, "listing.Document.Write(%s)", f)
	if err := f.Check(); err != nil {
		return err
	}
	switch f {
	case PDF:
		with, err := press(d.Made)
		if err != nil {
			return err
		}
		return d.paper(with).Render(ctx, w)
	case XLSX:
		return sheet.WriteXLSX(w, d.table(), sheet.XLSXOptions{})
	case CSV:
		_, err = sheet.WriteCSV(w, d.table(), sheet.CSVOptions{Encoding: jptext.UTF8})
	case CSVCP932:
		_, err = sheet.WriteCSV(w, d.table(), sheet.CSVOptions{Encoding: jptext.CP932})
	}
	return err
}

// table is the document as one list: of several sections, the first column
// names the section.
func (d Document) table() sheet.Table {
	t := sheet.Table{Title: d.Title, Filter: d.Condition, AsOf: d.AsOf(), By: d.By, Made: d.Made, Chart: d.Chart}
	several := len(d.Sections) > 1
	if several {
		t.Columns = append(t.Columns, sheet.Column{Heading: message.Text("breport.column.section", nil), Kind: sheet.Text, Width: 20})
	}
	for _, c := range d.Sections[0].Columns {
		t.Columns = append(t.Columns, sheet.Column{Heading: c.Heading, Kind: c.Kind, Width: c.Width})
	}
	t.Rows = rows(d.Sections, several)
	return t
}

func rows(sections []Section, several bool) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, s := range sections {
			all := s.Rows
			if s.Total != nil {
				all = append(slices.Clone(all), s.Total)
			}
			for _, row := range all {
				if several {
					row = append([]string{s.Title}, row...)
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (d Document) paper(press paper.Press) paper.Tables {
	t := paper.Tables{Press: press, Title: d.Title, Condition: d.Condition, By: d.By, At: d.AsOf(), Notes: d.Notes}
	for i, s := range d.Sections {
		part := paper.TablePart{Heading: s.Title, Total: s.Total, Empty: message.Text("breport.empty", nil)}
		if i == 0 {
			part.Charts = d.Charts
		}
		for _, c := range s.Columns {
			part.Columns = append(part.Columns, paper.TableColumn{Heading: c.Heading, Right: c.Number(), Room: c.Room})
		}
		for _, row := range s.Rows {
			part.Rows = append(part.Rows, s.Said(row))
		}
		t.Parts = append(t.Parts, part)
	}
	return t
}

// Said is a row as screens and papers show it.
func (s Section) Said(row []string) []string {
	said := make([]string, len(row))
	for i, value := range row {
		said[i] = Say(s.Columns[i].Kind, value)
	}
	return said
}
