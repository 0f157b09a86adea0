package tabfile

import (
	"context"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// block is how much is read at once, and how much decides about the encoding
// before the first row is delivered.
const block = 256 << 10

// eofMark is the CP/M end of file that old programs append.
const eofMark = 0x1A

// source is the bounded window on a file. Positions count from the first byte
// that was not dropped yet. UTF-16 arrives as UTF-8, in which a lone surrogate
// keeps its three-byte form and so stays an error of the decoder.
type source struct {
	ctx      context.Context
	file     io.Reader
	detector jptext.Detector
	size     int64
	limit    int64
	wide     *widener // for UTF-16, else nil
	raw      []byte   // what file.Read filled last
	window   []byte
	buf      []byte // window lies in it
	eof      bool
}

func newSource(ctx context.Context, file io.Reader, enc jptext.Encoding) *source {
	s := &source{ctx: ctx, file: file, raw: make([]byte, block), limit: MaxFile}
	if enc == jptext.UTF16LE || enc == jptext.UTF16BE {
		s.wide = &widener{big: enc == jptext.UTF16BE, first: true}
	}
	return s
}

// more reads another piece behind the window; at the end of the file it sets eof.
func (s *source) more() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	n, err := s.file.Read(s.raw)
	piece := s.raw[:n]
	s.size += int64(n)
	_, _ = s.detector.Write(piece) // Detector.Write never fails
	if s.size > s.limit {
		return refuse(fault.TooLarge, "tabfile.file_too_large", Finding{}, "limit", strconv.FormatInt(s.limit>>20, 10))
	}
	end := errors.Is(err, io.EOF)
	if err != nil && !end {
		return err
	}
	if s.wide != nil {
		piece = s.wide.write(piece, end)
	}
	s.put(piece)
	if end {
		s.eof = true
		for len(s.window) > 0 && s.window[len(s.window)-1] == eofMark {
			s.window = s.window[:len(s.window)-1]
		}
	}
	return nil
}

// put appends a piece to the window and moves it to the front of its buffer
// when the room behind it is used up.
func (s *source) put(piece []byte) {
	if cap(s.window)-len(s.window) < len(piece) {
		if need := len(s.window) + len(piece); need > len(s.buf) {
			s.buf = make([]byte, 2*need)
		}
		n := copy(s.buf, s.window)
		s.window = s.buf[:n]
	}
	s.window = append(s.window, piece...)
}

// fill makes sure that the window holds n bytes, or all that is left.
func (s *source) fill(n int) error {
	for len(s.window) < n && !s.eof {
		if err := s.more(); err != nil {
			return err
		}
	}
	return nil
}

// drop forgets the first n bytes of the window.
func (s *source) drop(n int) { s.window = s.window[n:] }

// widener turns UTF-16 into UTF-8.
type widener struct {
	big   bool
	first bool   // the byte order mark may still come
	rest  []byte // an odd byte
	high  rune   // a high surrogate that waits for its other half
	out   []byte
}

func (w *widener) write(p []byte, end bool) []byte {
	w.out = w.out[:0]
	if len(w.rest) > 0 && len(p) > 0 {
		p = append([]byte{w.rest[0]}, p...)
		w.rest = nil
	}
	for ; len(p) >= 2; p = p[2:] {
		if w.big {
			w.unit(rune(p[0])<<8 | rune(p[1]))
		} else {
			w.unit(rune(p[1])<<8 | rune(p[0]))
		}
	}
	if len(p) == 1 {
		w.rest = []byte{p[0]}
	}
	if end {
		w.surrogate()
		if len(w.rest) > 0 {
			w.out = append(w.out, 0xFF) // half a character, no UTF-8 either
		}
	}
	return w.out
}

func (w *widener) unit(u rune) {
	if w.first && u == 0xFEFF {
		w.first = false
		return
	}
	w.first = false
	if w.high != 0 {
		if r := utf16.DecodeRune(w.high, u); r != '\uFFFD' {
			w.out = append(w.out, string(r)...)
			w.high = 0
			return
		}
		w.surrogate()
	}
	switch {
	case u >= 0xD800 && u < 0xDC00:
		w.high = u
	case utf16.IsSurrogate(u):
		w.lone(u)
	default:
		w.out = append(w.out, string(u)...)
	}
}

// surrogate writes the high surrogate that found no other half.
func (w *widener) surrogate() {
	if w.high != 0 {
		w.lone(w.high)
		w.high = 0
	}
}

func (w *widener) lone(u rune) {
	w.out = append(w.out, 0xE0|byte(u>>12), 0x80|byte(u>>6)&0x3F, 0x80|byte(u)&0x3F)
}
