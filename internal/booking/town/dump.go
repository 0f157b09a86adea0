package town

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// DumpsKept is how many days of dumps a municipality has in the folder.
const DumpsKept = 14

// Dump writes everything of a municipality into a file of the folder, named after
// the day, and removes the files of days long ago. The file gets its name only
// when it has been read back whole: what is found under a name can be loaded
// alone, into either engine. Keys are in no dump. Nothing is removed when writing
// fails.
func Dump(ctx context.Context, db *store.DB, actor store.Actor, folder string, day jpdate.Day) (rows int, err error) {
	defer fault.Add(&err, "town.Dump(%d)", db.Tenant())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, err
	}
	if _, err := audit.Sequence(ctx, db, actor); err != nil { // records without a number would be lost
		return 0, err
	}
	name := dumpName(db.Tenant(), string(day))
	partial := filepath.Join(folder, name+".partial")
	if rows, err = writeDump(ctx, db, partial); err != nil {
		return 0, errors.Join(err, os.Remove(partial))
	}
	if err := os.Rename(partial, filepath.Join(folder, name)); err != nil {
		return 0, err
	}
	if err := syncFolder(folder); err != nil {
		return 0, err
	}
	return rows, removeDumps(folder, db.Tenant())
}

func dumpName(tenant int, day string) string { return fmt.Sprintf("tenant-%d-%s.dump", tenant, day) }

// writeDump writes the file, makes sure that the disk has it, and reads it back.
func writeDump(ctx context.Context, db *store.DB, path string) (rows int, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600) //nolint:gosec // a name of ours in the folder of the dumps
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := db.DumpTenant(ctx, w); err != nil {
		return 0, err
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return 0, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return 0, err
	}
	return store.CheckDump(bufio.NewReaderSize(f, 1<<20))
}

// removeDumps keeps the newest files of a municipality.
func removeDumps(folder string, tenant int) error {
	files, err := filepath.Glob(filepath.Join(folder, dumpName(tenant, "????-??-??")))
	if err != nil {
		return err
	}
	slices.Sort(files) // their names end with the day
	for _, old := range files[:max(0, len(files)-DumpsKept)] {
		err = errors.Join(err, os.Remove(old))
	}
	return err
}
