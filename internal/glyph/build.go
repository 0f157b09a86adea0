package glyph

import (
	"fmt"
	"sort"
)

// FontSpec describes a small TrueType font.
type FontSpec struct {
	Name       string // PostScript name: ASCII letters, digits, + and -
	UnitsPerEm int
	Ascent     int // above the baseline; 0 for 88 % of the em
	Descent    int // below the baseline, negative; 0 for -12 % of the em
	Glyphs     []OutlineGlyph
	// OmitOptional leaves out OS/2, post and name, as old 外字 editors do. PDF
	// libraries and browsers refuse such a file.
	OmitOptional bool
}

// OutlineGlyph is one character of a [FontSpec].
type OutlineGlyph struct {
	Rune     rune // BMP
	Advance  int
	Contours []Contour
}

// BuildFont returns the font as TrueType file. Glyphs may come in any order;
// their characters must be different and lie in the BMP.
func BuildFont(spec FontSpec) ([]byte, error) {
	if spec.UnitsPerEm < 16 || spec.UnitsPerEm > 16384 {
		return nil, fmt.Errorf("glyph.BuildFont(%q): %d units per em", spec.Name, spec.UnitsPerEm)
	}
	glyphs := append([]OutlineGlyph(nil), spec.Glyphs...)
	sort.Slice(glyphs, func(i, j int) bool { return glyphs[i].Rune < glyphs[j].Rune })
	f := &file{name: spec.Name, upem: spec.UnitsPerEm, ascent: spec.Ascent, descent: spec.Descent, bare: spec.OmitOptional}
	if f.ascent == 0 {
		f.ascent = f.upem * 88 / 100
	}
	if f.descent == 0 {
		f.descent = -f.upem * 12 / 100
	}
	for i, g := range glyphs {
		if g.Rune < 0 || g.Rune >= 0xFFFF || i > 0 && glyphs[i-1].Rune == g.Rune {
			return nil, fmt.Errorf("glyph.BuildFont(%q): U+%04X is outside the BMP or there twice", spec.Name, g.Rune)
		}
		if g.Advance < 0 || g.Advance > 0xFFFF {
			return nil, fmt.Errorf("glyph.BuildFont(%q): U+%04X is %d wide", spec.Name, g.Rune, g.Advance)
		}
		data, err := encode(g.Contours)
		if err != nil {
			return nil, fmt.Errorf("glyph.BuildFont(%q): U+%04X: %w", spec.Name, g.Rune, err)
		}
		f.glyphs = append(f.glyphs, entry{code: uint16(g.Rune), advance: g.Advance, bearing: xMin(data), data: data})
	}
	return f.bytes()
}

// encode writes contours as a simple glyph without instructions.
func encode(contours []Contour) ([]byte, error) {
	n := count(contours)
	if n == 0 {
		return nil, nil
	}
	if n > maxPoints {
		return nil, fmt.Errorf("%d points", n)
	}
	w := &writer{}
	w.u16(len(contours))
	box := bounds(contours)
	for _, v := range box {
		if v < -16384 || v > 16383 { // differences must fit 16 bits too
			return nil, fmt.Errorf("point at %d", v)
		}
		w.u16(v)
	}
	end := -1
	for _, c := range contours {
		if len(c) == 0 {
			return nil, fmt.Errorf("contour without points")
		}
		end += len(c)
		w.u16(end)
	}
	w.u16(0)
	xs, ys := &writer{}, &writer{}
	x, y := 0, 0
	for _, c := range contours {
		for _, p := range c {
			flag := 0
			if p.On {
				flag = onCurve
			}
			flag |= step(xs, p.X-x, xShort, xSame) | step(ys, p.Y-y, yShort, ySame)
			w.b = append(w.b, byte(flag))
			x, y = p.X, p.Y
		}
	}
	w.b = append(append(w.b, xs.b...), ys.b...)
	return w.b, nil
}

// step writes the distance to the next point and returns its flags.
func step(w *writer, d, short, same int) int {
	switch {
	case d == 0:
		return same
	case d > 0 && d < 256:
		w.b = append(w.b, byte(d))
		return short | same
	case d < 0 && d > -256:
		w.b = append(w.b, byte(-d))
		return short
	}
	w.u16(d)
	return 0
}

// bounds returns xMin, yMin, xMax, yMax.
func bounds(contours []Contour) [4]int {
	box := [4]int{1 << 30, 1 << 30, -1 << 30, -1 << 30}
	for _, c := range contours {
		for _, p := range c {
			box[0], box[1] = min(box[0], p.X), min(box[1], p.Y)
			box[2], box[3] = max(box[2], p.X), max(box[3], p.Y)
		}
	}
	return box
}

func xMin(data []byte) int {
	if len(data) < 10 {
		return 0
	}
	return int(i16(data, 2))
}

// rectangle is a filled box, clockwise.
func rectangle(x0, y0, x1, y1 int) Contour {
	return Contour{{x0, y0, true}, {x0, y1, true}, {x1, y1, true}, {x1, y0, true}}
}

// hole is a box cut out of a filled area, counter-clockwise.
func hole(x0, y0, x1, y1 int) Contour {
	return Contour{{x0, y0, true}, {x1, y0, true}, {x1, y1, true}, {x0, y1, true}}
}
