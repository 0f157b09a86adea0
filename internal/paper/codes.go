package paper

import (
	"fmt"
	"image/color"

	"github.com/boombuler/barcode/code128"
	"github.com/skip2/go-qrcode"

	"kofu/internal/jpaddr"
)

// customer is the geometry of a customer barcode of Japan Post.
//
// Nominal space and long bar lie at the upper end of what the post office
// allows, where every rasteriser pushes them out. The figures here lie in the
// middle; per k = points/10 they are allowed to be: pitch 0.95–1.30, bar
// 0.50–0.70, space 0.45–0.60, long bar 3.40–3.60, timing bar 1.05–1.35.
type customer struct {
	points float64 // 8 to 11.5; 0 when there is no room
	pitch  float64
	bar    float64
	long   float64 // height of the symbol
	timing float64
}

// Figures per k.
const (
	pitchK, barK, longK, timingK = 1.125, 0.60, 3.50, 1.20
	quiet                        = 2.0  // mm of white on every side
	narrowest                    = 0.78 // mm, pitch of a squeezed 8 pt symbol
)

func customerOf(points, pitch float64) customer {
	k := points / 10
	return customer{points: points, pitch: pitch, bar: pitch * barK / pitchK, long: longK * k, timing: timingK * k}
}

// fitCustomer returns the largest symbol for a label of that width: 10, 9 or
// 8 pt, then 8 pt with a narrower pitch.
func fitCustomer(width float64) customer {
	for _, points := range []float64{10, 9, 8} {
		if c := customerOf(points, pitchK*points/10); c.width()+2*quiet <= width {
			return c
		}
	}
	pitch := (width - 2*quiet) / (jpaddr.Bars - 1 + barK/pitchK)
	if pitch = min(pitch, 0.85); pitch < narrowest {
		return customer{}
	}
	return customerOf(8, pitch)
}

func (c customer) width() float64 { return (jpaddr.Bars-1)*c.pitch + c.bar }

// rects returns the bars with their upper left corner at (x, y).
func (c customer) rects(bars string, x, y float64) []box {
	middle := (c.long - c.timing) / 2
	out := make([]box, 0, len(bars))
	for i, b := range bars {
		r := box{x + float64(i)*c.pitch, y, c.bar, c.long}
		switch b {
		case jpaddr.BarUp:
			r.h = c.long - middle
		case jpaddr.BarDown:
			r.y, r.h = y+middle, c.long-middle
		case jpaddr.BarTiming:
			r.y, r.h = y+middle, c.timing
		}
		out = append(out, r)
	}
	return out
}

// matrix is a code of square modules.
type matrix [][]bool

// qrOf makes a QR code of model 2, level M. Capitals, digits and $%*+-./: keep
// it small.
func qrOf(text string) (matrix, error) {
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("qr of %d characters: %w", len(text), err)
	}
	q.DisableBorder = true
	return q.Bitmap(), nil
}

// rects draws the matrix with its upper left corner at (x, y), side mm wide.
// Equal runs of neighbouring rows become one rectangle.
func (m matrix) rects(x, y, side float64) []box {
	unit := side / float64(len(m))
	var out []box
	open := map[[2]int]int{} // run of the row before → its rectangle
	for row, line := range m {
		next := map[[2]int]int{}
		for from := 0; from < len(line); {
			if !line[from] {
				from++
				continue
			}
			to := from
			for to < len(line) && line[to] {
				to++
			}
			run := [2]int{from, to}
			at, known := open[run]
			if !known {
				at = len(out)
				out = append(out, box{x + float64(from)*unit, y + float64(row)*unit, float64(to-from) * unit, 0})
			}
			out[at].h += unit
			next[run] = at
			from = to
		}
		open = next
	}
	return out
}

// code128Of returns the modules of a Code 128, true for a bar.
func code128Of(text string) ([]bool, error) {
	code, err := code128.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("code 128 of %d characters: %w", len(text), err)
	}
	modules := make([]bool, code.Bounds().Dx())
	for i := range modules {
		modules[i] = code.At(i, 0) == color.Black
	}
	return modules, nil
}

// linear draws modules as bars from (x, y).
func linear(modules []bool, x, y, unit, height float64) []box {
	var out []box
	for from := 0; from < len(modules); {
		to := from
		for to < len(modules) && modules[to] {
			to++
		}
		if to > from {
			out = append(out, box{x + float64(from)*unit, y, float64(to-from) * unit, height})
		}
		from = max(to, from+1)
	}
	return out
}
