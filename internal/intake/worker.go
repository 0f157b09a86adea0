package intake

import (
	"context"
	"errors"
	"io"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// worker carries one import out inside one transaction.
type worker struct {
	tx         *store.Tx
	run        *Run
	found      *finder
	counts     Counts
	deliveryID int64
	latest     string // newest day that a row speaks of, not after today
}

// taker takes the rows of one kind of file over.
type taker interface {
	row(r tabfile.Row) error
	finish() error
}

func (w *worker) taker() taker {
	if w.run.Kind == tabfile.Delivery {
		return &deliveryRows{worker: w}
	}
	return &registryRows{worker: w}
}

// dated notes a day of the file; an announced moving-out may lie ahead.
func (w *worker) dated(day string) {
	if day > w.latest && day <= w.tx.Today() {
		w.latest = day
	}
}

// progressStep is how many rows pass between two reports of progress.
const progressStep = 500

// carryOut reads the file and takes every good row over. It fills in counts,
// findings and the rest of what is known only afterwards.
func carryOut(tx *store.Tx, run *Run, profile tabfile.Profile, file io.Reader, progress func(done int)) (*worker, error) {
	w := &worker{tx: tx, run: run, found: &finder{}}
	t := w.taker()
	done := 0
	sink := tabfile.Sink{Finding: w.found.add, Row: func(r tabfile.Row) error {
		if done++; progress != nil && done%progressStep == 0 {
			progress(done)
		}
		return t.row(r)
	}}
	if _, err := tabfile.Read(tx.Context(), file, profile, sink); err != nil {
		return nil, err
	}
	if err := t.finish(); err != nil {
		return nil, err
	}
	w.counts.Rejected = len(w.found.rejected)
	if err := w.refuseRejected(profile); err != nil {
		return nil, err
	}
	return w, nil
}

// refuseRejected refuses a file of which rows had to be left out when its
// profile forbids that, or when nothing is left.
func (w *worker) refuseRejected(profile tabfile.Profile) error {
	switch {
	case w.counts.Rejected == 0:
		return nil
	case wholeOnly(profile):
		return w.found.refusal(rejectedRows("import.strict_rows", w.counts.Rejected))
	case w.counts.New+w.counts.Changed+w.counts.Unchanged == 0:
		return w.found.refusal(rejectedRows("import.no_good_row", w.counts.Rejected))
	}
	return nil
}

// wholeOnly reports whether a file of the profile is taken whole or not at
// all: those with counts of their rows, and those whose columns must match.
func wholeOnly(p tabfile.Profile) bool { return p.Strict || p.Fixed() || p.Trailer != nil }

func rejectedRows(code string, n int) *fault.Error {
	return fault.New(fault.Invalid, code, "count", strconv.Itoa(n))
}

// errRehearsed rolls a rehearsal back.
var errRehearsed = errors.New("a rehearsal, rolled back")

// rehearse carries the import out and takes everything back.
func rehearse(ctx context.Context, db *store.DB, actor store.Actor, run Run, profile tabfile.Profile, file io.Reader) (w *worker, err error) {
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run.ID == 0 {
			if err := insertRun(tx, &run); err != nil {
				return err
			}
		}
		if w, err = carryOut(tx, &run, profile, file, nil); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return w, nil
	}
	return nil, err
}
