package staff

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/fault"
	"kofu/internal/password"
)

const (
	shortest = 12
	longest  = 128
	// own is how many characters must remain of a password once well-known
	// words, rows of keys and repetitions are taken out.
	own = 6
)

// checkPassword refuses passwords that are short, long, or made of what is
// tried first: well-known words, rows of keys, repetitions, and the words of
// the context such as the account's own name. There are no rules about kinds
// of characters. Errors: fault.Invalid "staff.password_short", "…_long", "…_common".
func checkPassword(text string, context ...string) error {
	n := utf8.RuneCountInString(norm.NFKC.String(text))
	switch {
	case n < shortest:
		return fault.New(fault.Invalid, "staff.password_short", "min", fmt.Sprint(shortest))
	case n > longest:
		return fault.New(fault.Invalid, "staff.password_long", "max", fmt.Sprint(longest))
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return fault.New(fault.Invalid, "staff.password_control")
	case password.Guessable(text, own, context...):
		return fault.New(fault.Invalid, "staff.password_common")
	}
	return nil
}
