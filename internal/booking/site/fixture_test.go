package site_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/site"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/password"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	tenant = 1
	birth  = "19850401"
)

var (
	key   = []byte("0123456789abcdef0123456789abcdef")
	keys  = member.Keys{"k1": key}
	codes = []linkcode.Code{"4492018377502295", "1234567890123428", "8888888888888824", "7777777777777709"}
)

// town is the site of one municipality with a window and a few codes.
type town struct {
	t       testing.TB
	db      *store.DB
	clock   *testkit.Clock
	log     *bytes.Buffer
	handler http.Handler
}

// onBoth runs a test against a town on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, w *town)) {
	t.Helper()
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) { fn(t, newTown(t, db, clock)) })
}

func newTown(t testing.TB, db *store.DB, clock *testkit.Clock) *town {
	t.Helper()
	w := &town{t: t, db: db.For(tenant), clock: clock, log: &bytes.Buffer{}}
	w.must(slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{
		ID: tenant, Host: "yoyaku.example", Name: "甲府市", PartyMax: 4, FromMinute: 360, UntilMinute: 1440, FewPercent: 30,
	}))
	w.window("W1", "市役所 本庁舎", 3)
	for i := range codes {
		w.issue(i, nil)
	}
	w.build(nil)
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// window opens a window every working day from nine to half past ten.
func (w *town) window(id, name string, seats int) {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := slot.SaveWindow(ctx, w.db, testkit.Supervisor, tenant, slot.Window{
		ID: id, Name: name, Address: "甲府市丸の内1-18-1", Phone: "055-237-0000", PhoneHours: "平日 8:30から17:15まで",
		HorizonDays: 31, Book: slot.Deadline{Days: 1, Minute: 1020}, Change: slot.Deadline{Days: 1, Minute: 1020},
		Cancel: slot.Deadline{Minute: 0}, LastStart: 1440, LastEnd: 1440, LateMinutes: 5,
	})
	w.must(err)
	var patterns []slot.Pattern
	for day := time.Monday; day <= time.Friday; day++ {
		patterns = append(patterns, slot.Pattern{Weekday: day, FromMinute: 540, ToMinute: 630, SlotMinutes: 30, WebCap: seats, OfficeCap: 1})
	}
	_, err = slot.SetPattern(ctx, w.db, testkit.Supervisor, tenant, id, patterns)
	w.must(err)
}

func link(i int) string { return fmt.Sprintf("00000000000000a%d", i) }

// issue registers the i-th code after change has had its way with it.
func (w *town) issue(i int, change func(*member.Member)) {
	w.t.Helper()
	now := w.clock.Now()
	m := member.Member{
		Link: link(i), Gen: 1, KeyID: "k1", CodeMAC: codes[i].Hash(key), BirthMAC: codes[i].HashWithBirth(key, birth),
		Procs: "receive", From: now.Add(-time.Hour), Until: now.AddDate(0, 6, 0), State: member.Ready,
	}
	if change != nil {
		change(&m)
	}
	w.must(member.Import(w.t.Context(), w.db, testkit.Supervisor, tenant, []member.Member{m}))
}

// build makes the handler, after change has had its way with what it stands on.
func (w *town) build(change func(*site.Deps)) {
	w.t.Helper()
	d := site.Deps{
		DB: w.db, Tenant: tenant, Ring: keyring.ForTest(7), Keys: keys, Base: "https://yoyaku.example",
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Clock: w.clock.Now, Secure: true,
		Passwords: member.NewHasher(password.Cost{Memory: 64, Time: 1}, member.NewPool(), func(text string) string { return text }),
	}
	if change != nil {
		change(&d)
	}
	handler, err := site.New(d)
	w.must(err)
	w.handler = handler
}

// policy changes what the tenant has decided.
func (w *town) policy(change func(*terms.Policy)) {
	w.t.Helper()
	testkit.Write(w.t, w.db, testkit.Supervisor, func(tx *store.Tx) error {
		p, err := terms.LoadPolicy(tx.Rx, tenant)
		if err != nil {
			return err
		}
		change(&p)
		_, err = terms.SavePolicy(tx, tenant, p, p.Version)
		return err
	})
	w.clock.Advance(3 * time.Second)
}

// answer is what came back.
type answer struct {
	StatusCode int
	Header     http.Header
	set        []*http.Cookie
}

// Cookies are those that the answer sets.
func (a *answer) Cookies() []*http.Cookie { return a.set }

// someone is a browser: it keeps cookies and follows no redirect by itself.
type someone struct {
	*town
	cookies map[string]string
	from    string
	submits int
	page    *answer
	body    string
	at      string // address of the page
}

func (w *town) someone() *someone {
	return &someone{town: w, cookies: map[string]string{}, from: "192.0.2.7:1234"}
}

func (s *someone) request(method, to string, form url.Values, change ...func(*http.Request)) *answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(context.WithoutCancel(s.t.Context()), method, "https://yoyaku.example"+to, body)
	r.RemoteAddr = s.from
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range s.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	result := rec.Result()
	w := &answer{result.StatusCode, result.Header, result.Cookies()}
	s.must(result.Body.Close())
	for _, c := range w.set {
		if c.MaxAge < 0 {
			delete(s.cookies, c.Name)
		} else {
			s.cookies[c.Name] = c.Value
		}
	}
	s.page, s.body, s.at = w, rec.Body.String(), to
	return w
}

// get opens an address and follows redirects.
func (s *someone) get(to string) *someone {
	s.t.Helper()
	s.request(http.MethodGet, to, nil)
	s.follow()
	return s
}

func (s *someone) follow() {
	s.t.Helper()
	for range 10 {
		if s.page.StatusCode != http.StatusSeeOther {
			return
		}
		s.request(http.MethodGet, s.page.Header.Get("Location"), nil)
	}
	s.t.Fatal("too many redirects")
}

var (
	formTag  = regexp.MustCompile(`(?s)<form method="(post|get)" action="([^"]*)".*?</form>`)
	inputTag = regexp.MustCompile(`<input[^>]*>`)
	attr     = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	linkTag  = regexp.MustCompile(`(?s)<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>`)
	anyTag   = regexp.MustCompile(`<[^>]*>`)
)

// formTo finds the form of the page that goes to an address.
func (s *someone) formTo(action string) (method string, fields url.Values) {
	s.t.Helper()
	method, _, fields = s.form(action)
	return method, fields
}

// form is formTo with the whole address.
func (s *someone) form(action string) (method, to string, fields url.Values) {
	s.t.Helper()
	for _, m := range formTag.FindAllStringSubmatch(s.body, -1) {
		if !strings.HasSuffix(m[2], action) {
			continue
		}
		fields = url.Values{}
		for _, tag := range inputTag.FindAllString(m[0], -1) {
			given := map[string]string{}
			for _, a := range attr.FindAllStringSubmatch(tag, -1) {
				given[a[1]] = unescape(a[2])
			}
			if given["type"] == "checkbox" && !strings.Contains(tag, " checked") {
				continue
			}
			fields.Add(given["name"], given["value"])
		}
		return strings.ToUpper(m[1]), m[2], fields
	}
	s.t.Fatalf("the page %s has no form to %s:\n%s", s.at, action, s.body)
	return "", "", nil
}

func unescape(text string) string {
	return strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&lt;", "<", "&gt;", ">").Replace(text)
}

// submit sends the form of the page to an address, with values typed into it,
// and follows.
func (s *someone) submit(action string, typed ...string) *someone {
	s.t.Helper()
	method, to, fields := s.form(action)
	for i := 0; i < len(typed); i += 2 {
		fields.Set(typed[i], typed[i+1])
	}
	s.submits++
	if method == http.MethodGet {
		s.request(method, to+"?"+fields.Encode(), nil)
	} else {
		s.request(method, to, fields)
	}
	s.follow()
	return s
}

// click follows the first link whose text contains words.
func (s *someone) click(words string) *someone {
	s.t.Helper()
	for _, m := range linkTag.FindAllStringSubmatch(s.body, -1) {
		if strings.Contains(anyTag.ReplaceAllString(m[2], ""), words) {
			s.submits++
			return s.get(unescape(m[1]))
		}
	}
	s.t.Fatalf("the page %s has no link %q:\n%s", s.at, words, s.body)
	return s
}

// want checks status and that the page has all of the words.
func (s *someone) want(status int, words ...string) *someone {
	s.t.Helper()
	text := anyTag.ReplaceAllString(s.body, "")
	if s.page.StatusCode != status {
		s.t.Errorf("%s: status %d, want %d:\n%s", s.at, s.page.StatusCode, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("%s does not say %q:\n%s", s.at, w, strings.TrimSpace(text))
		}
	}
	return s
}

// signIn shows the i-th code.
func (s *someone) signIn(i int) *someone {
	s.t.Helper()
	return s.get("/ja/code").submit("/code", "code", string(codes[i]), "year", "1985", "month", "4", "day", "1")
}

// book shows the i-th code and books a time of the first free day.
func (s *someone) book(i int, time string) *someone {
	s.t.Helper()
	return s.signIn(i).click("あいています").click(time).submit("/book").want(http.StatusOK, "予約しました")
}

// bookingOf is the live booking of the i-th code.
func (w *town) bookingOf(i int) (b reserve.Booking, found bool) {
	w.t.Helper()
	testkit.Read(w.t, w.db, func(rx *store.Rx) (err error) {
		b, found, err = reserve.LiveOf(rx, tenant, link(i))
		return err
	})
	return b, found
}

// dump is the database without what every visit leaves: counts of attempts and
// sessions.
func (w *town) dump() string { return testkit.Dump(w.t, w.db, "attempt_count", "visitor_session") }
