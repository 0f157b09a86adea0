package media_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/media"
	"kofu/internal/testkit"
)

// machine is a made-up system: its /proc, /sys and /dev lie in a folder.
type machine struct {
	t    *testing.T
	root string
	info strings.Builder
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	return &machine{t: t, root: t.TempDir()}
}

func (m *machine) write(path, text string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(path, to string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(to, path)); err != nil && !errors.Is(err, os.ErrExist) {
		m.t.Fatal(err)
	}
}

// mount mounts the partition 1 of a disk that hangs below a part of /sys.
func (m *machine) mount(number int, disk, below, point, options string, removable bool) {
	m.t.Helper()
	says := "0\n"
	if removable {
		says = "1\n"
	}
	device := fmt.Sprintf("/sys/devices/%s/block/%s", below, disk)
	m.write(device+"/removable", says)
	m.write(device+"/"+disk+"1/partition", "1\n")
	m.link(fmt.Sprintf("/sys/dev/block/8:%d", number), fmt.Sprintf("../../devices/%s/block/%s/%[2]s1", below, disk))
	fmt.Fprintf(&m.info, "%d 1 8:%d / %s %s,relatime shared:1 - vfat /dev/%s1 rw\n", 30+number, number, strings.ReplaceAll(point, " ", `\040`), options, disk)
	m.write("/proc/self/mountinfo", m.info.String())
}

func (m *machine) finder() media.Finder { return media.Finder{Root: m.root} }

func labels(t *testing.T, f media.Finder) (names []string) {
	t.Helper()
	list, err := f.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		names = append(names, one.Label)
	}
	return names
}

// KT-107: sticks, disks on USB and what the desktop has mounted are media; the
// machine's own disks and the stick that it was started from are not.
func TestKT107_MediaOfTheMachine(t *testing.T) {
	m := newMachine(t)
	stick, disk := filepath.Join(t.TempDir(), "my stick"), t.TempDir()
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	m.mount(1, "sda", "pci0/ata1", "/", "rw", false)
	m.mount(2, "sdb", "pci0/ata2", "/srv", "rw", false)
	m.mount(3, "sdc", "pci0/mmc0", stick, "rw", true)
	m.mount(4, "sdd", "pci0/usb3/3-1", disk, "ro", false)
	m.mount(5, "sde", "pci0/usb3/3-2", "/boot/efi", "rw", true)
	m.mount(6, "sdf", "pci0/ata3", "/run/media/clerk/CARD", "rw", false)
	m.link("/dev/disk/by-label/KOFU\\x20007", "../../sdc1")
	m.info.WriteString("99 1 0:50 / /tmp rw - tmpfs tmpfs rw\nbroken line\n")
	m.write("/proc/self/mountinfo", m.info.String())
	want := []string{filepath.Base(disk), "CARD", "KOFU 007"}
	slices.Sort(want)
	if got := labels(t, m.finder()); !slices.Equal(got, want) {
		t.Fatalf("found %q, want %q", got, want)
	}
	list, err := m.finder().List()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if one.Label == "KOFU 007" && (one.Path != stick || one.ReadOnly || one.Size == 0 || one.Kind != media.Removable) {
			t.Errorf("the stick is %+v", one)
		}
		if one.Path == disk && !one.ReadOnly {
			t.Error("a medium that cannot be written is not told apart")
		}
		if again, err := m.finder().ByID(one.ID); err != nil || again.Path != one.Path {
			t.Errorf("%s by its id: %+v, %v", one.Label, again, err)
		}
	}
	_, err = m.finder().ByID("0011223344556677")
	testkit.WantFault(t, err, fault.NotFound, "media.gone")
}

// A disk that is mounted at two places is one medium, and what the system itself
// mounts from a stick is none.
func TestKT107_EachMediumOnce(t *testing.T) {
	m := newMachine(t)
	stick := t.TempDir()
	m.mount(3, "sdc", "pci0/usb1/1-1", stick, "rw", true)
	m.mount(3, "sdc", "pci0/usb1/1-1", stick+"/again", "rw", true)
	m.mount(4, "sdd", "pci0/usb1/1-2", "/snap/core/1", "ro", true)
	m.mount(5, "sde", "pci0/usb1/1-3", "/boot", "rw", true)
	if got := labels(t, m.finder()); !slices.Equal(got, []string{filepath.Base(stick)}) {
		t.Errorf("found %q", got)
	}
}

// The folder of the configuration is one more medium, as long as it is there.
func TestKT107_FolderOfTheConfiguration(t *testing.T) {
	m := newMachine(t)
	m.write("/proc/self/mountinfo", "")
	f := m.finder()
	f.Folder = filepath.Join(t.TempDir(), "handover")
	if got := labels(t, f); len(got) != 0 {
		t.Errorf("a folder that there is not is listed: %q", got)
	}
	if err := os.Mkdir(f.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	list, err := f.List()
	if err != nil || len(list) != 1 || list[0].Kind != media.Folder || list[0].Label != "handover" {
		t.Fatalf("%+v, %v", list, err)
	}
	testkit.WantFault(t, f.Eject(t.Context(), list[0]), fault.Conflict, "media.no_eject")
}

// Only bundles at the top of a medium are listed and opened; nothing outside it is
// reached.
func TestKT107_OnlyBundlesAreOpened(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.kfb")
	for i, name := range []string{"old.kfb", "new.KFB", "notes.txt", ".kofu-1.kfb", "virus.exe"} {
		path := filepath.Join(dir, name)
		at := time.Date(2026, 11, 20+i, 0, 0, 0, 0, time.UTC)
		if err := errors.Join(os.WriteFile(path, []byte(name), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "folder.kfb"), 0o700), os.WriteFile(outside, nil, 0o600), os.Symlink(outside, filepath.Join(dir, "link.kfb"))); err != nil {
		t.Fatal(err)
	}
	m := media.Medium{Path: dir}
	list, err := m.Bundles()
	if err != nil || len(list) != 2 || list[0].Name != "new.KFB" || list[1].Name != "old.kfb" || list[0].Size != 7 {
		t.Errorf("%+v, %v", list, err)
	}
	f, err := m.Open("old.kfb")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, name := range []string{"../" + filepath.Base(filepath.Dir(outside)) + "/secret.kfb", outside, "link.kfb", "notes.txt", "none.kfb", "", "."} {
		_, err := m.Open(name)
		testkit.WantFault(t, err, fault.NotFound, "media.no_file")
	}
	_, err = media.Medium{Path: filepath.Join(dir, "pulled out")}.Bundles()
	testkit.WantFault(t, err, fault.NotFound, "media.gone")
}

// Of a medium that is full of bundles the newest hundred are listed.
func TestKT107_TheNewestBundles(t *testing.T) {
	dir := t.TempDir()
	for i := range 101 {
		path := filepath.Join(dir, fmt.Sprintf("%03d.kfb", i))
		at := testkit.Now.Add(time.Duration(i) * time.Minute)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := media.Medium{Path: dir}.Bundles()
	if err != nil || len(list) != 100 || list[0].Name != "100.kfb" || list[99].Name != "001.kfb" {
		t.Errorf("%d listed, %v", len(list), err)
	}
}

// Ejecting asks the desktop, then the system, and says when neither lets go.
func TestKT107_Eject(t *testing.T) {
	for name, c := range map[string]struct {
		fails string
		want  []string
		ok    bool
	}{
		"by the desktop":  {"", []string{"udisksctl unmount", "udisksctl power-off"}, true},
		"no power switch": {"power-off", []string{"udisksctl unmount", "udisksctl power-off"}, true},
		"by the system":   {"udisksctl", []string{"udisksctl unmount", "umount /"}, true},
		"not at all":      {"mount", []string{"udisksctl unmount", "umount /"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var ran []string
			f := media.Finder{Run: func(_ context.Context, name string, args ...string) error {
				ran = append(ran, name+" "+args[0])
				if c.fails != "" && strings.Contains(name+" "+args[0], c.fails) {
					return errors.New("it does not let go")
				}
				return nil
			}}
			err := f.Eject(t.Context(), media.Medium{Kind: media.Removable, Path: "/", Label: "KOFU"})
			if c.ok && err != nil {
				t.Error(err)
			}
			if !c.ok {
				testkit.WantFault(t, err, fault.Unavailable, "media.eject_failed")
			}
			if !slices.Equal(ran, c.want) {
				t.Errorf("ran %q, want %q", ran, c.want)
			}
		})
	}
}

// What is read after writing is the file.
func TestOpenFresh(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.kfb")
	if err := errors.Join(os.WriteFile(path, []byte("bundle"), 0o600), media.SyncFolder(dir)); err != nil {
		t.Fatal(err)
	}
	f, err := media.OpenFresh(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := make([]byte, 10)
	if n, err := f.Read(text); err != nil || string(text[:n]) != "bundle" {
		t.Errorf("%q, %v", text[:n], err)
	}
}
