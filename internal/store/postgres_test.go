package store_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Two transactions take two rows in opposite order and meet in the middle:
// PostgreSQL ends one of them, which must then be run again from its beginning.
func TestPostgres_ADeadlockIsTriedAgain(t *testing.T) {
	db := opened(t, testkit.EmptyPostgres(t))
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0), (2, 0)"); err != nil {
		t.Fatal(err)
	}
	var met, done sync.WaitGroup
	met.Add(2)
	runs := make(chan int, 10)
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		done.Go(func() {
			first := true
			err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
				runs <- order[0]
				if _, err := tx.Exec("UPDATE item SET n = n + 1 WHERE id = $1", order[0]); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					met.Wait()
				}
				_, err := tx.Exec("UPDATE item SET n = n + 1 WHERE id = $1", order[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if sum := count(t, db, "SELECT SUM(n) FROM item"); sum != 4 || len(runs) < 3 {
		t.Errorf("the rows add up to %d after %d runs, want 4 after at least 3", sum, len(runs))
	}
}

// A write that never succeeds comes back with its error after some tries.
func TestPostgres_TriesEnd(t *testing.T) {
	db := opened(t, testkit.EmptyPostgres(t))
	runs := 0
	err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
		runs++
		_, err := tx.Exec("DO $$ BEGIN RAISE EXCEPTION 'crossed' USING ERRCODE = 'serialization_failure'; END $$")
		return err
	})
	if err == nil || runs != 4 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// PostgreSQL 15 reports a row lock that was just given up as an internal error.
// Nothing has happened then, so the transaction is begun again; no other
// internal error is passed over like that.
func TestPostgres_ALockThatWasGivenUpIsTriedAgain(t *testing.T) {
	db := opened(t, testkit.EmptyPostgres(t))
	for message, want := range map[string]int{
		"new multixact has more than one updating member: 2 719 (nokeyupd), 720 (nokeyupd)": 2,
		"unexpected chunk number 1": 1,
	} {
		raise := "DO $$ BEGIN RAISE EXCEPTION '" + message + "' USING ERRCODE = 'internal_error'; END $$"
		for name, run := range map[string]func(tx *store.Tx) error{
			"at once":         func(tx *store.Tx) error { _, err := tx.Exec(raise); return err },
			"with the commit": func(tx *store.Tx) error { return tx.Later(nil, raise) },
		} {
			runs := 0
			err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
				if runs++; runs == 1 {
					return run(tx)
				}
				return nil
			})
			if runs != want || (err == nil) != (want == 2) {
				t.Errorf("%s, %s: %d runs, %v", message, name, runs, err)
			}
		}
	}
}

func TestPostgres_SeveralProgramsStartAtOnce(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			db, err := store.Open(t.Context(), dsn, withSecond("CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);\nINSERT INTO b (id) VALUES (1);"))
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestPostgres_RefusesAForeignDatabase(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	db := opened(t, dsn)
	// As if a person had made our table by hand: the mark is missing.
	if err := exec(t, db, "COMMENT ON TABLE schema_migration IS NULL"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), dsn, options()); !fault.Is(err, fault.Conflict, "store.other_kind") {
		t.Errorf("opened: %v", err)
	}
}

// The server's own collation would sort texts otherwise than SQLite.
func TestPostgres_RefusesAnotherOrderOfTexts(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	opened(t, dsn)
	for _, change := range []string{"datcollate = 'C.UTF-8'", "datcollate = 'C', encoding = 0"} { // 0 is SQL_ASCII
		testkit.Psql(t, dsn, "UPDATE pg_database SET "+change+" WHERE datname = current_database()")
		if _, err := store.Open(t.Context(), dsn, options()); err == nil || !strings.Contains(err.Error(), "want UTF8 and C") {
			t.Errorf("a database with %s: %v", change, err)
		}
	}
}

func TestPostgres_EveryCommitWaitsForTheDisk(t *testing.T) {
	dsn, err := url.Parse(testkit.EmptyPostgres(t))
	if err != nil {
		t.Fatal(err)
	}
	query := dsn.Query()
	query.Set("synchronous_commit", "off")
	dsn.RawQuery = query.Encode()
	db := opened(t, dsn.String())
	testkit.Read(t, db, func(rx *store.Rx) error {
		var on string
		err := rx.Row("SELECT current_setting('synchronous_commit')").Scan(&on)
		if on != "on" {
			t.Errorf("synchronous_commit is %s", on)
		}
		return err
	})
}

func TestPostgres_RefusesWhatOnlySQLiteKeeps(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	for name, change := range map[string]func(o *store.Options){
		"snapshots": func(o *store.Options) { o.Snapshots = t.TempDir() },
		"reserve":   func(o *store.Options) { o.Reserve = t.TempDir() },
		"digests":   func(o *store.Options) { o.DigestKey = []byte("key") },
	} {
		opts := options()
		change(&opts)
		if _, err := store.Open(t.Context(), dsn, opts); err == nil || !strings.Contains(err.Error(), "SQLite only") {
			t.Errorf("%s: %v", name, err)
		}
	}
	db := opened(t, dsn)
	testkit.Read(t, db, func(rx *store.Rx) error {
		if _, err := db.ChangedTable(rx); err == nil {
			t.Error("the tables were checked without a digest")
		}
		digest, err := store.StateDigest(rx)
		if digest != "" {
			t.Errorf("digest %q", digest)
		}
		return errors.Join(err, rx.Row("SELECT 1").Scan(new(int)))
	})
}
