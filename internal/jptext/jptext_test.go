package jptext

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// golden reads testdata/cp932.txt: code → code point, 0 for an undefined cell.
// The file was made from another implementation's table, not from this one.
func golden(t testing.TB) map[int]rune {
	t.Helper()
	f, err := os.Open("testdata/cp932.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells := make(map[int]rune)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if fields[0] == "#" {
			continue
		}
		lead, err := strconv.ParseInt(fields[0], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range fields[1:] {
			r, err := strconv.ParseInt(f, 16, 32)
			if err != nil && f != "----" {
				t.Fatal(err)
			}
			cells[int(lead)<<8|0x40+i] = rune(r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cells
}

func leads() []int {
	var all []int
	for lead := 0x81; lead <= 0xFC; lead++ {
		if lead <= 0x9F || lead >= 0xE0 {
			all = append(all, lead)
		}
	}
	return all
}

func TestCP932_DecodesEveryPairAsWindows(t *testing.T) {
	want := golden(t)
	defined, pairs := 0, 0
	for _, lead := range leads() {
		for trail := 0; trail <= 0xFF; trail++ {
			pairs++
			got, wrong := Decode(CP932, []byte{byte(lead), byte(trail)})
			if r := want[lead<<8|trail]; r != 0 {
				defined++
				if got != string(r) || wrong != nil {
					t.Errorf("%02X%02X: got %q %v, want %q", lead, trail, got, wrong, r)
				}
				continue
			}
			if len(wrong) == 0 || wrong[0].Offset != 0 || wrong[0].Bytes[0] != byte(lead) {
				t.Errorf("%02X%02X: undefined, reported as %v", lead, trail, wrong)
			}
			if trail < 0x80 && !strings.HasSuffix(got, string(rune(trail))) {
				t.Errorf("%02X%02X: the byte after a bad lead byte was swallowed: %q", lead, trail, got)
			}
		}
	}
	if pairs != 15360 || defined != 9604 {
		t.Errorf("tested %d pairs, %d defined; want 15360 and 9604", pairs, defined)
	}
}

// rank is Windows' order of preference among codes of one character.
func rank(code int) int {
	switch lead := code >> 8; {
	case lead == 0xED || lead == 0xEE:
		return 4
	case lead >= 0xFA:
		return 3
	case lead == 0x87:
		return 2
	}
	return 1
}

func TestCP932_EncodesEveryCodePointOfTheBMP(t *testing.T) {
	want := make(map[rune]int)
	for code, r := range golden(t) {
		if old, ok := want[r]; r != 0 && (!ok || rank(code) < rank(old) || rank(code) == rank(old) && code < old) {
			want[r] = code
		}
	}
	if len(want) != 9206 {
		t.Errorf("%d two-byte characters, want 9206", len(want))
	}
	for r := rune(0x80); r <= 0xFFFF; r++ {
		if r >= 0xD800 && r <= 0xDFFF {
			continue
		}
		var expect []byte
		if r >= 0xFF61 && r <= 0xFF9F {
			expect = []byte{byte(r - 0xFF61 + 0xA1)}
		} else if code, ok := want[r]; ok {
			expect = []byte{byte(code >> 8), byte(code)}
		}
		got, missing := Encode(CP932, string(r))
		if string(got) != string(expect) || (len(missing) == 1) != (expect == nil) {
			t.Fatalf("U+%04X: got % X, missing %v, want % X", r, got, missing, expect)
		}
	}
}

func TestCP932_SingleBytes(t *testing.T) {
	for c := 0; c <= 0xFF; c++ {
		got, wrong := Decode(CP932, []byte{byte(c)})
		switch {
		case c < 0x80:
			if got != string(rune(c)) || wrong != nil {
				t.Errorf("%02X: %q %v", c, got, wrong)
			}
		case c >= 0xA1 && c <= 0xDF:
			if got != string(rune(0xFF61+c-0xA1)) || wrong != nil {
				t.Errorf("%02X: %q %v", c, got, wrong)
			}
		default: // 80, A0, FD–FF and lead bytes without a trail
			want := []BadSeq{{Offset: 0, Bytes: []byte{byte(c)}}}
			if diff := cmp.Diff(want, wrong); diff != "" || got != "\uFFFD" {
				t.Errorf("%02X: %q (-want +got):\n%s", c, got, diff)
			}
		}
	}
}

func TestDecode_BadBytesKeepTheirNeighbours(t *testing.T) {
	for _, tc := range []struct {
		name string
		enc  Encoding
		in   string
		want string
		bad  []BadSeq
	}{
		{"invalid trail", CP932, "\xF9\xFD\x41", "\uFFFD\uFFFDA", []BadSeq{{0, []byte("\xF9")}, {1, []byte("\xFD")}}},
		{"lead before space", CP932, "\x81\x20\x41", "\uFFFD A", []BadSeq{{0, []byte("\x81")}}},
		{"lead before comma", CP932, "ab\xF0\x2C", "ab\uFFFD,", []BadSeq{{2, []byte("\xF0")}}},
		{"undefined cell, trail below 80", CP932, "\x85\x41,", "\uFFFDA,", []BadSeq{{0, []byte("\x85")}}},
		{"undefined cell, trail from 80", CP932, "\x85\x9F,", "\uFFFD,", []BadSeq{{0, []byte("\x85\x9F")}}},
		{"lead at the end", CP932, "\x82\xA0\x82", "あ\uFFFD", []BadSeq{{2, []byte("\x82")}}},
		{
			"Windows' inventions", CP932, "\x80\xA0\xFD\xFE\xFF", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD",
			[]BadSeq{{0, []byte("\x80")}, {1, []byte("\xA0")}, {2, []byte("\xFD")}, {3, []byte("\xFE")}, {4, []byte("\xFF")}},
		},
		{"user-defined area", CP932, "\xF0\x40\xF0\x7E\xF0\x80\xF9\xFC", "\uE000\uE03E\uE03F\uE757", nil},
		{"half-width kana", CP932, "\xC0\xB6\xBB\xB7", "ﾀｶｻｷ", nil},
		{"trail bytes 5C and 7C", CP932, "\x95\x5C\x8A\x7C", "表掛", nil},
		{"BOM dropped", UTF8, "\xEF\xBB\xBF宛名", "宛名", nil},
		{"broken UTF-8", UTF8, "あ\xE3\x81,\xFF", "あ\uFFFD,\uFFFD", []BadSeq{{3, []byte("\xE3\x81")}, {6, []byte("\xFF")}}},
		{"real U+FFFD", UTF8, "\uFFFD", "\uFFFD", nil},
		{"IVS kept", UTF8, "辻\U000E0100", "辻\U000E0100", nil},
		{"UTF-16LE", UTF16LE, "\xFF\xFE\x42\xD8\xB7\xDF\x41\x00", "𠮷A", nil},
		{"UTF-16BE without mark", UTF16BE, "\xD8\x42\xDF\xB7\x00A", "𠮷A", nil},
		{"lone surrogate", UTF16LE, "\x42\xD8\x41\x00", "\uFFFDA", []BadSeq{{0, []byte("\x42\xD8")}}},
		{"odd length", UTF16LE, "\x41\x00\x42", "A\uFFFD", []BadSeq{{2, []byte("\x42")}}},
		{"mark of the other order", UTF16LE, "\xFE\xFF\x00\x41", "\uFFFD\u4100", []BadSeq{{0, []byte("\xFE\xFF")}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, wrong := Decode(tc.enc, []byte(tc.in))
			if got != tc.want {
				t.Errorf("text %q, want %q", got, tc.want)
			}
			if diff := cmp.Diff(tc.bad, wrong); diff != "" {
				t.Errorf("bad sequences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	for _, tc := range []struct {
		name    string
		text    string
		want    string
		missing []Unmappable
	}{
		{"IBM characters as Windows writes them", "髙﨑ⅰ黑", "\xFB\xFC\xFA\xB1\xFA\x40\xFC\x4B", nil},
		{"user-defined area", "\uE000\uE757", "\xF0\x40\xF9\xFC", nil},
		{"no best fit", "é", "", []Unmappable{{0, 'é'}}},
		{"no small vu", "ゔ", "", []Unmappable{{0, 'ゔ'}}},
		{"beyond the BMP", "𠮷田", "\x93\x63", []Unmappable{{0, '𠮷'}}},
		{"IVS", "辻\U000E0100", "\x92\xD2", []Unmappable{{3, 0xE0100}}},
		{"twins are strict here", "〜", "", []Unmappable{{0, '〜'}}},
		{"private use beyond the user-defined area", "\uE758", "", []Unmappable{{0, 0xE758}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, missing := Encode(CP932, tc.text)
			if string(got) != tc.want {
				t.Errorf("% X, want % X", got, tc.want)
			}
			if diff := cmp.Diff(tc.missing, missing); diff != "" {
				t.Errorf("unmappable (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeLenient_ListsEveryTwin(t *testing.T) {
	got, missing, aliases := EncodeLenient(CP932, "〜−‖¢£¬")
	if want := "\x81\x60\x81\x7C\x81\x61\x81\x91\x81\x92\x81\xCA"; string(got) != want || missing != nil {
		t.Errorf("% X %v, want % X", got, missing, want)
	}
	if len(aliases) != 6 || aliases[1] != (Alias{Offset: 3, Rune: '−', Readback: '－'}) {
		t.Errorf("aliases: %v", aliases)
	}
}

func TestRoundTrip(t *testing.T) {
	cells := golden(t)
	var alphabet []rune
	for _, r := range cells {
		if r != 0 {
			alphabet = append(alphabet, r)
		}
	}
	for c := rune(0); c < 0x80; c++ {
		alphabet = append(alphabet, c)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.SampledFrom(alphabet)).Draw(t, "text"))
		b, missing := Encode(CP932, text)
		back, wrong := Decode(CP932, b)
		if back != text || missing != nil || wrong != nil {
			t.Fatalf("%q came back as %q (%v, %v)", text, back, missing, wrong)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Filter(func(s string) bool { return !strings.HasPrefix(s, "\uFEFF") && !strings.Contains(s, "\uFFFE") }).Draw(t, "text")
		for _, enc := range []Encoding{UTF8, UTF16LE, UTF16BE} {
			b, missing := Encode(enc, text)
			if back, wrong := Decode(enc, b); back != text || missing != nil || wrong != nil {
				t.Fatalf("%s: %q came back as %q", enc, text, back)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xF9\xFD\x41,\x81\x20\"\r\n\xF0\x2C"))
	f.Add([]byte("\xFF\xFE\x42\xD8\x41\x00"))
	f.Add([]byte("\xEF\xBB\xBFあ\xE3\x81"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, enc := range Encodings() {
			text, wrong := Decode(enc, b)
			last := 0
			for _, w := range wrong {
				if w.Offset < last || len(w.Bytes) == 0 || string(b[w.Offset:w.Offset+len(w.Bytes)]) != string(w.Bytes) {
					t.Fatalf("%s: bad sequence %v of % X", enc, w, b)
				}
				last = w.Offset + len(w.Bytes)
			}
			if enc == CP932 {
				for _, c := range []byte(",\"\r\n") {
					if strings.Count(text, string(c)) != strings.Count(string(b), string(c)) {
						t.Fatalf("a delimiter was lost: % X → %q", b, text)
					}
				}
			}
		}
	})
}
