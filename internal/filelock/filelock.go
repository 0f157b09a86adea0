// Package filelock keeps programs apart that use one file, and the acts of one
// program. A lock ends with its process at the latest, so a crash leaves nothing to
// clean up. Writes no table.
package filelock

import (
	"errors"
	"io"
	"os"
)

// ErrTaken says that somebody else has the lock.
var ErrTaken = errors.New("somebody else has the lock")

// Wait locks a file, which it makes if it is missing, as soon as nobody else has it
// locked.
func Wait(path string) (io.Closer, error) { return open(path, true) }

// Try locks a file, which it makes if it is missing, at once. Error: [ErrTaken].
func Try(path string) (io.Closer, error) { return open(path, false) }

func open(path string, wait bool) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is ours
	if err != nil {
		return nil, err
	}
	if err := lock(f, wait); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
