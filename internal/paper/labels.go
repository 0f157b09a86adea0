package paper

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/message"
)

// Labels is a print of address labels.
type Labels struct {
	Press
	Title       string // of the document; no personal data
	Stock       Stock
	Start       int // cell of the first piece, from 1
	Calibration Calibration
	Barcode     bool     // print the customer barcode where it fits
	Outlines    bool     // draw the edges of the cells: a dry run on plain paper
	Control     *Control // control sheets before and after, nil for none
}

func (l Labels) check() error {
	if err := l.Stock.Check(); err != nil {
		return err
	}
	if err := l.Calibration.Check(); err != nil {
		return err
	}
	if l.Start < 1 || l.Start > l.Stock.Cells() {
		return fault.New(fault.Invalid, "paper.start_cell", "cell", strconv.Itoa(l.Start), "cells", strconv.Itoa(l.Stock.Cells()))
	}
	return nil
}

// Preflight lays out every piece and reports what must be decided.
func (l Labels) Preflight(ctx context.Context, pieces []Addressee, progress Progress) (_ Report, err error) {
	defer fault.Add(&err, "paper.Labels.Preflight(%d pieces)", len(pieces))
	_, report, err := l.compose(ctx, pieces, progress)
	return report, err
}

// Render draws the labels, one PDF for all. It refuses with paper.undecided
// what Preflight reports as open.
func (l Labels) Render(ctx context.Context, w io.Writer, pieces []Addressee, progress Progress) (report Report, err error) {
	defer fault.Add(&err, "paper.Labels.Render(%d pieces)", len(pieces))
	c, report, err := l.compose(ctx, pieces, progress)
	if err != nil {
		return report, err
	}
	if err := report.refusal(); err != nil {
		return report, err
	}
	return report, c.write(ctx, w, info{title: l.Title, press: l.Press})
}

func (l Labels) compose(ctx context.Context, pieces []Addressee, progress Progress) (*canvas, Report, error) {
	report := Report{Pieces: len(pieces), Sheets: l.Stock.Sheets(len(pieces), l.Start)}
	if err := l.check(); err != nil {
		return nil, report, err
	}
	s, err := l.setter()
	if err != nil {
		return nil, report, err
	}
	c := &canvas{job: s.job}
	l.Control.first(s, c, l.Stock, report)
	var sheet *page
	for i, a := range pieces {
		if err := ctx.Err(); err != nil {
			return nil, report, err
		}
		cell := (l.Start - 1 + i) % l.Stock.Cells()
		if cell == 0 || i == 0 {
			sheet = c.page(l.Stock.PaperW, l.Stock.PaperH, l.Calibration)
			l.outline(sheet)
		}
		report.Glyphs = append(report.Glyphs, l.glyphs(a.Key, a.GaijiSet, a.fields())...)
		if err := l.label(s, sheet, cell, a, &report); err != nil {
			return nil, report, err
		}
		progress.tell(i+1, len(pieces))
	}
	l.Control.last(s, c, l.Stock, report, pieces)
	return c, report, nil
}

func (l Labels) outline(sheet *page) {
	if !l.Outlines {
		return
	}
	for n := range l.Stock.Cells() {
		sheet.frame(160, l.Stock.cell(n), 0.1)
	}
}

// label lays one piece out in its cell.
func (l Labels) label(s *setter, sheet *page, cell int, a Addressee, report *Report) error {
	if _, err := a.honorific(); err != nil {
		return err
	}
	safe := l.Stock.safe(cell)
	r, inset := labelRoom(l.Stock, safe)
	r.wantCode = l.Barcode
	serial := s.plain(a.Serial, style{size: serialSize, heading: true})
	if s.plain(wide("000-0000"), style{size: r.postal}).width+serial.width > r.w {
		inset.y += serialSize * mm // no room beside the postal code
		r.h -= serialSize * mm
	}
	b, overflow := s.layOut(a, r)
	if overflow != nil {
		report.Overflow = append(report.Overflow, *overflow)
		return nil
	}
	if b.reason != "" {
		report.NoBarcode = append(report.NoBarcode, NoBarcode{Key: a.Key, Reason: b.reason})
	}
	x, y := safe.x+inset.x, safe.y+inset.y
	codeX := max(safe.x+quiet, min(x, safe.x+safe.w-quiet-b.code.width()))
	spare := r.h - b.height()
	b.draw(sheet, x, y+max(0, spare)*0.4, codeX)
	sheet.text(safe.x+safe.w-1.5-serial.width, safe.y+1+serialSize*mm, serialSize, serial.run)
	return nil
}

const serialSize = 5.5

// labelRoom returns the room of the address block on a label and its distance
// from the upper left corner of the safe part.
func labelRoom(stock Stock, safe box) (room, box) {
	side, top := 4.0, 3.0
	if stock.LabelH < 40 || stock.LabelW < 75 {
		side, top = 3, 2.2
	}
	if stock.LabelH < 30 || stock.LabelW < 55 {
		side, top = 1.5, 1.2
	}
	r := room{w: safe.w - 2*side, h: safe.h - 2*top, code: fitCustomer(safe.w), address: 10.5, name: 14, postal: postalSize}
	switch {
	case stock.LabelW < 60 || stock.LabelH < 30:
		r.address, r.name, r.postal = 8, 11, postalSmall
	case stock.LabelW < 80:
		r.address, r.name, r.postal = 9, 12.5, postalSmall
	}
	return r, box{x: side, y: top}
}

// refusal is the error for a report that is still open.
func (r Report) refusal() error {
	if !r.Open() {
		return nil
	}
	var details []fault.Detail
	for _, g := range r.Glyphs {
		if !g.Decided {
			details = append(details, fault.Detail{Code: "paper.glyph", Column: message.Text("paper.field_"+g.Field, nil), Value: g.Cluster,
				Args: fault.Args("key", g.Key, "code", g.Codepoint())})
		}
	}
	for _, o := range r.Overflow {
		details = append(details, fault.Detail{Code: o.Code, Column: message.Text("paper.field_"+o.Field, nil), Args: fault.Args("key", o.Key)})
	}
	return fault.New(fault.Conflict, "paper.undecided", "count", strconv.Itoa(len(details))).With(details...)
}

// Control is the text of the control sheets.
type Control struct {
	Title string // 宛名ラベル
	Run   string // number of the print run
	Facts []Fact // what else belongs on the sheet, such as who printed when
}

// Fact is a line of a table: what it is and its text. A strong one, such as a
// deadline, stands out.
type Fact struct {
	Label, Text string
	Strong      bool
}

// first puts the control sheet in front.
func (c *Control) first(s *setter, to *canvas, stock Stock, r Report) {
	if c == nil {
		return
	}
	c.sheet(s, to, stock, "paper.control_first", r, nil)
}

// last puts the control sheet at the end, with the list of what is to be
// completed by hand.
func (c *Control) last(s *setter, to *canvas, stock Stock, r Report, pieces []Addressee) {
	if c == nil {
		return
	}
	serials := map[string]string{}
	for _, p := range pieces {
		serials[p.Key] = p.Serial
	}
	boxed := s.boxed(r)
	var lines []string
	for _, g := range boxed {
		lines = append(lines, message.Text("paper.by_hand_line", map[string]string{
			"serial": serials[g.Key], "field": message.Text("paper.field_"+g.Field, nil), "code": g.Codepoint(),
		}))
	}
	c.sheet(s, to, stock, "paper.control_last", r, lines)
}

func (c *Control) sheet(s *setter, to *canvas, stock Stock, kind string, r Report, byHand []string) {
	facts := append([]Fact{
		{Label: message.Text("paper.control_run", nil), Text: c.Run},
		{Label: message.Text("paper.control_stock", nil), Text: stock.Name},
		{Label: message.Text("paper.control_pieces", nil), Text: strconv.Itoa(r.Pieces), Strong: true},
		{Label: message.Text("paper.control_sheets", nil), Text: strconv.Itoa(r.Sheets), Strong: true},
	}, c.Facts...)
	p := to.page(stock.PaperW, stock.PaperH, Calibration{})
	y := 20.0
	y = p.put(s.plain(c.Title+" "+message.Text(kind, nil), style{size: 16, heading: true}), 20, y, 2)
	for _, f := range facts {
		p.put(s.plain(f.Label, style{size: 10.5, heading: true}), 20, y, 1)
		y = p.put(s.plain(f.Text, style{size: 10.5, heading: f.Strong}), 62, y, 1.8)
	}
	y = ruler(s, p, 20, y+6)
	if len(byHand) == 0 {
		return
	}
	y = p.put(s.plain(message.Text("paper.by_hand", map[string]string{"count": strconv.Itoa(len(byHand))}), style{size: 12, heading: true}), 20, y+8, 1.8)
	for _, l := range byHand {
		if y > stock.PaperH-20 {
			p = to.page(stock.PaperW, stock.PaperH, Calibration{})
			y = 20
		}
		y = p.put(s.plain(l, style{size: 9}), 20, y, 1.6)
	}
}

// boxed lists the characters that are printed as a boxed code.
func (s *setter) boxed(r Report) []GlyphFinding {
	var out []GlyphFinding
	for _, g := range r.Glyphs {
		for _, d := range s.press.Decisions {
			if d.Cluster == g.Cluster && (g.GaijiSet == "" || g.GaijiSet == d.GaijiSet) && d.Kind == glyph.Box {
				out = append(out, g)
				break
			}
		}
	}
	return out
}

// ruler draws 100 mm to be checked with a real one.
func ruler(s *setter, p *page, x, y float64) float64 {
	p.fill(0, box{x, y + 8, 100, 0.2})
	for i := range 101 {
		h := 2.0
		switch {
		case i%10 == 0:
			h = 6
		case i%5 == 0:
			h = 4
		}
		p.fill(0, box{x + float64(i) - 0.05, y + 8 - h, 0.1, h})
		if i%10 == 0 {
			n := s.plain(fmt.Sprint(i), style{size: 7, heading: true})
			p.text(x+float64(i)-n.width/2, y+11.5, 7, n.run)
		}
	}
	y += 14
	for _, l := range s.flow(message.Text("paper.ruler", nil), style{size: 9}, p.w-2*x) {
		y = p.put(l, x, y, 1.5)
	}
	return y
}
