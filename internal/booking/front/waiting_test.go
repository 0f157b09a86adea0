package front_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-212: the oldest wish is told by mail, the next by phone; accepting ends the
// earlier booking and says so.
func TestBK212_OffersAreTold(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 1, 5, func(p *terms.Policy) { p.WaitingList, p.MailsPerDay = true, 10 })
		earlier := o.book(t, ask(1, "W1@2026-12-15T09:00", "a@example.jp", 0))
		wants := func(n int, notify wish.Notify, c contact.Contact) error {
			_, err := o.Wish(t.Context(), resident, wish.Wish{
				From: "2026-12-08", To: "2026-12-08", Guests: []reserve.Guest{{Link: link(n), Gen: 1, Procs: "receive"}}, Notify: notify, Lang: "ja",
			}, c)
			return err
		}
		before := testkit.Dump(t, db)
		testkit.WantFault(t, wants(0, wish.ByMail, contact.Contact{}), fault.Invalid, "booking.mail_needed")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
		must(t, wants(0, wish.ByMail, contact.Contact{Mail: "a@example.jp"}))
		clock.Advance(time.Second)
		must(t, wants(1, wish.ByPhone, contact.Contact{Phone: "090-1234-5678"}))
		served, err := o.ServeWishes(t.Context(), job)
		if err != nil || served.Offered != 2 {
			t.Fatalf("%+v, %v", served, err)
		}
		offer := o.last(t)
		has(t, offer.Body, "ご希望の時間に空きが出ました", "12月8日(火曜日)", "までに画面でボタンを押すと予約になります", "リンク先の画面でボタンを押すまで、何も変わりません。")
		var offered reserve.Booking
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			var found bool
			var err error
			offered, found, err = reserve.OfferFor(rx, tenant, link(0))
			if !found {
				t.Error("no offer")
			}
			tasks, err2 := mail.Tasks(rx, tenant, false)
			if err2 != nil || len(tasks) != 1 || tasks[0].Kind != terms.MailOffer {
				t.Errorf("%+v, %v", tasks, err2)
			}
			return err
		})
		has(t, offer.Body, o.BookingURL("ja", offered.ID))
		b, err := o.Accept(t.Context(), resident, by(2, offered, 0))
		if err != nil || b.State != reserve.Active {
			t.Fatalf("%+v, %v", b, err)
		}
		has(t, o.last(t).Body, "前の予約(12月15日(火) 9時)は取り消されています")
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			was, _, err := reserve.ByID(rx, tenant, earlier.ID)
			if was.State != reserve.Cancelled {
				t.Errorf("the earlier booking is %s", was.State)
			}
			return err
		})
	})
}

// BK-106, the part of the mail: one link, for the registered address only, and
// the same answer for everybody; a second use fails.
func TestBK106_MailWithResetLink(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const code, other = linkcode.Code("4492018377502273"), linkcode.Code("1234567890123410")
		o := open(t, db, clock, 1, 0, func(p *terms.Policy) { p.AuthModes = []terms.Mode{terms.LinkPassword} })
		must(t, member.Import(t.Context(), o.DB, testkit.Supervisor, tenant, []member.Member{{
			Link: link(1), Gen: 1, KeyID: "k1", CodeMAC: code.Hash(keys["k1"]), Procs: "receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		}}))
		for _, bad := range []string{"", "me", "123456789018@example.jp"} {
			testkit.WantFault(t, o.RegisterMail(t.Context(), resident, link(1), bad), fault.Invalid, "terms.mail")
		}
		must(t, o.RegisterMail(t.Context(), resident, link(1), "me@example.jp"))
		forget := func(c linkcode.Code, address string) error {
			return o.ForgotPassword(t.Context(), resident, front.Forgot{
				Keys: keys, Code: c, Mail: address, Address: netip.MustParseAddr("192.0.2.7"), Lang: "ja",
			})
		}
		for _, c := range []struct {
			code    linkcode.Code
			address string
		}{{code, "you@example.jp"}, {other, "me@example.jp"}, {code, ""}} {
			must(t, forget(c.code, c.address))
			if n := len(o.post(t)); n != 0 {
				t.Fatalf("%d mails for %s", n, c.address)
			}
		}
		must(t, forget(code, " Me@Example.jp"))
		l := o.last(t)
		has(t, l.Body, "60分以内・1回だけ", "心あたりがなければ何もしないでください")
		_, path, _ := strings.Cut(l.Body, "/ja/mail/")
		path, _, _ = strings.Cut(path, "\n")
		tok, ok := front.ResetOf(path)
		if !ok {
			t.Fatalf("%q is no link to a new password", path)
		}
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			open, err := member.ResetOpen(rx, tenant, keys, tok)
			if !open {
				t.Error("the link is dead")
			}
			return err
		})
		if dump := testkit.Dump(t, db); strings.Contains(dump, tok) || strings.Contains(dump, "me@example.jp") {
			t.Error("the token or the address lies open in the database")
		}
		for range 30 {
			_ = forget(other, "me@example.jp")
		}
		testkit.WantFault(t, forget(code, "me@example.jp"), fault.TooMany, "member.too_many")
	})
}

// The address in a booking of two is that of whoever made it: it does not open
// the other's account.
func TestBK106_AddressOfACompanionIsNone(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		code := linkcode.Code("4492018377502273")
		o := open(t, db, clock, 2, 1, func(p *terms.Policy) { p.AuthModes = []terms.Mode{terms.LinkPassword} })
		must(t, member.Import(t.Context(), o.DB, testkit.Supervisor, tenant, []member.Member{{
			Link: link(1), Gen: 1, KeyID: "k1", CodeMAC: code.Hash(keys["k1"]), Procs: "receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		}}))
		o.book(t, ask(1, nine, "companion@example.jp", 0, 1))
		before := len(o.post(t))
		must(t, o.ForgotPassword(t.Context(), resident, front.Forgot{
			Keys: keys, Code: code, Mail: "companion@example.jp", Address: netip.MustParseAddr("192.0.2.7"), Lang: "ja",
		}))
		if n := len(o.post(t)) - before; n != 0 {
			t.Errorf("%d mails with a link to another's password", n)
		}
	})
}

// What somebody on the waiting list left goes some days after their wish is
// over.
func TestBK603_WaitingListIsErased(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 1, 5, func(p *terms.Policy) { p.WaitingList = true })
		o.book(t, ask(1, nine, "", 1))
		w, err := o.Wish(t.Context(), resident, wish.Wish{
			From: "2026-12-08", To: "2026-12-08", Guests: []reserve.Guest{{Link: link(0), Gen: 1, Procs: "receive"}}, Notify: wish.ByPhone, Lang: "ja",
		}, contact.Contact{Phone: "090-1234-5678"})
		must(t, err)
		must(t, wish.Withdraw(t.Context(), o.DB, resident, tenant, w.ID, link(0)))
		clock.Advance(6 * 24 * time.Hour)
		r, err := contact.Erase(t.Context(), o.DB, job, tenant, o.load(t))
		if err != nil || len(r.Values) != 0 {
			t.Errorf("after six days %+v, %v", r, err)
		}
		clock.Advance(2 * 24 * time.Hour)
		r, err = contact.Erase(t.Context(), o.DB, job, tenant, o.load(t))
		if err != nil || r.Values["waiting"] != 1 {
			t.Errorf("after eight days %+v, %v", r, err)
		}
	})
}

// BK-802: the test send shows a draft with made-up values and stores nothing.
func TestBK802_TestSend(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 1, 1, nil)
		before := testkit.Dump(t, db)
		for _, kind := range terms.MailKinds {
			for _, lang := range []string{"ja", "ja-easy", "en", "vi"} {
				s, err := o.Preview(t.Context(), kind, lang, terms.Sheet{})
				must(t, err)
				if strings.Contains(s.Body, "{{") || !strings.Contains(s.Body, "0120-000-000") {
					t.Errorf("%s in %s: %s", kind, lang, s.Body)
				}
			}
		}
		draft, _ := terms.DefaultSheet(terms.MailBooked, "ja")
		draft.Body += "\n駐車場はありません。"
		must(t, o.TryMail(t.Context(), terms.MailBooked, "ja", draft, "staff@city.example"))
		has(t, o.last(t).Body, "駐車場はありません。", "11-0001", "本庁 1番窓口")
		draft.Body = strings.ReplaceAll(draft.Body, "{{受付番号}}", "")
		_, err := o.Preview(t.Context(), terms.MailBooked, "ja", draft)
		testkit.WantFault(t, err, fault.Invalid, "terms.bad_template")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// A code that is withdrawn loses its booking; the mail gives no reason.
func TestWithdraw_IsTold(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 3, nil)
		o.book(t, ask(1, nine, "a@example.jp", 0))
		o.book(t, ask(2, half, "b@example.jp", 1, 2))
		must(t, o.Withdraw(t.Context(), testkit.Clerk, link(0), 1))
		must(t, o.Withdraw(t.Context(), testkit.Clerk, link(1), 1))
		all := o.post(t)
		if len(all) != 3 || all[2].To != "a@example.jp" {
			t.Fatalf("%+v", all)
		}
		has(t, all[2].Body, "市の都合により取り消しました")
	})
}
