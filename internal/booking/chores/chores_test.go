package chores_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/chores"
	"kofu/internal/booking/jobs"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/keyring"
	"kofu/internal/message"
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
			Keys: func(int) (town.Keys, error) { return town.Keys{Ring: keyring.ForTest(1)}, nil },
			Base: func(t town.Town) string { return "https://" + t.Host },
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
