package intake

import (
	"context"
	"errors"
	"io"
	"os"

	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// stagedRows is how many rows a stage holds. A nightly file changes fewer; a
// first load has more and is read again while it is written.
const stagedRows = 20_000

// look is what one reading of a file gave before anything was written. Of a
// registry file it holds the rows that say something new, found without
// keeping anybody waiting, so that writing takes as long as the changes are
// many and not as long as the file is.
type look struct {
	report     tabfile.Report
	found      *finder
	staged     bool  // rows and what follows are complete
	generation int64 // of the registry when it was compared
	rows       []stagedRow
	unchanged  int
	latest     string
}

type stagedRow struct {
	line int
	row  resident.Row
}

var errNoStage = errors.New("too many rows for a stage")

// lookAt reads the file of an import from the spool. It compares a registry
// file with what is stored, unless most of it is new.
func lookAt(ctx context.Context, db *store.DB, run *Run, profile tabfile.Profile, file io.ReadSeeker) (l *look, err error) {
	if run.Kind == tabfile.Registry {
		err = db.Read(ctx, func(rx *store.Rx) (err error) {
			l, err = compare(ctx, rx, run, profile, file)
			return err
		})
		if !errors.Is(err, errNoStage) {
			return l, err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
	}
	l = &look{found: &finder{}}
	l.report, err = tabfile.Read(ctx, file, profile, tabfile.Sink{Finding: l.found.add})
	return l, err
}

// compare reads a registry file and keeps the rows whose digest is not the
// stored one, with every later row of the same person.
func compare(ctx context.Context, rx *store.Rx, run *Run, profile tabfile.Profile, file io.Reader) (_ *look, err error) {
	l := &look{found: &finder{}, staged: true}
	if l.generation, err = generation(rx); err != nil {
		return nil, err
	}
	gaiji, err := gaijiSet(rx, run.Kind)
	if err != nil {
		return nil, err
	}
	reader := &registryRows{worker: &worker{tx: &store.Tx{Rx: rx}, run: run, gaiji: gaiji}}
	touched := map[string]bool{}
	l.report, err = tabfile.Read(ctx, file, profile, tabfile.Sink{Finding: l.found.add, Row: func(r tabfile.Row) error {
		row := reader.personOf(r)
		if !touched[row.No] {
			known, err := resident.Known(rx, &row)
			if err != nil {
				return err
			}
			if known {
				l.unchanged++
				return nil
			}
		}
		touched[row.No] = true
		l.rows = append(l.rows, stagedRow{r.Line, row})
		if len(l.rows) > stagedRows {
			return errNoStage
		}
		return nil
	}})
	l.latest = reader.latest
	return l, err
}

// openCopy opens the spooled copy of an import that is being looked at.
func openCopy(db *store.DB, run *Run) (*os.File, error) { return os.Open(spoolPath(db, run.spool)) }
