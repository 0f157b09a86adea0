// Package report writes lists as spreadsheets: the same rows, order and filter
// as on screen, as xlsx or CSV. It joins packages progress and sheet, for the
// screens and for the console alike, and writes no tables.
package report

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// cardColumns are the columns of the progress list, in the order of the
// screen. Numbers that are codes stay text.
var cardColumns = []struct {
	key   string
	kind  sheet.Kind
	width float64
	cell  func(progress.Row, settings.Settings) string
}{
	{"no", sheet.Code, 14, func(r progress.Row, _ settings.Settings) string { return r.NoticeNo }},
	{"status", sheet.Text, 12, func(r progress.Row, s settings.Settings) string { return s.StatusLabel(string(r.Status)) }},
	{"name", sheet.Text, 24, func(r progress.Row, _ settings.Settings) string { return r.Name }},
	{"kana", sheet.Text, 22, func(r progress.Row, _ settings.Settings) string { return r.Kana }},
	{"birth", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.Birth }},
	{"address", sheet.Text, 40, func(r progress.Row, _ settings.Settings) string { return r.Address }},
	{"kind", sheet.Text, 12, func(r progress.Row, _ settings.Settings) string { return word("application_kind.", r.ApplicationKind) }},
	{"application", sheet.Code, 26, func(r progress.Row, _ settings.Settings) string { return r.ApplicationID }},
	{"lot", sheet.Code, 14, func(r progress.Row, _ settings.Settings) string { return r.LotNo }},
	{"box", sheet.Code, 8, func(r progress.Row, _ settings.Settings) string { return r.BoxNo }},
	{"custody", sheet.Text, 10, func(r progress.Row, _ settings.Settings) string { return word("custody.", string(r.Custody)) }},
	{"place", sheet.Text, 30, func(r progress.Row, _ settings.Settings) string { return pathArrow.Replace(r.Place) }},
	{"received", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.ReceivedOn }},
	{"notice", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.NoticeOn }},
	{"deadline", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.Deadline }},
	{"handed_over", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.HandedOverOn }},
	{"expires", sheet.Date, 17, func(r progress.Row, _ settings.Settings) string { return r.ExpiresOn }},
	{"holds", sheet.Text, 16, func(r progress.Row, _ settings.Settings) string { return holds(r) }},
	{"remark", sheet.Text, 24, func(r progress.Row, _ settings.Settings) string { return r.Remark }},
}

// pathArrow writes the arrow between places as a character that CP932 has too;
// otherwise no list with places could be written in it.
var pathArrow = strings.NewReplacer("›", "＞")

// word is the text of a code under a prefix, or the code when it has none.
func word(prefix, code string) string {
	if code == "" || !message.Has(prefix+code) {
		return code
	}
	return message.Text(prefix+code, nil)
}

func holds(r progress.Row) string {
	switch {
	case r.Stops > 0:
		return message.Text("severity.STOP", nil)
	case r.Warns > 0:
		return message.Text("severity.WARN", nil)
	}
	return ""
}

// Written says what a spreadsheet holds.
type Written struct {
	Rows int
	Name string // proposed file name, without personal data
}

// Cards writes the cards that match as a spreadsheet. by is the name of who
// asks; temp is a folder for what does not fit into memory. A CSV in CP932
// refuses characters that the encoding does not have and lists them with the
// numbers of their cards (fault.Invalid "report.not_encodable"): what was
// written until then is no file to give away.
func Cards(ctx context.Context, db *store.DB, w io.Writer, format sheet.Format, f progress.Filter, by, temp string) (done Written, err error) {
	defer fault.Add(&err, "report.Cards(%s)", format)
	err = db.Read(ctx, func(rx *store.Rx) error {
		s, err := settings.Load(rx)
		if err != nil {
			return err
		}
		words, err := inWords(rx, f, s)
		if err != nil {
			return err
		}
		var numbers []string // by line below the headings
		table := sheet.Table{
			Title: message.Text("report.cards", nil), Filter: words, AsOf: asOf(rx.Now), By: by, Made: rx.Now,
			Rows: rows(rx, f, s, &numbers),
		}
		for _, c := range cardColumns {
			table.Columns = append(table.Columns, sheet.Column{Heading: message.Text("column."+c.key, nil), Kind: c.kind, Width: c.width})
		}
		done.Name = sheet.FileName(table.Title, rx.Now, format)
		err = write(w, format, table, temp)
		done.Rows = len(numbers)
		return withNumbers(err, numbers)
	})
	return done, err
}

// asOf writes an instant as Japanese wall clock: 令和8年11月24日 9時30分.
func asOf(at time.Time) string {
	local := at.In(store.Tokyo)
	return jpdate.Day(store.Day(at)).Japanese() + " " + message.Text("report.time", map[string]string{
		"hour": strconv.Itoa(local.Hour()), "minute": fmt.Sprintf("%02d", local.Minute()),
	})
}

// withNumbers names the cards whose characters CP932 does not have: a line of a
// file that was not written helps nobody to find them.
func withNumbers(err error, numbers []string) error {
	e, refused := fault.As(err)
	if !refused || e.Code != "sheet.not_encodable" {
		return err
	}
	const headings = 1
	named := fault.New(fault.Invalid, "report.not_encodable", "count", e.Args["count"])
	for _, d := range e.Details {
		d.Code = "report.not_encodable_character"
		d.Args = fault.Args("no", numbers[d.Row-headings-1], "character", d.Args["character"], "code", d.Args["code"])
		named = named.With(d)
	}
	return named
}

// rows streams the list while the transaction is open.
func rows(rx *store.Rx, f progress.Filter, s settings.Settings, numbers *[]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		err := progress.Each(rx, f, func(r progress.Row) error {
			cells := make([]string, len(cardColumns))
			for i, c := range cardColumns {
				cells[i] = c.cell(r, s)
			}
			*numbers = append(*numbers, r.NoticeNo)
			if !yield(cells, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop { //nolint:errorlint // our own sentinel, never wrapped
			yield(nil, err)
		}
	}
}

var errStop = fmt.Errorf("enough rows")

func write(w io.Writer, format sheet.Format, table sheet.Table, temp string) error {
	switch format {
	case sheet.XLSX:
		return sheet.WriteXLSX(w, table, sheet.XLSXOptions{TempDir: temp})
	case sheet.CSV:
		_, err := sheet.WriteCSV(w, table, sheet.CSVOptions{Encoding: jptext.UTF8})
		return err
	case sheet.CSVCP932:
		_, err := sheet.WriteCSV(w, table, sheet.CSVOptions{Encoding: jptext.CP932})
		return err
	}
	return fault.New(fault.Invalid, "report.unknown_format", "format", string(format))
}
