package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// SVG writes the drawing for a page. The name and the description are in the
// accessibility tree; id makes the names inside unique on the page.
func (d Drawing) SVG(id string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="%[1]s-t %[1]s-d" viewBox="0 0 %[2]g %[3]g" width="%[2]g" height="%[3]g">`,
		escape(id), d.Width, d.Height)
	fmt.Fprintf(&b, `<title id="%[1]s-t">%[2]s</title><desc id="%[1]s-d">%[3]s</desc>`, escape(id), escape(d.Title), escape(d.Description))
	b.WriteString("<defs>")
	for n, lines := range patterns {
		if lines != "" {
			fmt.Fprintf(&b, `<pattern id="%s-p%d" width="8" height="8" patternUnits="userSpaceOnUse"><path d="%s" stroke="%s" stroke-width="1.2" fill="none"/></pattern>`,
				escape(id), n, lines, Ink)
		}
	}
	b.WriteString("</defs>")
	for _, s := range d.Shapes {
		s.svg(&b, escape(id))
	}
	b.WriteString("</svg>")
	return b.Bytes()
}

// patterns are the lines over the colour of a series: none, rising, falling,
// level, crossed.
var patterns = [MostSeries]string{"", "M-1 9L9 -1", "M-1 -1L9 9", "M0 4H8", "M0 4H8M4 0V8"}

func (s Shape) svg(b *bytes.Buffer, id string) {
	switch s.Kind {
	case Rect:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" stroke="%s" stroke-width="%g"/>`, s.X, s.Y, s.W, s.H, s.Fill, s.Color, s.Stroke)
		if s.Pattern > 0 {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#%s-p%d)"/>`, s.X, s.Y, s.W, s.H, id, s.Pattern)
		}
	case Line:
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%g"/>`, s.X, s.Y, s.X+s.W, s.Y+s.H, s.Color, s.Stroke)
	case Text:
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="%g" text-anchor="%s" fill="%s">%s</text>`, s.X, s.Y, s.Size, s.Anchor, s.Color, escape(s.Text))
	case Mark:
		fmt.Fprintf(b, `<path d="%s" transform="translate(%.1f %.1f)" fill="%s" stroke="%s" stroke-width="%g"/>`, markers[s.Marker%len(markers)], s.X, s.Y, s.Fill, s.Color, s.Stroke)
	}
}

// markers are the points of lines: cross, circle, square, triangle, diamond.
var markers = [MostSeries]string{
	"M-4 -1H-1V-4H1V-1H4V1H1V4H-1V1H-4Z", "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z", "M-4 -4H4V4H-4Z", "M0 -5L5 4H-5Z", "M0 -5L5 0L0 5L-5 0Z",
}

// Outline is the polygon of a marker about its point.
func (s Shape) Outline() (points [][2]float64) {
	switch s.Marker % len(markers) {
	case 0:
		return [][2]float64{{-4, -1}, {-1, -1}, {-1, -4}, {1, -4}, {1, -1}, {4, -1}, {4, 1}, {1, 1}, {1, 4}, {-1, 4}, {-1, 1}, {-4, 1}}
	case 1:
		for i := range 24 {
			sin, cos := math.Sincos(float64(i) * math.Pi / 12)
			points = append(points, [2]float64{4 * cos, 4 * sin})
		}
		return points
	case 2:
		return [][2]float64{{-4, -4}, {4, -4}, {4, 4}, {-4, 4}}
	case 3:
		return [][2]float64{{0, -5}, {5, 4}, {-5, 4}}
	}
	return [][2]float64{{0, -5}, {5, 0}, {0, 5}, {-5, 0}}
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}
