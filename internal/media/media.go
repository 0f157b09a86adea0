// Package media finds the removable media of this machine, lists the bundles on
// them, and lets go of a medium so that it can be pulled out. A folder of the
// configuration counts as one more medium, for machines without a port and for
// media that other software hands over as a folder. Writes no tables.
package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kofu/internal/fault"
)

// Kind says what a medium is.
type Kind string

// The kinds of medium.
const (
	Removable Kind = "removable"
	Folder    Kind = "folder" // of the configuration
)

// Medium is a place outside this machine's own disks.
type Medium struct {
	ID       string // how requests name it, the same as long as it is mounted
	Kind     Kind
	Label    string // of the volume, or the last part of its path
	Path     string
	Size     int64
	Free     int64
	ReadOnly bool

	device string
}

// Finder finds media. Its zero value finds those of this machine.
type Finder struct {
	Folder string // one more medium, "" for none
	// Root stands before the files of the system that are read; "" is the
	// machine itself. Run starts a program of the system. Only tests set them.
	Root string
	Run  func(ctx context.Context, name string, args ...string) error
}

// List returns the media that are there now, in the order of their labels.
func (f Finder) List() (list []Medium, err error) {
	defer fault.Add(&err, "media.List")
	if list, err = f.removable(); err != nil {
		return nil, err
	}
	if f.Folder != "" {
		if info, err := os.Stat(f.Folder); err == nil && info.IsDir() {
			list = append(list, Medium{Kind: Folder, Label: filepath.Base(f.Folder), Path: f.Folder})
		}
	}
	for i := range list {
		m := &list[i]
		sum := sha256.Sum256([]byte(string(m.Kind) + "\n" + m.Path + "\n" + m.device))
		m.ID = hex.EncodeToString(sum[:8])
		m.Size, m.Free = space(m.Path)
	}
	slices.SortStableFunc(list, func(a, b Medium) int { return cmp.Compare(a.Label, b.Label) })
	return list, nil
}

// ByID returns a medium that is still there. Error: fault.NotFound "media.gone".
func (f Finder) ByID(id string) (Medium, error) {
	list, err := f.List()
	if err != nil {
		return Medium{}, err
	}
	for _, m := range list {
		if m.ID == id {
			return m, nil
		}
	}
	return Medium{}, fault.New(fault.NotFound, "media.gone")
}

// File is a bundle on a medium.
type File struct {
	Name string
	Size int64
	At   time.Time // when it was written, as the medium says
}

// Extension is that of bundles. Nothing else on a medium is opened.
const Extension = ".kfb"

const mostFiles = 100

// Bundles lists the bundles at the top of a medium, the newest first. Error:
// fault.NotFound "media.gone".
func (m Medium) Bundles() (list []File, err error) {
	defer fault.Add(&err, "media.Bundles")
	entries, err := os.ReadDir(m.Path)
	if err != nil {
		return nil, fault.New(fault.NotFound, "media.gone").Because(err)
	}
	for _, e := range entries {
		if !bundle(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fault.New(fault.NotFound, "media.gone").Because(err)
		}
		list = append(list, File{e.Name(), info.Size(), info.ModTime()})
	}
	slices.SortStableFunc(list, func(a, b File) int { return b.At.Compare(a.At) })
	return list[:min(len(list), mostFiles)], nil
}

func bundle(name string) bool {
	return strings.EqualFold(filepath.Ext(name), Extension) && !strings.HasPrefix(name, ".") && filepath.Base(name) == name
}

// Open opens a bundle of a medium. Nothing outside the medium is reached, whatever
// its links say. Error: fault.NotFound "media.no_file".
func (m Medium) Open(name string) (_ *os.File, err error) {
	defer fault.Add(&err, "media.Open")
	if !bundle(name) {
		return nil, fault.New(fault.NotFound, "media.no_file")
	}
	root, err := os.OpenRoot(m.Path)
	if err != nil {
		return nil, fault.New(fault.NotFound, "media.no_file").Because(err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	file, err := root.Open(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "media.no_file").Because(err)
	}
	return file, nil
}

// Eject lets go of a medium; after it, the medium can be pulled out. Errors:
// fault.Conflict "media.no_eject" for a folder; fault.Unavailable
// "media.eject_failed" when the system does not let go: people do it by the
// system's own means then.
func (f Finder) Eject(ctx context.Context, m Medium) (err error) {
	defer fault.Add(&err, "media.Eject")
	if m.Kind == Folder {
		return fault.New(fault.Conflict, "media.no_eject")
	}
	if err := f.eject(ctx, m); err != nil {
		return fault.New(fault.Unavailable, "media.eject_failed", "label", m.Label).Because(err)
	}
	return nil
}

const patience = 30 * time.Second

// run starts a program of the system and waits for its end.
func (f Finder) run(ctx context.Context, name string, args ...string) error {
	if f.Run != nil {
		return f.Run(ctx, name, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return exec.CommandContext(ctx, name, args...).Run() //nolint:gosec // two programs of the system, with a path that the system named
}
