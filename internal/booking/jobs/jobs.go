// Package jobs runs what the service does by itself: a job of a municipality is
// done by whichever server claims it first, once each time it is due. The claim
// is a lease: when a server dies, another one takes over after it. How the last
// run ended is kept for the dashboard; a run that failed is an alarm. Writes
// table job.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Counts is what a run did, by name; for example how many mails it sent.
type Counts map[string]int

// Job is something that is due again and again in every municipality.
type Job struct {
	ID string
	// Next is when it is due after a run that began at an instant.
	Next func(begun time.Time) time.Time
	// Steady jobs are due every few seconds: the server that has claimed one keeps
	// it, so that their runs cost no statement of their own.
	Steady bool
	Run    func(ctx context.Context, t Task) (Counts, error)
}

// Task is one run of a job.
type Task struct {
	Town  town.Town
	DB    *store.DB // the view of the municipality
	Actor store.Actor
	Now   time.Time
}

// Every is due so long after the last run began.
func Every(pause time.Duration) func(time.Time) time.Time {
	return func(begun time.Time) time.Time { return begun.Add(pause) }
}

// Daily is due once a day at a time in Japan, in minutes since midnight.
func Daily(minute int) func(time.Time) time.Time {
	return func(begun time.Time) time.Time {
		local := begun.In(store.Tokyo)
		at := time.Date(local.Year(), local.Month(), local.Day(), 0, minute, 0, 0, store.Tokyo)
		if !at.After(begun) {
			at = at.AddDate(0, 0, 1)
		}
		return at.UTC()
	}
}

// The lease of a claim, and how often it is renewed while the job runs.
const (
	lease = 2 * time.Minute
	renew = 30 * time.Second
)

// Runner runs the jobs of all municipalities in one process.
type Runner struct {
	DB    *store.DB
	Towns func(context.Context) ([]town.Town, error)
	Jobs  []Job
	Owner string // names this process among all servers
	Clock func() time.Time
	Log   *slog.Logger

	mu      sync.Mutex
	running map[runKey]bool
	held    map[runKey]*holding // steady jobs that this process keeps
	work    sync.WaitGroup
	places  chan struct{}
}

type runKey struct {
	tenant int
	job    string
}

// holding is a steady job with when it runs next and its lease.
type holding struct {
	next, until time.Time
	failed      bool
}

// parallel is how many jobs a process runs at a time.
const parallel = 4

// Run does a round at every tick until ctx ends, waits for the jobs that run and
// gives back what it keeps.
func (r *Runner) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		r.Round(ctx)
		select {
		case <-ctx.Done():
			r.work.Wait()
			r.giveBack(context.WithoutCancel(ctx))
			return
		case <-tick:
		}
	}
}

// Wait waits until the jobs that were begun have ended.
func (r *Runner) Wait() { r.work.Wait() }

// Round begins every job that is due and that nobody else does. A municipality
// that is frozen has no jobs.
func (r *Runner) Round(ctx context.Context) {
	towns, err := r.Towns(ctx)
	if err != nil {
		r.Log.Error("jobs", "error", err)
		return
	}
	for _, t := range towns {
		if t.Frozen() || ctx.Err() != nil {
			continue
		}
		if err := r.round(ctx, t); err != nil && ctx.Err() == nil {
			r.Log.Error("jobs", "tenant", t.ID, "error", err)
		}
	}
}

func (r *Runner) round(ctx context.Context, t town.Town) error {
	db := r.DB.For(t.ID)
	due := map[string]time.Time{}
	err := db.Read(ctx, func(rx *store.Rx) (err error) {
		due, err = dueTimes(rx, t.ID)
		return err
	})
	if err != nil {
		return err
	}
	now := r.Clock()
	for _, job := range r.Jobs {
		key := runKey{t.ID, job.ID}
		at, known := due[job.ID]
		switch {
		case r.isRunning(key):
		case job.Steady && r.holds(key, now):
			if r.dueHere(key, now) {
				r.start(ctx, t, job, true)
			}
		case !known || !at.After(now):
			r.start(ctx, t, job, false)
		}
	}
	return nil
}

func (r *Runner) isRunning(key runKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running[key]
}

func (r *Runner) holds(key runKey, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.held[key]
	return h != nil && now.Before(h.until)
}

func (r *Runner) dueHere(key runKey, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !now.Before(r.held[key].next)
}

// start runs the job beside the round, as soon as there is a place.
func (r *Runner) start(ctx context.Context, t town.Town, job Job, held bool) {
	key := runKey{t.ID, job.ID}
	r.mu.Lock()
	if r.running == nil {
		r.running, r.held, r.places = map[runKey]bool{}, map[runKey]*holding{}, make(chan struct{}, parallel)
	}
	r.running[key] = true
	r.mu.Unlock()
	r.work.Go(func() {
		defer func() {
			r.mu.Lock()
			delete(r.running, key)
			r.mu.Unlock()
		}()
		r.places <- struct{}{}
		defer func() { <-r.places }()
		if err := r.do(ctx, t, job, held); err != nil && ctx.Err() == nil {
			r.Log.Error("job", "job", job.ID, "tenant", t.ID, "error", err)
		}
	})
}

// do claims the job, unless this process holds it, runs it and writes down how it
// ended.
func (r *Runner) do(ctx context.Context, t town.Town, job Job, held bool) error {
	db, key := r.DB.For(t.ID), runKey{t.ID, job.ID}
	begun := r.Clock()
	if !held {
		mine, err := r.claim(ctx, db, t.ID, job.ID)
		if err != nil || !mine {
			return err
		}
		begun = r.Clock()
	}
	counts, failure := r.run(ctx, t, job, begun)
	if ctx.Err() != nil { // the service stops: whoever comes next does it again
		return r.release(context.WithoutCancel(ctx), db, t.ID, job.ID, begun)
	}
	if failure != nil {
		r.Log.Error("job failed", "job", job.ID, "tenant", t.ID, "error", failure)
	}
	if job.Steady {
		return r.keep(ctx, db, key, job, begun, counts, failure)
	}
	return r.finish(ctx, db, t.ID, job, begun, counts, failure)
}

// run runs the job while it keeps the lease. A job that panics has failed.
func (r *Runner) run(ctx context.Context, t town.Town, job Job, now time.Time) (counts Counts, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go r.keepLease(ctx, cancel, t.ID, job.ID)
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return job.Run(ctx, Task{Town: t, DB: r.DB.For(t.ID), Actor: Actor(job.ID), Now: now})
}

// Actor is on whose behalf a job writes.
func Actor(job string) store.Actor {
	return store.Actor{ID: "kofu-booking/" + job, Name: "kofu-booking", Role: "job", Terminal: "kofu-booking"}
}

// keepLease renews the lease while a long job runs. When it is lost to another
// server, because this one stood still, the job ends.
func (r *Runner) keepLease(ctx context.Context, cancel context.CancelFunc, tenant int, id string) {
	tick := time.NewTicker(renew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var n int64
		err := r.DB.For(tenant).Write(ctx, Actor(id), func(tx *store.Tx) (err error) {
			n, err = renewLease(tx, tenant, id, r.Owner, tx.Now.Add(lease))
			return err
		})
		if err == nil && n == 0 {
			cancel()
			return
		}
	}
}

func (r *Runner) claim(ctx context.Context, db *store.DB, tenant int, id string) (mine bool, err error) {
	err = db.Write(ctx, Actor(id), func(tx *store.Tx) error {
		n, err := claim(tx, tenant, id, r.Owner, tx.Now.Add(lease))
		mine = n == 1
		return err
	})
	return mine, err
}

// release gives a job back as if it had not run.
func (r *Runner) release(ctx context.Context, db *store.DB, tenant int, id string, begun time.Time) error {
	return db.Write(ctx, Actor(id), func(tx *store.Tx) error { return release(tx, tenant, id, r.Owner, begun) })
}

// finish writes down how a run ended and when the next one is due: after a
// failure soon, and later each time it fails again.
func (r *Runner) finish(ctx context.Context, db *store.DB, tenant int, job Job, begun time.Time, counts Counts, failure error) error {
	return db.Write(ctx, Actor(job.ID), func(tx *store.Tx) error {
		failures, err := failuresOf(tx.Rx, tenant, job.ID)
		if err != nil {
			return err
		}
		o, err := outcome(counts, failure, failures)
		if err != nil {
			return err
		}
		o.owner, o.started, o.ended = r.Owner, begun, tx.Now
		o.due = dueAfter(job, begun, o.failures)
		return finish(tx, tenant, job.ID, o)
	})
}

// The pause after a failure.
const (
	firstPause = time.Minute
	longPause  = time.Hour
)

func dueAfter(job Job, begun time.Time, failures int) time.Time {
	next := job.Next(begun)
	if failures == 0 {
		return next
	}
	again := begun.Add(min(firstPause<<min(failures-1, 10), longPause))
	if again.Before(next) {
		return again
	}
	return next
}

// keep notes a run of a steady job and renews the lease when a quarter of it has
// gone, after the first run, and when its result changes.
func (r *Runner) keep(ctx context.Context, db *store.DB, key runKey, job Job, begun time.Time, counts Counts, failure error) error {
	r.mu.Lock()
	h := r.held[key]
	if h == nil {
		h = &holding{}
	}
	write := begun.After(h.until.Add(-lease*3/4)) || h.failed != (failure != nil)
	h.next, h.failed = dueAfter(job, begun, 0), failure != nil
	r.held[key] = h
	r.mu.Unlock()
	if !write {
		return nil
	}
	until := r.Clock().Add(lease)
	var mine bool
	err := db.Write(ctx, Actor(key.job), func(tx *store.Tx) error {
		failures, err := failuresOf(tx.Rx, key.tenant, key.job)
		if err != nil {
			return err
		}
		o, err := outcome(counts, failure, failures)
		if err != nil {
			return err
		}
		o.owner, o.started, o.ended = r.Owner, begun, tx.Now
		n, err := note(tx, key.tenant, key.job, o, until)
		mine = n == 1
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || !mine {
		delete(r.held, key)
		return err
	}
	h.until = until
	return nil
}

// giveBack gives the steady jobs of this process back.
func (r *Runner) giveBack(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, h := range r.held {
		if err := r.release(ctx, r.DB.For(key.tenant), key.tenant, key.job, h.next); err != nil {
			r.Log.Error("job", "job", key.job, "tenant", key.tenant, "error", err)
		}
	}
	r.held = nil
	r.running = nil
}

// ended is how a run ended.
type ended struct {
	owner        string
	started      time.Time
	ended, due   time.Time
	result, code string
	failures     int
	counts       string
}

// outcome puts a result into the form of the table.
func outcome(counts Counts, failure error, failures int) (ended, error) {
	if counts == nil {
		counts = Counts{}
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return ended{}, err
	}
	o := ended{result: "ok", counts: string(b)}
	if failure != nil {
		o.result, o.failures = "failed", failures+1
		if known, ok := fault.As(failure); ok {
			o.code = known.Code
		}
	}
	return o, nil
}

// State is one job of a municipality as the dashboard shows it.
type State struct {
	ID        string
	Running   bool
	DueAt     string // instants; "" before the first run
	StartedAt string
	EndedAt   string
	Failed    bool
	Failures  int    // in a row
	Code      string // of the failure, "" when it was internal
	Counts    Counts
}

// List returns the jobs of a municipality in the order of their ids.
func List(rx *store.Rx, tenant int) ([]State, error) { return selectJobs(rx, tenant) }

// Report writes down a result that no claim went before: of a check that every
// server makes for itself, under an id of its own. A good result is written only
// after a bad one.
func Report(ctx context.Context, db *store.DB, tenant int, id string, counts Counts, failure error) (err error) {
	defer fault.Add(&err, "jobs.Report(%d, %q)", tenant, id)
	if strings.TrimSpace(id) == "" {
		return errors.New("no id")
	}
	return db.For(tenant).Write(ctx, Actor(id), func(tx *store.Tx) error {
		failures, err := failuresOf(tx.Rx, tenant, id)
		if err != nil || failure == nil && failures == 0 {
			return err
		}
		o, err := outcome(counts, failure, failures)
		if err != nil {
			return err
		}
		o.started, o.ended = tx.Now, tx.Now
		return report(tx, tenant, id, o)
	})
}
