//go:build linux

package paper_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
	"kofu/internal/paper"
)

const (
	firstGaiji, lastGaiji = 0xE000, 0xE757 // the 1,880 user-defined characters of CP932
	acceptanceLimit       = 160 << 20      // bytes that the Go runtime aims at; the live data alone take that much
	acceptancePeak        = 210            // MB: the 200 of the program, and 10 for the list and the 外字 file of this test
)

// wholeEUDC is a 外字 file with every user-defined character of CP932.
func wholeEUDC(t *testing.T) *glyph.Source {
	t.Helper()
	spec := glyph.FontSpec{Name: "WholeEUDC", UnitsPerEm: 256, OmitOptional: true}
	for r := rune(firstGaiji); r <= lastGaiji; r++ {
		n := int(r - firstGaiji)
		w, h := 40+n%40*5, 40+n/40*4 // no two alike
		spec.Glyphs = append(spec.Glyphs, glyph.OutlineGlyph{Rune: r, Advance: 256, Contours: []glyph.Contour{
			{{X: 10, Y: -20, On: true}, {X: 10, Y: h, On: true}, {X: w, Y: h, On: true}, {X: w, Y: -20, On: true}},
		}})
	}
	ttf, err := glyph.BuildFont(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := glyph.Open("EUDC.TTE", bytes.NewReader(ttf), int64(len(ttf)), glyph.EUDC, "juki")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// troublesome makes n addressees: every 外字 in turn, variants, plane 2, 通称 in
// parentheses, romanised names and long 方書.
func troublesome(n int) []paper.Addressee {
	variants := []string{"葛\U000e0100", "邉\U000e010f", "辻\U000e0100", "祇\U000e0100"}
	plane2 := []string{"𠮷", "𡈽", "𠀋", "𩸽"}
	homes := []paper.Addressee{
		{Postal: "1020075", Address: "東京都千代田区三番町%d番地３"},
		{Postal: "1040032", Address: "東京都中央区八丁堀二丁目%d番１号", Annex: "八丁堀グランドハイツ%d号室"},
		{Postal: "0600906", Address: "北海道札幌市東区北六条東４丁目%d番地２３", Annex: "サンライズ６号館%d"},
		{Postal: "3501106", Address: "埼玉県川越市大字小室%d番地１", Annex: "特別養護老人ホーム社会福祉法人交付会ひかりの里ケアセンター川越第二別館東棟三階%d号室　長谷川様方"},
		{Postal: "2730102", Address: "千葉県鎌ケ谷市右京塚%d番３０号", Annex: "メゾン・ド・鎌ケ谷 %d"},
	}
	out := make([]paper.Addressee, n)
	for i := range out {
		a := homes[i%len(homes)]
		a.Address = fmt.Sprintf(a.Address, i)
		if a.Annex != "" {
			a.Annex = fmt.Sprintf(a.Annex, i)
		}
		gaiji := string(rune(firstGaiji + i%(lastGaiji-firstGaiji+1)))
		switch i % 6 {
		case 0:
			a.Name = "山" + gaiji + "　太郎"
		case 1:
			a.Name = variants[i/6%len(variants)] + "城　" + gaiji + "子"
		case 2:
			a.Name = plane2[i/6%len(plane2)] + "田　髙志"
		case 3:
			a.Name = "NGUYEN THI PHUONG ANH MARIA GRACIELA SANTOS"
		case 4:
			a.Name = "LI JING（高井　静" + gaiji + "）" // 氏名 and 通称
		case 5:
			a.Name = "長" + gaiji + "部　" + variants[i/6%len(variants)] + "美"
		}
		a.Key, a.Honorific, a.GaijiSet, a.Serial = fmt.Sprint(i), "様", "juki", fmt.Sprintf("0007-%05d/%05d", i+1, n)
		out[i] = a
	}
	return out
}

// The labels of a big city's busiest day come out in one go, and every name and
// address on them is the one that went in, character by character.
func TestLabels_TenThousandVerbatim(t *testing.T) {
	pieces, sheets := 10_000, 834
	if raceEnabled { // still every 外字 once
		pieces, sheets = 1_884, 157
	}
	fonts, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	l := labels(t, standard)
	l.Press = paper.Press{Fonts: glyph.NewSet(fonts[0], fonts[1], wholeEUDC(t)), Heading: fonts[1], Towns: jpaddr.LoadNational(), Now: now}
	list := troublesome(pieces)
	path := filepath.Join(t.TempDir(), "labels.pdf")
	renderWithin(t, l, list, path, sheets)
	got := tool(t, "pdftotext", "-raw", path, "-")
	if n := strings.Count(got, "\f"); n != sheets {
		t.Errorf("%d pages, want %d", n, sheets)
	}
	got = squeezed(got)
	at := 0
	for i, a := range list {
		for _, want := range []string{a.Address, a.Annex, a.Name + a.Honorific} {
			n := strings.Index(got[at:min(len(got), at+1000)], squeezed(want)) // of this piece, not of a later one
			if n < 0 {
				t.Fatalf("piece %d: %q (%U) is not in %q", i+1, want, []rune(want), got[at:min(len(got), at+1000)])
			}
			at += n + len(squeezed(want))
		}
	}
}

// renderWithin writes the PDF and holds the process to the memory of a small PC.
func renderWithin(t *testing.T, l paper.Labels, list []paper.Addressee, path string, sheets int) {
	t.Helper()
	before := debug.SetMemoryLimit(acceptanceLimit)
	defer debug.SetMemoryLimit(before)
	debug.FreeOSMemory()
	forgetPeak(t)
	f, err := os.Create(path) //nolint:gosec // the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	report, err := l.Render(t.Context(), f, list, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if report.Sheets != sheets || len(report.Overflow)+len(report.Glyphs) > 0 {
		t.Errorf("%d sheets, want %d; %d overflow, %d without glyph", report.Sheets, sheets, len(report.Overflow), len(report.Glyphs))
	}
	t.Logf("%d pieces, peak %d MB", len(list), peakMB(t))
	if peak := peakMB(t); peak > acceptancePeak && !raceEnabled { // the detector's own memory is not the program's
		t.Errorf("peak of %d MB, allowed %d", peak, acceptancePeak)
	}
}
