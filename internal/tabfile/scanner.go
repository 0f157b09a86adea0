package tabfile

import (
	"bytes"
	"strconv"

	"kofu/internal/fault"
)

// span is a field inside the bytes of its record.
type span struct {
	from, to int
	doubled  bool // holds quotes written twice
	quoted   bool
}

// record is one logical line, valid until the next one is read.
type record struct {
	line   int    // of its first byte, from 1
	raw    []byte // without the line end
	fields []span
	defect string // code of what is wrong with the quoting, "" = nothing
	at     int    // field of the defect, from 0
}

// scanner cuts a delimited file into records. In CP932 no second byte is a
// delimiter, quote or line end, so cutting comes before decoding.
type scanner struct {
	src      *source
	delim    byte
	quote    byte // 0 = none
	breaks   bool
	line     int // of the next record
	consumed int // bytes of the record handed out last
	rec      record
}

func newScanner(src *source, p *Profile) *scanner {
	s := &scanner{src: src, delim: p.Delimiter[0], breaks: p.Breaks, line: 1}
	if p.Quote != "" {
		s.quote = p.Quote[0]
	}
	return s
}

// next reads a record; nil at the end of the file.
func (s *scanner) next() (*record, error) {
	s.src.drop(s.consumed)
	s.consumed = 0
	if err := s.src.fill(1); err != nil {
		return nil, err
	}
	if len(s.src.window) == 0 {
		return nil, nil
	}
	s.rec = record{line: s.line, fields: s.rec.fields[:0]}
	pos, done := 0, false
	for !done {
		var err error
		if pos, done, err = s.field(pos); err != nil {
			return nil, err
		}
	}
	s.rec.raw = s.src.window[:s.rec.fields[len(s.rec.fields)-1].end(s.src.window)]
	if len(s.rec.raw) > MaxLine {
		return nil, s.tooLong()
	}
	s.consumed = pos
	s.line += max(1, bytes.Count(s.src.window[:pos], []byte{'\n'}))
	return &s.rec, nil
}

// end is where the record ends if the span is its last field.
func (f span) end(b []byte) int {
	if f.quoted && f.to < len(b) {
		return f.to + 1
	}
	return f.to
}

// field reads the field at pos and returns where the next one begins, or the
// next record if this was the last field.
func (s *scanner) field(pos int) (next int, last bool, err error) {
	if err := s.src.fill(pos + 1); err != nil {
		return 0, false, err
	}
	if s.quote != 0 && pos < len(s.src.window) && s.src.window[pos] == s.quote {
		return s.quotedField(pos)
	}
	return s.plainField(pos, pos)
}

// plainField reads an unquoted field that began at from, searching on at pos.
func (s *scanner) plainField(from, pos int) (next int, last bool, err error) {
	for {
		b := s.src.window
		for ; pos < len(b); pos++ {
			switch c := b[pos]; {
			case c == s.delim:
				s.add(span{from: from, to: pos})
				return pos + 1, false, nil
			case c == '\n':
				s.add(span{from: from, to: cr(b, from, pos)})
				return pos + 1, true, nil
			case c == s.quote && s.quote != 0:
				s.spoil("tabfile.quote_inside")
			}
		}
		if s.src.eof {
			s.add(span{from: from, to: cr(b, from, len(b))})
			return len(b), true, nil
		}
		if err := s.grow(); err != nil {
			return 0, false, err
		}
	}
}

// cr is the end of a field without the carriage return of a line end at pos.
func cr(b []byte, from, pos int) int {
	if pos > from && b[pos-1] == '\r' {
		return pos - 1
	}
	return pos
}

// quotedField reads a field that begins with a quote at pos.
func (s *scanner) quotedField(pos int) (next int, last bool, err error) {
	f := span{from: pos + 1, quoted: true}
	at := pos + 1
	for {
		b := s.src.window
		i := bytes.IndexByte(b[at:], s.quote)
		if !s.breaks {
			if end := bytes.IndexByte(b[at:], '\n'); end >= 0 && (i < 0 || end < i) {
				return s.unclosed(f, at+end)
			}
		}
		switch {
		case i < 0 && s.src.eof:
			return s.unclosed(f, len(b))
		case i < 0:
			if err := s.grow(); err != nil {
				return 0, false, err
			}
			continue
		}
		at += i
		if err := s.src.fill(at + 2); err != nil {
			return 0, false, err
		}
		b = s.src.window
		if at+1 < len(b) && b[at+1] == s.quote {
			f.doubled = true
			at += 2
			continue
		}
		f.to = at
		return s.afterQuote(f)
	}
}

// afterQuote expects a delimiter or line end behind the closing quote.
func (s *scanner) afterQuote(f span) (next int, last bool, err error) {
	if err := s.src.fill(f.to + 3); err != nil {
		return 0, false, err
	}
	switch rest := s.src.window[f.to+1:]; {
	case len(rest) == 0:
		s.add(f)
		return f.to + 1, true, nil
	case rest[0] == s.delim:
		s.add(f)
		return f.to + 2, false, nil
	case rest[0] == '\n':
		s.add(f)
		return f.to + 2, true, nil
	case rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n'):
		s.add(f)
		return f.to + min(3, 1+len(rest)), true, nil
	}
	s.spoil("tabfile.quote_inside")
	return s.plainField(f.from-1, f.to+1)
}

// unclosed ends a record whose quote is never closed.
func (s *scanner) unclosed(f span, end int) (next int, last bool, err error) {
	s.spoil("tabfile.quote_open")
	b := s.src.window
	s.add(span{from: f.from - 1, to: cr(b, f.from, end)})
	return min(end+1, len(b)), true, nil
}

func (s *scanner) add(f span) { s.rec.fields = append(s.rec.fields, f) }

// spoil notes the first defect of the record.
func (s *scanner) spoil(code string) {
	if s.rec.defect == "" {
		s.rec.defect, s.rec.at = code, len(s.rec.fields)
	}
}

// grow reads more of a record that is not complete yet.
func (s *scanner) grow() error {
	if len(s.src.window) > MaxLine {
		return s.tooLong()
	}
	return s.src.more()
}

func (s *scanner) tooLong() error {
	return refuse(fault.Invalid, "tabfile.line_too_long", Finding{Row: s.line}, "limit", strconv.Itoa(MaxLine>>10))
}

// blank reports whether the line is empty.
func (r *record) blank() bool {
	return len(r.fields) == 1 && r.fields[0].from == r.fields[0].to && !r.fields[0].quoted
}

// bytes returns the content of a field; quotes written twice are halved.
func (r *record) bytes(i int, quote byte) []byte {
	f := r.fields[i]
	b := r.raw[f.from:f.to]
	if f.doubled {
		q := []byte{quote}
		return bytes.ReplaceAll(b, append(q, quote), q)
	}
	return b
}
