package store

import (
	"context"
	"database/sql"
	"fmt"
)

// statement is one SQL text that can run.
type statement interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
}

// statement prepares the SQL once per transaction, which bulk work repeats,
// unless the driver of the engine takes texts and prepares by itself.
func (rx *Rx) statement(query string) (statement, error) {
	if err := rx.ctx.Err(); err != nil {
		return nil, rx.failed(err)
	}
	return rx.prepared(query)
}

func (rx *Rx) prepared(query string) (statement, error) {
	if !rx.engine.prepares {
		return direct{rx.tx, query}, nil
	}
	if s, ok := rx.statements[query]; ok {
		return s, nil
	}
	s, err := rx.tx.PrepareContext(rx.run, query)
	if err != nil {
		return nil, rx.failed(fmt.Errorf("prepare %q: %w", shorten(query), err))
	}
	rx.statements[query] = s // closed when the transaction ends
	return s, nil
}

// direct hands the text to the driver each time.
type direct struct {
	tx    *sql.Tx
	query string
}

func (d direct) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return d.tx.QueryContext(ctx, d.query, args...)
}

func (d direct) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return d.tx.QueryRowContext(ctx, d.query, args...)
}

func (d direct) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return d.tx.ExecContext(ctx, d.query, args...)
}
