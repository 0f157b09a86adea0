package glyph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
