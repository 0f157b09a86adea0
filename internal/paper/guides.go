package paper

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kofu/internal/fault"
)

// Guides is a print of sheets that tell residents their login and how to book
// with it, one sheet a person, to be put into the envelope with the letter. The
// sheet names nobody: the serial number says to which letter it belongs.
type Guides struct {
	Press
	Title       string // of the document; no personal data
	Form        GuideForm
	Calibration Calibration
}

// GuideForm is what all sheets of a print have in common.
type GuideForm struct {
	Sender   Sender
	Title    string
	Intro    string
	Label    string // above the code
	Parts    []GuidePart
	Closing  []string // paragraphs at the end
	LinkNote string   // below the code
}

// GuidePart is a heading with numbered steps, or with one paragraph.
type GuidePart struct {
	Heading string
	Steps   []string
}

// Guide is the sheet of one person.
type Guide struct {
	Key, Serial, Date, NoticeNo string
	Link                        Link
}

// Render draws the sheets, one PDF for all. Errors: fault.Conflict
// "paper.undecided" when a text of the form has a character without a glyph.
func (g Guides) Render(ctx context.Context, w io.Writer, guides []Guide, progress Progress) (err error) {
	defer fault.Add(&err, "paper.Guides.Render(%d guides)", len(guides))
	if err := g.Calibration.Check(); err != nil {
		return err
	}
	s, err := g.setter()
	if err != nil {
		return err
	}
	report := Report{Pieces: len(guides), Glyphs: g.glyphs("", "", [][2]string{{"text", g.text()}})}
	if err := report.refusal(); err != nil {
		return err
	}
	c := &canvas{job: s.job}
	for i, one := range guides {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.draw(s, c, one); err != nil {
			return fmt.Errorf("guide %d: %w", i+1, err)
		}
		progress.tell(i+1, len(guides))
	}
	return c.write(ctx, w, info{title: g.Title, press: g.Press})
}

// text is everything that the form prints.
func (g Guides) text() string {
	f := g.Form
	all := append([]string{f.Sender.text(), f.Title, f.Intro, f.Label, f.LinkNote}, f.Closing...)
	for _, p := range f.Parts {
		all = append(append(all, p.Heading), p.Steps...)
	}
	return strings.Join(all, "")
}

// guide is how closely a sheet is set.
var guide = density{body: 10.5, bodyLead: 1.6, heading: 12, behind: 3}

func (g Guides) draw(s *setter, c *canvas, one Guide) error {
	from := len(c.pages)
	f := &flow{s: s, c: c, calib: g.Calibration, sender: g.Form.Sender, d: guide, bottom: pageBottom}
	f.newPage()
	y := f.right(one.Date, style{size: 10}, 16)
	y = f.right(one.NoticeNo, style{size: 9}, y) + 2
	y = f.right(g.Form.Sender.Organization, style{size: 12, heading: true}, y)
	y = f.right(g.Form.Sender.Section, style{size: 10}, y)
	f.right(g.Form.Sender.Phone, style{size: 9}, y)
	t := s.titleLine(g.Form.Title, "", right-left)
	f.p.put(t, (f.p.w-t.width)/2, 49, 1)
	f.p.fill(120, box{left, 58.5, right - left, 0.2})
	f.y = 63
	f.paragraph(g.Form.Intro)
	if err := f.login(g.Form, one.Link); err != nil {
		return err
	}
	for _, part := range g.Form.Parts {
		f.steps(part)
	}
	f.y += 2
	for _, text := range g.Form.Closing {
		f.paragraph(text)
	}
	for n, p := range c.pages[from:] {
		f.furniture(p, one.Serial, n+1, len(c.pages)-from)
	}
	return nil
}

// login draws the code with its QR.
func (f *flow) login(form GuideForm, link Link) error {
	qr, err := qrOf(link.URL)
	if err != nil {
		return err
	}
	const h, side = 40.0, 30.0
	f.y += 2
	f.need(h + 4)
	f.p.frame(120, box{left, f.y, right - left, h}, 0.3)
	f.p.fill(0, qr.rects(right-side-6, f.y+(h-side)/2, side)...)
	width := right - left - side - 20
	y := f.p.put(f.s.plain(form.Label, style{size: 11, heading: true}), left+6, f.y+4, 1.6)
	y = f.p.put(f.s.plain(grouped(link.Code), style{size: 24, heading: true}), left+6, y, 1.5)
	for _, l := range f.s.flow(link.Short, style{size: 11, heading: true}, width) {
		y = f.p.put(l, left+6, y, 1.5)
	}
	for _, l := range f.s.flow(form.LinkNote, style{size: 9}, width) {
		y = f.p.put(l, left+6, y, 1.4)
	}
	f.y += h + 5
	return nil
}

// steps draws a heading with numbered steps; a single one has no number.
func (f *flow) steps(part GuidePart) {
	const indent = 8.0
	f.need(16)
	f.y = f.p.put(f.s.plain(part.Heading, style{size: f.d.heading, heading: true}), left, f.y, 1.7)
	for i, text := range part.Steps {
		x := left
		if len(part.Steps) > 1 {
			x += indent
		}
		lines := f.s.flow(text, f.style(f.d.body), right-x)
		f.need(float64(len(lines)) * f.d.body * mm * f.d.bodyLead)
		if x > left {
			f.p.put(f.s.plain(strconv.Itoa(i+1), style{size: f.d.body, heading: true}), left+2, f.y, f.d.bodyLead)
		}
		for _, l := range lines {
			f.y = f.p.put(l, x, f.y, f.d.bodyLead)
		}
		f.y += 1.2
	}
	f.y += f.d.behind
}
