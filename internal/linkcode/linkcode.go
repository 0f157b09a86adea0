// Package linkcode makes, checks and formats the 16-digit number (予約番号) that
// joins a letter to a booking, and its keyed hash.
//
// Fourteen digits are random and two are check digits, so that the whole number
// mod 97 is 1 (ISO 7064 MOD 97-10). That catches every wrong digit and every
// swap of neighbours before anybody looks a code up. A first digit 9 marks access
// keys. The number is never derived from a person: a code that corresponds to
// the 個人番号 would be one before the law (番号法2条8項).
//
// The package keeps no state and writes no tables.
package linkcode

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// Code is a valid link code: 16 digits without separators. It is a secret of the
// resident; logs show only that there is one.
type Code string

// LogValue keeps the digits out of logs.
func (Code) LogValue() slog.Value { return slog.StringValue("linkcode") }

const (
	digits = 16
	body   = digits - 2
)

// New draws a code from random, which is crypto/rand.Reader outside tests. The
// first digit is 1 to 8, so that no program drops a leading zero.
func New(random io.Reader) (_ Code, err error) {
	defer fault.Add(&err, "linkcode.New")
	first := int64(1e13)
	n, err := rand.Int(random, big.NewInt(8*first))
	if err != nil {
		return "", err
	}
	number := n.Int64() + first
	check := 98 - (number%97)*100%97
	return Code(fmt.Sprintf("%0*d%02d", body, number, check)), nil
}

// Parse reads what a person typed: full-width digits, spaces and hyphens of any
// kind are accepted. The faults are linkcode.empty, linkcode.my_number (twelve
// digits, which might be a 個人番号; the input goes into no argument),
// linkcode.not_digits, linkcode.length, linkcode.access_key and linkcode.check
// (a typing error).
func Parse(input string) (Code, error) {
	text, err := number(input)
	if err != nil {
		return "", err
	}
	if text[0] == '9' {
		return "", fault.New(fault.Invalid, "linkcode.access_key")
	}
	return Code(text), nil
}

// number reads sixteen digits with the right check digits.
func number(input string) (string, error) {
	text := strip(input)
	for _, r := range text {
		if r < '0' || r > '9' {
			return "", fault.New(fault.Invalid, "linkcode.not_digits")
		}
	}
	switch {
	case text == "":
		return "", fault.New(fault.Invalid, "linkcode.empty")
	case len(text) == 12:
		return "", fault.New(fault.Invalid, "linkcode.my_number")
	case len(text) != digits:
		return "", fault.New(fault.Invalid, "linkcode.length", "digits", strconv.Itoa(len(text)))
	case !checks(text):
		return "", fault.New(fault.Invalid, "linkcode.check")
	}
	return text, nil
}

// strip drops spaces and everything that people and input methods use as a hyphen.
func strip(input string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', '-', 'ー', 'ｰ', '―', '‐', '‑', '‒', '–', '—', '−':
			return -1
		}
		return r
	}, jptext.Narrow(input))
}

func checks(text string) bool {
	rest := 0
	for i := range len(text) {
		rest = (rest*10 + int(text[i]-'0')) % 97
	}
	return rest == 1
}

// Format writes the code in groups of four, as letters show it.
func (c Code) Format() string {
	var groups []string
	for at := 0; at < len(c); at += 4 {
		groups = append(groups, string(c[at:min(at+4, len(c))]))
	}
	return strings.Join(groups, "-")
}

// Hash is the look-up key of the code under the tenant's key: HMAC-SHA-256 with
// a label of its own, so that it equals no other hash of the same code.
func (c Code) Hash(key []byte) []byte { return mac(key, "kofu linkcode 1", string(c)) }

// HashWithBirth is the verifier of code and birth date together, the latter as
// YYYYMMDD.
func (c Code) HashWithBirth(key []byte, birth string) []byte {
	return mac(key, "kofu linkcode+birth 1", string(c)+"|"+birth)
}

func mac(key []byte, label, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return h.Sum(nil)
}
