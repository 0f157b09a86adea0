// Package paper turns plain values into PDFs: address labels with the customer
// barcode ([Labels]), notice letters with a link code ([Letters]), labels for
// shelves and boxes ([PlaceLabels]).
//
// Each kind of print has two steps. Preflight lays everything out and reports
// what a person must decide or know before a sheet is used: characters that no
// font has, texts that do not fit, pieces without barcode. Render draws; it
// refuses a job in which anything of the first two is still open. Nothing is
// ever shortened.
//
// Lengths are millimetres from the upper left corner of the sheet, sizes of
// type are points. All bar and matrix codes are filled vector rectangles. The
// package knows no domain and no database, and writes no tables.
package paper

import (
	"slices"
	"time"

	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
)

// mm is one point in millimetres.
const mm = 25.4 / 72

// Press is what every print needs.
type Press struct {
	// Fonts are asked in their order for every character.
	Fonts *glyph.Set
	// Heading is the font of headings and figures; nil leaves them to Fonts. It
	// is never used for names and addresses.
	Heading *glyph.Source
	// Decisions are the answers to the findings of Preflight.
	Decisions []glyph.Decision
	// Towns split addresses for line breaks and the customer barcode.
	Towns *jpaddr.Table
	// Now is the time of making, for the document's metadata.
	Now time.Time
}

// Progress hears how many pieces of the total are done; nil is allowed.
type Progress func(done, total int)

func (p Progress) tell(done, total int) {
	if p != nil {
		p(done, total)
	}
}

// GlyphFinding is a character of a piece that needs a decision.
type GlyphFinding struct {
	Key   string // of the piece
	Field string // "name", "address", "annex", …
	glyph.Finding
}

// Overflow is a field that does not fit by any of the rules. Code is a key of
// the message catalogue.
type Overflow struct {
	Key, Field, Code string
	Args             map[string]string
}

// NoBarcode is a piece that is printed without the customer barcode.
type NoBarcode struct {
	Key    string
	Reason jpaddr.Reason
}

// Report is the result of a preflight.
type Report struct {
	Pieces    int
	Sheets    int
	Glyphs    []GlyphFinding
	Overflow  []Overflow
	NoBarcode []NoBarcode
}

// Open reports whether something still keeps the job from being rendered.
func (r Report) Open() bool {
	return slices.ContainsFunc(r.Glyphs, GlyphFinding.open) || len(r.Overflow) > 0
}

// open reports whether a person must still decide. A glyph traced from a
// bitmap is only worth knowing.
func (g GlyphFinding) open() bool { return !g.Decided && g.State != glyph.OKBitmap }
