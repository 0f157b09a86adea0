package paper

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"kofu/internal/fault"
)

// Letters is a print of notice letters on A4, to be folded in three: address
// and sender in the upper third, the notice in the middle, booking and the
// code for the counter in the lower third.
type Letters struct {
	Press
	Title       string // of the document; no personal data
	Form        LetterForm
	Calibration Calibration
	Barcode     bool     // print the customer barcode under the name
	Control     *Control // control sheets before and after, nil for none
}

// LetterForm is what all letters of a print have in common. Texts may hold
// places such as {name}, which a letter's Values fill.
type LetterForm struct {
	Sender  Sender
	Title   string
	Body    []string // paragraphs above the facts
	Closing []string // paragraphs below the list of what to bring
	// Window is where the address block stands: left, top, width, height in mm.
	// The zero value is 24, 20, 84, 44, which shows in the usual 長3 window.
	Window [4]float64
}

// Sender is the letterhead.
type Sender struct{ Organization, Section, Postal, Address, Phone string }

// Letter is one piece.
type Letter struct {
	To       Addressee
	Date     string // 令和8年11月24日
	NoticeNo string // as people read it
	Facts    []Fact // place, hours, deadline …
	Items    []string
	Link     *Link  // booking by QR and code, or the code alone; nil for none
	Counter  string // digits that the counter scans, "" for none
	Values   map[string]string
}

// Link is the way into the booking service.
type Link struct {
	Code  string // 16 digits
	URL   string // in the QR; capitals keep it small; "" without a booking service: the QR holds the code
	Short string // what people type
	Phone string // for those who do not
}

// VolumePieces is how many letters one PDF should hold: the vector codes of
// 1,200 letters keep the memory of a small PC free.
const VolumePieces = 1200

// Volume is a range of pieces, from From up to but without To.
type Volume struct{ From, To int }

// Volumes divides pieces into volumes of at most [VolumePieces].
func Volumes(pieces int) []Volume {
	var out []Volume
	for from := 0; from < pieces; from += VolumePieces {
		out = append(out, Volume{from, min(from+VolumePieces, pieces)})
	}
	return out
}

// Preflight lays out every letter and reports what must be decided.
func (l Letters) Preflight(ctx context.Context, letters []Letter, progress Progress) (_ Report, err error) {
	defer fault.Add(&err, "paper.Letters.Preflight(%d letters)", len(letters))
	_, report, err := l.compose(ctx, letters, progress)
	return report, err
}

// Render draws the letters, one PDF for all; for large runs give it one volume
// at a time. It refuses with paper.undecided what Preflight reports as open.
func (l Letters) Render(ctx context.Context, w io.Writer, letters []Letter, progress Progress) (report Report, err error) {
	defer fault.Add(&err, "paper.Letters.Render(%d letters)", len(letters))
	c, report, err := l.compose(ctx, letters, progress)
	if err != nil {
		return report, err
	}
	if err := report.refusal(); err != nil {
		return report, err
	}
	return report, c.write(ctx, w, info{title: l.Title, press: l.Press})
}

// a4 is the sheet of all letters.
var a4 = Stock{Name: "A4", Paper: "A4", PaperW: 210, PaperH: 297, Columns: 1, Rows: 1, LabelW: 210, LabelH: 297}

func (l Letters) compose(ctx context.Context, letters []Letter, progress Progress) (*canvas, Report, error) {
	report := Report{Pieces: len(letters)}
	if err := l.Calibration.Check(); err != nil {
		return nil, report, err
	}
	s, err := l.setter()
	if err != nil {
		return nil, report, err
	}
	c := &canvas{job: s.job}
	pieces := make([]Addressee, len(letters))
	for i, letter := range letters {
		pieces[i] = letter.To
		if err := ctx.Err(); err != nil {
			return nil, report, err
		}
		before := len(c.pages)
		if err := l.letter(s, c, letter, &report); err != nil {
			return nil, report, fmt.Errorf("letter %d: %w", i+1, err)
		}
		report.Sheets += len(c.pages) - before
		progress.tell(i+1, len(letters))
	}
	if l.Control != nil {
		body := c.pages
		c.pages = nil
		l.Control.first(s, c, a4, report)
		c.pages = append(c.pages, body...)
		l.Control.last(s, c, a4, report, pieces)
	}
	return c, report, nil
}

var place = regexp.MustCompile(`\{[^{}]*\}`)

// filled puts a letter's values into a text of the form.
func (l Letter) filled(text string) (string, error) {
	var unknown string
	out := place.ReplaceAllStringFunc(text, func(p string) string {
		v, ok := l.Values[strings.Trim(p, "{}")]
		if !ok {
			unknown = p
		}
		return v
	})
	if unknown != "" {
		return "", fault.New(fault.Invalid, "paper.place_unknown", "place", unknown)
	}
	return out, nil
}

func (l Letter) paragraphs(texts []string) ([]string, error) {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		filled, err := l.filled(t)
		if err != nil {
			return nil, err
		}
		out = append(out, strings.Split(filled, "\n")...)
	}
	return out, nil
}

// letter lays out one piece.
func (l Letters) letter(s *setter, c *canvas, letter Letter, report *Report) error {
	if _, err := letter.To.honorific(); err != nil {
		return err
	}
	body, err := letter.paragraphs(l.Form.Body)
	if err != nil {
		return err
	}
	closing, err := letter.paragraphs(l.Form.Closing)
	if err != nil {
		return err
	}
	title, err := letter.filled(l.Form.Title)
	if err != nil {
		return err
	}
	fields := letter.To.fields()
	texts := append(append([]string{title, letter.Date, letter.NoticeNo, l.Form.Sender.text()}, body...), closing...)
	for _, f := range letter.Facts {
		texts = append(texts, f.Label, f.Text)
	}
	if letter.Link != nil {
		texts = append(texts, letter.Link.Short, letter.Link.Phone)
	}
	fields = append(fields, [2]string{"text", strings.Join(append(texts, letter.Items...), "")})
	report.Glyphs = append(report.Glyphs, l.glyphs(letter.To.Key, letter.To.GaijiSet, fields)...)

	return l.set(s, c, letter, content{title, body, closing}, report)
}

// content is the text of a letter with its places filled.
type content struct {
	title         string
	body, closing []string
}

// set draws a letter as roomily as it goes on one sheet, and on several sheets
// when it goes on one in no way.
func (l Letters) set(s *setter, c *canvas, letter Letter, text content, report *Report) error {
	from, findings := len(c.pages), *report
	for _, d := range []density{roomy, snug, dense, roomy} {
		c.pages, *report = c.pages[:from], findings
		if err := l.draw(s, c, letter, text, d, report); err != nil {
			return err
		}
		if len(c.pages) == from+1 {
			break
		}
	}
	return nil
}

func (l Letters) draw(s *setter, c *canvas, letter Letter, text content, d density, report *Report) error {
	from := len(c.pages)
	f := &flow{s: s, c: c, calib: l.Calibration, gaijiSet: letter.To.GaijiSet, sender: l.Form.Sender, d: d, bottom: letter.bottom()}
	f.newPage()
	l.head(f, letter, text.title, report)
	for _, p := range text.body {
		f.paragraph(p)
	}
	f.facts(letter.Facts)
	f.items(letter.Items)
	for _, p := range text.closing {
		f.paragraph(p)
	}
	if err := f.panel(c.pages[from], letter); err != nil {
		return err
	}
	for n, p := range c.pages[from:] {
		f.furniture(p, letter.To.Serial, n+1, len(c.pages)-from)
	}
	return nil
}

// bottom is where the text of the first page ends: above what stands below.
func (l Letter) bottom() float64 {
	switch {
	case l.Link != nil:
		return panelTop - 2
	case l.Counter != "":
		return counterTop - 4
	}
	return pageBottom
}

func (s Sender) text() string {
	return s.Organization + s.Section + s.Postal + s.Address + s.Phone
}

// head draws address, date and sender.
func (l Letters) head(f *flow, letter Letter, title string, report *Report) {
	w := l.Form.Window
	if w == ([4]float64{}) {
		w = [4]float64{24, 20, 84, 44}
	}
	code := fitCustomer(w[2])
	b, overflow := f.s.layOut(letter.To, room{w: w[2], h: w[3], code: code, address: 10.5, name: 14, postal: postalSize, wantCode: l.Barcode})
	if overflow != nil {
		report.Overflow = append(report.Overflow, *overflow)
	}
	if b.reason != "" {
		report.NoBarcode = append(report.NoBarcode, NoBarcode{Key: letter.To.Key, Reason: b.reason})
	}
	b.draw(f.p, w[0], w[1], w[0])

	y := f.right(letter.Date, style{size: 10}, 18)
	if letter.NoticeNo != "" {
		y = f.right(letter.NoticeNo, style{size: 9}, y)
	}
	y += 4
	sender := l.Form.Sender
	y = f.right(sender.Organization, style{size: 13, heading: true}, y)
	y = f.right(sender.Section, style{size: 10}, y)
	if sender.Postal != "" || sender.Address != "" {
		y = f.right(strings.TrimSpace(sender.Postal+"　"+sender.Address), style{size: 8.5}, y)
	}
	f.right(sender.Phone, style{size: 8.5}, y)

	t := f.s.titleLine(title, letter.To.GaijiSet, right-left)
	f.p.put(t, (f.p.w-t.width)/2, 76, 1)
	f.p.fill(120, box{left, 85.5, right - left, 0.2})
	f.y = 91
}

func (s *setter) titleLine(title, gaijiSet string, width float64) line {
	for size := 16.0; size > 9; size-- {
		if l := s.plain(title, style{size: size, heading: true, gaijiSet: gaijiSet}); l.width <= width {
			return l
		}
	}
	return s.plain(title, style{size: 9, heading: true, condense: 80, gaijiSet: gaijiSet})
}

// grouped writes the 16 digits of a link code in fours.
func grouped(code string) string {
	var out []string
	for len(code) > 4 {
		out = append(out, code[:4])
		code = code[4:]
	}
	return strings.Join(append(out, code), "-")
}

// pageOf is n/m as it stands on every sheet of a letter.
func pageOf(n, m int) string { return strconv.Itoa(n) + "/" + strconv.Itoa(m) }
