package console

import (
	"strings"
	"testing"

	"kofu/internal/audit"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// fields are the permissions of all contact data.
const fields = "+field_mail.view+field_phone.view+field_name.view+field_birth.view+field_sex.view+field_address.view+field_own.view"

// BK-601: without the permission what a resident left is absent from screens and
// CSV files; with it, it is masked until a reason is given, and the
// reason stands in the access log.
func TestBK601_ContactOnTheConsole(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		b := booked(t, f, later, 0)
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
			p := terms.DefaultPolicy()
			p.PII = terms.PIIFull
			if _, err := terms.SavePolicy(tx, tenant, p, 0); err != nil {
				return err
			}
			all, err := terms.Load(tx.Rx, tenant)
			if err != nil {
				return err
			}
			return contact.Keep(tx, f.Server.Ring, tenant, all, b.ID, contact.Form{Contact: contact.Contact{
				Mail: "canary@example.jp", Phone: "090-1234-5678", Name: "山田 花子",
			}})
		})
		secrets := []string{"canary", "1234-5678", "山田", "花子"}
		absent := func(what, text string) {
			t.Helper()
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s shows %q: %s", what, secret, text)
				}
			}
		}
		view, reveal := "/api/bookings/"+b.ID, "/api/bookings/"+b.ID+"/contact/reveal"
		const reason = `{"reason":"本人から電話があったため"}`
		const others = "booking.view+booking.export+report.view+report.export"
		for _, c := range []struct {
			method, path, as, body string
			status                 int
		}{
			{"POST", reveal, others, reason, 403},
			{"POST", reveal, "booking.view+resident.view", reason, 403},
			{"GET", view, "booking.view+resident.view", "", 200},          // no field
			{"GET", view, "booking.view+resident.view" + fields, "", 200}, // masked
			{"POST", reveal, "booking.view+resident.view+resident.reveal" + fields, `{"reason":" "}`, 422},
			{"GET", view, others, "", 200},
			{"POST", "/api/search", others, `{}`, 200},
			{"POST", "/api/search/file", others, `{"format":"csv"}`, 200},
			{"GET", "/api/reports/visitors?from=2026-12-08&until=2026-12-08", others, "", 200},
			{"GET", "/api/reports/visitors/file?from=2026-12-08&until=2026-12-08&format=csv", others, "", 200},
		} {
			w := f.Do(c.method, c.path, c.as, c.body)
			if w.Code != c.status {
				t.Errorf("%s %s as %s: %d %s, want %d", c.method, c.path, c.as, w.Code, w.Body, c.status)
			}
			absent(c.method+" "+c.path, w.Body.String())
			if c.status == 200 && !strings.Contains(w.Body.String(), b.No) {
				t.Errorf("%s lacks the booking: %s", c.path, w.Body)
			}
		}
		revealed := func() (n int, text string) {
			testkit.Read(t, f.DB, func(rx *store.Rx) error {
				list, count, err := audit.List(rx, audit.Filter{Action: "access.revealed", Limit: 10})
				for _, one := range list {
					text += string(one.Detail) + one.Object
				}
				n = count
				return err
			})
			return n, text
		}
		if n, _ := revealed(); n != 0 {
			t.Errorf("%d looks before any", n)
		}
		got := map[string]string{}
		for _, v := range ask[[]ContactValue](t, f, "POST", reveal, "booking.view+resident.view+resident.reveal"+fields, reason, 200) {
			if got[v.Field] = v.Value; v.Masked {
				t.Errorf("%s is masked", v.Field)
			}
		}
		if got["mail"] != "canary@example.jp" || got["phone"] != "090-1234-5678" || got["name"] != "山田 花子" {
			t.Errorf("revealed: %v", got)
		}
		n, text := revealed()
		if n != 1 || !strings.Contains(text, "本人から電話があったため") || !strings.Contains(text, b.ID) {
			t.Errorf("%d looks: %s", n, text)
		}
		absent("the access log", text)
		absent("the log", f.Log.String())
	})
}

// Each field has a permission of its own: who has it for one sees that one,
// masked and revealed, and nothing of the others.
func TestBK601_EachFieldForItself(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		b, there := booked(t, f, later, 0), booked(t, f, "W2@2026-12-08T09:00", 1)
		given := contact.Contact{Mail: "canary@example.jp", Phone: "090-1234-5678", Name: "山田 花子", Kana: "ヤマダ ハナコ", Birth: "1985-04-01", Sex: "female", Address: "丸の内一丁目"}
		typed := terms.Field{ID: "care", Kind: terms.KindText, Personal: terms.PIIContact, Longest: 40, Labels: map[string]string{"ja": "配慮"}}
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
			p := terms.DefaultPolicy()
			p.PII = terms.PIIFull
			if _, err := terms.SavePolicy(tx, tenant, p, 0); err != nil {
				return err
			}
			all, err := terms.Load(tx.Rx, tenant)
			if err != nil {
				return err
			}
			all.Fields.List = []terms.Field{typed}
			if _, err := terms.SaveFields(tx, tenant, all.Fields, 0); err != nil {
				return err
			}
			left := contact.Form{Contact: given, Answers: contact.Answers{"care": "canary-care"}}
			if err := contact.Keep(tx, f.Server.Ring, tenant, all, there.ID, left); err != nil {
				return err
			}
			return contact.Keep(tx, f.Server.Ring, tenant, all, b.ID, left)
		})
		for permission, want := range map[string]string{
			"field_mail.view": "mail", "field_phone.view": "phone", "field_name.view": "name kana", "field_birth.view": "birth",
			"field_sex.view": "sex", "field_address.view": "address", "field_own.view": "care",
		} {
			as := "booking.view+resident.view+resident.reveal+" + permission
			page := ask[BookingPage](t, f, "GET", "/api/bookings/"+b.ID, as, "", 200)
			open := ask[[]ContactValue](t, f, "POST", "/api/bookings/"+b.ID+"/contact/reveal", as, `{"reason":"本人から電話があったため"}`, 200)
			for what, values := range map[string][]ContactValue{"masked": page.Contact, "revealed": open} {
				var got []string
				for _, v := range values {
					got = append(got, v.Field)
					if v.Masked != (what == "masked") {
						t.Errorf("%s: %s %s: %q", permission, what, v.Field, v.Value)
					}
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: %s are %v, want %s", permission, what, got, want)
				}
			}
		}
		own := "booking.view+resident.view@own+resident.reveal+field_mail.view@own"
		if page := ask[BookingPage](t, f, "GET", "/api/bookings/"+b.ID, own, "", 200); len(page.Contact) != 1 {
			t.Errorf("at the own window: %+v", page.Contact)
		}
		for _, as := range []string{own, "booking.view+resident.view@own+field_mail.view", "booking.view+resident.view+field_mail.view@own"} {
			if page := ask[BookingPage](t, f, "GET", "/api/bookings/"+there.ID, as, "", 200); len(page.Contact) != 0 {
				t.Errorf("at another window, as %s: %+v", as, page.Contact)
			}
		}
	})
}
