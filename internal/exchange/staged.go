package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/media"
	"kofu/internal/seal"
)

// Staged is a bundle that came and was not taken in yet: a copy in the spool.
type Staged struct {
	ID   string // says which bytes these are, and whether they answered a call
	Path string
	Size int64
}

// Parts of the names of staged bundles: in-ID.kfb, with https-DIGEST as the ID of an
// answer to a call and DIGEST as that of a file.
const (
	staging  = "in-"
	answered = "https-"
)

var stagedID = regexp.MustCompile(`^(` + answered + `)?[0-9a-f]{64}$`)

// Stage keeps a copy of a bundle until somebody takes it in. How it came is kept
// with it: what answered a call came [ByHTTPS], and nothing else did.
func (o Office) Stage(src io.Reader, way Way) (s Staged, err error) {
	defer fault.Add(&err, "exchange.Stage")
	if err := o.Prune(); err != nil {
		return s, err
	}
	f, err := os.CreateTemp(o.Spool, spooled) // goes at the next start, if we are killed
	if err != nil {
		return s, err
	}
	sum := sha256.New()
	s.Size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(src, seal.SizeLimit+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return s, errors.Join(err, os.Remove(f.Name()))
	}
	s.ID = hex.EncodeToString(sum.Sum(nil))
	if way == ByHTTPS {
		s.ID = answered + s.ID
	}
	s.Path = o.stagedPath(s.ID)
	return s, os.Rename(f.Name(), s.Path)
}

// OpenStaged opens a staged bundle that came this way. Errors: fault.NotFound
// "exchange.file_gone"; fault.Invalid "exchange.bad_content" when it came otherwise.
func (o Office) OpenStaged(id string, way Way) (*os.File, error) {
	if !stagedID.MatchString(id) {
		return nil, fault.New(fault.NotFound, "exchange.file_gone")
	}
	if strings.HasPrefix(id, answered) != (way == ByHTTPS) {
		return nil, fault.New(fault.Invalid, "exchange.bad_content")
	}
	f, err := os.Open(o.stagedPath(id))
	if err != nil {
		return nil, fault.New(fault.NotFound, "exchange.file_gone").Because(err)
	}
	return f, nil
}

// WayOf is how the bundle of a file came: by HTTPS where the file is the staged
// answer to a call itself, not a copy of it.
func (o Office) WayOf(path string) Way {
	id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), staging), media.Extension)
	file, err := os.Stat(path)
	copied, none := os.Stat(o.stagedPath(id))
	if errors.Join(err, none) == nil && os.SameFile(file, copied) && stagedID.MatchString(id) && strings.HasPrefix(id, answered) {
		return ByHTTPS
	}
	return ByFile
}

func (o Office) stagedPath(id string) string {
	return filepath.Join(o.Spool, staging+id+media.Extension)
}

const kept = 20 // bundles in the spool that may still be fetched or taken in

// Prune keeps the spool small: bundles that are old go.
func (o Office) Prune() error {
	entries, err := os.ReadDir(o.Spool)
	if err != nil {
		return err
	}
	var old []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), media.Extension) && info.Mode().IsRegular() {
			old = append(old, info)
		}
	}
	slices.SortFunc(old, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range old[min(len(old), kept):] {
		if err := os.Remove(filepath.Join(o.Spool, info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
