package web

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// cheap is a password cost for tests.
var cheap = staff.Cost{Memory: 64, Time: 1}

// fixture is a whole interface over a database of its own, behind the door of
// the office network.
type fixture struct {
	t        testing.TB
	DB       *store.DB
	Clock    *testkit.Clock
	Ring     *keyring.Ring
	Server   *server
	Handler  http.Handler
	Log      *bytes.Buffer
	sessions map[string]staff.Session // by what a scenario calls «as»
}

// newFixture builds the interface. change may replace some of what it stands on.
func newFixture(t testing.TB, change ...func(*Deps)) *fixture {
	t.Helper()
	f := &fixture{t: t, Clock: testkit.NewClock(), Ring: keyring.ForTest(1), Log: &bytes.Buffer{}, sessions: map[string]staff.Session{}}
	f.DB = testkit.DBAt(t, f.Clock)
	testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.ApplianceRoles) })
	deps := Deps{
		DB: f.DB, Ring: f.Ring, Log: slog.New(slog.NewTextHandler(f.Log, nil)), Clock: f.Clock.Now,
		Assets: fstest.MapFS{
			"index.html":          {Data: []byte("<!doctype html><title>Kofu</title>")},
			"assets/main-abc.js":  {Data: []byte("export {};")},
			"assets/main-abc.css": {Data: []byte("body{}")},
		},
		Version: "1.2.3", Spool: t.TempDir(), Fonts: t.TempDir(), Passwords: cheap,
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
	f.Handler = throughDoor(handler, gate.Door{Name: "lan", CookieName: "__Host-kofu", Secure: true})
	f.Server = &server{Deps: deps, hasher: staff.NewHasher(cheap, f.Ring)}
	return f
}

func throughDoor(h http.Handler, d gate.Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(gate.WithDoor(r.Context(), d)))
	})
}

// As returns a session with the permissions or roles that as names, joined by
// «+»: "admin", "card.view", "card.view+list.export". The account is called
// like as and made at first use; it belongs to city staff unless as ends in
// "+contractor".
func (f *fixture) As(as string) staff.Session {
	f.t.Helper()
	if s, known := f.sessions[as]; known {
		return s
	}
	var roles []string
	extra := staff.Role{ID: "as-" + as, Name: as}
	employee := true
	for part := range strings.SplitSeq(as, "+") {
		switch {
		case part == "contractor":
			employee = false
		case part == "nobody":
		case strings.Contains(part, "."):
			extra.Permissions = append(extra.Permissions, staff.Permission(part))
		default:
			roles = append(roles, part)
		}
	}
	if len(extra.Permissions) > 0 || len(roles) == 0 {
		testkit.Write(f.t, f.DB, testkit.Supervisor, func(tx *store.Tx) error { return staff.SaveRole(tx, extra) })
		roles = append(roles, extra.ID)
	}
	login := strings.Map(func(r rune) rune {
		if r == '+' {
			return '-'
		}
		return r
	}, "as-"+as)
	if len(login) > 32 {
		login = login[:32]
	}
	account, _, err := staff.Create(f.t.Context(), f.DB, f.Server.hasher, testkit.Supervisor,
		staff.New{Login: login, Name: as, Roles: roles, Employee: employee})
	if err != nil {
		f.t.Fatal(err)
	}
	var session staff.Session
	testkit.Write(f.t, f.DB, testkit.Supervisor, func(tx *store.Tx) (err error) {
		if err := staff.PasswordChosen(tx, account.ID); err != nil {
			return err
		}
		session, err = staff.StartSession(tx, account.ID, staff.Where{Door: "lan", Terminal: "192.0.2.7"})
		return err
	})
	f.sessions[as] = session
	return session
}

// request builds a request of a browser on the office network. Without a
// session as is "".
func (f *fixture) request(method, path, as string, body io.Reader) *http.Request {
	f.t.Helper()
	r := httptest.NewRequest(method, "https://kofu.example"+path, body)
	r.RemoteAddr = "192.0.2.7:50000"
	if as != "" {
		session := f.As(as)
		r.AddCookie(&http.Cookie{Name: "__Host-kofu", Value: session.Token})
		r.Header.Set(gate.TokenHeader, session.CSRF())
	}
	return r
}

// do sends a request and returns its answer. body is JSON, or "" for none.
func (f *fixture) do(method, path, as, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	var r *http.Request
	if body == "" {
		r = f.request(method, path, as, nil)
	} else {
		r = f.request(method, path, as, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	return f.send(r)
}

func (f *fixture) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.Handler.ServeHTTP(w, r)
	return w
}
