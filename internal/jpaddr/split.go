package jpaddr

import (
	"slices"
	"strings"
)

// Split cuts an address behind the town that the postal code covers. The town
// part keeps prefecture and city as far as they are written; both parts are
// the text as written. It reports false when the code is unknown or none of
// its towns stands in the address.
func (t *Table) Split(postal, address string) (townPart, rest string, ok bool) {
	_, at, ok := t.match(Digits(postal), address)
	if !ok {
		return "", "", false
	}
	return address[:at], address[at:], true
}

// match finds the row of the postal code that takes the longest part of the
// address, and the byte offset behind it.
func (t *Table) match(postal, address string) (row Town, at int, ok bool) {
	towns := t.rows(postal)
	for _, numbers := range []bool{false, true} {
		text := fold(address, numbers)
		for _, town := range towns {
			if n, hit := covers(town, text, numbers); hit && (!ok || n > at) {
				row, at, ok = town, n, true
			}
		}
		if ok {
			return row, at, true
		}
	}
	for _, town := range towns {
		if n, hit := behindCity(town, address); hit && (!ok || n > at) {
			row, at, ok = town, n, true
		}
	}
	return row, at, ok
}

// covers reports whether the address begins with the town, with or without
// prefecture and city in front, and the offset behind it.
func covers(town Town, text folded, numbers bool) (at int, ok bool) {
	rest := text
	if n, hit := rest.after(fold(town.Prefecture, numbers).runes); hit {
		rest = rest.from(n)
	}
	cityFound := false
	for _, name := range cityNames(town.City) {
		if n, hit := rest.after(fold(name, numbers).runes); hit {
			rest, cityFound = rest.from(n), true
			break
		}
	}
	if town.Name == "" {
		if !cityFound {
			return 0, false
		}
		return text.at(len(text.runes) - len(rest.runes)), true
	}
	name := fold(town.Name, numbers).runes
	n, hit := rest.after(name)
	if !hit && strings.HasPrefix(town.City, "京都市") {
		n, hit = behindStreet(rest, name)
	}
	if !hit {
		return 0, false
	}
	rest = rest.from(n)
	if n, hit := rest.after(fold(town.Area, numbers).runes); hit && town.Area != "*" && town.Area != "?" {
		if !isSpan(town.Area) {
			rest = rest.from(n)
		}
	}
	return text.at(len(text.runes) - len(rest.runes)), true
}

// behindStreet finds the town of an address in Kyoto, which names the crossing
// first: 上長者町通堀川東入一町目.
func behindStreet(text folded, name []rune) (n int, ok bool) {
	for i := 1; i < len(text.runes); i++ {
		if !strings.ContainsRune("入る上下ル通", text.runes[i-1]) {
			continue
		}
		if n, hit := text.from(i).after(name); hit {
			return i + n, true
		}
	}
	return 0, false
}

// behindCity finds the town behind a municipality that is not the one of the
// table, because the municipality was renamed since the address was written.
func behindCity(town Town, address string) (at int, ok bool) {
	name := fold(town.Name, true).runes
	if len(name) < 2 {
		return 0, false
	}
	text := fold(address, true)
	for i := 2; i < len(text.runes); i++ {
		if !strings.ContainsRune("市区町村郡", text.runes[i-1]) {
			continue
		}
		if n, hit := text.from(i).after(name); hit {
			return text.at(i + n), true
		}
	}
	return 0, false
}

// Reason is a key of the message catalogue that says why an address gets no
// customer barcode; "" means that it gets one.
type Reason string

// Reasons for a piece without customer barcode.
const (
	NoPostalCode       Reason = "jpaddr.no_postal_code"
	UnknownCode        Reason = "jpaddr.unknown_code"
	TownNotFound       Reason = "jpaddr.town_not_found"
	RepresentativeCode Reason = "jpaddr.representative_code"
)

// boxes ends the common codes of PO boxes, which are followed by the number of
// the box alone.
const boxes = "8691"

// Customer makes the customer barcode of a mail piece, or says why it has
// none: the code that stands for a whole city (以下に掲載がない場合, ending in 00)
// gets none, nor does an address in which no town of its code is found.
func (t *Table) Customer(postal, address string) (Symbol, Reason) {
	code := Digits(postal)
	if code == "" {
		return Symbol{}, NoPostalCode
	}
	towns := t.rows(code)
	if len(towns) == 0 {
		if strings.HasSuffix(code, boxes) {
			return box(code, address)
		}
		return Symbol{}, UnknownCode
	}
	if len(towns) == 1 && towns[0].Single {
		return encoded(code)
	}
	town, at, ok := t.match(code, address)
	switch {
	case representative(code, towns):
		return Symbol{}, RepresentativeCode
	case !ok:
		return Symbol{}, TownNotFound
	case town.Single:
		return encoded(code)
	}
	return encoded(code + AddressDigits(address[at:]))
}

// representative reports whether a code stands for a whole municipality.
func representative(code string, towns []Town) bool {
	return strings.HasSuffix(code, "00") && slices.ContainsFunc(towns, func(t Town) bool { return t.Name == "" })
}

func box(code, address string) (Symbol, Reason) {
	digits := AddressDigits(address)
	if i := strings.LastIndexAny(digits, "-"); i >= 0 {
		digits = digits[i+1:]
	}
	if digits == "" || len(digits) > 4 {
		return Symbol{}, TownNotFound
	}
	return encoded(code + digits)
}

func encoded(digits string) (Symbol, Reason) {
	s, err := Encode(digits)
	if err != nil {
		return Symbol{}, TownNotFound
	}
	return s, ""
}
