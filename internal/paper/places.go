package paper

import (
	"context"
	"io"

	"kofu/internal/fault"
)

// PlaceLabels is a print of labels for shelves, boxes and positions.
type PlaceLabels struct {
	Press
	Title       string // of the document
	Stock       Stock
	Start       int // cell of the first label, from 1
	Calibration Calibration
}

// PlaceLabel is one label: a Code 128 that a scan reads, and what people read.
type PlaceLabel struct {
	Key  string // names the label in findings
	Code string // digits
	Name string // large: 棚 A-3
	Path string // small: 本庁舎 › 保管庫1
}

// Render draws the labels. A name is set as large as it fits; one that does not
// fit is refused with paper.undecided.
func (l PlaceLabels) Render(ctx context.Context, w io.Writer, places []PlaceLabel) (report Report, err error) {
	defer fault.Add(&err, "paper.PlaceLabels.Render(%d labels)", len(places))
	report = Report{Pieces: len(places), Sheets: l.Stock.Sheets(len(places), l.Start)}
	if err := (Labels{Stock: l.Stock, Start: l.Start, Calibration: l.Calibration}).check(); err != nil {
		return report, err
	}
	s, err := l.setter()
	if err != nil {
		return report, err
	}
	c := &canvas{job: s.job}
	var sheet *page
	for i, p := range places {
		cell := (l.Start - 1 + i) % l.Stock.Cells()
		if cell == 0 || i == 0 {
			sheet = c.page(l.Stock.PaperW, l.Stock.PaperH, l.Calibration)
		}
		report.Glyphs = append(report.Glyphs, l.glyphs(p.Key, "", [][2]string{{"place", p.Name + p.Path}})...)
		if err := l.label(s, sheet, l.Stock.safe(cell), p, &report); err != nil {
			return report, err
		}
	}
	if err := report.refusal(); err != nil {
		return report, err
	}
	return report, c.write(ctx, w, info{title: l.Title, press: l.Press})
}

// label draws path, name, bars and digits from top to bottom.
func (l PlaceLabels) label(s *setter, sheet *page, safe box, p PlaceLabel, report *Report) error {
	modules, err := code128Of(p.Code)
	if err != nil {
		return err
	}
	const side = 2.0
	width := safe.w - 2*side
	unit := min(0.33, width/float64(len(modules)+20)) // 10 modules of white on both sides
	barH := min(14, safe.h*0.35)
	pathLine, ok := s.fitLine(p.Path, style{size: min(8, safe.h*0.25)}, width)
	if p.Path == "" {
		pathLine, ok = line{}, true
	}
	y := safe.y + 1.2
	if ok && p.Path != "" {
		y = sheet.put(pathLine, safe.x+side, y, 1.2)
	}
	left := safe.h - (y - safe.y) - barH - 4
	name, fits := s.largest(p.Name, width, left)
	if !ok || !fits || unit < 0.19 {
		report.Overflow = append(report.Overflow, Overflow{Key: p.Key, Field: "place", Code: "paper.overflow_place"})
		return nil
	}
	for _, n := range name {
		y = sheet.put(n, safe.x+side, y, 1.15)
	}
	w := float64(len(modules)) * unit
	x, top := safe.x+max(side, 10*unit), safe.y+safe.h-barH-4
	sheet.fill(0, linear(modules, x, top, unit, barH)...)
	digits := s.plain(p.Code, style{size: 7, heading: true})
	sheet.text(x+(w-digits.width)/2, top+barH+2.7, 7, digits.run)
	return nil
}

// largest sets a text as large as it fits, on one or two lines, from 34 points
// down to 7.
func (s *setter) largest(text string, width, height float64) ([]line, bool) {
	for size := 34.0; size >= 7; size-- {
		set, ok := s.wrap(text, style{size: size, heading: true}, width, 2)
		if ok && float64(len(set))*size*mm*1.15 <= height {
			return set, true
		}
	}
	return nil, false
}
