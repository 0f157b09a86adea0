package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/jobs"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var quiet = slog.New(slog.DiscardHandler)

func runner(db *store.DB, owner string, clock func() time.Time, list ...jobs.Job) *jobs.Runner {
	towns := []town.Town{{ID: 1, Name: "青葉市"}, {ID: 2, Name: "若葉町"}, {ID: 3, Name: "冬木市", FrozenAt: "2026-11-24T00:00:00.000Z"}}
	return &jobs.Runner{
		DB: db, Owner: owner, Clock: clock, Log: quiet, Jobs: list,
		Towns: func(context.Context) ([]town.Town, error) { return towns, nil },
	}
}

func list(t *testing.T, db *store.DB, tenant int) (all []jobs.State) {
	t.Helper()
	testkit.Read(t, db.For(tenant), func(rx *store.Rx) (err error) {
		all, err = jobs.List(rx, tenant)
		return err
	})
	return all
}

// Two servers: each job is done once each time it is due, for every
// municipality that is served.
func TestRound_OnceForAllServers(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dsn := testkit.BookingDSN(t, engine)
			clock := testkit.NewClock()
			var runs [4]atomic.Int64
			job := jobs.Job{ID: "slots", Next: jobs.Every(time.Minute), Run: func(_ context.Context, task jobs.Task) (jobs.Counts, error) {
				runs[task.Town.ID].Add(1)
				if task.DB.Tenant() != task.Town.ID {
					t.Errorf("the view of %d for %d", task.DB.Tenant(), task.Town.ID)
				}
				return jobs.Counts{"added": 3}, nil
			}}
			var servers []*jobs.Runner
			for _, owner := range []string{"a", "b", "c"} {
				servers = append(servers, runner(open(t, dsn, clock), owner, clock.Now, job))
			}
			const times = 10
			for range times {
				var all sync.WaitGroup
				for _, s := range servers {
					all.Go(func() { s.Round(t.Context()); s.Round(t.Context()); s.Wait(); s.Round(t.Context()); s.Wait() })
				}
				all.Wait()
				clock.Advance(time.Minute)
			}
			if runs[1].Load() != times || runs[2].Load() != times || runs[3].Load() != 0 {
				t.Errorf("runs: %d, %d and %d of a frozen municipality", runs[1].Load(), runs[2].Load(), runs[3].Load())
			}
			want := []jobs.State{{
				ID: "slots", DueAt: store.Stamp(clock.Now()), StartedAt: store.Stamp(clock.Now().Add(-time.Minute)),
				EndedAt: store.Stamp(clock.Now().Add(-time.Minute)), Counts: jobs.Counts{"added": 3},
			}}
			if diff := cmp.Diff(want, list(t, servers[0].DB, 1)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func open(t *testing.T, dsn string, clock *testkit.Clock) *store.DB {
	t.Helper()
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn, store.Options{Clock: clock.Now, Migrations: files, KeepSchema: true, Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// A job whose server died is taken over when the lease has ended, not before.
func TestRound_TakesOver(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		dead := make(chan struct{})
		ctx, die := context.WithCancel(t.Context())
		first := runner(db, "a", clock.Now, jobs.Job{ID: "mail", Next: jobs.Every(time.Minute), Run: func(context.Context, jobs.Task) (jobs.Counts, error) {
			<-dead
			return nil, nil
		}})
		first.Round(ctx)
		var runs atomic.Int64
		second := runner(db, "b", clock.Now, jobs.Job{ID: "mail", Next: jobs.Every(time.Minute), Run: func(context.Context, jobs.Task) (jobs.Counts, error) {
			runs.Add(1)
			return nil, nil
		}})
		eventually(t, func() bool { all := list(t, db, 1); return len(all) == 1 && all[0].Running })
		eventually(t, func() bool { all := list(t, db, 2); return len(all) == 1 && all[0].Running })
		clock.Advance(2 * time.Minute)
		second.Round(t.Context())
		second.Wait()
		if runs.Load() != 0 {
			t.Fatal("taken over while the lease runs")
		}
		clock.Advance(time.Second)
		second.Round(t.Context())
		second.Wait()
		if runs.Load() != 2 {
			t.Errorf("%d runs after the lease", runs.Load())
		}
		before := list(t, db, 1)
		die()
		close(dead) // the first wakes up and must not write what is not its own
		first.Wait()
		if diff := cmp.Diff(before, list(t, db, 1)); diff != "" {
			t.Error(diff)
		}
	})
}

// A failure is kept with its code, and the job comes again soon, later each time.
func TestRound_Failure(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		failure := error(fault.New(fault.Conflict, "jobs.differs"))
		s := runner(db, "a", clock.Now, jobs.Job{ID: "check", Next: jobs.Daily(3 * 60), Run: func(context.Context, jobs.Task) (jobs.Counts, error) {
			if failure == nil {
				panic("impossible")
			}
			return jobs.Counts{"breaches": 2}, failure
		}})
		for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			s.Round(t.Context())
			s.Wait()
			if got := list(t, db, 1)[0]; !got.Failed || got.Code != "jobs.differs" || got.Counts["breaches"] != 2 || got.DueAt != store.Stamp(clock.Now().Add(pause)) {
				t.Errorf("%+v, want the next in %s", got, pause)
			}
			clock.Advance(pause)
		}
		failure = nil // and a panic is a failure like any other
		s.Round(t.Context())
		s.Wait()
		if got := list(t, db, 1)[0]; !got.Failed || got.Failures != 4 || got.Code != "" {
			t.Errorf("%+v", got)
		}
	})
}

// A steady job stays with its server, costs no write at every run, and goes to
// another one when the server stops.
func TestRound_Steady(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		var runs [2]atomic.Int64
		steady := func(i int) jobs.Job {
			return jobs.Job{ID: "audit", Steady: true, Next: jobs.Every(time.Second), Run: func(context.Context, jobs.Task) (jobs.Counts, error) {
				runs[i].Add(1)
				return nil, nil
			}}
		}
		a, b := runner(db, "a", clock.Now, steady(0)), runner(db, "b", clock.Now, steady(1))
		round := func(s *jobs.Runner) { s.Round(t.Context()); s.Wait() }
		round(a)
		before := list(t, db, 1)
		for range 20 {
			clock.Advance(time.Second)
			round(a)
			round(b)
		}
		if diff := cmp.Diff(before, list(t, db, 1)); diff != "" || runs[0].Load() != 42 || runs[1].Load() != 0 {
			t.Errorf("%d and %d runs %s", runs[0].Load(), runs[1].Load(), diff)
		}
		for range 200 { // longer than a lease: it is renewed
			clock.Advance(time.Second)
			round(a)
			round(b)
		}
		if runs[1].Load() != 0 {
			t.Error("the lease was not renewed")
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		a.Run(ctx, nil)
		clock.Advance(time.Second)
		round(b)
		if runs[1].Load() != 2 {
			t.Errorf("%d runs of the one that took over", runs[1].Load())
		}
	})
}

func TestDaily(t *testing.T) {
	begun := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC) // 9:30 in Japan
	for minute, want := range map[int]string{5: "2026-11-24T15:05:00.000Z", 9*60 + 30: "2026-11-25T00:30:00.000Z", 20 * 60: "2026-11-24T11:00:00.000Z"} {
		if got := store.Stamp(jobs.Daily(minute)(begun)); got != want {
			t.Errorf("%d: %s, want %s", minute, got, want)
		}
	}
}

func TestReport(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		say := func(failure error) {
			t.Helper()
			if err := jobs.Report(t.Context(), db, 1, "clock/a", jobs.Counts{"ms": 1500}, failure); err != nil {
				t.Fatal(err)
			}
		}
		say(nil)
		if got := list(t, db, 1); len(got) != 0 {
			t.Errorf("good news about nothing: %+v", got)
		}
		say(errors.New("off"))
		say(errors.New("off"))
		if got := list(t, db, 1); len(got) != 1 || !got[0].Failed || got[0].Failures != 2 {
			t.Errorf("%+v", got)
		}
		say(nil)
		if got := list(t, db, 1); got[0].Failed {
			t.Errorf("%+v", got)
		}
	})
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}
