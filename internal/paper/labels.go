package paper

import (
	"context"
	"io"
	"strconv"

	"kofu/internal/fault"
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
		if g.open() {
			details = append(details, fault.Detail{
				Code: "paper.glyph", Column: message.Text("paper.field_"+g.Field, nil), Value: g.Cluster,
				Args: fault.Args("key", g.Key, "code", g.Codepoint()),
			})
		}
	}
	for _, o := range r.Overflow {
		details = append(details, fault.Detail{Code: o.Code, Column: message.Text("paper.field_"+o.Field, nil), Args: fault.Args("key", o.Key)})
	}
	return fault.New(fault.Conflict, "paper.undecided", "count", strconv.Itoa(len(details))).With(details...)
}
