package glyph_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signintech/gopdf"

	"kofu/internal/glyph"
)

// Fonts that the tests read where Debian installs them.
const (
	ipamj  = "/usr/share/fonts/truetype/ipamj/ipamjm.ttf"
	bizud  = "/usr/share/fonts/truetype/bizud-mincho/BIZUDMincho-Regular.ttf"
	gothic = "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf"
)

func openFile(t testing.TB, path string) *glyph.Source {
	t.Helper()
	s, err := glyph.OpenFile(path, glyph.Text, "")
	if err != nil {
		t.Fatalf("%v\ninstall the Debian packages fonts-ipamj-mincho, fonts-morisawa-bizud-mincho and fonts-morisawa-bizud-gothic", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openBytes(t testing.TB, name string, font []byte, role glyph.Role, gaijiSet string) *glyph.Source {
	t.Helper()
	s, err := glyph.Open(name, bytes.NewReader(font), int64(len(font)), role, gaijiSet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eudc builds a 外字 file of 256 units per em without OS/2, post and name, as
// old editors write it: each rune is a box whose left edge is at left.
func eudc(t testing.TB, left int, runes ...rune) []byte {
	t.Helper()
	spec := glyph.FontSpec{Name: "EUDC", UnitsPerEm: 256, OmitOptional: true}
	for _, r := range runes {
		spec.Glyphs = append(spec.Glyphs, glyph.OutlineGlyph{Rune: r, Advance: 256, Contours: []glyph.Contour{square(left, -20, 236, 216)}})
	}
	font, err := glyph.BuildFont(spec)
	if err != nil {
		t.Fatal(err)
	}
	return font
}

func square(x0, y0, x1, y1 int) glyph.Contour {
	return glyph.Contour{{X: x0, Y: y0, On: true}, {X: x0, Y: y1, On: true}, {X: x1, Y: y1, On: true}, {X: x1, Y: y0, On: true}}
}

// line is one text of a test document.
type line struct {
	text string
	o    glyph.Options
}

const lineSize, lineStep = 20.0, 30.0

// document draws each line at 20 pt, 30 pt apart, 20 pt from the left edge,
// as many pages as needed, and repairs the result.
func document(t testing.TB, job *glyph.Job, lines ...line) []byte {
	t.Helper()
	runs := make([]glyph.Run, len(lines))
	for i, l := range lines {
		runs[i], _ = job.Shape(l.text, l.o)
	}
	fonts, err := job.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	for _, f := range fonts {
		if err := pdf.AddTTFFontData(f.Name, f.TTF); err != nil {
			t.Fatalf("font %s: %v", f.Name, err)
		}
	}
	const perPage = 26
	for i, run := range runs {
		if i%perPage == 0 {
			pdf.AddPage()
		}
		draw(t, pdf, fonts, run, 20, lineStep*float64(i%perPage+1))
	}
	raw, err := pdf.GetBytesPdfReturnErr()
	if err != nil {
		t.Fatal(err)
	}
	repaired, err := job.Repair(raw)
	if err != nil {
		t.Fatal(err)
	}
	return repaired
}

func draw(t testing.TB, pdf *gopdf.GoPdf, fonts []glyph.Font, run glyph.Run, x, y float64) {
	t.Helper()
	for _, p := range run.Pieces {
		if err := pdf.SetFont(fonts[p.Font].Name, "", lineSize); err != nil {
			t.Fatal(err)
		}
		pdf.SetXY(x, y)
		if err := pdf.Text(p.Codes); err != nil {
			t.Fatal(err)
		}
		x += p.Advance * lineSize
	}
}

// save writes the document into the test's folder.
func save(t testing.TB, pdf []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "job.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// extract returns the lines that pdftotext reads.
func extract(t testing.TB, path string) []string {
	t.Helper()
	text := strings.ReplaceAll(string(run(t, "pdftotext", "-enc", "UTF-8", "-layout", path, "-")), "\f", "")
	var lines []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.Trim(l, " "); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s\ninstall the Debian packages poppler-utils and qpdf", name, strings.Join(args, " "), err, out)
	}
	return out
}
