package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kofu/internal/booking/sample"
	"kofu/internal/booking/town"
	"kofu/internal/testkit"
)

// The second municipality of the practice data takes no personal data.
const (
	withoutData = "wakaba.localhost"
	itsTenant   = 2
)

// daysPage is where somebody chooses a day who comes for a card.
const daysPage = "/ja/days?p=receive&w=YAK&g=1"

// number may be a 個人番号: twelve digits with a valid check digit.
const number = "621498320257"

// practiceRun is the program with its practice data and a clock of the test.
type practiceRun struct {
	*running
	clock *testkit.Clock
	dsn   string // of PostgreSQL, "" for the file in the folder
	town  sample.Town
}

func beginPractice(t *testing.T, engine string) *practiceRun {
	t.Helper()
	p := &practiceRun{clock: testkit.NewClock()}
	data := t.TempDir()
	dir := filepath.Join(data, "practice")
	env := func(string) string { return "" }
	if engine == "postgres" {
		p.dsn = testkit.EmptyPostgres(t)
		env = func(name string) string {
			if name == "KOFU_BOOKING_DB" {
				return p.dsn
			}
			return ""
		}
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "kofu-booking.toml"), []byte("residents = \"127.0.0.1:0\"\nstaff = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.running = beginAs(t, &Main{Clock: p.clock.Now, Env: env, Doors: doors}, "--data", data, "--practice")
	p.data = dir
	p.out.Reset()                                                 // the codes to try, which only practice tells
	text, err := os.ReadFile(filepath.Join(dir, "practice.json")) //nolint:gosec // our own folder
	var s sample.Sample
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.town = s.Towns[itsTenant-1]
	return p
}

// client is a browser of a resident or of staff: it keeps cookies and follows
// redirects.
type client struct {
	*practiceRun
	listener string
	cookies  map[string]string
	token    string // of staff
	status   int
	body     string
	at       string
}

func (p *practiceRun) client(listener string) *client {
	return &client{practiceRun: p, listener: listener, cookies: map[string]string{}}
}

func (c *client) send(method, to, kind, body string) *client {
	c.t.Helper()
	for range 8 {
		r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.addresses[c.listener]+to, strings.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		r.Host = withoutData
		if body != "" {
			r.Header.Set("Content-Type", kind)
		}
		if c.token != "" {
			r.Header.Set("X-Kofu-Token", c.token)
		}
		for name, value := range c.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			c.t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil {
			c.t.Fatal(err)
		}
		for _, set := range answer.Cookies() {
			if c.cookies[set.Name] = set.Value; set.MaxAge < 0 {
				delete(c.cookies, set.Name)
			}
		}
		c.status, c.body, c.at = answer.StatusCode, string(text), to
		if c.status != http.StatusSeeOther {
			break
		}
		method, to, body = http.MethodGet, answer.Header.Get("Location"), ""
	}
	return c
}

func (c *client) get(to string) *client { c.t.Helper(); return c.send(http.MethodGet, to, "", "") }

func (c *client) post(to string, form url.Values) *client {
	c.t.Helper()
	return c.send(http.MethodPost, to, "application/x-www-form-urlencoded", form.Encode())
}

// act sends JSON as the staff screens do.
func (c *client) act(to string, in any) *client {
	c.t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, to, "application/json", string(b))
}

// ok demands that the last answer was a success.
func (c *client) ok() *client {
	c.t.Helper()
	if c.status != http.StatusOK {
		c.t.Fatalf("%s: %d:\n%s", c.at, c.status, c.body)
	}
	return c
}

type formSeen struct {
	method, to string
	fields     url.Values
	typed      []string // names that are no hidden fields
}

var (
	formTag  = regexp.MustCompile(`(?s)<form method="(post|get)" action="([^"]*)".*?</form>`)
	fieldTag = regexp.MustCompile(`<(input|select|textarea)[^>]*>`)
	attrTag  = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	linkTag  = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)
)

func (c *client) forms() (list []formSeen) {
	for _, m := range formTag.FindAllStringSubmatch(c.body, -1) {
		f := formSeen{strings.ToUpper(m[1]), unescape(m[2]), url.Values{}, nil}
		for _, tag := range fieldTag.FindAllString(m[0], -1) {
			a := map[string]string{}
			for _, one := range attrTag.FindAllStringSubmatch(tag, -1) {
				a[one[1]] = unescape(one[2])
			}
			if a["name"] == "" {
				continue
			}
			f.fields.Add(a["name"], a["value"])
			if a["type"] != "hidden" {
				f.typed = append(f.typed, a["name"])
			}
		}
		list = append(list, f)
	}
	return list
}

func (c *client) form(action string) formSeen {
	c.t.Helper()
	for _, f := range c.forms() {
		if strings.HasSuffix(f.to, action) {
			return f
		}
	}
	c.t.Fatalf("%s has no form to %s:\n%s", c.at, action, c.body)
	return formSeen{}
}

// link is the address of the first link that contains a text.
func (c *client) link(part string) string {
	c.t.Helper()
	for _, m := range linkTag.FindAllStringSubmatch(c.body, -1) {
		if to := unescape(m[1]); strings.Contains(to, part) {
			return to
		}
	}
	c.t.Fatalf("%s has no link with %s:\n%s", c.at, part, c.body)
	return ""
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&#43;", "+").Replace(s)
}

// show shows the n-th code of the practice data.
func (c *client) show(n int) *client {
	c.t.Helper()
	code := c.town.Codes[n]
	day := strings.Split(code.Birth, "-")
	f := c.get("/ja/code").form("/code").fields
	f.Set("code", code.Code)
	f.Set("year", day[0])
	f.Set("month", day[1])
	f.Set("day", day[2])
	c.post("/ja/code", f).ok()
	return c.get(daysPage).ok()
}

// traces looks for a text in the database, in every file of the data folder and
// in what the program has said.
func (p *practiceRun) traces(secrets ...string) {
	p.t.Helper()
	dump := p.dump()
	for _, secret := range secrets {
		if strings.Contains(dump, secret) {
			p.t.Errorf("%q is in the database", secret)
		}
		if strings.Contains(p.out.String()+p.err.String(), secret) {
			p.t.Errorf("%q is in what the program says", secret)
		}
		err := filepath.WalkDir(p.data, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "practice.json" { // which has the codes to try
				return gone(err)
			}
			text, err := os.ReadFile(name) //nolint:gosec // our own folder
			if bytes.Contains(text, []byte(secret)) {
				p.t.Errorf("%q is in %s", secret, d.Name())
			}
			return gone(err)
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// gone forgives a file that the running program has just renamed: it is looked
// at under its last name once the program has stopped.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (p *practiceRun) dump() string {
	p.t.Helper()
	service, err := town.Open(context.WithoutCancel(p.t.Context()), p.data, town.Options{Clock: p.clock.Now, Practice: true, Database: p.dsn})
	if err != nil {
		p.t.Fatal(err)
	}
	text := testkit.Dump(p.t, service.DB)
	if err := service.Close(); err != nil {
		p.t.Fatal(err)
	}
	return text
}

// BK-602 and BK-108: in a municipality without personal data a resident books and
// comes, staff receive them and close the day; whatever anybody typed beyond
// that, and the birth date of the sign-in, is nowhere afterwards.
func TestBK602_BK108_NothingPersonalIsLeft(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			p := beginPractice(t, engine)
			sent := p.mailServer()
			canaries := url.Values{
				"mail": {"kanaria@example.jp"}, "phone": {"090-1234-9876"}, "name": {"金糸雀花子"}, "kana": {"キンシジャクハナコ"},
				"birth": {"1931-02-28"}, "address": {"金糸雀町九丁目"}, "sex": {"female"}, "memo": {"金糸雀花子"},
			}
			resident := p.client(residents).show(0)
			resident.get(resident.link("/times?"))
			resident.get(resident.link("/confirm?"))
			form := resident.form("/book").fields
			if resident.form("/book").typed != nil {
				t.Errorf("it asks for %v", resident.form("/book").typed)
			}
			for name, value := range canaries { // nobody asked for it
				form[name] = value
			}
			booked := resident.post("/ja/book", form)
			if booked.status != http.StatusOK { // it is refused: then without
				resident.get(daysPage)
				resident.get(resident.link("/times?"))
				resident.get(resident.link("/confirm?"))
				booked = resident.post("/ja/book", resident.form("/book").fields)
			}
			booked.ok()
			day := regexp.MustCompile(`\d{2}-\d{4}`).FindString(booked.body)
			if day == "" {
				t.Fatalf("no receipt number:\n%s", booked.body)
			}
			p.receive(day)
			if n := sent(); n != 0 {
				t.Errorf("the mail server was called %d times", n)
			}
			if p.client(staffDoor).signIn("kanri").act("/api/mail-server/test", map[string]string{}); sent() == 0 {
				t.Error("nobody would have noticed a mail")
			}
			secrets := []string{
				p.town.Codes[0].Code, strings.ReplaceAll(p.town.Codes[0].Code, "-", ""),
				p.town.Codes[0].Birth, strings.ReplaceAll(p.town.Codes[0].Birth, "-", ""), "金糸雀", "キンシジャク", "kanaria", "1234-9876", "1931-02-28",
			}
			p.traces(secrets...)
			if code := p.stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			p.traces(secrets...)
		})
	}
}

// mailServer is where the municipality's mails go from now on. It answers how
// often it was called.
func (p *practiceRun) mailServer() func() int32 {
	p.t.Helper()
	var calls atomic.Int32
	listener, err := new(net.ListenConfig).Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = listener.Close() }) // closed once
	go func() {
		for c, err := listener.Accept(); err == nil; c, err = listener.Accept() {
			calls.Add(1)
			_ = c.Close() // it takes no mail
		}
	}()
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	staff := p.client(staffDoor).signIn("kanri").get("/api/mail-server").ok()
	var form map[string]any
	if err := json.Unmarshal([]byte(staff.body), &form); err != nil {
		p.t.Fatal(err)
	}
	form["host"], form["port"], form["security"] = host, json.Number(port), "plain"
	text, err := json.Marshal(form)
	if err != nil {
		p.t.Fatal(err)
	}
	staff.send(http.MethodPut, "/api/mail-server", "application/json", string(text)).ok()
	return calls.Load
}

// signIn signs an account of the practice data in.
func (c *client) signIn(login string) *client {
	c.t.Helper()
	c.token, c.cookies = "", map[string]string{}
	for _, a := range c.town.Accounts {
		if a.Login == login {
			c.act("/api/session", map[string]string{"login": a.Login, "password": a.Password}).ok()
		}
	}
	var me struct{ Token string }
	if err := json.Unmarshal([]byte(c.body), &me); err != nil {
		c.t.Fatal(err)
	}
	c.token = me.Token
	return c
}

// receive lets somebody come on the day of a booking.
func (p *practiceRun) receive(no string) {
	p.t.Helper()
	staff := p.client(staffDoor)
	for range 40 {
		staff.signIn("sekinin")
		staff.get("/api/windows/YAK/visits").ok()
		if strings.Contains(staff.body, `"`+no+`"`) {
			break
		}
		p.clock.Advance(24 * time.Hour)
	}
	staff.act("/api/arrivals", map[string]any{"windowId": "YAK", "entry": no, "today": true}).ok()
	var arrived struct {
		Kept    bool
		Booking struct{ ID string }
	}
	if err := json.Unmarshal([]byte(staff.body), &arrived); err != nil || !arrived.Kept {
		p.t.Fatalf("did not arrive: %v %s", err, staff.body)
	}
	staff.act("/api/bookings/"+arrived.Booking.ID+"/reception", map[string]any{"act": "finish", "persons": []int{}, "handled": []string{"delivered"}}).ok()
	staff.get("/api/board").ok()
}

// BK-104: twelve digits, typed into every field of every form and into every
// part of every address, with or without a session, come to rest nowhere.
func TestBK104_TwelveDigitsAnywhere(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			p := beginPractice(t, engine)
			parts := []string{"p", "w", "s", "d", "n", "g", "view", "to", "note", "letter", "again", "size", "lang", number}
			someone := p.client(residents)
			tried := 0
			for _, signedIn := range []bool{false, true} {
				if signedIn {
					someone.show(1)
					someone.get(someone.link("/times?"))
					someone.get(someone.link("/confirm?"))
				}
				pages := []string{
					someone.at, "/", "/language", "/view", "/help", "/privacy", "/free", "/free/times", "/code", "/open", "/open/days", "/open/times",
					"/open/confirm", "/key", "/mail/" + number, "/next", "/procedure", "/window", "/party", "/days", "/times", "/confirm", "/wish", "/forgot",
					"/pin", "/notready", "/accessibility", "/b/" + number, "/b/" + number + "/days", "/b/" + number + "/times", "/b/" + number + "/confirm",
					"/b/" + number + "/cancel", "/b/" + number + "/leave", "/b/" + number + "/offer", "/" + number,
				}
				for _, path := range pages {
					if path == "" {
						continue
					}
					if !strings.HasPrefix(path, "/ja/") {
						path = "/ja" + path
					}
					someone.get(path)
					forms := someone.forms()
					for _, part := range parts {
						someone.get(strings.Split(path, "?")[0] + "?" + part + "=" + number)
					}
					for _, f := range forms {
						for name := range f.fields {
							typed := url.Values{}
							for k, v := range f.fields {
								typed[k] = v
							}
							typed[name] = []string{number}
							if strings.HasSuffix(f.to, "/end") || strings.HasSuffix(f.to, "/book") && name != "once" && name != "token" && name != "s" {
								continue // the end of the session, or a booking
							}
							if f.method == http.MethodGet {
								someone.get(f.to + "?" + typed.Encode())
							} else {
								someone.post(f.to, typed)
							}
							tried++
						}
					}
				}
			}
			for _, path := range []string{"/" + number, "/C/" + number, "/c/" + number + "/x", "/en/b/" + number + "/kofu.ics", "/style/" + number, "/" + number + "/code"} {
				someone.get(path)
				someone.post(path, url.Values{number: {number}})
			}
			staff := p.client(staffDoor)
			staff.act("/api/session", map[string]string{"login": number, "password": number})
			staff.signIn("sekinin")
			staff.act("/api/arrivals", map[string]any{"windowId": "YAK", "entry": number})
			for _, path := range []string{"/api/" + number, "/api/bookings/" + number, "/api/windows/" + number + "/visits", "/api/windows/YAK/visits?day=" + number, "/" + number} {
				staff.get(path)
				staff.act(path, map[string]string{number: number})
			}
			if tried < 20 {
				t.Errorf("only %d fields were tried", tried)
			}
			p.traces(number)
			if code := p.stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			p.traces(number)
		})
	}
}
