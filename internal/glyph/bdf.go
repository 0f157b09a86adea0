package glyph

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
)

// Coding says what the numbers of a BDF file's glyphs mean.
type Coding string

// The codings: private use code points, or the user-defined cells F040–F9FC of
// Windows code page 932.
const (
	UnicodeCodes Coding = "unicode"
	CP932Codes   Coding = "cp932"
)

// Limits for BDF files, which come from outside.
const (
	maxBDF      = 32 << 20
	maxBDFSide  = 256
	maxBDFCount = 65_000
)

// OpenBDF reads the bitmap 外字 that accompany one delivery of print data as a
// source of role BDF. The dots become outlines without smoothing. Such a file
// belongs to its delivery alone: name the gaiji set after the delivery and the
// file's SHA-256. skipped names the glyphs whose number is no private use
// character and which can therefore never be asked for.
//
// Failures: glyph.too_large, glyph.gaiji_set, and glyph.bdf with the line.
func OpenBDF(name string, r io.ReaderAt, size int64, gaijiSet string, coding Coding) (_ *Source, skipped []string, err error) {
	defer fault.Add(&err, "glyph.OpenBDF(%q)", name)
	if gaijiSet == "" {
		return nil, nil, fault.New(fault.Invalid, "glyph.gaiji_set", "name", name)
	}
	if size > maxBDF {
		return nil, nil, fault.New(fault.TooLarge, "glyph.too_large", "name", name)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), text); err != nil {
		return nil, nil, err
	}
	p := &bdfParser{lines: bufio.NewScanner(bytes.NewReader(text)), coding: coding, glyphs: map[rune]bdfGlyph{}}
	p.lines.Buffer(nil, 64<<10)
	refuse := func(code string) error {
		return fault.New(fault.Invalid, "glyph.bdf", "name", name).With(
			fault.Detail{Code: code, Row: p.line, Args: fault.Args("line", strconv.Itoa(p.line))})
	}
	if code := p.parse(); code != "" {
		return nil, nil, refuse(code)
	}
	font, err := BuildFont(p.spec())
	if err != nil { // dots far outside a tiny em
		return nil, nil, refuse("glyph.bdf_size")
	}
	s, err := Open(name, bytes.NewReader(font), int64(len(font)), EUDC, gaijiSet)
	if err != nil {
		return nil, nil, err
	}
	s.Role, s.Pixels, s.Glyphs, s.SHA256 = BDF, p.em(), len(p.glyphs), sum(text)
	return s, p.skipped, nil
}

type bdfGlyph struct {
	advance    int
	xoff, yoff int
	bitmap     bitmap
}

func (g bdfGlyph) equal(o bdfGlyph) bool {
	return g.advance == o.advance && g.xoff == o.xoff && g.yoff == o.yoff &&
		g.bitmap.width == o.bitmap.width && slices.Equal(g.bitmap.set, o.bitmap.set)
}

// bdfParser reads a BDF file line by line. Its steps return the message code of
// what is wrong, empty if nothing is.
type bdfParser struct {
	lines           *bufio.Scanner
	line            int
	coding          Coding
	box             [4]int // FONTBOUNDINGBOX: width, height, offsets
	pixel           int    // PIXEL_SIZE
	ascent, descent int
	hasAscent       bool
	glyphs          map[rune]bdfGlyph
	count           int
	skipped         []string
}

// next returns the words of the next line that is not blank.
func (p *bdfParser) next() (words []string, ok bool) {
	for p.lines.Scan() {
		p.line++
		if words = strings.Fields(p.lines.Text()); len(words) > 0 {
			return words, true
		}
	}
	return nil, false
}

func (p *bdfParser) parse() (code string) {
	words, ok := p.next()
	if !ok || words[0] != "STARTFONT" {
		return "glyph.bdf_start"
	}
	for {
		words, ok := p.next()
		if !ok {
			return "glyph.bdf_end"
		}
		switch words[0] {
		case "ENDFONT":
			if e := p.em(); e < 1 || e > maxBDFSide {
				return "glyph.bdf_size"
			}
			return ""
		case "STARTCHAR":
			code = p.char(strings.Join(words[1:], " "))
		default:
			code = p.property(words)
		}
		if code != "" {
			return code
		}
	}
}

func (p *bdfParser) property(words []string) string {
	targets := map[string][]*int{
		"FONTBOUNDINGBOX": {&p.box[0], &p.box[1], &p.box[2], &p.box[3]},
		"PIXEL_SIZE":      {&p.pixel},
		"FONT_ASCENT":     {&p.ascent},
		"FONT_DESCENT":    {&p.descent},
	}[words[0]]
	if targets == nil {
		return ""
	}
	p.hasAscent = p.hasAscent || words[0] == "FONT_ASCENT"
	return numbers(words[1:], targets...)
}

// numbers reads one small number for each target.
func numbers(words []string, targets ...*int) string {
	if len(words) < len(targets) {
		return "glyph.bdf_line"
	}
	for i, target := range targets {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return "glyph.bdf_line"
		}
		if n < -maxBDFCount || n > 1<<21 {
			return "glyph.bdf_size"
		}
		*target = n
	}
	return ""
}

// char reads one glyph, from the line after STARTCHAR to ENDCHAR.
func (p *bdfParser) char(name string) (code string) {
	if p.count++; p.count > maxBDFCount {
		return "glyph.bdf_size"
	}
	number, dy := -1, 0
	g := bdfGlyph{advance: p.box[0], xoff: p.box[2], yoff: p.box[3], bitmap: bitmap{width: p.box[0], height: p.box[1]}}
	for {
		words, ok := p.next()
		if !ok {
			return "glyph.bdf_end"
		}
		switch words[0] {
		case "ENCODING":
			code = numbers(words[1:], &number)
		case "DWIDTH":
			code = numbers(words[1:], &g.advance, &dy)
		case "BBX":
			code = numbers(words[1:], &g.bitmap.width, &g.bitmap.height, &g.xoff, &g.yoff)
		case "BITMAP":
			code = p.rows(&g)
		case "ENDCHAR":
			return p.keep(name, number, g)
		}
		if code != "" {
			return code
		}
	}
}

// rows reads the hexadecimal lines of a bitmap. Bits beyond the width are
// padding.
func (p *bdfParser) rows(g *bdfGlyph) string {
	b := &g.bitmap
	for _, v := range []int{b.width, b.height} {
		if v < 0 || v > maxBDFSide {
			return "glyph.bdf_size"
		}
	}
	if abs(g.xoff) > maxBDFSide || abs(g.yoff) > maxBDFSide || g.advance < 0 || g.advance > 2*maxBDFSide {
		return "glyph.bdf_size"
	}
	b.set = make([]bool, 0, b.width*b.height)
	for range b.height {
		words, ok := p.next()
		if !ok {
			return "glyph.bdf_end"
		}
		row, err := hex.DecodeString(words[0])
		if err != nil || len(words) > 1 || len(row) != (b.width+7)/8 {
			return "glyph.bdf_rows"
		}
		for x := range b.width {
			b.set = append(b.set, row[x/8]&(0x80>>(x%8)) != 0)
		}
	}
	return ""
}

func abs(n int) int { return max(n, -n) }

// keep stores a finished glyph under its character.
func (p *bdfParser) keep(name string, number int, g bdfGlyph) string {
	if len(g.bitmap.set) != g.bitmap.width*g.bitmap.height {
		return "glyph.bdf_rows"
	}
	r := p.character(number)
	if !private(r) || r > 0xFFFF {
		p.skipped = append(p.skipped, name)
		return ""
	}
	if before, twice := p.glyphs[r]; twice && !before.equal(g) {
		return "glyph.bdf_twice"
	}
	p.glyphs[r] = g
	return ""
}

// character translates the number of a glyph, -1 if it has no meaning.
func (p *bdfParser) character(number int) rune {
	if p.coding != CP932Codes {
		return rune(number)
	}
	lead, trail := number>>8, number&0xFF
	if lead < 0xF0 || lead > 0xF9 || trail < 0x40 || trail == 0x7F || trail > 0xFC {
		return -1
	}
	if trail > 0x7F {
		trail--
	}
	return rune(0xE000 + (lead-0xF0)*188 + trail - 0x40)
}

// em returns the height of the em in pixels.
func (p *bdfParser) em() int {
	switch {
	case p.hasAscent && p.ascent+p.descent > 0:
		return p.ascent + p.descent
	case p.pixel > 0:
		return p.pixel
	}
	return p.box[1]
}

// spec turns the bitmaps into outlines. A pixel is a whole number of units wide.
// The em box is moved so that it reaches 12 % below the baseline: many bitmap
// fonts have no descent and would stand too high beside text.
func (p *bdfParser) spec() FontSpec {
	k := 2048 / p.em()
	upem := k * p.em()
	bottom := p.box[3]
	if p.hasAscent {
		bottom = -p.descent
	}
	dy := round(-0.12*float64(upem)) - k*bottom
	spec := FontSpec{Name: "BDF", UnitsPerEm: upem}
	for r, g := range p.glyphs {
		contours := mapped(trace(g.bitmap), func(x, y int) (int, int) { return k * (g.xoff + x), k*(g.yoff+y) + dy })
		spec.Glyphs = append(spec.Glyphs, OutlineGlyph{Rune: r, Advance: k * g.advance, Contours: contours})
	}
	return spec
}
