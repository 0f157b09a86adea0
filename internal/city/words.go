package city

import (
	"embed"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed words/*.tsv
var wordFiles embed.FS

// rows reads a word list: tab-separated, lines with # are remarks.
func rows(name string) [][]string {
	b, err := wordFiles.ReadFile("words/" + name + ".tsv")
	if err != nil {
		panic(err) // a file that is missing from the build
	}
	var all [][]string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, strings.Split(line, "\t"))
		}
	}
	return all
}

// word is a part of a name in the spellings of the two kinds of system.
type word struct {
	text string // Unicode, with IVS and plane 2
	old  string // CP932, with the city's 外字 for what CP932 lacks
	kana string // full-width
}

type foreigner struct {
	roman, sex, kanji string
}

// town is a town of the city.
type town struct {
	postal string
	name   string
	blocks int // number of 丁目, 0 for none
}

// gaijiChar is a 外字 of the city.
type gaijiChar struct {
	code rune
	text string // its spelling in Unicode; the 外字 itself where there is none
	base string // the ordinary character it is a variant of
}

var (
	surnames   = words("surnames")
	male       = words("male")
	female     = words("female")
	foreigners = foreignWords()
	towns      = townWords()
	buildings  = firstColumn("buildings")
	gaiji      = gaijiWords()
	rare       = rareSurnames() // with a 外字 in the old systems, for each 外字
	weights    = zipf(len(surnames))
)

func words(name string) []word {
	var all []word
	for _, r := range rows(name) {
		all = append(all, word{text: r[0], old: r[0], kana: r[1]})
	}
	return all
}

func firstColumn(name string) []string {
	var all []string
	for _, r := range rows(name) {
		all = append(all, r[0])
	}
	return all
}

func foreignWords() []foreigner {
	var all []foreigner
	for _, r := range rows("foreign") {
		f := foreigner{roman: r[0], sex: r[1]}
		if len(r) > 2 {
			f.kanji = r[2]
		}
		all = append(all, f)
	}
	return all
}

func townWords() []town {
	var all []town
	for _, r := range rows("towns") {
		blocks, err := strconv.Atoi(r[2])
		if err != nil {
			panic(err) // an embedded table that does not parse
		}
		all = append(all, town{postal: r[0], name: r[1], blocks: blocks})
	}
	return all
}

func gaijiWords() []gaijiChar {
	var all []gaijiChar
	for _, r := range rows("gaiji") {
		code, err := strconv.ParseUint(r[0], 16, 16)
		if err != nil {
			panic(err) // an embedded table that does not parse
		}
		g := gaijiChar{code: rune(code), text: r[1], base: r[2]}
		if g.text == "-" {
			g.text = string(g.code)
		}
		all = append(all, g)
	}
	return all
}

// rareSurnames makes, for every 外字, the surnames that hold its base character.
func rareSurnames() [][]word {
	var all [][]word
	for _, g := range gaiji {
		var names []word
		for _, s := range surnames {
			if strings.Contains(s.text, g.base) && utf8.RuneCountInString(s.text) > 1 {
				names = append(names, word{
					text: strings.Replace(s.text, g.base, g.text, 1),
					old:  strings.Replace(s.text, g.base, string(g.code), 1),
					kana: s.kana,
				})
			}
		}
		all = append(all, names)
	}
	return all
}

// zipf gives the running sums by which surnames are drawn: the n-th name is
// about 1/n as frequent, as in life.
func zipf(n int) []int {
	sums := make([]int, n)
	total := 0
	for i := range sums {
		total += 100_000 / (i + 12)
		sums[i] = total
	}
	return sums
}

// surname draws one: 3 % are the most frequent name, which is the slow case of
// every search, and 0.3 % hold a 外字.
func (d *dice) surname() word {
	switch n := d.n(1000); {
	case n < 30:
		return surnames[0]
	case n < 33:
		return pick(d, pick(d, rare))
	}
	n := d.n(weights[len(weights)-1]-weights[0]) + weights[0]
	low, high := 0, len(weights)-1
	for low < high {
		if middle := (low + high) / 2; weights[middle] > n {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return surnames[low]
}

// Gaiji returns the private use characters that occur in the city's files.
func Gaiji() []rune {
	var all []rune
	for _, g := range gaiji {
		all = append(all, g.code)
	}
	return all
}
