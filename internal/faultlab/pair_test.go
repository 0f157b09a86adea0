//go:build faultlab

package faultlab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	tenantNo   = "1"
	publicHost = "yoyaku.localhost" // browsers trust it without TLS
	staffHost  = "kanri.localhost"
	windowID   = "W1"
)

// made is the folder with the programs, built once for all tests.
var made string

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == tracing {
		os.Exit(trace(os.Args[2:]))
	}
	dir, err := os.MkdirTemp("", "kofu-lab-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	made = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// programs builds the three programs with a clock that the tests set.
var programs = sync.OnceValue(func() error {
	for name, from := range map[string]string{"kofu": "kofu", "kofuctl": "kofuctl", "kofu-booking": "booking"} {
		c := exec.Command("go", "build", "-tags", "faultlab", "-o", filepath.Join(made, name), "kofu/app/"+from)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	return nil
})

// pair is the office and the booking service of one municipality: real programs,
// each with a data folder and ports of its own, under one clock.
type pair struct {
	t        *testing.T
	office   string // data folders
	cloud    string
	usb      string // the medium
	clock    string // file of the clock
	dsn      string // of the booking service, '' for a file
	exchange string // address of its door for offices

	typed string // what is typed into commands

	kofu   *program // nil while it is stopped
	served *service
	staff  *program // the booking service's staff
}

func newPair(t *testing.T, dsn string) *pair {
	t.Helper()
	return newPairIn(t, t.TempDir(), dsn)
}

func newPairIn(t *testing.T, dir, dsn string) *pair {
	t.Helper()
	if err := programs(); err != nil {
		t.Fatal(err)
	}
	p := &pair{
		t: t, office: filepath.Join(dir, "office"), cloud: filepath.Join(dir, "cloud"), usb: filepath.Join(dir, "usb"),
		clock: filepath.Join(dir, "clock"), dsn: dsn, exchange: freePort(t),
	}
	for _, folder := range []string{p.office, p.cloud, p.usb} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KOFU_TEST_CLOCK", p.clock)
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// tokyo is where the office lies.
var tokyo = time.FixedZone("", 9*60*60)

// at sets the clock of all programs to a time of a day in Japan.
func (p *pair) at(day, hour string) {
	p.t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", day+" "+hour, tokyo)
	if err != nil {
		p.t.Fatal(err)
	}
	p.setClock(time.Until(when).String())
}

func (p *pair) setClock(text string) {
	p.t.Helper()
	next := p.clock + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(next, p.clock); err != nil {
		p.t.Fatal(err)
	}
	for _, one := range []*program{p.kofu, p.staff} {
		if one != nil {
			one.token = "" // the session is over by now
		}
	}
}

// run runs one of the programs and returns its exit code and what it printed.
func (p *pair) run(name string, args ...string) (code int, out, errs string) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(p.t.Context(), filepath.Join(made, name), args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(p.typed), &stdout, &stderr
	err := c.Run()
	if err != nil && c.ProcessState == nil {
		p.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// must runs a program, which has to succeed, and decodes its JSON into v.
func (p *pair) must(v any, name string, args ...string) {
	p.t.Helper()
	code, out, errs := p.run(name, args...)
	if code != 0 {
		p.t.Fatalf("%s %s: %d %s", name, strings.Join(args, " "), code, errs)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		p.t.Fatalf("%s %s: %v in %s", name, strings.Join(args, " "), err, out)
	}
}

// ctlArgs are the arguments of kofuctl on the office's data folder.
func (p *pair) ctlArgs(args ...string) []string {
	return append(args, "--data", p.office, "--json")
}

// ctl runs kofuctl on the office's data folder. It writes only while the appliance
// is stopped.
func (p *pair) ctl(v any, args ...string) {
	p.t.Helper()
	p.closeOffice()
	p.must(v, "kofuctl", p.ctlArgs(args...)...)
}

// cloudArgs are the arguments of kofu-booking on its data folder.
func (p *pair) cloudArgs(args ...string) []string {
	return append(args, "--data", p.cloud, "--json")
}

// booking runs a command of the operator of the booking service, beside it.
func (p *pair) booking(v any, args ...string) {
	p.t.Helper()
	p.must(v, "kofu-booking", p.cloudArgs(args...)...)
}

// openOffice returns the appliance, started and signed in.
func (p *pair) openOffice() *program {
	p.t.Helper()
	if p.kofu == nil {
		p.kofu = launch(p.t, filepath.Join(made, "kofu"), p.office)
		if p.kofu.code != "" {
			p.kofu.setUp()
		}
	}
	if p.kofu.token == "" {
		p.kofu.signIn()
	}
	return p.kofu
}

func (p *pair) closeOffice() {
	p.t.Helper()
	if p.kofu != nil {
		p.kofu.stop()
		p.kofu = nil
	}
}

// service is a running booking service.
type service struct {
	cmd       *exec.Cmd
	listeners map[string]string
	logged    bytes.Buffer
	reading   sync.WaitGroup
}

// serve prepares the booking service with one municipality and starts it.
func (p *pair) serve() {
	p.t.Helper()
	config := fmt.Sprintf(`residents = "127.0.0.1:0"
staff = "127.0.0.1:0"
operator = "off"
exchange = %q
scheme = "http"
drain_seconds = 0
trusted_proxies = ["127.0.0.0/8"]
database = %q
dumps = "off"
`, p.exchange, p.dsn)
	if err := os.WriteFile(filepath.Join(p.cloud, "kofu-booking.toml"), []byte(config), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.must(nil, "kofu-booking", "migrate", "--data", p.cloud)
	p.booking(nil, "tenant", "add", "--id", tenantNo, "--host", publicHost, "--staff-host", staffHost, "--name", "試験市")
	p.openCloud()
	var admin struct{ InitialPassword string }
	p.booking(&admin, "admin", tenantNo, "--login", login)
	p.staff = &program{t: p.t, client: p.clientTo("staff"), base: "http://" + staffHost}
	p.staff.firstSignIn(login, admin.InitialPassword)
	p.staff.signIn()
}

func (p *pair) openCloud() {
	p.t.Helper()
	s := &service{cmd: exec.Command(filepath.Join(made, "kofu-booking"), "serve", "--data", p.cloud)}
	errs, err := s.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.served = s
	p.t.Cleanup(p.closeCloud)
	lines := json.NewDecoder(errs)
	for s.listeners == nil {
		var line struct {
			Msg       string
			Listeners map[string]string
		}
		if err := lines.Decode(&line); err != nil {
			p.t.Fatalf("the booking service does not start: %v", err)
		}
		if line.Msg == "started" {
			s.listeners = line.Listeners
		}
	}
	s.reading.Go(func() { _, _ = s.logged.ReadFrom(errs) })
}

// closeCloud ends the booking service in good order.
func (p *pair) closeCloud() {
	if p.served == nil {
		return
	}
	s := p.served
	p.served = nil
	_ = s.cmd.Process.Signal(os.Interrupt)
	s.reading.Wait()
	if err := s.cmd.Wait(); err != nil {
		p.t.Errorf("the booking service ended with %v\n%s", err, s.logged.String())
	}
}

func newJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

// clientTo is a browser whose every call goes to one listener of the booking
// service, whatever name it asks for.
func (p *pair) clientTo(listener string) *http.Client {
	p.t.Helper()
	var dialer net.Dialer
	return &http.Client{Jar: newJar(p.t), Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", p.served.listeners[listener])
		},
	}}
}

// openWindow opens the window of the municipality on working days from nine to
// twelve.
func (p *pair) openWindow(web, office int) {
	p.t.Helper()
	deadline := map[string]int{"days": 1, "minute": 17 * 60}
	p.staff.must(p.staff.call("PUT", "/api/windows/"+windowID, "application/json", jsonBody(map[string]any{
		"id": windowID, "name": "市役所 本庁舎", "address": "試験市一丁目1", "phone": "000-000-0000", "phoneHours": "平日 8:30から17:15まで",
		"texts": map[string]any{}, "horizonDays": 31, "book": deadline, "change": deadline, "cancel": map[string]int{"days": 0, "minute": 9 * 60},
		"lastStart": 1440, "lastEnd": 1440, "release": []any{}, "counters": 2, "lateMinutes": 10, "phoneOnlyDays": []any{}, "officeSeats": "office",
	}), nil))
	var pattern []map[string]any
	for day := 1; day <= 5; day++ {
		pattern = append(pattern, map[string]any{
			"weekday": day, "fromMinute": 9 * 60, "toMinute": 12 * 60, "slotMinutes": 30, "webCap": web, "officeCap": office, "procs": []string{},
		})
	}
	p.staff.must(p.staff.call("PUT", "/api/windows/"+windowID+"/pattern", "application/json", jsonBody(pattern), nil))
}

func jsonBody(v any) *bytes.Reader {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only values of this package
	}
	return bytes.NewReader(b)
}

// fingerprints are what the commands of either side answer about keys.
type fingerprints struct{ Own, Offered, Peer string }

// ceremony makes the keys of both sides, carries the public halves across, and has
// two people on each side compare the fingerprints.
func (p *pair) ceremony() {
	p.t.Helper()
	var office, cloud, seen fingerprints
	p.ctl(&office, "exchange", "keys", "--make", tenantNo, "--out", p.usb)
	cloudKeys := filepath.Join(p.usb, "cloud.kpub")
	p.booking(&cloud, "exchange", "keys", tenantNo, "--out", cloudKeys)
	p.ctl(&seen, "exchange", "keys", "--read", cloudKeys)
	if seen.Offered != cloud.Own {
		p.t.Errorf("the office reads the fingerprint %s, the booking service shows %s", seen.Offered, cloud.Own)
	}
	officeKeys, err := filepath.Glob(filepath.Join(p.usb, tenantNo+"-office-*.kpub"))
	if err != nil || len(officeKeys) != 1 {
		p.t.Fatalf("the office's public keys: %v %v", officeKeys, err)
	}
	p.booking(&seen, "exchange", "read", tenantNo, officeKeys[0])
	if seen.Offered != office.Own {
		p.t.Errorf("the booking service reads the fingerprint %s, the office shows %s", seen.Offered, office.Own)
	}
	p.confirm(office.Own, cloud.Own)
	p.ctl(&seen, "exchange", "keys", "--address", "https://"+p.exchange+"/exchange")
	if seen.Peer != cloud.Own {
		p.t.Errorf("the office believes %q", seen.Peer)
	}
	codeKeys := p.export("--code-keys")
	p.booking(nil, "exchange", "take", tenantNo, codeKeys)
}

// second is the login name of the other person who compares fingerprints.
const second = "futarime"

// confirm has two people on each side say, with their own passwords, that they have
// compared. One alone is not enough, and neither is one twice.
func (p *pair) confirm(office, cloud string) {
	p.t.Helper()
	var added struct{ InitialPassword string }
	p.ctl(&added, "staff", "add", "--login", second, "--name", "試験 二郎", "--roles", "supervisor", "--employee")
	o := *p.openOffice()
	o.client = &http.Client{Jar: newJar(p.t), Timeout: 30 * time.Second}
	o.firstSignIn(second, added.InitialPassword)
	p.closeOffice()
	p.booking(&added, "admin", tenantNo, "--login", second, "--name", "試験 二郎")
	c := &program{t: p.t, client: p.clientTo("staff"), base: "http://" + staffHost}
	c.firstSignIn(second, added.InitialPassword)

	atOffice := p.ctlArgs("exchange", "keys", "--confirm", cloud, "--login")
	atCloud := p.cloudArgs("exchange", "confirm", tenantNo, office, "--login")
	confirms := func(program string, args []string, login, typed string) (code int, errs string) {
		p.t.Helper()
		p.typed = typed + "\n"
		defer func() { p.typed = "" }()
		code, _, errs = p.run(program, slices.Insert(slices.Clone(args), slices.Index(args, "--login")+1, login)...)
		return code, errs
	}
	for program, args := range map[string][]string{"kofuctl": atOffice, "kofu-booking": atCloud} {
		for _, try := range []struct {
			login, typed string
			good         bool
		}{
			{login, "wrong", false}, {login, password, true}, {login, password, false}, {second, password, true},
		} {
			if code, errs := confirms(program, args, try.login, try.typed); (code == 0) != try.good {
				p.t.Fatalf("%s: %s confirms: %d %s", program, try.login, code, errs)
			}
		}
	}
}

// firstSignIn signs in with the password that the program has chosen, and chooses
// another one.
func (o *program) firstSignIn(login, initial string) {
	o.t.Helper()
	var m me
	o.must(o.post("/api/session", map[string]string{"login": login, "password": initial}, &m))
	o.token = m.Token
	o.must(o.post("/api/me/password", map[string]string{"old": initial, "new": password}, nil))
}

// export writes a bundle of the office onto the medium and returns its file.
func (p *pair) export(flags ...string) (file string) {
	p.t.Helper()
	var done struct{ File string }
	p.ctl(&done, append([]string{"exchange", "export", "--out", p.usb}, flags...)...)
	return done.File
}

// give writes a bundle of the booking service onto the medium.
func (p *pair) give() (file string) {
	p.t.Helper()
	var done struct{ File string }
	p.booking(&done, "exchange", "give", tenantNo, "--out", p.usb)
	return done.File
}

// byMedium is one undisturbed trip of the medium there and back.
func (p *pair) byMedium() {
	p.t.Helper()
	p.booking(nil, "exchange", "take", tenantNo, p.export())
	p.ctl(nil, "exchange", "import", p.give())
}
