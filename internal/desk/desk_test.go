package desk_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/internal/desk"
)

// window is a browser window that keeps its cookies.
type window struct {
	t       *testing.T
	handler http.Handler
	cookies []*http.Cookie
}

func (w *window) do(method, path, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, c := range w.cookies {
		r.AddCookie(c)
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	w.cookies = append(w.cookies, answer.Result().Cookies()...)
	return answer
}

func (w *window) code(a *httptest.ResponseRecorder) string {
	w.t.Helper()
	var e struct{ Code, Message string }
	if err := json.Unmarshal(a.Body.Bytes(), &e); err != nil {
		w.t.Fatalf("%v: %s", err, a.Body)
	}
	if e.Code == "" || e.Code == e.Message {
		w.t.Errorf("no text: %+v", e)
	}
	return e.Code
}

type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func start() *clock { return &clock{time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)} }

// dialogs stands for the person at the save dialog.
type dialogs struct {
	path  string
	err   error
	asked []string
}

func (d *dialogs) SaveAs(title, name string) (string, error) {
	d.asked = append(d.asked, title+"|"+name)
	return d.path, d.err
}

func TestTicket(t *testing.T) {
	c := start()
	d := desk.New(desk.Options{Port: "18443", Clock: c.read})
	w := &window{t: t, handler: d.Handler()}
	good, late := d.Ticket(), d.Ticket()
	if len(good) != 64 || good == late {
		t.Fatalf("tickets %q and %q", good, late)
	}

	a := w.do("GET", "/desk/enter?t="+good, "")
	if a.Code != http.StatusOK {
		t.Fatalf("status %d, want 200 and never a redirect", a.Code)
	}
	cookie := a.Result().Cookies()[0]
	if cookie.Name != "kofudesk18443" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure {
		t.Errorf("cookie %+v", cookie)
	}
	nonce := regexp.MustCompile(`<script nonce="([0-9a-f]{64})">location\.replace\("/"\)</script>`).FindStringSubmatch(a.Body.String())
	if nonce == nil || !strings.Contains(a.Header().Get("Content-Security-Policy"), "script-src 'nonce-"+nonce[1]+"'") {
		t.Errorf("page %s\npolicy %s", a.Body, a.Header().Get("Content-Security-Policy"))
	}
	if a.Header().Get("Cache-Control") != "no-store" || a.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", a.Header())
	}

	for name, ticket := range map[string]string{"used": good, "none": "", "guess": strings.Repeat("0", 64)} {
		if a := w.do("GET", "/desk/enter?t="+ticket, ""); a.Code != http.StatusForbidden || w.code(a) != "desk.ticket_refused" {
			t.Errorf("%s ticket: %d", name, a.Code)
		}
	}
	c.now = c.now.Add(60 * time.Second)
	if a := w.do("GET", "/desk/enter?t="+late, ""); a.Code != http.StatusForbidden {
		t.Errorf("ticket of 60 s ago: %d", a.Code)
	}
}

func TestTicket_SecondStart(t *testing.T) {
	c := start()
	key := desk.NewKey()
	for _, tt := range []struct {
		server, sent string
		want         int
	}{{key, key, 200}, {key, "", 403}, {key, key + "0", 403}, {"", "", 403}} {
		h := desk.New(desk.Options{Clock: c.read, Key: tt.server}).Handler()
		r := httptest.NewRequest("POST", "/desk/ticket", nil)
		r.Header.Set(desk.KeyHeader, tt.sent)
		a := httptest.NewRecorder()
		h.ServeHTTP(a, r)
		if a.Code != tt.want {
			t.Errorf("key %q for %q: %d", tt.sent, tt.server, a.Code)
		}
		if a.Code != 200 {
			continue
		}
		var got struct{ Ticket string }
		if err := json.Unmarshal(a.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		w := &window{t: t, handler: h}
		if a := w.do("GET", "/desk/enter?t="+got.Ticket, ""); a.Code != 200 {
			t.Errorf("the ticket is refused: %d", a.Code)
		}
	}
}

func TestBootstrap(t *testing.T) {
	h := desk.Bootstrap(func() string { return desk.EnterURL("http://127.0.0.1:18443", "abc") })
	w := &window{t: t, handler: h}
	if a := w.do("GET", "/", ""); a.Code != 200 || !strings.Contains(a.Body.String(), `location.replace("http://127.0.0.1:18443/desk/enter?t=abc")`) && !strings.Contains(a.Body.String(), `location.replace("http:\/\/127.0.0.1:18443\/desk\/enter?t\u003dabc")`) {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	for _, path := range []string{"/index.html", "/api/cards", "/wails/x"} {
		if a := w.do("GET", path, ""); a.Code != 404 {
			t.Errorf("%s: %d", path, a.Code)
		}
	}
}

// data answers like the product: with what the session cookie may see.
func data(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("kofu18443"); err != nil || c.Value != "signed-in" || r.Method != http.MethodGet {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":"gate.signed_out","message":"m"}`)
		return
	}
	_, _ = io.WriteString(w, "exported "+r.URL.RequestURI())
}

func TestSaveAs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "一覧.xlsx")
	const good = `{"url":"/api/cards/export?format=xlsx","name":"一覧.xlsx"}`
	tests := []struct {
		name     string
		body     string
		path     string
		err      error
		outside  bool // the request does not come from the window
		stranger bool // nobody is signed in
		status   int
		code     string
		saved    string
	}{
		{name: "saved", body: good, path: file, status: 200, saved: "exported /api/cards/export?format=xlsx"},
		{name: "mind changed", body: good, path: "", status: 200},
		{name: "not the window", body: good, path: file, outside: true, status: 403, code: "desk.window_only"},
		{name: "not signed in", body: good, path: file, stranger: true, status: 401, code: "gate.signed_out"},
		{name: "no JSON", body: "x", path: file, status: 400, code: "desk.bad_source"},
		{name: "other site", body: `{"url":"http://evil.example.com/api/x","name":"a"}`, path: file, status: 422, code: "desk.bad_source"},
		{name: "other host", body: `{"url":"//evil.example.com/api/x","name":"a"}`, path: file, status: 422, code: "desk.bad_source"},
		{name: "not data", body: `{"url":"/desk/enter","name":"a"}`, path: file, status: 422, code: "desk.bad_source"},
		{name: "climbing", body: `{"url":"/api/../desk/enter","name":"a"}`, path: file, status: 422, code: "desk.bad_source"},
		{name: "name with folder", body: `{"url":"/api/x","name":"../a"}`, path: file, status: 422, code: "desk.bad_name"},
		{name: "name with drive", body: `{"url":"/api/x","name":"C:a"}`, path: file, status: 422, code: "desk.bad_name"},
		{name: "no name", body: `{"url":"/api/x","name":""}`, path: file, status: 422, code: "desk.bad_name"},
		{name: "dialog fails", body: good, err: errors.New("no display"), status: 500, code: "internal"},
		{name: "folder gone", body: good, path: filepath.Join(dir, "gone", "a.xlsx"), status: 503, code: "desk.save_failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_ = os.Remove(file)
			d := desk.New(desk.Options{Port: "18443", Clock: start().read, Data: http.HandlerFunc(data)})
			d.UseDialogs(&dialogs{path: tt.path, err: tt.err})
			w := &window{t: t, handler: d.Handler()}
			if !tt.outside {
				w.do("GET", "/desk/enter?t="+d.Ticket(), "")
			}
			if !tt.stranger {
				w.cookies = append(w.cookies, &http.Cookie{Name: "kofu18443", Value: "signed-in"})
			}
			a := w.do("POST", "/desk/save-as", tt.body)
			if a.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", a.Code, tt.status, a.Body)
			}
			if tt.code != "" && w.codeOnly(a) != tt.code {
				t.Errorf("code in %s, want %s", a.Body, tt.code)
			}
			saved, _ := os.ReadFile(file)
			if string(saved) != tt.saved {
				t.Errorf("file holds %q, want %q", saved, tt.saved)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func (w *window) codeOnly(a *httptest.ResponseRecorder) string {
	var e struct{ Code string }
	_ = json.Unmarshal(a.Body.Bytes(), &e)
	return e.Code
}

// A file that the person had before survives a failed save.
func TestSaveAs_KeepsOldFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "一覧.csv")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Options{Clock: start().read, Data: http.HandlerFunc(data)})
	d.UseDialogs(&dialogs{path: file})
	w := &window{t: t, handler: d.Handler()}
	w.do("GET", "/desk/enter?t="+d.Ticket(), "")
	w.do("POST", "/desk/save-as", `{"url":"/api/cards/export","name":"a.csv"}`) // nobody is signed in
	if b, _ := os.ReadFile(file); string(b) != "old" {
		t.Errorf("file holds %q", b)
	}
}

func TestUnknownPath(t *testing.T) {
	w := &window{t: t, handler: desk.New(desk.Options{Clock: start().read}).Handler()}
	if a := w.do("GET", "/desk/nothing", ""); a.Code != 404 || w.code(a) != "desk.unknown_path" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestCanSave(t *testing.T) {
	d := desk.New(desk.Options{Port: "1", Clock: start().read})
	w := &window{t: t, handler: d.Handler()}
	w.do("GET", "/desk/enter?t="+d.Ticket(), "")
	inside, outside := httptest.NewRequest("GET", "/api/me", nil), httptest.NewRequest("GET", "/api/me", nil)
	inside.AddCookie(w.cookies[0])
	if d.CanSave(inside) {
		t.Error("a window without dialogs can save")
	}
	d.UseDialogs(&dialogs{})
	if !d.CanSave(inside) || d.CanSave(outside) {
		t.Errorf("window %v, browser %v", d.CanSave(inside), d.CanSave(outside))
	}
}
