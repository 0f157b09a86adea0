package glyph_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/glyph"
)

// tablesOf reads the directory of a TrueType file.
func tablesOf(font []byte) map[string][]byte {
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		entry := font[12+16*i:]
		at, size := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		tables[string(entry[:4])] = font[at : at+size]
	}
	return tables
}

func TestWebFont_TrueCharactersAndTheTablesOfBrowsers(t *testing.T) {
	source := openBytes(t, "EUDC.TTE", eudc(t, 20, 'A', 0xE000, 0xE001, 0xE757, 0xF8FF), glyph.EUDC, "住基")
	font, err := source.WebFont()
	if err != nil {
		t.Fatal(err)
	}
	tables := tablesOf(font)
	for _, tag := range []string{"OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post"} {
		if len(tables[tag]) == 0 {
			t.Errorf("no table %q", tag)
		}
	}
	set := glyph.NewSet(openBytes(t, "screen.ttf", font, glyph.EUDC, "住基"))
	got := map[string]bool{}
	for _, r := range []rune{0xE000, 0xE001, 0xE002, 0xE757, 0xF8FF} {
		got[string(r)] = len(set.Check(string(r), "住基")) == 0
	}
	want := map[string]bool{"\uE000": true, "\uE001": true, "\uE002": false, "\uE757": true, "\uF8FF": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("characters (-want +got):\n%s", diff)
	}
	text := openBytes(t, "screen.ttf", font, glyph.Text, "")
	if found := glyph.NewSet(text).Check("A\uAC00\uD7A3", ""); len(found) != 3 {
		t.Errorf("the font has characters outside the private use area: %d of 3 are missing", len(found))
	}
	again, err := source.WebFont()
	if err != nil || !bytes.Equal(font, again) {
		t.Errorf("the second font differs from the first: %v", err)
	}
}

func TestWebFont_KeepsTheShape(t *testing.T) {
	source := openBytes(t, "EUDC.TTE", eudc(t, 33, 0xE000), glyph.EUDC, "住基")
	font, err := source.WebFont()
	if err != nil {
		t.Fatal(err)
	}
	tables := tablesOf(font)
	upem := binary.BigEndian.Uint16(tables["head"][18:])
	start := binary.BigEndian.Uint32(tables["loca"][4:]) // of glyph 1, after the one for missing characters
	var box [4]int16
	for i := range box {
		box[i] = int16(binary.BigEndian.Uint16(tables["glyf"][start+2+2*uint32(i):]))
	}
	if want := [4]int16{33, -20, 236, 216}; upem != 256 || box != want {
		t.Errorf("box %v of %d units per em, want %v of 256", box, upem, want)
	}
}

func TestWebFont_OfNoFileHasNoCharacters(t *testing.T) {
	font, err := (*glyph.Source)(nil).WebFont()
	if err != nil {
		t.Fatal(err)
	}
	if source := openBytes(t, "none.ttf", font, glyph.EUDC, "住基"); source.Glyphs != 1 {
		t.Errorf("%d glyphs, want only the one for missing characters", source.Glyphs)
	}
}
