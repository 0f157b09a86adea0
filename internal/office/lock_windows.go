package office

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// Acquire locks the first byte of the file; the lock ends with the process at
// the latest, so a crash leaves nothing to clean up.
func Acquire(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return nil, errors.Join(inUse(path), f.Close())
	}
	return nil, errors.Join(err, f.Close())
}
