package door_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/town"
	"kofu/internal/testkit"
)

var quiet = slog.New(slog.DiscardHandler)

// echo answers with the municipality that it was built for.
func echo(_ context.Context, t town.Town) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now, _ := door.TownOf(r.Context())
		_, _ = io.WriteString(w, t.Name+"/"+now.Name)
	}), nil
}

func get(t *testing.T, h http.Handler, host, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHosts(t *testing.T) {
	clock := testkit.NewClock()
	towns := []town.Town{{ID: 1, Host: "a.example.jp", Name: "A"}, {ID: 2, Host: "b.example.jp", Name: "B"}}
	var fail error
	reads := 0
	h := &door.Hosts{
		Name:  func(t town.Town) string { return t.Host },
		List:  func(context.Context) ([]town.Town, error) { reads++; return towns, fail },
		Build: echo, Clock: clock.Now, Log: quiet,
	}
	for _, c := range []struct {
		host   string
		status int
		text   string
	}{
		{"a.example.jp", 200, "A/A"},
		{"B.Example.JP:8443", 200, "B/B"},
		{"b.example.jp.", 200, "B/B"},
		{"c.example.jp", 421, "このアドレスの予約サイトはありません"},
		{"", 421, "このアドレスの予約サイトはありません"},
	} {
		if r := get(t, h, c.host, "/"); r.Code != c.status || !strings.Contains(r.Body.String(), c.text) {
			t.Errorf("%q: %d", c.host, r.Code)
		}
	}
	if reads != 1 {
		t.Errorf("unknown names within a second read the list %d times", reads)
	}
	towns = append(towns, town.Town{ID: 3, Host: "c.example.jp", Name: "C"})
	clock.Advance(time.Second)
	if r := get(t, h, "c.example.jp", "/"); r.Code != 200 || r.Body.String() != "C/C" {
		t.Errorf("a municipality that was added: %d", r.Code)
	}
	towns[0].Name = "A2"
	clock.Advance(5 * time.Second)
	if got := get(t, h, "a.example.jp", "/").Body.String(); got != "A2/A2" {
		t.Errorf("a municipality that was renamed: %q", got)
	}
	fail = errors.New("no database")
	clock.Advance(time.Minute)
	if r := get(t, h, "b.example.jp", "/"); r.Code != 200 {
		t.Errorf("while the list cannot be read: %d", r.Code)
	}
}

func TestFreeze(t *testing.T) {
	var got door.Notice
	h := &door.Hosts{
		Name: func(t town.Town) string { return t.Host },
		List: func(context.Context) ([]town.Town, error) {
			return []town.Town{{ID: 1, Host: "a", FrozenAt: "2026-11-24T00:00:00.000Z"}, {ID: 2, Host: "b"}}, nil
		},
		Build: func(context.Context, town.Town) (http.Handler, error) {
			return door.Freeze(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = door.NoticeOf(r.Context()) })), nil
		},
		Clock: testkit.NewClock().Now, Log: quiet,
	}
	if r := get(t, h, "a", "/"); r.Header().Get("Retry-After") == "" || got.Kind != door.Frozen {
		t.Errorf("%v %+v", r.Header(), got)
	}
	if get(t, h, "b", "/"); got.Kind != door.Nothing {
		t.Errorf("%+v", got)
	}
}

func TestForwarded(t *testing.T) {
	var got string
	h := door.Forwarded([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		addr, _ := door.Address(r)
		got = addr.String()
	}))
	for _, c := range []struct{ remote, header, want string }{
		{"203.0.113.5:1000", "198.51.100.1", "203.0.113.5"}, // not one of our proxies: its word does not count
		{"10.0.0.1:1000", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1000", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"}, // the first was written by the client
		{"10.0.0.1:1000", "", "10.0.0.1"},
		{"10.0.0.1:1000", "nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1000", "2001:db8::1", "2001:db8::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TB-16: from outside the networks of the city there is not even a login form.
func TestTB16_Only(t *testing.T) {
	h := door.Only([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "login")
	}))
	for remote, want := range map[string]int{"10.1.2.3:1": 200, "203.0.113.5:1": 403, "nonsense": 403} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want || (want == 403) == strings.Contains(w.Body.String(), "login") {
			t.Errorf("%s: %d %s", remote, w.Code, w.Body)
		}
	}
}

func TestMeters(t *testing.T) {
	clock := testkit.NewClock()
	meters := &door.Meters{}
	h := door.Watch(meters.Of("residents", 1), clock.Now, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		took := time.Millisecond
		if r.URL.Path == "/slow" {
			took = 700 * time.Millisecond
		}
		clock.Advance(took)
		w.WriteHeader(http.StatusSeeOther)
	}))
	for i := range 100 {
		path := "/"
		if i%10 == 0 {
			path = "/slow"
		}
		get(t, h, "a", path)
	}
	if p95, n := meters.Of("residents", 1).P95(clock.Now()); p95 != 750*time.Millisecond || n != 100 {
		t.Errorf("p95 %s of %d", p95, n)
	}
	var metrics strings.Builder
	if err := meters.Write(&metrics, clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`kofu_requests_total{listener="residents",tenant="1",class="3xx"} 100`,
		`kofu_request_p95_seconds{listener="residents",tenant="1"} 0.75`,
		`kofu_request_seconds_bucket{listener="residents",tenant="1",le="0.001"} 90`,
		`kofu_request_seconds_count{listener="residents",tenant="1"} 100`,
	} {
		if !strings.Contains(metrics.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, metrics.String())
		}
	}
	clock.Advance(10 * time.Second)
	if _, n := meters.Of("residents", 1).P95(clock.Now()); n != 0 {
		t.Errorf("%d requests after ten seconds of silence", n)
	}
}
