package town_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The dump of a night is there whole under its name, for its owner alone, and
// loads into an empty database; the fifteenth day takes the first one away, and a
// night that fails takes nothing.
func TestDump(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		for id, host := range map[int]string{1: "a.example", 2: "b.example"} {
			if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: id, Host: host, Name: "甲府市", PartyMax: 4, UntilMinute: 1440}); err != nil {
				t.Fatal(err)
			}
		}
		folder := filepath.Join(t.TempDir(), "dumps")
		day := jpdate.Day("2026-11-24")
		dump := func(tenant int, day jpdate.Day) {
			t.Helper()
			rows, err := town.Dump(t.Context(), db.For(tenant), testkit.Supervisor, folder, day)
			if err != nil || rows == 0 {
				t.Fatalf("%d rows, %v", rows, err)
			}
		}
		dump(2, day)
		for n := range town.DumpsKept + 1 {
			dump(1, day.AddDays(n))
			dump(1, day.AddDays(n)) // the same night again
		}
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) != town.DumpsKept+1 { // of tenant 1, and the only one of tenant 2
			t.Fatalf("%d files: %q, %v", len(files), files, err)
		}
		newest := filepath.Join(folder, "tenant-1-"+string(day.AddDays(town.DumpsKept))+".dump")
		if _, err := os.Stat(filepath.Join(folder, "tenant-1-2026-11-24.dump")); err == nil {
			t.Error("the dump of the first day is still there")
		}
		info, err := os.Stat(newest)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		content, err := os.ReadFile(newest)
		if err != nil {
			t.Fatal(err)
		}
		other := testkit.BookingDB(t, testkit.NewClock())
		if rows, err := other.For(1).LoadTenant(t.Context(), testkit.Supervisor, bytes.NewReader(content)); err != nil || rows == 0 {
			t.Errorf("loaded %d rows, %v", rows, err)
		}
		var again bytes.Buffer
		if err := other.For(1).DumpTenant(t.Context(), &again); err != nil {
			t.Fatal(err)
		}
		if rows, err := store.CheckDump(&again); err != nil || rows == 0 {
			t.Errorf("%d rows, %v", rows, err)
		}

		// A folder that cannot be written: nothing is lost.
		blocked := filepath.Join(folder, "tenant-1-2027-01-01.dump.partial")
		if err := os.Mkdir(blocked, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(blocked, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := town.Dump(t.Context(), db.For(1), testkit.Supervisor, folder, "2027-01-01"); err == nil {
			t.Error("a dump that could not be written")
		}
		if left, err := filepath.Glob(filepath.Join(folder, "tenant-1-*.dump")); err != nil || len(left) != town.DumpsKept {
			t.Errorf("%d files are left, %v", len(left), err)
		}
	})
}

// A dump that was cut, or from which a line is missing, is no dump.
func TestCheckDump_Cut(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		var whole bytes.Buffer
		if err := db.For(1).DumpTenant(t.Context(), &whole); err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(whole.Bytes(), []byte("\n"))
		row := 0
		for i, line := range lines {
			if len(line) > 0 && line[0] == '[' {
				row = i
			}
		}
		for name, broken := range map[string][]byte{
			"without its end": whole.Bytes()[:whole.Len()-3], "empty": nil, "without a row": bytes.Join(append(append([][]byte{}, lines[:row]...), lines[row+1:]...), nil),
			"with more behind": append(bytes.Clone(whole.Bytes()), "[1]\n"...),
		} {
			_, err := store.CheckDump(bytes.NewReader(broken))
			if !fault.Is(err, fault.Invalid, "store.dump_broken") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
