package glyph

import "math"

// Point is a point of an outline in font units; On tells points on the curve
// from control points of its quadratic arcs.
type Point struct {
	X, Y int
	On   bool
}

// Contour is a closed line. Filled areas lie to the right of its direction
// (clockwise), holes are drawn counter-clockwise.
type Contour []Point

// Limits on one glyph, so that a hostile composite cannot grow without end.
const (
	maxDepth  = 32
	maxParts  = 1024
	maxPoints = 32767
)

// outline returns the contours of a glyph; composites are resolved to their
// full depth.
func (f *sfnt) outline(gid int) ([]Contour, error) {
	parts := maxParts
	return f.contours(gid, maxDepth, &parts)
}

func (f *sfnt) contours(gid, depth int, parts *int) ([]Contour, error) {
	b, err := f.record(gid)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	if len(b) < 10 {
		return nil, damaged("glyph %d has %d bytes", gid, len(b))
	}
	if n := int(i16(b, 0)); n >= 0 {
		return simpleOutline(b, n)
	}
	if depth == 0 {
		return nil, damaged("glyph %d is nested too deeply", gid)
	}
	return f.composite(b, depth-1, parts)
}

// cursor reads forward and remembers when it ran out of bytes.
type cursor struct {
	b     []byte
	at    int
	short bool
}

func (c *cursor) byte() int {
	if c.at >= len(c.b) {
		c.short = true
		return 0
	}
	c.at++
	return int(c.b[c.at-1])
}

func (c *cursor) word() int       { return c.byte()<<8 | c.byte() }
func (c *cursor) signed() int     { return int(int16(c.word())) }
func (c *cursor) fixed() float64  { return float64(c.signed()) / (1 << 14) }
func (c *cursor) signedByte() int { return int(int8(c.byte())) }

// Flags of the points of a simple glyph.
const (
	onCurve = 1 << iota
	xShort
	yShort
	repeat
	xSame
	ySame
)

func simpleOutline(b []byte, n int) ([]Contour, error) {
	c := &cursor{b: b, at: 10}
	ends := make([]int, n)
	points := 0
	for i := range ends {
		ends[i] = c.word() + 1
		if ends[i] < points {
			return nil, damaged("contours are out of order")
		}
		points = ends[i]
	}
	if n == 0 {
		return nil, nil
	}
	c.at += c.word() // instructions
	if c.short || points > maxPoints || c.at > len(b) {
		return nil, damaged("glyph with %d points in %d bytes", points, len(b))
	}
	list := c.points(points)
	if c.short {
		return nil, damaged("glyph with %d points ends after %d bytes", points, len(b))
	}
	contours := make([]Contour, 0, n)
	from := 0
	for _, to := range ends {
		if to > from {
			contours = append(contours, list[from:to:to])
		}
		from = to
	}
	return contours, nil
}

func (c *cursor) points(n int) []Point {
	flags := make([]int, 0, n)
	for len(flags) < n && !c.short {
		flag := c.byte()
		times := 1
		if flag&repeat != 0 {
			times += c.byte()
		}
		for ; times > 0 && len(flags) < n; times-- {
			flags = append(flags, flag)
		}
	}
	points := make([]Point, n)
	if c.short {
		return points
	}
	x, y := 0, 0
	for i, flag := range flags {
		x += c.delta(flag, xShort, xSame)
		points[i].X, points[i].On = x, flag&onCurve != 0
	}
	for i, flag := range flags {
		y += c.delta(flag, yShort, ySame)
		points[i].Y = y
	}
	return points
}

func (c *cursor) delta(flag, short, same int) int {
	switch {
	case flag&short != 0 && flag&same != 0:
		return c.byte()
	case flag&short != 0:
		return -c.byte()
	case flag&same != 0:
		return 0
	}
	return c.signed()
}

// Flags of the parts of a composite glyph.
const (
	argsAreWords    = 1 << 0
	argsAreOffsets  = 1 << 1
	hasScale        = 1 << 3
	moreParts       = 1 << 5
	hasTwoScales    = 1 << 6
	hasMatrix       = 1 << 7
	offsetsAreScale = 1 << 11
)

// part is one component: which glyph, moved by (dx, dy) or so that two points
// meet, and transformed by the matrix.
type part struct {
	flags, gid int
	arg1, arg2 int
	m          [4]float64
}

func (c *cursor) part() part {
	p := part{flags: c.word(), gid: c.word(), m: [4]float64{1, 0, 0, 1}}
	switch {
	case p.flags&argsAreWords != 0 && p.flags&argsAreOffsets != 0:
		p.arg1, p.arg2 = c.signed(), c.signed()
	case p.flags&argsAreWords != 0:
		p.arg1, p.arg2 = c.word(), c.word()
	case p.flags&argsAreOffsets != 0:
		p.arg1, p.arg2 = c.signedByte(), c.signedByte()
	default:
		p.arg1, p.arg2 = c.byte(), c.byte()
	}
	switch {
	case p.flags&hasScale != 0:
		s := c.fixed()
		p.m = [4]float64{s, 0, 0, s}
	case p.flags&hasTwoScales != 0:
		p.m[0], p.m[3] = c.fixed(), c.fixed()
	case p.flags&hasMatrix != 0:
		p.m = [4]float64{c.fixed(), c.fixed(), c.fixed(), c.fixed()}
	}
	return p
}

func (f *sfnt) composite(b []byte, depth int, parts *int) ([]Contour, error) {
	c := &cursor{b: b, at: 10}
	var whole []Contour
	for {
		p := c.part()
		if *parts--; c.short || *parts < 0 {
			return nil, damaged("composite glyph is cut off or has too many parts")
		}
		contours, err := f.contours(p.gid, depth, parts)
		if err != nil {
			return nil, err
		}
		contours = p.transform(contours)
		dx, dy, err := p.offset(whole, contours)
		if err != nil {
			return nil, err
		}
		whole = append(whole, moved(contours, dx, dy)...)
		if count(whole) > maxPoints {
			return nil, damaged("composite glyph has too many points")
		}
		if p.flags&moreParts == 0 {
			return whole, nil
		}
	}
}

func (p part) transform(contours []Contour) []Contour {
	if p.m == [4]float64{1, 0, 0, 1} {
		return contours
	}
	return mapped(contours, func(x, y int) (int, int) {
		fx, fy := float64(x), float64(y)
		return round(fx*p.m[0] + fy*p.m[2]), round(fx*p.m[1] + fy*p.m[3])
	})
}

func (p part) offset(whole, contours []Contour) (dx, dy int, err error) {
	if p.flags&argsAreOffsets == 0 {
		anchor, ok1 := at(whole, p.arg1)
		own, ok2 := at(contours, p.arg2)
		if !ok1 || !ok2 {
			return 0, 0, damaged("composite glyph refers to a point it does not have")
		}
		return anchor.X - own.X, anchor.Y - own.Y, nil
	}
	if p.flags&offsetsAreScale != 0 {
		return round(float64(p.arg1) * math.Hypot(p.m[0], p.m[1])), round(float64(p.arg2) * math.Hypot(p.m[2], p.m[3])), nil
	}
	return p.arg1, p.arg2, nil
}

func round(v float64) int { return int(math.Floor(v + 0.5)) }

// mapped returns a copy of the contours with every point moved by to.
func mapped(contours []Contour, to func(x, y int) (int, int)) []Contour {
	result := make([]Contour, len(contours))
	for i, contour := range contours {
		result[i] = make(Contour, len(contour))
		for j, p := range contour {
			x, y := to(p.X, p.Y)
			result[i][j] = Point{x, y, p.On}
		}
	}
	return result
}

func moved(contours []Contour, dx, dy int) []Contour {
	if dx == 0 && dy == 0 {
		return contours
	}
	return mapped(contours, func(x, y int) (int, int) { return x + dx, y + dy })
}

func count(contours []Contour) int {
	n := 0
	for _, c := range contours {
		n += len(c)
	}
	return n
}

// at returns the n-th point of the contours, counted through.
func at(contours []Contour, n int) (Point, bool) {
	for _, c := range contours {
		if n < len(c) {
			return c[n], true
		}
		n -= len(c)
	}
	return Point{}, false
}

// visible reports whether the contours enclose any area: an outline of less
// than three points or on one line shows nothing on paper.
func visible(contours []Contour) bool {
	for _, c := range contours {
		for i := 2; i < len(c); i++ {
			a, b, p := c[0], c[i-1], c[i]
			if (b.X-a.X)*(p.Y-a.Y) != (b.Y-a.Y)*(p.X-a.X) {
				return true
			}
		}
	}
	return false
}
