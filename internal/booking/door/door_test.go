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

func get(t *testing.T, h http.Handler, host, path string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
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
		if r := get(t, h, c.host, "/"); r.StatusCode != c.status || !strings.Contains(body(t, r), c.text) {
			t.Errorf("%q: %d", c.host, r.StatusCode)
		}
	}
	if reads != 1 {
		t.Errorf("unknown names within a second read the list %d times", reads)
	}
	towns = append(towns, town.Town{ID: 3, Host: "c.example.jp", Name: "C"})
	clock.Advance(time.Second)
	if r := get(t, h, "c.example.jp", "/"); r.StatusCode != 200 || body(t, r) != "C/C" {
		t.Errorf("a municipality that was added: %d", r.StatusCode)
	}
	towns[0].Name = "A2"
	clock.Advance(5 * time.Second)
	if got := body(t, get(t, h, "a.example.jp", "/")); got != "A2/A2" {
		t.Errorf("a municipality that was renamed: %q", got)
	}
	fail = errors.New("no database")
	clock.Advance(time.Minute)
	if r := get(t, h, "b.example.jp", "/"); r.StatusCode != 200 {
		t.Errorf("while the list cannot be read: %d", r.StatusCode)
	}
}

func TestFrozen(t *testing.T) {
	h := &door.Hosts{
		Name: func(t town.Town) string { return t.Host },
		List: func(context.Context) ([]town.Town, error) {
			return []town.Town{{ID: 1, Host: "a", Name: "青葉市", FrozenAt: "2026-11-24T00:00:00.000Z"}}, nil
		},
		Build: func(ctx context.Context, t town.Town) (http.Handler, error) {
			next, err := echo(ctx, t)
			return door.Frozen(next), err
		},
		Clock: testkit.NewClock().Now, Log: quiet,
	}
	r := get(t, h, "a", "/")
	if text := body(t, r); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(text, "青葉市のインターネット予約は、いまお休みしています") {
		t.Errorf("%d %s", r.StatusCode, text)
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

func TestMask(t *testing.T) {
	for path, want := range map[string]string{
		"/C/4492018377502295":             "/C/****",
		"/ja/code":                        "/ja/code",
		"/ja-easy/b/01JD2Z5K7Q8R9S0TABCD": "/ja-easy/b/****",
		"/zh-Hans/mail/AbCdEfGhIjKlMnOpQ": "/zh-Hans/mail/****",
		"/style.css":                      "/style.css",
		"/ja/times/2026-12-15":            "/ja/times/****",
		"/":                               "/",
	} {
		if got := door.Mask(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The access log shows nobody: no address, no code, no query.
func TestTB15_AccessLog(t *testing.T) {
	var log strings.Builder
	meters := &door.Meters{}
	h := door.Watch("residents", meters, slog.New(slog.NewJSONHandler(&log, nil)), time.Now, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSeeOther)
	}))
	r := httptest.NewRequest(http.MethodGet, "/C/4492018377502295?birth=19800101", nil)
	r.RemoteAddr = "203.0.113.77:5"
	h.ServeHTTP(httptest.NewRecorder(), r)
	for _, secret := range []string{"4492", "1980", "203.0.113"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %s: %s", secret, log.String())
		}
	}
	if !strings.Contains(log.String(), `"path":"/C/****"`) || !strings.Contains(log.String(), `"status":303`) {
		t.Error(log.String())
	}
	var metrics strings.Builder
	if err := meters.Write(&metrics, time.Now()); err != nil || !strings.Contains(metrics.String(), `kofu_requests_total{listener="residents",tenant="0",class="3xx"} 1`) {
		t.Error(err, metrics.String())
	}
}

// BK-10.7: a municipality that is stormed leaves room for the others, and its
// own people are told when to come back.
func TestShare(t *testing.T) {
	meters := &door.Meters{}
	hold := make(chan struct{})
	inside := make(chan struct{}, 8)
	h := door.Share(2, meters.Of("residents", 1), door.Busy(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside <- struct{}{}
		<-hold
	}))
	ended := make(chan struct{})
	for range 2 {
		go func() { get(t, h, "a", "/"); ended <- struct{}{} }()
		<-inside
	}
	r := get(t, h, "a", "/")
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") != "10" {
		t.Errorf("the third of two: %d", r.StatusCode)
	}
	go func() { get(t, h, "a", "/"); ended <- struct{}{} }() // waits a moment and gets a place
	close(hold)
	<-inside
	for range 3 {
		<-ended
	}
}
