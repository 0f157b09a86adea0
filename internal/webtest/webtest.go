// Package webtest is what the tests of the staff interfaces share: a browser
// with sessions of any permission, scenarios written as prose (see
// [Browser.Play]), and the rules that hold for every route.
package webtest

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Cheap is a password cost for tests.
var Cheap = staff.Cost{Memory: 64, Time: 1}

// Browser speaks to an interface as the browsers of an office do. All exported
// fields but Windows are required.
type Browser struct {
	DB         *store.DB // the view of the municipality, in the booking service
	Hasher     *staff.Hasher
	Handler    http.Handler
	Door       gate.Door
	Windows    []string // at which the people of As work, in the booking service
	AllWindows bool     // they work at every window

	T        testing.TB               // set by New
	sessions map[string]staff.Session // by what a scenario calls «as»
}

// New makes the browser ready for a test.
func New(t testing.TB, b Browser) *Browser {
	b.T, b.sessions = t, map[string]staff.Session{}
	return &b
}

// As returns a session with the permissions or roles that as names, joined by
// «+»: "admin", "card.view", "card.view+list.export"; "nobody" has none. The
// account is called like as and made at first use; it belongs to city staff
// unless as ends in "+contractor". A permission with «@own» holds at the windows
// of the browser only.
func (b *Browser) As(as string) staff.Session {
	b.T.Helper()
	if s, known := b.sessions[as]; known {
		return s
	}
	account := staff.New{Login: loginOf(as), Name: as, Employee: true, Windows: b.Windows, AllWindows: b.AllWindows}
	extra := staff.Role{ID: "as-" + as, Name: as}
	for part := range strings.SplitSeq(as, "+") {
		name, own := strings.CutSuffix(part, "@own")
		switch {
		case part == "contractor":
			account.Employee = false
		case part == "nobody":
		case strings.Contains(name, "."):
			extra.Permissions = append(extra.Permissions, staff.Permission(name))
			if own {
				extra.Own = append(extra.Own, staff.Permission(name))
			}
		default:
			account.Roles = append(account.Roles, part)
		}
	}
	if len(extra.Permissions) > 0 || len(account.Roles) == 0 {
		testkit.Write(b.T, b.DB, testkit.Supervisor, func(tx *store.Tx) error { return staff.SaveRole(tx, extra) })
		account.Roles = append(account.Roles, extra.ID)
	}
	session := b.signIn(account)
	b.sessions[as] = session
	return session
}

// loginOf is a login name that no other as has.
func loginOf(as string) string {
	login := strings.NewReplacer("+", "-", "@", "-").Replace("as-" + as)
	if len(login) <= 32 {
		return login
	}
	return fmt.Sprintf("%s-%07x", login[:24], crc32.ChecksumIEEE([]byte(as))>>4)
}

func (b *Browser) signIn(n staff.New) (session staff.Session) {
	b.T.Helper()
	account, _, err := staff.Create(b.T.Context(), b.DB, b.Hasher, testkit.Supervisor, n)
	if err != nil {
		b.T.Fatal(err)
	}
	testkit.Write(b.T, b.DB, testkit.Supervisor, func(tx *store.Tx) (err error) {
		if err := staff.PasswordChosen(tx, account.ID); err != nil {
			return err
		}
		session, err = staff.StartSession(tx, account.ID, staff.Where{Door: b.Door.Name, Terminal: "192.0.2.7", Rules: b.Door.Rules})
		return err
	})
	return session
}

// Request builds a request of a browser on the office network. Without a
// session as is "".
func (b *Browser) Request(method, path, as string, body io.Reader) *http.Request {
	b.T.Helper()
	r := httptest.NewRequest(method, "https://kofu.example"+path, body)
	r.RemoteAddr = "192.0.2.7:50000"
	if as != "" {
		session := b.As(as)
		cookie := gate.Cookie(gate.WithDoor(r.Context(), b.Door), session.Token)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		r.Header.Set(gate.TokenHeader, session.CSRF())
	}
	return r
}

// Do sends a request and returns its answer. body is JSON, or "" for none.
func (b *Browser) Do(method, path, as, body string) *httptest.ResponseRecorder {
	b.T.Helper()
	var r *http.Request
	if body == "" {
		r = b.Request(method, path, as, nil)
	} else {
		r = b.Request(method, path, as, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	return b.Send(r)
}

// Send sends a request through the door.
func (b *Browser) Send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.Handler.ServeHTTP(w, r.WithContext(gate.WithDoor(r.Context(), b.Door)))
	return w
}

// Content is everything in the database but the log, which records refusals.
func (b *Browser) Content() string {
	var log []string
	testkit.Read(b.T, b.DB, func(rx *store.Rx) error {
		tables, err := store.Tables(rx)
		for _, table := range tables {
			if table == "audit" || strings.HasPrefix(table, "audit_") {
				log = append(log, table)
			}
		}
		return err
	})
	return testkit.Dump(b.T, b.DB, log...)
}
