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
	font := composites(t, records...)
	for _, gid := range []int{1, 2, 4, 5, len(records)} {
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
