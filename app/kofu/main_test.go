package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/internal/program"
)

// fake is a product that answers with its door and counts its closings.
type fake struct {
	mu     sync.Mutex
	parts  Parts
	closed int
	err    error
}

func (f *fake) open(_ context.Context, p Parts) (*Appliance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.parts = p
	if f.err != nil {
		return nil, f.err
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/live" { // an open stream of live updates
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, "product "+r.URL.Path)
	})
	return &Appliance{
		Handler: h, InstallationCode: "12345678", Accounts: []Account{{"窓口", "mado", "sakura"}},
		Close: func() error { f.mu.Lock(); defer f.mu.Unlock(); f.closed++; return nil },
	}, nil
}

// running is a kofu that a test has started.
type running struct {
	t        *testing.T
	out, err bytes.Buffer
	base     string
	stop     func() int // ends it and returns the exit code
}

// begin starts Run with args and waits until the doors are open or it ends.
func begin(t *testing.T, m *Main, args ...string) *running {
	t.Helper()
	r := &running{t: t}
	started, ended := make(chan string, 1), make(chan int, 1)
	m.Out, m.Err, m.Clock = &r.out, &r.err, time.Now
	m.Started = func(base string) { started <- base }
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- m.Run(ctx, args) }()
	r.stop = sync.OnceValue(func() int {
		cancel()
		select {
		case code := <-ended:
			return code
		case <-time.After(20 * time.Second):
			t.Fatal("it does not end")
			return -1
		}
	})
	select {
	case r.base = <-started:
	case code := <-ended:
		r.stop = func() int { return code }
	case <-time.After(20 * time.Second):
		t.Fatal("it does not start")
	}
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *running) get(client *http.Client, url string) (int, string) {
	r.t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func TestServe(t *testing.T) {
	dir, f := filepath.Join(t.TempDir(), "data"), &fake{}
	if err := os.MkdirAll(filepath.Join(dir, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "spool", "half-a-job.pdf")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := begin(t, &Main{Appliance: f.open}, "serve", "--addr", "127.0.0.1:0", "--lan", "127.0.0.1:0", "--data", dir)
	if status, body := r.get(http.DefaultClient, r.base+"/cards"); status != 200 || body != "product /cards" {
		t.Errorf("loopback door: %d %s", status, body)
	}

	authority, err := os.ReadFile(filepath.Join(dir, "tls", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatal("no certificate in ca.pem")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	connection, err := f.parts.Connection()
	if err != nil {
		t.Fatal(err)
	}
	first := connection.URLs
	if len(first) == 0 {
		t.Fatal("no address for the office")
	}
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(first[0], "https://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := r.get(client, "https://127.0.0.1:"+port+"/cards"); status != 200 || body != "product /cards" {
		t.Errorf("office door: %d %s", status, body)
	}

	for _, name := range []string{"keys", "tls", "fonts", "snapshots", "journal", "spool", "log", "state.json", "desk.key"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %o", name, info.Mode().Perm())
		}
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error("the spool was not emptied")
	}
	var published state
	b, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &published); err != nil || published.Base != r.base || published.PID != os.Getpid() {
		t.Errorf("state %+v, %v", published, err)
	}

	if code := r.stop(); code != program.OK {
		t.Errorf("exit code %d: %s", code, &r.err)
	}
	if f.closed != 1 {
		t.Errorf("the product was closed %d times", f.closed)
	}
	if _, err := os.Stat(filepath.Join(dir, "state.json")); !errors.Is(err, os.ErrNotExist) {
		t.Error("state.json was left behind")
	}
	for _, want := range []string{r.base + "/", first[0], connection.Fingerprint, "12345678", "mado", dir} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("the banner lacks %q:\n%s", want, &r.out)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "log", "kofu.log"))
	if err != nil || !strings.Contains(string(log), `"msg":"started"`) || !strings.Contains(string(log), `"msg":"stopped"`) {
		t.Errorf("log %s, %v", log, err)
	}
}

// An open stream must not hold the end up for the whole grace time.
func TestServe_OpenStream(t *testing.T) {
	r := begin(t, &Main{Appliance: (&fake{}).open}, "serve", "--addr", "127.0.0.1:0", "--lan", "off", "--data", t.TempDir())
	answer, err := http.Get(r.base + "/api/live")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	before := time.Now()
	if code := r.stop(); code != program.OK {
		t.Errorf("exit code %d: %s", code, &r.err)
	}
	if took := time.Since(before); took >= stopTime {
		t.Errorf("stopping took %v", took)
	}
}

func TestServe_SecondStart(t *testing.T) {
	dir := t.TempDir()
	args := []string{"serve", "--addr", "127.0.0.1:0", "--lan", "off", "--data", dir}
	first := begin(t, &Main{Appliance: (&fake{}).open}, args...)
	second := begin(t, &Main{Appliance: (&fake{}).open}, args...)
	if code := second.stop(); code != program.Failed || !strings.Contains(second.err.String(), dir) {
		t.Errorf("exit code %d: %s", code, &second.err)
	}
	if code := first.stop(); code != program.OK {
		t.Errorf("exit code %d", code)
	}
	third := begin(t, &Main{Appliance: (&fake{}).open}, args...)
	if third.base == "" {
		t.Errorf("the lock outlived its holder: %s", &third.err)
	}
}

func TestServe_Practice(t *testing.T) {
	dir, f := t.TempDir(), &fake{}
	r := begin(t, &Main{Appliance: f.open}, "serve", "--practice", "--addr", "127.0.0.1:0", "--lan", "off", "--data", dir)
	if !f.parts.Practice || string(f.parts.Office.Dir) != filepath.Join(dir, "practice") {
		t.Errorf("practice %v in %s: %s", f.parts.Practice, f.parts.Office.Dir, &r.err)
	}
}

func TestServe_TakenPort(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	r := begin(t, &Main{Appliance: (&fake{}).open}, "serve", "--addr", taken, "--lan", "off", "--data", t.TempDir())
	if r.base == "" || r.base == "http://"+taken {
		t.Errorf("the window's door is at %q: %s", r.base, &r.err)
	}
	r = begin(t, &Main{Appliance: (&fake{}).open}, "serve", "--addr", "127.0.0.1:0", "--lan", taken, "--data", t.TempDir())
	if code := r.stop(); code != program.Failed || !strings.Contains(r.err.String(), taken) {
		t.Errorf("the office's door: exit code %d: %s", code, &r.err)
	}
}

func TestRun_Refused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kofu.toml"), []byte("lann = \":1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := &fake{err: errors.New("damaged")}
	for _, tt := range []struct {
		name string
		open Opener
		args []string
		code int
		want string // part of what is said
	}{
		{"unknown command", nil, []string{"fly"}, program.BadUsage, "fly"},
		{"unknown flag", nil, []string{"serve", "--fly"}, program.BadUsage, "kofu help"},
		{"argument", nil, []string{"serve", "fly"}, program.BadUsage, "fly"},
		{"misspelt key", nil, []string{"serve", "--data", dir}, program.Failed, "lann"},
		{"file as folder", nil, []string{"serve", "--data", file}, program.Failed, file},
		{"no port", nil, []string{"serve", "--data", t.TempDir(), "--lan", "here"}, program.Failed, "here"},
		{"window in the clear", nil, []string{"serve", "--data", t.TempDir(), "--addr", "0.0.0.0:0"}, program.Failed, "0.0.0.0:0"},
		{"product fails", broken.open, []string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--lan", "off"}, program.Failed, "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := begin(t, &Main{Appliance: tt.open}, tt.args...)
			if code := r.stop(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(r.err.String(), tt.want) {
				t.Errorf("%q lacks %q", r.err.String(), tt.want)
			}
		})
	}
}

func TestConfig_File(t *testing.T) {
	dir := t.TempDir()
	text := "addr = \"127.0.0.1:1\"\nlan = \":2\"\ndomain = \"city.internal\"\nranges = [\"100.64.0.0/10\"]\nallow_tls12 = true\n"
	if err := os.WriteFile(filepath.Join(dir, "kofu.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := (&Main{Err: io.Discard}).config([]string{"--data", dir, "--lan", ":3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:1" || c.LAN != ":3" || c.Domain != "city.internal" || !c.AllowTLS12 || len(c.Ranges) != 1 || c.Hostname == "" || c.Data != dir {
		t.Errorf("config %+v", c)
	}
}

func TestRun_Words(t *testing.T) {
	for _, command := range []string{"help", "version"} {
		r := begin(t, &Main{}, command)
		if code := r.stop(); code != program.OK || !strings.Contains(r.out.String(), "Kofu dev") {
			t.Errorf("%s: exit code %d: %s", command, code, &r.out)
		}
	}
}

// The window enters with its ticket; a second start joins the first one's
// server; without a screen the program serves.
func TestWindow(t *testing.T) {
	dir := t.TempDir()
	args := []string{"--addr", "127.0.0.1:0", "--lan", "off", "--data", dir}
	var seen []string
	look := func(w window) error {
		answer, err := http.Get(w.URL())
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		seen = append(seen, w.Title+" "+answer.Status+" "+string(b))
		return err
	}
	f := &fake{}
	first := &Main{Appliance: f.open, HasScreen: func() bool { return true }}
	first.Window = func(w window) error {
		if err := look(w); err != nil {
			return err
		}
		second := Main{Appliance: f.open, HasScreen: first.HasScreen, Window: look, Out: io.Discard, Err: os.Stderr, Clock: time.Now}
		if code := second.Run(t.Context(), args); code != program.OK {
			t.Errorf("the second start ended with %d", code)
		}
		return nil
	}
	r := begin(t, first, args...)
	if code := r.stop(); code != program.OK {
		t.Fatalf("exit code %d: %s", code, &r.err)
	}
	if len(seen) != 2 {
		t.Fatalf("%d windows", len(seen))
	}
	for _, s := range seen {
		if !strings.Contains(s, "Kofu") || !strings.Contains(s, "200 OK") || !strings.Contains(s, `location.replace("/")`) {
			t.Errorf("a window shows %s", s)
		}
	}
	if !strings.Contains(seen[0], "12345678") {
		t.Errorf("the window does not tell the installation code: %s", seen[0])
	}
	if f.closed != 1 {
		t.Errorf("the product was closed %d times", f.closed)
	}

	blind := &Main{Appliance: f.open, Window: look, HasScreen: func() bool { return false }}
	r = begin(t, blind, args...)
	if status, _ := r.get(http.DefaultClient, r.base+"/"); status != 200 || len(seen) != 2 {
		t.Errorf("without a screen: %d", status)
	}
}
