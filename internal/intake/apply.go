package intake

import (
	"context"
	"errors"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// errStale rolls an import back whose figures are no longer those that the
// clerk saw.
var errStale = fault.New(fault.Conflict, "import.preview_stale")

// Apply carries a previewed import out, all of it in one transaction; a
// cancelled ctx or any failure leaves everything as it was. progress is told
// how many rows are done; it may be nil. Errors: fault.Conflict
// "import.not_waiting", "import.same_file", "import.spool_gone",
// "import.spool_changed", and "import.preview_stale" when something else has
// changed what the import would do: the preview is then brought up to date, to
// be looked at again.
func Apply(ctx context.Context, db *store.DB, actor store.Actor, runID int64, progress func(done, total int)) (run Run, err error) {
	defer fault.Add(&err, "intake.Apply(%d)", runID)
	if run, err = read(ctx, db, runID); err != nil {
		return Run{}, err
	}
	if run.State != Previewed {
		return Run{}, fault.New(fault.Conflict, "import.not_waiting")
	}
	profile, ok := tabfile.ByID(Profiles(), run.Profile)
	if !ok {
		return Run{}, fault.New(fault.Conflict, "import.no_such_profile", "profile", run.Profile)
	}
	copied := run.spool
	if err := applyFile(ctx, db, actor, &run, profile, progress); err != nil {
		if errors.Is(err, errStale) {
			err = errors.Join(err, lookAgain(ctx, db, actor, run))
		}
		return Run{}, err
	}
	if err := removeSpool(db, copied); err != nil {
		return Run{}, err
	}
	return read(ctx, db, runID)
}

func applyFile(ctx context.Context, db *store.DB, actor store.Actor, run *Run, profile tabfile.Profile, progress func(done, total int)) (err error) {
	file, err := openSpool(ctx, db, *run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	l, err := lookAt(ctx, db, run, profile, file)
	if err != nil {
		return err
	}
	tell := func(done int) {
		if progress != nil {
			progress(done, run.Rows)
		}
	}
	seen := run.Counts
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if err := refuseSame(tx.Rx, *run); err != nil {
			return err
		}
		w, err := carryOut(tx, run, profile, l, file, tell)
		if err != nil {
			return err
		}
		run.take(w)
		if run.Counts.effect() != seen.effect() {
			return errStale
		}
		if err := saveFindings(tx, run.ID, w.found.sorted()); err != nil {
			return err
		}
		if err := seal(tx, *run); err != nil {
			return err
		}
		return audit.Append(tx, "import.applied", run.Object(), run.figures())
	})
}

// lookAgain stores the figures that the import has now.
func lookAgain(ctx context.Context, db *store.DB, actor store.Actor, run Run) error {
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if !slices.ContainsFunc(run.Warnings, func(w Warning) bool { return w.Code == errStale.Code }) {
			run.Warnings = append(run.Warnings, Warning{Code: errStale.Code})
		}
		if err := previewAgain(tx, run); err != nil {
			return err
		}
		return audit.Append(tx, "import.previewed", run.Object(), run.figures())
	})
}

// Undo takes an applied import back, all of it in one transaction. A delivery
// must not have been touched since; people must not have been changed by a
// later import. Errors: fault.Invalid "import.reason_missing", fault.Conflict
// "import.not_applied", "delivery.begun", "registry.changed_later".
func Undo(ctx context.Context, db *store.DB, actor store.Actor, runID int64, reason string) (run Run, err error) {
	defer fault.Add(&err, "intake.Undo(%d)", runID)
	if entry.Blank(reason) {
		return Run{}, fault.New(fault.Invalid, "import.reason_missing")
	}
	if err := entry.Check(reason); err != nil {
		return Run{}, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = ByID(tx.Rx, runID); err != nil {
			return err
		}
		if err := takenBack(tx, runID, reason); err != nil {
			return err
		}
		undo := undoRegistry
		if run.Kind == tabfile.Delivery {
			undo = undoDelivery
		}
		if err := undo(tx, run, reason); err != nil {
			return err
		}
		run.State, run.Reason = Undone, reason
		return audit.Append(tx, "import.undone", run.Object(), run.figures())
	})
	return run, err
}
