package intake

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// spoolPrefix marks the files of this package in the spool folder.
const spoolPrefix = "import-"

// headSize is how much of a file decides what it is, as tabfile.Detect expects.
const headSize = 256 << 10

// spooled is our own copy of an upload. Everything is read from the copy, so
// that a medium may be pulled out once it is there.
type spooled struct {
	name   string // in the spool folder
	size   int64
	sha256 string
	head   []byte
	guess  jptext.Guess
}

// spoolDir is the folder beside the database.
func spoolDir(db *store.DB) string { return filepath.Join(filepath.Dir(db.Path()), "spool") }

func spoolPath(db *store.DB, name string) string { return filepath.Join(spoolDir(db), name) }

// keep copies the upload, syncs it to the disk and takes its fingerprint. A
// copy that does not succeed leaves nothing behind.
func keep(ctx context.Context, db *store.DB, r io.Reader) (_ spooled, err error) {
	if err := os.MkdirAll(spoolDir(db), 0o700); err != nil {
		return spooled{}, err
	}
	s := spooled{name: spoolPrefix + rand.Text()}
	f, err := os.OpenFile(spoolPath(db, s.name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return spooled{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove(db))
		}
	}()
	sum := sha256.New()
	head := &header{limit: headSize}
	var detector jptext.Detector
	limited := io.LimitReader(&cancellable{ctx, r}, tabfile.MaxFile+1)
	s.size, err = io.Copy(io.MultiWriter(f, sum, head, &detector), limited)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return spooled{}, err
	}
	if s.size > tabfile.MaxFile {
		return spooled{}, fault.New(fault.TooLarge, "tabfile.file_too_large", "limit", strconv.Itoa(tabfile.MaxFile>>20))
	}
	s.sha256, s.head, s.guess = hex.EncodeToString(sum.Sum(nil)), head.bytes, detector.Guess()
	return s, nil
}

func (s spooled) remove(db *store.DB) error { return removeSpool(db, s.name) }

func removeSpool(db *store.DB, name string) error {
	if name == "" {
		return nil
	}
	if err := os.Remove(spoolPath(db, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

var errSpoolGone = fault.New(fault.Conflict, "import.spool_gone")

// openSpool opens the copy of a previewed import after making sure that it is
// still what was previewed.
func openSpool(ctx context.Context, db *store.DB, run Run) (_ *os.File, err error) {
	if run.spool == "" {
		return nil, errSpoolGone
	}
	f, err := os.Open(spoolPath(db, run.spool))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errSpoolGone
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	sum := sha256.New()
	if _, err := io.Copy(sum, &cancellable{ctx, f}); err != nil {
		return nil, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != run.SHA256 {
		return nil, fault.New(fault.Conflict, "import.spool_changed")
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}

// header keeps the first bytes that are written to it.
type header struct {
	bytes []byte
	limit int
}

func (h *header) Write(p []byte) (int, error) {
	if room := h.limit - len(h.bytes); room > 0 {
		h.bytes = append(h.bytes, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// cancellable ends a long copy when its context does.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// CleanSpool brings spool folder and imports together after a start: copies
// that no import waits for go, and imports whose copy is gone are cancelled.
func CleanSpool(ctx context.Context, db *store.DB, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.CleanSpool")
	var waiting []Run
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		waiting, err = waitingRuns(rx)
		return err
	})
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, run := range waiting {
		if _, err := os.Stat(spoolPath(db, run.spool)); run.spool != "" && err == nil {
			needed[run.spool] = true
			continue
		}
		if err := end(ctx, db, actor, run, Cancelled, "import.spool_gone"); err != nil {
			return err
		}
	}
	return removeOthers(spoolDir(db), needed)
}

func removeOthers(dir string, needed map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), spoolPrefix) && !needed[e.Name()] {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Cancel gives a previewed import up. Errors: fault.Conflict
// "import.not_waiting".
func Cancel(ctx context.Context, db *store.DB, actor store.Actor, runID int64) (err error) {
	defer fault.Add(&err, "intake.Cancel(%d)", runID)
	run, err := read(ctx, db, runID)
	if err != nil {
		return err
	}
	return end(ctx, db, actor, run, Cancelled, "")
}

// end closes a previewed import that is not applied, and removes its copy.
func end(ctx context.Context, db *store.DB, actor store.Actor, run Run, state State, reason string) error {
	err := db.Write(ctx, actor, func(tx *store.Tx) error {
		if err := leave(tx, run.ID, state, reason); err != nil {
			return err
		}
		run.Reason = reason
		return audit.Append(tx, "import."+string(state), run.Object(), run.figures())
	})
	if err != nil {
		return err
	}
	return removeSpool(db, run.spool)
}

func read(ctx context.Context, db *store.DB, runID int64) (run Run, err error) {
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		run, err = ByID(rx, runID)
		return err
	})
	return run, err
}
