// Package store opens the database, runs transactions and migrations, and
// knows no domain. It is the only package that imports database/sql. The
// database is SQLite or PostgreSQL, and only this package knows which: it hides
// how to connect, to lock, to define tables and to tell errors apart, nothing
// else. Every commit has reached the disk when Write returns; there is no
// setting that lowers this. On SQLite, with a key, it keeps a digest of every
// table, so that a change by another tool shows. Writes tables schema_migration
// and table_digest.
//
// Several municipalities share a database: [DB.For] gives the view of one. On
// PostgreSQL the server itself keeps their rows apart (fence.go).
//
// # SQL for both engines
//
// Packages that both programs link write one text for both: the tenant in every
// statement; placeholders $1, $2; keys, times and truth values (0 or 1) bound by
// the program; columns TEXT or INTEGER below 2^31; NULLS FIRST or LAST where a
// column may be NULL; letters never compared by LIKE. A second statement begins
// when the rows of the first are read. SQLite lets one writer in and PostgreSQL
// many, so what a transaction has read may be old when it writes: the condition
// stands in the changing statement, or [Tx.Lock] comes first.
package store

import (
	"context"
	"database/sql"
	"strings"
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
	KeepSchema    bool // refuse an older database instead of migrating it
	Readers       int  // reading connections, default 4; on PostgreSQL all connections, default 16

	// Only on SQLite; PostgreSQL refuses them.
	Snapshots   string // folder for the copy made before a migration; "" makes none
	Reserve     string // path of the reserve file; "" keeps none
	ReserveSize int64  // bytes, default 64 MiB
	DigestKey   []byte // keeps a keyed digest of every table; empty keeps none

	// Only on PostgreSQL; SQLite refuses it. The DSN of the role that owns the
	// tables: it migrates, and the role of Open's dsn can only use them. "" migrates
	// as the role of the dsn.
	MigrateDSN string
}

// DB is an open database as one tenant sees it. Open returns the view of tenant
// 0: the appliance, or the operator of a service for several municipalities.
type DB struct {
	*pool
	tenant int
}

// For returns the view of one municipality on the same connections: its
// transactions have Rx.Tenant. There is nothing to close.
func (db *DB) For(tenant int) *DB { return &DB{pool: db.pool, tenant: tenant} }

// Tenant is the tenant of this view.
func (db *DB) Tenant() int { return db.tenant }

// pool is what the views share: on SQLite one writing connection and a few
// reading ones, on PostgreSQL one pool for both.
type pool struct {
	engine *engine
	path   string // of the SQLite file
	opts   Options
	writer *sql.DB
	reader *sql.DB

	// The pool of database/sql gives a free connection to any of those who wait;
	// here they wait in the order in which they came.
	turns map[*sql.DB]chan struct{}

	// PostgreSQL only.
	side   *sql.DB // one connection for what happens beside a transaction
	drawer drawer

	// SQLite only.
	state   atomic.Int32 // State
	dirty   atomic.Bool  // written since the last checkpoint
	digest  *digester    // nil without a key
	joint   joint
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

// Open opens the database, brings it to the newest schema and checks that every
// setting is in force. A dsn of the form postgres://… is a PostgreSQL database,
// which must exist and have the encoding UTF8 and the collation C; everything
// else is the path of an SQLite file, made if it is missing. Open refuses a
// database of the other kind (practice or real), one newer than the program,
// and a folder on a network drive. Errors: fault.Conflict "store.other_kind",
// "store.newer", "store.older" (with KeepSchema), "store.network_drive",
// "store.role_unbound" (a PostgreSQL role that row-level security does not
// bind); fault.Unavailable as for Write.
func Open(ctx context.Context, dsn string, opts Options) (_ *DB, err error) {
	defer fault.Add(&err, "store.Open")
	if opts.ApplicationID == 0 {
		opts.ApplicationID = RealData
	}
	db := &DB{pool: &pool{engine: &sqliteEngine, path: dsn, opts: opts, stop: make(chan struct{})}}
	if isPostgres(dsn) {
		db.engine, db.path = &postgresEngine, ""
	}
	if err := db.engine.open(ctx, db, dsn); err != nil {
		return nil, err
	}
	return db, nil
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Path returns the path of the SQLite file, or "" on PostgreSQL.
func (db *DB) Path() string { return db.path }

// Practice reports whether the database holds practice data.
func (db *DB) Practice() bool { return db.opts.ApplicationID == PracticeData }

// State returns whether the database takes writes. A PostgreSQL server looks
// after its disk itself, so there it is always Healthy.
func (db *DB) State() State { return State(db.state.Load()) }

// Close waits for running transactions and ends the connections, for every
// view. On SQLite the
// write-ahead log goes into the file, which alone is left.
func (db *DB) Close() error { return db.engine.close(db) }
