package mail_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const tenant = 1

var (
	ring    = keyring.ForTest(1)
	visitor = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}
	job     = store.Actor{ID: "job", Role: "program"}
)

func TestMain(m *testing.M) {
	remove, err := testkit.TrustSinks()
	if err != nil {
		panic(err)
	}
	code := m.Run()
	remove()
	os.Exit(code)
}

// town is a tenant that sends its mails to a sink.
func town(t *testing.T, db *store.DB, sink *testkit.Sink, change func(*terms.Policy)) *store.DB {
	t.Helper()
	db = db.For(tenant)
	err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		p := terms.DefaultPolicy()
		p.SenderAddress, p.Phone, p.Hours = "yoyaku@city.example", "0120-000-000", "9時から17時"
		if change != nil {
			change(&p)
		}
		if _, err := terms.SavePolicy(tx, tenant, p, 0); err != nil {
			return err
		}
		if sink == nil {
			return nil
		}
		server := terms.MailServer{Host: sink.Host, Port: sink.Port, Security: terms.Plain, User: sink.User}
		if sink.StartTLS {
			server.Security = terms.StartTLS
		}
		if sink.Implicit {
			server.Security = terms.TLS
		}
		_, err := mail.SaveServer(tx, ring, tenant, server, sink.Password, 0)
		return err
	})
	return db
}

func values() map[string]string {
	return map[string]string{
		terms.VarCity: "甲府市", terms.VarReceipt: "11-0001", terms.VarProcedure: "カードの受け取り", terms.VarDay: "2026年(令和8年)12月15日(火曜日)",
		terms.VarDate: "2026年12月15日", terms.VarStart: "10時30分", terms.VarLate: "おくれるときはお電話ください", terms.VarWindow: "市民課",
		terms.VarAddress: "甲府市丸の内一丁目18番1号", terms.VarBring: "手紙(交付通知書)・本人確認書類・通知カードや住民基本台帳カード(持っている人)",
		terms.VarBookingURL: "https://yoyaku.city.example/ja/b/01J0000000000000000000000A-abcdefghijkl", terms.VarChangeBy: "12月14日(月)17時",
		terms.VarPhone: "0120-000-000", terms.VarHours: "9時から17時", terms.VarParty: "1人",
	}
}

func queue(t testing.TB, db *store.DB, to string, kind terms.MailKind) (state mail.State) {
	t.Helper()
	testkit.Write(t, db, visitor, func(tx *store.Tx) error {
		all, err := terms.Load(tx.Rx, tenant)
		if err != nil {
			return err
		}
		state, err = mail.Queue(tx, ring, tenant, all, mail.Letter{Kind: kind, Lang: "ja", BookingID: "B1", To: to, Values: values()})
		return err
	})
	return state
}

func send(t testing.TB, db *store.DB) mail.Run {
	t.Helper()
	run, err := mail.Send(t.Context(), db, job, ring, tenant)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func states(t testing.TB, db *store.DB) (m map[mail.State]int) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		m, err = mail.Counts(rx, tenant, nil)
		return err
	})
	return m
}

// §7.4: an old address of a carrier is taken and quoted in the dialogue.
func TestSend_QuotesOldCarrierAddresses(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		sink := testkit.NewSink(t, nil)
		db = town(t, db, sink, nil)
		for _, to := range []string{"a..b.@docomo.example", "-abc@docomo.example", "plain.name@example.jp"} {
			if state := queue(t, db, to, terms.MailBooked); state != mail.Waiting {
				t.Errorf("%s: %q", to, state)
			}
		}
		if run := send(t, db); run != (mail.Run{Sent: 3}) {
			t.Fatalf("%+v", run)
		}
		var to []string
		for _, m := range sink.Mails() {
			to = append(to, m.To)
		}
		want := []string{`<"a..b."@docomo.example>`, `<"-abc"@docomo.example>`, `<plain.name@example.jp>`}
		if diff := cmp.Diff(want, to); diff != "" {
			t.Errorf("receivers (-want +got):\n%s", diff)
		}
		if run := send(t, db); run != (mail.Run{}) {
			t.Errorf("sent again: %+v", run)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			var sealed int
			err := rx.Row("SELECT COUNT(*) FROM mail_out WHERE tenant = $1 AND sealed <> ''", tenant).Scan(&sealed)
			if sealed != 0 {
				t.Errorf("%d mails still carry their text", sealed)
			}
			return err
		})
		if dump := testkit.Dump(t, db); strings.Contains(dump, "docomo") || strings.Contains(dump, "11-0001") {
			t.Error("an address or a text is left in the database")
		}
	})
}

// §7.1: the form of every mail, in every language that has texts.
func TestMail_Form(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sink := testkit.NewSink(t, nil)
		db = town(t, db, sink, func(p *terms.Policy) { p.MailsPerDay = 10 })
		n := 0
		for _, kind := range terms.MailKinds {
			for _, lang := range []string{"ja", "ja-easy", "en", "vi"} {
				testkit.Write(t, db, visitor, func(tx *store.Tx) error {
					all, err := terms.Load(tx.Rx, tenant)
					if err != nil {
						return err
					}
					v := values()
					for _, code := range []string{terms.VarSiteURL, terms.VarResetURL, terms.VarOfferURL, terms.VarConfirmURL} {
						v[code] = "https://yoyaku.city.example/" + lang + "/mail/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					}
					v[terms.VarAccessKey], v[terms.VarAnswerBy], v[terms.VarConfirmBy], v[terms.VarBefore] = "9000 0000 0000 0000", "12月1日 17時", "10時", "12月1日(火) 9時"
					n++
					_, err = mail.Queue(tx, ring, tenant, all, mail.Letter{Kind: kind, Lang: lang, To: fmt.Sprintf("r%d@example.jp", n), Values: v})
					return err
				})
			}
		}
		if run := send(t, db); run.Sent != n {
			t.Fatalf("%+v of %d", run, n)
		}
		for _, m := range sink.Mails() {
			headers, subject, body := parse(t, m.Text)
			if chars := len([]rune(subject)); chars > 30 || chars == 0 {
				t.Errorf("subject of %d characters: %q", chars, subject)
			}
			for line := range strings.SplitSeq(body, "\r\n") {
				if jptext.Width(line) > 76 && !strings.Contains(line, "://") {
					t.Errorf("line of width %d: %q", jptext.Width(line), line)
				}
			}
			if urls := strings.Count(body, "://"); urls > 1 {
				t.Errorf("%d links in %q", urls, body)
			} else if urls == 1 && !strings.Contains(body, "ボタン") && !strings.Contains(body, "button") {
				t.Errorf("no word about the link in %q", body)
			}
			if strings.Contains(body, "{{") || !strings.Contains(body, "0120-000-000") {
				t.Errorf("places are open, or there is no phone: %q", body)
			}
			if got := headers.Get("Content-Type"); got != "text/plain; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
			if _, err := headers.Date(); err != nil {
				t.Error(err)
			}
		}
	})
}

func parse(t testing.TB, text string) (headers netmail.Header, subject, body string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, subject, string(b)
}

// TB08: three mails for an address and day, however it is written.
func TestTB08_ThreeMailsADay(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sink := testkit.NewSink(t, nil)
		db = town(t, db, sink, nil)
		var all sync.WaitGroup
		for n := range 6 { // at the same moment too
			all.Go(func() { queue(t, db, []string{"A@example.jp", "a@Example.jp"}[n%2], terms.MailBooked) })
		}
		all.Wait()
		if state := queue(t, db, "a@example.jp", terms.MailOfficeCancelled); state != mail.Limited {
			t.Errorf("the seventh: %q", state)
		}
		send(t, db)
		if n := len(sink.Mails()); n != 3 {
			t.Errorf("%d mails went out", n)
		}
		var tasks []mail.Task
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			tasks, err = mail.Tasks(rx, tenant, false)
			return err
		})
		if len(tasks) != 1 || tasks[0].Reason != mail.BecauseLimited || tasks[0].Kind != terms.MailOfficeCancelled {
			t.Errorf("%+v", tasks)
		}
		clock.Advance(24 * time.Hour)
		if state := queue(t, db, "a@example.jp", terms.MailBooked); state != mail.Waiting {
			t.Errorf("the next day: %q", state)
		}
	})
}

// §7.4: while the server is down everything waits, and nothing is called sent.
func TestSend_ServerDown(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sink := testkit.NewSink(t, nil)
		db = town(t, db, sink, nil)
		sink.Stop()
		if state := queue(t, db, "a@example.jp", terms.MailBooked); state != mail.Waiting {
			t.Fatalf("%q", state)
		}
		if run := send(t, db); run.Problem != "mail.no_connection" || run.Sent != 0 || run.Later != 1 {
			t.Errorf("%+v", run)
		}
		if diff := cmp.Diff(map[mail.State]int{mail.Waiting: 1}, states(t, db)); diff != "" {
			t.Error(diff)
		}
		clock.Advance(mail.StuckAfter)
		if n := states(t, db)[mail.Stuck]; n != 0 {
			t.Errorf("%d are stuck after an hour", n)
		}
		clock.Advance(time.Second)
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := mail.List(rx, tenant, mail.Stuck, nil, 10)
			if n := states(t, db)[mail.Stuck]; n != 1 || len(list) != 1 || list[0].State != mail.Waiting {
				t.Errorf("after more than an hour %d are stuck, and %+v listed", n, list)
			}
			return err
		})
		err := mail.Try(t.Context(), db, ring, tenant, "", terms.Sheet{})
		testkit.WantFault(t, err, fault.Unavailable, "mail.no_connection")
	})
}

// What the server says decides: later, refused, no such address.
func TestSend_Answers(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		busy := true
		sink := testkit.NewSink(t, func(s *testkit.Sink) {
			s.Answer = func(command, argument string) string {
				switch {
				case command == "RCPT" && strings.Contains(argument, "nobody"):
					return "550 5.1.1 no such user nobody"
				case command == "RCPT" && strings.Contains(argument, "spam"):
					return "554 5.7.1 refused"
				case command == "DATA." && busy:
					return "451 4.3.0 later"
				}
				return ""
			}
		})
		db = town(t, db, sink, nil)
		for _, to := range []string{"nobody@example.jp", "spam@example.jp", "good@example.jp"} {
			queue(t, db, to, terms.MailBooked)
			clock.Advance(time.Millisecond)
		}
		if run := send(t, db); run != (mail.Run{Rejected: 2, Later: 1}) {
			t.Fatalf("%+v", run)
		}
		if diff := cmp.Diff(map[mail.State]int{mail.Waiting: 1, mail.Rejected: 1, mail.Unknown: 1}, states(t, db)); diff != "" {
			t.Error(diff)
		}
		if dump := testkit.Dump(t, db); strings.Contains(dump, "nobody") {
			t.Error("the words of the server are kept")
		}
		if run := send(t, db); run != (mail.Run{}) { // it waits
			t.Errorf("%+v", run)
		}
		busy = false
		clock.Advance(3 * time.Minute)
		if run := send(t, db); run != (mail.Run{Sent: 1}) {
			t.Errorf("%+v", run)
		}
		var tasks []mail.Task
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			tasks, err = mail.Tasks(rx, tenant, false)
			return err
		})
		if len(tasks) != 1 { // one booking, one call
			t.Fatalf("%+v", tasks)
		}
		if err := mail.Called(t.Context(), db, testkit.Clerk, tenant, tasks[0].ID); err != nil {
			t.Fatal(err)
		}
		err := mail.Called(t.Context(), db, testkit.Supervisor, tenant, tasks[0].ID)
		testkit.WantFault(t, err, fault.Conflict, "mail.task_done")
	})
}

// A mail that nobody takes for two days ends, and somebody calls.
func TestSend_GivesUp(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sink := testkit.NewSink(t, func(s *testkit.Sink) {
			s.Answer = func(command, _ string) string {
				if command == "MAIL" {
					return "530 5.7.0 not you"
				}
				return ""
			}
		})
		db = town(t, db, sink, nil)
		queue(t, db, "a@example.jp", terms.MailBooked)
		for range 40 {
			send(t, db)
			clock.Advance(2 * time.Hour)
		}
		if diff := cmp.Diff(map[mail.State]int{mail.Rejected: 1}, states(t, db)); diff != "" {
			t.Error(diff)
		}
		if tries := len(sink.Dialogue()); tries > 200 {
			t.Errorf("%d commands", tries)
		}
	})
}

// Encrypted and signed in; a wrong password and a foreign certificate show.
func TestSend_EncryptedAndSignedIn(t *testing.T) {
	for name, set := range map[string]func(*testkit.Sink){
		"starttls": func(s *testkit.Sink) { s.StartTLS = true },
		"tls":      func(s *testkit.Sink) { s.Implicit = true },
	} {
		t.Run(name, func(t *testing.T) {
			testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
				sink := testkit.NewSink(t, func(s *testkit.Sink) { set(s); s.User, s.Password = "kofu", "geheim" })
				db = town(t, db, sink, nil)
				if err := mail.Try(t.Context(), db, ring, tenant, "me@city.example", terms.Sheet{Subject: "試験", Body: "届きましたか。"}); err != nil {
					t.Fatal(err)
				}
				mails := sink.Mails()
				if len(mails) != 1 || !mails[0].TLS || mails[0].User != "kofu" {
					t.Fatalf("%+v", mails)
				}
				if strings.Contains(testkit.Dump(t, db), "geheim") {
					t.Error("the password lies in the database")
				}
				sink.Password = "other"
				err := mail.Try(t.Context(), db, ring, tenant, "", terms.Sheet{})
				testkit.WantFault(t, err, fault.Unavailable, "mail.sign_in")
			})
		})
	}
}

func TestQueue_WithoutPersonalData(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db, nil, func(p *terms.Policy) { p.PII = terms.PIIOff })
		before := testkit.Dump(t, db)
		if state := queue(t, db, "a@example.jp", terms.MailBooked); state != mail.None {
			t.Errorf("%q", state)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestForget(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		sink := testkit.NewSink(t, nil)
		db = town(t, db, sink, nil)
		queue(t, db, "a@example.jp", terms.MailBooked)
		send(t, db)
		receiver := ring.MAC("contact/mail", "a@example.jp")
		for _, step := range []struct {
			after         time.Duration
			receiver, row bool
		}{{24 * time.Hour, true, true}, {25 * time.Hour, false, true}, {400 * 24 * time.Hour, false, false}} {
			clock.Advance(step.after)
			if err := mail.Forget(t.Context(), db, job, tenant, 365*24*time.Hour); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(testkit.Dump(t, db, "audit"), receiver); got != step.receiver {
				t.Errorf("after %v the receiver is there: %v", step.after, got)
			}
			if got := states(t, db)[mail.Sent] == 1; got != step.row {
				t.Errorf("after %v the row is there: %v", step.after, got)
			}
		}
	})
}
