package keyring_test

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"slices"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/testkit"
)

func TestCodes_EachSideMakesItsOwnAndKeepsTheOthers(t *testing.T) {
	office, err := keyring.OpenOfficeCodes(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "keys")
	cloud, err := keyring.OpenCodes(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []*keyring.Codes{office, cloud, office} {
		if _, err := side.Make(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	id, key, ok := office.Newest()
	if id != "o002" || !ok {
		t.Errorf("newest of the office: %q", id)
	}
	if err := cloud.Put(id, key); err != nil {
		t.Fatal(err)
	}
	if newest, _, _ := cloud.Newest(); newest != "k001" {
		t.Errorf("the cloud hashes under %q, not under its own key", newest)
	}
	again, err := keyring.OpenCodes(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.IDs(), []string{"k001", "o002"}) || !bytes.Equal(again.Keys()["o002"], key) {
		t.Errorf("kept: %v", again.IDs())
	}
}

func TestCodes_PutRefuses(t *testing.T) {
	cloud, err := keyring.OpenCodes(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	key := bytes.Repeat([]byte{7}, 32)
	if err := cloud.Put("o001", key); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Put("o001", key); err != nil {
		t.Errorf("the same key again: %v", err)
	}
	testkit.WantFault(t, cloud.Put("o001", bytes.Repeat([]byte{8}, 32)), fault.Conflict, "keyring.other_code_key")
	for _, id := range []string{"k001", "o1", "../o001", ""} {
		testkit.WantFault(t, cloud.Put(id, key), fault.Invalid, "keyring.bad_code_key")
	}
	testkit.WantFault(t, cloud.Put("o002", key[:31]), fault.Invalid, "keyring.bad_code_key")
}
