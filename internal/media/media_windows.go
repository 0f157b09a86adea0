package media

import (
	"context"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// removable finds the drives that the system calls removable, and those on USB,
// which it calls fixed when they are disks.
func (f Finder) removable() (list []Medium, err error) {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS) // an empty slot is no reason for a dialog
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, err
	}
	for i := range 26 {
		if drives&(1<<i) == 0 {
			continue
		}
		letter := string(rune('A' + i))
		root, err := windows.UTF16PtrFromString(letter + `:\`)
		if err != nil {
			return nil, err
		}
		kind := windows.GetDriveType(root)
		if kind != windows.DRIVE_REMOVABLE && (kind != windows.DRIVE_FIXED || !onUSB(letter)) {
			continue
		}
		var name [windows.MAX_PATH + 1]uint16
		var flags uint32
		if err := windows.GetVolumeInformation(root, &name[0], uint32(len(name)), nil, nil, &flags, nil, 0); err != nil {
			continue // an empty slot
		}
		label := windows.UTF16ToString(name[:])
		if label != "" {
			label += " "
		}
		list = append(list, Medium{
			Kind: Removable, Label: label + "(" + letter + ":)", Path: letter + `:\`, ReadOnly: flags&windows.FILE_READ_ONLY_VOLUME != 0, device: letter,
		})
	}
	return list, nil
}

const (
	busUSB           = 7
	queryProperty    = 0x2d1400 // IOCTL_STORAGE_QUERY_PROPERTY
	mediaRemoval     = 0x2d4804 // IOCTL_STORAGE_MEDIA_REMOVAL
	ejectMedia       = 0x2d4808 // IOCTL_STORAGE_EJECT_MEDIA
	lockVolume       = 0x90018  // FSCTL_LOCK_VOLUME
	dismountVolume   = 0x90020  // FSCTL_DISMOUNT_VOLUME
	busTypeAt        = 28       // in STORAGE_DEVICE_DESCRIPTOR
	descriptorLength = 1024
)

func volume(letter string, access uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(`\\.\` + letter + `:`)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(name, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
}

func onUSB(letter string) bool {
	h, err := volume(letter, 0)
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(h) }()
	var ask [12]byte // the descriptor of the device, standard query
	var answer [descriptorLength]byte
	var n uint32
	if windows.DeviceIoControl(h, queryProperty, &ask[0], uint32(len(ask)), &answer[0], uint32(len(answer)), &n, nil) != nil || n < busTypeAt+4 {
		return false
	}
	return answer[busTypeAt] == busUSB
}

func space(path string) (size, free int64) {
	root, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0
	}
	var mine, all, left uint64
	if windows.GetDiskFreeSpaceEx(root, &mine, &all, &left) != nil {
		return 0, 0
	}
	return int64(all), int64(mine) //nolint:gosec // of a medium
}

// eject locks the volume, which fails while a file of it is open, takes it off and
// lets it out.
func (f Finder) eject(_ context.Context, m Medium) (err error) {
	h, err := volume(m.device, windows.GENERIC_READ|windows.GENERIC_WRITE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, windows.CloseHandle(h)) }()
	var n uint32
	for _, code := range []uint32{lockVolume, dismountVolume} {
		if err := windows.DeviceIoControl(h, code, nil, 0, nil, 0, &n, nil); err != nil {
			return err
		}
	}
	allow := struct{ prevent byte }{}
	_ = windows.DeviceIoControl(h, mediaRemoval, (*byte)(unsafe.Pointer(&allow)), 1, nil, 0, &n, nil) //nolint:gosec // disks know no lock
	_ = windows.DeviceIoControl(h, ejectMedia, nil, 0, nil, 0, &n, nil)                               // off already; not every device has a mechanism
	return nil
}

// OpenFresh opens a file that was just synced for reading.
func OpenFresh(path string) (*os.File, error) { return os.Open(path) } //nolint:gosec // just written by us

// SyncFolder has nothing to do: names last when the file was synced.
func SyncFolder(string) error { return nil }
