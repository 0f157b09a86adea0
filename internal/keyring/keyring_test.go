package keyring_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"kofu/internal/keyring"
)

func TestOpen_KeepsItsKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, err := keyring.Open(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := first.Seal("link", "link_code/1", "1234567890123452")
	if err != nil {
		t.Fatal(err)
	}
	second, err := keyring.Open(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := second.Unseal("link", "link_code/1", sealed); err != nil || plain != "1234567890123452" {
		t.Errorf("Unseal = %q, %v", plain, err)
	}
	if first.MAC("link", "x") != second.MAC("link", "x") || first.MAC("link", "x") == first.MAC("other", "x") {
		t.Error("MAC does not depend on key and purpose alone")
	}
	info, err := os.Stat(filepath.Join(dir, "master.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("master.key: %v, %v", info.Mode(), err)
	}
}

func TestUnseal_RefusesAnotherPlaceOrPurposeAndEveryChange(t *testing.T) {
	ring := keyring.ForTest(1)
	sealed, err := ring.Seal("link", "link_code/1", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, purpose, place, sealed string }{
		{"another row", "link", "link_code/2", sealed},
		{"another purpose", "totp", "link_code/1", sealed},
		{"cut", "link", "link_code/1", sealed[:len(sealed)-4]},
		{"empty", "link", "link_code/1", ""},
		{"no version", "link", "link_code/1", sealed[2:]},
	} {
		if plain, err := ring.Unseal(c.purpose, c.place, c.sealed); err == nil {
			t.Errorf("%s: opened as %q", c.name, plain)
		}
	}
	for i := 2; i < len(sealed)-1; i++ {
		b := []byte(sealed)
		b[i] ^= 1
		if _, err := ring.Unseal("link", "link_code/1", string(b)); err == nil {
			t.Errorf("a change at byte %d went unnoticed", i)
		}
	}
}

func TestOpen_RefusesDamagedKeys(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "master.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(dir, rand.Reader); err == nil {
		t.Error("a damaged key was accepted")
	}
}
