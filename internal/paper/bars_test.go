package paper

import (
	"testing"

	"kofu/internal/jpaddr"
)

// The limits of Japan Post per k = points/10, and the widths that a symbol
// with its quiet zones needs.
func TestFitCustomer(t *testing.T) {
	for _, c := range []struct {
		width, points float64
	}{
		{96.5, 10}, {84, 10}, {82.6, 10}, {78.9, 10}, {78.8, 9}, {74.2, 9}, {71.3, 8}, {69.2, 8}, {63.9, 8}, {63.5, 8}, {60.6, 8}, {56, 8}, {53.3, 0}, {48.3, 0}, {38.1, 0},
	} {
		got := fitCustomer(c.width)
		if got.points != c.points {
			t.Errorf("on %.1f mm: %v pt, want %v", c.width, got.points, c.points)
		}
		if got.points == 0 {
			continue
		}
		within(t, got)
		if used := got.width() + 4; used > c.width+1e-9 {
			t.Errorf("on %.1f mm: takes %.2f", c.width, used)
		}
	}
}

func within(t *testing.T, c customer) {
	t.Helper()
	k := c.points / 10
	for _, m := range []struct {
		name           string
		got, low, high float64
	}{
		{"pitch", c.pitch, 0.95, 1.30},
		{"bar", c.bar, 0.50, 0.70},
		{"space", c.pitch - c.bar, 0.45, 0.60},
		{"long bar", c.long, 3.40, 3.60},
		{"timing bar", c.timing, 1.05, 1.35},
	} {
		if m.got < m.low*k-1e-9 || m.got > m.high*k+1e-9 {
			t.Errorf("%v pt: %s %.3f mm, allowed %.3f to %.3f", c.points, m.name, m.got, m.low*k, m.high*k)
		}
	}
}

func TestCustomerRects(t *testing.T) {
	s, err := jpaddr.Encode("10200756-3")
	if err != nil {
		t.Fatal(err)
	}
	c := fitCustomer(84)
	rects := c.rects(s.Bars, 10, 20)
	if len(rects) != 67 {
		t.Fatalf("%d bars", len(rects))
	}
	for i, r := range rects {
		top, bottom := r.y-20, r.y+r.h-20
		up, down := top < 0.01, bottom > c.long-0.01
		want := map[byte][2]bool{'1': {true, true}, '2': {true, false}, '3': {false, true}, '4': {false, false}}[s.Bars[i]]
		if up != want[0] || down != want[1] {
			t.Errorf("bar %d (%c): from %.2f to %.2f of %.2f", i, s.Bars[i], top, bottom, c.long)
		}
		if top > 1.1501 || bottom < c.long-1.1501 {
			t.Errorf("bar %d (%c) misses the timing track", i, s.Bars[i])
		}
	}
}

func TestCalibration(t *testing.T) {
	c := Calibration{X: 0.2, Y: -0.3, ScaleX: 1.005, ScaleY: 0.995}
	stock, _ := FindStock("12up-84x42-aone-28187")
	for n := range stock.Cells() {
		cell := stock.cell(n)
		x, y := c.at(cell.x, cell.y)
		if wantX, wantY := 0.2+cell.x*1.005, -0.3+cell.y*0.995; x != wantX || y != wantY {
			t.Errorf("cell %d: (%v, %v), want (%v, %v)", n, x, y, wantX, wantY)
		}
	}
	if x, y := (Calibration{}).at(12, 34); x != 12 || y != 34 {
		t.Error("the zero value moves labels")
	}
	if (Calibration{X: 21}).Check() == nil || (Calibration{ScaleX: 1.06}).Check() == nil || (Calibration{Rotation: 4}).Check() == nil || c.Check() != nil {
		t.Error("Check")
	}
}

func TestCells(t *testing.T) {
	stock, _ := FindStock("12up-84x42-aone-28187")
	if got := stock.cell(0); got != (box{20, 22.5, 84, 42}) {
		t.Errorf("cell 0 = %v", got)
	}
	if got := stock.cell(5); got != (box{106, 106.5, 84, 42}) {
		t.Errorf("cell 5 = %v", got)
	}
	full, _ := FindStock("21up-70x42.3-aone-28363")
	if got := full.safe(0); got != (box{5, 5, 65, 37.3}) {
		t.Errorf("safe part at the corner = %v", got)
	}
	for _, c := range []struct{ pieces, start, want int }{{0, 1, 0}, {1, 1, 1}, {12, 1, 1}, {13, 1, 2}, {13, 5, 2}, {8, 5, 1}, {9, 5, 2}, {21, 5, 3}} {
		if got := stock.Sheets(c.pieces, c.start); got != c.want {
			t.Errorf("Sheets(%d, %d) = %d, want %d", c.pieces, c.start, got, c.want)
		}
	}
}

func TestQR_RectanglesEqualTheModules(t *testing.T) {
	m, err := qrOf("HTTPS://YOYAKU.EXAMPLE.LG.JP/C/1234567890123452")
	if err != nil {
		t.Fatal(err)
	}
	if len(m) != 29 {
		t.Errorf("%d modules a side, want version 3 with 29", len(m))
	}
	got := make([][]bool, len(m))
	for i := range got {
		got[i] = make([]bool, len(m))
	}
	for _, r := range m.rects(0, 0, float64(len(m))) {
		for y := int(r.y + 0.5); y < int(r.y+r.h+0.5); y++ {
			for x := int(r.x + 0.5); x < int(r.x+r.w+0.5); x++ {
				if got[y][x] {
					t.Fatalf("module %d,%d drawn twice", x, y)
				}
				got[y][x] = true
			}
		}
	}
	for y := range m {
		for x := range m {
			if m[y][x] != got[y][x] {
				t.Fatalf("module %d,%d", x, y)
			}
		}
	}
}
