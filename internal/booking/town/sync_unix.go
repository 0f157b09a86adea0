//go:build unix

package town

import (
	"errors"
	"os"
)

// syncFolder makes sure that the disk has the names of a folder.
func syncFolder(folder string) error {
	f, err := os.Open(folder) //nolint:gosec // the folder of the dumps
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
