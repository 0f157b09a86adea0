package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

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

func open(t *testing.T, dsn string, opts store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, opts)
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

func TestSettings_MisspeltColumnsAreErrors(t *testing.T) {
	if err := exec(t, fresh(t), `INSERT INTO item (n, name) SELECT 1, "naem"`); err == nil {
		t.Error("a double-quoted name that is no column was taken for a text")
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

func TestAppendOnly_NeitherByReplacing(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO log (id, what) VALUES (1, 'done')"); err != nil {
		t.Fatal(err)
	}
	// Passes the triggers unless recursive_triggers is on.
	if err := exec(t, db, "INSERT OR REPLACE INTO log (id, what) VALUES (1, 'nothing')"); err == nil {
		t.Error("a row was replaced")
	}
}

func TestOpen_CopiesBeforeItMigrates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	newer := withSecond("CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);")
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
}

// Eight writers that read before they write: with deferred transactions most
// would fail at once with SQLITE_BUSY.
func TestWrite_ConcurrentReadThenWrite(t *testing.T) {
	countTogether(t, fresh(t), func(*store.Tx) error { return nil })
}

// More texts than a connection keeps prepared, used again and again, in loops
// over the rows of others: each answers its own question.
func TestStatements_MoreThanAreKept(t *testing.T) {
	db := fresh(t)
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 10), (2, 20)"); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for i := range 700 {
			query := fmt.Sprintf("SELECT n + %d FROM item WHERE id = $1", i)
			err := db.Read(t.Context(), func(rx *store.Rx) error {
				return rx.Query(func(scan func(...any) error) error {
					var id, n int
					if err := scan(&id); err != nil {
						return err
					}
					if err := rx.Row(query, id).Scan(&n); err != nil {
						return err
					}
					if n != 10*id+i {
						t.Errorf("round %d: %s of %d gave %d", round, query, id, n)
					}
					return nil
				}, "SELECT id FROM item")
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
