package store

import (
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kofu/internal/fault"
)

// note looks at the outcome of a write. A full disk gives up the reserve file,
// because even a deletion needs space. After an I/O error or damage nothing
// more is written: once a sync has failed the system may have dropped pages
// that later commits would build upon.
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

// IsUnique reports whether err is a violated unique index or primary key.
func IsUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
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
