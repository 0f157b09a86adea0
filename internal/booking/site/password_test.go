package site_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const secret = "hototogisu naku 7"

// passwordTown asks for passwords in place of birth dates.
func passwordTown(w *town) {
	for i := range codes {
		w.issue(i, func(m *member.Member) { m.BirthMAC = nil })
	}
	w.policy(func(p *terms.Policy) {
		p.AuthModes, p.SenderAddress = []terms.Mode{terms.LinkPassword}, "yoyaku@city.example"
	})
}

// enter shows the first code with a password.
func (s *someone) enter(text string) *someone {
	s.t.Helper()
	return s.get("/ja/code").submit("/code", "code", string(codes[0]), "password", text)
}

// The first visit chooses a password after the code, every later one needs both;
// ten failures lock the code, known or not, and the page says so with the phone
// number.
func TestBK105_PasswordPages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		passwordTown(w)
		s := w.someone().get("/ja/code").want(http.StatusOK, "予約番号", "パスワード", "はじめての方は、空のままで")
		if strings.Contains(s.body, `name="year"`) {
			t.Error("the birth date is asked for")
		}
		s.enter("").want(http.StatusOK, "パスワードを決めてください", "8文字から64文字まで")
		if s.get("/ja/days").want(http.StatusOK, "予約番号を入れてください"); s.cookies["__Host-kofu-visit"] != "" {
			t.Error("signed in before there is a password")
		}
		s.enter("")
		before := w.dump()
		for _, bad := range []struct{ one, two, words string }{
			{secret, "something else", "2つのパスワードが同じではありません"},
			{"short", "short", "8文字以上"},
			{string(codes[0]), string(codes[0]), "予約番号は、パスワードにできません"},
			{"password", "password", "よく使われるパスワード"},
		} {
			s.submit("/password", "password", bad.one, "again", bad.two).want(http.StatusUnprocessableEntity, bad.words)
			if strings.Contains(s.body, bad.one) && bad.one != "password" {
				t.Errorf("the page repeats %q", bad.one)
			}
		}
		s.submit("/password", "password", secret, "again", secret, "c_mail", "nobody").want(http.StatusUnprocessableEntity, "メールアドレス")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("refused passwords changed:\n%s", diff)
		}
		s.submit("/password", "password", secret, "again", secret, "c_mail", "me@example.jp").want(http.StatusOK, "日にちを選んでください")

		w.someone().enter(secret).want(http.StatusOK, "日にちを選んでください")
		w.someone().enter("").want(http.StatusForbidden, "番号とパスワードを確かめて")
		// An unknown code gets the same page.
		known, unknown := w.someone().enter("wrong one"), w.someone().get("/ja/code").submit("/code", "code", "4492018377502198", "password", "wrong one")
		if known.page.StatusCode != http.StatusForbidden || scrub(known.body) != strings.ReplaceAll(scrub(unknown.body), "4492018377502198", string(codes[0])) {
			t.Errorf("a wrong password and an unknown code differ: %d, %d\n%s", known.page.StatusCode, unknown.page.StatusCode, cmp.Diff(scrub(known.body), scrub(unknown.body)))
		}
		for range 8 { // two failures have been counted
			w.someone().enter("wrong one").want(http.StatusForbidden)
		}
		w.someone().enter(secret).want(http.StatusTooManyRequests, "15分間入力できません", "お電話ください", "055-237-0000")
		w.clock.Advance(15*time.Minute + time.Second)
		w.someone().enter(secret).want(http.StatusOK, "日にちを選んでください")
		if strings.Contains(w.log.String(), secret) || strings.Contains(testkit.Dump(t, w.db), secret) {
			t.Error("the password lies open")
		}
	})
}

var tokens = regexp.MustCompile(`name="token" value="[^"]*"`)

func scrub(body string) string { return tokens.ReplaceAllString(body, "") }

// Whoever forgot the password gets a link by mail, good once and for an hour;
// opening it changes nothing. The page never says whether the address is known.
func TestBK106_ForgottenByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		passwordTown(w)
		w.someone().enter("").submit("/password", "password", secret, "again", secret, "c_mail", "me@example.jp")
		ask := func(code, address string) *someone {
			return w.someone().get("/ja/code").click("パスワードを忘れたとき").want(http.StatusOK, "60分以内に1回だけ").submit("/forgot", "code", code, "c_mail", address)
		}
		known := ask(string(codes[0]), "me@example.jp").want(http.StatusOK, "登録されていれば、メールを送ります")
		for _, other := range [][2]string{{string(codes[0]), "you@example.jp"}, {"4492018377502198", "me@example.jp"}, {string(codes[1]), "me@example.jp"}} {
			if got := ask(other[0], other[1]); got.body != known.body || got.page.StatusCode != known.page.StatusCode {
				t.Errorf("%v gets another page:\n%s", other, cmp.Diff(known.body, got.body))
			}
		}
		ask(string(codes[0]), "nobody").want(http.StatusUnprocessableEntity, "「メールアドレス」の形")
		var queued []mail.Item
		testkit.Read(t, w.db, func(rx *store.Rx) (err error) {
			queued, err = mail.List(rx, tenant, mail.None, nil, 10)
			return err
		})
		if len(queued) != 1 || queued[0].Kind != terms.MailReset {
			t.Fatalf("mails %+v", queued)
		}
	})
}

// reset gives the i-th code a permission to choose a new password.
func (w *town) reset(fn func(tx *store.Tx) (string, error)) (text string) {
	w.t.Helper()
	testkit.Write(w.t, w.db, testkit.Clerk, func(tx *store.Tx) (err error) {
		text, err = fn(tx)
		return err
	})
	return text
}

func TestBK106_ResetLink(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		passwordTown(w)
		w.someone().enter("").submit("/password", "password", secret, "again", secret)
		issue := func() string {
			return "/ja/mail/r-" + w.reset(func(tx *store.Tx) (string, error) { return member.ResetToken(tx, tenant, keys, link(0)) })
		}
		to := issue()
		before := testkit.Dump(t, w.db)
		s := w.someone().get(to).want(http.StatusOK, "新しいパスワードを決めてください")
		w.someone().get(to).want(http.StatusOK, "新しいパスワードを決めてください")
		s.submit(to, "password", "short", "again", "short").want(http.StatusUnprocessableEntity, "8文字以上")
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("looking changed:\n%s", diff)
		}
		_, form := s.formTo(to)
		form.Set("password", "kawazu tobikomu 9")
		form.Set("again", "kawazu tobikomu 9")
		s.request(http.MethodPost, to, form)
		s.want(http.StatusOK, "パスワードを変えました")
		before = testkit.Dump(t, w.db)
		s.request(http.MethodPost, to, form)
		s.want(http.StatusNotFound, "このリンクは使えません")
		w.someone().get(to).want(http.StatusNotFound, "このリンクは使えません")
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("a second use changed:\n%s", diff)
		}
		w.someone().enter(secret).want(http.StatusForbidden)
		w.someone().enter("kawazu tobikomu 9").want(http.StatusOK, "日にちを選んでください")
		to = issue()
		w.clock.Advance(61 * time.Minute)
		w.someone().get(to).want(http.StatusNotFound, "このリンクは使えません")
		if strings.Contains(w.log.String(), strings.TrimPrefix(to, "/ja/mail/r-")) {
			t.Error("the token is in the log")
		}
	})
}

// Without a mail address the number from the staff and the code open the way,
// once; where the city sends a new code by post there is no such page.
func TestBK106_ByPIN(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		passwordTown(w)
		w.policy(func(p *terms.Policy) { p.ResetBy = "pin" })
		w.someone().enter("").submit("/password", "password", secret, "again", secret)
		pin := w.reset(func(tx *store.Tx) (string, error) { return member.ResetPIN(tx, tenant, keys, link(0)) })
		s := w.someone().get("/ja/forgot").want(http.StatusOK, "6けたの数字をお知らせします").click("6けたの数字を聞いた方")
		wrong := fmt.Sprintf("%06d", (int(pin[5])+1)%10)
		s.submit("/pin", "code", string(codes[0]), "pin", wrong, "password", "kawazu tobikomu 9", "again", "kawazu tobikomu 9").
			want(http.StatusConflict, "6けたの数字がちがうか")
		s.submit("/pin", "code", string(codes[0]), "pin", pin, "password", "kawazu tobikomu 9", "again", "kawazu tobikomu 9").want(http.StatusOK, "パスワードを変えました")
		w.someone().enter("kawazu tobikomu 9").want(http.StatusOK, "日にちを選んでください")
		w.someone().get("/ja/pin").submit("/pin", "code", string(codes[0]), "pin", pin, "password", secret, "again", secret).want(http.StatusConflict)
		w.policy(func(p *terms.Policy) { p.ResetBy = "post" })
		w.someone().get("/ja/forgot").want(http.StatusOK, "新しい予約番号を郵便で")
		w.someone().get("/ja/pin").want(http.StatusNotFound)
		w.policy(func(p *terms.Policy) { p.AuthModes = []terms.Mode{terms.LinkBirth} })
		w.someone().get("/ja/forgot").want(http.StatusNotFound)
	})
}
