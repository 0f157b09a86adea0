package site_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/site"
	"kofu/internal/booking/terms"
	"kofu/internal/linkcode"
	"kofu/internal/testkit"
)

// plain is a page without what is different on every visit: what was typed, and
// the token of the form.
func plain(body string, typed ...string) string {
	body = regexp.MustCompile(`name="token" value="[^"]*"`).ReplaceAllString(body, "")
	for _, t := range typed {
		body = strings.ReplaceAll(body, t, "*")
	}
	return body
}

// An unknown code, a withdrawn one, one for the office only and a wrong birth
// date get the same page, status and headers, and leave only the count.
func TestBK102_UnknownAndWithdrawnLookTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.must(reserve.Withdraw(t.Context(), w.db, testkit.Supervisor, tenant, link(1), 1))
		w.issue(2, func(m *member.Member) { m.OfficeOnly = true })
		before := w.dump()
		unknown, err := linkcode.Parse("3141592653589728")
		w.must(err)
		var pages []string
		for _, one := range []struct{ code, day string }{
			{string(unknown), "1"}, {string(codes[1]), "1"}, {string(codes[2]), "1"}, {string(codes[0]), "2"},
		} {
			s := w.someone().get("/ja/code")
			s.submit("/code", "code", one.code, "year", "1985", "month", "4", "day", one.day)
			s.want(http.StatusForbidden, "この番号では予約できません")
			head := s.page.Header.Clone()
			head.Del("Set-Cookie")
			pages = append(pages, fmt.Sprint(s.page.StatusCode, head, strings.ReplaceAll(plain(s.body, one.code), `value="2"`, `value="1"`)))
		}
		for i, p := range pages[1:] {
			if diff := cmp.Diff(pages[0], p); diff != "" {
				t.Errorf("page %d differs:\n%s", i+1, diff)
			}
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("more than the count has changed:\n%s", diff)
		}
	})
}

// The code is accepted as people type it; every single wrong digit is a typing
// error and not an unknown code.
func TestBK103_CodeAsTyped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		for _, typed := range []string{"４４９２－０１８３ 7750 2295", "4492-0183-7750-2295", " 4492018377502295 "} {
			s := w.someone().get("/ja/code")
			s.submit("/code", "code", typed, "year", "１９８５", "month", "04", "day", "1日").want(http.StatusOK, "日にちを選んでください")
		}
		before := testkit.Dump(t, w.db)
		s := w.someone().get("/ja/code")
		right := string(codes[0])
		for i := range right {
			for d := byte('0'); d <= '9'; d += 3 {
				if right[i] == d {
					continue
				}
				wrong := []byte(right)
				wrong[i] = d
				s.submit("/code", "code", string(wrong), "year", "1985", "month", "4", "day", "1")
				s.want(http.StatusUnprocessableEntity, "番号の数字が1つ以上ちがっています")
				if !strings.Contains(s.body, `value="`+string(wrong)+`"`) || !strings.Contains(s.body, "<title>エラー: ") {
					t.Fatalf("the input is gone or the title says no error:\n%s", s.body)
				}
			}
		}
		s.submit("/code", "code", "449201837750229", "year", "", "month", "2", "day", "30").
			want(http.StatusUnprocessableEntity, "番号は16けたです。今は15けたです。", "年・月・日とも入れてください")
		s.submit("/code", "code", right, "year", "1985", "month", "2", "day", "30").want(http.StatusUnprocessableEntity, "その日はありません")
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("a typing error reached the database:\n%s", diff)
		}
	})
}

// Twelve digits, which may be a 個人番号, come to rest nowhere and are shown to
// nobody, by whichever field or address they arrive.
func TestBK104_TwelveDigitsLeaveNoTrace(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		const number = "621498320257" // with a valid check digit
		before := testkit.Dump(t, w.db)
		s := w.someone()
		check := func() {
			t.Helper()
			for _, secret := range []string{number, "６２１４９８３２０２５７", "6214 9832 0257"} {
				if strings.Contains(s.body, secret) || strings.Contains(fmt.Sprint(s.page.Header), secret) {
					t.Errorf("%s shows the number again", s.at)
				}
			}
		}
		for _, typed := range []string{number, "６２１４９８３２０２５７", "6214 9832 0257"} {
			s.get("/ja/code").submit("/code", "code", typed, "year", "1985", "month", "4", "day", "1").
				want(http.StatusUnprocessableEntity, "マイナンバー(12けた)は入れないでください")
			check()
		}
		_, fields := s.formTo("/code")
		fields.Set("code", number)
		fields.Set("token", "wrong")
		s.request(http.MethodPost, "/ja/code", fields)
		check()
		s.get("/C/"+number).want(http.StatusOK, "マイナンバー(12けた)は入れないでください")
		check()
		for _, to := range []string{"/" + number, "/ja/" + number, "/ja/b/" + number, "/ja/free?w=" + number, "/style/" + number} {
			s.get(to)
		}
		s.request(http.MethodPost, "/ja/nosuch/"+number, fields)
		if strings.Contains(w.log.String(), number) {
			t.Errorf("the number is in the log:\n%s", w.log)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
	})
}

// The same in a field about the resident, where a phone number from abroad, which
// may have twelve digits, is taken.
func TestBK104_FieldsOfContacts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("11月26日").click("9時30分")
		before := w.dump()
		for _, typed := range []string{"621498320257", "６２１４－９８３２－０２５７", "+621498320257", "123456789012"} {
			s.submit("/book", "c_phone", typed).want(http.StatusUnprocessableEntity, "「電話番号」にマイナンバー(12けた)を入れないでください。")
			if strings.Contains(s.body, typed) || strings.Contains(w.log.String(), typed) {
				t.Errorf("%q is shown again or in the log", typed)
			}
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("refused forms changed:\n%s", diff)
		}
		s.submit("/book", "c_phone", "+81-90-1234-5678").want(http.StatusOK, "予約しました")
	})
}

// The code of the letter's QR is in the address for one answer only: the log
// masks it, the next address is without it, and it is told to no other site.
func TestTB15_NoSecretInAddressesAndLogs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		before := testkit.Dump(t, w.db)
		for _, path := range []string{"/C/", "/c/"} {
			s := w.someone()
			answer := s.request(http.MethodGet, path+string(codes[0]), nil)
			if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/ja/code" ||
				answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Fatalf("%d %v", answer.StatusCode, answer.Header)
			}
			if strings.Contains(fmt.Sprint(answer.Header), string(codes[0])) {
				t.Errorf("the code is in the headers: %v", answer.Header)
			}
			s.follow()
			s.want(http.StatusOK)
			if !strings.Contains(s.body, `value="4492-0183-7750-2295"`) {
				t.Error("the form is not filled in")
			}
			if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
				t.Errorf("opening the QR changed the database:\n%s", diff)
			}
			s.submit("/code", "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "日にちを選んでください")
			for name := range s.cookies {
				if strings.Contains(name, "letter") {
					t.Error("the code's cookie is still there")
				}
			}
			before = testkit.Dump(t, w.db)
		}
		s := w.someone().book(0, "9時30分")
		b, _ := w.bookingOf(0)
		ref := strings.TrimPrefix(strings.Split(s.at, "?")[0], "/ja/b/")
		for _, secret := range []string{string(codes[0]), "4492-0183", birth, b.ID, ref, link(0)} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, w.log)
			}
		}
		for _, masked := range []string{"path=/c/****", "path=/ja/b/****"} {
			if !strings.Contains(w.log.String(), masked) {
				t.Errorf("the log has no %s:\n%s", masked, w.log)
			}
		}
	})
}

// A code before its day is told the time, and nothing else; at that instant it
// books.
func TestBK213_BeforeBookFrom(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		from := w.clock.Now().Add(time.Second)
		w.issue(0, func(m *member.Member) { m.From = from })
		w.someone().signIn(0).want(http.StatusOK, "この番号は11月24日(火) 9時30分から予約できます。")
		w.clock.Advance(time.Second)
		w.someone().signIn(0).want(http.StatusOK, "日にちを選んでください")
	})
}

// A card that is not ready cannot be booked; other procedures of the code can.
func TestCode_NotReady(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.issue(0, func(m *member.Member) { m.State = member.Issued })
		w.someone().signIn(0).want(http.StatusOK, "カードを準備しています", "準備ができたらお知らせします", "055-237-0000")
		w.issue(0, func(m *member.Member) { m.State, m.Procs = member.Issued, "pin receive renew" })
		s := w.someone().signIn(0).want(http.StatusOK, "用事を選んでください", "カードの受け取り – 準備ができたらお知らせします")
		s.submit("/next").want(http.StatusUnprocessableEntity, "用事を1つ以上選んでください")
		s.submit("/next", "p", "pin").want(http.StatusOK, "日にちを選んでください")
		s.get(strings.Replace(s.at, "p=pin", "p=receive", 1)).want(http.StatusOK)
		s.click("あいています").click("9時").submit("/book").want(http.StatusConflict, "カードの準備ができていない")
		if _, booked := w.bookingOf(0); booked {
			t.Error("the card was booked before it was ready")
		}
	})
}

// After too many mistakes the door is closed for a while, and the page says so.
func TestCode_TooManyTries(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().get("/ja/code")
		for range 10 {
			s.submit("/code", "code", string(codes[0]), "year", "1999", "month", "1", "day", "1").want(http.StatusForbidden)
		}
		s.submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1").
			want(http.StatusTooManyRequests, "まちがいが続いたため、", "分間入力できません", "055-237-0000")
	})
}

// With the code alone there is one field.
func TestBK202_OneFieldWithTheCodeAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.policy(func(p *terms.Policy) { p.AuthModes = []terms.Mode{terms.Link} })
		w.issue(0, func(m *member.Member) { m.BirthMAC = nil })
		s := w.someone().get("/ja/code")
		if n := strings.Count(s.body, `<input type="text"`); n != 1 {
			t.Errorf("%d fields", n)
		}
		s.submit("/code", "code", string(codes[0])).want(http.StatusOK, "日にちを選んでください")
	})
}

// Nothing but an anonymous token of forms exists before the code; after it, the
// session is a new one, also where there was one before.
func TestTB07_SessionIsNewAfterTheCode(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().get("/ja/code")
		for name := range s.cookies {
			if name != "__Host-kofu-form" {
				t.Errorf("cookie %s before the code", name)
			}
		}
		s.cookies["__Host-kofu-visit"] = "planted.mac"
		s.get("/ja/days").want(http.StatusOK, "予約番号を入れてください")
		s.submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK)
		first := s.cookies["__Host-kofu-visit"]
		if first == "planted.mac" || first == "" {
			t.Errorf("the session kept the cookie %q", first)
		}
		s.signIn(1)
		second := s.cookies["__Host-kofu-visit"]
		if second == first {
			t.Error("the second code has the session of the first")
		}
		s.cookies["__Host-kofu-visit"] = first
		s.get("/ja/days").want(http.StatusOK, "予約番号を入れてください")
	})
}

// Behind TLS cookies are for this host alone, never read by scripts and not sent
// along by other sites' forms.
func TestTB07_Cookies(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().get("/ja/code")
		_, fields := s.formTo("/code")
		for name, value := range map[string]string{"code": string(codes[0]), "year": "1985", "month": "4", "day": "1"} {
			fields.Set(name, value)
		}
		answer := s.request(http.MethodPost, "/ja/code", fields)
		set := answer.Cookies()
		if len(set) == 0 {
			t.Fatal("no cookies")
		}
		for _, c := range set {
			if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") {
				t.Errorf("cookie %+v", c)
			}
		}
		w.build(func(d *site.Deps) { d.Secure = false })
		for _, c := range w.someone().request(http.MethodGet, "/ja/code", nil).Cookies() {
			if c.Secure || strings.HasPrefix(c.Name, "__Host-") {
				t.Errorf("without TLS: cookie %+v", c)
			}
		}
	})
}
