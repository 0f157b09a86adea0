package glyph_test

import (
	"bytes"
	"testing"

	"github.com/signintech/gopdf"

	"kofu/internal/glyph"
)

// raw makes an unrepaired document of one glyph.
func raw(t testing.TB, job *glyph.Job) []byte {
	t.Helper()
	run, _ := job.Shape("A", glyph.Options{})
	fonts, err := job.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	pdf.SetInfo(gopdf.PdfInfo{Title: "見本", Producer: "Kofu"})
	if err := pdf.AddTTFFontData(fonts[0].Name, fonts[0].TTF); err != nil {
		t.Fatal(err)
	}
	pdf.AddPage()
	draw(t, pdf, fonts, run, 20, 20)
	b, err := pdf.GetBytesPdfReturnErr()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tiny(t testing.TB) *glyph.Job {
	t.Helper()
	font, err := glyph.BuildFont(glyph.FontSpec{Name: "Tiny", UnitsPerEm: 1000, Glyphs: []glyph.OutlineGlyph{
		{Rune: 'A', Advance: 1000, Contours: []glyph.Contour{square(0, 0, 800, 800)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return glyph.NewSet(openBytes(t, "tiny.ttf", font, glyph.Text, "")).NewJob()
}

func TestRepair_RefusesAForeignFont(t *testing.T) {
	document := raw(t, tiny(t))
	if _, err := glyph.NewSet().NewJob().Repair(document); err == nil {
		t.Error("a document with a font of another job was accepted")
	}
}

func TestRepair_KeepsTitleAndOriginalBytes(t *testing.T) {
	job := tiny(t)
	document := raw(t, job)
	repaired, err := job.Repair(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(repaired, document) {
		t.Error("the original is not the beginning of the update")
	}
	path := save(t, repaired)
	run(t, "qpdf", "--check", path)
	if info := run(t, "pdfinfo", path); !bytes.Contains(info, []byte("見本")) {
		t.Errorf("title is lost:\n%s", info)
	}
}

func FuzzRepair(f *testing.F) {
	job := tiny(f)
	document := raw(f, job)
	f.Add(document)
	for at := len(document) - 1; at > len(document)-400; at -= 9 {
		b := bytes.Clone(document)
		b[at] ^= 0x15
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		repaired, err := job.Repair(b)
		if err == nil && !bytes.HasPrefix(repaired, b) {
			t.Fatal("the original was changed")
		}
	})
}
