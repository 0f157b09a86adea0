//go:build faultlab

package faultlab_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kofu/internal/faultlab"
)

const (
	login    = "admin"
	password = "a long enough pass phrase"
)

// program is one running kofu with a signed-in client.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	client *http.Client
	base   string
	code   string // for the first account
	token  string
	killed atomic.Bool
}

var (
	address  = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	codeLine = regexp.MustCompile(`インストールコード: (\S+)`)
)

// launch starts the program and waits for the last line of its banner.
func launch(t *testing.T, binary, dir string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(binary, "serve", "--data", dir, "--addr", "127.0.0.1:0", "--lan", "off")}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if p.base == "" {
			p.base = address.FindString(lines.Text())
		}
		if m := codeLine.FindStringSubmatch(lines.Text()); m != nil {
			p.code = m[1]
		}
		if strings.Contains(lines.Text(), dir) {
			break
		}
	}
	if p.base == "" {
		t.Fatal("the program does not start")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.client = &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{}}
	return p
}

// kill ends the program as a power switch would.
func (p *program) kill() {
	if p.killed.Swap(true) {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.client.CloseIdleConnections()
}

// stop ends the program in good order.
func (p *program) stop() {
	p.t.Helper()
	p.killed.Store(true)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("stop: %v", err)
	}
}

// refusal is an answer that is not a good one.
type refusal struct {
	path   string
	status int
	body   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.path, r.status, r.body) }

// mustBeDead fails the test when err is an answer and not the silence of a
// killed program.
func (p *program) mustBeDead(err error) {
	var r *refusal
	if errors.As(err, &r) || !p.killed.Load() {
		p.t.Errorf("while it ran: %v", err)
	}
}

// call sends a request and decodes the answer into v.
func (p *program) call(method, path, contentType string, body io.Reader, v any) error {
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("X-Kofu-Token", p.token)
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return &refusal{path, answer.StatusCode, string(b)}
	}
	if v == nil || len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, v)
}

func (p *program) get(path string, v any) error { return p.call("GET", path, "", nil, v) }

func (p *program) post(path string, in, v any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return p.call("POST", path, "application/json", bytes.NewReader(b), v)
}

func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

type me struct{ Token string }

func (p *program) setUp() {
	p.t.Helper()
	var m me
	p.must(p.post("/api/setup", map[string]string{
		"code": p.code, "organization": "試験市", "login": login, "name": "試験 管理", "password": password,
	}, &m))
	p.token = m.Token
}

func (p *program) signIn() {
	p.t.Helper()
	var m me
	p.must(p.post("/api/session", map[string]string{"login": login, "password": password}, &m))
	p.token = m.Token
}

func (p *program) alive() error { return p.get("/api/setup", nil) }

type importRun struct {
	ID         int64
	State      string
	DeliveryID int64
}

// upload sends a file to be looked at.
func (p *program) upload(name string, file []byte) (run importRun, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return run, err
	}
	if _, err := part.Write(file); err != nil {
		return run, err
	}
	if err := w.Close(); err != nil {
		return run, err
	}
	err = p.call("POST", "/api/imports", w.FormDataContentType(), &form, &run)
	return run, err
}

// apply takes the file over and waits for the acknowledgement.
func (p *program) apply(run importRun) (importRun, error) {
	if err := p.post(fmt.Sprintf("/api/imports/%d/apply", run.ID), struct{}{}, &run); err != nil {
		return run, err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for run.State == "applying" {
		<-tick.C
		if err := p.get(fmt.Sprintf("/api/imports/%d", run.ID), &run); err != nil {
			return run, err
		}
	}
	if run.State != "applied" {
		return run, &refusal{"import", 0, run.State}
	}
	return run, nil
}

// scan receives one card and notes the acknowledgement.
func (p *program) scan(l *batch, number string) error {
	var answer struct{ Result, Message string }
	err := p.post(fmt.Sprintf("/api/deliveries/%d/scans", l.id), map[string]string{"code": number}, &answer)
	if err != nil {
		return err
	}
	if answer.Result != "received" {
		return &refusal{"scan " + number, 200, answer.Result + " " + answer.Message}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Received[number] = true
	return nil
}

type delivery struct {
	ID                 int64
	LotNo              string
	Expected, Received int
}

type cardPage struct {
	Total int
	Rows  []struct{ NoticeNo string }
}

// cardsOf lists the notice numbers of a delivery, page by page.
func (p *program) cardsOf(id int64, only string) (numbers []string) {
	p.t.Helper()
	for {
		var page cardPage
		p.must(p.get(fmt.Sprintf("/api/deliveries/%d/cards?limit=500&offset=%d&only=%s", id, len(numbers), only), &page))
		for _, row := range page.Rows {
			numbers = append(numbers, row.NoticeNo)
		}
		if len(page.Rows) == 0 || len(numbers) >= page.Total {
			return numbers
		}
	}
}

// see looks the lot up after a restart.
func (p *program) see(l *batch) faultlab.Seen {
	p.t.Helper()
	var all []delivery
	p.must(p.get("/api/deliveries", &all))
	s := faultlab.Seen{Cards: map[string]bool{}}
	for _, d := range all {
		if d.LotNo != l.No {
			continue
		}
		s.Deliveries++
		s.Expected, s.Received = d.Expected, d.Received
		l.id = d.ID
		for _, only := range []string{"", "received"} {
			for _, number := range p.cardsOf(d.ID, only) {
				s.Cards[number] = only != ""
			}
		}
	}
	if s.Deliveries == 0 {
		for _, number := range []string{l.Numbers[0], l.Numbers[len(l.Numbers)-1]} {
			var page cardPage
			p.must(p.get("/api/cards?limit=500&q="+url.QueryEscape(number), &page))
			for _, row := range page.Rows {
				s.Cards[row.NoticeNo] = false
			}
		}
	}
	return s
}

// idle checks that no import hangs: what a crash interrupted is either done or
// not done.
func (p *program) idle() {
	p.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var runs []importRun
		p.must(p.get("/api/imports?limit=50", &runs))
		hanging := int64(0)
		for _, r := range runs {
			if r.State == "applying" {
				hanging = r.ID
			}
		}
		switch {
		case hanging == 0:
			return
		case time.Now().After(deadline):
			p.t.Errorf("import %d hangs after the restart", hanging)
			return
		}
		<-tick.C
	}
}

// checkBalance asks the product whether its own books are right.
func (p *program) checkBalance() {
	p.t.Helper()
	var home struct{ Balance struct{ OK bool } }
	p.must(p.get("/api/home", &home))
	if !home.Balance.OK {
		p.t.Error("received = handed over + destroyed + held does not hold")
	}
}
