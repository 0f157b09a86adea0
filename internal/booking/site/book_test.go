package site_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// With one procedure and one window a resident types code and birth date and
// books with four submits. No page has a script.
// Who moves a booking is not offered the time that they have.
func TestBK204_PresentTimeIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("11月26日").click("9時30分")
		s.submit("/book").click("日時を変える").click("11月26日").want(http.StatusOK, "9時30分  今の予約")
		if regexp.MustCompile(`<a [^>]*>9時30分`).MatchString(s.body) {
			t.Errorf("the present time can be chosen:\n%s", s.body)
		}
		s.click("10時").submit("/change").want(http.StatusOK, "予約を変えました")
	})
}

func TestBK202_FourSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone()
		s.get("/").want(http.StatusOK, "窓口の予約")
		s.get("/ja/code")
		s.submits = 0
		s.submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "日にちを選んでください")
		s.click("あいています").want(http.StatusOK, "時間を選んでください")
		s.click("9時30分").want(http.StatusOK, "予約の内容を確かめてください", "まだ予約できていません")
		s.submit("/book").want(http.StatusOK, "予約しました")
		if s.submits != 4 {
			t.Errorf("it took %d submits", s.submits)
		}
		if b, found := w.bookingOf(0); !found || len(b.Persons) != 1 {
			t.Errorf("booking %+v, %v", b, found)
		}
		// The same code again leads to the booking.
		w.someone().signIn(0).want(http.StatusOK, "すでに11月25日(水) 9時30分に予約があります。", "日時を変える", "予約を取り消す")
	})
}

// The done page has everything; its bookmark works after thirty days, without a
// session, while the booking stands, and says so when its time has passed.
func TestBK203_DonePage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0)
		for !strings.Contains(s.body, "12月25日") {
			s.click("次の7日間")
		}
		s.click("12月25日").click("9時30分").submit("/book")
		everything := []string{
			"11-0001", "2026年(令和8年)12月25日(金曜日)", "9時30分から", "市役所 本庁舎", "甲府市丸の内1-18-1", "地図を見る", "持ち物",
			"本人確認書類", "変更は12月24日(木) 17時まで", "取り消しは12月25日(金) 0時まで", "055-237-0000", "カレンダーに入れる", "予約の時間を5分過ぎると",
		}
		s.want(http.StatusOK, append([]string{"予約しました"}, everything...)...)
		bookmark := s.at
		w.clock.Advance(30 * 24 * time.Hour)
		later := w.someone().get(bookmark).want(http.StatusOK, everything...)
		later.click("カレンダーに入れる")
		for _, line := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART:20261225T003000Z\r\n", "DTEND:20261225T010000Z\r\n", "LOCATION:市役所 本庁舎 甲府市丸の内1-18-1\r\n"} {
			if !strings.Contains(later.body, line) {
				t.Errorf("the calendar file has no %q:\n%s", line, later.body)
			}
		}
		for line := range strings.SplitSeq(later.body, "\r\n") {
			if len(line) > 75 {
				t.Errorf("a line of %d octets: %s", len(line), line)
			}
		}
		w.clock.Advance(48 * time.Hour)
		w.someone().get(bookmark).want(http.StatusOK, "この予約の日時は過ぎました。", "11-0001")
	})
}

// A change takes the new seat and gives the old one back, or does nothing.
func TestBK204_ChangeIsAtomic(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		for i := 1; i <= 3; i++ {
			w.someone().book(i, "10時")
		}
		s := w.someone().book(0, "9時30分")
		s.click("日時を変える").want(http.StatusOK, "新しい日にちを選んでください", "今の予約のままにする")
		s.click("11月26日").click("9時").want(http.StatusOK, "まだ変わっていません", "今の予約", "2026年(令和8年)11月25日(水曜日) 9時30分", "2026年(令和8年)11月26日(木曜日)")
		ref := strings.Split(s.at, "/")[3]
		_, fields := s.formTo("/change")

		before := w.dump()
		fields.Set("s", "W1@2026-11-25T10:00") // full
		s.request(http.MethodPost, "/ja/b/"+ref+"/change", fields)
		s.want(http.StatusConflict, "10時は、いま予約でいっぱいになりました。", "近いあき時間")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a refused change changed the database:\n%s", diff)
		}
		s.click("ほかの日を選ぶ").click("11月26日").click("9時").submit("/change").want(http.StatusOK, "予約を変えました", "11月26日")
		b, _ := w.bookingOf(0)
		if got := store.Day(b.Starts); got != "2026-11-26" {
			t.Errorf("booked on %s", got)
		}
		testkit.Read(t, w.db, func(rx *store.Rx) error {
			breaches, err := reserve.Check(rx, tenant)
			if len(breaches) > 0 {
				t.Errorf("%+v", breaches)
			}
			return err
		})
	})
}

// No address changes anything by being opened, however often: mail scanners
// follow links. Only the button on the second screen cancels.
func TestBK205_OpeningChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().book(0, "9時30分")
		ref := strings.Split(strings.Split(s.at, "?")[0], "/")[3]
		urls := []string{"/", "/ja/", "/C/" + string(codes[0]), "/ja/code", "/ja/free", "/ja/free/times?w=W1&d=2026-11-25", "/ja/b/" + ref}
		for _, to := range []string{"days", "times?d=2026-11-26", "confirm?s=W1@2026-11-26T09:00", "cancel", "leave", "kofu.ics", "change", ""} {
			urls = append(urls, "/ja/b/"+ref+"/"+to)
		}
		for _, to := range []string{"book", "end", "party", "party/remove", "days", "times", "confirm?s=W1@2026-11-26T09:00&w=W1&p=receive", "next"} {
			urls = append(urls, "/ja/"+to)
		}
		before := testkit.Dump(t, w.db)
		scanner := w.someone()
		for n := range 1000 {
			from := scanner
			if n%2 == 1 {
				from = s // even with the visitor's own cookie
			}
			from.request([]string{http.MethodGet, http.MethodHead}[n%2], urls[n%len(urls)], nil)
			if from.page.StatusCode >= 500 {
				t.Fatalf("%s: %d", from.at, from.page.StatusCode)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("opening addresses changed the database:\n%s", diff)
		}
		s.get("/ja/b/"+ref).click("予約を取り消す").want(http.StatusOK, "「取り消す」を押すまで、予約はそのままです。", "理由")
		s.submit("/cancel", "reason", "date").want(http.StatusOK, "予約を取り消しました", "もう一度予約する")
		if _, booked := w.bookingOf(0); booked {
			t.Error("the booking still stands")
		}
		w.someone().signIn(0).want(http.StatusOK, "日にちを選んでください")
	})
}

// Three people where two seats are left: refused with the number, and nothing
// is taken.
func TestBK206_PartyTooLarge(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.someone().book(3, "9時30分") // two of three seats are left
		s := w.someone().signIn(0).click("いっしょに来る人を加える")
		for i := 1; i <= 2; i++ {
			s.submit("/party", "code", string(codes[i]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, fmt.Sprintf("%d人目", i+1))
		}
		s.submit("/party", "code", string(codes[1]), "year", "1985", "month", "4", "day", "1").want(http.StatusConflict, "この人はもう加えてあります")
		s.get("/ja/days?p=receive&w=W1&g=1").want(http.StatusOK, "3人")
		before := w.dump()
		s.get("/ja/confirm?p=receive&w=W1&g=1&s=W1@2026-11-25T09:30").want(http.StatusOK, "3人")
		s.submit("/book").want(http.StatusConflict, "この時間は、あと2人までです。3人では予約できません。", "近いあき時間")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a refused party changed the database:\n%s", diff)
		}
		s.click("9時").submit("/book").want(http.StatusOK, "予約しました", "3人")
		if b, _ := w.bookingOf(2); len(b.Persons) != 3 {
			t.Fatalf("booking %+v", b)
		}
		// Each of them can leave alone.
		third := w.someone().signIn(2).want(http.StatusOK, "すでに11月25日(水) 9時に予約があります。")
		third.click("わたしだけ予約から外れる").submit("/leave").want(http.StatusOK, "予約から外れました", "2人")
		if _, booked := w.bookingOf(2); booked {
			t.Error("the third person is still booked")
		}
		if b, _ := w.bookingOf(0); len(b.Live()) != 2 {
			t.Errorf("%d people are left", len(b.Live()))
		}
		w.someone().get(s.at).want(http.StatusOK, "11-0002", "2人")
	})
}

// With ticks allowed, one typed code and two ticks book three seats. Who is
// booked already cannot be ticked, and nothing says why.
func TestBK211_HouseholdByTicks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.policy(func(p *terms.Policy) { p.GroupMode = "tick" })
		for i := range codes {
			w.issue(i, func(m *member.Member) { m.Group, m.Ordinal = "house", i+1 })
		}
		alone := w.someone().signIn(3).want(http.StatusOK, "いっしょに来る人", "1人目", "2人目", "3人目")
		alone.submit("/party", "ticks", "1").click("あいています").click("10時").submit("/book").want(http.StatusOK, "予約しました")

		s := w.someone().signIn(0).want(http.StatusOK, "同じ世帯の方もいっしょに予約できます", "2人目", "3人目", "4人目 – 選べません")
		_, fields := s.formTo("/party")
		fields["mem"] = []string{"2", "3", "4"}
		s.request(http.MethodPost, "/ja/party", fields)
		s.follow()
		s.want(http.StatusOK, "日にちを選んでください", "3人")
		s.click("あいています").click("9時30分").submit("/book").want(http.StatusOK, "予約しました", "3人")
		b, _ := w.bookingOf(0)
		if len(b.Persons) != 3 || b.No != "11-0002" {
			t.Errorf("booking %+v", b)
		}
		if other, _ := w.bookingOf(3); other.ID == b.ID {
			t.Error("somebody with a booking was booked again")
		}
	})
}

// Where every code must be typed, the letter's ordinals are named and ticks are
// worth nothing.
func TestBK211_HouseholdByCodes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		for i := range 2 {
			w.issue(i, func(m *member.Member) { m.Group, m.Ordinal = "house", i+1 })
		}
		s := w.someone().signIn(0).want(http.StatusOK, "手紙に「2人目」と書かれた方は")
		_, fields := s.formTo("/party")
		fields.Set("ticks", "1")
		fields.Set("mem", "2")
		s.request(http.MethodPost, "/ja/party", fields)
		s.follow()
		s.get("/ja/party?p=receive&w=W1")
		if strings.Contains(s.body, "を外す") {
			t.Error("a tick added somebody whose code was not typed")
		}
		s.submit("/party", "code", string(codes[1]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "2人目を外す")
		s.submit("/party/remove")
		if strings.Contains(s.body, "を外す") {
			t.Error("the second person was not removed")
		}
	})
}

// Reading has no time limit; hours later the same form still books. After the
// session has run out, the code is asked once more and the choice is kept.
func TestBK209_TimeLimits(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		w.clock.Advance(3 * time.Hour)
		s.submit("/book").want(http.StatusOK, "予約しました")

		s = w.someone().signIn(1).click("あいています").click("10時")
		w.clock.Advance(13 * time.Hour) // 1:30 in the night
		before := w.dump()
		s.submit("/book").want(http.StatusOK, "予約番号を入れてください", "もう一度予約番号を入れてください")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("the expired form changed the database:\n%s", diff)
		}
		w.clock.Advance(6 * time.Hour)
		s.submit("/code", "code", string(codes[1]), "year", "1985", "month", "4", "day", "1")
		s.want(http.StatusOK, "予約の内容を確かめてください", "10時から")
	})
}

// A form whose token has gone is shown again with what was entered and does
// nothing.
func TestBK209_FormWithoutItsToken(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().get("/ja/code")
		s.cookies = map[string]string{}
		s.submit("/code", "code", "4492 0183 7750 2295", "year", "1985", "month", "4", "day", "1").
			want(http.StatusForbidden, "もう一度ボタンを押してください")
		for _, kept := range []string{`value="4492 0183 7750 2295"`, `value="1985"`} {
			if !strings.Contains(s.body, kept) {
				t.Errorf("%s is gone", kept)
			}
		}
		s.submit("/code").want(http.StatusOK, "日にちを選んでください")
	})
}

// Outside the hours free days and the hours are shown, and a booking is
// politely refused.
func TestBK305_ClosedHours(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		w.clock.Advance(17 * time.Hour) // 2:30
		s.signIn(0).want(http.StatusOK, "日にちを選んでください")
		s.click("11月26日").click("9時30分")
		before := w.dump()
		s.submit("/book").want(http.StatusConflict, "受付は6時から24時までです。あき状況は見られます。", "予約の内容を確かめてください")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("the refused booking changed the database:\n%s", diff)
		}
		w.someone().get("/ja/").want(http.StatusOK, "受付は6時から24時までです。あき状況は見られます。")
		w.someone().get("/ja/free").want(http.StatusOK, "あいています")
		w.clock.Advance(4 * time.Hour)
		s.submit("/book").want(http.StatusOK, "予約しました")
	})
}

// The same confirmation sent twice is one booking with one page.
func TestBook_Twice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		_, fields := s.formTo("/book")
		var seen []string
		for range 2 {
			answer := s.request(http.MethodPost, "/ja/book", fields)
			seen = append(seen, answer.Header.Get("Location"))
		}
		if seen[0] != seen[1] || !strings.HasPrefix(seen[0], "/ja/b/") {
			t.Errorf("the two lead to %q", seen)
		}
	})
}

// A slot that has filled up meanwhile: the other times of the day, with three
// that are near.
func TestBook_SlotJustFilled(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		for i := 1; i <= 3; i++ {
			w.someone().book(i, "9時30分")
		}
		s.submit("/book").want(http.StatusConflict, "9時30分は、いま予約でいっぱいになりました。", "予約はまだできていません", "近いあき時間")
		near, _, _ := strings.Cut(s.body[strings.Index(s.body, "近いあき時間"):], "</ul>")
		if n := strings.Count(near, "<li>"); n != 3 {
			t.Errorf("%d alternatives", n)
		}
		s.click("10時").submit("/book").want(http.StatusOK, "予約しました", "10時から")
	})
}

// After the deadline the page says so and has no buttons; an old form does
// nothing.
func TestBook_Deadline(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().book(0, "9時30分").click("予約を取り消す")
		_, fields := s.formTo("/cancel")
		w.clock.Advance(15 * time.Hour) // 0:30 of the day itself
		s.signIn(0).want(http.StatusOK, "インターネットでの変更・取り消しは終わりました。お電話ください。")
		ref := strings.Split(strings.Split(s.at, "?")[0], "/")[3]
		before := w.dump()
		fields.Set("token", tokenOf(s))
		s.request(http.MethodPost, "/ja/b/"+ref+"/cancel", fields)
		s.want(http.StatusConflict, "お電話ください")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a late cancellation changed the database:\n%s", diff)
		}
	})
}

// What the office has booked, the office alone moves and ends: the page names its
// phone number and has no buttons, and a form made by hand does nothing.
func TestKT502_BookingOfTheOffice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		testkit.Write(t, w.db, testkit.Clerk, func(tx *store.Tx) error {
			_, _, err := reserve.PlaceOffice(tx, reserve.Placed{
				Tenant: tenant, ID: "01JDT0000000000000000000PH", SlotID: "W1@2026-11-26T09:30", Via: reserve.ByPhone,
				Guests: []reserve.Guest{{Link: link(0), Gen: 1, Procs: "receive"}}, SlotsOf: map[string]string{},
			})
			return err
		})
		s := w.someone().signIn(0).want(http.StatusOK, "9時30分", "変えるときや取り消すときは、お電話ください", "055-237-0000")
		for _, gone := range []string{"日時を変える", "予約を取り消す", "インターネットでの変更・取り消しは終わりました"} {
			if strings.Contains(s.body, gone) {
				t.Errorf("the page says %q", gone)
			}
		}
		ref := strings.Split(strings.Split(s.at, "?")[0], "/")[3]
		before := w.dump()
		for act, fields := range map[string]url.Values{"cancel": {}, "change": {"s": {"W1@2026-11-26T10:00"}}} {
			fields.Set("token", tokenOf(s))
			fields.Set("once", "once-00000000000000000001")
			s.request(http.MethodPost, "/ja/b/"+ref+"/"+act, fields)
			s.want(http.StatusConflict, "変えるときや取り消すときは、お電話ください")
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a booking of the office changed:\n%s", diff)
		}
	})
}

// tokenOf is the token of any form of the page.
func tokenOf(s *someone) string {
	_, fields := s.formTo("/end")
	return fields.Get("token")
}
