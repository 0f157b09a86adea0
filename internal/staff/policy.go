package staff

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/fault"
)

const (
	shortest = 12
	longest  = 128
	// own is how many characters must remain of a password once well-known
	// words, rows of keys and repetitions are taken out.
	own = 6
)

//go:embed blocked.txt
var blockedFile string

// blocked are the pieces of which guessed passwords are made, longest first.
var blocked = strings.Fields(blockedFile)

// checkPassword refuses passwords that are short, long, or made of what is
// tried first: well-known words, rows of keys, repetitions, and the words of
// the context such as the account's own name. There are no rules about kinds
// of characters. Errors: fault.Invalid "staff.password_short", "…_long", "…_common".
func checkPassword(password string, context ...string) error {
	n := utf8.RuneCountInString(norm.NFKC.String(password))
	switch {
	case n < shortest:
		return fault.New(fault.Invalid, "staff.password_short", "min", fmt.Sprint(shortest))
	case n > longest:
		return fault.New(fault.Invalid, "staff.password_long", "max", fmt.Sprint(longest))
	case strings.ContainsFunc(password, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return fault.New(fault.Invalid, "staff.password_control")
	case utf8.RuneCountInString(ownPart(password, context)) < own:
		return fault.New(fault.Invalid, "staff.password_common")
	}
	return nil
}

// ownPart is what remains of a password without pieces that are tried first.
func ownPart(password string, context []string) string {
	rest := strings.ToLower(norm.NFKC.String(password))
	for _, word := range context {
		for part := range strings.FieldsFuncSeq(strings.ToLower(norm.NFKC.String(word)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(part) >= 2 {
				rest = strings.ReplaceAll(rest, part, "")
			}
		}
	}
	for _, word := range blocked {
		rest = strings.ReplaceAll(rest, word, "")
	}
	var b strings.Builder
	var before, last rune
	for _, r := range rest {
		if step := r - last; step < -1 || step > 1 { // not aaa, abc, 321
			if r != before { // not abab
				b.WriteRune(r)
			}
		}
		before, last = last, r
	}
	return b.String()
}
