package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// onBothEngines runs a test with the DSN of an empty database of each engine.
func onBothEngines(t *testing.T, fn func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, filepath.Join(t.TempDir(), "kofu.db")) })
	t.Run("postgres", func(t *testing.T) { fn(t, testkit.EmptyPostgres(t)) })
}

// onBothDatabases is onBothEngines with the database open.
func onBothDatabases(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	onBothEngines(t, func(t *testing.T, dsn string) { fn(t, opened(t, dsn)) })
}

func opened(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db := open(t, dsn, options())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// withSecond are the options of a newer program with one more migration.
func withSecond(sql string) store.Options {
	opts := options()
	opts.Migrations = append(opts.Migrations, migrations.File{Name: "t/0002_b.sql", SQL: sql})
	return opts
}

func TestWrite_CommitsOrRollsBack(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := exec(t, db, "INSERT INTO item (id, n) VALUES ($1, $1)", 1); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO item (id, n) VALUES ($1, $1)", 2); err != nil {
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
				_, _ = tx.Exec("INSERT INTO item (id, n) VALUES ($1, $1)", 3)
				panic("in the middle")
			})
		}()
		if n := count(t, db, "SELECT count(*) FROM item"); n != 1 {
			t.Errorf("%d rows, want the committed one", n)
		}
	})
}

func TestWrite_RefusesNobodyAndNesting(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := db.Write(t.Context(), store.Actor{}, func(*store.Tx) error { return nil }); err == nil {
			t.Error("a write on behalf of nobody was accepted")
		}
		err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			return db.Write(tx.Context(), clerk, func(*store.Tx) error { return nil })
		})
		if err == nil {
			t.Error("a nested transaction was accepted")
		}
	})
}

func TestWrite_AFailedStatementEndsTheTransaction(t *testing.T) {
	for name, swallowed := range map[string]func(tx *store.Tx){
		"Exec":  func(tx *store.Tx) { _, _ = tx.Exec("INSERT INTO item (id, n) VALUES (1, 1)") },
		"Row":   func(tx *store.Tx) { _ = tx.Row("SELECT nothing FROM item").Scan(new(int)) },
		"Query": func(tx *store.Tx) { _ = tx.Query(nil, "SELECT nothing FROM item") },
	} {
		t.Run(name, func(t *testing.T) {
			onBothDatabases(t, func(t *testing.T, db *store.DB) {
				err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
					if _, err := tx.Exec("INSERT INTO item (id, n) VALUES (1, 1)"); err != nil {
						return err
					}
					swallowed(tx)
					return nil
				})
				if err == nil || !strings.Contains(err.Error(), "failed statement") || count(t, db, "SELECT count(*) FROM item") != 0 {
					t.Errorf("committed after a failed statement: %v", err)
				}
			})
		})
	}
}

func TestRead_CannotWrite(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		err := db.Read(t.Context(), func(rx *store.Rx) error {
			return rx.Row("INSERT INTO item (id, n) VALUES (1, 1) RETURNING id").Scan(new(int))
		})
		if err == nil {
			t.Error("a reading transaction wrote")
		}
	})
}

func TestRead_SeesOneState(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		err := db.Read(t.Context(), func(rx *store.Rx) error {
			var before, after int
			if err := rx.Row("SELECT count(*) FROM item").Scan(&before); err != nil {
				return err
			}
			if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 1)"); err != nil {
				return err
			}
			err := rx.Row("SELECT count(*) FROM item").Scan(&after)
			if before != after {
				t.Errorf("%d rows, then %d within one transaction", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRow_NothingFound(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			if err := tx.Row("SELECT n FROM item WHERE id = $1", 7).Scan(new(int)); !errors.Is(err, store.ErrNoRows) {
				t.Errorf("Scan = %v", err)
			}
			_, err := tx.Exec("INSERT INTO item (id, n) VALUES (7, 1)")
			return err
		})
		if err != nil {
			t.Errorf("an empty result ended the transaction: %v", err)
		}
	})
}

func TestAppendOnly_NoWayToChangeARow(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := exec(t, db, "INSERT INTO log (id, what) VALUES (1, 'done')"); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{
			"UPDATE log SET what = 'nothing'",
			"DELETE FROM log",
			"INSERT INTO log (id, what) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET what = 'nothing'",
			"TRUNCATE log", // no statement of SQLite
		} {
			if err := exec(t, db, sql); err == nil {
				t.Errorf("%s was accepted", sql)
			}
		}
		if err := exec(t, db, "INSERT INTO log (id, what) VALUES (2, 'more')"); err != nil {
			t.Error(err)
		}
	})
}

func TestIsUnique(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); err != nil {
			t.Fatal(err)
		}
		if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); !store.IsUnique(err) {
			t.Errorf("IsUnique(%v) = false", err)
		}
		if err := exec(t, db, "INSERT INTO item (id, n) VALUES (2, NULL)"); err == nil || store.IsUnique(err) {
			t.Errorf("IsUnique(%v) = true", err)
		}
	})
}

func TestOpen_RefusesTheOtherKindOfData(t *testing.T) {
	onBothEngines(t, func(t *testing.T, dsn string) {
		opts := options()
		opts.ApplicationID = store.PracticeData
		if err := open(t, dsn, opts).Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), dsn, options()); !fault.Is(err, fault.Conflict, "store.other_kind") {
			t.Errorf("a practice database opened as a real one: %v", err)
		}
	})
}

func TestOpen_RefusesANewerDatabaseAndAChangedMigration(t *testing.T) {
	onBothEngines(t, func(t *testing.T, dsn string) {
		newer := withSecond("CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);")
		if err := open(t, dsn, options()).Close(); err != nil {
			t.Fatal(err)
		}
		kept := newer
		kept.KeepSchema = true
		if _, err := store.Open(t.Context(), dsn, kept); !fault.Is(err, fault.Conflict, "store.older") {
			t.Errorf("an older database opened without migrating: %v", err)
		}
		if err := open(t, dsn, newer).Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), dsn, options()); !fault.Is(err, fault.Conflict, "store.newer") {
			t.Errorf("an older program opened a newer database: %v", err)
		}
		newer.Migrations[0].SQL += "\n-- changed"
		if _, err := store.Open(t.Context(), dsn, newer); err == nil {
			t.Error("a changed migration was accepted")
		}
	})
}

func TestOpen_AFailedMigrationLeavesNothing(t *testing.T) {
	onBothEngines(t, func(t *testing.T, dsn string) {
		bad := withSecond("CREATE TABLE b (\n id INTEGER PRIMARY KEY\n);\nINSERT INTO nowhere VALUES (1);")
		if _, err := store.Open(t.Context(), dsn, bad); err == nil {
			t.Fatal("the broken migration was accepted")
		}
		db := opened(t, dsn)
		testkit.Read(t, db, func(rx *store.Rx) error {
			names, err := store.Tables(rx)
			if strings.Contains(strings.Join(names, " ")+" ", " b ") {
				t.Errorf("half of the broken migration stayed: %v", names)
			}
			return err
		})
	})
}

func TestDumpTable_IsTheSameOnBothEngines(t *testing.T) {
	var dumps []string
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		for i, name := range []string{"b", "B", "a", "甲", "𠮷"} {
			if err := exec(t, db, "INSERT INTO item (id, n, name) VALUES ($1, $2, $3)", i, -i, name); err != nil {
				t.Fatal(err)
			}
		}
		dumps = append(dumps, testkit.Dump(t, db, "table_digest"))
	})
	if diff := cmp.Diff(dumps[0], dumps[1]); diff != "" || !strings.Contains(dumps[0], "4 | -4 | 𠮷") {
		t.Errorf("dumps (-sqlite +postgres):\n%s", diff)
	}
}

// countTogether lets eight writers count to 200, each reading before it writes.
func countTogether(t *testing.T, db *store.DB, first func(tx *store.Tx) error) {
	t.Helper()
	if err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, 0)"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
					if err := first(tx); err != nil {
						return err
					}
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

// Without the lock PostgreSQL loses updates, for its writers do not wait.
func TestLock_WritersWaitForOneAnother(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		countTogether(t, db, func(tx *store.Tx) error { return tx.Lock("item/1") })
	})
}

// Numbers of a series come in order and once, for each tenant its own, and on
// PostgreSQL no act waits for another that has drawn one.
func TestDraw(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		draw := func(tx *store.Tx) (int, error) {
			return tx.Draw("item", func(tx *store.Tx, n int) (last int, err error) {
				err = tx.Row(`
INSERT INTO item (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = item.n + excluded.n RETURNING n`, tx.Tenant, n).Scan(&last)
				return last, err
			})
		}
		for want := 1; want <= 25; want++ {
			testkit.Write(t, db.For(1), clerk, func(tx *store.Tx) error {
				n, err := draw(tx)
				if n != want {
					t.Errorf("drew %d, want %d", n, want)
				}
				return err
			})
		}
		var seen sync.Map
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					err := db.For(2).Write(t.Context(), clerk, func(tx *store.Tx) error {
						n, err := draw(tx)
						if _, twice := seen.LoadOrStore(n, true); twice || n < 1 || n > 160 {
							t.Errorf("%d was drawn twice or out of order", n)
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		testkit.Write(t, db.For(1), clerk, func(tx *store.Tx) error {
			if _, err := draw(tx); err != nil || !tx.Concurrent() {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			return db.For(1).Write(ctx, clerk, func(tx *store.Tx) error { _, err := draw(tx); return err })
		})
	})
}

// The clock of another server is compared with our own; a file has none.
func TestClockOffset(t *testing.T) {
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		first, err := db.ClockOffset(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(90 * time.Minute)
		second, err := db.ClockOffset(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if db.Path() != "" {
			if first != 0 || second != 0 {
				t.Errorf("a file: %s and %s", first, second)
			}
			return
		}
		if got := second - first - 90*time.Minute; got < -time.Minute || got > time.Minute {
			t.Errorf("the clock moved by 90 min, the offset by %s", second-first)
		}
	})
}
