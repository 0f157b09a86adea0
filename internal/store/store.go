// Package store opens the database, runs transactions and migrations, and
// knows no domain. It is the only package that imports database/sql. SQLite is
// always opened with a write-ahead log that is synced at every commit; there
// is no setting that lowers this. With a key it keeps a digest of every table,
// so that a change by another tool shows. Writes tables schema_migration and
// table_digest.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/fault"
	"kofu/internal/migrations"
)

// The application ids that tell a database with real data from one made for
// practice. A practice database never opens as a real one.
const (
	RealData     int32 = 0x4B6F6675 // "Kofu"
	PracticeData int32 = 0x4B6F6650 // "KofP"
)

// ErrNoRows is returned by Row.Scan when the query found nothing.
var ErrNoRows = sql.ErrNoRows

// Options of a database. The zero value of a field takes the default.
type Options struct {
	ApplicationID int32            // RealData unless set
	Clock         func() time.Time // gives every transaction its Now; required
	Migrations    []migrations.File
	KeepSchema    bool   // refuse an older database instead of migrating it
	Readers       int    // reading connections, default 4
	Snapshots     string // folder for the copy made before a migration; "" makes none
	Reserve       string // path of the reserve file; "" keeps none
	ReserveSize   int64  // bytes, default 64 MiB
	DigestKey     []byte // keeps a keyed digest of every table; empty keeps none
}

// DB is an open database: one writing connection and a few reading ones.
type DB struct {
	path   string
	opts   Options
	writer *sql.DB
	reader *sql.DB

	state   atomic.Int32 // State
	dirty   atomic.Bool  // written since the last checkpoint
	digest  *digester    // nil without a key
	stop    chan struct{}
	stopped sync.WaitGroup
}

// State says whether the database takes writes.
type State int32

// The states of a database.
const (
	Healthy State = iota
	Full          // the disk is full; the reserve was given up, writes wait for space
	Broken        // an I/O error or damage: writes stopped until a full check and a restart
)

const (
	common    = "_busy_timeout=5000&_foreign_keys=1&_dqs=0&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=temp_store(memory)"
	writeMode = common + "&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_defensive=1" +
		"&_pragma=recursive_triggers(1)&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(0)&_pragma=journal_size_limit(67108864)"
	readMode = common + "&mode=ro&_query_only=1"
)

// Open opens the SQLite database at path, makes it if it is missing, brings it
// to the newest schema and checks that every setting is in force. It refuses a
// database of the other kind (practice or real), one newer than the program,
// and a folder on a network drive. Errors: fault.Conflict "store.other_kind",
// "store.newer", "store.network_drive".
func Open(ctx context.Context, path string, opts Options) (_ *DB, err error) {
	defer fault.Add(&err, "store.Open")
	if opts.ApplicationID == 0 {
		opts.ApplicationID = RealData
	}
	if opts.Readers == 0 {
		opts.Readers = 4
	}
	if opts.ReserveSize == 0 {
		opts.ReserveSize = 64 << 20
	}
	if err := localDrive(filepath.Dir(path)); err != nil {
		return nil, err
	}
	db := &DB{path: path, opts: opts, stop: make(chan struct{})}
	if err := db.openWriter(ctx); err != nil {
		return nil, err
	}
	if err := db.prepare(ctx); err != nil {
		_ = db.writer.Close() // the first error counts
		return nil, err
	}
	db.stopped.Add(1)
	go db.checkpoints()
	return db, nil
}

func (db *DB) openWriter(ctx context.Context) (err error) {
	if len(db.opts.DigestKey) > 0 {
		db.digest = &digester{key: db.opts.DigestKey}
		db.writer = openDigested(dsn(db.path, writeMode), db.digest)
	} else if db.writer, err = sql.Open("sqlite", dsn(db.path, writeMode)); err != nil {
		return err
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
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if err := db.makeReserve(); err != nil {
		return err
	}
	var err error
	db.reader, err = sql.Open("sqlite", dsn(db.path, readMode))
	if err != nil {
		return err
	}
	db.reader.SetMaxOpenConns(db.opts.Readers)
	db.reader.SetMaxIdleConns(db.opts.Readers)
	return db.reader.PingContext(ctx)
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

// Path returns the path of the database file.
func (db *DB) Path() string { return db.path }

// Practice reports whether the database holds practice data.
func (db *DB) Practice() bool { return db.opts.ApplicationID == PracticeData }

// State returns whether the database takes writes.
func (db *DB) State() State { return State(db.state.Load()) }

// Close waits for running transactions, brings the write-ahead log into the
// file and closes it. After a clean close only the file itself is left.
func (db *DB) Close() error {
	close(db.stop)
	db.stopped.Wait()
	errReader := db.reader.Close()
	_, errCheckpoint := db.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(errReader, errCheckpoint, db.writer.Close())
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
