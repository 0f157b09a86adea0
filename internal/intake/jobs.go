package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Progress says how far an import that is being applied has come.
type Progress struct{ Done, Total int }

// Jobs applies imports in the background, one at a time, and knows how far
// each has come. What it knows is gone with the program: an import that was
// being applied then is still previewed.
type Jobs struct {
	db   *store.DB
	base context.Context

	mu      sync.Mutex
	running map[int64]*job
	all     sync.WaitGroup
}

type job struct {
	progress Progress
	cancel   context.CancelFunc
}

// NewJobs returns a register whose jobs end when ctx does.
func NewJobs(ctx context.Context, db *store.DB) *Jobs {
	return &Jobs{db: db, base: ctx, running: map[int64]*job{}}
}

// Start begins to apply a previewed import and returns at once. Errors:
// fault.Conflict "import.busy" while another import is being applied,
// "import.not_waiting".
func (j *Jobs) Start(ctx context.Context, actor store.Actor, runID int64) error {
	run, err := read(ctx, j.db, runID)
	if err != nil {
		return err
	}
	if run.State != Previewed {
		return fault.New(fault.Conflict, "import.not_waiting")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.running) > 0 {
		return fault.New(fault.Conflict, "import.busy")
	}
	jobCtx, cancel := context.WithCancel(j.base)
	j.running[runID] = &job{progress: Progress{Total: run.Rows}, cancel: cancel}
	j.all.Add(1)
	go j.work(jobCtx, actor, run)
	return nil
}

func (j *Jobs) work(ctx context.Context, actor store.Actor, run Run) {
	defer j.all.Done()
	_, err := Apply(ctx, j.db, actor, run.ID, func(done, total int) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.running[run.ID].progress = Progress{done, total}
	})
	if err != nil {
		err = j.settle(ctx, actor, run, err)
	}
	if err != nil {
		slog.Error("import failed", "import", run.ID, "err", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running[run.ID].cancel()
	delete(j.running, run.ID)
}

// settle notes how an import ended that was not applied. It returns what a
// person has to see in the log.
func (j *Jobs) settle(ctx context.Context, actor store.Actor, run Run, cause error) error {
	switch f, known := fault.As(cause); {
	case j.base.Err() != nil:
		return nil // the program stops; the import waits for its next start
	case ctx.Err() != nil:
		return end(j.base, j.db, actor, run, Cancelled, "import.cancelled")
	case errors.Is(cause, errStale), fault.Is(cause, fault.Conflict, "import.not_waiting"):
		return nil
	case known:
		return end(j.base, j.db, actor, run, Failed, f.Code)
	}
	return errors.Join(cause, end(j.base, j.db, actor, run, Failed, "internal"))
}

// Status returns how far an import has come; ok is false when it is not being
// applied.
func (j *Jobs) Status(runID int64) (p Progress, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if running := j.running[runID]; running != nil {
		return running.progress, true
	}
	return Progress{}, false
}

// Running returns how far each import has come that is being applied. Ask
// before reading the imports: one that ends in between is then shown as under
// way once more, never as one that still waits.
func (j *Jobs) Running() map[int64]Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make(map[int64]Progress, len(j.running))
	for id, job := range j.running {
		all[id] = job.progress
	}
	return all
}

// Cancel stops an import that is being applied; everything stays as it was
// before. It reports false when it is not being applied.
func (j *Jobs) Cancel(runID int64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	running := j.running[runID]
	if running == nil {
		return false
	}
	running.cancel()
	return true
}

// Wait returns when no job is running any more.
func (j *Jobs) Wait() { j.all.Wait() }
