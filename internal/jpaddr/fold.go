package jpaddr

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which addresses are compared. ends[i] is the
// byte offset in the text as written behind what became runes[i], so that a
// match can be mapped back.
type folded struct {
	runes []rune
	ends  []int
}

// sameKanji maps forms that stand for each other in place names.
var sameKanji = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range strings.Fields("澤沢 邊辺 邉辺 齋斎 櫻桜 淵渕 嶋島 嶌島 嶽岳 龍竜 瀧滝 檜桧 籠篭 峯峰 濱浜 濵浜 廣広 國国 學学 榮栄 縣県 區区 圓円 德徳 眞真 條条 埜野 曾曽 藪薮 驒騨 亞亜 壱一 冨富 塚塚 ヶケ ヵカ がケ のノ 之ノ ッツ っツ つツ 鷗鴎 礪砺 蠟蝋 鰺鯵 蠣蛎 靱靭 彌弥 惠恵 壽寿 假仮 號号 舊旧 澁渋 渕渕 狹狭 來来 靜静 當当 寶宝 豐豊 鹽塩 關関 戶戸 鎭鎮") {
		r := []rune(pair)
		m[r[0]] = r[1]
	}
	return m
}()

// fold compares widths, ヶ and ケ, の and ノ, old and new kanji as the same, and
// leaves out blanks, 大字 and 字. With numbers, numerals in front of 条, 丁, 線
// and the like become Arabic.
func fold(text string, numbers bool) folded {
	f := folded{runes: make([]rune, 0, len(text)/3+4), ends: make([]int, 0, len(text)/3+4)}
	before := rune(0)
	for i, r := range text {
		size := 1
		if r != utf8.RuneError {
			size = utf8.RuneLen(r)
		}
		switch {
		case r == ' ' || r == '　':
		case r == '大' && strings.HasPrefix(text[i+size:], "字"):
		case r == '字' && before != '文' && marker(text[i+size:]):
		case r >= 'ｦ' && r <= 'ﾟ', r >= '！' && r <= '～', r >= '豈' && r <= '龎':
			f.add(norm.NFKC.String(string(r)), i+size)
		default:
			f.push(r, i+size)
		}
		before = r
	}
	if numbers {
		return f.arabic()
	}
	return f
}

// marker reports whether a 字 in front of rest marks the name of a 小字. At the
// end of a name or before a house number it belongs to the name: 西万字12番地.
func marker(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && r != ' ' && r != '　' && (r < '0' || r > '9') && (r < '０' || r > '９')
}

func (f *folded) add(s string, end int) {
	for _, r := range s {
		if r == '\u3099' || r == '\u309A' {
			f.voiceWith(r, end)
			continue
		}
		f.push(r, end)
	}
}

// voiceWith puts a voicing mark on the kana before it.
func (f *folded) voiceWith(mark rune, end int) {
	if n := len(f.runes); n > 0 {
		f.runes[n-1] = []rune(norm.NFC.String(string([]rune{f.runes[n-1], mark})))[0]
		f.ends[n-1] = end
	}
}

func (f *folded) push(r rune, end int) {
	if same, ok := sameKanji[r]; ok {
		r = same
	}
	f.runes = append(f.runes, r)
	f.ends = append(f.ends, end)
}

// counted are the words in front of which a numeral may be written either way.
const counted = "条丁番線区地号町"

func (f folded) arabic() folded {
	out := folded{runes: make([]rune, 0, len(f.runes)), ends: make([]int, 0, len(f.ends))}
	for i := 0; i < len(f.runes); {
		n := numeralLen(f.runes[i:])
		if n > 0 && i+n < len(f.runes) && strings.ContainsRune(counted, f.runes[i+n]) {
			for _, r := range arabic(f.runes[i : i+n]) {
				out.runes = append(out.runes, r)
				out.ends = append(out.ends, f.ends[i+n-1])
			}
			i += n
			continue
		}
		n = max(n, 1)
		out.runes = append(out.runes, f.runes[i:i+n]...)
		out.ends = append(out.ends, f.ends[i:i+n]...)
		i += n
	}
	return out
}

func (f folded) String() string { return string(f.runes) }

// from returns the folded text behind the first n runes.
func (f folded) from(n int) folded { return folded{runes: f.runes[n:], ends: f.ends[n:]} }

// at is the byte offset in the text as written behind the first n runes.
func (f folded) at(n int) int {
	if n == 0 {
		return 0
	}
	return f.ends[n-1]
}

// after reports how many runes of f the word takes from the start.
func (f folded) after(word []rune) (int, bool) {
	if len(word) > len(f.runes) {
		return 0, false
	}
	for i, r := range word {
		if f.runes[i] != r {
			return 0, false
		}
	}
	return len(word), true
}
