package staffweb_test

import (
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"kofu/internal/accesslog"
	"kofu/internal/audit"
	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// console is the staff interface of municipality 3, as the booking service has
// it.
type console struct {
	*webtest.Browser
	t     *testing.T
	clock *testkit.Clock
}

func atConsoles(t *testing.T, fn func(t *testing.T, c *console)) {
	t.Helper()
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		db = db.For(3)
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.BookingRoles) })
		hasher := staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))
		s := &staffweb.Staff{
			DB: db, Hasher: hasher, Version: "1.2.3", Grants: staff.BookingPermissions(), OperatorBegins: true,
			About: func(*store.Rx) (staffweb.About, error) {
				return staffweb.About{Organization: "甲府市", IdleMinutes: 15}, nil
			},
		}
		handler, err := gate.New(gate.Config{
			DB: db, Log: slog.New(slog.DiscardHandler), Clock: clock.Now, Door: gate.Console(true), Allowed: staff.Networks(db), Idle: staff.Idle,
		}, slices.Concat(s.StartRoutes(), s.AccountRoutes(), s.AccessRoutes(), s.AuditRoutes()))
		if err != nil {
			t.Fatal(err)
		}
		fn(t, &console{t: t, clock: clock, Browser: webtest.New(t, webtest.Browser{DB: db, Hasher: hasher, Handler: handler, Door: gate.Console(true)})})
	})
}

// want fails the test unless the answer has the status, and reads it into v.
func (c *console) want(w *httptest.ResponseRecorder, status int, v any) {
	c.t.Helper()
	if w.Code != status {
		c.t.Fatalf("%d %s, want %d", w.Code, w.Body, status)
	}
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *console) code(w *httptest.ResponseRecorder) string {
	var p gate.Problem
	_ = json.Unmarshal(w.Body.Bytes(), &p) // an answer without a code has none
	return p.Code
}

func TestBK401_TheFirstPasswordAndTheSecondFactor(t *testing.T) {
	atConsoles(t, func(t *testing.T, c *console) {
		const chosen = "an apple and a violin"
		var made staffweb.StaffCreated
		c.want(c.Do("POST", "/api/staff", "admin", `{"login":"clerk","name":"山田 花子","roles":["reception"],"employee":true,"windows":["w-1"]}`), http.StatusCreated, &made)
		enter := func(password, code string) *httptest.ResponseRecorder {
			body, err := json.Marshal(staffweb.SignInRequest{Login: "clerk", Password: password, Code: code})
			if err != nil {
				t.Fatal(err)
			}
			return c.Do("POST", "/api/session", "", string(body))
		}
		// as sends a request with the session that an answer opened.
		as := func(w *httptest.ResponseRecorder, method, path, body string) *httptest.ResponseRecorder {
			var me staffweb.Me
			c.want(w, http.StatusOK, &me)
			r := c.Request(method, path, "", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(gate.TokenHeader, me.Token)
			for _, cookie := range w.Result().Cookies() {
				r.AddCookie(cookie)
			}
			return c.Send(r)
		}
		first := enter(made.InitialPassword, "")
		if got := c.code(as(first, "GET", "/api/me/totp", "")); got != "staff.must_change_password" {
			t.Errorf("before the first password is changed: %q", got)
		}
		c.want(as(first, "POST", "/api/me/password", `{"old":"`+made.InitialPassword+`","new":"`+chosen+`"}`), http.StatusNoContent, nil)

		session := enter(chosen, "")
		if got := c.code(as(session, "POST", "/api/me/totp", `{"password":"wrong one here"}`)); got != "staff.old_password_wrong" {
			t.Errorf("with a wrong password: %q", got)
		}
		var factor staffweb.Factor
		c.want(as(session, "POST", "/api/me/totp", `{"password":"`+chosen+`"}`), http.StatusOK, &factor)
		if !strings.HasPrefix(factor.URI, "otpauth://totp/Kofu%20") || !strings.HasPrefix(factor.QRSVG, "<svg") {
			t.Errorf("factor %q", factor.URI)
		}
		now := func() string {
			code, err := totp.GenerateCode(factor.Secret, c.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		var recovery staffweb.FactorRecovery
		c.want(as(session, "POST", "/api/me/totp/confirm", `{"code":"`+now()+`"}`), http.StatusOK, &recovery)
		c.clock.Advance(time.Minute)
		if got := c.code(enter(chosen, "")); got != "staff.totp_needed" {
			t.Errorf("without a code: %q", got)
		}
		if got := c.code(enter(chosen, "000000")); got != "staff.totp_wrong" {
			t.Errorf("with a wrong code: %q", got)
		}
		session = enter(chosen, now())
		var state staffweb.FactorState
		c.want(as(session, "GET", "/api/me/totp", ""), http.StatusOK, &state)
		if !state.On || state.Recovery != 10 || len(recovery.Codes) != 10 {
			t.Errorf("state %+v", state)
		}
		var row staffweb.StaffRow
		c.want(c.Do("DELETE", "/api/staff/"+made.ID+"/totp", "admin", ""), http.StatusOK, &row)
		if row.TOTP {
			t.Error("the factor is still there")
		}
		c.want(enter(chosen, ""), http.StatusOK, nil)
	})
}

func TestBK402_RolesAndAccountsThroughTheConsole(t *testing.T) {
	atConsoles(t, func(t *testing.T, c *console) {
		var grants []staff.Permission
		c.want(c.Do("GET", "/api/permissions", "admin", ""), http.StatusOK, &grants)
		if diff := cmp.Diff(staff.BookingPermissions(), grants); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		c.want(c.Do("PUT", "/api/roles/viewer", "admin", `{"name":"閲覧だけ","permissions":["booking.view","report.view"],"own":["report.view"]}`), http.StatusNoContent, nil)
		var roles []staffweb.Role
		c.want(c.Do("GET", "/api/roles", "admin", ""), http.StatusOK, &roles)
		want := staffweb.Role{ID: "viewer", Name: "閲覧だけ", Permissions: []staff.Permission{staff.BookingView, staff.ReportView}, Own: []staff.Permission{staff.ReportView}}
		if diff := cmp.Diff(want, roles[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, path := range []string{"/api/permissions", "/api/roles", "/api/staff", "/api/access"} {
			if w := c.Do("GET", path, "reception", ""); w.Code != http.StatusForbidden {
				t.Errorf("%s of reception: %d", path, w.Code)
			}
		}
	})
}

func TestBK401_TheListOfNetworksThroughTheConsole(t *testing.T) {
	atConsoles(t, func(t *testing.T, c *console) {
		var rules staffweb.AccessRules
		c.want(c.Do("GET", "/api/access", "admin", ""), http.StatusOK, &rules)
		if rules.Terminal != "192.0.2.7" || len(rules.Networks) != 0 {
			t.Errorf("rules %+v", rules)
		}
		w := c.Do("PUT", "/api/access", "admin", `{"version":0,"networks":["10.0.0.0/8"],"idleMinutes":15,"reasonScreens":[],"terminal":""}`)
		if got := c.code(w); got != "settings.invalid" || !strings.Contains(w.Body.String(), "staff.network_without_you") {
			t.Errorf("a list without the own address: %d %s", w.Code, w.Body)
		}
		c.want(c.Do("PUT", "/api/access", "admin", `{"version":0,"networks":["192.0.2.0/24"],"idleMinutes":15,"reasonScreens":["booking"],"terminal":""}`), http.StatusOK, &rules)
		if rules.Version != 1 {
			t.Errorf("rules %+v", rules)
		}
		r := c.Request("POST", "/api/session", "", strings.NewReader(`{"login":"clerk","password":"x"}`))
		r.RemoteAddr = "198.51.100.1:4000"
		if w := c.Send(r); w.Code != http.StatusForbidden || c.code(w) != "gate.outside" {
			t.Errorf("from outside: %d %s", w.Code, w.Body)
		}
	})
}

func TestBK403_TheLogAsAFile(t *testing.T) {
	atConsoles(t, func(t *testing.T, c *console) {
		testkit.Write(t, c.DB, testkit.Clerk, func(tx *store.Tx) error {
			return accesslog.Searched(tx, accesslog.Look{
				Screen: "booking", Rows: 3, Personal: []string{"name"}, Condition: map[string]string{"day": "2026-11-24"}, Reason: "=電話",
			})
		})
		if w := c.Do("GET", "/api/audit.csv", "reception", ""); w.Code != http.StatusForbidden {
			t.Errorf("reception: %d", w.Code)
		}
		w := c.Do("GET", "/api/audit.csv?action=access.", "auditor", "")
		c.want(w, http.StatusOK, nil)
		if got := w.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
			t.Errorf("Content-Disposition %q", got)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v\n%s", len(rows), err, w.Body)
		}
		got := slices.Concat(rows[1][2:6], rows[1][7:])
		want := []string{
			"st-clerk", "山田 通子", "notice", "PC-1",
			"access.searched", "screen/booking", "ok", "booking", "day=2026-11-24 name=*", "3", "'=電話", "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		var exports []audit.Record
		testkit.Read(t, c.DB, func(rx *store.Rx) (err error) {
			exports, _, err = audit.List(rx, audit.Filter{Action: "access.exported", Limit: 10})
			return err
		})
		if len(exports) != 1 || !strings.Contains(string(exports[0].Detail), `"rows":1`) {
			t.Errorf("%d records of the file: %+v", len(exports), exports)
		}
	})
}
