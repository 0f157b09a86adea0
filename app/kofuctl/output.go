package main

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

// say prints a text of the catalogue.
func (c *call) say(code string, args ...string) error {
	_, err := fmt.Fprintln(c.Out, message.Text(code, fault.Args(args...)))
	return err
}

// answer prints the result: as JSON for machines, else as text says.
func (c *call) answer(result any, text func() error) error {
	if !c.json {
		return text()
	}
	e := json.NewEncoder(c.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(result)
}

// row prints the cells of a line of a list, apart by tabs.
func (c *call) row(cells ...string) error {
	_, err := fmt.Fprintln(c.Out, strings.Join(cells, "\t"))
	return err
}

// failure is an error as JSON, in the form of the HTTP interface.
type failure struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Args    map[string]string `json:"args,omitempty"`
	Details []failureDetail   `json:"details,omitempty"`
}

type failureDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Row     int    `json:"row,omitempty"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
}

// shownDetails is how many details a person gets to read; --json has all.
const shownDetails = 100

// report says what went wrong: the message, then one line for each detail.
func (c *call) report(err error) {
	f := failure{Code: "internal", Message: message.Of(err)}
	if known, ok := fault.As(err); ok {
		f.Code, f.Args = known.Code, maps.Clone(known.Args)
		for _, d := range known.Details {
			f.Details = append(f.Details, failureDetail{d.Code, mynumber.Mask(message.OfDetail(d)), d.Row, d.Column, mynumber.Mask(d.Value)})
		}
	}
	f.Message = mynumber.Mask(f.Message) // what was typed by mistake is not shown again
	for name, value := range f.Args {
		f.Args[name] = mynumber.Mask(value)
	}
	if c.json {
		e := json.NewEncoder(c.Err)
		e.SetEscapeHTML(false)
		_ = e.Encode(f) // there is nowhere left to report to
		return
	}
	fmt.Fprintln(c.Err, f.Message)
	for i, d := range f.Details {
		if i == shownDetails {
			fmt.Fprintln(c.Err, "  "+message.Text("kofuctl.more", fault.Args("count", strconv.Itoa(len(f.Details)-i))))
			break
		}
		fmt.Fprintln(c.Err, "  "+d.line())
	}
	if f.Code == "internal" {
		fmt.Fprintln(c.Err, err) // for whoever looks after the machine
	}
}

// line puts the row in front of a message that does not name it itself.
func (d failureDetail) line() string {
	if d.Row == 0 || strings.Contains(message.Text(d.Code, nil), "{row}") {
		return d.Message
	}
	return message.Text("kofuctl.place", fault.Args("row", strconv.Itoa(d.Row), "column", d.Column)) + d.Message
}

// save writes a file whole or not at all: a file of that name stays as it was
// until the new one is complete.
func save(path string, write func(io.Writer) error) (err error) {
	if path == "" {
		return usage("kofuctl.no_out")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kofuctl-*")
	if errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.NotFound, "kofuctl.no_folder", "dir", filepath.Dir(path))
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
