package glyph

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
)

// The digests were made with another implementation (go-text/typesetting
// v0.3.5, NominalGlyph and VariationGlyph) over all 1,114,112 code points and
// all sequences with U+FE00–FE0F and U+E0100–E01EF, as lines «%04X %d» and
// «%04X %04X %d» in ascending order.
func TestLookup_AgreesWithAnOracle(t *testing.T) {
	for _, test := range []struct {
		path              string
		nominal, variants string
	}{
		{"/usr/share/fonts/truetype/ipamj/ipamjm.ttf", "54578 f99db64d9e7c5601a0b3f75c0adb2f149898e0d9802362264f8a5f4b1aa3956f", "11474 33b2ddd19f4945fd3b8d3339bc0eec61ef021565462c7f8175144bda057d9860"},
		{"/usr/share/fonts/truetype/bizud-mincho/BIZUDMincho-Regular.ttf", "11741 d804039ad4274c4fd765b7bebc25d38389c715e4f2e3114f6f7e87928a521ea0", "10160 eb507e3ab9b0d59cefedafd6e3a137d28bcf3cfe674eba8fe4ba8123c43f8849"},
		{"/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf", "11741 a452a37b835f9f01a56b802c0ea18322e351579432c5bced766dd6086a3c5c02", "10160 eb507e3ab9b0d59cefedafd6e3a137d28bcf3cfe674eba8fe4ba8123c43f8849"},
	} {
		t.Run(test.path, func(t *testing.T) {
			s, err := OpenFile(test.path, Text, "")
			if err != nil {
				t.Fatalf("%v\ninstall the Debian packages fonts-ipamj-mincho, fonts-morisawa-bizud-mincho and fonts-morisawa-bizud-gothic", err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			if got := nominalDigest(&s.font.cmap); got != test.nominal {
				t.Errorf("characters: got %s, want %s", got, test.nominal)
			}
			if got := variantDigest(&s.font.cmap); got != test.variants {
				t.Errorf("variants: got %s, want %s", got, test.variants)
			}
		})
	}
}

func nominalDigest(c *cmap) string {
	h, n := sha256.New(), 0
	for r := rune(0); r <= 0x10FFFF; r++ {
		if gid := c.glyph(r); gid != 0 {
			n++
			fmt.Fprintf(h, "%04X %d\n", r, gid)
		}
	}
	return fmt.Sprintf("%d %x", n, h.Sum(nil))
}

func variantDigest(c *cmap) string {
	var sequences [][2]rune
	for selector, v := range c.variants {
		for base := range v.own {
			sequences = append(sequences, [2]rune{base, selector})
		}
		for _, g := range v.usual {
			for base := g.first; base <= g.last; base++ {
				sequences = append(sequences, [2]rune{rune(base), selector})
			}
		}
	}
	slices.SortFunc(sequences, func(a, b [2]rune) int { return slices.Compare(a[:], b[:]) })
	h, n := sha256.New(), 0
	for _, s := range slices.Compact(sequences) {
		if gid := c.variant(s[0], s[1]); gid != 0 {
			n++
			fmt.Fprintf(h, "%04X %04X %d\n", s[0], s[1], gid)
		}
	}
	return fmt.Sprintf("%d %x", n, h.Sum(nil))
}
