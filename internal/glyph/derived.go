package glyph

import (
	"sort"
	"unicode/utf8"
)

// The Hangul block lends its 11,172 codes for glyphs that have no code of their
// own: plane 2, variants, condensed forms, boxes.
const (
	firstInternal = 0xAC00
	lastInternal  = 0xD7A3
)

// derived is a font in the making: glyphs of one source under drawing codes.
type derived struct {
	source *Source
	name   string
	upem   int
	glyphs map[rune]drawn
	next   rune
}

// drawn is a glyph with the text that it stands for.
type drawn struct {
	entry
	text string
}

func newDerived(source *Source, n int) *derived {
	name := "CodeBox"
	if source != nil {
		name = source.postScriptName()
	}
	return &derived{source: source, name: tag(n) + "+" + name, upem: unitsPerEm(source), glyphs: map[rune]drawn{}, next: lastInternal}
}

// add gives the glyph a code: its own character if it stands for exactly one
// of the BMP, otherwise an internal one. It refuses what belongs in another
// font: another source, no room, or a character (a real Hangul one) whose code
// already serves as internal code here.
func (d *derived) add(r request, e entry) (rune, bool) {
	if d.source != r.source || len(d.glyphs) >= maxEntries {
		return 0, false
	}
	code, size := utf8.DecodeRuneInString(r.text)
	if size == len(r.text) && code < 0xFFFF && r.percent == 100 && r.source != nil {
		if _, taken := d.glyphs[code]; taken {
			return 0, false
		}
	} else if code = d.internal(); code == 0 {
		return 0, false
	}
	e.code = uint16(code)
	text := r.text
	if r.source == nil {
		text = boxText(r.text)
	}
	d.glyphs[code] = drawn{e, text}
	return code, true
}

func unitsPerEm(s *Source) int {
	if s == nil {
		return boxEm
	}
	return s.font.upem
}

// internal returns a free code from the end of the Hangul block, 0 if there is
// none.
func (d *derived) internal() rune {
	for ; d.next >= firstInternal; d.next-- {
		if _, taken := d.glyphs[d.next]; !taken {
			return d.next
		}
	}
	return 0
}

// codes returns the drawing codes in order: the glyph id of the n-th is n+1.
func (d *derived) codes() []rune {
	codes := make([]rune, 0, len(d.glyphs))
	for code := range d.glyphs {
		codes = append(codes, code)
	}
	sort.Slice(codes, func(i, k int) bool { return codes[i] < codes[k] })
	return codes
}

func (d *derived) bytes() ([]byte, error) {
	f := &file{name: d.name, upem: d.upem, ascent: d.upem * 88 / 100, descent: -d.upem * 12 / 100}
	if d.source != nil {
		f.ascent, f.descent = d.source.font.ascent, d.source.font.descent
		f.hints, f.maxp = d.source.hints(), d.source.font.maxp
	}
	for _, code := range d.codes() {
		f.glyphs = append(f.glyphs, d.glyphs[code].entry)
	}
	return f.bytes()
}
