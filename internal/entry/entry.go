// Package entry looks at the short texts that people type: reasons, names, the
// number of a parcel. They are kept for years and shown on screens and papers,
// so that none may carry a 個人番号 or characters that nobody sees.
//
// The package stores nothing and logs nothing; its refusals never repeat the
// text.
package entry

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/internal/fault"
	"kofu/internal/mynumber"
)

// Longest is the longest short text, in characters.
const Longest = 500

// Check refuses a text that must not be kept. Errors: fault.Invalid
// "entry.my_number", "entry.too_long", "entry.invisible".
func Check(text string) error {
	switch {
	case len(mynumber.Find(text)) > 0:
		return fault.New(fault.Invalid, "entry.my_number")
	case utf8.RuneCountInString(text) > Longest:
		return fault.New(fault.Invalid, "entry.too_long", "max", strconv.Itoa(Longest))
	case strings.ContainsFunc(text, invisible):
		return fault.New(fault.Invalid, "entry.invisible")
	}
	return nil
}

// Blank reports whether the text says nothing.
func Blank(text string) bool { return strings.TrimSpace(text) == "" }

// Visible is a text of foreign origin as it may be kept and shown: without a
// 個人番号 and without characters that nobody sees or that turn the text round.
func Visible(text string) string {
	return mynumber.Mask(strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// invisible covers control characters but the line break, the marks that change
// the direction of what follows, and what is no character.
func invisible(r rune) bool {
	switch {
	case r == '\n' || r == '\r':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF, r == utf8.RuneError:
		return true
	}
	return unicode.IsControl(r)
}
