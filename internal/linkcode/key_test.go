package linkcode

import (
	"fmt"
	"testing"

	"kofu/internal/fault"
)

// BK-109: an access key has the form of a code and begins with 9; the token of a
// form always gives the same one, another token or secret another.
func TestBK109_KeyForm(t *testing.T) {
	secret, seen := []byte("0123456789abcdef0123456789abcdef"), map[Key]bool{}
	for n := range 2000 {
		token := fmt.Sprintf("token-%d", n)
		k := KeyFor(secret, token)
		back, err := ParseKey(k.Format())
		if err != nil || back != k || k[0] != '9' || seen[k] || k != KeyFor(secret, token) {
			t.Fatalf("%q came back as %q, %v", k, back, err)
		}
		seen[k] = true
		if _, err := Parse(string(k)); !fault.Is(err, fault.Invalid, "linkcode.access_key") {
			t.Errorf("a key was taken for a code: %v", err)
		}
	}
	if KeyFor([]byte("another secret of the same length"), "token-1") == KeyFor(secret, "token-1") {
		t.Error("the secret does not matter")
	}
	if _, err := ParseKey("4492 0183 7750 2295"); !fault.Is(err, fault.Invalid, "linkcode.no_access_key") {
		t.Errorf("a code was taken for a key: %v", err)
	}
	if string(Key("9123").Hash(secret)) == string(Code("9123").Hash(secret)) {
		t.Error("keys and codes have the same hashes")
	}
}
