package glyph

import "kofu/internal/fault"

// The private use area of the BMP, in which 外字 files have their characters.
const (
	firstPrivate = 0xE000
	lastPrivate  = 0xF8FF
)

// WebFont returns the 外字 of an EUDC or BDF source as a TrueType file for
// screens: every glyph that shows something, under its true character. Browsers
// refuse the files of 外字 editors because they lack tables, so the file is
// written anew, without instructions. A nil source gives a font without
// characters, which lets the browser go on with its other fonts. A glyph that
// cannot be read is left out, as in print.
func (s *Source) WebFont() (_ []byte, err error) {
	f := &file{name: "KofuGaiji", upem: boxEm}
	if s != nil {
		defer fault.Add(&err, "glyph.WebFont(%q)", s.Name)
		f.upem = s.font.upem
		f.glyphs = s.private()
	}
	// The line of a table must not grow with the file's own metrics.
	f.ascent, f.descent = f.upem*88/100, -f.upem*12/100
	return f.bytes()
}

// private returns the glyphs of the private use area in the order of characters.
func (s *Source) private() (glyphs []entry) {
	for r := rune(firstPrivate); r <= lastPrivate; r++ {
		gid, ok := s.glyph(r)
		if !ok {
			continue
		}
		if e, err := s.shape(gid, 100); err == nil {
			e.code = uint16(r)
			glyphs = append(glyphs, e)
		}
	}
	return glyphs
}
