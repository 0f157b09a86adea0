// Package office opens the data folder of one appliance: the layout of its
// files, the lock that lets only one program own it, the database with its
// migrations, and the keys. Both programs, kofu and kofuctl, start through it.
// Writes no tables.
package office

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/migrations"
	"kofu/internal/store"
)

// Options say how to open a data folder.
type Options struct {
	Practice bool             // data of the practice city; never mixes with real data
	Clock    func() time.Time // required
	// Existing refuses a folder without a database instead of making one.
	Existing bool
	// Shared also works beside the program that owns the folder, and changes no
	// schema. For reading, and for the audit line of what was read.
	Shared bool
	// Before is called with the folder once it is ours and before the database
	// is opened; nil calls nothing.
	Before func(dir string) error
}

// Office is an open data folder.
type Office struct {
	DB   *store.DB
	Ring *keyring.Ring
	Dir  Dir

	lock   io.Closer
	closed sync.Once
}

// Open opens the data folder, makes it if it is missing, and brings the
// database to the newest schema. Errors: fault.Conflict "office.in_use" when
// another program owns the folder, fault.NotFound "office.not_initialized" with
// Existing, and those of store.Open.
func Open(ctx context.Context, dir string, opts Options) (_ *Office, err error) {
	defer fault.Add(&err, "office.Open")
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	o := &Office{Dir: Dir(abs)}
	if opts.Existing || opts.Shared {
		if err := o.Dir.exists(); err != nil {
			return nil, err
		}
	}
	if err := o.Dir.make(); err != nil {
		return nil, err
	}
	if !opts.Shared {
		if o.lock, err = Acquire(o.Dir.Lock()); err != nil {
			return nil, err
		}
	}
	if opts.Before != nil {
		if err := opts.Before(abs); err != nil {
			return nil, errors.Join(err, o.unlock())
		}
	}
	if err := o.open(ctx, opts); err != nil {
		return nil, errors.Join(err, o.unlock())
	}
	return o, nil
}

func (o *Office) open(ctx context.Context, opts Options) (err error) {
	if o.Ring, err = keyring.Open(o.Dir.Keys(), rand.Reader); err != nil {
		return err
	}
	files, err := migrations.Appliance()
	if err != nil {
		return err
	}
	settings := store.Options{
		Clock: opts.Clock, Migrations: files, Snapshots: o.Dir.Snapshots(), Reserve: o.Dir.Reserve(),
		DigestKey: o.Ring.DigestKey(),
	}
	if opts.Practice {
		settings.ApplicationID = store.PracticeData
	}
	if opts.Shared {
		settings.Reserve, settings.KeepSchema = "", true
	}
	o.DB, err = store.Open(ctx, o.Dir.DB(), settings)
	return err
}

// Close closes the database and gives the lock back. A second call does nothing.
func (o *Office) Close() (err error) {
	o.closed.Do(func() { err = errors.Join(o.DB.Close(), o.unlock()) })
	return err
}

func (o *Office) unlock() error {
	if o.lock == nil {
		return nil
	}
	return o.lock.Close()
}

// Practice reports whether the folder holds practice data. found is false when
// there is no database yet.
func Practice(dir string) (practice, found bool, err error) {
	f, err := os.Open(Dir(dir).DB())
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// The application id stands at byte 68 of an SQLite file, high byte first.
	var id [4]byte
	if _, err := f.ReadAt(id[:], 68); err != nil {
		if errors.Is(err, io.EOF) {
			return false, false, nil
		}
		return false, false, err
	}
	return int32(binary.BigEndian.Uint32(id[:])) == store.PracticeData, true, nil
}
