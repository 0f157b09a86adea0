package jpaddr_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/jpaddr"
)

// vector is one row of testdata/customer-barcode-vectors.csv: cases of the
// Japan Post barcode manual, of other makers' documents and such on which
// independent implementations agree.
type vector struct{ postal, address, digits, class, rest, codes, bars string }

func vectors(t *testing.T) []vector {
	t.Helper()
	f, err := os.Open("testdata/customer-barcode-vectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]vector, 0, len(rows))
	for _, r := range rows[1:] {
		out = append(out, vector{postal: r[0], address: r[1], digits: r[2], class: r[4], rest: r[5], codes: r[6], bars: r[7]})
	}
	return out
}

func TestVectors(t *testing.T) {
	classes := map[string]int{}
	for _, v := range vectors(t) {
		classes[v.class]++
		t.Run(v.class+"/"+v.postal+v.address+v.digits, func(t *testing.T) {
			digits := v.digits
			switch v.class {
			case "official-rule": // no barcode for the code of a whole city
				_, why := jpaddr.LoadNational().Customer(v.postal, v.address)
				if why != jpaddr.RepresentativeCode {
					t.Errorf("got reason %q, want %q", why, jpaddr.RepresentativeCode)
				}
				return
			case "code-only":
			default:
				digits = v.postal + jpaddr.AddressDigits(v.rest)
			}
			if digits != v.digits {
				t.Fatalf("digits of %q = %q, want %q", v.rest, digits, v.digits)
			}
			got, err := jpaddr.Encode(digits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.codes, strings.Join(got.Codes, " ")); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(v.bars, got.Bars); diff != "" {
				t.Errorf("bars (-want +got):\n%s", diff)
			}
		})
	}
	want := map[string]int{"official": 17, "third-party": 5, "code-only": 6, "derived-agreed": 17, "derived-peers-differ": 2, "official-rule": 1}
	if diff := cmp.Diff(want, classes); diff != "" {
		t.Errorf("rows per class (-want +got):\n%s", diff)
	}
}

// The official cases that name a municipality of today also pass from the
// whole address, through the town split.
func TestVectors_WholeAddress(t *testing.T) {
	table, n := jpaddr.LoadNational(), 0
	for _, v := range vectors(t) {
		if v.address == v.rest || v.class == "code-only" || v.class == "official-rule" || strings.HasPrefix(v.address, "（") {
			continue
		}
		n++
		got, why := table.Customer(v.postal, v.address)
		if got.Digits != v.digits || why != "" {
			t.Errorf("%s %s: digits %q (%q), want %q", v.postal, v.address, got.Digits, why, v.digits)
		}
	}
	if n < 15 {
		t.Errorf("only %d cases with a whole address", n)
	}
}

func TestEncode_RefusesForeignCharacters(t *testing.T) {
	for _, s := range []string{"1000001 1", "1000001a", "1000001１"} {
		if _, err := jpaddr.Encode(s); err == nil {
			t.Errorf("Encode(%q) succeeded", s)
		}
	}
}

func TestEncode_AlwaysSixtySevenBars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{7}[0-9A-Z-]{0,30}`).Draw(t, "digits")
		s, err := jpaddr.Encode(digits)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Bars) != jpaddr.Bars || len(s.Codes) != 23 || strings.Trim(s.Bars, "1234") != "" {
			t.Fatalf("%q: %d bars, %d codes", digits, len(s.Bars), len(s.Codes))
		}
	})
}

func FuzzAddressDigits(f *testing.F) {
	for _, s := range []string{"3丁目30-8　郵便ビル403号", "1F1号", "A&bコーポB604", "十番ノ二", "ﾒｿﾞﾝ101", "-", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		got := jpaddr.AddressDigits(rest)
		if _, err := jpaddr.Encode("1000001" + got); err != nil {
			t.Errorf("AddressDigits(%q) = %q: %v", rest, got, err)
		}
		if utf8.ValidString(rest) && (strings.HasPrefix(got, "-") || strings.Contains(got, "--")) {
			t.Errorf("AddressDigits(%q) = %q", rest, got)
		}
	})
}
