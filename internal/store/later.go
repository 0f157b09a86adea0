package store

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Later runs a statement that changes rows and of which the act wants to know
// only that it did not fail. Where the database is a server it waits for the next
// other statement, or for the commit, and travels together with all that wait, in
// their order: one wait for the answer instead of many. What fails then fails the
// transaction. refused, which may be nil, turns its error into what people are told.
func (tx *Tx) Later(refused func(error) error, query string, args ...any) error {
	if refused == nil {
		refused = func(err error) error { return err }
	}
	if !tx.engine.travels {
		_, err := tx.Exec(query, args...)
		return refused(err)
	}
	if err := tx.ctx.Err(); err != nil {
		return tx.failed(err)
	}
	_, err := tx.tx.ExecContext(context.WithValue(tx.run, laterKey{}, refused), query, args...)
	return err
}

// laterKey is the key under which the context of ExecContext says that the
// statement may wait, and how its error is told.
type laterKey struct{}

// waiting is a statement that has not gone to the server.
type waiting struct {
	query   string
	args    []any
	refused func(error) error
}

// ExecContext runs the statement or lets it wait.
func (c *fencedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if refused, ok := ctx.Value(laterKey{}).(func(error) error); ok {
		w := waiting{query: query, refused: refused}
		for _, a := range args {
			w.args = append(w.args, a.Value)
		}
		c.waiting = append(c.waiting, w)
		return driver.RowsAffected(0), nil
	}
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, args)
}

// QueryContext runs the statement after those that wait.
func (c *fencedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// send runs what waits, and then the statements last, in one round trip.
func (c *fencedConn) send(ctx context.Context, last ...string) error {
	if len(c.waiting) == 0 && len(last) == 0 {
		return nil
	}
	all := c.waiting
	c.waiting = nil
	for _, query := range last {
		all = append(all, waiting{query: query, refused: func(err error) error { return err }})
	}
	batch := &pgx.Batch{}
	for _, w := range all {
		batch.Queue(w.query, w.args...)
	}
	results := c.Conn.Conn().SendBatch(ctx, batch)
	for _, w := range all {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // says the same
			return w.refused(fmt.Errorf("exec %q: %w", shorten(w.query), err))
		}
	}
	return results.Close()
}

// Commit commits, together with what still waits.
func (t fencedTx) Commit() error {
	if len(t.conn.waiting) == 0 {
		return t.end(t.tx.Commit)
	}
	return t.end(func(ctx context.Context) error {
		err := t.conn.send(ctx, "commit")
		if err != nil && !t.conn.Conn.Conn().IsClosed() {
			_ = t.tx.Rollback(ctx) // err says why
		}
		return err
	})
}

// Rollback forgets what waits.
func (t fencedTx) Rollback() error {
	t.conn.waiting = nil
	return t.end(t.tx.Rollback)
}
