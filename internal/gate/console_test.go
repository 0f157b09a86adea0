package gate_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"kofu/internal/audit"
	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// booking is the console of municipality 5, with reception at window w-1.
type booking struct {
	t       *testing.T
	db      *store.DB
	handler http.Handler
	clerk   staff.Session
	read    int // times that a window's bookings were handed out
}

// atBooking runs a test with a console behind a proxy that names the client.
func atBooking(t *testing.T, networks []string, fn func(t *testing.T, b *booking)) {
	t.Helper()
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		b := &booking{t: t, db: db.For(5)}
		testkit.Write(t, b.db, testkit.Supervisor, func(tx *store.Tx) error {
			if err := staff.Seed(tx, staff.BookingRoles); err != nil {
				return err
			}
			_, err := staff.SaveAccess(tx, staff.Access{Networks: networks, IdleMinutes: 15}, 0, netip.MustParseAddr("10.1.2.3"))
			return err
		})
		var err error
		b.handler, err = gate.New(gate.Config{
			DB: b.db, Log: slog.New(slog.DiscardHandler), Clock: clock.Now, Pages: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "sign-in form")
			}),
			Door: gate.Console(true), Allowed: staff.Networks(b.db), Idle: staff.Idle,
			Client: func(r *http.Request) netip.Addr {
				client, _ := netip.ParseAddr(r.Header.Get("X-Client")) // "" for an address that nobody knows
				return client
			},
		}, []gate.Route{
			{Pattern: "GET /api/texts", Permission: staff.Public, Handle: fine},
			{Pattern: "GET /api/windows/{id}/bookings", Permission: staff.BookingView, Handle: b.bookings},
			{Pattern: "GET /api/windows/{id}/bookings.csv", Permission: staff.BookingExport, Handle: b.bookings},
		})
		if err != nil {
			t.Fatal(err)
		}
		b.clerk = b.begin(staff.New{Login: "clerk", Name: "山田 花子", Roles: []string{staff.RoleReception}, Windows: []string{"w-1"}})
		fn(t, b)
	})
}

func (b *booking) bookings(w http.ResponseWriter, r *http.Request, a store.Actor) error {
	if err := gate.AtWindow(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	b.read++
	return fine(w, r, a)
}

func (b *booking) begin(n staff.New) (s staff.Session) {
	b.t.Helper()
	hasher := staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))
	account, _, err := staff.Create(b.t.Context(), b.db, hasher, testkit.Supervisor, n)
	if err != nil {
		b.t.Fatal(err)
	}
	testkit.Write(b.t, b.db, testkit.Supervisor, func(tx *store.Tx) (err error) {
		if err := staff.PasswordChosen(tx, account.ID); err != nil {
			return err
		}
		s, err = staff.StartSession(tx, account.ID, staff.Where{Door: "console", Terminal: "10.1.2.3", Rules: staff.BookingRules})
		return err
	})
	return s
}

// get asks from an address with the session of s.
func (b *booking) get(path, client string, s staff.Session) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://console.example"+path, nil)
	r.RemoteAddr = "192.0.2.1:443" // the proxy
	r.Header.Set("X-Client", client)
	r.AddCookie(&http.Cookie{Name: "__Host-kofu-console", Value: s.Token})
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

func (b *booking) denied() (n int) {
	b.t.Helper()
	testkit.Read(b.t, b.db, func(rx *store.Rx) error {
		_, total, err := audit.List(rx, audit.Filter{Action: "gate.denied", Limit: 1})
		n = total
		return err
	})
	return n
}

func TestBK401_FromOutsideNothingIsShown(t *testing.T) {
	atBooking(t, []string{"10.1.0.0/16", "2001:db8::/32"}, func(t *testing.T, b *booking) {
		for _, path := range []string{"/", "/index.html", "/assets/main.js", "/api/texts", "/api/windows/w-1/bookings", "/api/none"} {
			for _, client := range []string{"10.2.0.1", "192.0.2.1", "2001:db9::1", ""} {
				w := b.get(path, client, b.clerk)
				if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "form") {
					t.Errorf("%s from %s: %d %s", path, client, w.Code, w.Body)
				}
			}
		}
		for _, client := range []string{"10.1.255.255", "::ffff:10.1.2.3", "2001:db8:1::1"} {
			if w := b.get("/", client, b.clerk); w.Code != http.StatusOK || w.Body.String() != "sign-in form" {
				t.Errorf("from %s: %d %s", client, w.Code, w.Body)
			}
		}
		if b.read != 0 {
			t.Error("bookings went out")
		}
	})
}

func TestConsole_WithoutAListEverybodyComesToTheSignIn(t *testing.T) {
	atBooking(t, nil, func(t *testing.T, b *booking) {
		w := b.get("/", "203.0.113.9", staff.Session{})
		if w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if got := w.Header().Get("Strict-Transport-Security"); got == "" {
			t.Error("behind TLS of the proxy nothing says so")
		}
	})
}

func TestBK402_ReceptionMayNotExportNorSeeAnotherWindow(t *testing.T) {
	atBooking(t, nil, func(t *testing.T, b *booking) {
		if w := b.get("/api/windows/w-1/bookings", "10.1.2.3", b.clerk); w.Code != http.StatusOK || b.read != 1 {
			t.Errorf("the own window: %d %s", w.Code, w.Body)
		}
		for i, path := range []string{"/api/windows/w-1/bookings.csv", "/api/windows/w-2/bookings", "/api/windows/w-2/bookings.csv"} {
			if w := b.get(path, "10.1.2.3", b.clerk); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if n := b.denied(); n != i+1 {
				t.Errorf("%s: %d refusals in the log, want %d", path, n, i+1)
			}
		}
		if b.read != 1 {
			t.Error("a refused request was answered")
		}
		lead := b.begin(staff.New{Login: "lead", Name: "課長", Roles: []string{staff.RoleLead}, Windows: []string{"w-1"}})
		for path, want := range map[string]int{
			"/api/windows/w-1/bookings": 200, "/api/windows/w-1/bookings.csv": 200,
			"/api/windows/w-2/bookings": 200, "/api/windows/w-2/bookings.csv": 403,
		} {
			if w := b.get(path, "10.1.2.3", lead); w.Code != want {
				t.Errorf("%s of a lead: %d, want %d", path, w.Code, want)
			}
		}
	})
}

// A session belongs to its municipality, and its cookie to its host.
func TestConsole_SessionsOfOthers(t *testing.T) {
	atBooking(t, nil, func(t *testing.T, b *booking) {
		other := &booking{t: t, db: b.db.For(6)}
		testkit.Write(t, other.db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.BookingRoles) })
		s := other.begin(staff.New{Login: "clerk", Name: "職員", Roles: []string{staff.RoleLead}, AllWindows: true})
		if w := b.get("/api/windows/w-1/bookings", "10.1.2.3", s); w.Code != http.StatusUnauthorized {
			t.Errorf("a session of another municipality: %d", w.Code)
		}
		cookie := gate.Cookie(gate.WithDoor(context.Background(), gate.Console(true)), s.Token)
		if cookie.Name != "__Host-kofu-console" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %+v", cookie)
		}
		if plain := gate.Cookie(gate.WithDoor(context.Background(), gate.Console(false)), s.Token); plain.Name != "kofu-console" || plain.Secure {
			t.Errorf("cookie without TLS %+v", plain)
		}
	})
}
