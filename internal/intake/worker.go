package intake

import (
	"context"
	"errors"
	"io"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// worker carries one import out inside one transaction.
type worker struct {
	tx         *store.Tx
	run        *Run
	gaiji      string // whose private use characters the file holds
	found      *finder
	counts     Counts
	deliveryID int64
	latest     string // newest day that a row speaks of, not after today
}

// gaijiSet names whose private use characters a file holds: those of the
// resident registry mean something else than those of J-LIS.
func gaijiSet(rx *store.Rx, kind tabfile.Kind) (string, error) {
	s, err := settings.Load(rx)
	if kind == tabfile.Delivery {
		return s.DeliveryGaiji, err
	}
	return s.RegistryGaiji, err
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

// carryOut takes every good row of a file over, from the stage if there is one
// that still holds, else by reading the file again. It fills in counts,
// findings and the rest of what is known only afterwards.
func carryOut(tx *store.Tx, run *Run, profile tabfile.Profile, l *look, file io.ReadSeeker, progress func(done int)) (*worker, error) {
	gaiji, err := gaijiSet(tx.Rx, run.Kind)
	if err != nil {
		return nil, err
	}
	w := &worker{tx: tx, run: run, gaiji: gaiji}
	now, err := generation(tx.Rx)
	if err != nil {
		return nil, err
	}
	if l.staged && l.generation == now {
		err = w.fromStage(l, progress)
	} else {
		err = w.fromFile(profile, file, progress)
	}
	if err != nil {
		return nil, err
	}
	w.counts.Rejected = len(w.found.rejected)
	return w, w.refuseRejected(profile)
}

func (w *worker) fromStage(l *look, progress func(done int)) error {
	w.found, w.counts.Unchanged, w.latest = l.found, l.unchanged, l.latest
	g := &registryRows{worker: w}
	for i, s := range l.rows {
		if progress != nil && i%progressStep == 0 {
			progress(l.unchanged + i)
		}
		if err := g.put(s.line, &s.row); err != nil {
			return err
		}
	}
	return g.finish()
}

func (w *worker) fromFile(profile tabfile.Profile, file io.ReadSeeker, progress func(done int)) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w.found = &finder{}
	t := w.taker()
	done := 0
	sink := tabfile.Sink{Finding: w.found.add, Row: func(r tabfile.Row) error {
		if done++; progress != nil && done%progressStep == 0 {
			progress(done)
		}
		return t.row(r)
	}}
	if _, err := tabfile.Read(w.tx.Context(), file, profile, sink); err != nil {
		return err
	}
	return t.finish()
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
func rehearse(ctx context.Context, db *store.DB, actor store.Actor, run Run, profile tabfile.Profile, l *look, file io.ReadSeeker) (w *worker, err error) {
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run.ID == 0 {
			if err := insertRun(tx, &run); err != nil {
				return err
			}
		}
		if w, err = carryOut(tx, &run, profile, l, file, nil); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return w, nil
	}
	return nil, err
}
