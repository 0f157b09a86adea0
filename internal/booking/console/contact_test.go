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
		view, reveal := "/api/bookings/"+b.ID+"/contact", "/api/bookings/"+b.ID+"/contact/reveal"
		const reason = `{"reason":"本人から電話があったため"}`
		const others = "booking.view+booking.export+report.view+report.export"
		for _, c := range []struct {
			method, path, as, body string
			status                 int
		}{
			{"GET", view, others, "", 403},
			{"POST", reveal, others, reason, 403},
			{"POST", reveal, "booking.view+resident.view", reason, 403},
			{"GET", view, "booking.view+resident.view", "", 200}, // masked
			{"POST", reveal, "booking.view+resident.view+resident.reveal", `{"reason":" "}`, 422},
			{"GET", "/api/bookings/" + b.ID, others, "", 200},
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
			if c.status == 200 && c.path != view && !strings.Contains(w.Body.String(), b.No) {
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
		for _, v := range ask[[]ContactValue](t, f, "POST", reveal, "booking.view+resident.view+resident.reveal", reason, 200) {
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
