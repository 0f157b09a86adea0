package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/migrations"
)

// createMigrations makes the table of what has run, as a migration would.
const createMigrations = `
CREATE TABLE IF NOT EXISTS schema_migration (
    name   TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    at     TEXT NOT NULL
);`

// pending returns the migrations that have not run yet, and whether the
// database is new. It refuses a database that a newer program has changed, or
// whose recorded files differ from ours.
func (db *DB) pending(ctx context.Context) (files []migrations.File, fresh bool, err error) {
	done, err := db.recorded(ctx)
	if err != nil {
		return nil, false, err
	}
	files, err = missing(db.opts.Migrations, done)
	if err == nil && len(files) > 0 && db.opts.KeepSchema {
		err = fault.New(fault.Conflict, "store.older")
	}
	return files, len(done) == 0, err
}

// applyAll runs migrations, each in a transaction of its own.
func (db *DB) applyAll(ctx context.Context, files []migrations.File) error {
	for _, file := range files {
		if err := db.apply(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return nil
}

func (db *DB) recorded(ctx context.Context) (_ map[string]string, err error) {
	rows, err := db.writer.QueryContext(ctx, "SELECT name, sha256 FROM schema_migration")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	done := map[string]string{}
	for rows.Next() {
		var name, sum string
		if err := rows.Scan(&name, &sum); err != nil {
			return nil, err
		}
		done[name] = sum
	}
	return done, rows.Err()
}

// missing returns the files that are not recorded yet.
func missing(files []migrations.File, done map[string]string) ([]migrations.File, error) {
	known := map[string]bool{}
	var pending []migrations.File
	for _, file := range files {
		known[file.Name] = true
		sum, ok := done[file.Name]
		switch {
		case !ok:
			pending = append(pending, file)
		case sum != sumOf(file.SQL):
			return nil, fmt.Errorf("%s was changed after it had run", file.Name)
		}
	}
	for name := range done {
		if !known[name] {
			return nil, fault.New(fault.Conflict, "store.newer", "name", name)
		}
	}
	return pending, nil
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (db *DB) apply(ctx context.Context, file migrations.File) error {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := db.engine.applyIn(ctx, tx, file, db.opts.Clock()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (e *engine) applyIn(ctx context.Context, tx *sql.Tx, file migrations.File, now time.Time) error {
	shut := func() error { return nil }
	if e.fence != "" && changesRows.MatchString(file.SQL) {
		var err error
		if shut, err = openFences(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, e.definition(file.SQL)); err != nil {
		return err
	}
	if err := shut(); err != nil {
		return err
	}
	for _, add := range []struct {
		text   string
		tables []string
	}{{e.guard, marked(appendOnlyNotes, file.SQL)}, {e.fence, fenced(file.SQL)}, {e.gate, marked(seenNotes, file.SQL)}} {
		for _, table := range add.tables {
			if add.text == "" {
				break
			}
			if _, err := tx.ExecContext(ctx, fmt.Sprintf(add.text, table)); err != nil {
				return err
			}
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO schema_migration (name, sha256, at) VALUES ($1, $2, $3)",
		file.Name, sumOf(file.SQL), Stamp(now))
	return err
}

var (
	endOfTable      = regexp.MustCompile(`(?m)^\);`)
	appendOnlyNotes = regexp.MustCompile(`(?m)^-- append-only: ([a-z_, ]+)$`)
	seenNotes       = regexp.MustCompile(`(?m)^-- seen by every tenant: ([a-z_, ]+)$`)
)

// definition adds to every table of a migration what the engine wants there.
func (e *engine) definition(text string) string {
	return endOfTable.ReplaceAllLiteralString(text, e.endTable)
}

// marked returns the tables that a comment of the migration names.
func marked(notes *regexp.Regexp, text string) []string {
	var tables []string
	for _, m := range notes.FindAllStringSubmatch(text, -1) {
		for _, table := range strings.Split(m[1], ",") {
			tables = append(tables, strings.TrimSpace(table))
		}
	}
	return tables
}
