package city

import "kofu/internal/glyph"

// Font returns the 外字 font of the city as an operator would register it: a
// TrueType file (.TTE) with exactly the characters of Gaiji. Each shows a frame
// with the bits of its code point, so that two never look alike. An old font is
// like those of old 外字 editors: 256 units per em and without the tables OS/2,
// post and name, which PDF libraries and browsers refuse.
func Font(old bool) ([]byte, error) {
	spec := glyph.FontSpec{Name: "KofuSampleGaiji", UnitsPerEm: 1024}
	if old {
		spec.Name, spec.UnitsPerEm, spec.OmitOptional = "KofuSampleGaijiOld", 256, true
	}
	for _, g := range gaiji {
		spec.Glyphs = append(spec.Glyphs, glyph.OutlineGlyph{
			Rune: g.code, Advance: spec.UnitsPerEm, Contours: badge(int(g.code-0xE000), spec.UnitsPerEm),
		})
	}
	return glyph.BuildFont(spec)
}

// badge draws a frame with twelve cells; the set bits of n fill their cells.
func badge(n, em int) []glyph.Contour {
	unit := em / 32
	box := func(x0, y0, x1, y1 int) glyph.Contour {
		y0, y1 = y0-4, y1-4 // the em begins an eighth below the baseline
		return glyph.Contour{
			{X: x0 * unit, Y: y0 * unit, On: true},
			{X: x0 * unit, Y: y1 * unit, On: true},
			{X: x1 * unit, Y: y1 * unit, On: true},
			{X: x1 * unit, Y: y0 * unit, On: true},
		}
	}
	shape := []glyph.Contour{box(2, 2, 30, 4), box(2, 28, 30, 30), box(2, 4, 4, 28), box(28, 4, 30, 28)}
	for bit := range 12 {
		if (n|1<<11)>>bit&1 == 1 { // the last cell is always filled: no frame is empty
			x, y := 6+bit%3*7, 6+bit/3*5
			shape = append(shape, box(x, y, x+6, y+4))
		}
	}
	return shape
}
