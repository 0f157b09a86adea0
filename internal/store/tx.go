package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kofu/internal/fault"
)

// Actor is the person or program part on whose behalf something is written.
// Employee tells city staff from contractors, who may not hand cards over.
type Actor struct {
	ID       string // staff id, or the name of a program part such as "kofuctl"
	Name     string
	Role     string
	Terminal string // the PC, as registered or by address
	Employee bool
}

// Rx reads one unchanging state of the database. Now is the instant of the
// transaction, UTC, cut to milliseconds. Tenant is whose rows it is about: every
// table that several municipalities share has a column tenant, and every
// statement names it.
type Rx struct {
	Now    time.Time
	Tenant int

	db         *DB
	engine     *engine
	ctx        context.Context // of the caller
	run        context.Context // of the statements
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	failure    error // of the first statement that failed: the transaction can only be rolled back
}

// Tx is one transaction that writes. Everything that happens in it happens at
// the same instant, Now, and on behalf of the same Actor.
type Tx struct {
	*Rx
	Actor Actor
}

type inTransaction struct{}

// Write runs fn in a transaction that may change the database. It commits when
// fn returns nil and rolls back otherwise, also when fn panics. On PostgreSQL it
// runs fn again after a deadlock, so fn starts from nothing each time.
// Transactions do not nest: a function that needs one takes a *Tx. Write
// returns only after the commit has reached the disk. Errors beside fn's:
// fault.Unavailable "store.full", "store.broken", "store.busy" (somebody else
// writes too long, too many connections, or ctx ran out of time), and on
// PostgreSQL "store.unreachable" and "store.read_only". If the connection is lost
// at the end, the transaction may have been committed.
func (db *DB) Write(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	if err := db.writable(ctx, actor); err != nil {
		return err
	}
	err := db.write(ctx, actor, fn)
	for try := 1; try < maxTries && crossed(err); try++ {
		if err := pause(ctx, try); err != nil {
			return err
		}
		err = db.write(ctx, actor, fn)
	}
	db.dirty.Store(true)
	return unavailable(db.note(err))
}

// writable reports why nothing can be written now.
func (db *DB) writable(ctx context.Context, actor Actor) error {
	if actor.ID == "" {
		return errors.New("write on behalf of nobody")
	}
	if ctx.Value(inTransaction{}) != nil {
		return errNested
	}
	switch db.State() {
	case Full:
		if err := db.makeReserve(); err != nil {
			return fault.New(fault.Unavailable, "store.full").Because(err)
		}
		db.state.CompareAndSwap(int32(Full), int32(Healthy))
	case Broken:
		return fault.New(fault.Unavailable, "store.broken")
	}
	return nil
}

func (db *DB) write(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	return db.run(ctx, db.writer, db.engine.writing, func(rx *Rx) error { return db.inside(rx, actor, fn) })
}

// inside runs fn and lets the digests follow.
func (db *DB) inside(rx *Rx, actor Actor, fn func(*Tx) error) error {
	if db.digest != nil {
		db.digest.begin()
	}
	if err := fn(&Tx{Rx: rx, Actor: actor}); err != nil {
		return err
	}
	if rx.failure != nil {
		return fmt.Errorf("commit after a failed statement: %w", rx.failure)
	}
	if db.digest == nil {
		return nil
	}
	return db.digest.settle(rx)
}

// Read runs fn on one state of the database; what others commit meanwhile
// does not show in it. Errors: those of Write.
func (db *DB) Read(ctx context.Context, fn func(*Rx) error) error {
	return unavailable(db.run(ctx, db.reader, db.engine.reading, fn))
}

var errNested = errors.New("a transaction inside a transaction")

func (db *DB) run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, fn func(*Rx) error) (err error) {
	if ctx.Value(inTransaction{}) != nil {
		return errNested
	}
	if turns := db.turns[pool]; turns != nil {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("begin: %w", ctx.Err())
		}
		defer func() { <-turns }()
	}
	tx, err := pool.BeginTx(context.WithValue(ctx, tenantKey{}, db.tenant), opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	rx := db.rx(ctx, tx, map[string]*sql.Stmt{})
	done := false
	defer func() {
		for _, s := range rx.statements {
			_ = s.Close() // the transaction's end already decided
		}
		if !done {
			_ = tx.Rollback() // err, or a panic on its way up, says why
		}
	}()
	if err := fn(rx); err != nil {
		return err
	}
	if rx.failure != nil {
		return fmt.Errorf("commit after a failed statement: %w", rx.failure)
	}
	done = true
	return commit(tx)
}

func (db *DB) rx(ctx context.Context, tx *sql.Tx, statements map[string]*sql.Stmt) *Rx {
	ctx = context.WithValue(ctx, inTransaction{}, true)
	return &Rx{
		Now:        db.opts.Clock().UTC().Truncate(time.Millisecond),
		Tenant:     db.tenant,
		db:         db,
		engine:     db.engine,
		ctx:        ctx,
		run:        ctx,
		tx:         tx,
		statements: statements,
	}
}

// Context returns the context of the transaction, for functions that wait.
func (rx *Rx) Context() context.Context { return rx.ctx }

// Today is the day of Now in Japan, such as 2026-11-21.
func (rx *Rx) Today() string { return Day(rx.Now) }

// Concurrent reports whether others may write while this transaction runs. Where
// they may, what has a single end, such as a log, is better joined by a job.
func (rx *Rx) Concurrent() bool { return rx.engine.lock != "" }

// Lock makes other transactions of the tenant that lock the same name wait until
// this one ends. What is read after it stays true until then, where everybody who changes
// it locks the name too. Writers of SQLite wait for one another anyway.
func (tx *Tx) Lock(name string) error {
	if tx.engine.lock == "" {
		return nil
	}
	_, err := tx.Exec(tx.engine.lock, name, tx.Tenant)
	return err
}

// Row is the result of a query for at most one row.
type Row struct {
	rx  *Rx
	row *sql.Row
	err error
}

// Scan copies the row into dest. Without a row it returns ErrNoRows.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.row.Scan(dest...)
	if err != nil && !errors.Is(err, ErrNoRows) {
		return r.rx.failed(err)
	}
	return err
}

// Row asks for at most one row.
func (rx *Rx) Row(query string, args ...any) Row {
	s, err := rx.statement(query)
	if err != nil {
		return Row{err: err}
	}
	return Row{rx: rx, row: s.QueryRowContext(rx.run, args...)}
}

// Query calls fn for each row of the result. scan copies the current row. On
// PostgreSQL fn cannot run another statement.
func (rx *Rx) Query(fn func(scan func(dest ...any) error) error, query string, args ...any) error {
	s, err := rx.statement(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(rx.run, args...)
	if err != nil {
		return rx.failed(fmt.Errorf("query %q: %w", shorten(query), err))
	}
	defer func() { _ = rows.Close() }() // rows.Err below reports what went wrong
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return rx.failed(err)
	}
	return nil
}

// Exec runs a statement that changes rows and returns how many it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	s, err := tx.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(tx.run, args...)
	if err != nil {
		return 0, tx.failed(fmt.Errorf("exec %q: %w", shorten(query), err))
	}
	return result.RowsAffected()
}

// failed remembers that a statement failed, after which nothing is committed.
func (rx *Rx) failed(err error) error {
	if rx.failure == nil {
		rx.failure = err
	}
	return err
}

func shorten(query string) string {
	if len(query) > 60 {
		return query[:60] + "…"
	}
	return query
}
