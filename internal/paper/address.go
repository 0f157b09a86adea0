package paper

import (
	"slices"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
)

// Addressee is whom a piece goes to. Every text is printed as it is.
type Addressee struct {
	Key       string // names the piece in findings; never printed
	Serial    string // 通番, printed small: 0007-00012/00480
	Postal    string // seven digits in any usual form, "" for none
	Address   string // with or without prefecture
	Annex     string // 方書: building, room, ○○様方
	Name      string
	Honorific string // 様, 殿, 御中, 各位 or ""
	GaijiSet  string // meaning of private use characters in these texts
}

// honorifics that may follow a name; a name that already ends with one gets no
// second one.
var honorifics = []string{"様", "殿", "御中", "各位"}

func (a Addressee) honorific() (string, error) {
	if a.Honorific != "" && !slices.Contains(honorifics, a.Honorific) {
		return "", fault.New(fault.Invalid, "paper.honorific", "value", a.Honorific)
	}
	for _, h := range honorifics {
		if strings.HasSuffix(a.Name, h) && h != a.Name {
			return "", nil
		}
	}
	return a.Honorific, nil
}

// fields are the texts of a piece as findings name them.
func (a Addressee) fields() [][2]string {
	return [][2]string{{"name", a.Name}, {"address", a.Address}, {"annex", a.Annex}, {"serial", a.Serial}}
}

// glyphs lists what no font of the press draws, with the decisions in force.
func (p Press) glyphs(key, gaijiSet string, fields [][2]string) []GlyphFinding {
	var out []GlyphFinding
	for _, f := range fields {
		for _, g := range p.Fonts.Check(f[1], gaijiSet) {
			g.Decided = slices.ContainsFunc(p.Decisions, func(d glyph.Decision) bool {
				return d.Cluster == g.Cluster && (g.GaijiSet == "" || d.GaijiSet == g.GaijiSet)
			})
			out = append(out, GlyphFinding{Key: key, Field: f[0], Finding: g})
		}
	}
	return out
}

// Floors of the type on mail.
const (
	nameFloor    = 11.0 // points
	addressFloor = 8.0
	postalSize   = 11.5 // digits 2.8 mm high
	postalSmall  = 10.0 // digits 2.4 mm high, the least that is allowed
	clear        = 2.0  // mm below the postal code
	maxNameLines = 3
	maxExtra     = 6 // lines that may be added to an address
)

// block is an addressee laid out in a rectangle.
type block struct {
	postal  line
	address []line
	name    []line
	code    customer // points 0: without barcode
	bars    string
	reason  jpaddr.Reason // why without
	gap     float64       // above name and barcode
}

const noRoom jpaddr.Reason = "paper.no_room_for_barcode"

// room is the rectangle of an address block: its size, the room for the
// barcode including its quiet zones, and the sizes to begin with.
type room struct {
	w, h          float64
	code          customer
	address, name float64
	postal        float64
	wantCode      bool
}

// layOut fits an addressee into a room: break at meaning, condense, reduce,
// add a line, in this order. It reports the field that makes it impossible.
func (s *setter) layOut(a Addressee, r room) (block, *Overflow) {
	symbol, reason := jpaddr.Symbol{}, jpaddr.Reason("")
	if r.wantCode {
		symbol, reason = s.press.Towns.Customer(a.Postal, a.Address+" "+a.Annex)
		if reason == "" && r.code.points == 0 {
			reason = noRoom
		}
	}
	if r.wantCode && reason == "" {
		if b, ok := s.search(a, r, r.code.long+clear); ok {
			b.code, b.bars = r.code, symbol.Bars
			return b, nil
		}
		reason = noRoom
	}
	if b, ok := s.search(a, r, 0); ok {
		b.reason = reason
		return b, nil
	}
	return block{}, s.culprit(a, r)
}

// search tries the arrangements in the order of the rules. below is the height
// that the barcode takes.
func (s *setter) search(a Addressee, r room, below float64) (block, bool) {
	b := block{gap: 0.8}
	top := 0.0
	if code := jpaddr.Digits(a.Postal); code != "" {
		b.postal = s.plain(wide(code[:3]+"-"+code[3:]), style{size: r.postal})
		if b.postal.width > r.w {
			return block{}, false
		}
		top = r.postal*mm*0.8 + clear
	}
	for extra := range maxExtra + 1 {
		for size := r.address; size >= addressFloor; size -= 0.5 {
			for nameLines := 1; nameLines <= min(maxNameLines, extra+1); nameLines++ {
				left := r.h - top - below - b.gap
				name, ok := s.setName(a, r, max(nameFloor, size), nameLines, left)
				if !ok {
					continue
				}
				address, ok := s.setAddress(a, style{size: size, gaijiSet: a.GaijiSet}, r.w, extra-nameLines+1)
				if !ok || height(address)+height(name) > left {
					continue
				}
				b.address, b.name = address, name
				return b, true
			}
		}
	}
	return block{}, false
}

func height(lines []line) float64 {
	h := 0.0
	for _, l := range lines {
		h += l.size * mm * lead
	}
	return h
}

// lead is the distance of lines in em.
const lead = 1.18

// setName sets the name with its honorific, as large as the room begins with
// and never smaller than floor.
func (s *setter) setName(a Addressee, r room, floor float64, lines int, left float64) ([]line, bool) {
	text := a.Name
	if h, _ := a.honorific(); h != "" {
		text += "　" + h
	}
	for size := max(r.name, floor); size >= floor; size -= 0.5 {
		set, ok := s.wrap(text, style{size: size, gaijiSet: a.GaijiSet}, r.w, lines)
		if ok && height(set) <= left {
			return set, true
		}
	}
	return nil, false
}

// setAddress breaks at meaning, then spends the extra lines where a part does
// not fit.
func (s *setter) setAddress(a Addressee, st style, width float64, extra int) ([]line, bool) {
	city, rest := s.press.Towns.City(a.Address)
	rest = strings.TrimLeft(rest, " 　")
	whole := []string{a.Address, a.Annex}
	parts := []string{city, rest, a.Annex}
	natural := st
	if s.width(a.Address, natural) > width && city != "" && rest != "" {
		whole = parts
	}
	var out []line
	for _, part := range whole {
		if part == "" {
			continue
		}
		set, ok := s.wrap(part, st, width, 1+extra)
		if !ok {
			return nil, false
		}
		extra -= len(set) - 1
		out = append(out, set...)
	}
	return out, true
}

// culprit names the field that does not fit.
func (s *setter) culprit(a Addressee, r room) *Overflow {
	field := "name"
	if _, ok := s.setName(a, r, nameFloor, maxNameLines, r.h); ok {
		field = "address"
		if len(a.Annex) > len(a.Address) {
			field = "annex"
		}
	}
	return &Overflow{Key: a.Key, Field: field, Code: "paper.overflow_" + field}
}

// wide turns digits and hyphen into full-width ones, as the post wants the
// postal code on pieces without boxes.
func wide(code string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' {
			return '－'
		}
		return r + '０' - '0'
	}, code)
}

// height is what the block takes, in mm.
func (b block) height() float64 {
	h := height(b.address) + height(b.name) + b.gap
	if b.postal.size > 0 {
		h += b.postal.size*mm*0.8 + clear
	}
	if b.code.points > 0 {
		h += b.code.long + clear
	}
	return h
}

// draw puts the block with its upper left corner at (x, y).
func (b block) draw(p *page, x, y, codeX float64) {
	if b.postal.size > 0 {
		p.text(x, y+0.8*b.postal.size*mm, b.postal.size, b.postal.run)
		y += b.postal.size*mm*0.8 + clear
	}
	for _, l := range b.address {
		y = p.put(l, x, y, lead)
	}
	y += b.gap
	for _, l := range b.name {
		y = p.put(l, x, y, lead)
	}
	if b.code.points > 0 {
		p.codes = append(p.codes, postal{b.code, b.bars, codeX, y + clear})
	}
}
