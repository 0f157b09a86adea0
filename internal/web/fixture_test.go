package web

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/media"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// fixture is a whole interface over a database of its own, behind the door of
// the office network.
type fixture struct {
	*webtest.Browser
	Clock  *testkit.Clock
	Ring   *keyring.Ring
	Server *server
	Log    *bytes.Buffer
}

// newFixture builds the interface. change may replace some of what it stands on.
func newFixture(t testing.TB, change ...func(*Deps)) *fixture {
	t.Helper()
	f := &fixture{Clock: testkit.NewClock(), Ring: keyring.ForTest(1), Log: &bytes.Buffer{}}
	db := testkit.DBAt(t, f.Clock)
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.ApplianceRoles) })
	deps := Deps{
		DB: db, Ring: f.Ring, Log: slog.New(slog.NewTextHandler(f.Log, nil)), Clock: f.Clock.Now,
		Assets: fstest.MapFS{
			"index.html":          {Data: []byte("<!doctype html><title>Kofu</title>")},
			"assets/main-abc.js":  {Data: []byte("export {};")},
			"assets/main-abc.css": {Data: []byte("body{}")},
		},
		Version: "1.2.3", Spool: t.TempDir(), Fonts: t.TempDir(), Keys: t.TempDir(), Media: media.Finder{Folder: t.TempDir(), Root: emptyMachine(t)}, Passwords: webtest.Cheap,
		Connection: func() (Connection, error) {
			return Connection{URLs: []string{"https://192.0.2.1:8443/"}, QRSVG: "<svg/>", Fingerprint: "AB:CD", CAURL: "/ca.crt"}, nil
		},
	}
	for _, c := range change {
		c(&deps)
	}
	handler, err := New(deps)
	if err != nil {
		t.Fatal(err)
	}
	f.Server = &server{Deps: deps, common: deps.staff()}
	f.Browser = webtest.New(t, webtest.Browser{
		DB: db, Hasher: f.Server.common.Hasher, Handler: handler, Door: gate.Door{Name: "lan", CookieName: "__Host-kofu", Secure: true},
	})
	return f
}

// emptyMachine is the root of a system without media.
func emptyMachine(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(root, "proc/self"), 0o700), os.WriteFile(filepath.Join(root, "proc/self/mountinfo"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	return root
}

// seeds prepare the database of a scenario. Each area adds its own from an
// init of its test file.
var seeds = map[string]func(*testing.T, *fixture){}

func TestScenarios(t *testing.T) {
	webtest.Scenarios(t, func(t *testing.T, name, file string) {
		f := newFixture(t)
		if seed := seeds[name]; seed != nil {
			seed(t, f)
		}
		f.Play(file)
	})
}
