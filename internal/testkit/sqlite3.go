package testkit

import (
	"os/exec"
	"testing"
)

// SQLite3 changes a database with the sqlite3 command line, as somebody would
// who goes behind the program's back.
func SQLite3(t testing.TB, path, statements string) {
	t.Helper()
	out, err := exec.Command("sqlite3", "-bail", path, statements).CombinedOutput() //nolint:gosec // statements of the test
	if err != nil {
		t.Fatalf("sqlite3 (Debian package sqlite3): %v\n%s", err, out)
	}
}
