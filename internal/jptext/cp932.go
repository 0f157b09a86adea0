package jptext

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// The user-defined cells F040–F9FC and the code points they stand for.
const (
	puaFirst  = 0xE000
	puaLast   = 0xE757
	leadFirst = 0xF0
	leadLast  = 0xF9
	perLead   = 188
)

// cp932Table holds both directions of code page 932 as Windows has it.
type cp932Table struct {
	dec [1 << 16]uint16 // lead<<8|trail → code point in the BMP, 0 = undefined
	enc [1 << 16]uint16 // code point in the BMP → lead<<8|trail, 0 = none
}

// cp932 is built at first use. x/text has the 7,724 cells of JIS X 0208, NEC
// row 13 and the IBM extensions right, but knows no user-defined cells and
// encodes 373 IBM characters to other bytes than Windows does.
var cp932 = sync.OnceValue(func() *cp932Table {
	t := new(cp932Table)
	for lead := 0x81; lead <= 0xFC; lead++ {
		if lead >= 0xA0 && lead < 0xE0 {
			continue
		}
		for trail := 0x40; trail <= 0xFC; trail++ {
			if trail != 0x7F {
				t.dec[lead<<8|trail] = uint16(cell(byte(lead), byte(trail)))
			}
		}
	}
	t.invert()
	return t
})

// cell is the character of one lead and trail byte, 0 if there is none.
func cell(lead, trail byte) rune {
	if lead >= leadFirst && lead <= leadLast {
		n := int(trail) - 0x40
		if trail > 0x7F {
			n--
		}
		return rune(puaFirst + int(lead-leadFirst)*perLead + n)
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes([]byte{lead, trail})
	if err != nil {
		return 0
	}
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError || size != len(text) {
		return 0
	}
	return r
}

// invert fills enc from dec. 398 cells are duplicates; walking the codes upwards
// without the NEC-selected leads ED and EE gives Windows' order of preference:
// JIS X 0208, then NEC row 13, then the IBM extensions at FA40.
func (t *cp932Table) invert() {
	for code := 0x8140; code <= 0xFCFC; code++ {
		if lead := code >> 8; lead == 0xED || lead == 0xEE {
			continue
		}
		if r := t.dec[code]; r != 0 && t.enc[r] == 0 {
			t.enc[r] = uint16(code)
		}
	}
}

// twins are characters that Windows code page 932 holds under another code
// point. Only lenient export uses them.
var twins = map[rune]rune{
	0x301C: 0xFF5E, // 〜 → ～
	0x2212: 0xFF0D, // − → －
	0x2016: 0x2225, // ‖ → ∥
	0x00A2: 0xFFE0, // ¢ → ￠
	0x00A3: 0xFFE1, // £ → ￡
	0x00AC: 0xFFE2, // ¬ → ￢
}

func isLead(c byte) bool  { return c >= 0x81 && c <= 0x9F || c >= 0xE0 && c <= 0xFC }
func isTrail(c byte) bool { return c >= 0x40 && c <= 0x7E || c >= 0x80 && c <= 0xFC }

func decodeCP932(b []byte) (string, []BadSeq) {
	t := cp932()
	n := ascii(b)
	if n == len(b) {
		return string(b), nil
	}
	out := newBuilder(len(b) + len(b)/2)
	out.Write(b[:n])
	var wrong []BadSeq
	for i := n; i < len(b); {
		c := b[i]
		switch {
		case c < 0x80:
			out.WriteByte(c)
			i++
		case c >= 0xA1 && c <= 0xDF: // half-width katakana
			out.WriteRune(0xFF61 + rune(c-0xA1))
			i++
		default:
			r, size := t.pair(b[i:])
			if r == 0 {
				wrong = append(wrong, bad(b, i, i+size))
				r = replacement
			}
			out.WriteRune(r)
			i += size
		}
	}
	return out.String(), wrong
}

// pair decodes the two-byte character at the start of b, or returns 0 and the
// length of the bad sequence. An undefined cell takes its trail byte along only
// if that cannot be a character of its own below 80 (hex).
func (t *cp932Table) pair(b []byte) (rune, int) {
	if !isLead(b[0]) || len(b) < 2 || !isTrail(b[1]) {
		return 0, 1
	}
	if r := t.dec[int(b[0])<<8|int(b[1])]; r != 0 {
		return rune(r), 2
	}
	if b[1] < 0x80 {
		return 0, 1
	}
	return 0, 2
}

func encodeCP932(s string, lenient bool) ([]byte, []Unmappable, []Alias) {
	t := cp932()
	out := make([]byte, 0, len(s))
	var missing []Unmappable
	var aliases []Alias
	for i, r := range s {
		if code, ok := t.code(r); ok {
			out = appendCode(out, code)
			continue
		}
		if twin, ok := twins[r]; ok && lenient {
			out = appendCode(out, t.enc[twin])
			aliases = append(aliases, Alias{Offset: i, Rune: r, Readback: twin})
			continue
		}
		missing = append(missing, Unmappable{Offset: i, Rune: r})
	}
	return out, missing, aliases
}

// code is the one- or two-byte code of r.
func (t *cp932Table) code(r rune) (uint16, bool) {
	switch {
	case r < 0x80:
		return uint16(r), true
	case r >= 0xFF61 && r <= 0xFF9F:
		return uint16(r - 0xFF61 + 0xA1), true
	case r > 0xFFFF:
		return 0, false
	}
	code := t.enc[r]
	return code, code != 0
}

func appendCode(b []byte, code uint16) []byte {
	if code > 0xFF {
		return append(b, byte(code>>8), byte(code))
	}
	return append(b, byte(code))
}
