//go:build !linux && !windows

package media

import (
	"context"
	"errors"
	"os"
)

func (f Finder) removable() ([]Medium, error) { return nil, nil }

func space(string) (size, free int64) { return 0, 0 }

func (f Finder) eject(context.Context, Medium) error { return errors.ErrUnsupported }

// OpenFresh opens a file that was just synced for reading.
func OpenFresh(path string) (*os.File, error) { return os.Open(path) }

// SyncFolder has nothing to do here.
func SyncFolder(string) error { return nil }
