package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const insertItem = "INSERT INTO item (id, n) VALUES ($1, 0)"

// What runs later has run before the next statement reads, and at the latest
// when the transaction has ended.
func TestLater_BeforeWhoReadsAndBeforeTheEnd(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		testkit.Write(t, db, clerk, func(tx *store.Tx) error {
			for id := range 3 {
				if err := tx.Later(nil, insertItem, id); err != nil {
					return err
				}
			}
			var n int
			if err := tx.Row("SELECT COUNT(*) FROM item").Scan(&n); err != nil || n != 3 {
				t.Errorf("%d items, %v", n, err)
			}
			if changed, err := tx.Exec("UPDATE item SET n = 1"); err != nil || changed != 3 {
				t.Errorf("%d items changed, %v", changed, err)
			}
			if err := tx.Later(nil, "UPDATE item SET n = n + 1"); err != nil {
				return err
			}
			return tx.Later(nil, insertItem, 3)
		})
		if sum := count(t, db, "SELECT SUM(n) + 100 * COUNT(*) FROM item"); sum != 406 {
			t.Errorf("sum %d", sum)
		}
	})
}

// One that fails undoes the transaction and says so in the words of the act;
// nothing of it is left for the next transaction on the connection.
func TestLater_AFailureUndoesAll(t *testing.T) {
	taken := func(err error) error {
		if store.IsUnique(err) {
			return fault.New(fault.Conflict, "item.taken").Because(err)
		}
		return err
	}
	stop := errors.New("stop")
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		if err := exec(t, db, insertItem, 1); err != nil {
			t.Fatal(err)
		}
		for want, then := range map[error]func(tx *store.Tx) error{
			nil: func(tx *store.Tx) error { return tx.Later(taken, insertItem, 1) },
			errors.ErrUnsupported: func(tx *store.Tx) error {
				if err := tx.Later(taken, insertItem, 1); err != nil {
					return err
				}
				_, err := tx.Exec("UPDATE item SET n = 5")
				return err
			},
			stop: func(*store.Tx) error { return stop },
		} {
			err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
				if err := tx.Later(nil, insertItem, 2); err != nil {
					return err
				}
				return then(tx)
			})
			told := fault.Is(err, fault.Conflict, "item.taken")
			if errors.Is(want, stop) {
				told = errors.Is(err, stop)
			}
			if !told {
				t.Errorf("%v", err)
			}
			if err := exec(t, db, "UPDATE item SET n = 0"); err != nil {
				t.Error(err)
			}
			if n := count(t, db, "SELECT COUNT(*) FROM item"); n != 1 {
				t.Errorf("%d items", n)
			}
		}
	})
}

// Whoever has waited longest for a connection gets the next one.
func TestRead_WhoCameFirstIsFirst(t *testing.T) {
	onBothEngines(t, func(t *testing.T, dsn string) {
		opts := options()
		opts.Readers = 2
		db := open(t, dsn, opts)
		defer func() { _ = db.Close() }()
		var held, all sync.WaitGroup
		hold, one := make(chan struct{}), make(chan struct{})
		for _, until := range []chan struct{}{hold, one} {
			held.Add(1)
			all.Go(func() {
				err := db.Read(t.Context(), func(*store.Rx) error { held.Done(); <-until; return nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		held.Wait()
		var mu sync.Mutex
		var order []int
		for i := range 12 {
			all.Go(func() {
				err := db.Read(t.Context(), func(*store.Rx) error {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, i)
					if len(order) == 12 {
						close(hold)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
			time.Sleep(5 * time.Millisecond) // they come one after the other
		}
		close(one)
		all.Wait()
		if !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}
