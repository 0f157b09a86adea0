// Package jptext turns the bytes of Japanese files into text and back, and
// compares Japanese text.
//
// Decode and Encode never guess: bytes that are no character come back with
// their position, characters that the target cannot express come back as a list,
// and nothing is replaced without a word. Stored text is never normalised; only
// keys made for searching (SearchKey) and comparing (Same) are. Code points of
// the private use area (外字) pass through unchanged in both directions.
//
// The package keeps no state and writes no tables.
package jptext

import "strings"

// Encoding names a character encoding as import and export profiles spell it.
type Encoding string

// The encodings that Decode and Encode know.
const (
	// CP932 is Windows code page 932 with the user-defined area F040–F9FC.
	CP932 Encoding = "cp932"
	// UTF8 is UTF-8; a byte order mark at the start is dropped when decoding.
	UTF8 Encoding = "utf8"
	// UTF16LE is UTF-16, low byte first, with or without a byte order mark.
	UTF16LE Encoding = "utf16le"
	// UTF16BE is UTF-16, high byte first, with or without a byte order mark.
	UTF16BE Encoding = "utf16be"
)

// Encodings lists every encoding, in the order in which a form offers them.
func Encodings() []Encoding { return []Encoding{CP932, UTF8, UTF16LE, UTF16BE} }

// Known reports whether Decode and Encode understand the encoding.
func (e Encoding) Known() bool {
	switch e {
	case CP932, UTF8, UTF16LE, UTF16BE:
		return true
	}
	return false
}

// BadSeq is a run of bytes that is no character in the encoding.
type BadSeq struct {
	Offset int    // of the first byte in the input, from 0
	Bytes  []byte // a copy of the bytes
}

// Unmappable is a character that the target encoding cannot express.
type Unmappable struct {
	Offset int // of the character in the UTF-8 input, in bytes, from 0
	Rune   rune
}

// Alias is a character that was written as its near twin of CP932 (〜 as ～).
type Alias struct {
	Offset   int // of the character in the UTF-8 input, in bytes, from 0
	Rune     rune
	Readback rune // what a reader of the file will see
}

// replacement stands in the text where Decode reports a BadSeq.
const replacement = '\uFFFD'

// Decode turns bytes into text. Each bad sequence leaves one U+FFFD in the text
// and is reported with its offset in b. A byte below 80 (hex) is never swallowed
// by a broken character before it, so delimiters and line ends survive.
// An unknown encoding reports all of b as one bad sequence.
func Decode(enc Encoding, b []byte) (string, []BadSeq) {
	switch enc {
	case CP932:
		return decodeCP932(b)
	case UTF8:
		return decodeUTF8(b)
	case UTF16LE, UTF16BE:
		return decodeUTF16(enc, b)
	}
	return string(replacement), []BadSeq{bad(b, 0, len(b))}
}

// Encode turns text into bytes. Characters that the encoding does not have are
// left out and listed; the caller decides whether such a record may be written
// at all. No byte order mark is written.
func Encode(enc Encoding, s string) ([]byte, []Unmappable) {
	b, missing, _ := encode(enc, s, false)
	return b, missing
}

// EncodeLenient is Encode, but writes the six characters that Windows has under
// a twin code point (〜 − ‖ ¢ £ ¬) as that twin. Each use is listed, because the
// file will read back differently.
func EncodeLenient(enc Encoding, s string) ([]byte, []Unmappable, []Alias) {
	return encode(enc, s, true)
}

func encode(enc Encoding, s string, lenient bool) ([]byte, []Unmappable, []Alias) {
	switch enc {
	case CP932:
		return encodeCP932(s, lenient)
	case UTF8:
		return encodeUTF8(s)
	case UTF16LE, UTF16BE:
		return encodeUTF16(enc, s)
	}
	var missing []Unmappable
	for i, r := range s {
		missing = append(missing, Unmappable{Offset: i, Rune: r})
	}
	return nil, missing, nil
}

func bad(b []byte, from, to int) BadSeq {
	return BadSeq{Offset: from, Bytes: append([]byte(nil), b[from:to]...)}
}

// ascii returns how many bytes at the start of b are below 80 (hex).
func ascii(b []byte) int {
	for i, c := range b {
		if c >= 0x80 {
			return i
		}
	}
	return len(b)
}

func newBuilder(size int) *strings.Builder {
	var out strings.Builder
	out.Grow(size)
	return &out
}
