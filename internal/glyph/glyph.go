// Package glyph finds the shape of every character that Kofu prints, and makes
// the small fonts that a print job embeds.
//
// A name may hold kanji of plane 2, a base character with a variation selector
// (IVS), or a 外字 in the private use area whose meaning depends on the system
// it came from. PDF libraries lose such characters without an error, so this
// package looks each one up itself over an ordered list of sources ([NewSet]),
// reports what no source can draw ([Finding]) and never draws a blank, a 〓 or
// silently the base form instead.
//
// A job ([Set.NewJob]) shapes texts into pieces of derived fonts. The derived
// fonts hold only the glyphs of the job under drawing codes that the PDF
// library can address; [Job.Repair] gives the finished PDF back the original
// text behind each glyph. Derived fonts exist in memory only: the licence of
// the IPA fonts allows embedding them into a document, not passing them on as
// font files.
//
// Fonts are files of an operator and therefore untrusted: every offset is
// checked, and a damaged glyph counts as missing. The package writes no tables.
package glyph

import (
	"fmt"
	"strings"
	"unicode"
)

// Role says what a source may be asked for.
type Role string

// The roles. Text fonts are never asked for private use characters: some carry
// blank or foreign glyphs there.
const (
	Text Role = "text" // a font for ordinary characters and IVS
	EUDC Role = "eudc" // the 外字 of one gaiji set (Windows EUDC.TTE or any TrueType file)
	BDF  Role = "bdf"  // the bitmap 外字 of one delivery, see [OpenBDF]
)

// State says how well a cluster can be drawn.
type State string

// The states. VariantBaseOnly and Missing need a person's decision before
// printing; a traced bitmap is printed and listed.
const (
	OK              State = "OK"
	OKBitmap        State = "OK_BITMAP"         // drawn, but only from the dots of a bitmap font
	VariantBaseOnly State = "VARIANT_BASE_ONLY" // the base form exists, the requested variant does not
	Missing         State = "MISSING"           // no source draws it, or it is a control character
)

// Finding is a cluster (a character with its variation selector or accents)
// that cannot be drawn as it stands, or only from a bitmap.
type Finding struct {
	Cluster  string
	Runes    []rune
	State    State
	GaijiSet string // set of a private use character, otherwise empty
	Pixels   int    // dots per em with OKBitmap: the resolution at n pt is Pixels*72/n dpi
	Decided  bool   // a decision of the job covers it; never set by [Set.Check]
}

// Codepoint returns the code points as people write them: «U+845B U+E0100».
func (f Finding) Codepoint() string {
	codes := make([]string, len(f.Runes))
	for i, r := range f.Runes {
		codes[i] = fmt.Sprintf("U+%04X", r)
	}
	return strings.Join(codes, " ")
}

// key identifies a cluster: the gaiji set counts for private use characters
// only, so that a decision about 葛󠄀 holds whatever system the name came from.
type key struct{ gaijiSet, cluster string }

func keyOf(gaijiSet, cluster string) key {
	for _, r := range cluster {
		if private(r) {
			return key{gaijiSet, cluster}
		}
	}
	return key{"", cluster}
}

// private reports whether r has no meaning of its own: the private use area of
// the BMP and the private use planes 15 and 16.
func private(r rune) bool { return unicode.Is(unicode.Co, r) }

// selector reports whether r chooses a variant of the character before it.
func selector(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// blankAllowed reports whether r is a character that shows nothing by nature.
func blankAllowed(r rune) bool { return unicode.Is(unicode.Zs, r) }

// undrawable reports characters that have no shape of their own or that stand
// for damage: controls, line separators, format characters, surrogates and the
// replacement character that decoders put in place of broken bytes.
func undrawable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs) ||
		r == unicode.ReplacementChar || r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF
}

// clusters splits a text into base characters with the selectors and
// non-spacing marks that follow them. A byte that is no UTF-8 becomes a
// replacement character, which nothing draws.
func clusters(text string) []string {
	var list []string
	var open strings.Builder
	for _, r := range text {
		if open.Len() > 0 && !selector(r) && !unicode.Is(unicode.Mn, r) {
			list = append(list, open.String())
			open.Reset()
		}
		open.WriteRune(r)
	}
	if open.Len() > 0 {
		list = append(list, open.String())
	}
	return list
}
