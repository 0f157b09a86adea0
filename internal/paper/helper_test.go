package paper_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
	"kofu/internal/paper"
)

// Fonts of the Debian packages fonts-ipamj-mincho and
// fonts-morisawa-bizud-gothic, which make test installs.
const (
	mincho = "/usr/share/fonts/truetype/ipamj/ipamjm.ttf"
	gothic = "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf"
)

var now = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)

// sources are opened once for all tests of the package.
var sources = sync.OnceValues(func() ([]*glyph.Source, error) {
	text, err := glyph.OpenFile(mincho, glyph.Text, "")
	if err != nil {
		return nil, err
	}
	heading, err := glyph.OpenFile(gothic, glyph.Text, "")
	if err != nil {
		return nil, err
	}
	eudc, err := eudcFont()
	return []*glyph.Source{text, heading, eudc}, err
})

// eudcFont is a 外字 file: U+E000 to U+E01F as squares with a growing hole.
func eudcFont() (*glyph.Source, error) {
	spec := glyph.FontSpec{Name: "TestEUDC", UnitsPerEm: 256, OmitOptional: true}
	for i := range 32 {
		outer := glyph.Contour{{X: 10, Y: -20, On: true}, {X: 10, Y: 210, On: true}, {X: 240, Y: 210, On: true}, {X: 240, Y: -20, On: true}}
		h := 20 + 4*i
		inner := glyph.Contour{{X: 40, Y: 20, On: true}, {X: 40 + h, Y: 20, On: true}, {X: 40 + h, Y: 20 + h, On: true}, {X: 40, Y: 20 + h, On: true}}
		spec.Glyphs = append(spec.Glyphs, glyph.OutlineGlyph{Rune: rune(0xE000 + i), Advance: 256, Contours: []glyph.Contour{outer, inner}})
	}
	ttf, err := glyph.BuildFont(spec)
	if err != nil {
		return nil, err
	}
	return glyph.Open("EUDC.TTE", bytes.NewReader(ttf), int64(len(ttf)), glyph.EUDC, "juki")
}

func press(t testing.TB) paper.Press {
	t.Helper()
	s, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return paper.Press{Fonts: glyph.NewSet(s[0], s[1], s[2]), Heading: s[1], Towns: jpaddr.LoadNational(), Now: now}
}

func stock(t testing.TB, name string) paper.Stock {
	t.Helper()
	s, ok := paper.FindStock(name)
	if !ok {
		t.Fatalf("no stock %q", name)
	}
	return s
}

// tool runs a program of the test tools and returns its output.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// save writes a PDF where the tools can read it, checks it with qpdf and
// returns its path. KOFU_PAPER_OUT keeps the files, to be looked at.
func save(t testing.TB, name string, pdf []byte) string {
	t.Helper()
	dir := os.Getenv("KOFU_PAPER_OUT")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "qpdf", "--check", path)
	return path
}
