package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/webtest"
)

func TestRoutes(t *testing.T) {
	f := newFixture(t)
	// The font names nobody, and every screen asks for it.
	webtest.Routes(t, f.Browser, f.Server.routes(), map[string]string{"GET /api/fonts/screen.ttf": "private, no-cache"})
}

func TestOpenAPI_DescribesEveryRoute(t *testing.T) {
	f := newFixture(t)
	w := f.Do("GET", "/api/openapi.json", "nobody", "")
	var got struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Permission string `json:"x-permission"`
			Responses  map[string]any
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", got.OpenAPI)
	}
	for _, route := range f.Server.routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		op, found := got.Paths[path][strings.ToLower(method)]
		if !found || op.Permission != string(route.Permission) || op.Responses["default"] == nil {
			t.Errorf("%s is described as %+v", route.Pattern, op)
		}
	}
	if me := got.Components.Schemas["Me"].Properties; me["mustChangePassword"] == nil || me["token"] == nil {
		t.Errorf("Me is described as %v", me)
	}
	for ref := range strings.SplitSeq(w.Body.String(), `"#/components/schemas/`) {
		name, _, ok := strings.Cut(ref, `"`)
		if _, known := got.Components.Schemas[name]; ok && !known && !strings.HasPrefix(ref, "{") {
			t.Errorf("schema %s is named and not described", name)
		}
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		path         string
		status       int
		kind, cached string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache"},
		{"/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"/cards/12", 200, "text/html; charset=utf-8", "no-cache"}, // the screens' own addresses
		{"/assets/main-abc.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/main-abc.css", 200, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/main-old.js", 404, "", ""},
		{"/favicon.ico", 404, "", ""},
		{"/..%2f..%2fetc%2fpasswd", 200, "text/html; charset=utf-8", "no-cache"},
	} {
		w := f.Send(httptest.NewRequest("GET", "https://kofu.example"+c.path, nil))
		h := w.Header()
		if w.Code != c.status || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cached {
			t.Errorf("%s: %d, %q, %q", c.path, w.Code, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s lacks headers: %v", c.path, h)
		}
		if strings.HasPrefix(c.kind, "text/html") && !strings.Contains(w.Body.String(), "<title>Kofu") {
			t.Errorf("%s: %s", c.path, w.Body)
		}
	}
	if w := f.Send(httptest.NewRequest("POST", "https://kofu.example/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d", w.Code)
	}
	policy := f.Send(httptest.NewRequest("GET", "https://kofu.example/", nil)).Header().Get("Content-Security-Policy")
	for _, unsafe := range []string{"'unsafe-eval'", "script-src 'self' 'unsafe-inline'", "http:", "https:", "*"} {
		if strings.Contains(policy, unsafe) {
			t.Errorf("the policy of the page allows %s: %s", unsafe, policy)
		}
	}
}

func TestPages_ProgramWithoutScreensSaysSo(t *testing.T) {
	for name, change := range map[string]func(*Deps){
		"none":  func(d *Deps) { d.Assets = nil },
		"empty": func(d *Deps) { d.Assets = fstest.MapFS{} },
	} {
		f := newFixture(t, change)
		w := f.Send(httptest.NewRequest("GET", "https://kofu.example/", nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "画面が組み込まれていません") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := f.Do("GET", "/api/texts", "", ""); w.Code != http.StatusOK {
			t.Errorf("%s: texts %d", name, w.Code)
		}
	}
}

func TestSetupAndSignIn_ThroughTheBrowser(t *testing.T) {
	f := newFixture(t)
	code, err := staff.NewInstallationCode(t.Context(), f.DB, store.Actor{ID: "kofu"})
	if err != nil {
		t.Fatal(err)
	}
	w := f.Do("POST", "/api/setup", "", `{"code":"`+code+`","organization":"甲府市","login":"boss","name":"田中 一郎","password":"an apple and a violin"}`)
	first := cookieOf(t, w)
	if !first.HttpOnly || !first.Secure || first.SameSite != http.SameSiteStrictMode || first.Path != "/" || first.Domain != "" || first.MaxAge != 0 {
		t.Errorf("cookie %+v", first)
	}
	var me staffweb.Me
	if err := json.Unmarshal(w.Body.Bytes(), &me); err != nil || me.Organization != "甲府市" || me.Token == "" || me.Token == first.Value {
		t.Errorf("me %+v, %v", me, err)
	}
	// A second sign-in in the same browser ends the first session.
	r := f.Request("POST", "/api/session", "", strings.NewReader(`{"login":"boss","password":"an apple and a violin"}`))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(first)
	w = f.Send(r)
	second := cookieOf(t, w)
	if err := json.Unmarshal(w.Body.Bytes(), &me); err != nil {
		t.Fatal(err)
	}
	with := func(method, path string, c *http.Cookie) *httptest.ResponseRecorder {
		r := f.Request(method, path, "", nil)
		r.AddCookie(c)
		r.Header.Set(gate.TokenHeader, me.Token)
		return f.Send(r)
	}
	webtest.WantProblem(t, with("GET", "/api/me", first), http.StatusUnauthorized, "gate.sign_in_first")
	if w := with("GET", "/api/me", second); w.Code != http.StatusOK {
		t.Errorf("the second session: %d", w.Code)
	}
	out := with("DELETE", "/api/session", second)
	if gone := cookieOf(t, out); gone.MaxAge >= 0 || gone.Value != "" {
		t.Errorf("sign-out leaves the cookie %+v", gone)
	}
	webtest.WantProblem(t, with("GET", "/api/me", second), http.StatusUnauthorized, "gate.sign_in_first")
}

func cookieOf(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-kofu" {
		t.Fatalf("answer %d %s with cookies %v", w.Code, w.Body, cookies)
	}
	return cookies[0]
}

// The description names the parameters of the list, and no route that there is
// not.
func TestOpenAPI_QueryParameters(t *testing.T) {
	f := newFixture(t)
	known := map[string]bool{}
	for _, route := range f.Server.routes() {
		known[route.Pattern] = true
	}
	for pattern := range queries {
		if !known[pattern] {
			t.Errorf("parameters of %s, which is no route", pattern)
		}
	}
	var got struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In, Description string }
		}
	}
	if err := json.Unmarshal(f.Do("GET", "/api/openapi.json", "nobody", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, p := range got.Paths["/api/cards"]["get"].Parameters {
		described[p.Name] = p.In == "query" && p.Description != ""
	}
	for _, name := range []string{"status", "procedure", "custody", "hold", "lot", "place", "due", "q", "sort", "offset", "limit"} {
		if !described[name] {
			t.Errorf("the parameter %s of the list is not described", name)
		}
	}
	for query, status := range map[string]int{"lot=x": 400, "place=x": 400, "offset=-1": 400, "limit=x": 400, "sort=x": 422, "due=x": 422} {
		if w := f.Do("GET", "/api/cards?"+query, "card.view", ""); w.Code != status {
			t.Errorf("%s: %d, want %d", query, w.Code, status)
		}
	}
}
