// Package town opens the data of the booking service: the database that the
// municipalities share and, for each of them, the folder with its secrets. It
// says how each is reached and whether it is served. A municipality is frozen
// while its data move to another server or an update is being looked into: its
// residents read that they should call, and nothing changes by itself. Writes
// table town.
package town

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/migrations"
	"kofu/internal/office"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// Town is one municipality as it is served.
type Town struct {
	ID        int
	Host      string // by which residents reach it
	StaffHost string // by which staff reach it
	Name      string
	FrozenAt  string // instant, "" while it is served
	KeyIDs    string // of the keys that hash its codes; changes when one is made
}

// Frozen reports whether the municipality is not served at the moment.
func (t Town) Frozen() bool { return t.FrozenAt != "" }

// Keys are the secrets of one municipality.
type Keys struct {
	Ring  *keyring.Ring  // seals, signs and hashes whatever is not a code of a letter
	Codes *keyring.Codes // hash the codes of letters
}

// Options say how to open the data.
type Options struct {
	Clock    func() time.Time // required
	Practice bool             // made-up data, which never mix with real ones
	// Database is the DSN of a PostgreSQL database; "" takes a file in the folder.
	Database string
	Owner    string // DSN of the PostgreSQL role that owns the tables and migrates; "" takes Database
	Migrate  bool   // bring an older database to the newest schema instead of refusing it
	Alone    bool   // refuse a folder that another program serves
	Readers  int    // connections; 0 takes the default
}

// Service is the open data of the service.
type Service struct {
	DB  *store.DB // as the operator sees it: tenant 0
	dir string

	lock io.Closer
	mu   sync.Mutex
	keys map[int]*keyring.Ring
}

// Open opens the data folder, makes it if it is missing, and opens the database.
// Errors: fault.Conflict "office.in_use" with Alone; those of store.Open.
func Open(ctx context.Context, dir string, o Options) (_ *Service, err error) {
	defer fault.Add(&err, "town.Open")
	s := &Service{keys: map[int]*keyring.Ring{}}
	if s.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	for _, folder := range []string{s.dir, s.Log(), filepath.Join(s.dir, "keys")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	if o.Alone {
		if s.lock, err = office.Acquire(filepath.Join(s.dir, "lock")); err != nil {
			return nil, err
		}
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.unlock())
	}
	return s, nil
}

func (s *Service) open(ctx context.Context, o Options) error {
	files, err := migrations.Booking()
	if err != nil {
		return err
	}
	settings := store.Options{Clock: o.Clock, Migrations: files, KeepSchema: !o.Migrate, Readers: o.Readers, MigrateDSN: o.Owner}
	if o.Practice {
		settings.ApplicationID = store.PracticeData
	}
	dsn := o.Database
	if dsn == "" {
		if dsn, err = s.file(&settings, o.Migrate); err != nil {
			return err
		}
	}
	s.DB, err = store.Open(ctx, dsn, settings)
	return err
}

// file is the SQLite database of the folder with what belongs to it.
func (s *Service) file(settings *store.Options, migrate bool) (string, error) {
	own, err := s.Keys(0)
	if err != nil {
		return "", err
	}
	settings.DigestKey = own.Ring.DigestKey()
	if migrate {
		settings.Snapshots = filepath.Join(s.dir, "snapshots")
		settings.Reserve = filepath.Join(s.dir, "reserve")
	}
	return filepath.Join(s.dir, "kofu-booking.db"), os.MkdirAll(filepath.Join(s.dir, "snapshots"), 0o700)
}

// Log is the folder of the log files.
func (s *Service) Log() string { return filepath.Join(s.dir, "log") }

// Close closes the database and gives the folder back.
func (s *Service) Close() error { return errors.Join(s.DB.Close(), s.unlock()) }

func (s *Service) unlock() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// Keys returns the secrets of a municipality and makes them at first use; those
// of tenant 0 are the operator's.
func (s *Service) Keys(tenant int) (_ Keys, err error) {
	defer fault.Add(&err, "town.Keys(%d)", tenant)
	s.mu.Lock()
	defer s.mu.Unlock()
	ring := s.keys[tenant]
	if ring == nil {
		if ring, err = keyring.Open(s.keyDir(tenant), rand.Reader); err != nil {
			return Keys{}, err
		}
		s.keys[tenant] = ring
	}
	codes, err := keyring.OpenCodes(s.keyDir(tenant)) // read each time: the operator makes keys beside a running service
	return Keys{ring, codes}, err
}

// Book returns the keys of a municipality's exchange with its office, as they
// lie in its folder now.
func (s *Service) Book(tenant int) (*keybook.Book, error) {
	return keybook.Open(s.keyDir(tenant), seal.Cloud)
}

func (s *Service) keyDir(tenant int) string {
	return filepath.Join(s.dir, "keys", strconv.Itoa(tenant))
}

// List returns the municipalities in the order of their numbers, as the view of
// tenant 0 sees them.
func List(rx *store.Rx) ([]Town, error) { return selectTowns(rx) }

// All is List in a transaction of its own, with the ids of the keys.
func (s *Service) All(ctx context.Context) (list []Town, err error) {
	defer fault.Add(&err, "town.All")
	err = s.DB.For(0).Read(ctx, func(rx *store.Rx) (err error) {
		list, err = List(rx)
		return err
	})
	for i, t := range list {
		codes, err := keyring.OpenCodes(s.keyDir(t.ID))
		if err != nil {
			return nil, err
		}
		list[i].KeyIDs = strings.Join(codes.IDs(), " ")
	}
	return list, err
}

// SetStaffHost names the host by which staff reach a municipality; "" takes the
// residents' one. Errors: fault.Conflict "town.host_taken".
func SetStaffHost(ctx context.Context, db *store.DB, actor store.Actor, tenant int, host string) (err error) {
	defer fault.Add(&err, "town.SetStaffHost(%d)", tenant)
	host = strings.ToLower(strings.TrimSpace(host))
	err = db.For(tenant).Write(ctx, actor, func(tx *store.Tx) error {
		if err := upsertStaffHost(tx, tenant, host); err != nil {
			return err
		}
		return audit.Append(tx, "town.staff_host_set", object(tenant), map[string]string{"host": host})
	})
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "town.host_taken", "host", host).Because(err)
	}
	return err
}

// Freeze stops serving a municipality until Unfreeze. Errors: fault.Conflict
// "town.frozen".
func Freeze(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (err error) {
	defer fault.Add(&err, "town.Freeze(%d)", tenant)
	return db.For(tenant).Write(ctx, actor, func(tx *store.Tx) error {
		n, err := setFrozen(tx, tenant, "", store.Stamp(tx.Now))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "town.frozen", "tenant", strconv.Itoa(tenant))
		}
		return audit.Append(tx, "town.frozen", object(tenant), nil)
	})
}

// Unfreeze serves a frozen municipality again. Errors: fault.Conflict
// "town.not_frozen".
func Unfreeze(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (err error) {
	defer fault.Add(&err, "town.Unfreeze(%d)", tenant)
	return db.For(tenant).Write(ctx, actor, func(tx *store.Tx) error {
		since, err := frozenAt(tx.Rx, tenant)
		if err != nil {
			return err
		}
		n := int64(0)
		if since != "" {
			if n, err = setFrozen(tx, tenant, since, ""); err != nil {
				return err
			}
		}
		if n == 0 {
			return fault.New(fault.Conflict, "town.not_frozen", "tenant", strconv.Itoa(tenant))
		}
		return audit.Append(tx, "town.unfrozen", object(tenant), map[string]string{"since": since})
	})
}

// Hold freezes a municipality within the act of somebody who has a reason, frozen
// already or not.
func Hold(tx *store.Tx, tenant int) error {
	_, err := setFrozen(tx, tenant, "", store.Stamp(tx.Now))
	return err
}

// LetGo is the end of [Hold].
func LetGo(tx *store.Tx, tenant int) error {
	since, err := frozenAt(tx.Rx, tenant)
	if err != nil || since == "" {
		return err
	}
	_, err = setFrozen(tx, tenant, since, "")
	return err
}

func object(tenant int) string { return fmt.Sprintf("tenant/%d", tenant) }
