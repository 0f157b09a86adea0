// Package testkit holds what tests of several packages share: a migrated
// database of their own, a fixed clock, actors, and a dump to see that a
// refused act changed nothing. Packages that both programs link test on both
// engines, see [OnBothEngines]; a PostgreSQL server is started by postgres.sh,
// for a whole run of the tests or for one test process.
package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
)

// Now is the instant of every test unless it moves its clock: Tuesday,
// 2026-11-24 09:30 in Japan, the morning after 勤労感謝の日.
var Now = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)

// People who act in tests.
var (
	Clerk      = store.Actor{ID: "st-clerk", Name: "山田 通子", Role: "notice", Terminal: "PC-1", Employee: true}
	Supervisor = store.Actor{ID: "st-super", Name: "田中 管理", Role: "supervisor", Terminal: "PC-2", Employee: true}
	Contractor = store.Actor{ID: "st-itaku", Name: "佐藤 委託", Role: "receiver", Terminal: "PC-3"}
)

// Clock is a clock that a test moves by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at Now.
func NewClock() *Clock { return &Clock{now: Now} }

// Now returns the instant of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// applianceImage is a migrated SQLite database, made once per test process;
// every test gets a copy.
var applianceImage = sync.OnceValues(func() ([]byte, error) { return image(migrations.Appliance) })

func image(which func() ([]migrations.File, error)) ([]byte, error) {
	dir, err := os.MkdirTemp("", "kofu-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temp folder harms nobody
	path := filepath.Join(dir, "kofu.db")
	files, err := which()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the image outlives the test that asks first
	db, err := store.Open(ctx, path, store.Options{Clock: NewClock().Now, Migrations: files})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // the path is ours
}

// DB returns a migrated database of the appliance, the test's own, with a clock
// that stands at Now.
func DB(t testing.TB) *store.DB {
	t.Helper()
	return DBAt(t, NewClock())
}

// DBAt is DB with a clock that the test moves.
func DBAt(t testing.TB, clock *Clock) *store.DB {
	t.Helper()
	files, err := migrations.Appliance()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, sqliteCopy(t, applianceImage), clock, files)
}

// sqliteCopy writes the image into a file of the test's own.
func sqliteCopy(t testing.TB, image func() ([]byte, error)) (path string) {
	t.Helper()
	b, err := image()
	if err != nil {
		t.Fatalf("template database: %v", err)
	}
	path = filepath.Join(t.TempDir(), "kofu.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a database that ends with the test.
func open(t testing.TB, dsn string, clock *Clock, files []migrations.File) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{Clock: clock.Now, Migrations: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// Write runs fn in a writing transaction and fails the test on an error.
func Write(t testing.TB, db *store.DB, actor store.Actor, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), actor, fn); err != nil {
		t.Fatal(err)
	}
}

// Read runs fn in a reading transaction and fails the test on an error.
func Read(t testing.TB, db *store.DB, fn func(*store.Rx) error) {
	t.Helper()
	if err := db.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Dump writes out every row of every table but those named, for comparing,
// whoever's rows they are.
func Dump(t testing.TB, db *store.DB, except ...string) string {
	t.Helper()
	skip := map[string]bool{}
	for _, table := range except {
		skip[table] = true
	}
	var b strings.Builder
	for _, tenant := range tenantsOf(t, db) {
		dump(t, db.For(tenant), skip, &b)
	}
	return b.String()
}

// tenantsOf returns the tenants whose views together show every row: one where
// every view shows all.
func tenantsOf(t testing.TB, db *store.DB) []int {
	t.Helper()
	if db.Path() != "" {
		return []int{db.Tenant()}
	}
	all := []int{0}
	Read(t, db, func(rx *store.Rx) error {
		tables, err := store.Tables(rx)
		if err != nil || !slices.Contains(tables, "tenant") {
			return err
		}
		return rx.Query(func(scan func(...any) error) error {
			var id int
			err := scan(&id)
			all = append(all, id)
			return err
		}, "SELECT tenant FROM tenant ORDER BY tenant")
	})
	return all
}

func dump(t testing.TB, db *store.DB, skip map[string]bool, b *strings.Builder) {
	t.Helper()
	Read(t, db, func(rx *store.Rx) error {
		tables, err := store.Tables(rx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if skip[table] {
				continue
			}
			fmt.Fprintf(b, "-- %s\n", table)
			if err := store.DumpTable(rx, table, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// WantFault fails the test unless err is a fault of the kind with the code.
func WantFault(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind, code) {
		t.Fatalf("got error %v, want fault %d %q", err, kind, code)
	}
}

// Refusable lets a refusal pass, for tests that try at random, and reports whether
// there was none. It fails the test on any other error.
func Refusable(t testing.TB, err error) (done bool) {
	t.Helper()
	if _, refused := fault.As(err); err != nil && !refused {
		t.Fatal(err)
	}
	return err == nil
}
