package audit_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var ring = keyring.ForTest(1)

// log opens a database with digests and writes n records and some rows.
func log(t *testing.T, path string, n int) *store.DB {
	t.Helper()
	files, err := migrations.Appliance()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path, store.Options{Clock: testkit.NewClock().Now, Migrations: files, DigestKey: ring.DigestKey()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO delivery (lot_no, state, created_at) VALUES ($1, 'open', '')", fmt.Sprint("L-", i)); err != nil {
				return err
			}
			return audit.Append(tx, "card.received", fmt.Sprintf("card/%d", i), map[string]int{"n": i})
		})
	}
	return db
}

func sign(t *testing.T, db *store.DB) {
	t.Helper()
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		_, err := audit.Sign(tx, ring.Signer())
		return err
	})
}

func TestVerifyAll_AnUntouchedDatabase(t *testing.T) {
	db := log(t, filepath.Join(t.TempDir(), "kofu.db"), 20)
	sign(t, db)
	proof, err := audit.VerifyAll(t.Context(), db, ring.Verifier())
	if err != nil || proof.Records != 20 || proof.Checkpoints != 1 {
		t.Errorf("VerifyAll = %+v, %v", proof, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Any one change of any row by another tool is found: in the log, in its tree,
// in its checkpoints, and in every other table.
func TestVerifyAll_FindsEveryChangeByAnotherTool(t *testing.T) {
	for _, c := range []struct{ tamper, code string }{
		{"UPDATE audit_body SET actor = 'somebody' WHERE seq = 3", "audit.body_changed"},
		{"UPDATE audit_body SET detail = '{}' WHERE seq = 0", "audit.body_changed"},
		{"UPDATE audit_body SET at = '2026-01-01T00:00:00.000Z' WHERE seq = 9", "audit.body_changed"},
		{"UPDATE audit_body SET salt = 'AAAAAAAAAAAAAAAAAAAAAA' WHERE seq = 9", "audit.body_changed"},
		{"DELETE FROM audit_body WHERE seq = 5", "audit.body_changed"},
		{"DROP TRIGGER audit_no_update; UPDATE audit SET leaf = (SELECT leaf FROM audit WHERE seq = 2) WHERE seq = 1", "audit.body_changed"},
		{"DROP TRIGGER audit_no_delete; PRAGMA foreign_keys=0; DELETE FROM audit WHERE seq = 4; DELETE FROM audit_body WHERE seq = 4", "audit.gap"},
		{"DROP TRIGGER audit_no_delete; PRAGMA foreign_keys=0; DELETE FROM audit WHERE seq = 9; DELETE FROM audit_body WHERE seq = 9", "audit.tree_changed"},
		{"DROP TRIGGER audit_hash_no_update; UPDATE audit_hash SET hash = (SELECT hash FROM audit_hash WHERE idx = 1) WHERE idx = 0", "audit.tree_changed"},
		{"UPDATE audit_checkpoint SET size = 9", "audit.checkpoint_mismatch"},
		{"UPDATE audit_checkpoint SET note = replace(note, '10', '11')", "audit.checkpoint_mismatch"},
		{"UPDATE delivery SET lot_no = 'L-X' WHERE id = 3", "audit.table_changed"},
		{"INSERT INTO delivery (lot_no, state, created_at) VALUES ('L-Y', 'open', '')", "audit.table_changed"},
		{"DELETE FROM delivery WHERE id = 1", "audit.table_changed"},
	} {
		path := filepath.Join(t.TempDir(), "kofu.db")
		db := log(t, path, 10)
		sign(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		testkit.SQLite3(t, path, c.tamper)
		db = log(t, path, 0)
		_, err := audit.VerifyAll(t.Context(), db, ring.Verifier())
		if !fault.Is(err, fault.Conflict, c.code) {
			t.Errorf("%s: VerifyAll = %v, want %s", c.tamper, err, c.code)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerify_TheWholeLogReplacedByAShorterOne(t *testing.T) {
	dir := t.TempDir()
	db := log(t, filepath.Join(dir, "a.db"), 10)
	sign(t, db)
	var c audit.Checkpoint
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		c, err = audit.Latest(rx)
		return err
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "b.db")
	db = log(t, path, 9) // the same city without the last act
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO audit_checkpoint (tenant, size, at, note) VALUES (0, $1, $2, $3)", c.Size, c.At, c.Note)
		return err
	})
	_, err := audit.VerifyAll(t.Context(), db, ring.Verifier())
	testkit.WantFault(t, err, fault.Conflict, "audit.checkpoint_mismatch")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whoever reads the log knows people by their names, not by their ids.
func TestList_ActorByIDOrName(t *testing.T) {
	db := log(t, filepath.Join(t.TempDir(), "kofu.db"), 3)
	for actor, want := range map[string]int{testkit.Clerk.ID: 3, testkit.Clerk.Name: 3, testkit.Supervisor.Name: 0, "": 3} {
		var total int
		if err := db.Read(t.Context(), func(rx *store.Rx) (err error) {
			_, total, err = audit.List(rx, audit.Filter{Actor: actor, Limit: 10})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if total != want {
			t.Errorf("actor %q: %d records, want %d", actor, total, want)
		}
	}
}
