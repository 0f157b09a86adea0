package entry_test

import (
	"strings"
	"testing"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/testkit"
)

// The numbers are made up; their check digits fit the rule of 総務省令第85号第5条.
func TestCheck(t *testing.T) {
	for text, code := range map[string]string{
		"":                       "",
		"本人から辞退の連絡あり":            "",
		"1行目\n2行目":               "",
		"発送番号 20261113-01":       "",
		"電話 0312345678":          "",
		"電話 +819012345673":       "",
		"本人 123456789018 です":     "entry.my_number",
		"１２３４５６７８９０１８":           "entry.my_number",
		"1234-5678-9018":         "entry.my_number",
		strings.Repeat("あ", 501): "entry.too_long",
		strings.Repeat("あ", 500): "",
		"鐘\x07":                  "entry.invisible",
		"\x00":                   "entry.invisible",
		"右から\u202e左":             "entry.invisible",
		"\xff":                   "entry.invisible",
	} {
		err := entry.Check(text)
		if code == "" {
			if err != nil {
				t.Errorf("Check(%q) = %v", text, err)
			}
			continue
		}
		testkit.WantFault(t, err, fault.Invalid, code)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"納品一覧.csv":             "納品一覧.csv",
		"123456789018.csv":     "************.csv",
		"a\u202efdp.csv":       "afdp.csv",
		"1234\x005678\x009018": "************",
		"\xffa":                "a",
	} {
		if got := entry.Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}
