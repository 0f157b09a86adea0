package jptext

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// oldForms folds the variants that clerks leave out when they type a name. The
// list is light on purpose: it serves finding, never writing. Compatibility
// ideographs such as U+FA19 need no entry, NFKC unifies them.
var oldForms = oldFormTable(
	"高髙", "崎﨑碕嵜", "辺邉邊", "斉齊", "斎齋", "吉𠮷", "浜濱", "沢澤", "桜櫻", "広廣",
	"島嶋嶌", "竜龍", "栄榮", "真眞", "恵惠", "徳德", "黒黑", "瀬瀨", "国國", "条條",
	"滝瀧", "関關", "蔵藏", "学學", "実實", "寿壽", "荘莊", "万萬", "円圓", "静靜",
	"豊豐", "鉄鐵", "塩鹽", "来來", "会會", "双雙", "礼禮", "弥彌", "曽曾", "富冨",
	"館舘", "峰峯", "巌巖", "槙槇", "遥遙", "薮藪籔", "鴎鷗", "桧檜", "秋穐", "彦彥",
	"青靑", "清淸", "郎郞",
)

// oldFormTable reads groups whose first character is the one to fold to.
func oldFormTable(groups ...string) map[rune]rune {
	table := make(map[rune]rune)
	for _, group := range groups {
		var modern rune
		for i, r := range group {
			if i == 0 {
				modern = r
			} else if r != modern {
				table[r] = modern
			}
		}
	}
	return table
}

// SearchKey is what a name is found by: compatibility forms unified (NFKC, so
// half-width kana become full-width and ﾞ joins its letter), old kanji folded to
// the common form, hiragana written as katakana, Latin letters in capitals,
// dashes unified, variation selectors and all spaces dropped. Private use code
// points stay. The key is never shown and never stored as a name.
func SearchKey(name string) string {
	text := norm.NFKC.String(strings.Map(stripVariation, Fold(name)))
	return strings.Map(keyRune, text)
}

func stripVariation(r rune) rune {
	if isVariation(r) {
		return -1
	}
	return r
}

func isVariation(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

func keyRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return -1
	case r >= 'ぁ' && r <= 'ゖ' || r == 'ゝ' || r == 'ゞ':
		return r + ('ァ' - 'ぁ')
	case r >= 0x2010 && r <= 0x2015:
		return '-'
	}
	if modern, ok := oldForms[r]; ok {
		return modern
	}
	return unicode.ToUpper(r)
}

// Fold writes the characters that exist under two code points, depending on who
// converted the file, in one way: 〜 as ～, − as －, ‖ as ∥. Everything else stays.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 0x301C, 0x2212, 0x2016:
			return twins[r]
		}
		return r
	}, s)
}

// Same reports whether two texts are the same but for the doubles of Fold.
// 髙 and 高 are different: Same compares what is written, not what is meant.
func Same(a, b string) bool { return a == b || Fold(a) == Fold(b) }

// Narrow writes full-width ASCII (Ａ１－) and the full-width space as ASCII, for
// numbers and codes. Kana and kanji stay.
func Narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFF01 + '!'
		case r == 0x3000:
			return ' '
		case r == 0x2212:
			return '-'
		}
		return r
	}, s)
}

// WidenKana writes half-width katakana as full-width ones and joins ﾞ and ﾟ to
// the letter before them (ｶﾞ → ガ). Other characters stay as they are.
func WidenKana(s string) string {
	out := newBuilder(len(s))
	var run []rune
	flush := func() {
		if len(run) > 0 {
			out.WriteString(norm.NFC.String(width.Widen.String(string(run))))
			run = run[:0]
		}
	}
	for _, r := range s {
		if r >= 0xFF61 && r <= 0xFF9F {
			run = append(run, r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// Width is the room that text takes in a fixed-pitch font: 2 for a full-width
// character, 1 for a half-width one, 0 for marks that sit on another character.
// Characters of ambiguous width (①, Greek, 外字) take 2, as in Japanese fonts.
func Width(s string) int {
	total := 0
	for _, r := range s {
		switch {
		case isVariation(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
		case unicode.IsControl(r):
		case r < 0x250 && unicode.IsLetter(r): // é is half-width beside a and b
			total++
		default:
			total += cells(r)
		}
	}
	return total
}

func cells(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}
