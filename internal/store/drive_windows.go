package store

import (
	"path/filepath"

	"golang.org/x/sys/windows"

	"kofu/internal/fault"
)

// localDrive refuses a folder on a network drive or a removable medium: the
// write-ahead log needs the shared memory of one host, and a pulled stick
// would take the database with it.
func localDrive(dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(absolute) + `\`)
	if err != nil {
		return err
	}
	switch windows.GetDriveType(root) {
	case windows.DRIVE_REMOTE, windows.DRIVE_REMOVABLE, windows.DRIVE_CDROM:
		return fault.New(fault.Conflict, "store.network_drive")
	}
	return nil
}
