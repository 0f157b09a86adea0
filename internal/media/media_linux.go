package media

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is a line of /proc/self/mountinfo.
type mount struct {
	device   string // numbers, such as 8:17
	point    string
	source   string // such as /dev/sdb1
	readOnly bool
}

func (f Finder) mounts() (list []mount, err error) {
	text, err := os.ReadFile(filepath.Join(f.Root, "/proc/self/mountinfo"))
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 2 {
			continue
		}
		list = append(list, mount{left[2], unescape(left[4]), unescape(right[1]), strings.HasPrefix(left[5]+",", "ro,")})
	}
	return list, lines.Err()
}

// unescape undoes the octal escapes of a path: \040 is a space.
func unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func (f Finder) removable() (list []Medium, err error) {
	mounts, err := f.mounts()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, m := range mounts {
		if seen[m.source] || !strings.HasPrefix(m.source, "/dev/") || ofTheSystem(m.point) || !f.canGo(m) {
			continue
		}
		seen[m.source] = true
		list = append(list, Medium{Kind: Removable, Label: f.label(m), Path: m.point, ReadOnly: m.readOnly, device: m.source})
	}
	return list, nil
}

// ofTheSystem reports whether the machine itself lives there, even when it was
// started from a stick.
func ofTheSystem(point string) bool {
	return point == "/" || point == "/boot" || strings.HasPrefix(point, "/boot/") || strings.HasPrefix(point, "/snap/")
}

// canGo reports whether a mounted device can be pulled out: the kernel says so, it
// hangs on USB, or the desktop has mounted it where it mounts media.
func (f Finder) canGo(m mount) bool {
	if strings.HasPrefix(m.point, "/media/") || strings.HasPrefix(m.point, "/run/media/") {
		return true
	}
	link := filepath.Join(f.Root, "/sys/dev/block", m.device)
	device, err := filepath.EvalSymlinks(link)
	if err != nil {
		return false
	}
	if strings.Contains(strings.TrimPrefix(device, f.Root), "/usb") {
		return true
	}
	for _, folder := range []string{device, filepath.Dir(device)} { // of the disk, or of the disk of the partition
		if says, err := os.ReadFile(filepath.Join(folder, "removable")); err == nil && strings.TrimSpace(string(says)) == "1" { //nolint:gosec // below /sys
			return true
		}
	}
	return false
}

// label is the name of the volume, or the last part of its path.
func (f Finder) label(m mount) string {
	dir := filepath.Join(f.Root, "/dev/disk/by-label")
	entries, _ := os.ReadDir(dir) // without labels the path names the medium
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && filepath.Base(to) == filepath.Base(m.source) {
			return unhex(e.Name())
		}
	}
	return filepath.Base(m.point)
}

// unhex undoes the escapes of names below /dev/disk: \x20 is a space.
func unhex(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], `\x`) && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+2:i+4], 16, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func space(path string) (size, free int64) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return 0, 0
	}
	return int64(s.Blocks) * s.Bsize, int64(s.Bavail) * s.Bsize //nolint:gosec // of a medium
}

// eject asks the desktop's service first, which needs no rights of its own, and
// then the system.
func (f Finder) eject(ctx context.Context, m Medium) error {
	asked := f.run(ctx, "udisksctl", "unmount", "--no-user-interaction", "-b", m.device)
	if asked == nil {
		_ = f.run(ctx, "udisksctl", "power-off", "--no-user-interaction", "-b", m.device) // the medium may go without it
		return nil
	}
	if err := f.run(ctx, "umount", m.Path); err != nil {
		return errors.Join(asked, err)
	}
	return nil
}

// OpenFresh opens a file that was just synced so that it is read from the medium,
// not from the memory of this machine.
func OpenFresh(path string) (*os.File, error) {
	file, err := os.Open(path) //nolint:gosec // just written by us
	if err != nil {
		return nil, err
	}
	_ = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED) //nolint:gosec // a hint: without it the comparison is of what the system holds
	return file, nil
}

// SyncFolder makes the names in a folder last.
func SyncFolder(path string) error {
	dir, err := os.Open(path) //nolint:gosec // of a medium
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) { // a file system without it
		err = nil
	}
	return errors.Join(err, dir.Close())
}
