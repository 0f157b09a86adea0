package glyph

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Limits for untrusted font files. The largest real font in use has 46 MB, its
// cmap 0.5 MB.
const (
	maxFile  = 256 << 20
	maxTable = 16 << 20
	maxGlyph = 1 << 20
)

// sfnt reads a TrueType font through ReaderAt: small tables are in memory,
// outlines are fetched one by one.
type sfnt struct {
	r          io.ReaderAt
	size       int64
	tables     map[string]span
	upem       int
	ascent     int
	descent    int
	glyphs     int
	longMetric int
	longLoca   bool
	maxp       []byte
	hmtx, loca []byte
	cmap       cmap
}

// span is a table's place in the file.
type span struct{ offset, length int64 }

// damaged describes what is wrong with a font file.
func damaged(format string, args ...any) error {
	return fmt.Errorf("font: "+format, args...)
}

func openSfnt(r io.ReaderAt, size int64) (*sfnt, error) {
	f := &sfnt{r: r, size: size}
	start, err := f.start()
	if err != nil {
		return nil, err
	}
	if err := f.directory(start); err != nil {
		return nil, err
	}
	for _, read := range []func() error{f.readHead, f.readMaxp, f.readMetrics, f.readLoca, f.readCmap} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// start returns the offset of the table directory: 0, or that of the first
// face in a collection.
func (f *sfnt) start() (int64, error) {
	head, err := f.bytes(span{0, 12})
	if err != nil {
		return 0, err
	}
	switch tag := string(head[:4]); tag {
	case "\x00\x01\x00\x00", "true":
		return 0, nil
	case "ttcf":
		first, err := f.bytes(span{12, 4})
		if err != nil {
			return 0, err
		}
		at := int64(u32(first, 0))
		head, err := f.bytes(span{at, 4})
		if err != nil {
			return 0, err
		}
		if string(head) == "OTTO" {
			return 0, errPostScript
		}
		return at, nil
	case "OTTO":
		return 0, errPostScript
	default:
		return 0, damaged("no TrueType signature")
	}
}

func (f *sfnt) directory(start int64) error {
	head, err := f.bytes(span{start, 12})
	if err != nil {
		return err
	}
	count := int64(u16(head, 4))
	list, err := f.bytes(span{start + 12, 16 * count})
	if err != nil {
		return err
	}
	f.tables = make(map[string]span, count)
	for i := range int(count) {
		entry := list[16*i:]
		f.tables[string(entry[:4])] = span{int64(u32(entry, 8)), int64(u32(entry, 12))}
	}
	return nil
}

// bytes reads a span that must lie inside the file.
func (f *sfnt) bytes(s span) ([]byte, error) {
	if s.offset < 0 || s.length < 0 || s.length > maxTable || s.offset > f.size-s.length {
		return nil, damaged("%d bytes at %d lie outside the file of %d", s.length, s.offset, f.size)
	}
	b := make([]byte, s.length)
	if _, err := f.r.ReadAt(b, s.offset); err != nil && (err != io.EOF || s.length > 0) {
		return nil, fmt.Errorf("font: read %d bytes at %d: %w", s.length, s.offset, err)
	}
	return b, nil
}

// table reads a whole table of at least min bytes.
func (f *sfnt) table(tag string, min int) ([]byte, error) {
	s, ok := f.tables[tag]
	if !ok {
		return nil, damaged("table %q is missing", tag)
	}
	b, err := f.bytes(s)
	if err != nil {
		return nil, fmt.Errorf("table %q: %w", tag, err)
	}
	if len(b) < min {
		return nil, damaged("table %q has %d bytes, want %d", tag, len(b), min)
	}
	return b, nil
}

func (f *sfnt) readHead() error {
	b, err := f.table("head", 54)
	if err != nil {
		return err
	}
	f.upem = int(u16(b, 18))
	if f.upem < 16 || f.upem > 16384 {
		return damaged("%d units per em", f.upem)
	}
	f.longLoca = u16(b, 50) != 0
	return nil
}

func (f *sfnt) readMaxp() error {
	b, err := f.table("maxp", 6)
	if err != nil {
		return err
	}
	f.maxp = b
	f.glyphs = int(u16(b, 4))
	return nil
}

func (f *sfnt) readMetrics() error {
	b, err := f.table("hhea", 36)
	if err != nil {
		return err
	}
	f.ascent, f.descent = int(i16(b, 4)), int(i16(b, 6))
	f.longMetric = int(u16(b, 34))
	if f.longMetric < 1 || f.longMetric > max(f.glyphs, 1) {
		return damaged("%d metrics for %d glyphs", f.longMetric, f.glyphs)
	}
	f.hmtx, err = f.table("hmtx", 4*f.longMetric)
	return err
}

func (f *sfnt) readLoca() error {
	width := 2
	if f.longLoca {
		width = 4
	}
	var err error
	f.loca, err = f.table("loca", width*(f.glyphs+1))
	return err
}

// metric returns advance and left side bearing in font units. A bearing that
// the font leaves out is where the outline begins, given as xMin.
func (f *sfnt) metric(gid, xMin int) (advance, bearing int) {
	if gid < f.longMetric {
		return int(u16(f.hmtx, 4*gid)), int(i16(f.hmtx, 4*gid+2))
	}
	advance = int(u16(f.hmtx, 4*(f.longMetric-1)))
	at := 4*f.longMetric + 2*(gid-f.longMetric)
	if at+2 > len(f.hmtx) {
		return advance, xMin
	}
	return advance, int(i16(f.hmtx, at))
}

// record returns the glyph's bytes in the glyf table; none for a blank glyph.
func (f *sfnt) record(gid int) ([]byte, error) {
	if gid < 0 || gid >= f.glyphs {
		return nil, damaged("glyph %d of %d", gid, f.glyphs)
	}
	var from, to int64
	if f.longLoca {
		from, to = int64(u32(f.loca, 4*gid)), int64(u32(f.loca, 4*gid+4))
	} else {
		from, to = 2*int64(u16(f.loca, 2*gid)), 2*int64(u16(f.loca, 2*gid+2))
	}
	glyf := f.tables["glyf"]
	if from > to || to > glyf.length || to-from > maxGlyph {
		return nil, damaged("glyph %d lies at %d–%d of %d", gid, from, to, glyf.length)
	}
	if from == to {
		return nil, nil
	}
	return f.bytes(span{glyf.offset + from, to - from})
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func i16(b []byte, at int) int16  { return int16(u16(b, at)) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
