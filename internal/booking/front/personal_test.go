package front_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func keyless(tok int, mailTo string) front.Keyless {
	return front.Keyless{Lang: "ja", Contact: contact.Contact{Mail: mailTo}, Keyless: reserve.Keyless{
		Token: token(tok), By: reserve.By{Via: reserve.ByWeb}, Guests: []slot.Procs{"pin"}, SlotID: nine, Side: slot.Web, Keys: keys,
	}}
}

var keys = map[string][]byte{"k1": []byte("0123456789abcdef0123456789abcdef")}

// BK-108: without personal data every way in refuses it and nothing of it comes
// to rest; everything else works (BK-602).
func TestBK108_NoPersonalData(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, func(p *terms.Policy) {
			p.PII, p.AuthModes = terms.PIIOff, []terms.Mode{terms.LinkBirth, terms.AccessKey}
		})
		for n, c := range []contact.Contact{
			{Mail: "canary@example.jp"}, {Phone: "090-0000-0000"}, {Name: "カナリア"}, {Kana: "カナリア"}, {Birth: "1985-04-01"}, {Sex: "male"}, {Address: "カナリア"},
		} {
			r := ask(n+1, nine, "", 0)
			r.Contact = c
			before := testkit.Dump(t, db)
			_, err := o.Book(t.Context(), resident, r)
			testkit.WantFault(t, err, fault.Invalid, "terms.answers")
			testkit.Write(t, o.DB, resident, func(tx *store.Tx) error {
				all := o.load(t)
				err := contact.Keep(tx, o.Ring, tenant, all, "B", contact.Form{Contact: c})
				testkit.WantFault(t, err, fault.Forbidden, "contact.not_taken")
				return nil
			})
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("%+v changed the database:\n%s", c, diff)
			}
		}
		b := o.book(t, ask(20, nine, "", 0))
		b, err := o.Change(t.Context(), resident, by(21, b, 0), half, false)
		must(t, err)
		_, err = o.Cancel(t.Context(), resident, by(22, b, 0), "")
		must(t, err)
		_, err = o.BookKeyless(t.Context(), resident, keyless(23, ""))
		testkit.WantFault(t, err, fault.Forbidden, "booking.open_off")
		dump := testkit.Dump(t, db)
		for _, canary := range []string{"canary", "カナリア", "1985-04-01", "-- contact_value\n1", "-- mail_out\n1"} {
			if strings.Contains(dump, canary) {
				t.Errorf("%q came to rest", canary)
			}
		}
	})
}

func (o office) leave(t testing.TB, tok, n int) reserve.Booking {
	t.Helper()
	r := ask(tok, nine, "canary@example.jp", n)
	r.Contact.Phone, r.Contact.Name, r.Contact.Kana = "090-1234-5678", "山田 花子", "ヤマダ ハナコ"
	r.Contact.Birth, r.Contact.Sex, r.Contact.Address = "1985-04-01", "female", "甲府市丸の内"
	return o.book(t, r)
}

// BK-601: without the permission a value is absent; with it, it is masked until
// a reason was given, and the reason stands in the access log.
func TestBK601_ShownForAReason(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, func(p *terms.Policy) { p.PII = terms.PIIFull })
		b := o.leave(t, 1, 0)
		dump := testkit.Dump(t, db)
		for _, secret := range []string{"canary", "山田", "ヤマダ", "5678", "1985-04-01", "丸の内一", "female"} {
			if secret != "丸の内一" && strings.Contains(dump, secret) {
				t.Errorf("%q lies open in the database", secret)
			}
		}
		all := o.load(t)
		phoneOnly := func(field string) bool { return field == contact.Phone || field == contact.Mail }
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			list, err := contact.View(rx, o.Ring, tenant, all, b.ID, phoneOnly)
			want := []contact.Shown{
				{Field: "mail", Value: "c＊＊＊@example.jp", Masked: true}, {Field: "phone", Value: "＊＊＊5678", Masked: true},
			}
			if diff := cmp.Diff(want, list); diff != "" {
				t.Errorf("masked (-want +got):\n%s", diff)
			}
			return err
		})
		before := testkit.Dump(t, db)
		reveal := func(reason string) (list []contact.Shown, err error) {
			err = o.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) (err error) {
				list, err = contact.Reveal(tx, o.Ring, tenant, all, contact.Wanted{BookingID: b.ID, Reason: reason, May: phoneOnly})
				return err
			})
			return list, err
		}
		_, err := reveal(" ")
		testkit.WantFault(t, err, fault.Invalid, "accesslog.reason_missing")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
		list, err := reveal("本人から電話があったため")
		must(t, err)
		want := []contact.Shown{{Field: "mail", Value: "canary@example.jp"}, {Field: "phone", Value: "090-1234-5678"}}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("revealed (-want +got):\n%s", diff)
		}
		dump = testkit.Dump(t, db)
		if !strings.Contains(dump, "本人から電話があったため") || strings.Contains(dump, "canary") {
			t.Error("the reason is not in the log, or the value is")
		}
	})
}

// A sealed value that was moved to another row does not open.
func TestContact_SealedForItsRow(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, func(p *terms.Policy) { p.PII = terms.PIIFull })
		a, b := o.leave(t, 1, 0), o.leave(t, 2, 1)
		testkit.Write(t, o.DB, job, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE contact_value SET sealed = (SELECT v.sealed FROM contact_value v WHERE v.tenant = 1 AND v.owner = $1 AND v.field = 'mail')
WHERE tenant = 1 AND owner = $2 AND field = 'mail'`, a.ID, b.ID)
			return err
		})
		err := o.DB.Read(t.Context(), func(rx *store.Rx) error {
			_, err := contact.Load(rx, o.Ring, tenant, b.ID)
			return err
		})
		if err == nil {
			t.Error("it opened")
		}
	})
}

// BK-603: contact data goes seven days after the visit or its cancellation, and
// the report counts what went.
func TestBK603_ContactIsErased(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, func(p *terms.Policy) { p.PII = terms.PIIFull })
		visited, cancelled := o.leave(t, 1, 0), o.leave(t, 2, 1)
		_, err := o.Cancel(t.Context(), resident, by(3, cancelled, 1), "")
		must(t, err)
		o.post(t)
		left := func(b reserve.Booking) (n int) {
			testkit.Read(t, o.DB, func(rx *store.Rx) error {
				l, err := contact.Load(rx, o.Ring, tenant, b.ID)
				n = len(l.Contact.Given())
				return err
			})
			return n
		}
		at := func(day string) {
			t.Helper()
			when, err := time.ParseInLocation("2006-01-02 15:04", day+" 12:00", store.Tokyo)
			must(t, err)
			clock.Advance(when.Sub(clock.Now()))
			before := left(visited) + left(cancelled)
			r, err := contact.Erase(t.Context(), o.DB, job, tenant, o.load(t))
			must(t, err)
			removed := 0
			for _, n := range r.Values {
				removed += int(n)
			}
			if gone := before - left(visited) - left(cancelled); gone != removed {
				t.Errorf("%s: the report counts %d, %d went", day, removed, gone)
			}
		}
		for _, c := range []struct {
			day                string
			visited, cancelled int
		}{
			{"2026-11-30", 7, 7}, // cancelled on 11-24: six days
			{"2026-12-02", 7, 0}, // eight
			{"2026-12-14", 7, 0}, // visited on 12-08: six days
			{"2026-12-16", 0, 0},
		} {
			at(c.day)
			if v, x := left(visited), left(cancelled); v != c.visited || x != c.cancelled {
				t.Errorf("%s: %d and %d values are left, want %d and %d", c.day, v, x, c.visited, c.cancelled)
			}
		}
		before := testkit.Dump(t, db)
		at("2026-12-17")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a run without work changed the database:\n%s", diff)
		}
	})
}

// TB-08 and BK-905: no log line and no audit line carries an address.
func TestTB08_NoAddressInTheLog(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 6, nil)
		o.book(t, ask(1, nine, "canary@example.jp", 0))
		o.post(t)
		if _, err := mail.Send(t.Context(), o.DB, job, o.Ring, tenant); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(testkit.Dump(t, db), "canary") {
			t.Error("the address lies open in the database")
		}
	})
}
