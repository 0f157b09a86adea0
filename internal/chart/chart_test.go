package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/chart"
	"kofu/internal/fault"
	"kofu/internal/testkit"
)

var booked = chart.Chart{
	Title: "予約 <月別>", Unit: "件", Categories: []string{"9月", "10月", "11月"},
	Columns: []chart.Series{{Name: "本庁", Values: []float64{120, 80, 1500}}, {Name: "支所", Values: []float64{10, 0, 30}}},
	Lines:   []chart.Series{{Name: "前年", Values: []float64{100, 90, 700}}},
}

func draw(t *testing.T, c interface{ Draw() (chart.Drawing, error) }) (chart.Drawing, string) {
	t.Helper()
	d, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	svg := string(d.SVG("c1"))
	for in := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
	}
	return d, svg
}

func TestChart_HasNameAndDescription(t *testing.T) {
	_, svg := draw(t, booked)
	for _, part := range []string{
		`role="img"`, `aria-labelledby="c1-t c1-d"`, "<title id=\"c1-t\">予約 &lt;月別&gt;</title>",
		"本庁:最大は11月の1,500件、最小は10月の80件、最後は11月の1,500件です。", ">前年</text>",
	} {
		if !strings.Contains(svg, part) {
			t.Errorf("the SVG lacks %q", part)
		}
	}
}

// Columns begin at zero and stand upon one another in proportion; nothing
// leaves the frame.
func TestChart_IsTrueToScale(t *testing.T) {
	d, _ := draw(t, booked)
	var columns []chart.Shape
	for _, s := range d.Shapes {
		if s.Kind == chart.Rect && s.W > 20 {
			columns = append(columns, s)
		}
		if s.X < 0 || s.Y < 0 || s.X+s.W > d.Width || s.Y+s.H > d.Height {
			t.Errorf("outside the frame: %+v", s)
		}
	}
	if len(columns) != 5 { // the zero has none
		t.Fatalf("%d columns", len(columns))
	}
	first, second := columns[0], columns[1]
	if math.Abs(first.H/second.H-12) > 1e-9 || math.Abs(second.Y+second.H-first.Y) > 1e-9 {
		t.Errorf("120 and 10 are drawn as %v and %v", first, second)
	}
	if first.Pattern == second.Pattern {
		t.Error("only the colour tells the series apart")
	}
}

func TestChart_Refuses(t *testing.T) {
	uneven := booked
	uneven.Categories = uneven.Categories[:2]
	_, err := uneven.Draw()
	testkit.WantFault(t, err, fault.Invalid, "chart.uneven")
	many := booked
	for i := range 4 {
		many.Lines = append(many.Lines, chart.Series{Name: fmt.Sprint(i), Values: []float64{1, 2, 3}})
	}
	_, err = many.Draw()
	testkit.WantFault(t, err, fault.Invalid, "chart.too_many_series")
	if _, svg := draw(t, chart.Chart{Title: "t", Unit: "件"}); !strings.Contains(svg, "件数はありません") {
		t.Error("an empty chart says nothing")
	}
}

func TestHeat(t *testing.T) {
	h := chart.Heat{Title: "混み具合", Unit: "人", Rows: []string{"月", "火"}, Columns: []string{"9時", "10時"}, Cells: [][]float64{{3, 0}, {math.NaN(), 12}}}
	_, svg := draw(t, h)
	for _, part := range []string{">3</text>", ">12</text>", "火・10時の12人"} {
		if !strings.Contains(svg, part) {
			t.Errorf("the SVG lacks %q", part)
		}
	}
	h.Cells = h.Cells[:1]
	_, err := h.Draw()
	testkit.WantFault(t, err, fault.Invalid, "chart.uneven")
}

// UI-51: graphics keep 3 : 1 by their outline, numbers in cells 4.5 : 1, and no
// two colours of the palette come closer than ΔE 20.
func TestPalette(t *testing.T) {
	for i, a := range chart.Palette {
		for _, b := range chart.Palette[i+1:] {
			if d := deltaE(t, a, b); d < 20 {
				t.Errorf("%s and %s: ΔE %.1f", a, b, d)
			}
		}
	}
	if c := contrast(t, chart.Ink, "#ffffff"); c < 4.5 {
		t.Errorf("ink on white %.2f", c)
	}
	for share := 1; share <= 100; share++ {
		h := chart.Heat{Title: "t", Unit: "u", Rows: []string{"r"}, Columns: []string{"a", "b"}, Cells: [][]float64{{float64(share), 100}}}
		d, _ := draw(t, h)
		var fill string
		for _, s := range d.Shapes {
			if s.Kind == chart.Rect {
				fill = s.Fill
			}
			if s.Kind == chart.Text && fill != "" {
				if c := contrast(t, s.Color, fill); c < 4.5 {
					t.Errorf("share %d: %s on %s is %.2f", share, s.Color, fill, c)
				}
			}
		}
	}
}

func rgb(t *testing.T, hex string) (c [3]float64) {
	t.Helper()
	for i := range c {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		s := float64(v) / 255
		if s <= 0.04045 {
			c[i] = s / 12.92
		} else {
			c[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return c
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(hex string) float64 {
		c := rgb(t, hex)
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] + 0.05
	}
	x, y := light(a), light(b)
	return max(x, y) / min(x, y)
}

func deltaE(t *testing.T, a, b string) float64 {
	t.Helper()
	lab := func(hex string) [3]float64 {
		c := rgb(t, hex)
		f := func(v float64) float64 {
			if v > 216.0/24389 {
				return math.Cbrt(v)
			}
			return (24389.0/27*v + 16) / 116
		}
		x := f((0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.9505)
		y := f(0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2])
		z := f((0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.089)
		return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
	}
	p, q := lab(a), lab(b)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

// No name of a series runs out of the drawing, and few categories are all named.
func TestUI41_NamesHaveRoom(t *testing.T) {
	names := []string{"予約のしかた", "予約の変更・取消", "カードの準備状況", "持ち物", "代理人の受取", "通知書の紛失・未着"}
	d, err := chart.Chart{
		Title: "問合せ", Unit: "件", Categories: names, Columns: []chart.Series{{Name: "市役所本庁舎 1階 3番窓口", Values: []float64{1, 2, 3, 4, 5, 6}}},
	}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range d.Shapes {
		seen[s.Text] = true
		wide := 0.0
		for _, r := range s.Text {
			if wide += 13; r < 0x2000 {
				wide -= 6
			}
		}
		if s.Kind == chart.Text && s.Anchor == "start" && s.X+wide > d.Width {
			t.Errorf("%q ends at %v of %v", s.Text, s.X+wide, d.Width)
		}
	}
	for _, n := range names {
		if !seen[n] {
			t.Errorf("%q is left out", n)
		}
	}
}
