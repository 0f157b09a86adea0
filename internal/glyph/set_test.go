package glyph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/glyph"
)

// states maps each finding's code points to its state.
func states(findings []glyph.Finding) map[string]glyph.State {
	m := map[string]glyph.State{}
	for _, f := range findings {
		m[f.Codepoint()] = f.State
	}
	return m
}

// 葛 U+E0100 is an Adobe-Japan1 sequence, which IPAmj does not know and BIZ UD
// does; U+E0102 is one of Moji_Joho, the other way round.
func TestCheck_VariantNeedsAFontThatKnowsIt(t *testing.T) {
	name := "葛\U000E0100葛\U000E0102葛葛\U000E01EF"
	alone := glyph.NewSet(openFile(t, ipamj))
	want := map[string]glyph.State{"U+845B U+E0100": glyph.VariantBaseOnly, "U+845B U+E01EF": glyph.VariantBaseOnly}
	if diff := cmp.Diff(want, states(alone.Check(name, ""))); diff != "" {
		t.Errorf("IPAmj alone (-want +got):\n%s", diff)
	}
	both := glyph.NewSet(openFile(t, ipamj), openFile(t, bizud))
	delete(want, "U+845B U+E0100")
	if diff := cmp.Diff(want, states(both.Check(name, ""))); diff != "" {
		t.Errorf("with BIZ UD (-want +got):\n%s", diff)
	}
}

// IPAmj carries blank glyphs on U+F860, F861, F862, F87A and F87F.
func TestCheck_TextFontIsNeverAskedForPrivateUse(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	if got := states(set.Check("\uF860", "juki")); got["U+F860"] != glyph.Missing {
		t.Errorf("got %v, want MISSING", got)
	}
}

func TestCheck_BlankOutlineIsMissing(t *testing.T) {
	line := glyph.Contour{{X: 0, Y: 0, On: true}, {X: 100, Y: 0, On: true}, {X: 50, Y: 0, On: true}}
	font, err := glyph.BuildFont(glyph.FontSpec{Name: "Blank", UnitsPerEm: 1000, Glyphs: []glyph.OutlineGlyph{
		{Rune: 'A', Advance: 500},
		{Rune: 'B', Advance: 500, Contours: []glyph.Contour{line}},
		{Rune: ' ', Advance: 300},
		{Rune: '　', Advance: 1000},
	}})
	if err != nil {
		t.Fatal(err)
	}
	set := glyph.NewSet(openBytes(t, "blank.ttf", font, glyph.Text, ""))
	want := map[string]glyph.State{"U+0041": glyph.Missing, "U+0042": glyph.Missing}
	if diff := cmp.Diff(want, states(set.Check("A B　\u00A0", ""))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheck_GaijiBelongToTheirSet(t *testing.T) {
	juki := openBytes(t, "juki.tte", eudc(t, 20, 0xE000), glyph.EUDC, "juki")
	set := glyph.NewSet(openFile(t, bizud), juki)
	if got := set.Check("\uE000", "juki"); len(got) > 0 {
		t.Errorf("own set: %v", got)
	}
	got := set.Check("山\uE000\uE000", "tax")
	want := []glyph.Finding{{Cluster: "\uE000", Runes: []rune{0xE000}, State: glyph.Missing, GaijiSet: "tax"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other set (-want +got):\n%s", diff)
	}
}

// Neither a control character nor what a decoder puts in place of broken bytes
// is part of a name, although fonts may have a shape for it.
func TestCheck_ControlAndDamageAreFindings(t *testing.T) {
	set := glyph.NewSet(openFile(t, bizud), openFile(t, ipamj))
	for _, text := range []string{"山\t田", "山\n田", "山\x00田", "山\u200B田", "山\u200E田", "\uFEFF山", "山\uFFFD", "山\xF0\x20", "山\u0085", "\U000E0100山", "山\u2028"} {
		if got := set.Check(text, ""); len(got) != 1 || got[0].State != glyph.Missing {
			t.Errorf("Check(%+q) = %v, want one MISSING", text, got)
		}
	}
	for _, text := range []string{"山 田", "山　田", "山\u00A0田", "CAFE\u0301", "か\u3099", "ﾔﾏﾀﾞ", "〓", "①Ⅷ№"} {
		if got := set.Check(text, ""); len(got) > 0 {
			t.Errorf("Check(%+q) = %v, want none", text, got)
		}
	}
}

// Composing would replace the compatibility kanji U+FA19 by U+795E.
func TestCheck_KanjiAreNeverComposed(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	if got := states(set.Check("\uFA19\u0301", "")); got["U+FA19 U+0301"] != glyph.Missing {
		t.Errorf("got %v", got)
	}
}

func TestSources_TellWhatWasUsed(t *testing.T) {
	set := glyph.NewSet(openFile(t, ipamj))
	s := set.Sources()[0]
	// SHA-256 of IPAmj Mincho 005.01 as Debian carries it, by sha256sum; 61,179 glyphs.
	if s.Name != "ipamjm.ttf" || s.Glyphs != 61179 || s.SHA256 != "75268aa9ac2d92080048196af08adee37f1c286cf4b7777ed5ac3722a8737f5f" {
		t.Errorf("got %s, %d glyphs, %s", s.Name, s.Glyphs, s.SHA256)
	}
}
