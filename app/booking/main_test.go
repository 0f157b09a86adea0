package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kofu/internal/booking/door"
	"kofu/internal/booking/town"
	"kofu/internal/program"
	"kofu/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kofu-booking": func() {
			m := &Main{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Clock: testkit.NewClock().Now, Env: os.Getenv, Doors: doors}
			os.Exit(m.Run(context.Background(), os.Args[1:]))
		},
	})
}

// The scripts run the whole program and read like a manual page.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

// greeting answers with the name of the municipality, after a while if asked.
func greeting(Parts) (Behind, error) {
	build := func(_ context.Context, t town.Town) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				time.Sleep(300 * time.Millisecond)
			}
			if door.NoticeOf(r.Context()).Kind == door.Frozen {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, t.Name)
		}), nil
	}
	return Behind{Residents: build, Staff: build}, nil
}

// running is a service that a test has started.
type running struct {
	t         *testing.T
	out, err  bytes.Buffer
	data      string
	addresses map[string]string
	stop      func() int // ends it and returns the exit code
}

// begin serves data until the test ends.
func begin(t *testing.T, data string, doors Doors) *running {
	t.Helper()
	r := beginAs(t, &Main{Clock: time.Now, Env: os.Getenv, Doors: doors}, "--data", data)
	r.data = data
	return r
}

// beginAs is begin with a program as it is and the flags of serve.
func beginAs(t *testing.T, m *Main, flags ...string) *running {
	t.Helper()
	r := &running{t: t}
	started, ended := make(chan map[string]string, 1), make(chan int, 1)
	m.Out, m.Err, m.Started = &r.out, &r.err, func(a map[string]string) { started <- a }
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- m.Run(ctx, append([]string{"serve"}, flags...)) }()
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
	case r.addresses = <-started:
	case code := <-ended:
		t.Fatalf("it ended with %d: %s", code, r.err.String())
	}
	t.Cleanup(func() { r.stop() })
	return r
}

// get asks a listener for a path under a host name.
func (r *running) get(listener, host, path string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.addresses[listener]+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// prepared makes a data folder with listeners at free ports and municipalities.
func prepared(t *testing.T, more string, commands ...[]string) string {
	t.Helper()
	dir := t.TempDir()
	config := "residents = \"127.0.0.1:0\"\nstaff = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"\ndrain_seconds = 0\n" + more
	if err := os.WriteFile(dir+"/kofu-booking.toml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "migrate")
	for _, args := range commands {
		run(t, dir, args...)
	}
	return dir
}

// run runs a command on a data folder, which must succeed, and returns its output.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	m := &Main{In: &bytes.Buffer{}, Out: &out, Err: &errs, Clock: time.Now, Env: os.Getenv, Doors: doors}
	if code := m.Run(t.Context(), append(args, "--data", dir)); code != program.OK {
		t.Fatalf("%v: %d %s", args, code, errs.String())
	}
	return out.String()
}

func TestServe(t *testing.T) {
	dir := prepared(t, "",
		[]string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--staff-host", "staff.a.example.jp", "--name", "青葉市"})
	r := begin(t, dir, greeting)
	for _, c := range []struct {
		listener, host, path string
		status               int
		text                 string
	}{
		{residents, "a.example.jp", "/", 200, "青葉市"},
		{residents, "A.EXAMPLE.JP:443", "/", 200, "青葉市"},
		{residents, "staff.a.example.jp", "/", 421, "予約サイトはありません"},
		{staffDoor, "staff.a.example.jp", "/", 200, "青葉市"},
		{staffDoor, "a.example.jp", "/", 421, "予約サイトはありません"},
		{operator, "localhost", "/healthz", 200, "ok"},
		{operator, "localhost", "/readyz", 200, "ready"},
		{operator, "localhost", "/metrics", 200, `kofu_requests_total{listener="residents",tenant="1",class="2xx"} 2`},
	} {
		if status, text := r.get(c.listener, c.host, c.path); status != c.status || !bytes.Contains([]byte(text), []byte(c.text)) {
			t.Errorf("%s %s%s: %d %s", c.listener, c.host, c.path, status, text)
		}
	}

	// What the operator changes beside the running service shows there.
	run(t, dir, "tenant", "add", "--id", "2", "--host", "b.example.jp", "--name", "若葉町")
	run(t, dir, "tenant", "freeze", "1")
	eventually(t, func() bool {
		status, text := r.get(residents, "b.example.jp", "/")
		return status == 200 && text == "若葉町"
	})
	eventually(t, func() bool { status, _ := r.get(residents, "a.example.jp", "/"); return status == 503 })
	if status, _ := r.get(staffDoor, "staff.a.example.jp", "/"); status != 200 {
		t.Errorf("the staff screens of a frozen municipality: %d", status)
	}
	if code := r.stop(); code != program.OK {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
}

// A request that is being answered when the service is told to stop is answered.
func TestServe_EndsWithoutCuttingRequests(t *testing.T) {
	r := begin(t, prepared(t, "", []string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"}), greeting)
	answered := make(chan string, 1)
	go func() {
		_, text := r.get(residents, "a.example.jp", "/slow")
		answered <- text
	}()
	eventually(t, func() bool {
		_, text := r.get(operator, "localhost", "/metrics")
		return bytes.Contains([]byte(text), []byte(`kofu_requests_in_flight{listener="residents",tenant="1"} 1`))
	})
	if code := r.stop(); code != program.OK {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	if text := <-answered; text != "青葉市" {
		t.Errorf("answer %q", text)
	}
}

// The product itself behind the doors: pages for residents and screens for staff
// of the municipality whose host name was asked for.
func TestServe_Product(t *testing.T) {
	r := begin(t, prepared(t, "", []string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"}), doors)
	if status, text := r.get(residents, "a.example.jp", "/ja/"); status != 200 || !bytes.Contains([]byte(text), []byte("青葉市 窓口の予約")) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := r.get(staffDoor, "a.example.jp", "/api/session"); status >= 500 {
		t.Errorf("%d %s", status, text)
	}
	run(t, r.data, "tenant", "freeze", "1")
	eventually(t, func() bool {
		status, text := r.get(residents, "a.example.jp", "/ja/")
		return status == 503 && bytes.Contains([]byte(text), []byte("インターネットの受付を休んでいます"))
	})
}

// A second server on the same file is refused.
func TestServe_Alone(t *testing.T) {
	dir := prepared(t, "")
	begin(t, dir, greeting)
	var errs bytes.Buffer
	m := &Main{Out: io.Discard, Err: &errs, Clock: time.Now, Env: os.Getenv, Doors: greeting}
	if code := m.Run(t.Context(), []string{"serve", "--data", dir}); code != program.Failed || !bytes.Contains(errs.Bytes(), []byte(dir)) {
		t.Errorf("%d %s", code, errs.String())
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

// On PostgreSQL the owner of the tables migrates and the role of the service
// works with them, which it cannot change.
func TestTB18_TheOwnerMigrates(t *testing.T) {
	owner := testkit.EmptyPostgres(t)
	user := testkit.AsUser(t, owner)
	dir := prepared(t, fmt.Sprintf("database = %q\nowner = %q\n", user, owner),
		[]string{"tenant", "add", "--id", "1", "--host", "kofu.example", "--name", "甲府市"})
	if out := run(t, dir, "tenant", "list"); !strings.Contains(out, "kofu.example") {
		t.Errorf("tenants: %s", out)
	}
	if held := testkit.Psql(t, owner, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"); held != "kofu_owner" {
		t.Errorf("the tables belong to %s", held)
	}
}
