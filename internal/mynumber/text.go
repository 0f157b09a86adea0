package mynumber

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/internal/jptext"
)

// Span is where a number stands in a text, in bytes: text[From:To].
type Span struct{ From, To int }

// Find returns the numbers with a valid check digit in free text: runs of
// exactly twelve digits, and three groups of four parted by one space or hyphen
// that are not part of a longer row of groups. Full-width digits count. A phone
// number such as +819012345678, which has twelve digits too, is none.
func Find(text string) []Span {
	if !mayHold(text) {
		return nil
	}
	var found []Span
	for _, row := range rows(text) {
		if len(row) == 3 && row[0].n == 4 && row[1].n == 4 && row[2].n == 4 {
			if digits := row[0].digits + row[1].digits + row[2].digits; Valid(digits) && !phone(text[:row[0].from], digits) {
				found = append(found, Span{row[0].from, row[2].to})
			}
			continue
		}
		for _, g := range row {
			if g.n == length && Valid(g.digits) && !phone(text[:g.from], g.digits) {
				found = append(found, Span{g.from, g.to})
			}
		}
	}
	return found
}

// phone reports whether twelve digits are a Japanese mobile or IP phone number in
// its international form: behind a plus sign +81, and without its leading zero 50,
// 60, 70, 80 or 90. No other number behind a plus sign is let through.
func phone(before, digits string) bool {
	return (strings.HasSuffix(before, "+") || strings.HasSuffix(before, "＋")) &&
		digits[:2] == "81" && digits[2] >= '5' && digits[3] == '0'
}

// Shaped reports whether a text is nothing but twelve digits, in any width and
// with spaces or hyphens anywhere, whether the check digit fits or not. Where one
// number is asked for, such a text is refused.
func Shaped(text string) bool {
	n := 0
	for _, r := range jptext.Narrow(text) {
		switch {
		case r >= '0' && r <= '9':
			n++
		case r != '-' && !unicode.IsSpace(r):
			return false
		}
	}
	return n == length
}

// mayHold sorts out at once what has fewer than twelve digits, which is nearly
// every cell of a register.
func mayHold(text string) bool {
	n := 0
	for i := range len(text) {
		if isDigit(text[i]) || text[i] == fullWidth {
			n++
		}
	}
	return n >= length
}

// Mask replaces every number that Find finds by twelve asterisks.
func Mask(text string) string {
	var out strings.Builder
	at := 0
	for _, s := range Find(text) {
		out.WriteString(text[at:s.From])
		out.WriteString(strings.Repeat("*", length))
		at = s.To
	}
	out.WriteString(text[at:])
	return out.String()
}

// group is a run of digits; from and to are byte positions in the text.
type group struct {
	digits   string
	n        int
	from, to int
}

// rows cuts a text into rows of digit groups that are parted by exactly one
// space or hyphen.
func rows(text string) [][]group {
	var all [][]group
	var row []group
	for i := 0; i < len(text); {
		g := digitRun(text, i)
		if g.n == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		row = append(row, g)
		i = g.to
		if size := separator(text[i:]); size > 0 && digitRun(text, i+size).n > 0 {
			i += size
			continue
		}
		all = append(all, row)
		row = nil
	}
	return all
}

func digitRun(text string, at int) group {
	g := group{from: at, to: at}
	var digits strings.Builder
	for g.to < len(text) {
		r, size := utf8.DecodeRuneInString(text[g.to:])
		if r >= '０' && r <= '９' {
			r = r - '０' + '0'
		}
		if r < '0' || r > '9' {
			break
		}
		digits.WriteRune(r)
		g.n++
		g.to += size
	}
	g.digits = digits.String()
	return g
}

// separator is the length of the space or hyphen at the start, 0 if there is none.
func separator(text string) int {
	_, size := utf8.DecodeRuneInString(text)
	switch s := jptext.Narrow(text[:size]); s {
	case " ", "-":
		return size
	}
	return 0
}
