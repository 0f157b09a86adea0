package site_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var keyOnPage = regexp.MustCompile(`9\d{3}-\d{4}-\d{4}-\d{4}`)

// withoutCodes makes a town whose residents have no codes from the office. With
// mail, bookings are confirmed by it.
func (w *town) withoutCodes(mail bool) {
	w.t.Helper()
	w.policy(func(p *terms.Policy) {
		p.AuthModes = []terms.Mode{terms.AccessKey}
		if p.SenderAddress = "yoyaku@city.example"; !mail {
			p.SenderAddress, p.PII, p.UnconfirmedKeys = "", terms.PIIOff, true
		}
	})
}

// openTo goes to the page that checks a booking without a code.
func (s *someone) openTo(procedure, time string) *someone {
	s.t.Helper()
	return s.get("/ja/").click("予約する").submit("/open", "p", procedure).click("あいています").click(time)
}

// booked is the booking with a receipt number.
func (w *town) booked(no string) (b reserve.Booking) {
	w.t.Helper()
	testkit.Read(w.t, w.db, func(rx *store.Rx) (err error) {
		b, _, err = reserve.ByNumber(rx, tenant, 2026, no)
		return err
	})
	return b
}

// With access keys alone there is no form for a code, and a booking can be made,
// shown, moved and cancelled.
func TestBK101_AccessKeysAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.withoutCodes(false)
		s := w.someone().get("/ja/")
		if strings.Contains(s.body, "/ja/code") {
			t.Errorf("the start page leads to a form for codes:\n%s", s.body)
		}
		s.get("/ja/code").want(http.StatusOK, "用事と人数を選んでください")
		s.openTo("pin", "9時30分").want(http.StatusOK, "予約の内容を確かめてください", "暗証番号の再設定")
		s.submit("/open/book").want(http.StatusOK, "予約しました", "あなたの確認番号", "11-0001", "この番号は、この画面でしか見られません")
		key := keyOnPage.FindString(s.body)
		if key == "" {
			t.Fatal("no key on the page")
		}
		for _, secret := range []string{key, strings.ReplaceAll(key, "-", "")} {
			if strings.Contains(testkit.Dump(t, w.db), secret) || strings.Contains(w.log.String(), secret) {
				t.Error("the key came to rest")
			}
		}

		later := w.someone().get("/ja/").click("確認番号")
		later.submit("/key", "key", key).want(http.StatusOK, "あなたの予約", "11-0001", "9時30分から")
		if strings.Contains(later.body, key) {
			t.Error("the key is shown again")
		}
		later.click("日時を変える").click("11月26日").click("10時").submit("/change").want(http.StatusOK, "予約を変えました", "11月26日")
		later.click("予約を取り消す").submit("/cancel").want(http.StatusOK, "予約を取り消しました")
		if b := w.booked("11-0001"); b.State != reserve.Cancelled {
			t.Errorf("state %s", b.State)
		}
	})
}

// The key opens with the receipt number and without it, with a wrong one not;
// after ten wrong keys of an address the door is closed for a quarter of an hour.
func TestBK109_Key(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.withoutCodes(false)
		s := w.someone().openTo("renew", "9時").submit("/open/book")
		key := keyOnPage.FindString(s.body)
		w.someone().get("/ja/key").submit("/key", "key", key, "no", "１１-0001").want(http.StatusOK, "11-0001")
		w.someone().get("/ja/key").submit("/key", "key", key, "no", "11-0002").want(http.StatusNotFound, "予約が見つかりません")
		other := w.someone()
		other.from = "198.51.100.9:99"
		other.get("/ja/key").submit("/key", "key", "621498320257").want(http.StatusUnprocessableEntity, "マイナンバー(12けた)は入れないでください")
		if strings.Contains(other.body, "621498320257") {
			t.Error("the twelve digits are shown again")
		}
		other.submit("/key", "key", "9000000000000001").want(http.StatusUnprocessableEntity, "番号の数字が1つ以上ちがっています")
		for range 10 {
			other.submit("/key", "key", "9000000000000081").want(http.StatusNotFound, "予約が見つかりません")
		}
		other.submit("/key", "key", key).want(http.StatusTooManyRequests, "15分間入力できません")
		w.clock.Advance(16 * time.Minute)
		other.submit("/key", "key", key).want(http.StatusOK, "11-0001")
	})
}

// A booking without a code holds its seat until the mail is answered by a
// button; the late link says that it is late.
func TestBK110_ConfirmedByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.withoutCodes(true)
		s := w.someone().openTo("pin", "9時30分").want(http.StatusOK, "メールアドレス", "30分以内")
		before := w.dump()
		s.submit("/open/book").want(http.StatusUnprocessableEntity, "メールアドレスを入れてください")
		s.submit("/open/book", "c_mail", "not an address").want(http.StatusUnprocessableEntity, "「メールアドレス」の形が正しくありません")
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("a refused form changed the database:\n%s", diff)
		}
		s.submit("/open/book", "c_mail", "taro@example.jp").want(http.StatusOK, "まだ予約は決まっていません", "11月24日(火) 10時までに")
	})
}

func TestBK110_LinkOfTheMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.withoutCodes(true)
		w.someone().openTo("pin", "9時30分").submit("/open/book", "c_mail", "taro@example.jp").want(http.StatusOK, "まだ予約は決まっていません")
		w.someone().openTo("pin", "10時").submit("/open/book", "c_mail", "jiro@example.jp").want(http.StatusOK, "まだ予約は決まっていません")
		link := func(no string) string {
			id := w.booked(no).ID
			return "/ja/mail/c-" + id + "-" + keyring.ForTest(7).MAC("booking-confirm", id)[:22]
		}
		reader := w.someone().get(link("11-0001")).want(http.StatusOK, "予約を決めますか", "決まりません")
		if b := w.booked("11-0001"); b.State != reserve.Pending {
			t.Fatalf("opening the link made it %s", b.State)
		}
		_, fields := reader.formTo(strings.TrimPrefix(reader.at, "/ja"))
		reader.request(http.MethodPost, reader.at, fields)
		reader.follow()
		reader.want(http.StatusOK, "予約しました")
		if b := w.booked("11-0001"); b.State != reserve.Active {
			t.Errorf("state %s", b.State)
		}
		late := w.someone().get(link("11-0002"))
		_, fields = late.formTo(strings.TrimPrefix(late.at, "/ja"))
		w.clock.Advance(31 * time.Minute)
		late.request(http.MethodPost, late.at, fields)
		late.want(http.StatusConflict, "時間が過ぎたため、この予約は取り消されました。")
		again := w.someone().get(link("11-0002")).want(http.StatusOK, "あなたの予約", "確認の期限が過ぎたため、この予約は取り消されました。")
		if text := late.body + again.body; strings.Contains(text, "まだ予約は決まっていません") {
			t.Errorf("it can still be made certain:\n%s", text)
		}
		w.someone().get("/ja/mail/c-x-y").want(http.StatusNotFound, "このリンクは使えません")
	})
}

// A field of the municipality is on the form at once, is asked for where it is
// required, and keeps what was typed.
func TestBK107_FieldOnTheForm(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		testkit.Write(t, w.db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := terms.SaveFields(tx, tenant, terms.Fields{List: []terms.Field{
				{ID: "chair", Personal: terms.PIIOff, Kind: terms.KindCheckbox, Labels: map[string]string{"ja": "車いすを使う"}},
				{
					ID: "way", Personal: terms.PIIOff, Kind: terms.KindSelect, Labels: map[string]string{"ja": "来る方法", "en": "How you come"},
					Options: []terms.Option{{Value: "bus", Labels: map[string]string{"ja": "バス"}}, {Value: "car", Labels: map[string]string{"ja": "車"}}},
				},
				{ID: "visits", Personal: terms.PIIContact, Kind: terms.KindDigits, Labels: map[string]string{"ja": "回数"}, Use: map[terms.Mode]terms.Use{terms.LinkBirth: terms.Required}},
			}}, 0)
			return err
		})
		w.clock.Advance(3 * time.Second)
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		s.want(http.StatusOK, "車いすを使う", "来る方法", "回数 ※必須", "電話番号 (任意)")
		s.submit("/book", "x_chair", "1", "x_way", "car").want(http.StatusUnprocessableEntity, "「回数」を入れてください。")
		for _, kept := range []string{`name="x_chair" value="1" checked`, `<option value="car" selected>`} {
			if !strings.Contains(s.body, kept) {
				t.Errorf("%s is gone", kept)
			}
		}
		s.submit("/book", "x_visits", "２", "x_way", "car", "c_phone", "090-0000-0000").want(http.StatusOK, "予約しました")
		b, _ := w.bookingOf(0)
		if dump := w.dump(); strings.Contains(dump, "090-0000-0000") || strings.Contains(dump, "09000000000") {
			t.Error("the phone number lies open in the database")
		}
		if b.No != "11-0001" {
			t.Errorf("booking %+v", b)
		}
	})
}

// Without personal data the form asks for nothing.
func TestBK108_NothingIsAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.policy(func(p *terms.Policy) { p.PII, p.SenderAddress = terms.PIIOff, "" })
		s := w.someone().signIn(0).click("あいています").click("9時30分")
		if strings.Contains(s.body, `name="c_`) {
			t.Errorf("personal data are asked for:\n%s", s.body)
		}
		_, fields := s.formTo("/book")
		fields.Set("c_mail", "taro@example.jp")
		s.request(http.MethodPost, "/ja/book", fields)
		if s.page.StatusCode == http.StatusSeeOther {
			t.Error("a mail address was taken")
		}
		s.submit("/book").want(http.StatusOK, "予約しました")
	})
}

// A notice stands on its pages from its first moment to its last, in the
// reader's language or the one that stands in for it.
func TestBK803_Notices(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		testkit.Write(t, w.db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := terms.SaveNotices(tx, tenant, terms.Notices{List: []terms.Notice{{
				ID: "n1", Pages: []string{terms.PageTop, terms.PageDone}, From: "2026-11-24 10:00", Until: "2026-11-24 12:00",
				Texts: map[string]string{"ja": "駐車場は使えません。"},
			}}}, 0)
			return err
		})
		w.clock.Advance(29*time.Minute + 59*time.Second)
		has := func(s *someone) bool { return strings.Contains(s.body, `lang="ja">駐車場は使えません。`) }
		if has(w.someone().get("/ja/")) {
			t.Error("before its time")
		}
		w.clock.Advance(time.Second)
		if !has(w.someone().get("/ja/")) || !has(w.someone().get("/en/")) {
			t.Error("not there from the first moment")
		}
		if !has(w.someone().book(0, "9時30分")) {
			t.Error("not on the done page")
		}
		w.clock.Advance(2 * time.Hour)
		if has(w.someone().get("/ja/")) {
			t.Error("after its time")
		}
	})
}

// What the municipality words differently is on its pages.
func TestBK801_Wording(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		testkit.Write(t, w.db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := terms.SaveWording(tx, tenant, terms.Wording{Texts: map[string]map[string]string{"ja": {"procedure.receive": "マイナンバーカード受取"}}}, 0)
			return err
		})
		w.clock.Advance(3 * time.Second)
		w.someone().book(0, "9時30分").want(http.StatusOK, "マイナンバーカード受取")
	})
}
