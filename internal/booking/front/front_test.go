package front_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const (
	tenant = 1
	nine   = "W1@2026-12-08T09:00"
	half   = "W1@2026-12-08T09:30"
)

var (
	resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}
	job      = store.Actor{ID: "job", Role: "program"}
)

// office is a tenant with a window, members and a mail server.
type office struct {
	*front.Desk
	sink  *testkit.Sink
	clock *testkit.Clock
}

func open(t testing.TB, db *store.DB, clock *testkit.Clock, seats, members int, change func(*terms.Policy)) office {
	t.Helper()
	o := office{&front.Desk{
		DB: db.For(tenant), Tenant: tenant, Ring: keyring.ForTest(1), Base: "https://yoyaku.city.example", Terms: terms.NewCache(tenant),
	}, testkit.NewSink(t, nil), clock}
	must(t, slot.AddTenant(t.Context(), o.DB, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	_, err := slot.SaveWindow(t.Context(), o.DB, testkit.Supervisor, tenant, slot.Window{
		ID: "W1", Name: "本庁 1番窓口", Address: "甲府市丸の内一丁目18番1号", HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60, LateMinutes: 5,
		Book: slot.Deadline{Days: 1, Minute: 17 * 60}, Change: slot.Deadline{Days: 1, Minute: 17 * 60}, Cancel: slot.Deadline{Days: 0, Minute: 8 * 60},
	})
	must(t, err)
	var patterns []slot.Pattern
	for d := time.Monday; d <= time.Friday; d++ {
		patterns = append(patterns, slot.Pattern{Weekday: d, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, WebCap: seats, OfficeCap: 1})
	}
	_, err = slot.SetPattern(t.Context(), o.DB, testkit.Supervisor, tenant, "W1", patterns)
	must(t, err)
	var list []member.Member
	for n := range members {
		mac := sha256.Sum256([]byte(link(n)))
		list = append(list, member.Member{
			Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "pin receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		})
	}
	must(t, member.Import(t.Context(), o.DB, testkit.Supervisor, tenant, list))
	p := terms.DefaultPolicy()
	p.SenderAddress, p.Phone, p.Hours = "yoyaku@city.example", "0120-000-000", "9時から17時"
	if change != nil {
		change(&p)
	}
	testkit.Write(t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		if _, err := terms.SavePolicy(tx, tenant, p, 0); err != nil {
			return err
		}
		_, err := mail.SaveServer(tx, o.Ring, tenant, terms.MailServer{Host: o.sink.Host, Port: o.sink.Port, Security: terms.Plain}, "", 0)
		return err
	})
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func link(n int) string  { return fmt.Sprintf("%016x", n) }
func token(n int) string { return fmt.Sprintf("token-%020d", n) }

func ask(tok int, slotID, mailTo string, members ...int) front.Request {
	r := front.Request{Lang: "ja", Contact: contact.Contact{Mail: mailTo}, Request: reserve.Request{
		Token: token(tok), By: reserve.By{Via: reserve.ByWeb, Link: link(members[0])}, SlotID: slotID, Side: slot.Web, Mode: "link+birth",
	}}
	for _, n := range members {
		r.Guests = append(r.Guests, reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"})
	}
	return r
}

func (o office) book(t testing.TB, r front.Request) reserve.Booking {
	t.Helper()
	b, err := o.Book(t.Context(), resident, r)
	must(t, err)
	return b
}

func by(tok int, b reserve.Booking, n int) reserve.Act {
	return reserve.Act{Token: token(tok), BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link(n)}}
}

// letter is a mail as its reader sees it.
type letter struct{ To, Subject, Body string }

// post sends what waits and returns everything that has arrived so far.
func (o office) post(t testing.TB) (all []letter) {
	t.Helper()
	_, err := mail.Send(t.Context(), o.DB, job, o.Ring, tenant)
	must(t, err)
	for _, m := range o.sink.Mails() {
		parsed, err := netmail.ReadMessage(strings.NewReader(m.Text))
		must(t, err)
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		must(t, err)
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, parsed.Body))
		must(t, err)
		all = append(all, letter{strings.Trim(m.To, "<>"), subject, strings.ReplaceAll(string(body), "\r\n", "\n")})
	}
	return all
}

func (o office) last(t testing.TB) letter {
	t.Helper()
	all := o.post(t)
	if len(all) == 0 {
		t.Fatal("no mail has arrived")
	}
	return all[len(all)-1]
}

func (o office) kinds(t testing.TB) (kinds []terms.MailKind) {
	t.Helper()
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		list, err := mail.List(rx, tenant, mail.None, nil, 1000)
		for i := len(list) - 1; i >= 0; i-- {
			kinds = append(kinds, list[i].Kind)
		}
		return err
	})
	return kinds
}

// has reports what is missing in a text.
func has(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) && !strings.Contains(strings.ReplaceAll(text, "\n", ""), p) {
			t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}

// The way of a booking: each act writes its mail, once, however often the form
// is sent, and a refused act writes nothing.
func TestBK802_MailOfEachAct(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 2, 4, func(p *terms.Policy) { p.MailsPerDay = 10 })
		done, err := o.BookIt(t.Context(), resident, ask(1, nine, "a@example.jp", 0))
		must(t, err)
		if done.Mail != mail.Waiting {
			t.Errorf("the mail is %q", done.Mail)
		}
		b := done.Booking
		o.book(t, ask(1, nine, "a@example.jp", 0)) // the form once more
		first := o.last(t)
		has(t, first.Subject, "【甲府市】", b.No)
		has(t, first.Body, "カードの受け取りを予約しました", b.No, "2026年(令和8年)12月8日(火曜日)", "9時から", "5分おくれると", "本庁 1番窓口", "甲府市丸の内",
			"手紙", "12月7日(月) 17時まで", o.BookingURL("ja", b.ID), "0120-000-000(9時から17時)",
			"このメールは予約の確認だけです。取消はリンク先の画面でボタンを押すまで行われません。")
		if id, ok := o.BookingOf(o.Ref(b.ID)); !ok || id != b.ID {
			t.Errorf("the page of the link is of %q", id)
		}

		before := testkit.Dump(t, db)
		_, err = o.Book(t.Context(), resident, ask(2, half, "a@example.jp", 0)) // has a booking
		testkit.WantFault(t, err, fault.Conflict, "booking.exists")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused act changed the database:\n%s", diff)
		}

		b, err = o.Change(t.Context(), resident, by(3, b, 0), half, false)
		must(t, err)
		has(t, o.last(t).Body, "前の予約(12月8日(火) 9時)は取り消されています", "9時30分")
		_, err = o.Cancel(t.Context(), resident, by(4, b, 0), "other")
		must(t, err)
		_, err = o.Cancel(t.Context(), resident, by(4, b, 0), "other")
		must(t, err)
		has(t, o.last(t).Body, "9時30分の予約", b.No, "取り消しました。もう一度予約できます。")
		want := []terms.MailKind{terms.MailBooked, terms.MailChanged, terms.MailCancelled}
		if diff := cmp.Diff(want, o.kinds(t)); diff != "" {
			t.Errorf("mails (-want +got):\n%s", diff)
		}
		_, err = o.Cancel(t.Context(), resident, by(5, b, 0), "because my name is …")
		testkit.WantFault(t, err, fault.Invalid, "front.reason")
	})
}

// One of a party leaves: the mail goes to the address of the booking.
func TestLeave(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 4, nil)
		b := o.book(t, ask(1, nine, "a@example.jp", 0, 1))
		_, err := o.Leave(t.Context(), resident, by(2, b, 1), link(1))
		must(t, err)
		has(t, o.last(t).Body, "人数   1人")
		_, err = o.Leave(t.Context(), resident, by(3, b, 0), link(0))
		must(t, err)
		has(t, o.last(t).Subject, "取消")
	})
}

// §7.4: while the mail server is down a booking succeeds and its mail waits.
func TestBook_WhileTheMailServerIsDown(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 4, nil)
		o.sink.Stop()
		b := o.book(t, ask(1, nine, "a@example.jp", 0))
		run, err := mail.Send(t.Context(), o.DB, job, o.Ring, tenant)
		if err != nil || run.Problem == "" {
			t.Errorf("%+v, %v", run, err)
		}
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			list, err := mail.List(rx, tenant, mail.None, nil, 10)
			if len(list) != 1 || list[0].BookingID != b.ID || list[0].State != mail.Waiting {
				t.Errorf("%+v", list)
			}
			return err
		})
	})
}

// BK-801: the tenant's own word stands in its mails too.
func TestBK801_OwnWordInMail(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 4, nil)
		for n, own := range []string{"カードのお渡し", ""} {
			testkit.Write(t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
				w := terms.Wording{Texts: map[string]map[string]string{"ja": {"procedure.receive": own}}}
				_, err := terms.SaveWording(tx, tenant, w, n)
				return err
			})
			o.book(t, ask(n+1, nine, "a@example.jp", n))
			want := own
			if want == "" {
				want = "カードの受け取り"
			}
			has(t, o.last(t).Body, want+"を予約しました")
		}
	})
}

// BK-107: the answer to a field of the tenant is checked, kept and in the mail,
// without restart; deleted it hides and its answers stay.
func TestBK107_FieldInFormAndMail(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 4, nil)
		wheelchair := terms.Field{
			ID: "wheelchair", Kind: terms.KindCheckbox, Labels: map[string]string{"ja": "車いすを使う"}, Personal: terms.PIIOff, InMail: true, InList: true,
		}
		save := func(seen int, list ...terms.Field) {
			testkit.Write(t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
				_, err := terms.SaveFields(tx, tenant, terms.Fields{List: list}, seen)
				return err
			})
		}
		r := ask(1, nine, "a@example.jp", 0)
		r.Answers = contact.Answers{"wheelchair": terms.Ticked}
		before := testkit.Dump(t, db)
		_, err := o.Book(t.Context(), resident, r)
		testkit.WantFault(t, err, fault.Invalid, "terms.answers") // not asked yet
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
		save(0, wheelchair)
		b := o.book(t, r)
		has(t, o.last(t).Body, "車いすを使う はい")
		save(1)
		all := o.load(t)
		if shown := all.Fields.On(terms.LinkBirth, terms.PIIContact); len(shown) != 0 {
			t.Errorf("the form still has %+v", shown)
		}
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			list, err := contact.View(rx, o.Ring, tenant, all, b.ID, func(string) bool { return false })
			want := []contact.Shown{{Field: "wheelchair", Own: true, Label: "車いすを使う", Value: "はい"}}
			if diff := cmp.Diff(want, list); diff != "" {
				t.Errorf("export (-want +got):\n%s", diff)
			}
			return err
		})
	})
}

func (o office) load(t testing.TB) (all *terms.Terms) {
	t.Helper()
	testkit.Read(t, o.DB, func(rx *store.Rx) (err error) {
		all, err = terms.Load(rx, tenant)
		return err
	})
	return all
}

// BK-110: a booking without a code is confirmed by its mail, in time or not.
func TestBK110_ConfirmedByMail(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 0, func(p *terms.Policy) { p.AuthModes = []terms.Mode{terms.AccessKey} })
		k := keyless(1, "a@example.jp")
		k.MailKey = true
		made, err := o.BookKeyless(t.Context(), resident, k)
		must(t, err)
		if made.Booking.State != reserve.Pending || made.Mail != mail.Waiting || made.Key == "" {
			t.Fatalf("%+v", made)
		}
		var confirm, key letter
		for _, l := range o.post(t) {
			if strings.Contains(l.Body, "/mail/") {
				confirm = l
			} else {
				key = l
			}
		}
		has(t, key.Body, made.Key.Format(), made.Booking.No)
		has(t, confirm.Body, "10時までに", "リンク先の画面でボタンを押すまで、何も変わりません。")
		_, path, _ := strings.Cut(confirm.Body, "/ja/mail/")
		tok, _, _ := strings.Cut(path, "\n")
		_, err = o.Confirm(t.Context(), resident, tok[:len(tok)-1]+"!")
		testkit.WantFault(t, err, fault.NotFound, "booking.unknown")
		for range 2 {
			b, err := o.Confirm(t.Context(), resident, tok)
			if err != nil || b.State != reserve.Active {
				t.Errorf("%+v, %v", b, err)
			}
		}
		want := []terms.MailKind{terms.MailConfirm, terms.MailKey, terms.MailBooked}
		if diff := cmp.Diff(want, o.kinds(t)); diff != "" {
			t.Errorf("mails (-want +got):\n%s", diff)
		}
		if strings.Contains(testkit.Dump(t, db), string(made.Key)) {
			t.Error("the key lies in the database")
		}

		made, err = o.BookKeyless(t.Context(), resident, keyless(2, "b@example.jp"))
		must(t, err)
		clock.Advance(31 * time.Minute)
		_, path, _ = strings.Cut(o.last(t).Body, "/ja/mail/")
		tok, _, _ = strings.Cut(path, "\n")
		_, err = o.Confirm(t.Context(), resident, tok)
		testkit.WantFault(t, err, fault.Conflict, "booking.confirm_late")
	})
}

// BK-205: whoever only reads the links of a mail changes nothing: the functions
// behind them read, and the act needs the form's token.
func TestBK205_LinksOfMailsChangeNothing(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 4, nil)
		b := o.book(t, ask(1, nine, "a@example.jp", 0))
		before := testkit.Dump(t, db)
		for range 1000 {
			if _, ok := o.BookingOf(o.Ref(b.ID)); !ok {
				t.Fatal("the link does not open")
			}
		}
		_, err := o.Cancel(t.Context(), resident, reserve.Act{BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link(0)}}, "")
		testkit.WantFault(t, err, fault.BadRequest, "booking.bad_token")
		for _, ref := range []string{"", b.ID, b.ID + "-", b.ID + "-AAAAAAAAAAAA", strings.ToLower(o.Ref(b.ID))} {
			if _, ok := o.BookingOf(ref); ok {
				t.Errorf("%q opens a booking", ref)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// The mail on the business day before, once; moved bookings are reminded of
// their new day.
func TestRemind(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, nil)
		monday := "W1@2026-12-07T09:00"
		b := o.book(t, ask(1, monday, "a@example.jp", 0))
		o.book(t, ask(2, nine, "b@example.jp", 1))
		o.book(t, ask(3, monday, "", 2))
		gone := o.book(t, ask(4, monday, "c@example.jp", 3))
		_, err := o.Cancel(t.Context(), resident, by(5, gone, 3), "")
		must(t, err)
		o.post(t)
		remind := func(day string, want int) {
			t.Helper()
			when, err := time.ParseInLocation("2006-01-02 15:04", day+" 15:00", store.Tokyo)
			must(t, err)
			clock.Advance(when.Sub(clock.Now()))
			for n, want := range []int{want, 0} {
				if got, err := o.Remind(t.Context(), job); err != nil || got != want {
					t.Errorf("%s, run %d: %d reminders, %v; want %d", day, n+1, got, err, want)
				}
			}
		}
		remind("2026-12-03", 0)
		remind("2026-12-04", 1) // Friday
		has(t, o.last(t).Body, "12月7日(月曜日) 9時、本庁 1番窓口でお待ちしています", b.No)
		remind("2026-12-05", 0)
		remind("2026-12-07", 1)
		if got := o.last(t).To; got != "b@example.jp" {
			t.Errorf("to %s", got)
		}
	})
}

// A no-show gets its mail only when it is final.
func TestTellNoShows(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, nil)
		o.book(t, ask(1, nine, "a@example.jp", 0))
		o.post(t)
		tell := func(want int) {
			t.Helper()
			if got, err := o.TellNoShows(t.Context(), job); err != nil || got != want {
				t.Errorf("%d mails, %v; want %d", got, err, want)
			}
		}
		clock.Advance(14*24*time.Hour + 2*time.Hour) // 12-08, 11:30
		_, err := reserve.MarkMissed(t.Context(), o.DB, job, tenant)
		must(t, err)
		tell(0) // still provisional
		testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
			_, err := reserve.CloseDay(tx, tenant, "W1", "2026-12-08")
			return err
		})
		tell(1)
		tell(0)
		has(t, o.last(t).Body, "2026年(令和8年)12月8日(火曜日)に受け取りがありませんでした", "https://yoyaku.city.example/ja/")
	})
}
