package paper

import (
	"context"
	"io"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// Form is a sheet of A4 that people fill in, sign and keep: facts, codes that are
// compared by eye, lines to write on. A character that no font has is printed as
// its code in a box.
type Form struct {
	Press
	Title  string
	Office string // whose form it is
	By     string // who asked
	At     string // when, in words
	Intro  string
	Parts  []FormPart
	Notes  []string // at the foot
}

// FormPart is a heading with facts, a code or lines to fill in below it.
type FormPart struct {
	Heading string
	Text    string // "" for none
	Facts   []Fact
	Code    *FormCode
	Lines   [][]Blank // each is one line across the sheet
}

// FormCode is a text that two people compare, large and in groups, with its QR.
type FormCode struct {
	Label string
	Text  string // groups with spaces between
	Note  string
}

// Blank is a place to write by hand.
type Blank struct {
	Label string
	Share float64 // of the width, relative to the others of the line
}

// Measures of forms, in mm.
const (
	formTop      = 16.0
	formQR       = 30.0
	formCodeH    = 38.0
	formBlankH   = 16.0
	formNoteSize = 8.5
)

// Render draws the form. Errors: those of the fonts.
func (d Form) Render(ctx context.Context, w io.Writer) (err error) {
	defer fault.Add(&err, "paper.Form.Render")
	d.Decisions = append(d.Decisions, d.boxesFor(d.text())...)
	s, err := d.setter()
	if err != nil {
		return err
	}
	c := &canvas{job: s.job}
	f := &flow{s: s, c: c, d: density{body: 10, bodyLead: 1.5, fact: 10, factPad: 1.2, label: 9, heading: 11.5, behind: 2}, bottom: pageBottom}
	f.newPage()
	f.y = formTop
	f.y = f.p.put(s.plain(d.Office, style{size: 10}), left, f.y, 1.6)
	by := s.plain(message.Text("paper.tables_by", fault.Args("at", d.At, "by", d.By)), style{size: formNoteSize})
	f.p.put(by, right-by.width, formTop, 1)
	f.y = f.p.put(s.plain(d.Title, style{size: 18, heading: true}), left, f.y+1, 1.4)
	f.p.fill(0, box{left, f.y, right - left, 0.4})
	f.y += 4
	if d.Intro != "" {
		f.paragraph(d.Intro)
		f.y += 2
	}
	for _, part := range d.Parts {
		if err := f.formPart(part); err != nil {
			return err
		}
	}
	for _, note := range d.Notes {
		for _, l := range s.flow(note, style{size: formNoteSize}, right-left) {
			f.need(5)
			f.y = f.p.put(l, left, f.y, 1.5)
		}
	}
	return c.write(ctx, w, info{title: d.Title, press: d.Press})
}

func (d Form) text() string {
	all := append([]string{d.Title, d.Office, d.By, d.At, d.Intro}, d.Notes...)
	for _, part := range d.Parts {
		all = append(all, part.Heading, part.Text)
		for _, one := range part.Facts {
			all = append(all, one.Label, one.Text)
		}
		if part.Code != nil {
			all = append(all, part.Code.Label, part.Code.Text, part.Code.Note)
		}
		for _, line := range part.Lines {
			for _, blank := range line {
				all = append(all, blank.Label)
			}
		}
	}
	return strings.Join(all, "")
}

func (f *flow) formPart(part FormPart) error {
	f.need(30)
	if part.Heading != "" {
		f.y = f.p.put(f.s.plain(part.Heading, style{size: f.d.heading, heading: true}), left, f.y, 1.6)
	}
	if part.Text != "" {
		f.paragraph(part.Text)
	}
	f.facts(part.Facts)
	if part.Code != nil {
		if err := f.formCode(*part.Code); err != nil {
			return err
		}
	}
	for _, line := range part.Lines {
		f.blanks(line)
	}
	f.y += 5
	return nil
}

// formCode draws a text to compare with its QR: its groups stand in two rows, so
// that the eye keeps its place.
func (f *flow) formCode(code FormCode) error {
	qr, err := qrOf(code.Text)
	if err != nil {
		return err
	}
	f.need(formCodeH + 4)
	f.p.frame(120, box{left, f.y, right - left, formCodeH}, 0.3)
	f.p.fill(0, qr.rects(right-formQR-4, f.y+(formCodeH-formQR)/2, formQR)...)
	y := f.p.put(f.s.plain(code.Label, style{size: 9.5, heading: true}), left+5, f.y+3.5, 1.5)
	groups := strings.Fields(code.Text)
	for _, row := range [][]string{groups[:(len(groups)+1)/2], groups[(len(groups)+1)/2:]} {
		x := left + 5
		for _, group := range row {
			f.p.put(f.s.plain(group, style{size: 19, heading: true}), x, y, 1)
			x += 30
		}
		y += 19 * mm * 1.3
	}
	for _, l := range f.s.flow(code.Note, style{size: 8.5}, right-left-formQR-16) {
		y = f.p.put(l, left+5, y, 1.4)
	}
	f.y += formCodeH + 3
	return nil
}

// blanks draws one line of places to write on.
func (f *flow) blanks(line []Blank) {
	f.need(formBlankH)
	total := 0.0
	for _, b := range line {
		total += b.Share
	}
	x := left
	for _, b := range line {
		w := (right - left) * b.Share / total
		f.p.frame(120, box{x, f.y, w, formBlankH}, 0.2)
		f.p.put(f.s.plain(b.Label, style{size: 8.5}), x+2, f.y+1.2, 1)
		x += w
	}
	f.y += formBlankH
}
