package paper

import (
	"iter"
	"strings"
	"unicode"
)

// atoms splits a text into the parts that stay on one line.
func atoms(text string) []string {
	var out []string
	last := other
	for c := range clusters(text) {
		k := kindOf(c)
		n := len(out)
		switch {
		case n == 0:
			out = append(out, c)
		case k == blank, k == closing, last == opening,
			(k == number || k == latin) && (last == number || last == latin) && !strings.HasSuffix(out[n-1], " "):
			out[n-1] += c
		default:
			out = append(out, c)
		}
		last = k
	}
	return out
}

// kind says how a cluster behaves at the end of a line.
type kind int

const (
	other kind = iota
	blank
	number
	latin
	opening // stays with what follows
	closing // stays with what comes before
)

func kindOf(cluster string) kind {
	r := []rune(cluster)[0]
	switch {
	case r == ' ' || r == '　':
		return blank
	case strings.ContainsRune("（「『【〔［｛(［[", r):
		return opening
	case strings.ContainsRune("、。，．・：；？！ー々ゝゞヽヾ）」』】〕］｝)]〜～ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ号様", r):
		return closing
	case r >= '0' && r <= '9', r >= '０' && r <= '９', strings.ContainsRune("-－‐−―", r):
		return number
	case unicode.Is(unicode.Latin, r), strings.ContainsRune(".,'’&/:@_+%", r):
		return latin
	}
	return other
}

// clusters goes through the characters of a text, each with the selectors and
// accents that belong to it.
func clusters(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		from := 0
		for i, r := range text {
			if i == 0 || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF || r >= 0x300 && unicode.Is(unicode.Mn, r) {
				continue
			}
			if !yield(text[from:i]) {
				return
			}
			from = i
		}
		if from < len(text) {
			yield(text[from:])
		}
	}
}
