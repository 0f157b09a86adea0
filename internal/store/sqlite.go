package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"

	"kofu/internal/fault"
	"kofu/internal/migrations"
)

const (
	common    = "_busy_timeout=5000&_foreign_keys=1&_dqs=0&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=temp_store(memory)"
	writeMode = common + "&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_defensive=1" +
		"&_pragma=recursive_triggers(1)&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(0)&_pragma=journal_size_limit(67108864)"
	readMode = common + "&mode=ro&_query_only=1"
)

// sqliteEngine: one writing connection with immediate transactions, a few
// connections that can only read, a write-ahead log synced at every commit.
var sqliteEngine = engine{
	open:     openSQLite,
	close:    closeSQLite,
	reading:  &sql.TxOptions{ReadOnly: true},
	joins:    true,
	prepares: true,
	tables:   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
	digest:   "SELECT COALESCE(MAX(sum), '') FROM table_digest WHERE name = ''",
	endTable: ") STRICT;", // refuses text in a number column
	// INSERT OR REPLACE fires the delete trigger because recursive_triggers is on.
	guard:   sqliteGuard,
	unguard: "DROP TRIGGER %[1]s_no_update; DROP TRIGGER %[1]s_no_delete",
	reguard: sqliteGuard,
}

const sqliteGuard = `
CREATE TRIGGER %[1]s_no_update BEFORE UPDATE ON %[1]s BEGIN SELECT RAISE(ABORT, '%[1]s is append-only'); END;
CREATE TRIGGER %[1]s_no_delete BEFORE DELETE ON %[1]s BEGIN SELECT RAISE(ABORT, '%[1]s is append-only'); END;`

func openSQLite(ctx context.Context, db *DB, path string) error {
	if db.opts.MigrateDSN != "" {
		return errors.New("roles are kept on PostgreSQL only")
	}
	if db.opts.Readers == 0 {
		db.opts.Readers = 4
	}
	if db.opts.ReserveSize == 0 {
		db.opts.ReserveSize = 64 << 20
	}
	if err := localDrive(filepath.Dir(path)); err != nil {
		return err
	}
	if err := makeFile(path); err != nil {
		return err
	}
	if err := db.openWriter(ctx); err != nil {
		return err
	}
	if err := db.prepare(ctx); err != nil {
		_ = db.writer.Close() // the first error counts
		return err
	}
	db.stopped.Add(1)
	go db.checkpoints()
	return nil
}

// makeFile makes a database that nobody but its owner reads, in whatever folder
// it lies; SQLite gives the files beside it the same mode.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func closeSQLite(db *DB) error {
	close(db.stop)
	db.stopped.Wait()
	errReader := db.reader.Close()
	_, errCheckpoint := db.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(errReader, errCheckpoint, db.writer.Close())
}

func (db *DB) openWriter(ctx context.Context) error {
	if len(db.opts.DigestKey) > 0 {
		db.digest = &digester{key: db.opts.DigestKey}
		db.writer = openDigested(dsn(db.path, writeMode), db.digest)
	} else {
		db.writer = openLite(&sqlite.Driver{}, dsn(db.path, writeMode))
	}
	db.writer.SetMaxOpenConns(1)
	return db.writer.PingContext(ctx)
}

// prepare does what needs the writing connection before anybody else has one.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.claim(ctx); err != nil {
		return err
	}
	if err := db.checkSettings(ctx); err != nil {
		return err
	}
	if err := db.migrateSQLite(ctx); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if err := db.makeReserve(); err != nil {
		return err
	}
	db.reader = openLite(&sqlite.Driver{}, dsn(db.path, readMode))
	db.reader.SetMaxOpenConns(db.opts.Readers)
	db.reader.SetMaxIdleConns(db.opts.Readers)
	db.turns = map[*sql.DB]chan struct{}{db.reader: make(chan struct{}, db.opts.Readers)}
	return db.reader.PingContext(ctx)
}

// migrateSQLite brings the schema up to date, after a copy of a database that
// already holds something.
func (db *DB) migrateSQLite(ctx context.Context) error {
	for _, own := range []string{createMigrations, createDigests} {
		if _, err := db.writer.ExecContext(ctx, db.engine.definition(own)); err != nil {
			return err
		}
	}
	files, fresh, err := db.pending(ctx)
	if err != nil || len(files) == 0 {
		return err
	}
	if !fresh {
		if err := db.copyBefore(ctx, files[0]); err != nil {
			return fmt.Errorf("copy before migrating: %w", err)
		}
	}
	if err := db.applyAll(ctx, files); err != nil || db.digest == nil {
		return err
	}
	return db.digestAll(ctx)
}

func (db *DB) copyBefore(ctx context.Context, next migrations.File) error {
	if db.opts.Snapshots == "" {
		return nil
	}
	if err := os.MkdirAll(db.opts.Snapshots, 0o700); err != nil {
		return err
	}
	name := "before-" + strings.NewReplacer("/", "-", ".sql", "").Replace(next.Name) + ".db"
	final := filepath.Join(db.opts.Snapshots, name)
	partial := final + ".partial"
	if err := errors.Join(removeIfThere(partial), removeIfThere(final)); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "VACUUM INTO $1", partial); err != nil {
		return err
	}
	return os.Rename(partial, final)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// dsn writes the path as a file: URI, because mode=ro counts only there.
// Windows drives and UNC names become file:///C:/… and file:////server/….
func dsn(path, mode string) string {
	slashed := filepath.ToSlash(path)
	if filepath.IsAbs(path) && slashed[0] != '/' {
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: slashed}).EscapedPath()}
	return u.String() + "?" + mode
}

// claim marks a new file with the application id and refuses a foreign one.
func (db *DB) claim(ctx context.Context) error {
	var id int32
	var tables int
	if err := db.writer.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := db.writer.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case id == db.opts.ApplicationID:
		return nil
	case id == 0 && tables == 0:
		_, err := db.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", db.opts.ApplicationID))
		return err
	}
	return fault.New(fault.Conflict, "store.other_kind")
}

// checkSettings reads back what the DSN asked for, because the driver ignores
// a misspelt key without a word.
func (db *DB) checkSettings(ctx context.Context) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"},
		{"synchronous", "2"},
		{"foreign_keys", "1"},
		{"recursive_triggers", "1"},
		{"trusted_schema", "0"},
		{"cell_size_check", "1"},
		{"secure_delete", "1"},
		{"wal_autocheckpoint", "0"},
		{"application_id", fmt.Sprint(db.opts.ApplicationID)},
	} {
		var got string
		if err := db.writer.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("PRAGMA %s is %q, want %q", want.pragma, got, want.value)
		}
	}
	return nil
}

// checkpoints moves the write-ahead log into the file in the background, so
// that no commit pays for it. The log is cut when it has grown large.
func (db *DB) checkpoints() {
	defer db.stopped.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-db.stop:
			return
		case <-tick.C:
			if db.dirty.Swap(false) && db.State() != Broken {
				db.checkpoint()
			}
		}
	}
}

func (db *DB) checkpoint() {
	mode := "PASSIVE"
	if info, err := os.Stat(db.path + "-wal"); err == nil && info.Size() > 32<<20 {
		mode = "TRUNCATE"
	}
	if _, err := db.writer.Exec("PRAGMA wal_checkpoint(" + mode + ")"); err != nil {
		_ = db.note(err)     // its effect on the state is what counts here
		db.dirty.Store(true) // try again at the next tick
	}
}
