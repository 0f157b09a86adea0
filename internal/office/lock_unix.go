//go:build !windows

package office

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Acquire locks the file; the lock ends with the process at the latest, so a
// crash leaves nothing to clean up.
func Acquire(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is ours
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(inUse(path), f.Close())
	}
	return nil, errors.Join(err, f.Close())
}
