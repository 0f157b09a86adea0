package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
)

var clerk = store.Actor{ID: "st-1", Name: "山田", Role: "clerk", Terminal: "PC-1"}

func options() store.Options {
	return store.Options{
		Clock: func() time.Time { return time.Date(2026, 11, 24, 0, 30, 0, 123_456_789, time.UTC) },
		Migrations: []migrations.File{{Name: "t/0001_a.sql", SQL: `
-- append-only: log
CREATE TABLE item (
    id   INTEGER PRIMARY KEY,
    n    INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT ''
);
CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);`}},
	}
}

func open(t *testing.T, path string, opts store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func fresh(t *testing.T) *store.DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "日本語 #1.db"), options())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func exec(t *testing.T, db *store.DB, sql string, args ...any) error {
	t.Helper()
	return db.Write(t.Context(), clerk, func(tx *store.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
}

func count(t *testing.T, db *store.DB, sql string) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(rx *store.Rx) error { return rx.Row(sql).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWrite_CommitsOrRollsBack(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO item (n) VALUES ($1)", 1); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
		if _, err := tx.Exec("INSERT INTO item (n) VALUES ($1)", 2); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("Write = %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			_, _ = tx.Exec("INSERT INTO item (n) VALUES ($1)", 3)
			panic("in the middle")
		})
	}()
	if n := count(t, db, "SELECT count(*) FROM item"); n != 1 {
		t.Errorf("%d rows, want the committed one", n)
	}
}

func TestWrite_RefusesNobodyAndNesting(t *testing.T) {
	db := fresh(t)
	if err := db.Write(t.Context(), store.Actor{}, func(*store.Tx) error { return nil }); err == nil {
		t.Error("a write on behalf of nobody was accepted")
	}
	err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
		return db.Write(tx.Context(), clerk, func(*store.Tx) error { return nil })
	})
	if err == nil {
		t.Error("a nested transaction was accepted")
	}
}

func TestNow_IsCutToMilliseconds(t *testing.T) {
	db := fresh(t)
	_ = db.Read(t.Context(), func(rx *store.Rx) error {
		if got := store.Stamp(rx.Now); got != "2026-11-24T00:30:00.123Z" {
			t.Errorf("Stamp(Now) = %s", got)
		}
		back, err := store.ParseStamp(store.Stamp(rx.Now))
		if err != nil || !back.Equal(rx.Now) {
			t.Errorf("ParseStamp = %v, %v", back, err)
		}
		if rx.Today() != "2026-11-24" {
			t.Errorf("Today = %s", rx.Today())
		}
		return nil
	})
}

func TestTables_AreStrict(t *testing.T) {
	if err := exec(t, fresh(t), "INSERT INTO item (n) VALUES ($1)", "many"); err == nil {
		t.Error("text went into an INTEGER column")
	}
}

func TestAppendOnly_NoWayToChangeARow(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO log (id, what) VALUES (1, 'done')"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE log SET what = 'nothing'",
		"DELETE FROM log",
		"INSERT OR REPLACE INTO log (id, what) VALUES (1, 'nothing')", // passes triggers unless recursive_triggers is on
	} {
		if err := exec(t, db, sql); err == nil {
			t.Errorf("%s was accepted", sql)
		}
	}
}

func TestSettings_MisspeltColumnsAreErrors(t *testing.T) {
	if err := exec(t, fresh(t), `INSERT INTO item (n, name) SELECT 1, "naem"`); err == nil {
		t.Error("a double-quoted name that is no column was taken for a text")
	}
}

func TestRead_CannotWrite(t *testing.T) {
	db := fresh(t)
	err := db.Read(t.Context(), func(rx *store.Rx) error {
		return rx.Row("INSERT INTO item (n) VALUES (1) RETURNING id").Scan(new(int))
	})
	if err == nil {
		t.Error("a reading transaction wrote")
	}
}

func TestOpen_RefusesTheOtherKindOfData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	opts := options()
	opts.ApplicationID = store.PracticeData
	if err := open(t, path, opts).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), path, options()); !fault.Is(err, fault.Conflict, "store.other_kind") {
		t.Errorf("a practice database opened as a real one: %v", err)
	}
}

func TestOpen_RefusesANewerDatabaseAndAChangedMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	newer := options()
	newer.Migrations = append(newer.Migrations, migrations.File{Name: "t/0002_b.sql", SQL: "CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);"})
	newer.Snapshots = filepath.Join(filepath.Dir(path), "snapshots")
	if err := open(t, path, options()).Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, newer).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(newer.Snapshots, "before-t-0002_b.db")); err != nil {
		t.Errorf("no copy was made before the migration: %v", err)
	}
	if _, err := store.Open(t.Context(), path, options()); !fault.Is(err, fault.Conflict, "store.newer") {
		t.Errorf("an older program opened a newer database: %v", err)
	}
	changed := newer
	changed.Migrations = append([]migrations.File{}, newer.Migrations...)
	changed.Migrations[0].SQL += "\n-- changed"
	if _, err := store.Open(t.Context(), path, changed); err == nil {
		t.Error("a changed migration was accepted")
	}
}

func TestOpen_AFailedMigrationLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	bad := options()
	bad.Migrations = append(bad.Migrations, migrations.File{Name: "t/0002_b.sql", SQL: "CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);\nINSERT INTO nowhere VALUES (1);"})
	if _, err := store.Open(t.Context(), path, bad); err == nil {
		t.Fatal("the broken migration was accepted")
	}
	db := open(t, path, options())
	defer func() { _ = db.Close() }()
	if n := count(t, db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"); n != 0 {
		t.Error("half of the broken migration stayed")
	}
}

func TestClose_LeavesOnlyTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	db := open(t, path, options())
	if err := exec(t, db, "INSERT INTO item (n) VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + suffix); !os.IsNotExist(err) {
			t.Errorf("%s is still there", suffix)
		}
	}
}

// Eight writers that read before they write: with deferred transactions most
// would fail at once with SQLITE_BUSY.
func TestWrite_ConcurrentReadThenWrite(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := db.Write(context.Background(), clerk, func(tx *store.Tx) error {
					var n int
					if err := tx.Row("SELECT n FROM item WHERE id = 1").Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE item SET n = $1 WHERE id = 1", n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, db, "SELECT n FROM item WHERE id = 1"); n != 200 {
		t.Errorf("n = %d, want 200", n)
	}
}

func TestReserve_IsKeptBeside(t *testing.T) {
	dir := t.TempDir()
	opts := options()
	opts.Reserve, opts.ReserveSize = filepath.Join(dir, "reserve"), 1<<20
	db := open(t, filepath.Join(dir, "kofu.db"), opts)
	defer func() { _ = db.Close() }()
	if info, err := os.Stat(opts.Reserve); err != nil || info.Size() != 1<<20 {
		t.Errorf("reserve file: %v, %v", info, err)
	}
}

func TestIsUnique(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); err != nil {
		t.Fatal(err)
	}
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); !store.IsUnique(err) {
		t.Errorf("IsUnique(%v) = false", err)
	}
	if err := exec(t, db, "INSERT INTO item (n) VALUES ('x')"); err == nil || store.IsUnique(err) {
		t.Errorf("IsUnique(%v) = true", err)
	}
}
