package sheet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/message"
)

// headRow is the row of the headings, below title, filter, time and a blank.
const headRow = 5

// Limits of the format.
const (
	maxRows  = 1_048_576
	maxUnits = 32_767 // UTF-16 units of a cell
)

// XLSXOptions say how a workbook is written.
type XLSXOptions struct {
	// TempDir holds what does not fit into memory while a large list is written
	// (over 16 MB); empty for the folder of the system. The rows are personal
	// data, so name a folder that is emptied at start.
	TempDir string
}

// WriteXLSX writes a workbook of one worksheet: title, filter, time and author,
// then headings that stay in sight with filters, then the rows as typed cells.
// It prints on A4 landscape, as wide as the page, headings on every page.
//
// Failures: sheet.too_many_rows (use CSV) and sheet.cell_too_long.
func WriteXLSX(w io.Writer, t Table, o XLSXOptions) (err error) {
	defer fault.Add(&err, "sheet.WriteXLSX")
	f := excelize.NewFile(excelize.Options{TmpDir: o.TempDir})
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{f: f, t: t, name: sheetName(t.Title)}
	for _, step := range []func() error{b.setUp, b.styles, b.begin, b.rows, b.finish, b.chart} {
		if err := step(); err != nil {
			return err
		}
	}
	_, err = f.WriteTo(w)
	return err
}

// book is a workbook in the making.
type book struct {
	f          *excelize.File
	t          Table
	name       string // of the worksheet
	stream     *excelize.StreamWriter
	last       int // row written last
	title      int // style
	note       int
	head       int
	headNumber int
	cell       []int // style by kind
}

// sheetName makes a worksheet name of a title: at most 31 UTF-16 units, without
// the characters that the format forbids.
func sheetName(title string) string {
	title = strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`\/:*?[]'`, r) {
			return '_'
		}
		return r
	}, title), " ")
	for len(utf16.Encode([]rune(title))) > 31 {
		runes := []rune(title)
		title = string(runes[:len(runes)-1])
	}
	if title == "" {
		return "Sheet1"
	}
	return title
}

// setUp writes everything that stands before the rows in the file.
func (b *book) setUp() error {
	paper, landscape, one, any, yes := 9, "landscape", 1, 0, true // paper 9 is A4
	margin, foot := 0.5, 0.3                                      // inches
	return errors.Join(
		b.f.SetSheetName("Sheet1", b.name),
		b.f.SetDefaultFont("游ゴシック"),
		b.f.SetSheetProps(b.name, &excelize.SheetPropsOptions{FitToPage: &yes}),
		b.f.SetPageLayout(b.name, &excelize.PageLayoutOptions{Size: &paper, Orientation: &landscape, FitToWidth: &one, FitToHeight: &any}),
		b.f.SetPageMargins(b.name, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin, Top: &margin, Bottom: &margin, Header: &foot, Footer: &foot}),
		b.f.SetHeaderFooter(b.name, &excelize.HeaderFooterOptions{OddFooter: "&L" + footer(b.t.Title) + "&R" + footer(b.t.AsOf) + "　&P / &N"}),
		b.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: b.name, RefersTo: fmt.Sprintf("'%s'!$%d:$%d", b.name, headRow, headRow)}),
		b.f.SetDocProps(b.properties()),
	)
}

// properties names the program where spreadsheets expect a person.
func (b *book) properties() *excelize.DocProperties {
	program, made := message.Text("sheet.program", nil), b.t.Made.UTC().Format(time.RFC3339)
	return &excelize.DocProperties{
		Title: b.t.Title, Creator: program, LastModifiedBy: program, Created: made, Modified: made, Language: "ja-JP",
	}
}

// footer escapes the sign that begins a field in page footers and keeps the
// whole below the limit of 255 characters.
func footer(text string) string {
	runes := []rune(text)
	return strings.ReplaceAll(string(runes[:min(len(runes), 60)]), "&", "&&")
}

func (b *book) styles() error {
	thin := []excelize.Border{{Type: "bottom", Color: "BFBFBF", Style: 1}}
	day, instant, number := `yyyy"年"m"月"d"日"`, `yyyy"年"m"月"d"日" hh:mm`, `#,##0`
	share := "0.0"
	text := "@"
	column := func(format *string, horizontal string, wrap bool) *excelize.Style {
		return &excelize.Style{CustomNumFmt: format, Border: thin, Alignment: &excelize.Alignment{Vertical: "center", Horizontal: horizontal, WrapText: wrap, Indent: indent}}
	}
	head := func(horizontal string) *excelize.Style {
		return &excelize.Style{
			Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E6E6E6"}},
			Border:    []excelize.Border{{Type: "bottom", Color: "404040", Style: 2}},
			Alignment: &excelize.Alignment{Vertical: "center", Horizontal: horizontal, WrapText: true, Indent: indent},
		}
	}
	b.cell = make([]int, Decimal+1)
	for _, s := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&b.title, &excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}}},
		{&b.note, &excelize.Style{Font: &excelize.Font{Color: "404040"}}},
		{&b.head, head("left")},
		{&b.headNumber, head("right")},
		{&b.cell[Text], column(&text, "left", true)},
		{&b.cell[Code], column(&text, "left", false)},
		{&b.cell[Date], column(&day, "left", false)},
		{&b.cell[DateTime], column(&instant, "left", false)},
		{&b.cell[Int], column(&number, "right", false)},
		{&b.cell[Decimal], column(&share, "right", false)},
	} {
		id, err := b.f.NewStyle(s.style)
		if err != nil {
			return err
		}
		*s.id = id
	}
	return nil
}

// begin opens the stream and writes the rows above the data.
func (b *book) begin() (err error) {
	if b.stream, err = b.f.NewStreamWriter(b.name); err != nil {
		return err
	}
	for i, column := range b.t.Columns {
		if err := b.stream.SetColWidth(i+1, i+1, column.width()); err != nil {
			return err
		}
	}
	panes := &excelize.Panes{Freeze: true, YSplit: headRow, TopLeftCell: "A" + strconv.Itoa(headRow+1), ActivePane: "bottomLeft"}
	if err := b.stream.SetPanes(panes); err != nil {
		return err
	}
	note := func(code string, args ...string) []any {
		return []any{excelize.Cell{StyleID: b.note, Value: message.Text(code, fault.Args(args...))}}
	}
	headings := make([]any, len(b.t.Columns))
	for i, column := range b.t.Columns {
		headings[i] = excelize.Cell{StyleID: b.head, Value: column.Heading}
		if column.Kind == Int || column.Kind == Decimal {
			headings[i] = excelize.Cell{StyleID: b.headNumber, Value: column.Heading}
		}
	}
	return errors.Join(
		b.stream.SetRow("A1", []any{excelize.Cell{StyleID: b.title, Value: b.t.Title}}),
		b.stream.SetRow("A2", note("sheet.filter", "filter", b.t.Filter)),
		b.stream.SetRow("A3", note("sheet.made", "at", b.t.AsOf, "by", b.t.By)),
		b.stream.SetRow("A"+strconv.Itoa(headRow), headings, excelize.RowOpts{Height: b.t.headHeight()}),
	)
}

// indent keeps a text away from the number that stands right of it, or left.
const indent = 1

// Measures of headings: the widest for which a column becomes wider, what the
// indent takes of it, and the height of a line, in points.
const (
	widestHeading = 20
	headPadding   = 4
	headLine      = 18
	tallestRow    = 400
)

// width is that of the column, or the usual one, with room for the heading.
func (c Column) width() float64 {
	if c.Width > 0 {
		return c.Width
	}
	usual := map[Kind]float64{Text: 24, Code: 16, Date: 18, DateTime: 24, Int: 10, Decimal: 10}[c.Kind]
	return max(usual, float64(min(jptext.Width(c.Heading), widestHeading)+headPadding))
}

// headHeight is that of the row of headings: as many lines as the longest needs.
func (t Table) headHeight() float64 {
	lines := 1.0
	for _, c := range t.Columns {
		c.Kind = Text
		lines = max(lines, c.lines(c.Heading))
	}
	return lines*headLine + 6
}

// lines is how many lines a value takes, which only texts wrap.
func (c Column) lines(value string) (n float64) {
	if c.Kind != Text {
		return 1
	}
	room := max(1, c.width()-headPadding)
	for line := range strings.Lines(value) {
		n += max(1, math.Ceil(float64(jptext.Width(line))/room))
	}
	return max(1, n)
}

func (b *book) rows() error {
	b.last = headRow
	cells := make([]any, len(b.t.Columns))
	return b.t.each(func(line int, row []string) error {
		if b.last++; b.last > maxRows {
			return fault.New(fault.TooLarge, "sheet.too_many_rows", "max", strconv.Itoa(maxRows-headRow))
		}
		lines := 1.0
		for i, value := range row {
			lines = max(lines, b.t.Columns[i].lines(value))
			if len(value) > maxUnits && len(utf16.Encode([]rune(value))) > maxUnits {
				return b.t.tooLong(line, i)
			}
			cells[i] = b.value(b.t.Columns[i].Kind, value)
		}
		if lines > 1 { // viewers do not all fit a row to its wrapped texts
			return b.stream.SetRow("A"+strconv.Itoa(b.last), cells, excelize.RowOpts{Height: min(lines*headLine, tallestRow)})
		}
		return b.stream.SetRow("A"+strconv.Itoa(b.last), cells)
	})
}

// value makes a typed cell. Whatever does not fit its kind is text, and text is
// never a formula.
func (b *book) value(kind Kind, value string) excelize.Cell {
	switch kind {
	case Date:
		if t, ok := day(value); ok && !t.Before(firstDay) {
			return excelize.Cell{StyleID: b.cell[Date], Value: t}
		}
	case DateTime:
		if t, ok := instant(value); ok {
			// The format knows no zones: the Japanese wall clock counts.
			return excelize.Cell{StyleID: b.cell[DateTime], Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
		}
	case Int:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return excelize.Cell{StyleID: b.cell[Int], Value: n}
		}
	}
	if kind == Decimal {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return excelize.Cell{StyleID: b.cell[Decimal], Value: n}
		}
	}
	style := b.cell[Text]
	if kind == Code {
		style = b.cell[Code]
	}
	if value == "" {
		return excelize.Cell{StyleID: style} // really empty, so that filters and counts see it so
	}
	return excelize.Cell{StyleID: style, Value: value}
}

// firstDay is the first day that all spreadsheets count alike: before it some
// count a 29 February 1900 that never was. Older days are text.
var firstDay = time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC)

// finish adds the filter over the rows written and ends the worksheet.
func (b *book) finish() error {
	if len(b.t.Columns) > 0 {
		end, err := excelize.CoordinatesToCellName(len(b.t.Columns), b.last)
		if err != nil {
			return err
		}
		if err := b.f.AutoFilter(b.name, "A"+strconv.Itoa(headRow)+":"+end, nil); err != nil {
			return err
		}
	}
	return b.stream.Flush()
}
