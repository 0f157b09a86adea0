package linkcode

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/fault"
)

func TestNew_IsValidAndNeverStartsWithZeroOrNine(t *testing.T) {
	seen := map[Code]bool{}
	for range 5000 {
		c, err := New(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(c.Format()); err != nil || back != c {
			t.Fatalf("%s came back as %s, %v", c, back, err)
		}
		if c[0] < '1' || c[0] > '8' || seen[c] {
			t.Fatalf("code %s: first digit or a repetition", c)
		}
		seen[c] = true
	}
}

func TestNew_PassesOnAFailingSource(t *testing.T) {
	if c, err := New(bytes.NewReader(nil)); err == nil {
		t.Errorf("New without randomness gave %s", c)
	}
}

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, want, code string }{
		{"４４９２－０１８３ 7750 2295", "4492018377502295", ""},
		{"4492018377502295", "4492018377502295", ""},
		{" 4492ー0183―7750−2295\n", "4492018377502295", ""},
		{"", "", "linkcode.empty"},
		{" - ", "", "linkcode.empty"},
		{"449201837750229", "", "linkcode.length"},
		{"44920183775022955", "", "linkcode.length"},
		{"621498320257", "", "linkcode.my_number"},
		{"６２１４　９８３２　０２５８", "", "linkcode.my_number"},
		{"4492018377502296", "", "linkcode.check"},
		{"449201837750229A", "", "linkcode.not_digits"},
		{"449201837750229あ", "", "linkcode.not_digits"},
	} {
		got, err := Parse(tc.in)
		if tc.code == "" {
			if err != nil || string(got) != tc.want {
				t.Errorf("Parse(%q) = %q, %v; want %q", tc.in, got, err, tc.want)
			}
			continue
		}
		if !fault.Is(err, fault.Invalid, tc.code) || got != "" {
			t.Errorf("Parse(%q) = %q, %v; want %s", tc.in, got, err, tc.code)
		}
		if digits := strip(tc.in); len(digits) > 4 && err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), digits) {
			t.Errorf("the error repeats the input: %v", err)
		}
	}
}

func TestParse_AccessKeysAreNoLinkCodes(t *testing.T) {
	for check := range 97 {
		key := fmt.Sprintf("90000000000000%02d", check)
		if _, err := Parse(key); checks(key) && !fault.Is(err, fault.Invalid, "linkcode.access_key") {
			t.Errorf("Parse(%q): %v", key, err)
		}
	}
}

func TestCheckDigits_CatchTypingErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Int64().Draw(t, "seed")
		c, err := New(mathrand.New(mathrand.NewSource(seed)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range c {
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(c)
				wrong[i] = d
				if _, err := Parse(string(wrong)); d != c[i] && !fault.Is(err, fault.Invalid, "linkcode.check") {
					t.Fatalf("%s with digit %d as %c was not refused as a typing error: %v", c, i, d, err)
				}
			}
			if i > 0 && c[i] != c[i-1] {
				wrong := []byte(c)
				wrong[i], wrong[i-1] = wrong[i-1], wrong[i]
				if _, err := Parse(string(wrong)); !fault.Is(err, fault.Invalid, "linkcode.check") {
					t.Fatalf("%s with digits %d and %d swapped was not refused", c, i-1, i)
				}
			}
		}
	})
}

func TestHash_DependsOnKeyCodeAndUse(t *testing.T) {
	c := Code("4492018377502295")
	one := c.Hash([]byte("key 1"))
	for name, other := range map[string][]byte{
		"another key": c.Hash([]byte("key 2")), "another code": Code("4492018377502296").Hash([]byte("key 1")),
		"another use": c.HashWithBirth([]byte("key 1"), ""), "with birth": c.HashWithBirth([]byte("key 1"), "19650401"),
	} {
		if bytes.Equal(one, other) {
			t.Errorf("same hash with %s", name)
		}
	}
	if !bytes.Equal(one, c.Hash([]byte("key 1"))) || len(one) != 32 {
		t.Error("the hash is not stable")
	}
}

func TestCode_DoesNotReachALog(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("issued", "code", Code("4492018377502295"))
	if strings.Contains(out.String(), "4492") {
		t.Errorf("the log says %s", out.String())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("４４９２－０１８３ 7750 2295")
	f.Add("621498320257")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(s)
		if (err == nil) != (len(c) == digits) {
			t.Fatalf("Parse(%q) = %q, %v", s, c, err)
		}
		if err == nil {
			if back, err := Parse(c.Format()); back != c || err != nil {
				t.Fatalf("%q does not come back: %q, %v", c, back, err)
			}
		}
	})
}
