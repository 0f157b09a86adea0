//go:build faultlab

package faultlab_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/internal/audit"
	"kofu/internal/office"
	"kofu/internal/store"
)

// verify checks the file with another SQLite program and the audit log with
// its signed checkpoints.
func verify(t *testing.T, dir string) {
	t.Helper()
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		out, err := exec.CommandContext(t.Context(), "sqlite3", "-readonly", filepath.Join(dir, "kofu.db"), "PRAGMA "+pragma).CombinedOutput()
		if answer := strings.TrimSpace(string(out)); err != nil || answer != "ok" && answer != "" {
			t.Errorf("%s: %v %s", pragma, err, answer)
		}
	}
	o, err := office.Open(t.Context(), dir, office.Options{Clock: time.Now, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	err = o.DB.Read(t.Context(), func(rx *store.Rx) error {
		_, err := audit.Verify(rx, o.Ring.Verifier())
		return err
	})
	if err != nil {
		t.Errorf("audit log: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}
