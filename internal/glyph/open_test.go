package glyph_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/glyph"
)

// collection wraps a font as the only face of a TrueType collection.
func collection(font []byte) []byte {
	const head = 16
	b := append([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10"), font...)
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		at := head + 12 + 16*i + 8
		binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])+head)
	}
	return b
}

func TestOpen_FirstFaceOfACollection(t *testing.T) {
	s := openBytes(t, "msmincho.ttc", collection(eudc(t, 20, 0xE000)), glyph.EUDC, "juki")
	if got := glyph.NewSet(s).Check("\uE000", "juki"); len(got) > 0 {
		t.Errorf("findings %v", got)
	}
}

func TestOpen_RefusesWithAReason(t *testing.T) {
	good := eudc(t, 20, 0xE000)
	for _, test := range []struct {
		name, code string
		font       []byte
		role       glyph.Role
		set        string
	}{
		{"otf", "glyph.postscript_outlines", append([]byte("OTTO"), good[4:]...), glyph.Text, ""},
		{"otf in a collection", "glyph.postscript_outlines", collection(append([]byte("OTTO"), good[4:]...)), glyph.Text, ""},
		{"empty", "glyph.damaged", nil, glyph.Text, ""},
		{"no font", "glyph.damaged", []byte("STARTFONT 2.1\nSIZE 16"), glyph.Text, ""},
		{"cut off", "glyph.damaged", good[:len(good)/2], glyph.EUDC, "juki"},
		{"gaiji without set", "glyph.gaiji_set", good, glyph.EUDC, ""},
		{"text with set", "glyph.gaiji_set", good, glyph.Text, "juki"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := glyph.Open(test.name, bytes.NewReader(test.font), int64(len(test.font)), test.role, test.set)
			if !fault.Is(err, fault.Invalid, test.code) {
				t.Errorf("got %v, want %s", err, test.code)
			}
		})
	}
}

func TestOpenFile_MissingFile(t *testing.T) {
	if _, err := glyph.OpenFile("no-such.ttf", glyph.Text, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// FuzzOpen feeds damaged fonts: whatever opens must be usable without a panic,
// and what it cannot draw must be a finding.
func FuzzOpen(f *testing.F) {
	good := eudc(f, 20, 0xE000, 0xE001, 0x41)
	f.Add(good)
	f.Add(collection(good))
	f.Add(good[:len(good)-7])
	for at := 0; at < len(good); at += 13 {
		b := bytes.Clone(good)
		b[at] ^= 0xFF
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, role := range []glyph.Role{glyph.Text, glyph.EUDC} {
			set := map[glyph.Role]string{glyph.EUDC: "juki"}[role]
			s, err := glyph.Open("fuzz", bytes.NewReader(b), int64(len(b)), role, set)
			if err != nil {
				if e, ok := fault.As(err); !ok || e.Kind != fault.Invalid {
					t.Fatalf("not a fault: %v", err)
				}
				continue
			}
			use(t, s)
		}
	})
}

func use(t *testing.T, s *glyph.Source) {
	job := glyph.NewSet(s).NewJob()
	open := false
	for _, condense := range []int{0, 80} {
		for _, text := range []string{"A\uE000\uE001", "A\U000E0100", "\U00020000"} {
			_, findings := job.Shape(text, glyph.Options{GaijiSet: "juki", Condense: condense})
			open = open || len(findings) > 0
		}
	}
	if _, err := job.Fonts(); err == nil && open {
		t.Fatal("a missing glyph went through")
	}
}
