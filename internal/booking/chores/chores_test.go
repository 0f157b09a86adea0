package chores_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/chores"
	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/jobs"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Every chore is done in a municipality with an open window, by its own row-level
// rights, without a failure, and has a name for people.
func TestAll(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a", Name: "青葉市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		window := slot.Window{ID: "W1", Name: "本庁", HorizonDays: 30, LastStart: 1020, LastEnd: 1200}
		if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, 1, window); err != nil {
			t.Fatal(err)
		}
		pattern := slot.Pattern{Weekday: time.Wednesday, FromMinute: 540, ToMinute: 720, SlotMinutes: 15, WebCap: 3}
		if _, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, 1, "W1", []slot.Pattern{pattern}); err != nil {
			t.Fatal(err)
		}
		list := chores.All(chores.Deps{
			Keys:  func(int) (town.Keys, error) { return town.Keys{Ring: keyring.ForTest(1)}, nil },
			Base:  func(t town.Town) string { return "https://" + t.Host },
			Press: (&paper.Shelf{}).Press,
		})
		var log strings.Builder
		r := &jobs.Runner{
			DB: db, Owner: "a", Clock: clock.Now, Log: slog.New(slog.NewTextHandler(&log, nil)), Jobs: list,
			Towns: func(context.Context) ([]town.Town, error) {
				return []town.Town{{ID: 1, Host: "a", Name: "青葉市"}}, nil
			},
		}
		for range 3 {
			r.Round(t.Context())
			r.Wait()
			clock.Advance(24 * time.Hour)
		}
		var done []jobs.State
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			done, err = jobs.List(rx, 1)
			return err
		})
		if len(done) != len(list) || log.Len() > 0 {
			t.Errorf("%d of %d jobs were done: %s", len(done), len(list), log.String())
		}
		for _, s := range done {
			if s.Failed || s.EndedAt == "" {
				t.Errorf("%+v", s)
			}
			if !message.Has("job." + s.ID) {
				t.Errorf("job %s has no name", s.ID)
			}
		}
	})
}

// After a year a code that somebody asked about goes although the inquiry stays;
// one with a later inquiry goes with that.
func TestForget_InquiryOfACode(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a", Name: "青葉市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		links := []string{"0000000000000001", "0000000000000002"}
		var list []member.Member
		for _, link := range links {
			mac := sha256.Sum256([]byte(link))
			list = append(list, member.Member{
				Link: link, Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "receive", State: member.Ready,
				From: testkit.Now.Add(-time.Hour), Until: testkit.Now.Add(time.Hour),
			})
		}
		if err := member.Import(t.Context(), db, testkit.Supervisor, 1, list); err != nil {
			t.Fatal(err)
		}
		ask := func(link string) {
			q := inquiry.Inquiry{At: clock.Now(), Channel: "phone", Categories: []string{"bring"}, Text: "持ち物は何ですか。", Link: link}
			if _, err := inquiry.Save(t.Context(), db, testkit.Clerk, 1, q); err != nil {
				t.Fatal(err)
			}
		}
		var forget jobs.Job
		for _, j := range chores.All(chores.Deps{}) {
			if j.ID == "forget" {
				forget = j
			}
		}
		night := func(inquiries, members int) {
			t.Helper()
			counts, err := forget.Run(t.Context(), jobs.Task{DB: db, Actor: testkit.Supervisor, Town: town.Town{ID: 1}})
			if err != nil || counts["inquiries"] != inquiries || counts["members"] != members {
				t.Errorf("%v, %v, want %d inquiries and %d members", counts, err, inquiries, members)
			}
		}
		ask(links[0])
		clock.Advance(200 * 24 * time.Hour)
		ask(links[1])
		night(0, 0)
		clock.Advance(166 * 24 * time.Hour)
		night(1, 1)
		clock.Advance(200 * 24 * time.Hour)
		night(1, 1)
		testkit.Read(t, db, func(rx *store.Rx) error {
			left, _, err := inquiry.Search(rx, 1, inquiry.Filter{Anonymous: true})
			if len(left) != 2 {
				t.Errorf("%d inquiries are left without a code", len(left))
			}
			return err
		})
	})
}
