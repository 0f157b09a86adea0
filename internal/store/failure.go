package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kofu/internal/fault"
)

// note looks at the outcome of a write on SQLite. A full disk gives up the
// reserve file, because even a deletion needs space. After an I/O error or damage
// nothing more is written: once a sync has failed the system may have dropped
// pages that later commits would build upon.
func (db *DB) note(err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		db.state.CompareAndSwap(int32(Healthy), int32(Full))
		if db.opts.Reserve != "" {
			err = errors.Join(err, os.Remove(db.opts.Reserve))
		}
		return fault.New(fault.Unavailable, "store.full").Because(err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		db.state.Store(int32(Broken))
		return fault.New(fault.Unavailable, "store.broken").Because(err)
	}
	return err
}

// unavailable turns what the database cannot do at the moment into a failure
// that tells people to try later.
func unavailable(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network *net.OpError
	_, said := fault.As(err) // of a file that ends too early, perhaps
	code := ""
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.As(err, &pg) && unavailablePostgres(pg.Code) != "":
		code = unavailablePostgres(pg.Code)
	case errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY, errors.Is(err, context.DeadlineExceeded):
		code = "store.busy"
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.ErrUnexpectedEOF) && !said, errors.Is(err, pgconn.ErrConnClosed):
		code = "store.unreachable"
	}
	if code == "" {
		return err
	}
	return fault.New(fault.Unavailable, code).Because(err)
}

// unavailablePostgres is the code for a condition of the server, or "" for one
// that waiting does not mend.
func unavailablePostgres(state string) string {
	switch state {
	case "53100": // disk full
		return "store.full"
	case "58030", "XX001", "XX002": // I/O error, damage
		return "store.broken"
	case "25006": // read-only: a standby, or set so
		return "store.read_only"
	case "53000", "53200", "53300", "53400": // too little memory, too many connections
		return "store.busy"
	case "57P01", "57P02", "57P03": // stopping, crashed, starting
		return "store.unreachable"
	}
	if strings.HasPrefix(state, "08") { // the connection
		return "store.unreachable"
	}
	return ""
}

// IsUnique reports whether err is a violated unique index or primary key.
func IsUnique(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsMissing reports whether err is a value that is missing where the table wants
// one.
func IsMissing(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_NOTNULL
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23502"
}

// maxTries is how often a transaction that crossed others is begun.
const maxTries = 4

// crossed reports whether the transaction failed only because of others that
// ran at the same time: PostgreSQL ended it to resolve a deadlock, could not
// put it in a row with them, or met the row lock of one that was just ending
// (its internal error «new multixact has more than one updating member», about
// once in a million). Nothing of it has happened.
func crossed(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "40P01" || pg.Code == "40001" || pg.Code == "XX000" && strings.HasPrefix(pg.Message, "new multixact has more than one")
}

// pause waits before the next try, for a random time so that two that crossed
// do not meet again: up to 50 ms, 100 ms, 150 ms.
func pause(ctx context.Context, try int) error {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(try)*int64(50*time.Millisecond)))
	if err != nil {
		return err
	}
	timer := time.NewTimer(time.Duration(n.Int64()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// makeReserve writes the file whose removal gives a full disk room to work.
func (db *DB) makeReserve() error {
	if db.opts.Reserve == "" {
		return nil
	}
	if info, err := os.Stat(db.opts.Reserve); err == nil && info.Size() >= db.opts.ReserveSize {
		return nil
	}
	f, err := os.OpenFile(db.opts.Reserve, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for written := int64(0); written < db.opts.ReserveSize; written += int64(len(block)) {
		if _, err := f.Write(block); err != nil {
			return errors.Join(fmt.Errorf("reserve: %w", err), f.Close(), os.Remove(db.opts.Reserve))
		}
	}
	return errors.Join(f.Sync(), f.Close())
}
