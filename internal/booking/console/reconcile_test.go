package console

import (
	"net/http"
	"strings"
	"testing"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// mailed books on the web at a window, with an address and so with a mail.
func mailed(t *testing.T, f *fixture, slotID string, n int) reserve.Booking {
	t.Helper()
	b, err := f.Server.desk.Book(t.Context(), testkit.Supervisor, front.Request{
		Lang: "ja", Contact: contact.Contact{Mail: link(n) + "@mail.example"},
		Request: reserve.Request{
			Token: "token-" + slotID + "-of-a-test", By: reserve.By{Via: reserve.ByWeb, Link: link(n)}, SlotID: slotID, Side: slot.Web,
			Guests: []reserve.Guest{{Link: link(n), Gen: 1, Procs: "receive"}},
		},
	})
	must(t, err)
	return b
}

func takesMail(t *testing.T, f *fixture) {
	t.Helper()
	testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
		p := terms.DefaultPolicy()
		p.SenderAddress, p.Phone, p.Hours, p.Reception = "yoyaku@kofu.example", "0120-000-000", "9時から17時", "appliance"
		_, err := terms.SavePolicy(tx, tenant, p, 0)
		return err
	})
}

// UI-23: the counters of mails at home are the rows of their lists, for whoever
// sees all windows and for whoever sees some.
func TestUI23_MailCountersAreTheirLists(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		takesMail(t, f)
		mailed(t, f, "W1@2026-12-08T09:00", 0)
		mailed(t, f, "W2@2026-12-08T09:00", 1)
		f.Clock.Advance(2 * mail.StuckAfter) // nobody sends
		for as, want := range map[string]int{"booking.view": 2, "booking.view@own": 1} {
			home := ask[Home](t, f, "GET", "/api/home", as, "", http.StatusOK)
			list := ask[Outbox](t, f, "GET", "/api/mails?state=stuck", as, "", http.StatusOK)
			if n := countOf(home, "stuck"); n != want || len(list.Rows) != want {
				t.Errorf("%s: %d at home, %d in the list, want %d", as, n, len(list.Rows), want)
			}
			for _, c := range list.Counts {
				if c.State == mail.Stuck && c.Count != want {
					t.Errorf("%s: %d in the choice of states, want %d", as, c.Count, want)
				}
			}
		}
	})
}

func countOf(h Home, key string) int {
	for _, task := range h.Tasks {
		if task.Key == key {
			return task.Count
		}
	}
	return -1
}

// Case 5: whoever booked for a day that the office closed before it heard of it
// is on a list with the apology that was sent, and counted at home; nobody of
// another window is.
func TestCase05_OnTheListWithTheApology(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, _ people) {
		takesMail(t, f)
		apology, called := mailed(t, f, "W1@2026-12-08T09:00", 0), booked(t, f, "W1@2026-12-08T09:30", 1)
		ended := mailed(t, f, "W2@2026-12-08T09:00", 2)
		testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
			if err := f.Server.desk.Refuse(tx, ended.ID, "", "withdrawn", false); err != nil {
				return err
			}
			_, err := reserve.DayClosed(tx, tenant, "W1", "2026-12-08", 0)
			return err
		})
		_, err := f.Server.desk.TellUnsettled(t.Context(), testkit.Clerk)
		must(t, err)
		look := func(as string) Reconciliation {
			return ask[Reconciliation](t, f, "GET", "/api/reconciliation", as, "", http.StatusOK)
		}
		all := look("booking.view")
		told := map[string]string{}
		for _, row := range append(all.Unreconciled, all.Cancelled...) {
			told[row.No] = row.Told
		}
		want := map[string]string{apology.No: "未照合のおわび", called.No: "電話で知らせる", ended.No: "庁舎都合の取消"}
		for no, words := range want {
			if !strings.HasPrefix(told[no], words) {
				t.Errorf("%s: %q, want %q", no, told[no], words)
			}
		}
		if len(all.Unreconciled) != 2 || len(all.Cancelled) != 1 {
			t.Errorf("%d and %d rows", len(all.Unreconciled), len(all.Cancelled))
		}
		home := ask[Home](t, f, "GET", "/api/home", "booking.view", "", http.StatusOK)
		if n := countOf(home, "unreconciled"); n != 2 {
			t.Errorf("%d at home", n)
		}
		if own := look("booking.view@own"); len(own.Unreconciled) != 2 || len(own.Cancelled) != 0 {
			t.Errorf("who works at W1 sees %+v", own)
		}
		webtest.WantProblem(t, f.Do("GET", "/api/reconciliation", "report.view", ""), http.StatusForbidden, "gate.forbidden")
	})
}
