package glyph

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// composites builds a font whose glyph records are given as they are; record i
// becomes glyph i+1 of the character A+i.
func composites(t *testing.T, records ...[]byte) *sfnt {
	t.Helper()
	f := &file{name: "Composite", upem: 1000, ascent: 880, descent: -120}
	for i, r := range records {
		f.glyphs = append(f.glyphs, entry{code: uint16('A' + i), advance: 1000, data: r})
	}
	b, err := f.bytes()
	if err != nil {
		t.Fatal(err)
	}
	font, err := openSfnt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return font
}

// component is one part: flags as in the OpenType specification of glyf.
func component(words ...int) []byte {
	w := &writer{}
	for _, v := range words {
		w.u16(v)
	}
	return w.b
}

func compositeRecord(parts ...[]byte) []byte {
	w := &writer{}
	for _, v := range []int{-1, 0, 0, 0, 0} {
		w.u16(v)
	}
	return append(w.b, bytes.Join(parts, nil)...)
}

func simple(t *testing.T, c ...Contour) []byte {
	t.Helper()
	b, err := encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOutline_RoundTrip(t *testing.T) {
	want := []Contour{
		{{0, 0, true}, {-300, 500, false}, {10, 700, true}, {10, 0, true}},
		{{100, 100, true}, {2000, -400, true}, {355, 100, false}},
	}
	got, err := composites(t, simple(t, want...)).outline(1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Three levels: a box moved by (10, 20), the whole halved, then joined at a
// point with a second box.
func TestOutline_CompositeToFullDepth(t *testing.T) {
	const words, offsets, scale, more = 1, 2, 8, 32
	font := composites(t,
		simple(t, rectangle(0, 0, 100, 200)),
		compositeRecord(component(words|offsets, 1, 10, 20)),
		compositeRecord(component(words|offsets|scale, 2, 0, 0, 0x2000)), // 0.5 in 2.14
		compositeRecord(component(words|offsets|more, 3, 0, 0), component(words, 1, 2, 0)),
	)
	got, err := font.outline(4)
	if err != nil {
		t.Fatal(err)
	}
	// Half of (10,20)–(110,220) is (5,10)–(55,110); its point 2 is (55,110).
	want := []Contour{rectangle(5, 10, 55, 110), rectangle(55, 110, 155, 310)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOutline_HostileComposites(t *testing.T) {
	const words, offsets, more = 1, 2, 32
	double := func(gid int) []byte {
		return compositeRecord(component(words|offsets|more, gid, 0, 0), component(words|offsets, gid, 0, 0))
	}
	records := [][]byte{
		compositeRecord(component(words|offsets, 1, 0, 0)),      // refers to itself
		compositeRecord(component(words, 3, 9999, 0)),           // refers to a missing point
		simple(t, rectangle(0, 0, 100, 200)),                    // 3
		compositeRecord(component(words|offsets|more, 3, 0, 0)), // announces one more part
		compositeRecord(component(words|offsets, 999, 0, 0)),    // no such glyph
	}
	for i := range 20 { // doubles twenty times over: a million boxes
		records = append(records, double(max(3, len(records)*min(i, 1))))
	}
	boxes := len(records)
	records = append(records, nil)
	for range 20 { // the same with a blank glyph, whose points no limit would count
		records = append(records, double(len(records)))
	}
	font := composites(t, records...)
	for _, gid := range []int{1, 2, 4, 5, boxes, len(records)} {
		if c, err := font.outline(gid); err == nil {
			t.Errorf("glyph %d: %d contours, want an error", gid, len(c))
		}
	}
}

func TestVisible(t *testing.T) {
	for _, test := range []struct {
		c    []Contour
		want bool
	}{
		{nil, false},
		{[]Contour{{{5, 5, true}}}, false},
		{[]Contour{{{0, 0, true}, {9, 9, true}}}, false},
		{[]Contour{{{0, 0, true}, {9, 9, true}, {3, 3, true}}}, false},
		{[]Contour{{{0, 0, true}, {0, 0, true}, {9, 9, true}, {9, 0, true}}}, true},
	} {
		if got := visible(test.c); got != test.want {
			t.Errorf("visible(%v) = %v", test.c, got)
		}
	}
}

// Viewers move an outline so that it begins at its left side bearing; a copy
// that is condensed must keep what they would show.
func TestShape_KeepsTheBearing(t *testing.T) {
	f := &file{name: "Bearing", upem: 1000, ascent: 880, descent: -120, glyphs: []entry{
		{code: 'A', advance: 1000, bearing: 50, data: simple(t, rectangle(200, 0, 700, 500))},
	}}
	b, err := f.bytes()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open("bearing.ttf", bytes.NewReader(b), int64(len(b)), Text, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.shape(1, 80)
	if err != nil {
		t.Fatal(err)
	}
	want := entry{advance: 800, bearing: 40, data: simple(t, rectangle(40, 0, 440, 500))}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A font may have shapes for controls and for U+FFFD; drawing them would hide
// that a name is damaged.
func TestCheck_ShapesOfControlsAreNotDrawn(t *testing.T) {
	spec := FontSpec{Name: "Controls", UnitsPerEm: 1000}
	list := []rune{'\t', 0x85, 0x200B, 0x2028, 0xFDD0, 0xFEFF, 0xFFFD}
	for _, r := range list {
		spec.Glyphs = append(spec.Glyphs, OutlineGlyph{Rune: r, Advance: 1000, Contours: []Contour{rectangle(0, 0, 500, 500)}})
	}
	b, err := BuildFont(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open("controls.ttf", bytes.NewReader(b), int64(len(b)), Text, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if got := NewSet(s).Check(string(r), ""); len(got) != 1 || got[0].State != Missing {
			t.Errorf("U+%04X: %v, want MISSING", r, got)
		}
	}
}

// Instructions are bytecode that viewers run: those of an operator's 外字 file
// stay out of the document.
func TestShape_GaijiComeWithoutInstructions(t *testing.T) {
	record := simple(t, rectangle(0, 0, 500, 500))
	const length = 12 // after the header and one end point
	hinted := append(append(bytes.Clone(record[:length]), 0, 2, 0x4F, 0x4F), record[length+2:]...)
	f := &file{name: "Hinted", upem: 1000, ascent: 880, descent: -120, glyphs: []entry{{code: 0xE000, advance: 1000, data: hinted}}}
	b, err := f.bytes()
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[Role][]byte{Text: hinted, EUDC: record} {
		s, err := Open("hinted.ttf", bytes.NewReader(b), int64(len(b)), role, map[Role]string{EUDC: "juki"}[role])
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.shape(1, 100)
		if err != nil {
			t.Fatal(err)
		}
		// The table pads records to four bytes.
		if diff := cmp.Diff(want, got.data[:len(want)]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
	}
}
