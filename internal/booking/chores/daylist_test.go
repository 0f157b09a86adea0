package chores_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/chores"
	"kofu/internal/booking/daylist"
	"kofu/internal/booking/jobs"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/keyring"
	"kofu/internal/paper"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-906: the evening job makes a PDF for each open window with all bookings of
// its next open day; it is gone on the 15th day.
func TestBK906_DayLists(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		own := db.For(1)
		must(slot.AddTenant(t.Context(), own, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a", Name: "青葉市", PartyMax: 4, UntilMinute: 1440}))
		// W1 is open on Wednesdays, W2 on Thursdays, W3 never.
		for id, weekday := range map[string]time.Weekday{"W1": time.Wednesday, "W2": time.Thursday, "W3": -1} {
			_, err := slot.SaveWindow(t.Context(), own, testkit.Supervisor, 1, slot.Window{ID: id, Name: "窓口" + id, HorizonDays: 30, LastStart: 1020, LastEnd: 1200})
			must(err)
			if weekday < 0 {
				continue
			}
			_, err = slot.SetPattern(t.Context(), own, testkit.Supervisor, 1, id, []slot.Pattern{{Weekday: weekday, FromMinute: 540, ToMinute: 720, SlotMinutes: 15, WebCap: 5}})
			must(err)
		}
		link := func(n int) string { return fmt.Sprintf("%016x", n) }
		numbers := map[string][]string{} // by window and day
		for n, slotID := range []string{
			"W1@2026-11-25T09:00", "W1@2026-11-25T09:00", "W1@2026-11-25T11:45", "W2@2026-11-26T10:00", "W1@2026-12-02T09:00", "W2@2026-12-03T09:00",
		} {
			mac := sha256.Sum256([]byte(link(n)))
			must(member.Import(t.Context(), own, testkit.Supervisor, 1, []member.Member{{
				Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "receive", State: member.Ready,
				From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
			}}))
			b, err := reserve.Book(t.Context(), own, testkit.Clerk, reserve.Request{
				Tenant: 1, Token: fmt.Sprintf("token-%020d", n), By: reserve.By{Via: reserve.ByPhone, Override: "試験"}, SlotID: slotID, Side: slot.Web,
				Guests: []reserve.Guest{{Link: link(n), Gen: 1, Procs: "receive"}},
			})
			must(err)
			key, _, _ := strings.Cut(slotID, "T")
			numbers[key] = append(numbers[key], b.No)
		}
		var evening []jobs.Job
		for _, job := range chores.All(chores.Deps{
			Keys:  func(int) (town.Keys, error) { return town.Keys{Ring: keyring.ForTest(1)}, nil },
			Base:  func(t town.Town) string { return "https://" + t.Host },
			Press: (&paper.Shelf{}).Press,
		}) {
			if job.ID == "daylist" {
				evening = append(evening, job)
			}
		}
		var log strings.Builder
		r := &jobs.Runner{
			DB: db, Owner: "a", Clock: clock.Now, Log: slog.New(slog.NewTextHandler(&log, nil)), Jobs: evening,
			Towns: func(context.Context) ([]town.Town, error) {
				return []town.Town{{ID: 1, Host: "a", Name: "青葉市"}}, nil
			},
		}
		round := func() { r.Round(t.Context()); r.Wait() }
		to := func(text string) {
			at, err := time.ParseInLocation("2006-01-02 15:04", text, store.Tokyo)
			must(err)
			clock.Advance(at.Sub(clock.Now()))
		}
		lists := func(window string) (days string) {
			testkit.Read(t, own, func(rx *store.Rx) error {
				list, err := daylist.Of(rx, 1, window)
				for _, l := range list {
					days += fmt.Sprintf("%s:%d ", l.Day, l.Visits)
				}
				return err
			})
			return strings.TrimSpace(days)
		}
		to("2026-11-24 19:01")
		round()
		if got := lists("W1") + "|" + lists("W2") + "|" + lists("W3"); got != "2026-11-25:3|2026-11-26:1|" || log.Len() > 0 {
			t.Fatalf("%s, %s", got, log.String())
		}
		for key, want := range map[string][]string{"W1@2026-11-25": numbers["W1@2026-11-25"], "W2@2026-11-26": numbers["W2@2026-11-26"]} {
			window, day, _ := strings.Cut(key, "@")
			text := printed(t, own, window, jpdate.Day(day))
			for slotDay, all := range numbers {
				for _, no := range all {
					if strings.Contains(text, no) != (slotDay == key) {
						t.Errorf("%s on the list of %s, want %q:\n%s", no, key, want, text)
					}
				}
			}
			if !strings.Contains(text, "窓口"+window) || !strings.Contains(text, "来場予定一覧") || !strings.Contains(text, "出力:自動作成") || !strings.Contains(text, "来庁(記入)") {
				t.Errorf("%s is not headed:\n%s", key, text)
			}
		}
		to("2026-12-08 23:59") // the end of the 14th day
		if lists("W1") != "2026-11-25:3" {
			t.Errorf("before the 15th day: %s", lists("W1"))
		}
		to("2026-12-09 00:00")
		if got := lists("W1"); got != "" {
			t.Errorf("on the 15th day: %s", got)
		}
		to("2026-12-09 19:01")
		round()
		testkit.Read(t, own, func(rx *store.Rx) error {
			_, _, err := daylist.PDF(rx, 1, "W1", "2026-11-25")
			testkit.WantFault(t, err, fault.NotFound, "daylist.unknown")
			rows := 0
			if err := rx.Row("SELECT COUNT(*) FROM day_list WHERE tenant = 1 AND day < '2026-12-01'").Scan(&rows); err != nil || rows != 0 {
				t.Errorf("%d old lists are left, %v", rows, err)
			}
			return nil
		})
	})
}

// printed is the text of a list.
func printed(t *testing.T, db *store.DB, window string, day jpdate.Day) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.pdf")
	testkit.Read(t, db, func(rx *store.Rx) error {
		pdf, _, err := daylist.PDF(rx, 1, window, day)
		if err != nil {
			return err
		}
		return os.WriteFile(path, pdf, 0o600)
	})
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
