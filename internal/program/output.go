package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/mynumber"
)

// failure is an error as JSON, in the form of the HTTP interface.
type failure struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Args    map[string]string `json:"args,omitempty"`
	Details []Detail          `json:"details,omitempty"`
}

// Detail is one place of a failure, as JSON.
type Detail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Row     int    `json:"row,omitempty"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
}

// Shown is how many details a person gets to read; --json has all.
const Shown = 100

// Report writes to w what went wrong: the message, then one line for each
// detail, and of an internal failure the cause, for whoever looks after the
// machine; for machines all of it as one JSON object. What looks like a 個人番号 is
// masked.
func Report(w io.Writer, asJSON bool, err error) {
	f := failure{Code: "internal", Message: message.Of(err)}
	if known, ok := fault.As(err); ok {
		f.Code, f.Args = known.Code, maps.Clone(known.Args)
		for _, d := range known.Details {
			f.Details = append(f.Details, Detail{d.Code, mynumber.Mask(message.OfDetail(d)), d.Row, d.Column, mynumber.Mask(d.Value)})
		}
	}
	f.Message = mynumber.Mask(f.Message) // what was typed by mistake is not shown again
	for name, value := range f.Args {
		f.Args[name] = mynumber.Mask(value)
	}
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(f) // there is nowhere left to report to
		return
	}
	fmt.Fprintln(w, f.Message)
	for i, d := range f.Details {
		if i == Shown {
			fmt.Fprintln(w, "  "+message.Text("app.more", fault.Args("count", strconv.Itoa(len(f.Details)-i))))
			break
		}
		fmt.Fprintln(w, "  "+d.Line())
	}
	if f.Code == "internal" {
		fmt.Fprintln(w, err) // for whoever looks after the machine
	}
}

// Line puts the row in front of a message that does not name it itself.
func (d Detail) Line() string {
	if d.Row == 0 || strings.Contains(message.Text(d.Code, nil), "{row}") {
		return d.Message
	}
	return message.Text("app.place", fault.Args("row", strconv.Itoa(d.Row), "column", d.Column)) + d.Message
}

// Save writes a file whole or not at all: a file of that name stays as it was
// until the new one is complete.
func Save(path string, write func(io.Writer) error) (err error) {
	if path == "" {
		return Usage("app.no_out")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kofu-*")
	if errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.NotFound, "app.no_folder", "dir", filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Answer prints a result: as JSON for machines, else as text says.
func Answer(w io.Writer, asJSON bool, result any, text func() error) error {
	if !asJSON {
		return text()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(result)
}

// Row prints the cells of a line of a list, apart by tabs.
func Row(w io.Writer, cells ...string) error {
	_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
	return err
}

// logLimit is the size, in bytes, at which a start begins a new log file.
const logLimit = 20 << 20

// OpenLog opens a log file for appending; one that has grown large is set aside
// first.
func OpenLog(name string) (*os.File, error) {
	if info, err := os.Stat(name); err == nil && info.Size() > logLimit {
		if err := os.Rename(name, name+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // a file of the data folder
}
