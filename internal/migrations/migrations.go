// Package migrations holds the table definitions of both programs as numbered
// SQL files. shared/ is for the packages that both programs link, the other
// folders belong to one program each. Within a folder the numbers have no
// gaps; a released file never changes. Package store runs them.
//
// shared/ and booking/ run on SQLite and PostgreSQL, so their columns are TEXT
// or INTEGER and their keys are made by the program; appliance/ runs on SQLite
// only. What differs between the engines is written by store: every CREATE TABLE
// becomes STRICT on SQLite, and a line
//
//	-- append-only: audit, card_event
//
// makes UPDATE and DELETE of these tables fail. On PostgreSQL every table with a
// column tenant shows each tenant its own rows only; a line
//
//	-- seen by every tenant: tenant
//
// lets all read it.
package migrations

import (
	"embed"
	"fmt"
	"path"
	"regexp"
)

//go:embed shared/*.sql appliance/*.sql booking/*.sql
var files embed.FS

// File is one migration. Name is the path below this package, under which it
// is recorded for good.
type File struct {
	Name string
	SQL  string
}

var fileName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// Appliance returns the migrations of the office appliance in the order in
// which they run.
func Appliance() ([]File, error) { return inOrder("shared", "appliance") }

// Shared returns the migrations of the packages that both programs link, which
// run on both engines.
func Shared() ([]File, error) { return inOrder("shared") }

// Booking returns the migrations of the booking service in the order in which
// they run. They run on SQLite and on PostgreSQL.
func Booking() ([]File, error) { return inOrder("shared", "booking") }

func inOrder(folders ...string) ([]File, error) {
	var all []File
	for _, folder := range folders {
		entries, err := files.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(entries))
		for i, entry := range entries {
			names[i] = entry.Name()
		}
		if err := checkNumbers(names); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		for _, name := range names {
			full := path.Join(folder, name)
			b, err := files.ReadFile(full)
			if err != nil {
				return nil, err
			}
			all = append(all, File{Name: full, SQL: string(b)})
		}
	}
	return all, nil
}

// checkNumbers refuses names out of form, gaps and numbers used twice; two
// branches that both take the next number merge cleanly in git but not here.
func checkNumbers(names []string) error {
	for i, name := range names {
		m := fileName.FindStringSubmatch(name)
		if m == nil {
			return fmt.Errorf("%q is not of the form 0001_purpose.sql", name)
		}
		if want := fmt.Sprintf("%04d", i+1); m[1] != want {
			return fmt.Errorf("%q stands where number %s belongs", name, want)
		}
	}
	return nil
}
