package testkit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	_ "embed" // the script that starts a server
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"kofu/internal/migrations"
	"kofu/internal/store"
)

// OnBothEngines runs a test of a package that both programs link twice: on
// SQLite and on PostgreSQL, each time in a database of its own with the tables
// of the shared packages. Without PostgreSQL the test fails.
func OnBothEngines(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	OnBothEnginesAt(t, func(t *testing.T, db *store.DB, _ *Clock) { fn(t, db) })
}

// OnBothEnginesAt is OnBothEngines with a clock that the test moves.
func OnBothEnginesAt(t *testing.T, fn func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	onBoth(t, sharedSchema, fn)
}

// BookingOnBothEngines runs a test of the booking service on both engines, each
// time in a database of its own with the tables of the service. db is the view
// of tenant 1; db.For makes that of another.
func BookingOnBothEngines(t *testing.T, fn func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	onBoth(t, bookingSchema, func(t *testing.T, db *store.DB, clock *Clock) { fn(t, db.For(1), clock) })
}

// BookingDB is a SQLite database of the booking service, the test's own, for
// tests that do not look at the engine.
func BookingDB(t testing.TB, clock *Clock) *store.DB {
	t.Helper()
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, sqliteCopy(t, bookingSchema.image), clock, files)
}

// BookingDSN is the DSN of a database of the booking service on an engine,
// "sqlite" or "postgres", for tests with several processes and for benchmarks.
func BookingDSN(t testing.TB, engine string) string {
	t.Helper()
	if engine == "postgres" {
		return postgresCopy(t, bookingSchema.template)
	}
	return sqliteCopy(t, bookingSchema.image)
}

// schema is a set of migrations with the databases made once from it.
type schema struct {
	files    func() ([]migrations.File, error)
	image    func() ([]byte, error) // of a SQLite file
	template func() (string, error) // name of a PostgreSQL database
}

var sharedSchema, bookingSchema = newSchema(migrations.Shared), newSchema(migrations.Booking)

func newSchema(files func() ([]migrations.File, error)) schema {
	return schema{
		files:    files,
		image:    sync.OnceValues(func() ([]byte, error) { return image(files) }),
		template: sync.OnceValues(func() (string, error) { return migratedPostgres(files) }),
	}
}

func onBoth(t *testing.T, s schema, fn func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	files, err := s.files()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []struct {
		name string
		dsn  func(t *testing.T) string
	}{
		{"sqlite", func(t *testing.T) string { return sqliteCopy(t, s.image) }},
		{"postgres", func(t *testing.T) string { return postgresCopy(t, s.template) }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			clock := NewClock()
			fn(t, open(t, engine.dsn(t), clock, files), clock)
		})
	}
}

// The roles of the test server that own databases and that use them, as in
// operation: neither can see beyond the fence between tenants.
const (
	ownerRole = "kofu_owner"
	userRole  = "kofu_app"
)

// EmptyPostgres makes an empty PostgreSQL database for the test and returns its
// DSN as its owner. The database goes away with the test.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return newPostgres(t, "")
}

// AsUser is the DSN of the role that uses the tables of a database but does not
// own them.
func AsUser(t testing.TB, dsn string) string {
	t.Helper()
	dsn, err := as(userRole, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func as(role, dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	u.User = url.User(role)
	return u.String(), nil
}

// Psql runs statements with the psql command line as the server's superuser, as
// somebody would who goes behind the program's back, and returns what they
// print. The database is that of the DSN.
func Psql(t testing.TB, dsn, statements string) string {
	t.Helper()
	server, err := postgresServer()
	if err != nil {
		t.Fatal(err)
	}
	super, err := url.Parse(server.dsn)
	if err != nil {
		t.Fatal(err)
	}
	database, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	super.Path = database.Path
	out, err := exec.Command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statements, super.String()).CombinedOutput() //nolint:gosec // statements of the test
	if err != nil {
		t.Fatalf("psql (Debian package postgresql-client): %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func newPostgres(t testing.TB, template string) string {
	t.Helper()
	server, err := postgresServer()
	if err != nil {
		t.Fatal(err)
	}
	name := databaseName()
	dsn, err := store.CreateDatabase(t.Context(), server.dsn, name, ownerRole, template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.DropDatabase(context.WithoutCancel(t.Context()), server.dsn, name); err != nil {
			t.Error(err)
		}
	})
	return dsn
}

func databaseName() string { return "kofu_test_" + strings.ToLower(rand.Text()[:16]) }

// postgresCopy clones the template. A template stays on a server that
// KOFU_TEST_POSTGRES names until that goes away: a test process has no end at
// which to drop it.
func postgresCopy(t testing.TB, template func() (string, error)) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatalf("template database: %v", err)
	}
	return AsUser(t, newPostgres(t, name))
}

func migratedPostgres(which func() ([]migrations.File, error)) (name string, err error) {
	files, err := which()
	if err != nil {
		return "", err
	}
	server, err := postgresServer()
	if err != nil {
		return "", err
	}
	ctx := context.Background() // the template outlives the test that asks first
	name = databaseName()
	dsn, err := store.CreateDatabase(ctx, server.dsn, name, ownerRole, "")
	if err != nil {
		return "", err
	}
	user, err := as(userRole, dsn)
	if err != nil {
		return "", err
	}
	db, err := store.Open(ctx, user, store.Options{Clock: NewClock().Now, Migrations: files, MigrateDSN: dsn})
	if err != nil {
		return "", err
	}
	return name, db.Close()
}

//go:embed postgres.sh
var postgresScript string

// server is a PostgreSQL server for tests.
type server struct {
	dsn string
	end io.Closer // of a server of our own: closes when this process ends, however it ends, and stops the server
}

// postgresServer is the server that KOFU_TEST_POSTGRES names, or one that this
// process starts for itself.
var postgresServer = sync.OnceValues(func() (server, error) {
	if dsn := os.Getenv("KOFU_TEST_POSTGRES"); dsn != "" {
		return server{dsn: dsn}, nil
	}
	var problems bytes.Buffer
	script := exec.Command("/bin/sh", "-c", postgresScript, "postgres.sh",
		"sh", "-c", `echo "$KOFU_TEST_POSTGRES"; exec cat >/dev/null`)
	script.Stderr = &problems
	out, err := script.StdoutPipe()
	if err != nil {
		return server{}, err
	}
	end, err := script.StdinPipe()
	if err != nil {
		return server{}, err
	}
	if err := script.Start(); err != nil {
		return server{}, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return server{}, fmt.Errorf("no PostgreSQL for the tests: %w: %s", script.Wait(), problems.String())
	}
	return server{dsn: strings.TrimSpace(line), end: end}, nil
})
