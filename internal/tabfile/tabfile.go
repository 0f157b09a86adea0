// Package tabfile reads delimited and fixed-width files of other systems into
// typed rows and findings, as a [Profile] describes them.
//
// Reading is pure, streaming and bounded: one pass over an io.Reader, a few
// hundred kilobytes of memory however large the file, nothing written anywhere.
// Raw bytes are cut into records and fields before they are decoded, so the
// position of a bad byte is exact.
//
// There are three grades of trouble. A warning ([Warn]) is listed and the row is
// delivered. A rejection ([Reject]) is listed and the row is not. A refusal ends
// the reading with a *fault.Error: the file as a whole is not what the profile
// says (wrong encoding, counts that do not match, a 個人番号 column), and nothing
// of it may be used. Some refusals are known only at the end of the file, so a
// caller reads everything before it stores anything.
//
// Numbers that look like a 個人番号 never leave the package: a column of them
// refuses the file, in free text they are masked, and in findings and samples too.
package tabfile

// The bounds of a file. Beyond them it is refused.
const (
	MaxFile  = 512 << 20 // bytes of a file
	MaxLine  = 64 << 10  // bytes of a record, line breaks inside quotes included
	MaxField = 8 << 10   // bytes of a field; a longer one rejects its row
	MaxRows  = 5_000_000 // data rows of a file
)

// KeptFindings is how many findings a Report holds; the Sink gets all.
const KeptFindings = 1000

// SampleRows is how many rows a Report shows.
const SampleRows = 20
