package front_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-905: closing a day with 120 bookings lists 120 with a slot each, applies in
// one act, writes one mail to each address, and no slot holds more than it can.
func TestBK905_ClosingADay(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const all = 120
		o := open(t, db, clock, all/6, all, nil)
		for n := range all {
			to := fmt.Sprintf("r%d@example.jp", n)
			if n%10 == 0 {
				to = "" // left no address
			}
			hour := 9*60 + 30*(n%6)
			o.book(t, ask(n+1, fmt.Sprintf("W1@2026-12-08T%02d:%02d", hour/60, hour%60), to, n))
		}
		o.post(t)
		arrived := len(o.sink.Mails())
		day := slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", ToMinute: 1440, Kind: slot.Closed, Reason: "台風のため"}
		decisions := map[string]string{}
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			plan, err := reserve.PlanClosing(rx, tenant, day)
			if len(plan) != all {
				t.Errorf("%d bookings in the plan", len(plan))
			}
			for i, a := range plan {
				if a.Proposed == "" {
					t.Errorf("nothing proposed for %s", a.Booking.No)
				}
				decisions[a.Booking.ID] = a.Proposed
				if i%4 == 3 {
					decisions[a.Booking.ID] = "" // cancelled
				}
			}
			return err
		})
		c, err := o.Close(t.Context(), testkit.Supervisor, day, decisions)
		must(t, err)
		if c.Moved != 90 || c.Cancelled != 30 {
			t.Errorf("%d moved, %d cancelled", c.Moved, c.Cancelled)
		}
		var tasks []mail.Task
		testkit.Read(t, o.DB, func(rx *store.Rx) (err error) {
			tasks, err = mail.Tasks(rx, tenant, false)
			return err
		})
		if len(tasks) != all/10 {
			t.Errorf("%d to be called, want %d", len(tasks), all/10)
		}
		mails := map[string]int{}
		for _, l := range o.post(t)[arrived:] {
			mails[l.To]++
			if moved := strings.Contains(l.Subject, "変更"); moved {
				has(t, l.Body, "市の都合により、予約の日時を変えました", "前の予約(12月8日(火)", "/ja/b/")
			} else {
				has(t, l.Body, "市の都合により取り消しました", "0120-000-000 へお電話ください")
				if strings.Contains(l.Body, "台風") || strings.Contains(l.Body, "://") {
					t.Errorf("the mail gives a reason or a link: %s", l.Body)
				}
			}
		}
		if len(mails) != all-all/10 {
			t.Errorf("%d addresses got a mail", len(mails))
		}
		for to, n := range mails {
			if n != 1 {
				t.Errorf("%s got %d mails", to, n)
			}
		}
		testkit.Read(t, o.DB, func(rx *store.Rx) error {
			breaches, err := reserve.Check(rx, tenant)
			if len(breaches) > 0 {
				t.Errorf("%+v", breaches)
			}
			return err
		})
	})
}

// A closing that leaves somebody out writes neither bookings nor mails.
func TestBK905_AllOrNothing(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 3, 3, nil)
		a := o.book(t, ask(1, nine, "a@example.jp", 0))
		o.book(t, ask(2, nine, "b@example.jp", 1))
		before := testkit.Dump(t, db)
		day := slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", ToMinute: 1440, Kind: slot.Closed}
		if _, err := o.Close(t.Context(), testkit.Supervisor, day, map[string]string{a.ID: ""}); err == nil {
			t.Error("no error")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// BK-905: one address with several bookings gets one mail about each closing.
func TestBK905_OneMailPerAddress(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := open(t, db, clock, 5, 5, nil)
		decisions := map[string]string{}
		for n := range 3 {
			b := o.book(t, ask(n+1, nine, "family@example.jp", n))
			decisions[b.ID] = "W1@2026-12-09T09:00"
		}
		o.post(t)
		clock.Advance(24 * time.Hour)
		before := len(o.sink.Mails())
		day := slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", ToMinute: 1440, Kind: slot.Closed}
		_, err := o.Close(t.Context(), testkit.Supervisor, day, decisions)
		must(t, err)
		got := o.post(t)[before:]
		if len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		for id := range decisions {
			testkit.Read(t, o.DB, func(rx *store.Rx) error {
				b, _, err := reserve.ByID(rx, tenant, id)
				has(t, got[0].Body, b.No)
				return err
			})
		}
		if kinds := o.kinds(t); kinds[len(kinds)-1] != terms.MailOfficeMoved {
			t.Errorf("%v", kinds)
		}
	})
}
