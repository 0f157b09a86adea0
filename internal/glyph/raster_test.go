package glyph_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"kofu/internal/glyph"
)

// page is a rendered page, one byte per pixel, 288 dpi: 4 pixels per point.
type page struct {
	width, height int
	gray          []byte
}

const perPoint = 4

func render(t testing.TB, path string) page {
	t.Helper()
	out := run(t, "pdftoppm", "-r", "288", "-gray", "-f", "1", "-l", "1", path)
	var p page
	var depth int
	r := bytes.NewReader(out)
	if _, err := fmt.Fscanf(r, "P5\n%d %d\n%d\n", &p.width, &p.height, &depth); err != nil {
		t.Fatalf("%q: %v", out[:min(20, len(out))], err)
	}
	p.gray = out[len(out)-r.Len():]
	return p
}

// ink returns the box of the dark pixels between two heights, in points.
func (p page) ink(top, bottom float64) (x0, y0, x1, y1 float64) {
	box := [4]int{p.width, p.height, -1, -1}
	for y := int(top * perPoint); y < int(bottom*perPoint); y++ {
		for x := range p.width {
			if p.gray[y*p.width+x] < 128 {
				box = [4]int{min(box[0], x), min(box[1], y), max(box[2], x+1), max(box[3], y+1)}
			}
		}
	}
	return float64(box[0]) / perPoint, float64(box[1]) / perPoint, float64(box[2]) / perPoint, float64(box[3]) / perPoint
}

// A 外字 of 256 units per em beside text of 2048: its box of 216×236 units must
// measure 216/256 and 236/256 of 20 pt, at the right place, and 80 % of that in
// width when condensed. The box of the second set begins further right.
func TestRaster_GaijiOfOldEditorHasTheRightSize(t *testing.T) {
	set := glyph.NewSet(openFile(t, bizud),
		openBytes(t, "juki.tte", eudc(t, 20, 0xE000), glyph.EUDC, "juki"),
		openBytes(t, "tax.tte", eudc(t, 120, 0xE000), glyph.EUDC, "tax"))
	path := save(t, document(t, set.NewJob(),
		line{"\uE000", glyph.Options{GaijiSet: "juki"}},
		line{"　\uE000", glyph.Options{GaijiSet: "juki"}},
		line{"　\uE000", glyph.Options{GaijiSet: "tax"}},
		line{"　\uE000", glyph.Options{GaijiSet: "juki", Condense: 80}},
	))
	p := render(t, path)
	const em = lineSize
	for i, want := range [][2]float64{ // left and right edge in em from the start of the line
		{20.0 / 256, 236.0 / 256},
		{1 + 20.0/256, 1 + 236.0/256},
		{1 + 120.0/256, 1 + 236.0/256},
		{0.8 + 0.8*20/256, 0.8 + 0.8*236/256},
	} {
		base := lineStep * float64(i+1)
		x0, y0, x1, y1 := p.ink(base-22, base+7)
		for edge, pair := range map[string][2]float64{
			"left": {x0, 20 + want[0]*em}, "right": {x1, 20 + want[1]*em},
			"top": {y0, base - 216.0/256*em}, "bottom": {y1, base + 20.0/256*em},
		} {
			if math.Abs(pair[0]-pair[1]) > 0.3 {
				t.Errorf("line %d: %s edge at %.2f pt, want %.2f", i, edge, pair[0], pair[1])
			}
		}
	}
}

// Every glyph that is not a space leaves ink, the boxed code too, and the box
// keeps inside its em.
func TestRaster_BoxedCodeIsARuledBox(t *testing.T) {
	job := glyph.NewSet(openFile(t, bizud)).NewJob()
	if err := job.Decide(glyph.Decision{GaijiSet: "juki", Cluster: "\uE123", Kind: glyph.Box}); err != nil {
		t.Fatal(err)
	}
	p := render(t, save(t, document(t, job, line{"\uE123", glyph.Options{GaijiSet: "juki"}})))
	x0, y0, x1, y1 := p.ink(5, 40)
	if x0 < 20 || x1 > 40 || x1-x0 < 18 || y1-y0 < 18 || y1-y0 > 20 {
		t.Errorf("box from (%.1f, %.1f) to (%.1f, %.1f) pt", x0, y0, x1, y1)
	}
}
