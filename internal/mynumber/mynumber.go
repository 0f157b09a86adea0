// Package mynumber is the guard that keeps the 12-digit 個人番号 out of the
// program. It recognises a column by its heading or its values, a single cell,
// and a number inside free text, and masks what it finds. It also recognises
// headings of the 住民票コード, which is not needed either and whose digits are
// not checked.
//
// Only exact numbers of twelve digits count, never twelve digits inside a longer
// number: seven in ten of the 23-digit 申請書ID contain such a window by chance.
//
// The package stores nothing and logs nothing.
package mynumber

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"

	"kofu/internal/jptext"
)

// length is the number of digits of a 個人番号.
const length = 12

// Valid reports whether digits are twelve ASCII digits whose last one is the
// check digit of 総務省令第85号第5条: 11 − (Σ Pn·Qn mod 11), and 0 where the
// remainder is at most 1; the weights are 6,5,4,3,2,7,6,5,4,3,2 from the left.
func Valid(digits string) bool {
	if len(digits) != length {
		return false
	}
	const weights = "65432765432"
	sum := 0
	for i := range weights {
		if !isDigit(digits[i]) {
			return false
		}
		sum += int(digits[i]-'0') * int(weights[i]-'0')
	}
	check := 0
	if rest := sum % 11; rest > 1 {
		check = 11 - rest
	}
	return digits[length-1] == byte('0'+check)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

//go:embed headings.txt
var headingFile string

// individual and resident match the headings of 個人番号 and of 住民票コード
// after folding.
var individual, resident = headings(headingFile)

func headings(file string) (individual, resident *regexp.Regexp) {
	var patterns []string
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return regexp.MustCompile(patterns[0]), regexp.MustCompile(patterns[1])
}

// Kind says what a heading announces.
type Kind int

// The kinds of heading.
const (
	Harmless   Kind = iota
	Individual      // 個人番号, マイナンバー
	Resident        // 住民票コード
)

// Heading reports what a column heading announces, whatever its width, case and
// spacing.
func Heading(name string) Kind {
	folded := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return r
	}, jptext.Narrow(jptext.WidenKana(name))))
	switch {
	case individual.MatchString(folded):
		return Individual
	case resident.MatchString(folded):
		return Resident
	}
	return Harmless
}

// Cell reports whether a whole value is a number with a valid check digit,
// written in any width and in one piece or as 4-4-4.
func Cell(value string) bool {
	digits, ok := exact(value)
	return ok && Valid(digits)
}

// exact returns the twelve digits if the value is nothing else.
func exact(value string) (string, bool) {
	if len(value) < length || len(value) > 64 {
		return "", false
	}
	if first := strings.TrimLeft(value, " 　"); first == "" || !isDigit(first[0]) && first[0] != fullWidth {
		return "", false // nearly every cell of a register ends here
	}
	value = strings.TrimSpace(jptext.Narrow(value))
	if m := grouped.FindStringSubmatch(value); m != nil && m[0] == value {
		value = m[1] + m[2] + m[3]
	}
	if len(value) != length {
		return "", false
	}
	for i := range length {
		if !isDigit(value[i]) {
			return "", false
		}
	}
	return value, true
}

// fullWidth is the first byte of a full-width digit in UTF-8.
const fullWidth = 0xEF

var grouped = regexp.MustCompile(`([0-9]{4})[ -]([0-9]{4})[ -]([0-9]{4})`)

// The rule for columns: at 20 values of twelve digits of which 60 % pass, the
// chance of a false alarm on random digits is below one in a million.
const (
	columnValues  = 20
	columnPercent = 60
)

// Column watches the values of one column. The zero value is ready to use.
type Column struct {
	seen, passed int
}

// Add takes the next value of the column.
func (c *Column) Add(value string) {
	if digits, ok := exact(value); ok {
		c.seen++
		if Valid(digits) {
			c.passed++
		}
	}
}

// Flagged reports whether the column holds 個人番号: at least 20 values of
// exactly twelve digits of which at least 60 % have a valid check digit.
func (c *Column) Flagged() bool {
	return c.seen >= columnValues && c.passed*100 >= c.seen*columnPercent
}
