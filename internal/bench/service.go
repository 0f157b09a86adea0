package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"kofu/internal/linkcode"
)

// service is the running program, kofu-booking, with the data of an office.
type service struct {
	cmd    *exec.Cmd
	at     string // address of the residents' pages
	log    string // its log file
	client *http.Client
}

// wide are settings under which no limit but the machine's counts.
const wide = "workers = 1000\ntenant_percent = 100\nroom_in_flight = 100000\nroom_p95_ms = 600000\n"

// start starts the program; more are lines of its configuration.
func (b *bench) start(ctx context.Context, o *office, more string) (_ *service, err error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &service{at: "127.0.0.1:" + port, log: filepath.Join(o.dir, "bench.log")}
	config := fmt.Sprintf("residents = %q\nstaff = \"off\"\noperator = \"off\"\nscheme = \"http\"\ndrain_seconds = 0\n", s.at)
	if o.dsn != "" {
		config += fmt.Sprintf("database = %q\n", o.dsn)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "kofu-booking.toml"), []byte(config+more), 0o600); err != nil {
		return nil, err
	}
	logFile, err := os.Create(s.log) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()            // the program has its own
	s.cmd = exec.CommandContext(ctx, b.program, "serve", "--data", o.dir) //nolint:gosec // the program that is measured
	s.cmd.Stdout, s.cmd.Stderr = logFile, logFile
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w; build it with make programs", err)
	}
	s.client = browser()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.at)
		if err == nil {
			return s, conn.Close()
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(s.log)
			return nil, errors.Join(fmt.Errorf("the service does not start: %s", text), s.stop())
		}
	}
}

// browser is what all clients of a process ask with.
func browser() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 2 * clients, MaxIdleConnsPerHost: 2 * clients, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// stop ends the program.
func (s *service) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// cpu is what the program has used so far.
func (s *service) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte(") "))
	words := strings.Fields(string(rest))
	var user, system int
	if len(words) > 12 {
		_, _ = fmt.Sscan(words[11]+" "+words[12], &user, &system) // numbers
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// visitor is a resident's browser without anything but cookies.
type visitor struct {
	*service
	tenant  int
	cookies map[string]string
}

func (s *service) visitor(tenant int) *visitor {
	return &visitor{service: s, tenant: tenant, cookies: map[string]string{}}
}

// page is an answer.
type page struct {
	status int
	to     string // of a redirect
	body   string
	took   time.Duration
}

// request asks for an address, with a form for a POST.
func (v *visitor) request(ctx context.Context, address string, form url.Values) (page, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+v.at+address, body)
	if err != nil {
		return page{}, err
	}
	r.Host = host(v.tenant)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	begin := time.Now()
	answer, err := v.client.Do(r)
	if err != nil {
		return page{}, err
	}
	text, err := io.ReadAll(answer.Body)
	p := page{answer.StatusCode, answer.Header.Get("Location"), string(text), time.Since(begin)}
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return p, errors.Join(err, answer.Body.Close())
}

// want is request for an answer of a status.
func (v *visitor) want(ctx context.Context, status int, address string, form url.Values) (page, error) {
	p, err := v.request(ctx, address, form)
	if err == nil && p.status == http.StatusServiceUnavailable {
		return p, busyError{address}
	}
	if err == nil && p.status != status {
		err = fmt.Errorf("%s answers %d, not %d:\n%s", address, p.status, status, plain(p.body))
	}
	return p, err
}

// busyError is the answer of a service that has too much to do.
type busyError struct{ address string }

func (e busyError) Error() string { return e.address + " is busy" }

var (
	tags    = regexp.MustCompile(`(?s)<[^>]*>\s*`)
	tokenOf = regexp.MustCompile(`name="token" value="([^"]*)"`)
)

func plain(body string) string { return tags.ReplaceAllString(body, " ") }

// signIn shows a code.
func (v *visitor) signIn(ctx context.Context, code linkcode.Code) error {
	p, err := v.want(ctx, http.StatusOK, "/ja/code", nil)
	if err != nil {
		return err
	}
	_, err = v.want(ctx, http.StatusSeeOther, "/ja/code", url.Values{
		"token": {formToken(p)}, "code": {string(code)}, "year": {"1985"}, "month": {"4"}, "day": {"1"},
	})
	return err
}

func formToken(p page) string {
	m := tokenOf.FindStringSubmatch(p.body)
	if m == nil {
		return ""
	}
	return m[1]
}

// choice is a slot as addresses carry it.
func choice(window, slotID string) url.Values {
	return url.Values{"p": {"receive"}, "w": {window}, "s": {slotID}}
}

// confirm opens the page before the booking and returns its form.
func (v *visitor) confirm(ctx context.Context, window, slotID string) (url.Values, error) {
	form := choice(window, slotID)
	p, err := v.want(ctx, http.StatusOK, "/ja/confirm?"+form.Encode(), nil)
	form.Set("token", formToken(p))
	form.Set("once", rand.Text())
	return form, err
}

// empty is a program that answers nothing, the yardstick of the machine.
type empty struct {
	cmd *exec.Cmd
	at  string
}

func startEmpty(ctx context.Context) (*empty, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	e := &empty{cmd: exec.CommandContext(ctx, self)} //nolint:gosec // this very program
	e.cmd.Env = append(os.Environ(), emptyVariable+"=1")
	out, err := e.cmd.StdoutPipe()
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	e.at, err = bufio.NewReader(out).ReadString('\n')
	e.at = strings.TrimSpace(e.at)
	return e, err
}

func (e *empty) stop() error {
	if err := e.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = e.cmd.Wait() // killed
	return nil
}

// serveNothing answers every request with nothing.
func serveNothing(ctx context.Context, out io.Writer) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: time.Minute}
	return server.Serve(l)
}
