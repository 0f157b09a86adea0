package mynumber

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vectors of the rule; no real number is among them.
const (
	pass1 = "621498320257"
	pass2 = "983205673214"
	fail  = "621498320258"
)

func TestValid(t *testing.T) {
	for in, want := range map[string]bool{
		pass1: true, pass2: true, fail: false, "": false, "62149832025": false, "6214983202570": false, "62149832025x": false, "x21498320257": false,
	} {
		if got := Valid(in); got != want {
			t.Errorf("Valid(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestHeading(t *testing.T) {
	for name, want := range map[string]Kind{
		"個人番号": Individual, "個 人 番 号": Individual, "マイナンバー": Individual, "ﾏｲﾅﾝﾊﾞｰ": Individual,
		"Kojin Bango": Individual, "kojin_bango": Individual, "MY NUMBER": Individual, "ｍｙ　ｎｕｍｂｅｒ": Individual, "世帯主個人番号": Individual,
		"住民票コード": Resident, "住民票ｺｰﾄﾞ": Resident,
		"マイナンバーカード有効期限": Harmless, "個人番号カード有効期限": Harmless, "交付通知書番号": Harmless, "宛名番号": Harmless, "住民状態": Harmless, "": Harmless,
	} {
		if got := Heading(name); got != want {
			t.Errorf("Heading(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]bool{
		pass1: true, " " + pass1 + " ": true, "６２１４９８３２０２５７": true, "6214-9832-0257": true, "6214 9832 0257": true,
		fail: false, "12345678901234567890123": false, "": false, "髙﨑 花子": false,
	} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, tc := range []struct{ text, masked string }{
		{"", ""},
		{"番号は" + pass1 + "です", "番号は************です"},
		{"番号は６２１４９８３２０２５７です", "番号は************です"},
		{"6214-9832-0257、6214 9832 0257", "************、************"},
		{pass1 + "," + pass2, "************,************"},
		{pass1 + "-1", "************-1"},
		{fail, fail},
		// The window 345678901234 of this 申請書ID passes the check digit.
		{"12345678901234567890123", "12345678901234567890123"},
		// A link code in groups is sixteen digits, not twelve and four.
		{"6214-9832-0257-1234", "6214-9832-0257-1234"},
		{"1" + pass1, "1" + pass1},
		{"03-1234-5678", "03-1234-5678"},
		// These would pass the check digit, but are phone numbers.
		{"電話 +819012345673", "電話 +819012345673"},
		{"＋819012345673、+8190 1234 5673", "＋819012345673、+8190 1234 5673"},
		{"819012345673", "************"},
		{"+" + pass1 + " +6214-9832-0257", "+************ +************"},
		{"+811012345672、+810901234568", "+************、+************"}, // no mobile phone has these
		{"\xFF" + pass1, "\xFF************"},
	} {
		if diff := cmp.Diff(tc.masked, Mask(tc.text)); diff != "" {
			t.Errorf("Mask(%q) (-want +got):\n%s", tc.text, diff)
		}
	}
	if !Valid("345678901234") {
		t.Error("the trap is no trap")
	}
}

func TestShaped(t *testing.T) {
	for text, want := range map[string]bool{
		pass1: true, fail: true, "６２１４－９８３２ 0257": true, "62-1498-320257": true,
		"": false, pass1 + "1": false, "12345678901": false, "+819012345678": false, "番号" + pass1: false,
	} {
		if got := Shaped(text); got != want {
			t.Errorf("Shaped(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestColumn(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	valid := func() string {
		for {
			if s := fmt.Sprintf("%012d", r.Int63n(1e12)); Valid(s) {
				return s
			}
		}
	}
	invalid := func() string {
		for {
			if s := fmt.Sprintf("%012d", r.Int63n(1e12)); !Valid(s) {
				return s
			}
		}
	}
	for _, tc := range []struct {
		name          string
		good, bad     int
		want          bool
		other, prefix string
	}{
		{"20 of 20", 20, 0, true, "", ""},
		{"19 are too few", 19, 0, false, "", ""},
		{"12 of 20 are 60 %", 12, 8, true, "", ""},
		{"11 of 20 are less", 11, 9, false, "", ""},
		{"empty cells do not count", 20, 0, true, "", ""},
		{"names do not count", 20, 0, true, "髙﨑 花子", ""},
		{"13 digits do not count", 30, 0, false, "", "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c Column
			for range tc.good {
				c.Add(tc.prefix + valid())
				c.Add(tc.other)
			}
			for range tc.bad {
				c.Add(tc.prefix + invalid())
			}
			if c.Flagged() != tc.want {
				t.Errorf("Flagged = %v, want %v", !tc.want, tc.want)
			}
		})
	}
	random := 0
	for range 2000 {
		var c Column
		for range 40 {
			c.Add(fmt.Sprintf("%012d", r.Int63n(1e12)))
		}
		if c.Flagged() {
			random++
		}
	}
	if random > 0 {
		t.Errorf("%d of 2000 columns of random digits were flagged", random)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{pass1, "６２１４９８３２０２５７", "6214-9832-0257-1234", "\xFF1 2-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		masked := Mask(s)
		if left := Find(masked); len(left) > 0 {
			t.Errorf("Mask(%q) = %q still holds %v", s, masked, left)
		}
		if len(Find(s)) == 0 && masked != s {
			t.Errorf("Mask changed %q to %q", s, masked)
		}
		if strings.Contains(s, pass1) && len(s) == 12 && masked == s {
			t.Errorf("%q was not found", s)
		}
	})
}
