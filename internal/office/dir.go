package office

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kofu/internal/fault"
	"kofu/internal/filelock"
)

// Dir is a data folder. Its methods name what lies in it.
type Dir string

func (d Dir) at(name string) string { return filepath.Join(string(d), name) }

// DB is the database.
func (d Dir) DB() string { return d.at("kofu.db") }

// Keys holds the secrets; only its owner may read it.
func (d Dir) Keys() string { return d.at("keys") }

// TLS holds the authority of the LAN and its certificates.
func (d Dir) TLS() string { return d.at("tls") }

// Fonts holds the fonts and 外字 files that the city registered.
func (d Dir) Fonts() string { return d.at("fonts") }

// Snapshots holds copies of the database made before a migration.
func (d Dir) Snapshots() string { return d.at("snapshots") }

// Journal holds the second record of acts.
func (d Dir) Journal() string { return d.at("journal") }

// Spool holds files that wait to be imported or fetched.
func (d Dir) Spool() string { return d.at("spool") }

// Log holds the log files of the programs.
func (d Dir) Log() string { return d.at("log") }

// State is the file by which a second start finds the running program.
func (d Dir) State() string { return d.at("state.json") }

// Reserve is the file that is given up when the disk is full.
func (d Dir) Reserve() string { return d.at("reserve") }

// Lock is the file whose lock means ownership of the folder.
func (d Dir) Lock() string { return d.at("lock") }

func (d Dir) make() error {
	for _, folder := range []string{string(d), d.Keys(), d.TLS(), d.Fonts(), d.Snapshots(), d.Journal(), d.Spool(), d.Log()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (d Dir) exists() error {
	_, err := os.Stat(d.DB())
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "office.not_initialized", "dir", string(d))
	}
	return err
}

// Acquire locks the file with which a program owns a data folder. Error:
// fault.Conflict "office.in_use".
func Acquire(path string) (io.Closer, error) {
	lock, err := filelock.Try(path)
	if errors.Is(err, filelock.ErrTaken) {
		err = fault.New(fault.Conflict, "office.in_use", "dir", filepath.Dir(path))
	}
	return lock, err
}
