package jpaddr

import (
	"strconv"
	"strings"
	"unicode"
)

// AddressDigits extracts the address display number of a customer barcode from
// rest, the part of an address behind the town that the postal code covers
// (Japan Post, barcode manual, rules 1–6 with supplements 1–5): digits, single
// letters and hyphens such as 3-20-5B604. It is not cut to 13 columns.
func AddressDigits(rest string) string {
	text := dropMarks(foldASCII([]rune(rest)))
	text = foldHyphens(text)
	text = arabicBeforeSuffix(text)
	return tightenLetters(joinKept(keep(text)))
}

// foldASCII turns full-width ASCII into ASCII and letters into capitals.
func foldASCII(text []rune) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		out = append(out, r)
	}
	return out
}

// dropMarks deletes the marks that join what stands beside them, so that
// «A&Bコーポ» becomes the word «ABコーポ».
func dropMarks(text []rune) []rune {
	out := text[:0]
	for _, r := range text {
		if !strings.ContainsRune("&/・･.", r) {
			out = append(out, r)
		}
	}
	return out
}

// foldHyphens turns the look-alikes of a hyphen into one. A long vowel mark
// and the numeral one count only between two digits.
func foldHyphens(text []rune) []rune {
	for i, r := range text {
		switch r {
		case '－', '‐', '‑', '‒', '–', '—', '―', '−', '─', '━':
			text[i] = '-'
		case 'ー', 'ｰ', '一':
			if i > 0 && i+1 < len(text) && isDigit(text[i-1]) && isDigit(text[i+1]) {
				text[i] = '-'
			}
		}
	}
	return text
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return r >= 'A' && r <= 'Z' }

// suffixes are the words that make a Japanese numeral in front of them count.
var suffixes = []string{"丁目", "丁", "番地", "番", "号", "地割", "線", "の", "ノ"}

func arabicBeforeSuffix(text []rune) []rune {
	out := make([]rune, 0, len(text))
	for i := 0; i < len(text); {
		n := numeralLen(text[i:])
		if n == 0 {
			out = append(out, text[i])
			i++
			continue
		}
		if startsWithAny(text[i+n:], suffixes) {
			out = append(out, []rune(arabic(text[i:i+n]))...)
		} else {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	return out
}

func startsWithAny(text []rune, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(string(text[:min(len(text), 3)]), w) {
			return true
		}
	}
	return false
}

const numerals = "〇一二三四五六七八九"

func numeralValue(r rune) int {
	if r == '○' || r == '零' {
		return 0
	}
	return strings.IndexRune(numerals, r) / 3
}

func isNumeral(r rune) bool {
	return strings.ContainsRune(numerals+"○零十百千", r)
}

func numeralLen(text []rune) int {
	n := 0
	for n < len(text) && isNumeral(text[n]) {
		n++
	}
	return n
}

// arabic reads a Japanese numeral, multiplicative (百一 → 101) or positional
// (一〇一 → 101).
func arabic(numeral []rune) string {
	if !strings.ContainsAny(string(numeral), "十百千") {
		digits := make([]byte, 0, len(numeral))
		for _, r := range numeral {
			digits = append(digits, byte('0'+numeralValue(r)))
		}
		return string(digits)
	}
	total, unit := 0, 0
	for _, r := range numeral {
		factor := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
		if factor == 0 {
			unit = unit*10 + numeralValue(r)
			continue
		}
		total += max(unit, 1) * factor
		unit = 0
	}
	return strconv.Itoa(total + unit)
}

// dropped stands for a stretch that is not kept.
const dropped = 0

// keep replaces everything but digits, hyphens and single letters by [dropped].
func keep(text []rune) []rune {
	out := make([]rune, len(text))
	for i := 0; i < len(text); {
		run := 1
		if isLetter(text[i]) {
			for i+run < len(text) && isLetter(text[i+run]) {
				run++
			}
		}
		for j := i; j < i+run; j++ {
			out[j] = dropped
			if run == 1 && kept(text[j]) && !isFloor(text, j) {
				out[j] = text[j]
			}
		}
		i += run
	}
	return out
}

func kept(r rune) bool { return isDigit(r) || isLetter(r) || r == '-' }

// isFloor tells the F of a floor: a single F straight after a digit.
func isFloor(text []rune, i int) bool {
	return text[i] == 'F' && i > 0 && isDigit(text[i-1])
}

// joinKept makes one hyphen of every dropped stretch, collapses hyphens and
// trims them from both ends.
func joinKept(text []rune) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if r == dropped {
			r = '-'
		}
		if r == '-' && (len(out) == 0 || out[len(out)-1] == '-') {
			continue
		}
		out = append(out, r)
	}
	if n := len(out); n > 0 && out[n-1] == '-' {
		out = out[:n-1]
	}
	return out
}

// tightenLetters removes the hyphens on both sides of a letter.
func tightenLetters(text []rune) string {
	var out strings.Builder
	for i, r := range text {
		if r == '-' && (i > 0 && unicode.IsUpper(text[i-1]) || i+1 < len(text) && unicode.IsUpper(text[i+1])) {
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
