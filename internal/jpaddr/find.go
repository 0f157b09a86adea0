package jpaddr

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// FindPostal returns the postal code and the town of an address that begins
// with its city, with or without prefecture in front. The longest town wins;
// 丁目, 番地 and 小字 decide between the codes of one town. It reports false
// when there is no code or more than one; [Table.Candidates] lists them then.
func (t *Table) FindPostal(address string) (postal, town string, ok bool) {
	found := t.Candidates(address)
	for _, f := range found {
		if f.Postal != found[0].Postal {
			return "", "", false
		}
	}
	if len(found) == 0 {
		return "", "", false
	}
	return found[0].Postal, found[0].Name, true
}

// Candidates returns the rows that an address may belong to, best match only:
// one row, several when the address does not say enough, none when its city
// is unknown. A town that is not in the table yields the city's own code.
func (t *Table) Candidates(address string) []Town {
	var best []Town
	longest := -1
	for _, numbers := range []bool{false, true} {
		text := fold(address, numbers)
		for _, hit := range t.cityHits(text) {
			rest := text.from(hit.runes)
			rows, n := hit.part.cityRows[hit.row].longest(rest)
			switch {
			case len(rows) == 0 || n < longest:
				continue
			case n > longest:
				best, longest = nil, n
			}
			tail := rest.from(n).String()
			for _, town := range hit.part.inArea(rows, tail) {
				if !slices.Contains(best, town) {
					best = append(best, town)
				}
			}
		}
	}
	return best
}

type cityHit struct {
	part       *part
	row, runes int
}

// cityHits lists the municipalities with which the text may begin, the longest
// of each part first.
func (t *Table) cityHits(text folded) (hits []cityHit) {
	for _, p := range t.parts {
		hits = append(hits, p.cityHits(text)...)
	}
	return hits
}

func (t *part) cityHits(text folded) []cityHit {
	start, pref := 0, ""
	for n := 1; n <= min(t.maxPref, len(text.runes)); n++ {
		if p := string(text.runes[:n]); t.prefs[p] {
			start, pref = n, p
		}
	}
	var hits []cityHit
	for n := min(t.maxCity, len(text.runes)-start); n >= 2; n-- {
		for _, row := range t.cities[string(text.runes[start:start+n])] {
			if pref == "" || t.cityRows[row].pref == pref {
				hits = append(hits, cityHit{part: t, row: row, runes: start + n})
			}
		}
	}
	return hits
}

// longest returns the rows of the longest town with which the text begins.
func (m municipality) longest(text folded) (rows []int, runes int) {
	for n := min(m.max, len(text.runes)); n >= 0; n-- {
		if rows := m.towns[string(text.runes[:n])]; rows != nil {
			return rows, n
		}
	}
	return nil, 0
}

// inArea chooses among the rows of one town by what follows the town.
func (t *part) inArea(rows []int, tail string) []Town {
	var all, fits, rest, open []Town
	for _, i := range rows {
		town := t.towns[i]
		all = append(all, town)
		switch {
		case town.Area == "?":
			open = append(open, town)
		case town.Area == "*" || town.Area == "":
			rest = append(rest, town)
		case inside(town.Area, tail):
			fits = append(fits, town)
		}
	}
	switch {
	case len(fits) > 0:
		return fits
	case tail == "" || len(rest)+len(open) == 0:
		return all // one row: the part that the older detail names has grown since
	}
	return append(rest, open...)
}

var (
	spanForm = regexp.MustCompile(`^(\d+)(-(\d*))?(丁目|番地)$`)
	leading  = regexp.MustCompile(`^(\d+)`)
)

func isSpan(area string) bool { return spanForm.MatchString(area) }

// inside reports whether what follows the town lies in the area.
func inside(area, tail string) bool {
	m := spanForm.FindStringSubmatch(area)
	if m == nil {
		return strings.HasPrefix(tail, fold(area, false).String()) || strings.HasPrefix(tail, fold(area, true).String())
	}
	number := leading.FindString(fold(tail, true).String())
	if number == "" {
		return false
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return false
	}
	from, to := bound(m[1], 0), bound(m[3], bound(m[1], 0))
	if m[2] == "-" {
		to = 1 << 30
	}
	return n >= from && n <= to
}

func bound(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return otherwise
	}
	return n
}

// SortKey orders mail as it is delivered: postal code, town, house number as
// numbers, room. Addresses without a known code come last, in the order of
// their text.
func (t *Table) SortKey(postal, address string) string {
	code := Digits(postal)
	if code == "" {
		return "~" + address
	}
	town, at, ok := t.match(code, address)
	if !ok {
		return code + "~" + address
	}
	var key strings.Builder
	key.WriteString(code + " " + fold(town.Name, false).String())
	for part := range strings.SplitSeq(spaced(AddressDigits(address[at:])), " ") {
		if n, err := strconv.Atoi(part); err == nil {
			part = strconv.Itoa(1_000_000 + n%1_000_000)
		}
		key.WriteString(" " + part)
	}
	return key.String()
}

// spaced puts blanks between numbers and letters: 3-20-5B604 → 3 20 5 B 604.
func spaced(digits string) string {
	var out strings.Builder
	for i, r := range digits {
		if r == '-' {
			out.WriteByte(' ')
			continue
		}
		if i > 0 && isLetter(r) != isLetter(rune(digits[i-1])) && digits[i-1] != '-' {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// City cuts an address behind its municipality; city is "" when the address
// does not begin with one.
func (t *Table) City(address string) (city, rest string) {
	text := fold(address, false)
	hits := t.cityHits(text)
	if len(hits) == 0 {
		return "", address
	}
	longest := slices.MaxFunc(hits, func(a, b cityHit) int { return a.runes - b.runes })
	at := text.at(longest.runes)
	return address[:at], address[at:]
}
