package paper

import (
	"kofu/internal/message"
)

// Measures of the letter, in mm.
const (
	left, right = 20.0, 190.0
	panelTop    = 211.0
	counterTop  = 268.0
	pageBottom  = 280.0
)

// density is how closely the text of a letter is set.
type density struct {
	body, bodyLead  float64 // points; in em
	fact, factPad   float64 // points; mm above and below
	label           float64
	item, itemLead  float64
	heading, behind float64 // points; mm below a list
}

// A letter is set as roomily as one sheet allows.
var (
	roomy = density{body: 10.5, bodyLead: 1.65, fact: 11, factPad: 1.7, label: 9.5, item: 10, itemLead: 1.5, heading: 11, behind: 3}
	snug  = density{body: 10, bodyLead: 1.55, fact: 10.5, factPad: 1.35, label: 9.5, item: 9.5, itemLead: 1.45, heading: 10.5, behind: 2}
	dense = density{body: 9.5, bodyLead: 1.45, fact: 10, factPad: 1.0, label: 9, item: 9, itemLead: 1.35, heading: 10, behind: 1.5}
)

// flow runs text down a letter and on to further pages.
type flow struct {
	s        *setter
	c        *canvas
	p        *page
	calib    Calibration
	gaijiSet string
	sender   Sender
	d        density
	y        float64
	bottom   float64 // of the present page
}

func (f *flow) newPage() {
	if f.p != nil {
		f.bottom = pageBottom // only the first page has a panel
	}
	f.p = f.c.page(a4.PaperW, a4.PaperH, f.calib)
	f.y = 24
}

// need starts a new page when h mm do not fit any more.
func (f *flow) need(h float64) {
	if f.y+h > f.bottom {
		f.newPage()
	}
}

func (f *flow) style(size float64) style { return style{size: size, gaijiSet: f.gaijiSet} }

// right sets lines flush right in the sender's column.
func (f *flow) right(text string, st style, y float64) float64 {
	st.gaijiSet = f.gaijiSet
	for _, l := range f.s.flow(text, st, 68) {
		y = f.p.put(l, right-l.width, y, 1.45)
	}
	return y
}

func (f *flow) paragraph(text string) {
	lines := f.s.flow(text, f.style(f.d.body), right-left)
	if len(lines) == 0 {
		f.y += f.d.body * mm
	}
	for _, l := range lines {
		f.need(l.size * mm * f.d.bodyLead)
		f.y = f.p.put(l, left, f.y, f.d.bodyLead)
	}
	f.y += 1
}

// facts draws a table: what it is on the left, the text on the right.
func (f *flow) facts(facts []Fact) {
	const labelW = 34.0
	pad, size, small := f.d.factPad, f.d.fact, f.d.label
	if len(facts) == 0 {
		return
	}
	f.y += 2
	for i, fact := range facts {
		labels := f.s.flow(fact.Label, style{size: small, heading: true, gaijiSet: f.gaijiSet}, labelW-4)
		st := f.style(size)
		st.heading = fact.Strong
		texts := f.s.flow(fact.Text, st, right-left-labelW-6)
		h := max(float64(len(texts))*size*mm*1.35, float64(len(labels))*small*mm*1.35) + 2*pad
		fresh := f.y
		f.need(h)
		f.p.fill(242, box{left, f.y, labelW, h})
		if i == 0 || f.y < fresh {
			f.p.fill(120, box{left, f.y, right - left, 0.2})
		}
		y := f.y + (h-float64(len(labels))*small*mm*1.35)/2 + 0.5
		for _, l := range labels {
			y = f.p.put(l, left+3, y, 1.35)
		}
		y = f.y + pad + 0.5
		for _, l := range texts {
			y = f.p.put(l, left+labelW+4, y, 1.35)
		}
		f.y += h
		f.p.fill(120, box{left, f.y - 0.2, right - left, 0.2})
	}
	f.y += f.d.behind + 1
}

// items draws what to bring, with boxes to tick.
func (f *flow) items(items []string) {
	if len(items) == 0 {
		return
	}
	f.need(14)
	f.y = f.p.put(f.s.plain(message.Text("paper.items", nil), style{size: f.d.heading, heading: true}), left, f.y, 1.7)
	for _, item := range items {
		lines := f.s.flow(item, f.style(f.d.item), right-left-8)
		f.need(float64(len(lines)) * f.d.item * mm * f.d.itemLead)
		f.p.frame(60, box{left + 1.5, f.y + (f.d.item*mm-3)/2, 3, 3}, 0.2)
		for _, l := range lines {
			f.y = f.p.put(l, left+7, f.y, f.d.itemLead)
		}
	}
	f.y += f.d.behind
}

// panel draws the lower third of the first page: booking and counter.
func (f *flow) panel(p *page, letter Letter) error {
	y := panelTop
	if letter.Link != nil {
		if err := f.link(p, *letter.Link, y); err != nil {
			return err
		}
	}
	if letter.Counter == "" {
		return nil
	}
	modules, err := code128Of(letter.Counter)
	if err != nil {
		return err
	}
	const unit, height = 0.3, 9.0
	y = counterTop
	w := float64(len(modules)) * unit
	x := right - w - 10*unit
	p.fill(0, linear(modules, x, y, unit, height)...)
	digits := f.s.plain(letter.Counter, style{size: 8, heading: true})
	p.text(x+(w-digits.width)/2, y+height+3.4, 8, digits.run)
	note := f.s.flow(message.Text("paper.counter_note", nil), style{size: 9}, x-left-6)
	for _, l := range note {
		y = p.put(l, left, y+0.8, 1.4)
	}
	return nil
}

// link draws the way into the booking service: QR, address, code, telephone.
// Without a booking service the code is what people say on the telephone, and
// what the counter reads.
func (f *flow) link(p *page, link Link, y float64) error {
	content, kind := link.URL, "paper.link"
	if content == "" {
		content, kind = link.Code, "paper.number"
	}
	qr, err := qrOf(content)
	if err != nil {
		return err
	}
	const h, side = 53.0, 30.0
	p.frame(150, box{left, y, right - left, h}, 0.2)
	heading := style{size: 12, heading: true}
	p.put(f.s.plain(message.Text(kind+"_heading", nil), heading), left+6, y+4, 1)
	x, top := left+6+2, y+14
	p.fill(0, qr.rects(x, top, side)...)

	x += side + 10
	small := style{size: 9.5, gaijiSet: f.gaijiSet}
	for _, l := range f.s.flow(message.Text(kind+"_scan", nil), small, right-x-5) {
		top = p.put(l, x, top-0.5, 1.5)
	}
	if link.Short != "" {
		top = p.put(f.s.plain(link.Short, style{size: 11, heading: true, gaijiSet: f.gaijiSet}), x, top+1, 1.6)
	}
	label := f.s.plain(message.Text(kind+"_code", nil), style{size: 9})
	p.put(label, x, top+2.2, 1)
	code := f.s.plain(grouped(link.Code), style{size: 19, heading: true})
	top = p.put(code, x+max(20, label.width+4), top-0.8, 1.35)
	if link.Phone == "" {
		return nil
	}
	for _, l := range f.s.flow(message.Text(kind+"_phone", nil), small, right-x-5) {
		top = p.put(l, x, top+0.8, 1.5)
	}
	p.put(f.s.plain(message.Text("paper.link_number", map[string]string{"phone": link.Phone}), style{size: 12, heading: true, gaijiSet: f.gaijiSet}), x, top+0.6, 1)
	return nil
}

// furniture draws what stands on every sheet: serial, page and fold marks.
func (f *flow) furniture(p *page, serial string, n, of int) {
	text := serial
	if of > 1 {
		text += "　" + pageOf(n, of)
	}
	l := f.s.plain(text, style{size: 6, heading: true})
	p.text(right-l.width, 9, 6, l.run)
	for _, y := range []float64{99, 198} {
		p.fill(150, box{5, y - 0.05, 4, 0.1})
	}
	if n > 1 {
		p.put(f.s.plain(f.sender.Organization, style{size: 9, heading: true, gaijiSet: f.gaijiSet}), left, 12, 1)
	}
}
