package site_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Availability is for everybody: states in words, no numbers of persons and no
// bookings, and caches may keep it for some seconds.
func TestBK201_PublicAvailability(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		for i := range 3 {
			w.someone().book(i, "9時30分")
		}
		b, _ := w.bookingOf(0)
		w.clock.Advance(3 * time.Second)
		s := w.someone()
		for _, to := range []string{"/ja/free", "/ja/free?view=month", "/ja/free/times?w=W1&d=2026-11-25"} {
			s.get(to).want(http.StatusOK)
			for _, secret := range []string{b.ID, b.No, "人分", link(0)} {
				if strings.Contains(s.body, secret) {
					t.Errorf("%s contains %q", to, secret)
				}
			}
			if got := s.page.Header.Get("Cache-Control"); got != "public, max-age=5, stale-while-revalidate=30" {
				t.Errorf("%s: Cache-Control %q", to, got)
			}
			if len(s.cookies) > 0 {
				t.Errorf("%s sets %v", to, s.cookies)
			}
		}
		s.get("/ja/free?view=month").want(http.StatusOK, "11月25日(水) あいています", "11月28日(土) 休み")
		s.get("/ja/free/times?w=W1&d=2026-11-25").want(http.StatusOK, "9時30分 × いっぱいです", "10時 ○ あいています")
		s.click("10時").want(http.StatusOK, "予約番号を入れてください")
		s.submit("/code", "code", string(codes[3]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "予約の内容を確かめてください", "10時から")
	})
}

// A page that was made from a municipality that staff had just changed is not kept
// until somebody books.
func TestBK201_KeptPagesFollowTheMunicipality(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone()
		s.get("/ja/") // the municipality is read
		w.clock.Advance(time.Second)
		w.window("W1", "南庁舎", 1)
		s.get("/ja/free/times?w=W1&d=2026-11-25") // the seats are, with the new name
		w.clock.Advance(3 * time.Second)
		s.get("/ja/free/times?w=W1&d=2026-11-25").want(http.StatusOK, "南庁舎")
	})
}

// every visits each kind of page and calls look on it.
func (w *town) every(look func(s *someone, name string)) {
	s := w.someone()
	for _, to := range []string{
		"/ja/", "/ja/language", "/ja/view", "/ja/help", "/ja/privacy", "/ja/accessibility", "/ja/free", "/ja/free?view=month",
		"/ja/free/times?w=W1&d=2026-11-25", "/ja/free?d=2026-12-30", "/ja/code", "/C/" + string(codes[0]), "/ja/nosuch", "/ja/b/nosuch", "/ja/book", "/xx/", "/ja/days",
	} {
		s.get(to)
		look(s, to)
	}
	s.get("/ja/code").submit("/code", "code", "1")
	look(s, "code with errors")
	s.signIn(0)
	look(s, "days")
	for _, to := range []string{"/ja/days?p=receive&w=W1&view=month", "/ja/party?p=receive&w=W1", "/ja/window?p=receive", "/ja/procedure", "/ja/notready"} {
		s.get(to)
		look(s, to)
	}
	s.get("/ja/days?p=receive&w=W1").click("あいています")
	look(s, "times")
	s.click("9時30分")
	look(s, "confirm")
	s.submit("/book")
	look(s, "done")
	s.click("日時を変える")
	look(s, "move: days")
	s.click("11月26日").click("9時")
	look(s, "move: confirm")
	s.get(strings.TrimSuffix(strings.Split(s.at, "/confirm")[0], "/"))
	look(s, "booking")
	s.click("予約を取り消す")
	look(s, "cancel")
	s.submit("/cancel")
	look(s, "cancelled")
}

// Every page is small, asks for the style sheet only, has no script and no
// style of its own, and works without either.
func TestBK208_SmallPages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.window("W2", "市民センター", 1)
		w.clock.Advance(3 * time.Second)
		css := regexp.MustCompile(`href="(/style/[^"]*)"`)
		n := 0
		w.every(func(s *someone, name string) {
			n++
			kind := s.page.Header.Get("Content-Type")
			if kind != "text/html; charset=utf-8" || len(s.body) > 20<<10 || len(s.body) == 0 {
				t.Errorf("%s: %s, %d bytes", name, kind, len(s.body))
			}
			if m := regexp.MustCompile(`(?i)<script|<img|<iframe|style="| on[a-z]+="|http-equiv|@import|url\(`).FindString(s.body); m != "" {
				t.Errorf("%s has %q", name, m)
			}
			if got := len(css.FindAllString(s.body, -1)); got != 1 {
				t.Errorf("%s asks for %d style sheets", name, got)
			}
			if !strings.Contains(s.page.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") {
				t.Errorf("%s: policy %q", name, s.page.Header.Get("Content-Security-Policy"))
			}
			if left := regexp.MustCompile(`>[^<]*\b(nav|foot|code|days|booking|error|state|confirm)\.[a-z_.]+|\{[a-z]+\}`).FindString(s.body); left != "" {
				t.Errorf("%s shows %q", name, left)
			}
			if !strings.Contains(s.body, `href="tel:0552370000"`) {
				t.Errorf("%s does not end with the phone number", name)
			}
		})
		if n < 30 {
			t.Errorf("only %d pages were looked at", n)
		}
		s := w.someone().get("/ja/")
		s.get(css.FindStringSubmatch(s.body)[1])
		if s.page.StatusCode != http.StatusOK || len(s.body) > 10<<10 || !strings.Contains(s.page.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("style sheet: %d, %d bytes, %v", s.page.StatusCode, len(s.body), s.page.Header)
		}
	})
}

// Nothing but availability and the style sheet may be kept by caches.
func TestTB14_CacheControl(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.every(func(s *someone, name string) {
			got := s.page.Header.Get("Cache-Control")
			free := strings.HasPrefix(s.at, "/ja/free") && s.page.StatusCode == http.StatusOK
			if !free && got != "no-store" || free && !strings.HasPrefix(got, "public, max-age=5") {
				t.Errorf("%s: %q", name, got)
			}
			for header, want := range map[string]string{
				"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			} {
				if s.page.Header.Get(header) != want {
					t.Errorf("%s: %s is %q", name, header, s.page.Header.Get(header))
				}
			}
		})
	})
}

// Text size and contrast are chosen by links and kept in a cookie for a year.
func TestBK902_TextSizeAndContrast(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().get("/ja/free?w=W1&view=month").click("文字の大きさと色").click("特大")
		if !strings.HasPrefix(s.at, "/ja/free?") || !strings.Contains(s.body, `class="xl"`) {
			t.Errorf("after the choice: %s\n%s", s.at, s.body[:300])
		}
		if got := s.page.Header.Get("Cache-Control"); !strings.HasPrefix(got, "private") {
			t.Errorf("a page with a chosen size is %q", got)
		}
		s.get("/ja/view").click("白黒をはっきり")
		reopened := w.someone()
		reopened.cookies = s.cookies // they last longer than the browser is open
		reopened.get("/ja/code")
		if !strings.Contains(reopened.body, `class="xl high"`) {
			t.Error("the choice is not kept")
		}
		answer := s.request(http.MethodGet, "/ja/view?size=l", nil)
		if c := answer.Cookies(); len(c) != 1 || c[0].MaxAge < 300*24*3600 {
			t.Errorf("cookies %+v", c)
		}
		for _, bad := range []string{"//evil.example/", `/\evil.example`, "https://evil.example"} {
			answer := s.request(http.MethodGet, "/ja/view?size=l&back="+url.QueryEscape(bad), nil)
			if to := answer.Header.Get("Location"); !strings.HasPrefix(to, "/ja/") {
				t.Errorf("back to %q leads to %q", bad, to)
			}
		}
		other := w.someone().get("/ja/free")
		if strings.Contains(other.body, "xl") {
			t.Error("somebody else's size")
		}
	})
}

// Forms of other sites, and forms without the token, do nothing. The token also
// covers browsers that send neither header.
func TestTB06_ForeignForms(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().book(0, "9時30分").click("予約を取り消す")
		_, fields := s.formTo("/cancel")
		to := strings.Split(s.at, "?")[0]
		foreign := w.someone().get("/ja/code")
		_, other := foreign.formTo("/code")
		before := testkit.Dump(t, w.db)
		try := func(name string, change func(url.Values, *http.Request)) {
			t.Helper()
			form := url.Values{}
			for k, v := range fields {
				form[k] = slices.Clone(v)
			}
			s.request(http.MethodPost, to, form, func(r *http.Request) { change(form, r) })
			if s.page.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d", name, s.page.StatusCode)
			}
			if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
				t.Errorf("%s changed the database:\n%s", name, diff)
			}
		}
		try("cross-site", func(_ url.Values, r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		try("other origin", func(_ url.Values, r *http.Request) { r.Header.Set("Origin", "https://evil.example") })
		for name, token := range map[string]string{"no token": "", "made-up token": "abc", "token of another visitor": other.Get("token")} {
			fields.Set("token", token)
			try(name, func(url.Values, *http.Request) {})
		}
		if _, booked := w.bookingOf(0); !booked {
			t.Error("the booking is gone")
		}
	})
}

// Nobody acts on another's booking, and ids without their keyed part open
// nothing.
func TestTB13_OthersBookings(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		a := w.someone().book(0, "9時30分")
		ref := strings.Split(strings.Split(a.at, "?")[0], "/")[3]
		b, _ := w.bookingOf(0)
		stranger := w.someone().signIn(1)
		before := w.dump()
		for _, who := range []*someone{w.someone(), stranger} {
			for _, made := range []string{b.ID, b.ID + "-", b.ID + "-AAAAAAAAAAAA", strings.ToLower(ref), b.No} {
				who.get("/ja/b/"+made).want(http.StatusNotFound, "その予約は見つかりません")
			}
		}
		token := ""
		stranger.get("/ja/b/" + ref)
		token = tokenOf(stranger)
		for _, act := range []string{"days", "times?d=2026-11-26", "confirm?s=W1@2026-11-26T09:00", "cancel", "leave"} {
			stranger.get("/ja/b/" + ref + "/" + act).want(http.StatusNotFound)
		}
		for _, act := range []string{"change", "cancel", "leave"} {
			form := url.Values{"token": {token}, "once": {"0123456789abcdef0123"}, "s": {"W1@2026-11-26T09:00"}}
			stranger.request(http.MethodPost, "/ja/b/"+ref+"/"+act, form)
			stranger.want(http.StatusNotFound)
			anonymous := w.someone()
			anonymous.request(http.MethodPost, "/ja/b/"+ref+"/"+act, form)
			anonymous.follow()
			anonymous.want(http.StatusOK, "予約番号を入れてください")
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a stranger changed the database:\n%s", diff)
		}
	})
}

// Error pages have the layout, and the right status.
func TestErrorPages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone()
		s.get("/ja/nosuch").want(http.StatusNotFound, "ページが見つかりません", "055-237-0000")
		s.get("/ja/book").want(http.StatusMethodNotAllowed, "この画面は直接開けません")
		if s.page.Header.Get("Allow") != "POST" {
			t.Errorf("Allow: %q", s.page.Header.Get("Allow"))
		}
		s.request(http.MethodPost, "/ja/code", url.Values{"code": {strings.Repeat("1", 40<<10)}})
		s.want(http.StatusRequestEntityTooLarge, "送られた内容が大きすぎます")
	})
}

// When the database has gone, the page is still one of ours, with the phone
// number and without the cause.
func TestErrorPages_WithoutDatabase(t *testing.T) {
	clock := testkit.NewClock()
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), testkit.BookingDSN(t, "sqlite"), store.Options{Clock: clock.Now, Migrations: files})
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t, db, clock)
	s := w.someone().get("/ja/").want(http.StatusOK)
	w.must(db.Close())
	w.clock.Advance(time.Hour)
	s.get("/ja/").want(http.StatusInternalServerError, "ただいま表示できません", "055-237-0000")
	if strings.Contains(s.body, "database") || strings.Contains(s.body, "sql") {
		t.Errorf("the page tells the cause: %s", s.body)
	}
}

// Languages: the address decides, the visitor's choice and the browser's are
// for the first page, other languages' fragments carry their lang.
func TestLanguages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.policy(func(p *terms.Policy) { p.Languages = []string{"ja", "ja-easy", "en"} })
		for accept, want := range map[string]string{"": "/ja/", "en-US,en;q=0.9": "/en/", "vi,en;q=0.5": "/en/", "ja-JP": "/ja/", "fr": "/ja/"} {
			s := w.someone()
			s.request(http.MethodGet, "/", nil, func(r *http.Request) { r.Header.Set("Accept-Language", accept) })
			if to := s.page.Header.Get("Location"); to != want {
				t.Errorf("%q leads to %s, want %s", accept, to, want)
			}
		}
		s := w.someone().get("/ja/free?w=W1")
		s.click("ことば").want(http.StatusOK, "やさしい", "English")
		s.click("English").want(http.StatusOK, "Free times", "Wed 25 November ○ free")
		if !strings.Contains(s.body, `<html lang="en"`) || !strings.Contains(s.body, `<span lang="ja">市役所 本庁舎</span>`) {
			t.Errorf("languages are not marked:\n%s", s.body)
		}
		s.get("/").want(http.StatusOK, "Counter appointments")
		s.get("/ja-easy/code").want(http.StatusOK)
		if !strings.Contains(s.body, "<ruby>番号<rp>") && !strings.Contains(s.body, "<ruby>予約番号<rp>(</rp><rt>よやくばんごう</rt>") {
			t.Error("no readings")
		}
		if title := regexp.MustCompile(`<title>.*</title>`).FindString(s.body); strings.Contains(title, "よやく") {
			t.Errorf("readings in the title: %s", title)
		}
		s.get("/vi/").want(http.StatusNotFound)
	})
}

// The whole way in each language, with no key of a text on any page.
func TestBK903_WholeWay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		for _, lang := range wording.BuiltIn().Languages() {
			s := w.someone().get("/" + lang + "/code")
			look := func() {
				t.Helper()
				if keys := regexp.MustCompile(`>[a-z]+\.[a-z_.]+<`).FindAllString(s.body, -1); len(keys) > 0 {
					t.Errorf("%s: keys %q", lang, keys)
				}
			}
			s.submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1")
			for _, next := range []string{"/times?", "/confirm?", "/cancel"} {
				if next == "/cancel" {
					s.submit("/book").want(http.StatusOK, "11-00")
					look()
				}
				to := regexp.MustCompile(`href="(/` + lang + `/[^"]*` + regexp.QuoteMeta(next) + `[^"]*)"`).FindStringSubmatch(s.body)
				if to == nil {
					to = regexp.MustCompile(`href="(/` + lang + regexp.QuoteMeta(next) + `[^"]*)"`).FindStringSubmatch(s.body)
				}
				if to == nil {
					t.Fatalf("%s: no way to %s:\n%s", lang, next, s.body)
				}
				s.get(unescape(to[1]))
				look()
			}
			s.submit("/cancel").want(http.StatusOK)
			look()
			if _, live := w.bookingOf(0); live {
				t.Errorf("%s: not cancelled", lang)
			}
		}
	})
}
