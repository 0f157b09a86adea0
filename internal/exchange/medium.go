package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

	"kofu/internal/fault"
	"kofu/internal/media"
	"kofu/internal/store"
)

// Maker writes a bundle: [Office.Export] or [Office.ExportCodeKeys].
type Maker func(ctx context.Context, actor store.Actor, dst io.Writer) (Bundle, error)

// Doing is what happens to a bundle on its way to a medium.
type Doing string

// The steps, in their order.
const (
	Making   Doing = "making"
	Writing  Doing = "writing"
	Syncing  Doing = "syncing"
	Checking Doing = "checking"
)

// Step is how far a bundle has come on its way to a medium, in bytes.
type Step struct {
	Doing       Doing
	Done, Total int64
}

func (o Office) step(doing Doing, done, total int64) {
	if o.Watch != nil {
		o.Watch(Step{doing, done, total})
	}
}

// ExportTo writes a bundle into a folder of a medium: under another name first,
// synced, renamed, read back from the start and compared. Only then it is in the
// register, which calls it verified if that was a medium and not our own disk. A
// medium that cannot be written is refused before a bundle is made.
// Errors: fault.Unavailable "exchange.medium_gone", "exchange.medium_failed",
// "exchange.not_verified"; those of making the bundle.
func (o Office) ExportTo(ctx context.Context, actor store.Actor, export Maker, dir string, way Way, m Medium) (c Carry, path string, err error) {
	defer fault.Add(&err, "exchange.ExportTo")
	if err := m.check(); err != nil {
		return c, "", err
	}
	_ = removeLeft(dir, onMedium) // by a program that was killed; the export itself says if the medium is gone
	file, err := os.CreateTemp(dir, onMedium)
	if err != nil {
		return c, "", fault.New(fault.Unavailable, "exchange.medium_gone").Because(err)
	}
	made, path, err := o.place(ctx, actor, export, file, dir)
	if err != nil {
		_ = os.Remove(file.Name()) // of a medium that may be gone
		return c, "", err
	}
	if err := o.verify(path, made); err != nil {
		_ = os.Remove(path)
		return c, "", err
	}
	c = made.CarryOut(way, m)
	c.Verified = way == ByMedium
	c, err = o.Register(ctx, actor, c)
	return c, path, err
}

// place makes a bundle in the spool and copies it to the medium.
func (o Office) place(ctx context.Context, actor store.Actor, export Maker, to *os.File, dir string) (made Bundle, path string, err error) {
	closed := false
	defer func() {
		if !closed {
			_ = to.Close() // another error is under way
		}
	}()
	spool, done, err := o.spool()
	if err != nil {
		return made, "", err
	}
	defer done(&err)
	o.step(Making, 0, 0)
	if made, err = export(ctx, actor, spool); err != nil {
		return made, "", err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return made, "", err
	}
	failed := func(err error) error { return fault.New(fault.Unavailable, "exchange.medium_failed").Because(err) }
	if _, err := io.Copy(io.MultiWriter(to, &meter{o: o, doing: Writing, total: made.Size}), spool); err != nil {
		return made, "", failed(err)
	}
	o.step(Syncing, made.Size, made.Size)
	closed = true
	if err := errors.Join(to.Sync(), to.Close()); err != nil {
		return made, "", failed(err)
	}
	path = filepath.Join(dir, made.FileName())
	if err := os.Rename(to.Name(), path); err != nil {
		return made, "", failed(err)
	}
	if err := media.SyncFolder(dir); err != nil {
		return made, "", failed(errors.Join(err, os.Remove(path)))
	}
	return made, path, nil
}

// verify reads a bundle back from the medium.
func (o Office) verify(path string, made Bundle) (err error) {
	refused := func(err error) error { return fault.New(fault.Unavailable, "exchange.not_verified").Because(err) }
	f, err := media.OpenFresh(path)
	if err != nil {
		return refused(err)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(sum, &meter{o: o, doing: Checking, total: made.Size}), f)
	if err = errors.Join(err, f.Close()); err != nil || hex.EncodeToString(sum.Sum(nil)) != made.SHA256 {
		return refused(err)
	}
	return nil
}

// meter tells how much has passed.
type meter struct {
	o           Office
	doing       Doing
	done, total int64
}

func (m *meter) Write(p []byte) (int, error) {
	m.done += int64(len(p))
	m.o.step(m.doing, m.done, m.total)
	return len(p), nil
}
