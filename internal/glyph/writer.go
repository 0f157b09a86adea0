package glyph

import (
	"fmt"
	"sort"
	"unicode/utf16"
)

// file is a TrueType font to be written. Its glyph 0 is made here, so glyphs[i]
// becomes glyph i+1; glyphs must be sorted by code.
type file struct {
	name            string
	upem            int
	ascent, descent int
	glyphs          []entry
	hints           map[string][]byte // cvt, fpgm, prep of the source
	maxp            []byte            // limits of the source's instructions; nil without hints
	bare            bool
}

// entry is one glyph: its character and its record in the glyf table.
type entry struct {
	code             uint16
	advance, bearing int
	data             []byte
}

// maxEntries keeps the format 4 character map below its 64 KB even if no two
// characters are neighbours (8 bytes each).
const maxEntries = 8000

type writer struct{ b []byte }

func (w *writer) u16(v int) { w.b = append(w.b, byte(v>>8), byte(v)) }
func (w *writer) u32(v int) { w.u16(v >> 16); w.u16(v) }
func (w *writer) pad() {
	for len(w.b)%4 != 0 {
		w.b = append(w.b, 0)
	}
}

func (f *file) bytes() ([]byte, error) {
	if len(f.glyphs) > maxEntries {
		return nil, fmt.Errorf("font %q: %d glyphs, at most %d", f.name, len(f.glyphs), maxEntries)
	}
	stroke := max(f.upem/25, 1)
	notdef, err := encode([]Contour{
		rectangle(stroke, 0, f.upem-stroke, f.upem*3/4),
		hole(2*stroke, stroke, f.upem-2*stroke, f.upem*3/4-stroke),
	})
	if err != nil {
		return nil, err
	}
	all := append([]entry{{advance: f.upem, bearing: stroke, data: notdef}}, f.glyphs...)
	glyf, loca := outlines(all)
	tables := map[string][]byte{
		"cmap": f.cmap(), "glyf": glyf, "loca": loca, "hmtx": metrics(all),
		"head": f.head(all), "hhea": f.hhea(all), "maxp": f.limits(all),
	}
	if !f.bare {
		tables["OS/2"], tables["post"], tables["name"] = f.os2(), post(), f.names()
	}
	for tag, b := range f.hints {
		tables[tag] = b
	}
	return assemble(tables), nil
}

func outlines(all []entry) (glyf, loca []byte) {
	g, l := &writer{}, &writer{}
	for _, e := range all {
		l.u32(len(g.b))
		g.b = append(g.b, e.data...)
		g.pad()
	}
	l.u32(len(g.b))
	return g.b, l.b
}

func metrics(all []entry) []byte {
	w := &writer{}
	for _, e := range all {
		w.u16(e.advance)
		w.u16(e.bearing)
	}
	return w.b
}

// cmap writes one format 4 subtable for platform 3, encoding 1.
func (f *file) cmap() []byte {
	type run struct{ first, last, gid int }
	var runs []run
	for i, e := range f.glyphs {
		if n := len(runs); n > 0 && runs[n-1].last+1 == int(e.code) {
			runs[n-1].last++
			continue
		}
		runs = append(runs, run{int(e.code), int(e.code), i + 1})
	}
	runs = append(runs, run{0xFFFF, 0xFFFF, 0x10000}) // ends the table: character FFFF is glyph 0
	n := len(runs)
	w := &writer{}
	for _, v := range []int{0, 1, 3, 1, 0, 12, 4, 16 + 8*n, 0} {
		w.u16(v)
	}
	w.search(n, 2)
	for _, r := range runs {
		w.u16(r.last)
	}
	w.u16(0)
	for _, r := range runs {
		w.u16(r.first)
	}
	for _, r := range runs {
		w.u16(r.gid - r.first)
	}
	w.b = append(w.b, make([]byte, 2*n)...)
	return w.b
}

// search writes the fields for a binary search over n items: in format 4 the
// doubled count comes first, in the table directory the count itself.
func (w *writer) search(n, unit int) {
	power, selector := 1, 0
	for power*2 <= n {
		power, selector = power*2, selector+1
	}
	if unit == 2 {
		w.u16(2 * n)
	} else {
		w.u16(n)
	}
	w.u16(power * unit)
	w.u16(selector)
	w.u16((n - power) * unit)
}

func (f *file) head(all []entry) []byte {
	box := [4]int{1 << 30, 1 << 30, -1 << 30, -1 << 30}
	for _, e := range all {
		if len(e.data) >= 10 {
			for i := range 2 {
				box[i] = min(box[i], int(i16(e.data, 2+2*i)))
				box[i+2] = max(box[i+2], int(i16(e.data, 6+2*i)))
			}
		}
	}
	w := &writer{}
	w.u32(0x00010000) // version
	w.u32(0x00010000) // revision
	w.u32(0)          // checksum of the file, filled in by assemble
	w.u32(0x5F0F3CF5)
	w.u16(1) // the baseline is at y = 0
	w.u16(f.upem)
	w.b = append(w.b, make([]byte, 16)...) // no dates: the same job gives the same bytes
	for _, v := range box {
		w.u16(v)
	}
	for _, v := range []int{0, 8, 2, 1, 0} { // style, smallest size, direction, long loca, format
		w.u16(v)
	}
	return w.b
}

func (f *file) hhea(all []entry) []byte {
	widest := 0
	for _, e := range all {
		widest = max(widest, e.advance)
	}
	w := &writer{}
	w.u32(0x00010000)
	for _, v := range []int{f.ascent, f.descent, 0, widest, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, len(all)} {
		w.u16(v)
	}
	return w.b
}

// limits writes maxp version 1. Limits of instructions come from the source.
func (f *file) limits(all []entry) []byte {
	points, contours, instructions := 4, 2, 0
	for _, e := range all {
		if len(e.data) < 12 || i16(e.data, 0) < 1 {
			continue
		}
		n := int(i16(e.data, 0))
		contours = max(contours, n)
		points = max(points, int(u16(e.data, 10+2*(n-1)))+1)
		instructions = max(instructions, int(u16(e.data, 10+2*n)))
	}
	w := &writer{}
	w.u32(0x00010000)
	for _, v := range []int{len(all), points, contours, 0, 0} {
		w.u16(v)
	}
	if len(f.maxp) >= 32 {
		w.b = append(w.b, f.maxp[14:26]...)
	} else {
		for _, v := range []int{2, 0, 0, 0, 0, 0} {
			w.u16(v)
		}
	}
	for _, v := range []int{instructions, 0, 0} {
		w.u16(v)
	}
	return w.b
}

// os2 writes the 78 bytes of version 0; embedding is unrestricted.
func (f *file) os2() []byte {
	first, last := 0, 0
	if n := len(f.glyphs); n > 0 {
		first, last = int(f.glyphs[0].code), int(f.glyphs[n-1].code)
	}
	w := &writer{}
	for _, v := range []int{0, f.upem, 400, 5, 0} { // version, width, weight, class, embedding
		w.u16(v)
	}
	w.b = append(w.b, make([]byte, 2*11+10+16)...) // sub- and superscript, strike-out, class, panose, ranges
	w.b = append(w.b, "KOFU"...)
	for _, v := range []int{0x40, first, last, f.ascent, f.descent, 0, f.ascent, max(-f.descent, 0)} {
		w.u16(v)
	}
	return w.b
}

func post() []byte {
	w := &writer{}
	w.u32(0x00030000)
	w.b = append(w.b, make([]byte, 28)...)
	return w.b
}

// names writes the PostScript name, for Windows in English.
func (f *file) names() []byte {
	text := utf16.Encode([]rune(f.name))
	w := &writer{}
	for _, v := range []int{0, 1, 18, 3, 1, 0x409, 6, 2 * len(text), 0} {
		w.u16(v)
	}
	for _, v := range text {
		w.u16(int(v))
	}
	return w.b
}

// assemble writes the directory and the tables with their checksums.
func assemble(tables map[string][]byte) []byte {
	tags := make([]string, 0, len(tables))
	for tag := range tables {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	w, body := &writer{}, &writer{}
	w.u32(0x00010000)
	w.search(len(tags), 16)
	start, head := 12+16*len(tags), 0
	for _, tag := range tags {
		if tag == "head" {
			head = start + len(body.b)
		}
		at := len(body.b)
		body.b = append(body.b, tables[tag]...)
		body.pad()
		w.b = append(w.b, tag...)
		w.u32(int(checksum(body.b[at:])))
		w.u32(start + at)
		w.u32(len(tables[tag]))
	}
	font := append(w.b, body.b...)
	adjust := &writer{}
	adjust.u32(int(0xB1B0AFBA - checksum(font)))
	copy(font[head+8:], adjust.b)
	return font
}

func checksum(b []byte) uint32 {
	var sum uint32
	for i := 0; i+4 <= len(b); i += 4 {
		sum += u32(b, i)
	}
	return sum
}
