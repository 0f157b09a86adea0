package glyph_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/signintech/gopdf"

	"kofu/internal/glyph"
)

// BenchmarkLabels makes 10,000 labels of 5 texts each, 12 to a page. The
// budget on two cores is 10 s and 200 MB of memory.
func BenchmarkLabels(b *testing.B) {
	set := glyph.NewSet(openFile(b, bizud), openFile(b, ipamj), openBytes(b, "juki.tte", eudc(b, 20, 0xE000), glyph.EUDC, "juki"))
	var known []rune
	for r := rune(0x4E00); len(known) < 3000; r++ {
		if len(set.Check(string(r), "")) == 0 {
			known = append(known, r)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		job := set.NewJob()
		runs := make([]glyph.Run, 0, 50_000)
		for i := range 10_000 {
			kanji := func(n int) string { return string(known[(i*7+n*131)%len(known)]) }
			for _, text := range []string{
				"〒400-0858", "山梨県甲府市丸の内" + kanji(1) + "丁目" + fmt.Sprint(i%30),
				kanji(2) + "マンション" + fmt.Sprint(i%900), kanji(3) + "𠮷" + kanji(4) + "葛\U000E0102\uE000 様", fmt.Sprintf("%010d", i),
			} {
				run, findings := job.Shape(text, glyph.Options{GaijiSet: "juki"})
				if len(findings) > 0 {
					b.Fatal(findings)
				}
				runs = append(runs, run)
			}
		}
		write(b, job, runs)
	}
}

func write(b *testing.B, job *glyph.Job, runs []glyph.Run) {
	fonts, err := job.Fonts()
	if err != nil {
		b.Fatal(err)
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	for _, f := range fonts {
		if err := pdf.AddTTFFontData(f.Name, f.TTF); err != nil {
			b.Fatal(err)
		}
	}
	for i, run := range runs {
		if i%60 == 0 {
			pdf.AddPage()
		}
		draw(b, pdf, fonts, run, float64(20+i%3*180), float64(20+i%60*13))
	}
	raw, err := pdf.GetBytesPdfReturnErr()
	if err != nil {
		b.Fatal(err)
	}
	repaired, err := job.Repair(raw)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(repaired)), "bytes")
	if _, err := io.Discard.Write(repaired); err != nil {
		b.Fatal(err)
	}
}
