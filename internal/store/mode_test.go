//go:build !windows

package store_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Another account of the PC reads neither the database nor what lies beside it,
// whatever folder somebody chose.
func TestOpen_OnlyTheOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	db := open(t, path, options())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := exec(t, db, "INSERT INTO log (id, what) VALUES (1, 'x')"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v; want database and log", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(file), mode)
		}
	}
}
