package store_test

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func addOne(tx *store.Tx) error {
	_, err := tx.Exec("INSERT INTO item (id, n) SELECT COALESCE(MAX(id), 0) + 1, 0 FROM item")
	return err
}

// A server that has gone says so in words that people understand, and when it
// is back the program goes on without a restart.
func TestPostgres_GoneAndBack(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	db := opened(t, dsn)
	testkit.Write(t, db, clerk, addOne)
	kill := func() {
		testkit.Psql(t, dsn, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}

	kill() // the pool's connections are dead: the next transaction takes a new one
	testkit.Write(t, db, clerk, addOne)

	err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
		if err := addOne(tx); err != nil {
			return err
		}
		kill()
		return addOne(tx)
	})
	testkit.WantFault(t, err, fault.Unavailable, "store.unreachable")
	err = db.Read(t.Context(), func(rx *store.Rx) error {
		kill()
		return rx.Row("SELECT 1").Scan(new(int))
	})
	testkit.WantFault(t, err, fault.Unavailable, "store.unreachable")
	if n := count(t, db, "SELECT count(*) FROM item"); n != 2 {
		t.Errorf("%d rows, want those of the two that ended", n)
	}

	name := strings.TrimPrefix(mustParse(t, dsn).Path, "/")
	testkit.Psql(t, "postgres:///postgres", "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
	kill = func() {
		testkit.Psql(t, "postgres:///postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '"+name+"'")
	}
	kill()
	testkit.WantFault(t, db.Write(t.Context(), clerk, addOne), fault.Unavailable, "store.unreachable")
	if _, err := store.Open(t.Context(), dsn, options()); !fault.Is(err, fault.Unavailable, "store.unreachable") {
		t.Errorf("Open = %v", err)
	}
	testkit.Psql(t, "postgres:///postgres", "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true")
	testkit.Write(t, db, clerk, addOne)
}

func mustParse(t *testing.T, dsn string) *url.URL {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPostgres_NobodyListens(t *testing.T) {
	for _, dsn := range []string{"postgres://kofu@/kofu?host=" + t.TempDir(), "postgres://kofu@127.0.0.1:1/kofu"} {
		if _, err := store.Open(t.Context(), dsn, options()); !fault.Is(err, fault.Unavailable, "store.unreachable") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestPostgres_WhatTheServerCannotDoNow(t *testing.T) {
	for _, c := range []struct{ before, after, code string }{
		{"ALTER DATABASE %s SET default_transaction_read_only = on", "ALTER DATABASE %s RESET default_transaction_read_only", "store.read_only"},
		{"ALTER DATABASE %s CONNECTION LIMIT 0", "ALTER DATABASE %s CONNECTION LIMIT -1", "store.busy"},
	} {
		dsn := testkit.EmptyPostgres(t)
		db := opened(t, dsn)
		name := strings.TrimPrefix(mustParse(t, dsn).Path, "/")
		testkit.Psql(t, "postgres:///postgres", strings.ReplaceAll(c.before, "%s", name))
		testkit.Psql(t, "postgres:///postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '"+name+"'")
		testkit.WantFault(t, db.Write(t.Context(), clerk, addOne), fault.Unavailable, c.code)
		testkit.Psql(t, "postgres:///postgres", strings.ReplaceAll(c.after, "%s", name))
		testkit.Psql(t, "postgres:///postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '"+name+"'")
		testkit.Write(t, db, clerk, addOne)
	}
	db := opened(t, testkit.EmptyPostgres(t))
	for state, code := range map[string]string{"disk_full": "store.full", "io_error": "store.broken", "out_of_memory": "store.busy"} {
		err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			_, err := tx.Exec("DO $$ BEGIN RAISE EXCEPTION 'as if' USING ERRCODE = '" + state + "'; END $$")
			return err
		})
		testkit.WantFault(t, err, fault.Unavailable, code)
	}
	err := exec(t, db, "INSERT INTO item (id, n) VALUES (1, NULL)")
	if _, ok := fault.As(err); err == nil || ok {
		t.Errorf("a broken rule became %v", err)
	}
}

// Whoever cannot wait longer hears that it is busy; whoever went away hears nothing new.
func TestWrite_NoTimeLeft(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		testkit.Write(t, db, clerk, addOne)
		err := db.Write(t.Context(), clerk, func(tx *store.Tx) error {
			if _, err := tx.Exec("UPDATE item SET n = 1"); err != nil {
				return err
			}
			soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := db.Write(soon, clerk, func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE item SET n = 2")
				return err
			})
			testkit.WantFault(t, err, fault.Unavailable, "store.busy")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the cause is gone: %v", err)
			}
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if err := db.Write(gone, clerk, addOne); !errors.Is(err, context.Canceled) || fault.Is(err, fault.Unavailable, "store.busy") {
				t.Errorf("cancelled: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A file that ends too early is a mistake of the file, not of the database.
func TestWrite_WhatTheCallerSaysStands(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db *store.DB) {
		refusal := fault.New(fault.Invalid, "test.bad_file").Because(io.ErrUnexpectedEOF)
		testkit.WantFault(t, db.Write(t.Context(), clerk, func(*store.Tx) error { return refusal }), fault.Invalid, "test.bad_file")
		testkit.WantFault(t, db.Read(t.Context(), func(*store.Rx) error { return refusal }), fault.Invalid, "test.bad_file")
	})
}
