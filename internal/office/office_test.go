package office_test

import (
	"os"
	"path/filepath"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/office"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func open(t *testing.T, dir string, opts office.Options) *office.Office {
	t.Helper()
	opts.Clock = testkit.NewClock().Now
	o, err := office.Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return o
}

func refused(t *testing.T, dir string, opts office.Options, kind fault.Kind, code string) {
	t.Helper()
	opts.Clock = testkit.NewClock().Now
	o, err := office.Open(t.Context(), dir, opts)
	if err == nil {
		_ = o.Close()
	}
	testkit.WantFault(t, err, kind, code)
}

func TestOpen_OneOwnerAtATime(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, office.Options{})
	refused(t, dir, office.Options{}, fault.Conflict, "office.in_use")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, office.Options{})
}

func TestOpen_SharedWorksBesideTheOwner(t *testing.T) {
	dir := t.TempDir()
	owner := open(t, dir, office.Options{})
	guest := open(t, dir, office.Options{Shared: true})
	err := owner.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO schema_migration (name, sha256, at) VALUES ('x', 'y', 'z')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var seen int
	err = guest.DB.Read(t.Context(), func(rx *store.Rx) error {
		return rx.Row("SELECT count(*) FROM schema_migration WHERE name = 'x'").Scan(&seen)
	})
	if err != nil || seen != 1 {
		t.Errorf("the guest sees %d rows, error %v; want 1", seen, err)
	}
}

func TestOpen_SharedChangesNoSchema(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), office.Dir(dir).DB(), store.Options{Clock: testkit.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, office.Options{Shared: true}, fault.Conflict, "store.older")
}

func TestOpen_FolderWithoutDatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	refused(t, dir, office.Options{Existing: true}, fault.NotFound, "office.not_initialized")
	refused(t, dir, office.Options{Shared: true}, fault.NotFound, "office.not_initialized")
	if _, err := os.Stat(dir); err == nil {
		t.Error("a refused folder was made")
	}
}

func TestOpen_PracticeAndRealDataNeverMix(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir, office.Options{Practice: true}).Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, office.Options{}, fault.Conflict, "store.other_kind")
	practice, found, err := office.Practice(dir)
	if !practice || !found || err != nil {
		t.Errorf("Practice = %v, %v, %v; want true, true, nil", practice, found, err)
	}
	if practice, found, err := office.Practice(t.TempDir()); practice || found || err != nil {
		t.Errorf("Practice of an empty folder = %v, %v, %v; want false, false, nil", practice, found, err)
	}
}
