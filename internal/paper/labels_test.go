package paper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/paper"
)

const standard = "12up-84x42-aone-28187"

func labels(t testing.TB, stockName string) paper.Labels {
	return paper.Labels{Press: press(t), Title: "宛名ラベル", Stock: stock(t, stockName), Start: 1, Barcode: true}
}

func render(t testing.TB, l paper.Labels, pieces []paper.Addressee) ([]byte, paper.Report) {
	t.Helper()
	var out bytes.Buffer
	report, err := l.Render(t.Context(), &out, pieces, nil)
	if err != nil {
		t.Fatal(err, report)
	}
	return out.Bytes(), report
}

// samples are the kinds of addressees that make trouble.
func samples() []paper.Addressee {
	list := []paper.Addressee{
		{Name: "山田　太郎", Postal: "1020075", Address: "東京都千代田区三番町６番地３"},
		{Name: "葛󠄂城　邉󠄐子", Postal: "1040032", Address: "東京都中央区八丁堀二丁目８番１号", Annex: "八丁堀グランドハイツ１２０３号室"},
		{Name: "𠮷田　髙志", Postal: "0600906", Address: "北海道札幌市東区北六条東４丁目１番地２３", Annex: "サンライズ６号館４０５"},
		{Name: "\ue000\ue001　花子", Postal: "6230011", Address: "京都府綾部市青野町綾部６－７", Annex: "ＬプラザＢ１０６", GaijiSet: "juki"},
		{Name: "NGUYEN THI PHUONG ANH MARIA GRACIELA SANTOS", Postal: "2730102", Address: "千葉県鎌ケ谷市右京塚１１番３０号", Annex: "メゾン・ド・鎌ケ谷 101"},
		{Name: "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る", Postal: "9100067", Address: "福井県福井市新田塚３丁目80-25", Annex: "J1ビル2-B"},
		{Name: "長谷川　一", Postal: "3501106", Address: "埼玉県川越市大字小室２２番地１", Annex: "特別養護老人ホーム社会福祉法人交付会ひかりの里ケアセンター川越第二別館東棟三階三〇八号室長谷川次郎様方気付　介護支援専門員室内　郵便受付係一番窓口扱い（平日九時から五時）"},
		{Name: "鈴木　一郎", Postal: "1000000", Address: "東京都千代田区どこか一丁目１番１号"},
	}
	for i := range list {
		list[i].Key, list[i].Honorific = fmt.Sprint("k", i), "様"
		list[i].Serial = fmt.Sprintf("0007-%05d/%05d", i+1, len(list))
	}
	return list
}

// words reads what pdftotext finds on a page, as words with their boxes in mm.
type word struct {
	text           string
	x0, y0, x1, y1 float64
}

var wordLine = regexp.MustCompile(`<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>`)

func words(t testing.TB, path string, page int) []word {
	t.Helper()
	var out []word
	n := strconv.Itoa(page)
	for _, m := range wordLine.FindAllStringSubmatch(tool(t, "pdftotext", "-bbox", "-f", n, "-l", n, path, "-"), -1) {
		w := word{text: html.UnescapeString(m[5])}
		for i, v := range []*float64{&w.x0, &w.y0, &w.x1, &w.y1} {
			f, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil {
				t.Fatal(err)
			}
			*v = f * 25.4 / 72
		}
		out = append(out, w)
	}
	return out
}

// squeezed is a text without the blanks and line breaks that layout adds.
func squeezed(text string) string {
	return strings.NewReplacer(" ", "", "　", "", "\n", "", "\f", "").Replace(text)
}

func TestLabels_ThirteenPiecesFromCellFive(t *testing.T) {
	l := labels(t, standard)
	l.Start = 5
	var pieces []paper.Addressee
	for i := range 13 {
		a := samples()[0]
		a.Key, a.Serial = strconv.Itoa(i), fmt.Sprintf("S%02d", i+1)
		pieces = append(pieces, a)
	}
	pdf, report := render(t, l, pieces)
	if report.Sheets != 2 || report.Pieces != 13 {
		t.Fatalf("%+v", report)
	}
	path := save(t, "thirteen", pdf)
	for i := range 13 {
		sheet, cell := (4+i)/12+1, (4+i)%12
		x, y := 20+float64(cell%2)*86, 22.5+float64(cell/2)*42
		found := false
		for _, w := range words(t, path, sheet) {
			if w.text == pieces[i].Serial {
				found = w.x0 > x && w.x1 < x+84 && w.y0 > y-1 && w.y1 < y+42
			}
		}
		if !found {
			t.Errorf("piece %d is not in cell %d of sheet %d", i+1, cell+1, sheet)
		}
	}
}

// Every name and address comes back from the PDF as it went in, whichever
// lines it took.
func TestLabels_TextIsVerbatim(t *testing.T) {
	l := labels(t, standard)
	names := specialNames(t)
	var pieces []paper.Addressee
	for i, name := range names {
		a := samples()[i%4]
		a.Key, a.Name, a.GaijiSet, a.Serial = strconv.Itoa(i), name, "juki", ""
		pieces = append(pieces, a)
	}
	for _, a := range samples()[4:7] { // condensed and on several lines
		a.Serial = ""
		pieces = append(pieces, a)
	}
	pdf, _ := render(t, l, pieces)
	path := save(t, "verbatim", pdf)
	got := strings.Fields(tool(t, "pdftotext", "-raw", path, "-"))
	text := strings.Join(got, "")
	at := 0
	for _, a := range pieces {
		for _, want := range []string{a.Address, a.Annex, a.Name + "様"} {
			n := strings.Index(text[at:], squeezed(want))
			if n < 0 {
				t.Fatalf("%q (%U) is not in the text after %d characters: %q", want, []rune(want), at, text[at:min(len(text), at+200)])
			}
			at += n
		}
	}
}

// specialNames are 300 names of gaiji, variants and plane 2 that the fonts have.
func specialNames(t testing.TB) []string {
	t.Helper()
	set := press(t).Fonts
	var out []string
	add := func(name string) {
		if len(out) < 300 && len(set.Check(name, "juki")) == 0 {
			out = append(out, name)
		}
	}
	for i := range 32 {
		add(string(rune(0xE000+i)) + "田　花子")
	}
	for _, base := range "葛邉辻邊齋渡榊祇芦飴溢茨" {
		for v := rune(0xE0100); v < 0xE0120; v++ {
			add("佐" + string(base) + string(v) + "　太郎")
		}
	}
	for r := rune(0x20000); r < 0x20200; r++ {
		add(string(r) + "山　一")
	}
	if len(out) != 300 {
		t.Fatalf("%d names", len(out))
	}
	return out
}

// The text fonts are never asked for private use characters, and a variant is
// never replaced by its base.
func TestLabels_RefusesUndecided(t *testing.T) {
	l := labels(t, standard)
	a, b := samples()[0], samples()[1]
	a.Name, a.GaijiSet = "\uf860田　太郎", "juki" // IPAmj has an empty glyph there
	b.Annex = "葛\U000E01EFビル"
	report, err := l.Preflight(t.Context(), []paper.Addressee{a, b}, nil)
	if err != nil || !report.Open() || len(report.Glyphs) != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	if g := report.Glyphs[0]; g.Key != "k0" || g.Field != "name" || g.State != glyph.Missing || g.Codepoint() != "U+F860" {
		t.Errorf("first finding %+v", g)
	}
	if g := report.Glyphs[1]; g.Key != "k1" || g.Field != "annex" || g.State != glyph.VariantBaseOnly {
		t.Errorf("second finding %+v", g)
	}
	var out bytes.Buffer
	_, err = l.Render(t.Context(), &out, []paper.Addressee{a, b}, nil)
	if !fault.Is(err, fault.Conflict, "paper.undecided") || out.Len() > 0 {
		t.Fatalf("Render: %v, %d bytes", err, out.Len())
	}
	if e, _ := fault.As(err); len(e.Details) != 2 || e.Details[0].Column != "氏名" || e.Details[0].Args["code"] != "U+F860" {
		t.Errorf("details %+v", e.Details)
	}

	l.Decisions = []glyph.Decision{
		{GaijiSet: "juki", Cluster: "\uf860", Kind: glyph.Box},
		{Cluster: "葛\U000E01EF", Kind: glyph.Substitute, Substitute: "葛"},
	}
	l.Control = &paper.Control{Title: "宛名ラベル", Run: "0007"}
	pdf, report := render(t, l, []paper.Addressee{a, b})
	if report.Open() || len(report.Glyphs) != 2 {
		t.Errorf("after the decisions: %+v", report)
	}
	path := save(t, "decided", pdf)
	if text := squeezed(tool(t, "pdftotext", "-raw", "-f", "2", "-l", "2", path, "-")); !strings.Contains(text, "U+F860田太郎様") || !strings.Contains(text, "葛ビル") {
		t.Errorf("sheet: %q", text)
	}
	if last := squeezed(tool(t, "pdftotext", "-raw", "-f", "3", "-l", "3", path, "-")); !strings.Contains(last, "手書きで補う文字1件") || !strings.Contains(last, "0007-00001/00008氏名U+F860") {
		t.Errorf("control sheet: %q", last)
	}
}

func TestLabels_Honorific(t *testing.T) {
	l := labels(t, standard)
	for _, c := range []struct{ name, honorific, want string }{
		{"山田　太郎", "様", "山田太郎様"},
		{"山田　太郎", "", "山田太郎"},
		{"交付商事株式会社御中", "様", "交付商事株式会社御中"},
		{"山田　太郎様", "様", "山田太郎様"},
		{"山田　太郎様", "御中", "山田太郎様"},
	} {
		a := samples()[0]
		a.Name, a.Honorific, a.Serial = c.name, c.honorific, ""
		pdf, _ := render(t, l, []paper.Addressee{a})
		if text := squeezed(tool(t, "pdftotext", "-raw", save(t, "honorific", pdf), "-")); !strings.HasSuffix(text, "番地３"+c.want) {
			t.Errorf("%s + %s: %q", c.name, c.honorific, text)
		}
	}
	a := samples()[0]
	a.Honorific = "御中様"
	if _, err := l.Preflight(t.Context(), []paper.Addressee{a}, nil); !fault.Is(err, fault.Invalid, "paper.honorific") {
		t.Errorf("御中様: %v", err)
	}
}

func TestLabels_ControlSheetsAndMetadata(t *testing.T) {
	l := labels(t, standard)
	l.Control = &paper.Control{Title: "宛名ラベル", Run: "2026-0007", Facts: []paper.Fact{{Label: "印刷した人", Text: "職員 一"}}}
	pdf, report := render(t, l, samples())
	path := save(t, "control", pdf)
	for _, page := range []string{"1", "3"} {
		text := squeezed(tool(t, "pdftotext", "-layout", "-f", page, "-l", page, path, "-"))
		for _, want := range []string{"宛名ラベル管理票", "印刷番号2026-0007", "通数8", "枚数1", "印刷した人職員一", "100mm"} {
			if !strings.Contains(text, want) {
				t.Errorf("page %s lacks %q: %q", page, want, text)
			}
		}
	}
	if report.Sheets != 1 {
		t.Errorf("%d sheets", report.Sheets)
	}
	about := tool(t, "pdfinfo", path)
	if !strings.Contains(about, "宛名ラベル") || !strings.Contains(about, "2026") || !strings.Contains(about, "Pages:           3") {
		t.Errorf("pdfinfo: %s", about)
	}
	if !bytes.Contains(pdf, []byte("/PrintScaling /None")) || strings.Contains(tool(t, "pdfimages", "-list", path), "image") {
		t.Error("scaling is not switched off, or there are images")
	}
}

func TestLabels_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	l := labels(t, standard)
	_, err := l.Preflight(ctx, samples(), func(n, total int) {
		done = n
		if n == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || done != 3 {
		t.Errorf("after %d pieces: %v", done, err)
	}
}

// A shift of the calibration moves every word by exactly that, a scale by its
// distance from the corner.
func TestLabels_CalibrationMovesTheText(t *testing.T) {
	l := labels(t, standard)
	pdf, _ := render(t, l, samples()[:3])
	plain := words(t, save(t, "plain", pdf), 1)
	l.Calibration = paper.Calibration{X: 1, Y: -0.5, ScaleX: 1.005}
	pdf, _ = render(t, l, samples()[:3])
	moved := words(t, save(t, "moved", pdf), 1)
	if len(plain) != len(moved) || len(plain) < 9 {
		t.Fatalf("%d words, then %d", len(plain), len(moved))
	}
	for i, w := range plain {
		if dx := moved[i].x0 - w.x0*1.005; math.Abs(dx-1) > 0.02 {
			t.Errorf("%q moved right by %.3f mm, want 1", w.text, dx)
		}
		if dy := (moved[i].y0+moved[i].y1)/2 - (w.y0+w.y1)/2; math.Abs(dy+0.5) > 0.03 {
			t.Errorf("%q moved down by %.3f mm, want -0.5", w.text, dy)
		}
	}
	l.Calibration.X = 30
	if _, err := l.Preflight(t.Context(), samples(), nil); !fault.Is(err, fault.Invalid, "paper.calibration") {
		t.Errorf("30 mm: %v", err)
	}
}

// The post wants the digits of the postal code at least 2.4 mm high and 2 mm
// of white below them, on the smallest label too.
func TestLabels_PostalCodeIsHighEnough(t *testing.T) {
	for name, least := range map[string]float64{standard: 2.6, "65up-38.1x21.2-hisago-elm023": 2.4} {
		a := samples()[0]
		a.Serial = ""
		pdf, _ := render(t, labels(t, name), []paper.Addressee{a})
		const dpi = 600
		img := raster(t, save(t, "postal", pdf), dpi)
		inked := func(y int) bool {
			for x := range img.w {
				if img.dark(x, y) {
					return true
				}
			}
			return false
		}
		var edges []int // where inked rows begin and end, from the top
		for y := 1; y < img.h; y++ {
			if inked(y) != inked(y-1) {
				edges = append(edges, y)
			}
		}
		height, below := float64(edges[1]-edges[0])/dpi*25.4, float64(edges[2]-edges[1])/dpi*25.4
		if height < least || below < 2 {
			t.Errorf("%s: digits %.2f mm high, %.2f mm clear below", name, height, below)
		}
	}
}

// A glyph traced from the bitmap font of a delivery prints at once, and stands
// in the list all the same.
func TestLabels_BitmapGlyphIsListedNotStopped(t *testing.T) {
	const bdf = "STARTFONT 2.1\nFONT -test\nSIZE 16 75 75\nFONTBOUNDINGBOX 16 16 0 -2\nCHARS 1\n" +
		"STARTCHAR a\nENCODING 57344\nSWIDTH 1000 0\nDWIDTH 16 0\nBBX 8 4 2 2\nBITMAP\nFF\n81\n81\nFF\nENDCHAR\nENDFONT\n"
	l := labels(t, standard)
	dots, _, err := glyph.OpenBDF("lot.bdf", strings.NewReader(bdf), int64(len(bdf)), "lot", glyph.UnicodeCodes)
	if err != nil {
		t.Fatal(err)
	}
	l.Fonts = glyph.NewSet(append(l.Fonts.Sources(), dots)...)
	a := samples()[0]
	a.Name, a.GaijiSet = "\ue000田　太郎", "lot"
	pdf, report := render(t, l, []paper.Addressee{a})
	if len(report.Glyphs) != 1 || report.Glyphs[0].State != glyph.OKBitmap || report.Open() {
		t.Errorf("%+v", report)
	}
	if text := squeezed(tool(t, "pdftotext", "-raw", save(t, "bitmap", pdf), "-")); !strings.Contains(text, "\ue000田太郎様") {
		t.Errorf("text %q", text)
	}
}
