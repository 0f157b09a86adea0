package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// serveWishes lets the job of the waiting list run.
func (w *town) serveWishes() {
	w.t.Helper()
	desk := &front.Desk{DB: w.db, Tenant: tenant, Ring: keyring.ForTest(7), Base: "https://yoyaku.example"}
	_, err := desk.ServeWishes(w.t.Context(), store.Actor{ID: "job", Role: "job", Terminal: "test"})
	w.must(err)
}

// offer is the page of the offer of the first code.
func (w *town) offer() (page string, found bool) {
	w.t.Helper()
	desk := &front.Desk{DB: w.db, Tenant: tenant, Ring: keyring.ForTest(7)}
	testkit.Read(w.t, w.db, func(rx *store.Rx) error {
		b, has, err := reserve.OfferFor(rx, tenant, link(0))
		page, found = "/ja/b/"+desk.Ref(b.ID), has
		return err
	})
	return page, found
}

// wishOf25 is a wish for the 25th, told by phone.
var wishOf25 = []string{"from", "2026-11-25", "to", "2026-11-25", "notify", "phone", "c_phone", "0552370000"}

func waitingTown(w *town) {
	w.window("W1", "市役所 本庁舎", 1)
	w.policy(func(p *terms.Policy) { p.WaitingList, p.SenderAddress = true, "yoyaku@city.example" })
}

// A resident says where and when they wait, sees it, is offered the seat that
// came free, and keeps the booking they have until they take it.
func TestBK212_WaitingListPages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		waitingTown(w)
		other := w.someone().book(1, "9時30分") // the only seat of 11-25 9:30
		w.someone().book(2, "9時")
		w.someone().book(3, "10時")
		s := w.someone().signIn(0).click("11月26日").click("9時")
		s.submit("/book").want(http.StatusOK, "予約しました", "11月26日")
		booked, _ := w.bookingOf(0)

		s.click("空き待ち").want(http.StatusOK, "「予約にする」を押すまで、予約にはなりません", "いつから", "メールで知らせる")
		before := w.dump()
		s.submit("/wish", "from", "2026-11-26", "to", "2026-11-25", "notify", "phone", "c_phone", "090-1234-5678").
			want(http.StatusUnprocessableEntity, "「いつまで」は「いつから」より後の日に")
		if !strings.Contains(s.body, `value="090-1234-5678"`) {
			t.Error("what was typed is gone")
		}
		s.submit("/wish", "from", "2026-11-25", "to", "2026-11-25", "notify", "mail").want(http.StatusUnprocessableEntity, "メールアドレスを入れてください")
		s.submit("/wish", "from", "2026-11-25", "to", "2026-11-25", "notify", "phone", "c_phone", "").want(http.StatusUnprocessableEntity, "電話番号を入れてください")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("refused wishes changed:\n%s", diff)
		}
		s.submit("/wish", "from", "2026-11-25", "to", "2026-11-25", "wd", "3", "band", "am", "notify", "mail", "c_mail", "a@example.jp").
			want(http.StatusOK, "空き待ちに登録しました", "水曜日", "午前(12時まで)", "メールで知らせる", "11月25日(水)から11月25日(水)まで")
		s.get("/ja/wish").want(http.StatusOK, "空きが出るのを待っています", "空き待ちをやめる")
		w.serveWishes()
		if _, offered := w.offer(); offered {
			t.Fatal("an offer without a free seat that fits")
		}

		other.click("予約を取り消す").submit("/cancel")
		w.serveWishes()
		page, offered := w.offer()
		if !offered {
			t.Fatal("no offer")
		}
		w.clock.Advance(3 * time.Second)
		w.someone().get("/ja/free/times?w=W1&d=2026-11-25").want(http.StatusOK, "9時30分 × いっぱいです")
		// By the mail's link: no button before the code.
		s = w.someone().get(page).want(http.StatusOK, "ご希望の時間に空きが出ました", "まで取ってあります", "予約番号を入れて返事をする")
		if strings.Contains(s.body, "<form") || strings.Contains(s.body, "今の予約(") {
			t.Error("somebody without a code can answer or sees the present booking")
		}
		s.click("予約番号を入れて返事をする").submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1").
			want(http.StatusOK, "今の予約(11月26日(木) 9時)は、「予約にする」を押すまでそのままです", "9時30分から")
		w.someone().signIn(0).want(http.StatusOK, "ご希望の時間に空きが出ました")
		if now, _ := w.bookingOf(0); now.ID != booked.ID {
			t.Fatal("the present booking is gone")
		}
		s.get("/ja/wish").want(http.StatusOK, "ご希望の時間に空きが出ました")
		s.submit("/accept").want(http.StatusOK, "予約しました", "11月25日", "9時30分から")
		if now, _ := w.bookingOf(0); now.ID == booked.ID || now.State != reserve.Active {
			t.Errorf("after accepting: %+v", now)
		}
		w.serveWishes()
		s.get("/ja/wish").want(http.StatusOK, "空き待ちに登録する")
	})
}

// Who does not answer in time, or wants nothing, keeps what they have; the page
// of the offer says so.
func TestBK212_OfferPageEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		waitingTown(w)
		w.someone().signIn(0).get("/ja/wish?p=receive&w=W1&d=2026-11-25").
			submit("/wish", wishOf25...).want(http.StatusOK, "登録しました").
			get("/ja/wish").want(http.StatusOK, "電話で知らせる")
		w.serveWishes()
		first, offered := w.offer()
		if !offered {
			t.Fatal("the first gets no offer")
		}
		s := w.someone().signIn(0).want(http.StatusOK, "まで取ってあります")
		_, form := s.formTo("/accept")
		w.clock.Advance(25 * time.Hour)
		_, fresh := s.signIn(0).get("/ja/wish").formTo("/withdraw")
		form.Set("token", fresh.Get("token"))
		before := testkit.Dump(t, w.db)
		s.request(http.MethodPost, first+"/accept", form)
		s.want(http.StatusConflict, "時間が過ぎたため、この時間は予約できなくなりました。今の予約があれば、そのままです。")
		if diff := cmp.Diff(before, testkit.Dump(t, w.db)); diff != "" {
			t.Errorf("a late answer changed:\n%s", diff)
		}
		s.get(first).want(http.StatusOK, "時間が過ぎたため、この時間は予約できなくなりました。今の予約があれば、そのままです。")
		w.serveWishes()
		s.get(first).want(http.StatusOK, "時間が過ぎたため、この時間は予約できなくなりました。今の予約があれば、そのままです。")
		testkit.Read(t, w.db, func(rx *store.Rx) error {
			tasks, err := mail.Tasks(rx, tenant, false)
			if len(tasks) == 0 || tasks[0].Kind != terms.MailOffer {
				t.Errorf("tasks %+v", tasks)
			}
			return err
		})
	})
}

// A declined offer ends; the booking of the visitor stays.
func TestBK212_DeclineAndWithdraw(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		waitingTown(w)
		w.someone().book(0, "9時30分")
		booked, _ := w.bookingOf(0)
		s := w.someone().signIn(0).get("/ja/wish").submit("/wish", wishOf25...).want(http.StatusOK, "登録しました")
		w.serveWishes()
		s.get("/ja/wish").want(http.StatusOK, "いりません")
		s.submit("/decline").want(http.StatusOK, "お断りになりました。今の予約があれば、そのままです。")
		if now, _ := w.bookingOf(0); now.ID != booked.ID || now.State != reserve.Active {
			t.Errorf("%+v", now)
		}
		w.serveWishes()
		s.get("/ja/wish").submit("/wish", wishOf25...).want(http.StatusOK, "登録しました")
		s.submit("/wish/withdraw").want(http.StatusOK, "空き待ちをやめました", "空き待ちに登録する")
		if now, _ := w.bookingOf(0); now.ID != booked.ID {
			t.Error("the booking went with the wish")
		}
		// A stale form does nothing.
		s.submit("/wish", append([]string{"token", "x"}, wishOf25...)...).want(http.StatusForbidden, "もう一度ボタンを押してください")
		// Somebody else's offer is unknown.
		s.submit("/wish", wishOf25...)
		w.serveWishes()
		page, _ := w.offer()
		w.someone().signIn(1).get(page).want(http.StatusOK, "予約番号を入れて返事をする").get(page + "/offer").want(http.StatusNotFound)
	})
}

// Where the municipality has no waiting list there is no page and no link; where
// it takes no contact data the form asks for none.
func TestBK212_Off(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone().signIn(0)
		if strings.Contains(s.body, "/wish") {
			t.Error("a link to a waiting list that is off")
		}
		s.get("/ja/wish").want(http.StatusNotFound)
		w.policy(func(p *terms.Policy) { p.WaitingList, p.PII = true, terms.PIIOff })
		w.someone().get("/ja/free").click("空き待ち").want(http.StatusOK, "予約番号を入れてください").
			submit("/code", "code", string(codes[1]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "連絡先はお預かりしません")
		s.get("/ja/wish").want(http.StatusOK, "連絡先はお預かりしません")
		_, form := s.formTo("/wish")
		if form.Has("c_phone") || form.Has("c_mail") {
			t.Errorf("the form asks for %v", form)
		}
		form.Set("c_phone", "0552370000")
		form.Set("from", "2026-11-25")
		form.Set("to", "2026-11-25")
		before := w.dump()
		s.request(http.MethodPost, "/ja/wish", form)
		s.want(http.StatusUnprocessableEntity)
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Error(diff)
		}
		s.get("/ja/wish").submit("/wish", "from", "2026-11-25", "to", "2026-11-25").want(http.StatusOK, "登録しました")
	})
}
