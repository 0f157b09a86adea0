package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/migrations"
)

const createMigrations = `
CREATE TABLE IF NOT EXISTS schema_migration (
    name   TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT`

// migrate runs what is missing, each file in a transaction of its own. It
// refuses a database that a newer program has changed, or whose recorded files
// differ from ours, before it touches anything.
func (db *DB) migrate(ctx context.Context) error {
	for _, own := range []string{createMigrations, createDigests} {
		if _, err := db.writer.ExecContext(ctx, own); err != nil {
			return err
		}
	}
	done, err := db.recorded(ctx)
	if err != nil {
		return err
	}
	pending, err := missing(db.opts.Migrations, done)
	if err != nil || len(pending) == 0 {
		return err
	}
	if db.opts.KeepSchema {
		return fault.New(fault.Conflict, "store.older")
	}
	if len(done) > 0 {
		if err := db.copyBefore(ctx, pending[0]); err != nil {
			return fmt.Errorf("copy before migrating: %w", err)
		}
	}
	for _, file := range pending {
		if err := db.apply(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	if db.digest == nil {
		return nil
	}
	return db.digestAll(ctx)
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

func (db *DB) apply(ctx context.Context, file migrations.File) error {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := applyIn(ctx, tx, file, db.opts.Clock()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func applyIn(ctx context.Context, tx *sql.Tx, file migrations.File, now time.Time) error {
	if _, err := tx.ExecContext(ctx, strict(file.SQL)); err != nil {
		return err
	}
	for _, table := range appendOnly(file.SQL) {
		if _, err := tx.ExecContext(ctx, guardTriggers(table)); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO schema_migration (name, sha256, at) VALUES ($1, $2, $3)",
		file.Name, sumOf(file.SQL), Stamp(now))
	return err
}

var (
	endOfTable      = regexp.MustCompile(`(?m)^\);`)
	appendOnlyNotes = regexp.MustCompile(`(?m)^-- append-only: ([a-z_, ]+)$`)
)

// strict makes every table STRICT: SQLite then refuses text in a number column.
func strict(text string) string { return endOfTable.ReplaceAllString(text, ") STRICT;") }

func appendOnly(text string) []string {
	var tables []string
	for _, m := range appendOnlyNotes.FindAllStringSubmatch(text, -1) {
		for _, table := range strings.Split(m[1], ",") {
			tables = append(tables, strings.TrimSpace(table))
		}
	}
	return tables
}

// guardTriggers refuses to change or delete rows. INSERT OR REPLACE fires the
// delete trigger because recursive_triggers is on.
func guardTriggers(table string) string {
	return fmt.Sprintf(`
CREATE TRIGGER %[1]s_no_update BEFORE UPDATE ON %[1]s BEGIN SELECT RAISE(ABORT, '%[1]s is append-only'); END;
CREATE TRIGGER %[1]s_no_delete BEFORE DELETE ON %[1]s BEGIN SELECT RAISE(ABORT, '%[1]s is append-only'); END;`, table)
}
