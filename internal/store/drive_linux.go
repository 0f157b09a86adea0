package store

import (
	"golang.org/x/sys/unix"

	"kofu/internal/fault"
)

// Magic numbers of file systems that live on another host.
var networkDrives = map[int64]bool{
	0x6969:     true, // NFS
	0xFF534D42: true, // CIFS
	0xFE534D42: true, // SMB2
	0x517B:     true, // SMB
}

// localDrive refuses a folder on a network drive: the write-ahead log needs
// the shared memory of one host.
func localDrive(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return err
	}
	if networkDrives[int64(uint32(fs.Type))] { // Type differs in width between architectures
		return fault.New(fault.Conflict, "store.network_drive")
	}
	return nil
}
