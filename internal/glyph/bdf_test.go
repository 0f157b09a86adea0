package glyph_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/glyph"
)

// bdf writes a file of em 16 with one glyph per picture: rows of # and dots.
func bdf(properties string, encoding int, xoff, yoff int, rows ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "STARTFONT 2.1\nFONT -test\nSIZE 16 75 75\nFONTBOUNDINGBOX 16 16 0 -2\n%sCHARS 1\n", properties)
	b.WriteString(bdfChar(encoding, xoff, yoff, rows...))
	b.WriteString("ENDFONT\n")
	return b.String()
}

func bdfChar(encoding int, xoff, yoff int, rows ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "STARTCHAR u%d\nENCODING %d\nSWIDTH 1000 0\nDWIDTH 16 0\nBBX %d %d %d %d\nBITMAP\n", encoding, encoding, len(rows[0]), len(rows), xoff, yoff)
	for _, row := range rows {
		bits := make([]byte, (len(row)+7)/8)
		for x, c := range row {
			if c == '#' {
				bits[x/8] |= 0x80 >> (x % 8)
			}
		}
		fmt.Fprintf(&b, "%X\n", bits)
	}
	b.WriteString("ENDCHAR\n")
	return b.String()
}

func openBDF(t testing.TB, text string, coding glyph.Coding) (*glyph.Source, []string) {
	t.Helper()
	s, skipped, err := glyph.OpenBDF("delivery.bdf", strings.NewReader(text), int64(len(text)), "lot", coding)
	if err != nil {
		t.Fatal(err)
	}
	return s, skipped
}

var picture = []string{ // width 9, a ring with a hole, two pixels that touch at a corner
	"#########",
	"#.......#",
	"#.#...#.#",
	"#..#.#..#",
	"#..##...#",
	"#.......#",
	"#########",
}

// One dot is 1/16 of 20 pt = 1.25 pt = 5 pixels of the page image: the page
// must equal the bitmap pixel for pixel, at its offsets.
func TestBDF_PageEqualsTheBitmap(t *testing.T) {
	s, _ := openBDF(t, strings.ReplaceAll(bdf("", 0xE000, 3, -2, picture...), "\n", "\r\n"), glyph.UnicodeCodes)
	job := glyph.NewSet(openFile(t, bizud), s).NewJob()
	run, findings := job.Shape("\uE000", glyph.Options{GaijiSet: "lot"})
	if len(findings) != 1 || findings[0].State != glyph.OKBitmap || findings[0].Pixels != 16 || run.Width != 1 {
		t.Errorf("findings %+v, width %v", findings, run.Width)
	}
	path := save(t, document(t, job, line{"\uE000", glyph.Options{GaijiSet: "lot"}}))
	p := render(t, path)
	x0, y0, _, _ := p.ink(0, 60)
	// The line starts at 20 pt, the glyph 3 dots further right.
	if x0 != 20+3*1.25 {
		t.Errorf("left edge at %v pt, want 23.75", x0)
	}
	const dot = 5
	for r, row := range picture {
		for c, want := range row {
			x, y := int(x0*perPoint)+c*dot+dot/2, int(y0*perPoint)+r*dot+dot/2
			if got := p.gray[y*p.width+x] < 128; got != (want == '#') {
				t.Errorf("dot %d of row %d is %v", c, r, got)
			}
		}
	}
	if got := extract(t, path); len(got) != 1 || got[0] != "\uE000" {
		t.Errorf("text %q", got)
	}
}

func TestBDF_ThreeMeaningsOfOneCode(t *testing.T) {
	lot, _ := openBDF(t, bdf("", 0xF040, 0, 0, picture...), glyph.CP932Codes) // F040 is U+E000
	set := glyph.NewSet(openFile(t, bizud), lot,
		openBytes(t, "juki.tte", eudc(t, 20, 0xE000), glyph.EUDC, "juki"),
		openBytes(t, "tax.tte", eudc(t, 120, 0xE000), glyph.EUDC, "tax"))
	path := save(t, document(t, set.NewJob(),
		line{"\uE000", glyph.Options{GaijiSet: "lot"}}, line{"\uE000", glyph.Options{GaijiSet: "juki"}}, line{"\uE000", glyph.Options{GaijiSet: "tax"}}))
	if diff := cmp.Diff([]string{"\uE000", "\uE000", "\uE000"}, extract(t, path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	p := render(t, path)
	widths := map[float64]bool{}
	for i := range 3 {
		x0, _, x1, _ := p.ink(lineStep*float64(i+1)-22, lineStep*float64(i+1)+7)
		widths[x1-x0] = true
	}
	if len(widths) != 3 {
		t.Errorf("widths %v, want three shapes", widths)
	}
}

func TestBDF_SkipsWhatCannotBeAskedFor(t *testing.T) {
	text := bdf("", -1, 0, 0, picture...)
	text = strings.Replace(text, "ENDFONT", bdfChar(0x4E00, 0, 0, picture...)+bdfChar(0xE001, 0, 0, "...", "...")+"ENDFONT", 1)
	s, skipped := openBDF(t, text, glyph.UnicodeCodes)
	if diff := cmp.Diff([]string{"u-1", "u19968"}, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if got := states(glyph.NewSet(s).Check("\uE001", "lot")); got["U+E001"] != glyph.Missing {
		t.Errorf("empty bitmap: %v", got)
	}
}

// The em in pixels is ascent plus descent, else PIXEL_SIZE, else the box.
func TestBDF_Em(t *testing.T) {
	for properties, want := range map[string]int{
		"FONT_ASCENT 20\nFONT_DESCENT 4\nPIXEL_SIZE 48\n": 24, "PIXEL_SIZE 48\n": 48, "": 16,
	} {
		if s, _ := openBDF(t, bdf(properties, 0xE000, 0, 0, picture...), glyph.UnicodeCodes); s.Pixels != want {
			t.Errorf("%q: %d pixels, want %d", properties, s.Pixels, want)
		}
	}
}

func TestBDF_RefusesWithTheLine(t *testing.T) {
	good := bdf("", 0xE000, 0, 0, picture...)
	other := bdfChar(0xE000, 0, 0, "##")
	for _, test := range []struct {
		name, text, code string
		line             int
	}{
		{"another format", "hello", "glyph.bdf_start", 1},
		{"cut off", good[:len(good)-9], "glyph.bdf_end", 19},
		{"row too short", strings.Replace(good, "FF80", "FF", 1), "glyph.bdf_rows", 12},
		{"row missing", strings.Replace(good, "FF80\n", "", 1), "glyph.bdf_rows", 18},
		{"no number", strings.Replace(good, "ENCODING 57344", "ENCODING E000", 1), "glyph.bdf_line", 7},
		{"huge", strings.Replace(good, "BBX 9 7", "BBX 9999 7", 1), "glyph.bdf_size", 11},
		{"two shapes", strings.Replace(good, "ENDFONT", other+"ENDFONT", 1), "glyph.bdf_twice", 27},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := glyph.OpenBDF(test.name, strings.NewReader(test.text), int64(len(test.text)), "lot", glyph.UnicodeCodes)
			e, ok := fault.As(err)
			if !ok || e.Code != "glyph.bdf" || e.Details[0].Code != test.code || e.Details[0].Row != test.line {
				t.Errorf("got %v %+v, want %s in line %d", err, e, test.code, test.line)
			}
		})
	}
	twice := strings.Replace(good, "ENDFONT", bdfChar(0xE000, 0, 0, picture...)+"ENDFONT", 1)
	openBDF(t, twice, glyph.UnicodeCodes) // the same shape twice does no harm
}

func FuzzOpenBDF(f *testing.F) {
	f.Add([]byte(bdf("FONT_ASCENT 20\nFONT_DESCENT 4\n", 0xE000, -3, -2, picture...)))
	f.Add([]byte("STARTFONT 2.1\nSTARTCHAR a\nBBX 256 256 0 0\nBITMAP\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, err := glyph.OpenBDF("fuzz", bytes.NewReader(b), int64(len(b)), "juki", glyph.UnicodeCodes)
		if err != nil {
			if e, ok := fault.As(err); !ok || e.Kind != fault.Invalid {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		use(t, s)
	})
}
