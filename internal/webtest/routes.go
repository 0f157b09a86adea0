package webtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kofu/internal/gate"
	"kofu/internal/staff"
)

var pathPlace = regexp.MustCompile(`\{([a-zA-Z]+)\}`)

// Concrete fills the places of a pattern's path.
func Concrete(route gate.Route) (method, path string) {
	method, path, _ = strings.Cut(route.Pattern, " ")
	return method, pathPlace.ReplaceAllString(path, "1")
}

// needed is what a route asks of a session, as As understands it.
func needed(route gate.Route) string {
	switch route.Permission {
	case staff.Public, staff.SignedIn, staff.Own:
		return "nobody"
	}
	return string(route.Permission)
}

// Routes checks what holds for every route of an interface: it is refused to
// other sites' pages, without session, without permission and without token, and
// changes nothing then; every answer carries the headers, and none to a request
// without sense is an internal failure. cached are the values of Cache-Control
// that differ from no-store, by pattern.
func Routes(t *testing.T, b *Browser, routes []gate.Route, cached map[string]string) {
	seen := map[string]bool{}
	for _, route := range routes {
		if seen[route.Pattern] || !strings.Contains(route.Pattern, " /api/") {
			t.Errorf("%s stands twice in the table, or not below /api/", route.Pattern)
		}
		seen[route.Pattern] = true
		t.Run(route.Pattern, func(t *testing.T) { b.refused(t, route) })
	}
	for _, route := range routes {
		if route.Pattern == "DELETE /api/session" {
			continue // it would end the session of the others
		}
		for _, body := range []string{"", "{}", `{"unknown":1}`, "[", "\x00"} {
			b.answered(t, route, body, cached[route.Pattern])
		}
	}
}

func (b *Browser) refused(t *testing.T, route gate.Route) {
	method, path := Concrete(route)
	b.As("nobody")
	b.As(needed(route))
	before := b.Content()
	ask := func(as string) *http.Request { return b.Request(method, path, as, strings.NewReader("{}")) }

	foreign := ask(needed(route))
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	WantProblem(t, b.Send(foreign), http.StatusForbidden, "gate.foreign_page")
	if route.Permission != staff.Public {
		WantProblem(t, b.Send(ask("")), http.StatusUnauthorized, "gate.sign_in_first")
	}
	if needed(route) != "nobody" {
		WantProblem(t, b.Send(ask("nobody")), http.StatusForbidden, "gate.forbidden")
	}
	if method != http.MethodGet && route.Permission != staff.Public {
		r := ask(needed(route))
		r.Header.Del(gate.TokenHeader)
		WantProblem(t, b.Send(r), http.StatusForbidden, "gate.token")
	}
	if b.Content() != before {
		t.Error("a refused request changed the database")
	}
}

// answered checks an answer that was not refused by the gate, whatever it says.
func (b *Browser) answered(t *testing.T, route gate.Route, body, cached string) {
	method, path := Concrete(route)
	w := b.Do(method, path, needed(route), body)
	if w.Code >= 500 || w.Code == http.StatusUnauthorized && route.Permission != staff.Public {
		t.Errorf("%s with body %q: %d %s", route.Pattern, body, w.Code, w.Body)
	}
	if cached == "" || w.Code != http.StatusOK {
		cached = "no-store"
	}
	h := w.Header()
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != cached || h.Get("Content-Security-Policy") == "" ||
		h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Errorf("%s lacks headers: %v", route.Pattern, h)
	}
	if w.Code >= 400 {
		var p gate.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Message == "" || p.Message == p.Code {
			t.Errorf("%s with body %q: the refusal has no text: %s", route.Pattern, body, w.Body)
		}
	}
}

// WantProblem fails the test unless the answer is a refusal with the status and
// code.
func WantProblem(t testing.TB, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var p gate.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status || p.Code != code {
		t.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, code)
	}
}
