package password

import (
	_ "embed" // the list
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed blocked.txt
var blockedFile string

// blocked are the pieces of which guessed passwords are made, longest first.
var blocked = strings.Fields(blockedFile)

// Guessable reports whether fewer than own characters of a password remain once
// what is tried first is taken out: well-known words, rows of keys, repetitions,
// and the words of the context such as the account's own name.
func Guessable(password string, own int, context ...string) bool {
	return utf8.RuneCountInString(ownPart(password, context)) < own
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
