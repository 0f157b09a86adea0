package staff

import (
	"strings"
	"testing"

	"kofu/internal/fault"
)

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct{ password, code string }{
		{"an apple and a violin", ""},
		{"ひだまりの猫と自転車の鍵", ""},
		{"tsukue-mado-hon7", ""},
		{strings.Repeat("ab3-kzq9!", 14) + "xy", ""}, // 128 characters
		{"short pass7", "staff.password_short"},      // 11
		{"ひだまりの猫と自転車", "staff.password_short"},
		{strings.Repeat("ab3-kzq9!", 14) + "xyz", "staff.password_long"},
		{"an apple and\x00 a violin", "staff.password_control"},
		{"password1234", "staff.password_common"},
		{"Password2026!", "staff.password_common"},
		{"ｐａｓｓｗｏｒｄ１２３４", "staff.password_common"},
		{"aaaaaaaaaaaa", "staff.password_common"},
		{"abcdefghijkl", "staff.password_common"},
		{"123456789012", "staff.password_common"},
		{"121212121212", "staff.password_common"},
		{"qwertyuiop12", "staff.password_common"},
		{"1qaz2wsx3edc", "staff.password_common"},
		{"mynumbercard1", "staff.password_common"},
		{"hanako.yamada7", "staff.password_common"},
		{"甲府市甲府市甲府市甲府市", "staff.password_common"},
		{"kofushiyakusho", "staff.password_common"},
	} {
		err := checkPassword(c.password, "hanako.yamada", "山田 花子", "甲府市")
		if c.code == "" {
			if err != nil {
				t.Errorf("%q: %v", c.password, err)
			}
			continue
		}
		if !fault.Is(err, fault.Invalid, c.code) {
			t.Errorf("%q: %v, want %s", c.password, err, c.code)
		}
	}
}

func TestInitialPassword_FollowsTheRules(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		p := initialPassword()
		if seen[p] || len(p) != 19 || strings.ContainsAny(p, "01o") && strings.ContainsAny(p, "01") {
			t.Fatalf("initial password %q", p)
		}
		seen[p] = true
	}
}
