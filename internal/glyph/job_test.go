package glyph_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/glyph"
)

func TestRepair_EveryNameExtractsVerbatim(t *testing.T) {
	juki := openBytes(t, "juki.tte", eudc(t, 20, 0xE000, 0xE001, 0xE002, 0xE757), glyph.EUDC, "juki")
	tax := openBytes(t, "tax.tte", eudc(t, 120, 0xE000), glyph.EUDC, "tax")
	set := glyph.NewSet(openFile(t, bizud), openFile(t, ipamj), juki, tax)
	lines := []line{
		{"𠮷田𠀋𡈽", glyph.Options{}},
		{"葛\U000E0100城葛\U000E0102葛", glyph.Options{}},
		{"渡邉\U000E0110邉辻\U000E0100", glyph.Options{Condense: 85}},
		{"\uE000\uE001髙\uE757", glyph.Options{GaijiSet: "juki"}},
		{"税\uE000", glyph.Options{GaijiSet: "tax"}},
		{"神\uFA19朗﨑ｶﾅ①ⅷ", glyph.Options{}},
		{"JOHN-SMITH/1-2-3", glyph.Options{Condense: 80}},
	}
	path := save(t, document(t, set.NewJob(), lines...))
	want := make([]string, len(lines))
	for i, l := range lines {
		want[i] = l.text
	}
	if diff := cmp.Diff(want, extract(t, path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	run(t, "qpdf", "--check", path)
}

// Several hundred clusters that PDF libraries lose: plane 2, variants of
// IPAmj, compatibility kanji, all in the order of the font.
func TestRepair_HundredsOfSpecialClusters(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	var clusters []string
	add := func(limit int, c string) {
		if len(clusters) < limit && len(set.Check(c, "")) == 0 {
			clusters = append(clusters, c)
		}
	}
	for r := rune(0x20000); r < 0x2A6D7; r += 7 {
		add(300, string(r))
	}
	for base := rune(0x4E00); base < 0x9FFF; base++ {
		for selector := rune(0xE0100); selector < 0xE0110; selector++ {
			add(600, string([]rune{base, selector}))
		}
	}
	for r := rune(0xF900); r < 0xFA6E; r++ {
		add(700, string(r))
	}
	var lines []line
	var want []string
	text, n := "", 0
	for _, c := range clusters {
		text += c
		if n++; n%20 == 0 {
			lines, want, text = append(lines, line{text: text}), append(want, text), ""
		}
	}
	if n < 600 {
		t.Fatalf("only %d clusters to test", n)
	}
	path := save(t, document(t, set.NewJob(), lines...))
	if diff := cmp.Diff(want, extract(t, path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	run(t, "qpdf", "--check", path)
}

func TestJob_MoreGlyphsThanOneFontHolds(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	job := set.NewJob()
	var first, last glyph.Piece
	shaped := 0
	for r := rune(0x4E00); r < 0x9000 && shaped < 8500; r++ {
		if len(set.Check(string(r), "")) > 0 {
			continue
		}
		run, _ := job.Shape(string(r), glyph.Options{})
		if shaped == 0 {
			first = run.Pieces[0]
		}
		last = run.Pieces[0]
		shaped++
	}
	if first.Font != 0 || last.Font != 1 {
		t.Errorf("first glyph in font %d, last in %d", first.Font, last.Font)
	}
	fonts, err := job.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	if len(fonts) != 2 || fonts[0].Name == fonts[1].Name {
		t.Errorf("%d fonts", len(fonts))
	}
}

// Internal drawing codes come from the Hangul block; a real Hangul character
// met later must still be itself.
func TestJob_HangulBesideInternalCodes(t *testing.T) {
	spec := glyph.FontSpec{Name: "Hangul", UnitsPerEm: 1000}
	for _, r := range []rune{'A', 0xD7A3, 0xAC00, '한'} {
		spec.Glyphs = append(spec.Glyphs, glyph.OutlineGlyph{Rune: r, Advance: 1000, Contours: []glyph.Contour{square(0, 0, 800, 800)}})
	}
	font, err := glyph.BuildFont(spec)
	if err != nil {
		t.Fatal(err)
	}
	job := glyph.NewSet(openBytes(t, "hangul.ttf", font, glyph.Text, "")).NewJob()
	lines := []line{{"A", glyph.Options{Condense: 90}}, {"\uD7A3\uAC00한A", glyph.Options{}}, {"\uD7A3A", glyph.Options{Condense: 90}}}
	path := save(t, document(t, job, lines...))
	if diff := cmp.Diff([]string{"A", "\uD7A3\uAC00한A", "\uD7A3A"}, extract(t, path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestFonts_RefuseWhatNobodyDecided(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	job := set.NewJob()
	run, findings := job.Shape("葛\U000E0100\uE123葛\U000E0100", glyph.Options{GaijiSet: "juki"})
	want := []glyph.Finding{
		{Cluster: "葛\U000E0100", Runes: []rune("葛\U000E0100"), State: glyph.VariantBaseOnly},
		{Cluster: "\uE123", Runes: []rune("\uE123"), State: glyph.Missing, GaijiSet: "juki"},
	}
	if diff := cmp.Diff(want, findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if run.Width != 3 {
		t.Errorf("width %v, want 3 em", run.Width)
	}
	_, err := job.Fonts()
	e, ok := fault.As(err)
	if !ok || e.Code != "glyph.undecided" || len(e.Details) != 2 || e.Details[0].Value != "U+845B U+E0100" {
		t.Errorf("got %v", err)
	}
}

func TestDecide_BoxAndSubstitute(t *testing.T) {
	job := glyph.NewSet(openFile(t, ipamj)).NewJob()
	err := job.Decide(
		glyph.Decision{Cluster: "葛\U000E0100", Kind: glyph.Substitute, Substitute: "葛"},
		glyph.Decision{GaijiSet: "juki", Cluster: "\uE123", Kind: glyph.Box},
		glyph.Decision{Cluster: "한", Kind: glyph.Substitute, Substitute: "ハン"},
	)
	if err != nil {
		t.Fatal(err)
	}
	_, findings := job.Shape("葛\U000E0100\uE123", glyph.Options{GaijiSet: "juki"})
	if len(findings) != 2 || !findings[0].Decided || !findings[1].Decided {
		t.Errorf("findings %v", findings)
	}
	path := save(t, document(t, job, line{"葛\U000E0100城\uE123한", glyph.Options{GaijiSet: "juki"}}))
	if diff := cmp.Diff([]string{"葛城U+E123ハン"}, extract(t, path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	// The same code of another system was not decided.
	job.Shape("\uE123", glyph.Options{GaijiSet: "tax"})
	if _, err := job.Fonts(); !fault.Is(err, fault.Conflict, "glyph.undecided") {
		t.Errorf("got %v, want glyph.undecided", err)
	}
}

func TestDecide_RefusesWhatCannotBePrinted(t *testing.T) {
	job := glyph.NewSet(openFile(t, ipamj)).NewJob()
	for code, d := range map[string]glyph.Decision{
		"glyph.substitute_missing": {Cluster: "\uE123", Kind: glyph.Substitute, Substitute: "한"},
		"glyph.decision":           {Cluster: "\uE123", Kind: glyph.Substitute},
	} {
		if err := job.Decide(d); !fault.Is(err, fault.Invalid, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestShape_Widths(t *testing.T) {
	set := glyph.NewSet(openFile(t, bizud), openFile(t, ipamj), openBytes(t, "juki.tte", eudc(t, 20, 0xE000), glyph.EUDC, "juki"))
	job := set.NewJob()
	for _, test := range []struct {
		text     string
		condense int
		want     float64
	}{
		{"東京都千代田区", 0, 7},
		{"東京都千代田区", 100, 7},
		{"東京都千代田区", 80, 5.6},
		{"\uE000𠮷葛\U000E0102", 0, 3},
		{"ｶﾅ 12", 0, 2.5},
		{"", 0, 0},
	} {
		run, findings := job.Shape(test.text, glyph.Options{GaijiSet: "juki", Condense: test.condense})
		if len(findings) > 0 {
			t.Errorf("%q: findings %v", test.text, findings)
		}
		sum := 0.0
		for _, p := range run.Pieces {
			sum += p.Advance
		}
		// Condensed advances are whole font units: 1/2048 em each at worst half.
		if tolerance := 0.0005 * float64(len(test.text)); math.Abs(run.Width-test.want) > tolerance || math.Abs(sum-run.Width) > 1e-9 {
			t.Errorf("Shape(%q, %d): width %v, pieces %v, want %v", test.text, test.condense, run.Width, sum, test.want)
		}
	}
}

func TestRepair_PrintsWithoutScaling(t *testing.T) {
	job := glyph.NewSet(openFile(t, bizud)).NewJob()
	pdf := document(t, job, line{text: "山"})
	if !bytes.Contains(pdf, []byte("/PrintScaling /None")) {
		t.Error("no PrintScaling")
	}
	if _, err := job.Repair(pdf); err == nil {
		t.Error("a second repair was accepted")
	}
	if _, err := glyph.NewSet().NewJob().Repair(document(t, glyph.NewSet(openFile(t, bizud)).NewJob(), line{text: "山"})[:200]); err == nil {
		t.Error("a cut off document was accepted")
	}
}

// Headings come from another face; what it lacks comes from the set, and
// private use characters never come from a text font.
func TestShape_FirstIsAskedBeforeTheSet(t *testing.T) {
	job := glyph.NewSet(openFile(t, bizud), openFile(t, ipamj)).NewJob()
	heading := glyph.Options{First: openFile(t, gothic)}
	run, findings := job.Shape("山葛\U000E0102山", heading)
	if len(run.Pieces) != 3 || run.Pieces[0].Font != run.Pieces[2].Font || run.Pieces[0].Font == run.Pieces[1].Font || len(findings) > 0 {
		t.Errorf("pieces %+v, findings %v", run.Pieces, findings)
	}
	plain, _ := job.Shape("山", glyph.Options{})
	if plain.Pieces[0].Font == run.Pieces[0].Font {
		t.Error("text of the set came from the heading's font")
	}
	if _, findings := job.Shape("\uE000", heading); len(findings) != 1 || findings[0].State != glyph.Missing {
		t.Errorf("findings %v, want one MISSING", findings)
	}
}
