package paper

import (
	"math"
	"strconv"

	"github.com/signintech/gopdf"

	"kofu/internal/chart"
)

// shape is a polygon or a line of a drawing, in mm.
type shape struct {
	points []gopdf.Point // a line has two
	fill   string        // colour, '' for none
	stroke float64       // width of outline or line in mm, 0 for none
	color  string        // of outline or line
	within []gopdf.Point // what lies outside is not drawn; nil for no limit
}

// place draws a chart with its upper left corner at (x, y), width mm wide, and
// returns its height. Texts become texts of the page.
func (p *page) place(s *setter, d chart.Drawing, x, y, width float64) float64 {
	unit := width / d.Width
	at := func(px, py float64) gopdf.Point { return gopdf.Point{X: x + px*unit, Y: y + py*unit} }
	for _, one := range d.Shapes {
		switch one.Kind {
		case chart.Rect:
			corners := []gopdf.Point{at(one.X, one.Y), at(one.X+one.W, one.Y), at(one.X+one.W, one.Y+one.H), at(one.X, one.Y+one.H)}
			p.shapes = append(p.shapes, shape{points: corners, fill: one.Fill})
			p.hatch(one, at, corners, unit)
			p.shapes = append(p.shapes, shape{points: corners, stroke: one.Stroke * unit, color: one.Color})
		case chart.Line:
			p.shapes = append(p.shapes, shape{
				points: []gopdf.Point{at(one.X, one.Y), at(one.X+one.W, one.Y+one.H)}, stroke: one.Stroke * unit, color: one.Color,
			})
		case chart.Mark:
			var points []gopdf.Point
			for _, c := range one.Outline() {
				points = append(points, at(one.X+c[0], one.Y+c[1]))
			}
			p.shapes = append(p.shapes, shape{points: points, fill: one.Fill, stroke: one.Stroke * unit, color: one.Color})
		case chart.Text:
			size := one.Size * unit / mm
			l := s.plain(one.Text, style{size: size})
			left := at(one.X, one.Y)
			switch one.Anchor {
			case "middle":
				left.X -= l.width / 2
			case "end":
				left.X -= l.width
			}
			p.texts = append(p.texts, text{x: left.X, y: left.Y, size: size, gray: grayOf(one.Color), run: l.run})
		}
	}
	return d.Height * unit
}

// hatch draws the pattern of a series over its colour: lines 8 px apart.
func (p *page) hatch(one chart.Shape, at func(x, y float64) gopdf.Point, within []gopdf.Point, unit float64) {
	const apart, thick = 8.0, 1.2
	line := func(x1, y1, x2, y2 float64) {
		p.shapes = append(p.shapes, shape{points: []gopdf.Point{at(x1, y1), at(x2, y2)}, stroke: thick * unit, color: chart.Ink, within: within})
	}
	right, low := one.X+one.W, one.Y+one.H
	switch one.Pattern {
	case 1, 2:
		for d := -one.H; d < one.W; d += apart {
			if one.Pattern == 1 {
				line(one.X+d, low, one.X+d+one.H, one.Y)
			} else {
				line(one.X+d, one.Y, one.X+d+one.H, low)
			}
		}
	case 3, 4:
		for y := one.Y + apart/2; y < low; y += apart {
			line(one.X, y, right, y)
		}
		for x := one.X + apart/2; x < right && one.Pattern == 4; x += apart {
			line(x, one.Y, x, low)
		}
	}
}

func (s shape) draw(pdf *gopdf.GoPdf) {
	points := make([]gopdf.Point, len(s.points))
	for i, p := range s.points {
		points[i] = gopdf.Point{X: p.X / mm, Y: p.Y / mm}
	}
	if s.within != nil {
		pdf.SaveGraphicsState()
		defer pdf.RestoreGraphicsState()
		clip := make([]gopdf.Point, len(s.within))
		for i, p := range s.within {
			clip[i] = gopdf.Point{X: p.X / mm, Y: p.Y / mm}
		}
		pdf.ClipPolygon(clip)
	}
	if s.fill != "" {
		pdf.SetFillColor(rgb(s.fill))
		pdf.Polygon(points, "F")
	}
	if s.stroke == 0 {
		return
	}
	pdf.SetStrokeColor(rgb(s.color))
	pdf.SetLineWidth(s.stroke / mm)
	if len(points) == 2 {
		pdf.Line(points[0].X, points[0].Y, points[1].X, points[1].Y)
		return
	}
	pdf.Polygon(points, "D")
}

// rgb reads a colour such as #005aff.
func rgb(color string) (r, g, b uint8) {
	if len(color) != len("#rrggbb") {
		return 0, 0, 0
	}
	n, err := strconv.ParseUint(color[1:], 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return uint8(n >> 16), uint8(n >> 8), uint8(n) //nolint:gosec // the bytes of the colour
}

// grayOf is the shade of a text: charts write dark on light, or white on dark.
func grayOf(color string) uint8 {
	r, g, b := rgb(color)
	return uint8(math.Round(0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)))
}
