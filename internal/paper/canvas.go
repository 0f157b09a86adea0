package paper

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/signintech/gopdf"

	"kofu/internal/fault"
	"kofu/internal/glyph"
)

// canvas records pages. Fonts can be made only when every text is known, so
// nothing is handed to the PDF library before write.
type canvas struct {
	job   *glyph.Job
	pages []*page
}

type page struct {
	w, h   float64
	calib  Calibration
	texts  []text
	boxes  []ink
	codes  []postal
	shapes []shape
}

// postal is a customer barcode; its bars are made when they are drawn.
type postal struct {
	code customer
	bars string
	x, y float64
}

// text is a shaped text whose baseline begins at (x, y).
type text struct {
	x, y, size float64
	gray       uint8 // 0 black … 255 white
	run        glyph.Run
}

// ink is filled rectangles of one shade.
type ink struct {
	gray  uint8
	boxes []box
}

func (c *canvas) page(w, h float64, calib Calibration) *page {
	p := &page{w: w, h: h, calib: calib}
	c.pages = append(c.pages, p)
	return p
}

func (p *page) text(x, y, size float64, run glyph.Run) {
	p.texts = append(p.texts, text{x: x, y: y, size: size, run: run})
}

func (p *page) fill(gray uint8, boxes ...box) {
	p.boxes = append(p.boxes, ink{gray, boxes})
}

// frame draws the outline of a rectangle, line mm thick.
func (p *page) frame(gray uint8, b box, line float64) {
	p.fill(gray,
		box{b.x, b.y, b.w, line}, box{b.x, b.y + b.h - line, b.w, line},
		box{b.x, b.y, line, b.h}, box{b.x + b.w - line, b.y, line, b.h})
}

// info is what the document says about itself; it holds no personal data.
type info struct {
	title string
	press Press
}

// write makes the PDF. It refuses while a character lacks a decision.
func (c *canvas) write(ctx context.Context, w io.Writer, i info) error {
	fonts, err := c.job.Fonts()
	if err != nil {
		return err
	}
	if len(c.pages) == 0 {
		return fault.New(fault.Invalid, "paper.nothing")
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: points(c.pages[0].w, c.pages[0].h)})
	pdf.SetInfo(gopdf.PdfInfo{Title: i.title, Creator: "Kofu", Producer: "Kofu", CreationDate: i.press.Now})
	for _, f := range fonts {
		if err := pdf.AddTTFFontData(f.Name, f.TTF); err != nil {
			return fmt.Errorf("font %s: %w", f.Name, err)
		}
	}
	for n, p := range c.pages {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.draw(pdf, fonts); err != nil {
			return fmt.Errorf("page %d: %w", n+1, err)
		}
		c.pages[n] = nil // the PDF library has its own copy now
	}
	return c.finish(pdf, w)
}

func (c *canvas) finish(pdf *gopdf.GoPdf, w io.Writer) error {
	var raw bytes.Buffer
	if _, err := pdf.WriteTo(&raw); err != nil {
		return err
	}
	done, err := c.job.Repair(raw.Bytes())
	if err != nil {
		return err
	}
	_, err = w.Write(done)
	return err
}

func points(w, h float64) gopdf.Rect { return gopdf.Rect{W: w / mm, H: h / mm} }

func (p *page) draw(pdf *gopdf.GoPdf, fonts []glyph.Font) error {
	size := points(p.w, p.h)
	pdf.AddPageWithOption(gopdf.PageOption{PageSize: &size})
	if p.calib.Rotation != 0 {
		pdf.Rotate(p.calib.Rotation, size.W/2, size.H/2)
		defer pdf.RotateReset()
	}
	gray := uint8(1)
	shade := func(g uint8) {
		if g != gray {
			pdf.SetGrayFill(float64(g) / 255)
			gray = g
		}
	}
	for _, i := range p.boxes {
		shade(i.gray)
		for _, b := range i.boxes {
			p.drawBox(pdf, b)
		}
	}
	for _, one := range p.shapes {
		one.draw(pdf)
		gray = 1 // another colour is set
	}
	shade(0)
	for _, c := range p.codes {
		for _, b := range c.code.rects(c.bars, c.x, c.y) {
			p.drawBox(pdf, b)
		}
	}
	for _, t := range p.texts {
		shade(t.gray)
		if err := p.drawText(pdf, fonts, t); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) drawBox(pdf *gopdf.GoPdf, b box) {
	x, y := p.calib.at(b.x, b.y)
	pdf.RectFromUpperLeftWithStyle(x/mm, y/mm, b.w*p.calib.sx()/mm, b.h*p.calib.sy()/mm, "F")
}

func (p *page) drawText(pdf *gopdf.GoPdf, fonts []glyph.Font, t text) error {
	at := t.x
	for _, piece := range t.run.Pieces {
		if strings.TrimLeft(piece.Codes, " ") != "" {
			if err := pdf.SetFont(fonts[piece.Font].Name, "", t.size*p.calib.sx()); err != nil {
				return err
			}
			x, y := p.calib.at(at, t.y)
			pdf.SetXY(x/mm, y/mm)
			if err := pdf.Text(piece.Codes); err != nil {
				return err
			}
		}
		at += piece.Advance * t.size * mm
	}
	return nil
}
