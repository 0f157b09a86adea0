package gate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var door = gate.Door{Name: "lan", CookieName: "__Host-kofu", Secure: true}

// house is a gate over a few routes, and a clerk who may view cards.
type house struct {
	t       *testing.T
	db      *store.DB
	clock   *testkit.Clock
	log     *bytes.Buffer
	handler http.Handler
	clerk   staff.Session
	account staff.Account
}

func newHouse(t *testing.T, routes ...gate.Route) *house {
	t.Helper()
	clock := testkit.NewClock()
	return houseOn(t, testkit.DBAt(t, clock), clock, routes...)
}

// houseOn is a house with the database db. Tests of what the gate finds there
// run on both engines.
func houseOn(t *testing.T, db *store.DB, clock *testkit.Clock, routes ...gate.Route) *house {
	t.Helper()
	h := &house{t: t, db: db, clock: clock, log: &bytes.Buffer{}}
	inner, err := gate.New(gate.Config{
		DB: h.db, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Clock: h.clock.Now,
	}, routes)
	if err != nil {
		t.Fatal(err)
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(gate.WithDoor(r.Context(), door)))
	})
	hasher := staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))
	testkit.Write(t, h.db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.ApplianceRoles) })
	h.account, _, err = staff.Create(t.Context(), h.db, hasher, testkit.Supervisor,
		staff.New{Login: "clerk", Name: "山田 花子", Roles: []string{"counter"}, Employee: true})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, h.db, testkit.Supervisor, func(tx *store.Tx) (err error) {
		if err := staff.PasswordChosen(tx, h.account.ID); err != nil {
			return err
		}
		h.clerk, err = staff.StartSession(tx, h.account.ID, staff.Where{Door: "lan", Terminal: "192.0.2.7"})
		return err
	})
	return h
}

// send sends a request of the clerk after change has had its way with it.
func (h *house) send(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "https://kofu.example"+path, reader)
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: door.CookieName, Value: h.clerk.Token})
	r.Header.Set("X-Kofu-Token", h.clerk.CSRF())
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func (h *house) want(w *httptest.ResponseRecorder, status int, code string) {
	h.t.Helper()
	var p gate.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status || p.Code != code {
		h.t.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, code)
	}
	if !message.Has(code) || p.Message == "" || p.Details == nil || p.Args == nil {
		h.t.Errorf("answer %s is not ready to show", w.Body)
	}
}

func fine(w http.ResponseWriter, _ *http.Request, actor store.Actor) error {
	return gate.Reply(w, http.StatusOK, actor.ID)
}

func TestNew_RefusesRoutesWithoutPermission(t *testing.T) {
	config := gate.Config{DB: testkit.DB(t), Log: slog.New(slog.DiscardHandler), Clock: testkit.NewClock().Now}
	for _, route := range []gate.Route{
		{Pattern: "GET /api/x", Handle: fine},
		{Pattern: "GET /api/x", Permission: "card.steal", Handle: fine},
		{Pattern: "GET /api/x", Permission: staff.CardView},
	} {
		if _, err := gate.New(config, []gate.Route{route}); err == nil {
			t.Errorf("route %+v was built", route)
		}
	}
}

func TestPermission(t *testing.T) {
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		h := houseOn(
			t, db, clock,
			gate.Route{Pattern: "GET /api/public", Permission: staff.Public, Handle: fine},
			gate.Route{Pattern: "GET /api/own", Permission: staff.Own, Handle: fine},
			gate.Route{Pattern: "GET /api/any", Permission: staff.SignedIn, Handle: fine},
			gate.Route{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: fine},
			gate.Route{Pattern: "GET /api/audit", Permission: staff.AuditView, Handle: fine},
		)
		nobody := func(r *http.Request) { r.Header.Del("Cookie") }
		for _, path := range []string{"/api/public", "/api/own", "/api/any", "/api/cards"} {
			if w := h.send("GET", path, ""); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `"`+h.account.ID+`"` {
				t.Errorf("%s as the clerk: %d %s", path, w.Code, w.Body)
			}
		}
		if w := h.send("GET", "/api/public", "", nobody); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `"anonymous"` {
			t.Errorf("public as nobody: %d %s", w.Code, w.Body)
		}
		for _, path := range []string{"/api/own", "/api/any", "/api/cards", "/api/audit"} {
			h.want(h.send("GET", path, "", nobody), http.StatusUnauthorized, "gate.sign_in_first")
		}
		h.want(h.send("GET", "/api/audit", ""), http.StatusForbidden, "gate.forbidden")
		h.want(h.send("GET", "/api/cards", "", func(r *http.Request) {
			r.Header.Del("Cookie")
			r.AddCookie(&http.Cookie{Name: "kofu18443", Value: h.clerk.Token}) // the cookie of another door
		}), http.StatusUnauthorized, "gate.sign_in_first")
		testkit.Read(t, h.db, func(rx *store.Rx) error {
			denied, _, err := audit.List(rx, audit.Filter{Action: "gate.denied", Limit: 10})
			if err != nil || len(denied) != 1 || denied[0].Actor != h.account.ID || denied[0].Result != audit.Denied ||
				string(denied[0].Detail) != `{"code":"gate.forbidden","route":"GET /api/audit"}` {
				t.Errorf("audit log: %+v, %v", denied, err)
			}
			return err
		})
	})
}

func TestPermission_PasswordToBeChangedFirst(t *testing.T) {
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		h := houseOn(
			t, db, clock,
			gate.Route{Pattern: "GET /api/own", Permission: staff.Own, Handle: fine},
			gate.Route{Pattern: "GET /api/any", Permission: staff.SignedIn, Handle: fine},
			gate.Route{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: fine},
		)
		hasher := staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))
		if _, err := staff.Reset(t.Context(), h.db, hasher, testkit.Supervisor, h.account.ID); err != nil {
			t.Fatal(err)
		}
		testkit.Write(t, h.db, testkit.Supervisor, func(tx *store.Tx) (err error) {
			h.clerk, err = staff.StartSession(tx, h.account.ID, staff.Where{Door: "lan", Terminal: "192.0.2.7"})
			return err
		})
		if w := h.send("GET", "/api/own", ""); w.Code != http.StatusOK {
			t.Errorf("own: %d %s", w.Code, w.Body)
		}
		h.want(h.send("GET", "/api/any", ""), http.StatusForbidden, "staff.must_change_password")
		h.want(h.send("GET", "/api/cards", ""), http.StatusForbidden, "staff.must_change_password")
	})
}

func TestToken_EveryChangingRequestNeedsIt(t *testing.T) {
	ran := 0
	act := func(w http.ResponseWriter, r *http.Request, a store.Actor) error { ran++; return fine(w, r, a) }
	var routes []gate.Route
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		routes = append(routes, gate.Route{Pattern: method + " /api/act", Permission: staff.CardView, Handle: act})
	}
	h := newHouse(t, routes...)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		if w := h.send(method, "/api/act", ""); w.Code != http.StatusOK {
			t.Errorf("%s with the token: %d", method, w.Code)
		}
		for name, token := range map[string]string{"no token": "", "another": h.clerk.CSRF() + "x", "the session's own": h.clerk.Token} {
			w := h.send(method, "/api/act", "", func(r *http.Request) { r.Header.Set("X-Kofu-Token", token) })
			if h.want(w, http.StatusForbidden, "gate.token"); t.Failed() {
				t.Fatal(method, name)
			}
		}
		for name, change := range map[string]func(*http.Request){
			"another site":                   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"a sister":                       func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
			"an old browser on another site": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		} {
			if h.want(h.send(method, "/api/act", "", change), http.StatusForbidden, "gate.foreign_page"); t.Failed() {
				t.Fatal(method, name)
			}
		}
	}
	if ran != 4 {
		t.Errorf("%d acts ran, want 4", ran)
	}
}

func TestSession_RequestsKeepItAlive(t *testing.T) {
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		h := houseOn(t, db, clock, gate.Route{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: fine})
		for range 5 {
			h.clock.Advance(4 * time.Minute)
			if w := h.send("GET", "/api/cards", ""); w.Code != http.StatusOK {
				t.Fatalf("a session in use ended: %d", w.Code)
			}
		}
		h.clock.Advance(5 * time.Minute)
		h.want(h.send("GET", "/api/cards", ""), http.StatusUnauthorized, "gate.sign_in_first")
	})
}

func TestErrors_KindBecomesStatus(t *testing.T) {
	for status, err := range map[int]error{
		400: fault.New(fault.BadRequest, "gate.not_json"),
		401: fault.New(fault.Unauthenticated, "gate.sign_in_first"),
		403: fault.New(fault.Forbidden, "gate.forbidden"),
		404: fault.New(fault.NotFound, "staff.not_found"),
		409: fault.New(fault.Conflict, "staff.changed_meanwhile"),
		413: fault.New(fault.TooLarge, "gate.too_large"),
		422: fault.New(fault.Invalid, "staff.invalid"),
		429: fault.New(fault.TooMany, "staff.terminal_locked"),
		503: fault.New(fault.Unavailable, "staff.busy"),
	} {
		h := newHouse(t, gate.Route{Pattern: "GET /api/x", Permission: staff.Public, Handle: func(http.ResponseWriter, *http.Request, store.Actor) error {
			return fmt.Errorf("staff.Update(%q): %w", "st-1", err)
		}})
		e, _ := fault.As(err)
		h.want(h.send("GET", "/api/x", ""), status, e.Code)
	}
}

func TestErrors_DetailsAreReadyToShow(t *testing.T) {
	h := newHouse(t, gate.Route{Pattern: "GET /api/x", Permission: staff.Public, Handle: func(http.ResponseWriter, *http.Request, store.Actor) error {
		return fault.New(fault.Invalid, "staff.login_taken", "login", "hanako").With(
			fault.Detail{Code: "staff.role_unknown", Row: 12, Column: "roles", Value: "chief"},
			fault.Detail{Code: "staff.ends_on_form", Row: 13, Column: "endsOn", Value: "123456789018"}, // a 個人番号
		)
	}})
	var got gate.Problem
	if err := json.Unmarshal(h.send("GET", "/api/x", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := gate.Problem{
		Code: "staff.login_taken", Message: "職員ID「hanako」はすでに使われています。別の職員IDにしてください。",
		Args: map[string]string{"login": "hanako"},
		Details: []gate.ProblemDetail{
			{Code: "staff.role_unknown", Message: "役割「chief」はありません。画面を読み込み直して、選び直してください。", Row: 12, Column: "roles", Value: "chief"},
			{Code: "staff.ends_on_form", Message: "在任の終了日「************」が日付として読めません。2027-03-31 のように入力してください。", Row: 13, Column: "endsOn", Value: "************"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestErrors_InternalOnesGoToTheLogOnly(t *testing.T) {
	h := newHouse(
		t,
		gate.Route{Pattern: "GET /api/broken", Permission: staff.Public, Handle: func(http.ResponseWriter, *http.Request, store.Actor) error {
			return errors.New("disk I/O error near 123456789018")
		}},
		gate.Route{Pattern: "GET /api/panics", Permission: staff.Public, Handle: func(http.ResponseWriter, *http.Request, store.Actor) error {
			panic("index out of range")
		}},
	)
	for path, cause := range map[string]string{"/api/broken": "disk I/O error", "/api/panics": "index out of range"} {
		w := h.send("GET", path, "")
		h.want(w, http.StatusInternalServerError, "internal")
		if strings.Contains(w.Body.String(), cause) {
			t.Errorf("the answer tells the cause: %s", w.Body)
		}
		if !strings.Contains(h.log.String(), cause) {
			t.Errorf("the log does not tell the cause: %s", h.log)
		}
	}
	if strings.Contains(h.log.String(), "123456789018") {
		t.Error("a 個人番号 is in the log")
	}
}

func TestErrors_AfterTheAnswerBeganTheConnectionIsCut(t *testing.T) {
	h := newHouse(t, gate.Route{Pattern: "GET /api/x", Permission: staff.Public, Handle: func(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
		_, _ = io.WriteString(w, "half of it")
		return errors.New("the rest is gone")
	}})
	defer func() {
		p := recover()
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want http.ErrAbortHandler", p)
		}
	}()
	h.send("GET", "/api/x", "")
}

func TestAddresses_UnknownOnesAndMethods(t *testing.T) {
	h := newHouse(
		t,
		gate.Route{Pattern: "GET /api/cards/{id}", Permission: staff.CardView, Handle: fine},
		gate.Route{Pattern: "PUT /api/cards/{id}", Permission: staff.CardView, Handle: fine},
	)
	h.want(h.send("GET", "/api/cars/1", ""), http.StatusNotFound, "gate.no_such_address")
	w := h.send("DELETE", "/api/cards/1", "")
	h.want(w, http.StatusMethodNotAllowed, "gate.method")
	if got := w.Header().Get("Allow"); got != "GET, PUT" {
		t.Errorf("Allow %q", got)
	}
}

func TestDecode(t *testing.T) {
	type card struct {
		No  string `json:"no"`
		Box int    `json:"box"`
	}
	h := newHouse(t, gate.Route{Pattern: "POST /api/cards", Permission: staff.CardView, Handle: func(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
		var c card
		if err := gate.Decode(r, &c); err != nil {
			return err
		}
		return gate.Reply(w, http.StatusCreated, c)
	}})
	if w := h.send("POST", "/api/cards", `{"no":"A1B-000123","box":3}`); w.Code != http.StatusCreated {
		t.Errorf("a good body: %d %s", w.Code, w.Body)
	}
	plain := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	h.want(h.send("POST", "/api/cards", `{"no":"A1B-000123"}`, plain), http.StatusBadRequest, "gate.not_json")
	for _, body := range []string{
		"", "{", `"no"`, `{"no":1}`, `{"no":"1","nr":"2"}`, `{"no":"1"} {"no":"2"}`, `{"no":"1"}]`, strings.Repeat("[", 20000),
	} {
		h.want(h.send("POST", "/api/cards", body), http.StatusBadRequest, "gate.bad_json")
	}
	large := `{"no":"` + strings.Repeat("1", gate.JSONLimit) + `"}`
	h.want(h.send("POST", "/api/cards", large), http.StatusRequestEntityTooLarge, "gate.too_large")
}

func TestLimit_OfARouteOfItsOwn(t *testing.T) {
	h := newHouse(t, gate.Route{Pattern: "POST /api/files", Permission: staff.CardView, Limit: 4, Handle: func(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return fmt.Errorf("read the upload: %w", err)
		}
		return gate.Reply(w, http.StatusOK, len(b))
	}})
	if w := h.send("POST", "/api/files", "1234"); w.Code != http.StatusOK {
		t.Errorf("4 bytes: %d", w.Code)
	}
	h.want(h.send("POST", "/api/files", "12345"), http.StatusRequestEntityTooLarge, "gate.too_large")
}

func TestHeaders(t *testing.T) {
	h := newHouse(
		t,
		gate.Route{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: fine},
		gate.Route{Pattern: "GET /api/labels.pdf", Permission: staff.CardView, Handle: func(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
			w.Header().Set("Content-Type", "application/pdf")
			_, err := io.WriteString(w, "%PDF-1.7")
			return err
		}},
	)
	json := h.send("GET", "/api/cards", "").Header()
	for name, want := range map[string]string{
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"Content-Type":                 "application/json; charset=utf-8",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=31536000",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	} {
		if got := json.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	pdf := h.send("GET", "/api/labels.pdf", "").Header()
	if pdf.Get("Content-Security-Policy") != "frame-ancestors 'self'" || pdf.Get("X-Frame-Options") != "SAMEORIGIN" || pdf.Get("Cache-Control") != "no-store" {
		t.Errorf("a PDF: %v", pdf)
	}
	plain := h.send("GET", "/api/cards", "", func(r *http.Request) { r.TLS = nil })
	if got := plain.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS: %q", got)
	}
}

func TestLog_HoldsNoPersonalData(t *testing.T) {
	h := newHouse(
		t,
		gate.Route{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: fine},
		gate.Route{Pattern: "POST /api/cards/{id}", Permission: staff.CardView, Handle: func(_ http.ResponseWriter, r *http.Request, _ store.Actor) error {
			var in struct {
				Name string `json:"name"`
			}
			if err := gate.Decode(r, &in); err != nil {
				return err
			}
			return fmt.Errorf("card.Act(%d): %w", 1, fault.New(fault.Invalid, "staff.invalid").
				With(fault.Detail{Code: "staff.role_unknown", Value: in.Name}).Because(errors.New("row 3")))
		}},
	)
	h.send("GET", "/api/cards?q=%E7%94%B2%E9%87%8E%E5%A4%AA%E9%83%8E&kana=canary", "")
	h.send("POST", "/api/cards/7", `{"name":"甲野太郎"}`)
	h.send("POST", "/api/cards/7", `{"canary":1}`)
	log := h.log.String()
	if !strings.Contains(log, `route="POST /api/cards/{id}"`) || !strings.Contains(log, "staff="+h.account.ID) || !strings.Contains(log, "row 3") {
		t.Errorf("the log lacks what it is for:\n%s", log)
	}
	for _, canary := range []string{"甲野", "canary", "山田", "%E7", h.clerk.Token, h.clerk.CSRF()} {
		if strings.Contains(log, canary) {
			t.Errorf("the log holds %q:\n%s", canary, log)
		}
	}
}

// What somebody typed by mistake does not come back in the refusal.
func TestErrors_DoNotRepeatAnIndividualNumber(t *testing.T) {
	const planted = "123456789018" // made up, with a valid check digit
	h := newHouse(t, gate.Route{Pattern: "GET /api/x", Permission: staff.Public, Handle: func(http.ResponseWriter, *http.Request, store.Actor) error {
		return fault.New(fault.Invalid, "gate.bad_json", "field", planted)
	}})
	if got := h.send(http.MethodGet, "/api/x", "").Body.String(); strings.Contains(got, planted) || !strings.Contains(got, "************") {
		t.Errorf("answer %s, want the number masked", got)
	}
}
