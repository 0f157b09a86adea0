// Package scancode recognises what a scanner or a hand has entered: the
// 交付通知書番号 that J-LIS prints, the 申請書ID, the link code of our letters, and
// the labels that we print ourselves. Our own labels hold digits only, so that
// neither keyboard layout nor an open IME can spoil them; their first two
// digits tell the kind, their last two check the whole (mod 97 = 1).
//
// A 12-digit 個人番号, as on the back of the card, is recognised so that it can
// be refused without being kept anywhere.
package scancode

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"kofu/internal/entry"
	"kofu/internal/jptext"
	"kofu/internal/linkcode"
)

// Kind is what a code stands for.
type Kind int

// The kinds of code.
const (
	Unknown          Kind = iota
	Notice                // 交付通知書番号, Text is A1B-000123
	Application           // 申請書ID, Text is its 23 digits
	Link                  // link code of a letter, Text is its 16 digits
	Place                 // label of a place, ID is place.id
	Card                  // our own tag of a card, ID is card.id
	IndividualNumber      // 個人番号: refuse, and keep it nowhere; Text stays empty
)

// Code is a recognised code. Text is its stored form.
type Code struct {
	Kind Kind
	Text string
	ID   int64
}

const (
	placePrefix, placeDigits = "90", 6  // 10 digits in all
	cardPrefix, cardDigits   = "91", 10 // 14 digits in all
)

var (
	notice     = regexp.MustCompile(`^([0-9A-Z]{3})([0-9]{6})$`)
	separators = strings.NewReplacer("-", "", " ", "", "　", "", "‐", "", "−", "", "ー", "", "－", "", "―", "")
)

// Read recognises a code however it was typed: full width, lower case, with
// hyphens or blanks. An entry that is none of the kinds is Unknown with the
// folded entry as Text, fit to be shown: see [entry.Visible], and not longer
// than any code.
func Read(entry string) Code {
	folded := Fold(entry)
	if digits(folded) {
		switch len(folded) {
		case 9:
			return Code{Kind: Notice, Text: folded[:3] + "-" + folded[3:]}
		case len(placePrefix) + placeDigits + 2:
			return own(folded, placePrefix, Place)
		case 12:
			return Code{Kind: IndividualNumber}
		case len(cardPrefix) + cardDigits + 2:
			return own(folded, cardPrefix, Card)
		case 16:
			if code, err := linkcode.Parse(folded); err == nil {
				return Code{Kind: Link, Text: string(code)}
			}
		case 23:
			return Code{Kind: Application, Text: folded}
		}
		return Code{Text: shown(folded)}
	}
	if m := notice.FindStringSubmatch(folded); m != nil {
		return Code{Kind: Notice, Text: m[1] + "-" + m[2]}
	}
	return Code{Text: shown(folded)}
}

// shown is the beginning of what was entered instead of a code.
func shown(folded string) string {
	const longest = 40
	text := []rune(entry.Visible(folded))
	if len(text) > longest {
		text = append(text[:longest], '…')
	}
	return string(text)
}

// Fold brings an entry to half width and upper case and drops hyphens and
// blanks.
func Fold(entry string) string {
	return strings.ToUpper(separators.Replace(jptext.Narrow(strings.TrimSpace(entry))))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func own(text, prefix string, kind Kind) Code {
	if !strings.HasPrefix(text, prefix) || mod97(text) != 1 {
		return Code{Text: text}
	}
	id, err := strconv.ParseInt(text[len(prefix):len(text)-2], 10, 64)
	if err != nil {
		return Code{Text: text}
	}
	return Code{Kind: kind, Text: text, ID: id}
}

// PlaceLabel is the text of the label of a place, 10 digits.
func PlaceLabel(id int64) string { return label(placePrefix, placeDigits, id) }

// CardTag is the text of the tag that we print for a card, 14 digits. It says
// nothing about the holder.
func CardTag(id int64) string { return label(cardPrefix, cardDigits, id) }

func label(prefix string, width int, id int64) string {
	body := fmt.Sprintf("%s%0*d", prefix, width, id)
	return body + fmt.Sprintf("%02d", 98-mod97(body+"00"))
}

func mod97(digits string) int {
	rest := 0
	for _, d := range digits {
		rest = (rest*10 + int(d-'0')) % 97
	}
	return rest
}
