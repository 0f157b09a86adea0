package city

import (
	"slices"
	"strings"
	"testing"
)

// Every 外字 occurs in some surname, in both spellings, with IVS and plane 2
// in the Unicode one.
func TestRareSurnames_EveryGaiji(t *testing.T) {
	ivs, plane2, private := 0, 0, 0
	for i, g := range gaiji {
		if len(rare[i]) == 0 {
			t.Errorf("no surname has U+%04X", g.code)
		}
		for _, w := range rare[i] {
			if !strings.ContainsRune(w.old, g.code) || !strings.Contains(w.text, g.text) || w.kana == "" {
				t.Errorf("U+%04X: %+q", g.code, w)
			}
		}
		switch runes := []rune(g.text); {
		case len(runes) == 2 && runes[1] >= 0xE0100 && runes[1] <= 0xE01EF:
			ivs++
		case runes[0] >= 0x20000:
			plane2++
		case runes[0] == g.code:
			private++
		}
	}
	if ivs < 5 || plane2 < 3 || private < 3 || ivs+plane2+private != len(gaiji) {
		t.Errorf("%d IVS, %d plane 2, %d private of %d", ivs, plane2, private, len(gaiji))
	}
}

// The corners of the user-defined area are where codecs go wrong: first and
// last cell, and the step from row F0 to F1.
func TestGaiji_CornersOfTheUserDefinedArea(t *testing.T) {
	for _, r := range []rune{0xE000, 0xE0BB, 0xE0BC, 0xE757} {
		if !slices.Contains(Gaiji(), r) {
			t.Errorf("U+%04X is missing", r)
		}
	}
}
