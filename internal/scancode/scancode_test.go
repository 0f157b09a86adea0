package scancode_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/scancode"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		entry string
		kind  scancode.Kind
		text  string
	}{
		{"A1B-000123", scancode.Notice, "A1B-000123"},
		{"ａ１ｂ０００１２３", scancode.Notice, "A1B-000123"},
		{" a1b 000123\t", scancode.Notice, "A1B-000123"},
		{"123000456", scancode.Notice, "123-000456"},
		{"12345678901234567890123", scancode.Application, "12345678901234567890123"},
		{"621498320257", scancode.IndividualNumber, ""}, // passes the check digit
		{"621498320258", scancode.IndividualNumber, ""}, // a misread one is refused as well
		{"６２１４ ９８３２ ０２５７", scancode.IndividualNumber, ""},
		{"A1B-00012", scancode.Unknown, "A1B00012"},
		{"", scancode.Unknown, ""},
		{"髙﨑", scancode.Unknown, "髙﨑"},
	} {
		got := scancode.Read(c.entry)
		if got.Kind != c.kind || got.Text != c.text {
			t.Errorf("Read(%q) = %+v, want kind %d %q", c.entry, got, c.kind, c.text)
		}
	}
}

func TestLabels_ComeBackAndCatchOneWrongDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, 999_999).Draw(t, "id")
		for _, c := range []struct {
			text string
			kind scancode.Kind
		}{{scancode.PlaceLabel(id), scancode.Place}, {scancode.CardTag(id), scancode.Card}} {
			if got := scancode.Read(c.text); got.Kind != c.kind || got.ID != id {
				t.Fatalf("Read(%q) = %+v, want id %d", c.text, got, id)
			}
			at := rapid.IntRange(0, len(c.text)-1).Draw(t, "at")
			b := []byte(c.text)
			b[at] = '0' + (b[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
			if got := scancode.Read(string(b)); got.Kind == c.kind {
				t.Fatalf("Read(%q) accepts a wrong digit of %q", b, c.text)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add("A1B-000123")
	f.Add("９０000001")
	f.Fuzz(func(t *testing.T, entry string) {
		if c := scancode.Read(entry); c.Kind == scancode.IndividualNumber && c.Text != "" {
			t.Errorf("kept %q", c.Text)
		}
	})
}

// What is no code is shown to the clerk, so it must be short and visible.
func TestRead_UnknownIsFitToBeShown(t *testing.T) {
	for in, want := range map[string]string{
		strings.Repeat("あ", 10_000): strings.Repeat("あ", 40) + "…",
		strings.Repeat("9", 10_000): strings.Repeat("9", 40) + "…",
		"a\x00\x07\u202eb":          "AB",
		"NAME 123456789018":         "NAME************",
	} {
		if got := scancode.Read(in); got.Kind != scancode.Unknown || got.Text != want {
			t.Errorf("Read(%.20q…) = %+v, want Unknown %q", in, got, want)
		}
	}
}
