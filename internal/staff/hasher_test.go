package staff

import (
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/testkit"
)

var cheap = Cost{Memory: 64, Time: 1}

func hasher() *Hasher { return NewHasher(cheap, keyring.ForTest(1)) }

// The vector is one of the reference implementation of Argon2 (test.c):
// argon2id, version 19, t=2, m=65536, p=1, "password", "somesalt".
func TestDerive_ReferenceVector(t *testing.T) {
	got := derive(Cost{Memory: 65536, Time: 2}, "password", []byte("somesalt"), 32)
	if want := "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"; hex.EncodeToString(got) != want {
		t.Errorf("derive = %x, want %s", got, want)
	}
	text := phc(Cost{Memory: 65536, Time: 2}, []byte("somesalt"), got)
	if want := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"; text != want {
		t.Errorf("phc = %s, want %s", text, want)
	}
	cost, salt, key, err := parsePHC(text)
	if err != nil || cost != (Cost{Memory: 65536, Time: 2}) || string(salt) != "somesalt" || string(key) != string(got) {
		t.Errorf("parsePHC = %v %q %x, %v", cost, salt, key, err)
	}
}

func TestHasher_StandardCostIsTheAgreedOne(t *testing.T) {
	hash := NewHasher(StandardCost, keyring.ForTest(1)).hash("an apple and a violin")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash %s", hash)
	}
}

func TestHasher_Verify(t *testing.T) {
	h := hasher()
	hash := h.hash("an apple and a violin")
	for _, c := range []struct {
		name, stored, password string
		want                   bool
	}{
		{"right", hash, "an apple and a violin", true},
		{"typed full-width", hash, "ａｎ　ａｐｐｌｅ　ａｎｄ　ａ　ｖｉｏｌｉｎ", true},
		{"wrong", hash, "an apple and a viola", false},
		{"empty", hash, "", false},
		{"no account", "", "an apple and a violin", false},
		{"no account, empty", "", "", false},
		{"damaged", hash[:len(hash)-4], "an apple and a violin", false},
		{"not a hash", "an apple and a violin", "an apple and a violin", false},
	} {
		if got := h.verify(c.stored, c.password); got != c.want {
			t.Errorf("%s: verify = %v", c.name, got)
		}
	}
	if NewHasher(cheap, keyring.ForTest(2)).verify(hash, "an apple and a violin") {
		t.Error("the hash opens without the key of the appliance")
	}
	if h.hash("an apple and a violin") == hash {
		t.Error("two hashes of a password are the same: no salt")
	}
	if h.outdated(hash) || !NewHasher(Cost{Memory: 128, Time: 1}, keyring.ForTest(1)).outdated(hash) {
		t.Error("outdated does not follow the cost")
	}
}

func TestHasher_SendsAwayWhoWouldWaitTooLong(t *testing.T) {
	h := hasher()
	var leaves []func()
	for range atOnce {
		leave, err := h.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	var waiters sync.WaitGroup
	for range waiting {
		h.queue <- struct{}{} // stands in the queue
		waiters.Go(func() {
			h.slots <- struct{}{}
			<-h.slots
			<-h.queue
		})
	}
	_, err := h.enter(t.Context())
	testkit.WantFault(t, err, fault.Unavailable, "staff.busy")
	for _, leave := range leaves {
		leave()
	}
	waiters.Wait()
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatalf("after everybody has left: %v", err)
	}
	leave()
}

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
