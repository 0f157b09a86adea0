package jptext

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"kofu/internal/fault"
)

// Guess is what a Detector thinks of a file. It is a proposal: the profile fixes
// the encoding, and a file that contradicts its profile is refused.
type Guess struct {
	Encoding Encoding
	BOM      bool // a byte order mark decided
	ASCII    bool // only bytes below 80 (hex), so CP932 and UTF-8 read the same
	Bad      bool // the proposal is CP932, yet some bytes are no CP932 either
}

// Detector looks at a whole file, piece by piece, never at single fields: about
// 4.5 % of short fields of half-width kana in CP932 are also valid UTF-8.
// The zero value is ready to use.
type Detector struct {
	head     []byte // the first bytes, for marks and NUL patterns
	tail     []byte // an unfinished UTF-8 character of the last piece
	half     byte   // an unfinished CP932 character of the last piece
	notUTF8  bool
	notCP932 bool
	wide     bool // a byte from 80 up was seen
}

const detectorHead = 4096

// Write takes the next piece of the file; it never fails.
func (d *Detector) Write(p []byte) (int, error) {
	if room := detectorHead - len(d.head); room > 0 {
		d.head = append(d.head, p[:min(room, len(p))]...)
	}
	if !d.wide && d.half == 0 && ascii(p) == len(p) {
		return len(p), nil
	}
	d.wide = true
	if !d.notUTF8 {
		d.writeUTF8(p)
	}
	if !d.notCP932 {
		d.writeCP932(p)
	}
	return len(p), nil
}

func (d *Detector) writeUTF8(p []byte) {
	joined := p
	if len(d.tail) > 0 {
		joined = append(append([]byte(nil), d.tail...), p...)
	}
	cut := len(joined)
	for back := 1; back <= 3 && back <= len(joined); back++ {
		if c := joined[len(joined)-back]; utf8.RuneStart(c) {
			if c >= 0x80 && !utf8.FullRune(joined[len(joined)-back:]) {
				cut = len(joined) - back
			}
			break
		}
	}
	d.notUTF8 = !utf8.Valid(joined[:cut])
	d.tail = append(d.tail[:0:0], joined[cut:]...)
}

func (d *Detector) writeCP932(p []byte) {
	t := cp932()
	for _, c := range p {
		switch {
		case d.half != 0:
			if t.dec[int(d.half)<<8|int(c)] == 0 {
				d.notCP932 = true
				return
			}
			d.half = 0
		case isLead(c):
			d.half = c
		case c == 0x80 || c == 0xA0 || c >= 0xFD:
			d.notCP932 = true
			return
		}
	}
}

// Guess decides by the whole file: a byte order mark is obeyed; valid UTF-8 with
// at least one multibyte character is UTF-8; NUL bytes in a regular pattern are
// UTF-16; anything else is CP932.
func (d *Detector) Guess() Guess { return d.guess(true) }

// GuessSoFar is Guess before the end of the file: a character that is cut in two
// by the end of the last piece is no fault.
func (d *Detector) GuessSoFar() Guess { return d.guess(false) }

func (d *Detector) guess(end bool) Guess {
	switch {
	case bytes.HasPrefix(d.head, bomUTF8):
		return Guess{Encoding: UTF8, BOM: true}
	case bytes.HasPrefix(d.head, []byte{0xFF, 0xFE}):
		return Guess{Encoding: UTF16LE, BOM: true}
	case bytes.HasPrefix(d.head, []byte{0xFE, 0xFF}):
		return Guess{Encoding: UTF16BE, BOM: true}
	}
	if d.wide && !d.notUTF8 && (len(d.tail) == 0 || !end) {
		return Guess{Encoding: UTF8}
	}
	if enc, ok := nulPattern(d.head); ok {
		return Guess{Encoding: enc}
	}
	return Guess{Encoding: CP932, ASCII: !d.wide, Bad: d.notCP932 || end && d.half != 0}
}

// nulPattern recognises UTF-16 without a mark: digits, delimiters and line ends
// of a table have a NUL as one half, always the same one.
func nulPattern(head []byte) (Encoding, bool) {
	var even, odd int
	for i, c := range head {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	enough := len(head) / 10
	switch {
	case odd > enough && odd > 0 && even*20 < odd:
		return UTF16LE, true
	case even > enough && even > 0 && odd*20 < even:
		return UTF16BE, true
	}
	return "", false
}

// Detect reads r to its end and proposes its encoding.
func Detect(r io.Reader) (_ Guess, err error) {
	defer fault.Add(&err, "jptext.Detect")
	var d Detector
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		_, _ = d.Write(buf[:n]) // Detector.Write never fails
		if errors.Is(err, io.EOF) {
			return d.Guess(), nil
		}
		if err != nil {
			return Guess{}, err
		}
	}
}
