package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// together holds the writer while n acts queue up, then lets them go.
func together(t *testing.T, db *store.DB, acts ...func() error) []error {
	t.Helper()
	errs := make([]error, len(acts))
	var all sync.WaitGroup
	testkit.Write(t, db, clerk, func(tx *store.Tx) error {
		for i, do := range acts {
			all.Go(func() {
				defer func() { _ = recover() }()
				errs[i] = do()
			})
			time.Sleep(5 * time.Millisecond) // their order matters to some tests
		}
		return nil
	})
	all.Wait()
	return errs
}

func add(ctx context.Context, db *store.DB, id int, then func(tx *store.Tx) error) func() error {
	return func() error {
		return db.Join(ctx, clerk, func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO item (id, n) VALUES ($1, 0)", id); err != nil {
				return err
			}
			if then == nil {
				return nil
			}
			return then(tx)
		})
	}
}

// What waits together is committed together: the second act sees the first
// one's row while nobody else does.
func TestJoin_OneCommit(t *testing.T) {
	db := fresh(t)
	errs := together(t, db,
		add(t.Context(), db, 1, nil),
		add(t.Context(), db, 2, func(tx *store.Tx) error {
			var mine int
			if err := tx.Row("SELECT count(*) FROM item").Scan(&mine); err != nil {
				return err
			}
			if others := count(t, db, "SELECT count(*) FROM item"); mine != 2 || others != 0 {
				t.Errorf("inside %d rows, outside %d", mine, others)
			}
			return nil
		}))
	if err := errors.Join(errs...); err != nil || count(t, db, "SELECT count(*) FROM item") != 2 {
		t.Errorf("%v", errs)
	}
}

// One act's failure, however it comes about, is its own.
func TestJoin_AFailureHarmsNobodyElse(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		refused := errors.New("refused")
		gone, leave := context.WithCancel(t.Context())
		errs := together(t, db,
			add(t.Context(), db, 1, nil),
			add(t.Context(), db, 2, func(*store.Tx) error { return refused }),
			add(t.Context(), db, 3, func(tx *store.Tx) error { _, err := tx.Exec("INSERT INTO item (id, n) VALUES (3, 0)"); return err }),
			add(t.Context(), db, 4, func(tx *store.Tx) error { _, _ = tx.Exec("nonsense"); return nil }),
			add(t.Context(), db, 5, func(*store.Tx) error { panic("in the middle") }),
			add(gone, db, 6, func(tx *store.Tx) error {
				leave()
				_, err := tx.Exec("UPDATE item SET n = 1")
				return err
			}),
			add(t.Context(), db, 7, nil))
		for i, want := range []func(error) bool{
			func(err error) bool { return err == nil },
			func(err error) bool { return errors.Is(err, refused) },
			store.IsUnique,
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "failed statement") },
			func(err error) bool { return err == nil }, // it panicked
			func(err error) bool { return errors.Is(err, context.Canceled) },
			func(err error) bool { return err == nil },
		} {
			if !want(errs[i]) {
				t.Errorf("act %d: %v", i+1, errs[i])
			}
		}
		if sum := count(t, db, "SELECT SUM(id * 100 + n) FROM item"); sum != 800 {
			t.Errorf("the rows add up to %d, want those of 1 and 7", sum)
		}
	})
}

// Whoever stops waiting has done nothing, and the others go on.
func TestJoin_GivingUp(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		errs := make([]error, 6)
		testkit.Write(t, db, clerk, func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO item (id, n) VALUES (1, 0)"); err != nil { // PostgreSQL: the others wait for this key
				return err
			}
			for i := range errs {
				ctx := t.Context()
				if i%2 == 0 { // the first leads, or would
					ctx = gone
				}
				all.Go(func() { errs[i] = add(ctx, db, 1, nil)() })
			}
			time.Sleep(50 * time.Millisecond)
			leave()
			time.Sleep(50 * time.Millisecond)
			return errors.Join()
		})
		all.Wait()
		for i, err := range errs {
			if i%2 == 0 && !errors.Is(err, context.Canceled) || i%2 == 1 && !store.IsUnique(err) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if err := add(t.Context(), db, 2, nil)(); err != nil || count(t, db, "SELECT count(*) FROM item") != 2 {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// A full disk rolls the whole transaction back: every act of it hears so, none
// has happened, and when there is room the next one works.
func TestJoin_ADiskThatIsFull(t *testing.T) {
	db := fresh(t)
	pages := func(most int) {
		testkit.Read(t, db, func(*store.Rx) error { return nil })
		testkit.Write(t, db, clerk, func(tx *store.Tx) error {
			return tx.Row(fmt.Sprintf("PRAGMA max_page_count = %d", most)).Scan(new(int))
		})
	}
	pages(20)
	big := func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO log (id, what) VALUES (1, $1)", strings.Repeat("x", 1<<20))
		return err
	}
	for i, err := range together(t, db, add(t.Context(), db, 1, nil), add(t.Context(), db, 2, nil), add(t.Context(), db, 3, big)) {
		if !fault.Is(err, fault.Unavailable, "store.full") {
			t.Errorf("act %d: %v", i+1, err)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM item"); n != 0 {
		t.Errorf("%d rows of acts that failed", n)
	}
	pages(1 << 20)
	if err := errors.Join(together(t, db, add(t.Context(), db, 1, nil), add(t.Context(), db, 3, big))...); err != nil {
		t.Error(err)
	}
}

// Acts of all kinds at once: what was acknowledged is there, what failed is not,
// and the digests of the tables fit.
func TestJoin_Storm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	db := open(t, path, digested())
	defer func() { _ = db.Close() }()
	var all sync.WaitGroup
	var acknowledged atomic.Int64
	for g := range 16 {
		all.Go(func() {
			for i := range 40 {
				id, kind := 1000*g+i, rand.IntN(8)
				ctx, cancel := context.WithCancel(t.Context())
				if kind == 0 {
					time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, cancel)
				}
				err := add(ctx, db, id, func(tx *store.Tx) error {
					if _, err := tx.Exec("UPDATE item SET n = n + 1 WHERE id = $1", 1000*rand.IntN(16)); err != nil {
						return err
					}
					switch kind {
					case 1:
						return errors.New("refused")
					case 2:
						_, err := tx.Exec("INSERT INTO item (id, n) VALUES ($1, 0)", id)
						return err
					}
					return nil
				})()
				cancel()
				if err == nil {
					acknowledged.Add(1)
				} else if kind > 2 {
					t.Errorf("kind %d: %v", kind, err)
				}
				if kind == 7 { // others write alone meanwhile
					if err := exec(t, db, "UPDATE item SET name = 'x' WHERE id = $1", id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if n := count(t, db, "SELECT count(*) FROM item"); int64(n) != acknowledged.Load() || n < 400 {
		t.Errorf("%d rows, %d acknowledged", n, acknowledged.Load())
	}
	if table := changedTable(t, db); table != "" {
		t.Errorf("%s does not match its digest", table)
	}
}

func TestJoin_RefusesNobodyAndNesting(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := db.Join(t.Context(), store.Actor{}, func(*store.Tx) error { return nil }); err == nil {
			t.Error("a write on behalf of nobody was accepted")
		}
		err := db.Join(t.Context(), clerk, func(tx *store.Tx) error {
			return db.Join(tx.Context(), clerk, func(*store.Tx) error { return nil })
		})
		if err == nil {
			t.Error("a nested transaction was accepted")
		}
	})
}
