//go:build faultlab

package faultlab_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/testkit"
)

var every = flag.Bool("every", false, "kills at every system call of writing and applying a bundle, not at a sample of them")

// flow is one program that writes or applies a bundle, with the data before it.
type flow struct {
	name    string
	program string
	dir     string // data folder before
	args    func(dir, usb string) []string
	// state of the data folder; before and after the flow.
	state         func(dir string) string
	before, after string
	// left checks the medium after a kill and reports whether there is a bundle.
	left func(dir, usb string) bool
	// next is the normal exchange that follows, the flow itself included; it ends
	// in the state on the other side.
	next func(dir, usb string)
}

// G03: the programs are killed at the system calls of writing and of applying a
// bundle, on both sides. Whoever starts them again finds all of the bundle or
// nothing of it, whole databases, and the next exchange ends as without the kill.
func TestG03_KilledExchange(t *testing.T) {
	p := inTheMail(t, "")
	for _, f := range p.flows() {
		t.Run(f.name, func(t *testing.T) { p.kills(t, f, 10) })
	}
}

// G03: the same for the booking service with PostgreSQL, which is killed as it is
// about to say something to the server.
func TestG03_KilledExchangeWithPostgres(t *testing.T) {
	p := inTheMail(t, testkit.EmptyPostgres(t))
	for _, f := range p.flows() {
		if f.program == "kofu-booking" {
			t.Run(f.name, func(t *testing.T) { p.kills(t, f, 4) })
		}
	}
}

// kills kills a flow at one system call after the other, in a short run at one of
// each so many parts.
func (p *pair) kills(t *testing.T, f flow, parts int) {
	defer func(was *testing.T) { p.t = was }(p.t)
	p.t = t
	chance := seeded(t)
	none := p.scratch(t, f)
	code, total, _ := p.traced(t, 0, f, none)
	if code != 0 || total < 20 {
		t.Fatalf("undisturbed: exit code %d after %d system calls", code, total)
	}
	old, done := 0, 0
	killed := map[string]int{}
	for _, k := range points(chance, total, parts) {
		s := p.scratch(t, f)
		code, _, call := p.traced(t, k, f, s)
		if code == 0 { // a run with fewer calls
			continue
		}
		if code != killedCode {
			t.Fatalf("call %d: exit code %d", k, code)
		}
		killed[call]++
		p.healthy(t, f, s)
		switch state := f.state(s.dir); {
		case state != f.before && state != f.after:
			t.Errorf("half a bundle: %s", differs(f.before, state))
		case f.left(s.dir, s.usb), f.before != f.after && state == f.after:
			done++
		default:
			old++
		}
		f.next(s.dir, s.usb)
		f.tidy(t, s)
		if t.Failed() {
			t.Fatalf("killed at call %d of %d (%s)", k, total, call)
		}
		if err := os.RemoveAll(s.top); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d system calls, killed %v: nothing was done %d times, all %d times", total, killed, old, done)
	if old == 0 || done == 0 {
		t.Error("the kills came all before or all after the bundle")
	}
}

// streams counts those who draw from one seed, so that each draws something else.
var streams uint64

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	streams++
	t.Logf("-seed %d", *seed)
	return rand.New(rand.NewPCG(*seed, streams))
}

// points are the system calls at which to kill: all, or one of each part and
// the last ones.
func points(chance *rand.Rand, total, parts int) (list []int) {
	if *every {
		for k := 1; k <= total+10; k++ { // a run may have some more
			list = append(list, k)
		}
		return list
	}
	for i := range parts {
		from, to := i*total/parts, (i+1)*total/parts
		list = append(list, from+1+chance.IntN(max(1, to-from)))
	}
	for k := total - parts/2; k <= total; k++ { // where a bundle gets its name
		list = append(list, k)
	}
	return list
}

// scratchpad is a copy of the data before a flow.
type scratchpad struct{ top, dir, usb string }

func (p *pair) scratch(t *testing.T, f flow) scratchpad {
	t.Helper()
	top, err := os.MkdirTemp(filepath.Dir(p.usb), "killed-") //nolint:usetesting // it goes with its round, not with the test
	if err != nil {
		t.Fatal(err)
	}
	s := scratchpad{top, filepath.Join(top, "data"), filepath.Join(top, "usb")}
	copyData(t, f.dir, s.dir)
	if err := os.Mkdir(s.usb, 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

var configured = regexp.MustCompile(`(?m)^database = "(.*)"$`)

// dsnOf is the database of a data folder of the booking service, "" for a file.
func dsnOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "kofu-booking.toml"))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	if m := configured.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// databases counts those that were copied.
var databases int

// copyData copies a data folder, with its database where that is on a server.
func copyData(t *testing.T, from, to string) {
	t.Helper()
	copyFolder(t, from, to)
	dsn := dsnOf(t, from)
	if dsn == "" {
		return
	}
	at, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	databases++
	was, name := strings.TrimPrefix(at.Path, "/"), fmt.Sprintf("killed_%d_%d", os.Getpid(), databases)
	testkit.Psql(t, "postgres:///postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s OWNER kofu_owner", name, was))
	t.Cleanup(func() { testkit.Psql(t, "postgres:///postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	at.Path = "/" + name
	config := filepath.Join(to, "kofu-booking.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text = configured.ReplaceAllLiteral(text, fmt.Appendf(nil, "database = %q", at.String()))
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "chmod", "-R", "go-rwx", to).Run(); err != nil {
		t.Fatal(err)
	}
}

// traced runs a flow, killed as it enters the k-th system call that counts.
func (p *pair) traced(t *testing.T, k int, f flow, s scratchpad) (code, calls int, last string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{tracing, strconv.Itoa(k), filepath.Join(made, f.program)}, f.args(s.dir, s.usb)...)
	c := exec.CommandContext(t.Context(), self, args...) //nolint:gosec // this test
	var errs bytes.Buffer
	c.Stderr = &errs
	_ = c.Run()
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if _, err := fmt.Sscanf(lines[len(lines)-1], "counted %d %s", &calls, &last); err != nil {
		t.Fatalf("the tracer: %v %s", c.ProcessState, errs.String())
	}
	return c.ProcessState.ExitCode(), calls, last
}

// healthy starts the killed program's data again and checks it with other tools.
func (p *pair) healthy(t *testing.T, f flow, s scratchpad) {
	t.Helper()
	if f.program == "kofuctl" {
		verify(t, s.dir)
		return
	}
	p.must(nil, "kofu-booking", "verify-log", tenantNo, "--data", s.dir)
	p.must(nil, "kofu-booking", "check", tenantNo, "--data", s.dir)
	if dsnOf(t, s.dir) != "" {
		return
	}
	ask := ofCloud(t, s.dir)
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		if answer := strings.TrimSpace(ask("PRAGMA " + pragma)); answer != "ok" && answer != "" {
			t.Errorf("%s: %s", pragma, answer)
		}
	}
}

// tidy checks that nothing under way is left once a bundle was written again.
func (f flow) tidy(t *testing.T, s scratchpad) {
	t.Helper()
	for _, pattern := range []string{filepath.Join(s.usb, ".kofu-bundle-*"), filepath.Join(s.dir, "spool", "*")} {
		if left, err := filepath.Glob(pattern); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
}

// bundlesIn are the files with the name of a bundle in a folder. Each must be the
// whole of a bundle that the database knows to have made: nothing else may ever
// have the name of one.
func bundlesIn(t *testing.T, usb string, ask func(string) string) (files []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(usb, "*.kfb"))
	if err != nil {
		t.Fatal(err)
	}
	known := ask("SELECT sha256 FROM relay_bundle WHERE direction = 'out'")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if !strings.Contains(known, base64.RawURLEncoding.EncodeToString(sum[:])) {
			t.Errorf("%s (%d bytes) is none of the bundles that were made", filepath.Base(file), len(b))
		}
	}
	return files
}

// differs are the lines that only one of two states has.
func differs(one, other string) string {
	var b strings.Builder
	has := func(text, line string) bool { return strings.Contains("\n"+text+"\n", "\n"+line+"\n") }
	for line := range strings.SplitSeq(one, "\n") {
		if !has(other, line) {
			fmt.Fprintln(&b, "-", line)
		}
	}
	for line := range strings.SplitSeq(other, "\n") {
		if !has(one, line) {
			fmt.Fprintln(&b, "+", line)
		}
	}
	return b.String()
}
