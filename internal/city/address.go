package city

import (
	"fmt"
	"strings"
)

var kanjiDigits = []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

// townText is 住所_町字: 青葉町一丁目.
func (h home) townText() string {
	if h.nowhere {
		return "住所不定"
	}
	if h.block == 0 {
		return h.town.name
	}
	return h.town.name + kanjiDigits[h.block] + "丁目"
}

// numbers is 住所_番地号表記: 2番3号, 123番地4.
func (h home) numbers() string {
	switch {
	case h.nowhere:
		return ""
	case h.block == 0:
		return fmt.Sprintf("%d番地%d", h.lot, h.sub)
	}
	return fmt.Sprintf("%d番%d号", h.lot, h.sub)
}

// line is the address after the city in full, with 方書.
func (h home) line() string {
	return h.withBuilding(h.townText() + h.numbers())
}

// short is the address after the city as old systems keep it: 青葉町1-2-3.
func (h home) short() string {
	switch {
	case h.nowhere:
		return h.townText()
	case h.block == 0:
		return h.withBuilding(fmt.Sprintf("%s%d-%d", h.town.name, h.lot, h.sub))
	}
	return h.withBuilding(fmt.Sprintf("%s%d-%d-%d", h.town.name, h.block, h.lot, h.sub))
}

func (h home) withBuilding(address string) string {
	if h.building == "" {
		return address
	}
	return address + "　" + h.building
}

// postal is the postal code, which half of the systems write with a hyphen.
func (h home) postal(hyphen bool) string {
	switch {
	case h.nowhere:
		return ""
	case hyphen:
		return h.town.postal[:3] + "-" + h.town.postal[3:]
	}
	return h.town.postal
}

// broken puts a line break before the room, as people type it into a form.
func broken(building string) string {
	runes := []rune(building)
	if len(runes) < 60 {
		return building
	}
	at := len(runes) - 9
	return strings.Join([]string{string(runes[:at]), string(runes[at:])}, "\n")
}
