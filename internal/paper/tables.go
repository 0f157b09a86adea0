package paper

import (
	"context"
	"io"
	"strconv"
	"strings"

	"kofu/internal/chart"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/message"
)

// Tables is a print of lists and charts on A4 landscape. Title, condition, page
// n/N, who asked and when stand on every page; headings are repeated. A
// character that no font has is printed as its code in a box.
type Tables struct {
	Press
	Title     string
	Condition string // which rows, in words
	By        string // who asked
	At        string // when, in words
	Parts     []TablePart
	Notes     []string // definitions, at the foot of the last page
}

// TablePart is a list, a chart, or both with the chart above.
type TablePart struct {
	Heading string // '' for none
	Columns []TableColumn
	Rows    [][]string
	Total   []string // a row that stands out; nil for none
	Empty   string   // stands in place of no rows
	Charts  []chart.Drawing
}

// TableColumn is a column of a list. Its width follows from its texts.
type TableColumn struct {
	Heading string
	Right   bool    // numbers
	Room    float64 // mm that it has at least, for what people write there by hand
}

// Measures of the lists, in mm and points.
const (
	tablesW, tablesH          = 297.0, 210.0
	tablesLeft, tablesRight   = 12.0, 285.0
	tablesTop, tablesBottom   = 12.0, 197.0
	cellSize, cellLead        = 8.5, 1.35
	cellPad, rowPad           = 1.5, 0.9
	narrowestCell, chartWidth = 8.0, 165.0
)

// Render draws the lists. Errors: those of the fonts.
func (t Tables) Render(ctx context.Context, w io.Writer) (err error) {
	defer fault.Add(&err, "paper.Tables.Render")
	t.Decisions = append(t.Decisions, t.boxes()...)
	s, err := t.setter()
	if err != nil {
		return err
	}
	l := &lists{t: t, s: s, c: &canvas{job: s.job}}
	l.newPage()
	for _, part := range t.Parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.part(part)
	}
	l.notes()
	l.numbers()
	return l.c.write(ctx, w, info{title: t.Title, press: t.Press})
}

func (t Tables) boxes() []glyph.Decision {
	var all strings.Builder
	for _, text := range append([]string{t.Title, t.Condition, t.By, t.At}, t.Notes...) {
		all.WriteString(text)
	}
	for _, part := range t.Parts {
		all.WriteString(part.Heading + part.Empty + strings.Join(part.Total, ""))
		for _, c := range part.Columns {
			all.WriteString(c.Heading)
		}
		for _, row := range part.Rows {
			all.WriteString(strings.Join(row, ""))
		}
		for _, d := range part.Charts {
			for _, one := range d.Shapes {
				all.WriteString(one.Text)
			}
		}
	}
	return t.boxesFor(all.String())
}

// boxesFor decides for every character of a text that no font has: nobody can be
// asked while a list or a form is printed, and its code says more than a gap.
func (p Press) boxesFor(text string) (list []glyph.Decision) {
	seen := map[string]bool{}
	for _, g := range p.glyphs("", "", [][2]string{{"text", text}}) {
		if g.open() && !seen[g.Cluster] {
			seen[g.Cluster] = true
			list = append(list, glyph.Decision{Cluster: g.Cluster, GaijiSet: g.GaijiSet, Kind: glyph.Box})
		}
	}
	return list
}

// lists is a print in the making.
type lists struct {
	t Tables
	s *setter
	c *canvas
	p *page
	y float64
}

// newPage begins a page with what stands on every one.
func (l *lists) newPage() {
	l.p = l.c.page(tablesW, tablesH, Calibration{})
	y := l.p.put(l.s.plain(l.t.Title, style{size: 14, heading: true}), tablesLeft, tablesTop, 1.5)
	by := l.s.plain(message.Text("paper.tables_by", fault.Args("at", l.t.At, "by", l.t.By)), style{size: cellSize})
	l.p.put(by, tablesRight-by.width, tablesTop+1.5, 1)
	if l.t.Condition != "" {
		for _, line := range l.s.flow(message.Text("paper.tables_condition", fault.Args("condition", l.t.Condition)), style{size: cellSize}, tablesRight-tablesLeft) {
			y = l.p.put(line, tablesLeft, y, 1.4)
		}
	}
	l.p.fill(0, box{tablesLeft, y + 0.6, tablesRight - tablesLeft, 0.3})
	l.y = y + 3
}

// room makes sure that so many mm are left on the page.
func (l *lists) room(height float64) (fresh bool) {
	if l.y+height <= tablesBottom {
		return false
	}
	l.newPage()
	return true
}

func (l *lists) part(part TablePart) {
	if part.Heading != "" {
		l.room(22)
		l.y = l.p.put(l.s.plain(part.Heading, style{size: 11, heading: true}), tablesLeft, l.y, 1.6)
	}
	for _, d := range part.Charts {
		l.room(chartWidth / d.Width * d.Height)
		l.y += l.p.place(l.s, d, tablesLeft, l.y, chartWidth) + 3
	}
	if len(part.Columns) > 0 {
		l.table(part)
	}
	l.y += 4
}

// cell is a text in a column of its width.
type cell struct {
	lines []line
	right bool
}

func (l *lists) table(part TablePart) {
	widths := l.widths(part)
	headings := make([]string, len(part.Columns))
	for i, c := range part.Columns {
		headings[i] = c.Heading
	}
	head := l.cells(part, widths, headings, true)
	l.room(rowHeight(head) * 3)
	l.row(head, widths, 225)
	if len(part.Rows) == 0 && part.Empty != "" {
		l.y = l.p.put(l.s.plain(part.Empty, style{size: cellSize}), tablesLeft+cellPad, l.y+1.5, 1.4)
	}
	for _, row := range part.Rows {
		l.line(part, widths, head, row, false)
	}
	if part.Total != nil {
		l.line(part, widths, head, part.Total, true)
	}
}

// line draws a row, on the next page below the headings where it does not fit.
func (l *lists) line(part TablePart, widths []float64, head []cell, row []string, total bool) {
	cells := l.cells(part, widths, row, total)
	if l.room(rowHeight(cells)) {
		l.row(head, widths, 225)
	}
	shade := uint8(255)
	if total {
		shade = 240
	}
	l.row(cells, widths, shade)
}

func (l *lists) cells(part TablePart, widths []float64, texts []string, strong bool) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i] = cell{l.s.flow(text, style{size: cellSize, heading: strong}, widths[i]-2*cellPad), part.Columns[i].Right}
	}
	return cells
}

func rowHeight(cells []cell) float64 {
	most := 1
	for _, c := range cells {
		most = max(most, len(c.lines))
	}
	return float64(most)*cellSize*mm*cellLead + 2*rowPad
}

func (l *lists) row(cells []cell, widths []float64, shade uint8) {
	h, x, total := rowHeight(cells), tablesLeft, 0.0
	for _, w := range widths {
		total += w
	}
	if shade < 255 {
		l.p.fill(shade, box{tablesLeft, l.y, total, h})
	}
	for i, c := range cells {
		y := l.y + rowPad
		for _, one := range c.lines {
			left := x + cellPad
			if c.right {
				left = x + widths[i] - cellPad - one.width
			}
			y = l.p.put(one, left, y, cellLead)
		}
		x += widths[i]
	}
	l.p.fill(150, box{tablesLeft, l.y + h, total, 0.15})
	l.y += h
}

// widths gives each column what its longest text needs, as far as the page is
// wide; where it is not, the widest columns give way and their texts are broken.
func (l *lists) widths(part TablePart) []float64 {
	widths := make([]float64, len(part.Columns))
	for i, c := range part.Columns {
		widths[i] = max(narrowestCell, c.Room, l.s.width(c.Heading, style{size: cellSize, heading: true})+2*cellPad+0.5)
	}
	rows := part.Rows
	if part.Total != nil {
		rows = append(rows[:len(rows):len(rows)], part.Total)
	}
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], l.s.width(text, style{size: cellSize})+2*cellPad+0.5)
		}
	}
	total := 0.0
	for _, w := range widths {
		total += w
	}
	for excess := total - (tablesRight - tablesLeft); excess > 0.01; {
		first, second, n := 0.0, narrowestCell, 0.0
		for _, w := range widths {
			switch {
			case w > first:
				first, second, n = w, max(second, first), 1
			case w == first: //nolint:gocritic // the same number, not a rounded one
				n++
			default:
				second = max(second, w)
			}
		}
		give := min(first-second, excess/n)
		if give <= 0.001 {
			give = excess / n
		}
		for i, w := range widths {
			if w == first {
				widths[i] -= give
				excess -= give
			}
		}
	}
	return widths
}

func (l *lists) notes() {
	for _, note := range l.t.Notes {
		for _, line := range l.s.flow(note, style{size: 7.5}, tablesRight-tablesLeft) {
			l.room(4)
			l.y = l.p.put(line, tablesLeft, l.y, 1.4)
		}
	}
}

// numbers writes n/N below every page.
func (l *lists) numbers() {
	all := strconv.Itoa(len(l.c.pages))
	for i, p := range l.c.pages {
		n := l.s.plain(message.Text("paper.tables_page", fault.Args("n", strconv.Itoa(i+1), "of", all)), style{size: cellSize})
		p.put(n, tablesRight-n.width, tablesBottom+3, 1)
		p.put(l.s.plain(l.t.Title, style{size: 7.5}), tablesLeft, tablesBottom+3, 1)
	}
}
