package jptext

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// bomUTF8 is the byte order mark of UTF-8 files written by Windows programs.
var bomUTF8 = []byte{0xEF, 0xBB, 0xBF}

func decodeUTF8(b []byte) (string, []BadSeq) {
	start := 0
	if bytes.HasPrefix(b, bomUTF8) {
		start = len(bomUTF8)
	}
	if utf8.Valid(b[start:]) {
		return string(b[start:]), nil
	}
	out := newBuilder(len(b))
	var wrong []BadSeq
	for i := start; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError || size > 1 {
			out.WriteRune(r)
			i += size
			continue
		}
		from := i
		for i++; i < len(b) && b[i] >= 0x80 && !utf8.RuneStart(b[i]); i++ {
		}
		wrong = append(wrong, bad(b, from, i))
		out.WriteRune(replacement)
	}
	return out.String(), wrong
}

func encodeUTF8(s string) ([]byte, []Unmappable, []Alias) {
	if utf8.ValidString(s) {
		return []byte(s), nil, nil
	}
	var out []byte
	var missing []Unmappable
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			missing = append(missing, Unmappable{Offset: i, Rune: r})
		} else {
			out = append(out, s[i:i+size]...)
		}
		i += size
	}
	return out, missing, nil
}

func byteOrder(enc Encoding) binary.ByteOrder {
	if enc == UTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// decodeUTF16 reports lone surrogates, a single last byte, and a byte order mark
// of the other order, which is U+FFFE and no character.
func decodeUTF16(enc Encoding, b []byte) (string, []BadSeq) {
	order := byteOrder(enc)
	out := newBuilder(len(b))
	var wrong []BadSeq
	i := 0
	if len(b) >= 2 && order.Uint16(b) == 0xFEFF {
		i = 2
	}
	for i < len(b) {
		r, size := unit(order, b[i:])
		if r < 0 {
			wrong = append(wrong, bad(b, i, i+size))
			r = replacement
		}
		out.WriteRune(r)
		i += size
	}
	return out.String(), wrong
}

// unit decodes the character at the start of b; −1 means a bad sequence.
func unit(order binary.ByteOrder, b []byte) (rune, int) {
	if len(b) < 2 {
		return -1, len(b)
	}
	r := rune(order.Uint16(b))
	switch {
	case r == 0xFFFE:
		return -1, 2
	case !utf16.IsSurrogate(r):
		return r, 2
	case len(b) < 4:
		return -1, 2
	}
	if full := utf16.DecodeRune(r, rune(order.Uint16(b[2:]))); full != utf8.RuneError {
		return full, 4
	}
	return -1, 2
}

func encodeUTF16(enc Encoding, s string) ([]byte, []Unmappable, []Alias) {
	order := byteOrder(enc)
	out := make([]byte, 0, 2*len(s))
	var missing []Unmappable
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			missing = append(missing, Unmappable{Offset: i, Rune: r})
			i++
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			out = append(out, 0, 0)
			order.PutUint16(out[len(out)-2:], u)
		}
		i += size
	}
	return out, missing, nil
}
