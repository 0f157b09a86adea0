package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"

	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/store"
)

// call is one run of one command.
type call struct {
	*Program
	ctx      context.Context
	line     program.Line
	data     string
	practice bool
	json     bool
}

// common adds the flags that every command has.
func (c *call) common(set *flag.FlagSet) {
	set.StringVar(&c.data, "data", defaultData(), "")
	set.BoolVar(&c.practice, "practice", false, "")
	set.BoolVar(&c.json, "json", false, "")
}

// parse reads flags and the want arguments between them.
func (c *call) parse(define func(*flag.FlagSet), want ...string) ([]string, error) {
	found, err := c.line.Parse(define, want...)
	if errors.Is(err, flag.ErrHelp) {
		return nil, errors.Join(c.help(), err)
	}
	return found, err
}

// dir is the data folder that was asked for. Practice data has its own below,
// as in kofu.
func (c *call) dir() string {
	if c.practice {
		return filepath.Join(c.data, "practice")
	}
	return c.data
}

// open opens the data folder; shared works beside a running Kofu.
func (c *call) open(shared bool) (*office.Office, error) {
	practice, _, err := office.Practice(c.dir())
	if err != nil {
		return nil, err
	}
	if practice && !c.json {
		fmt.Fprintln(c.Err, message.Text("kofuctl.practice", nil))
	}
	return office.Open(c.ctx, c.dir(), office.Options{
		Practice: practice, Clock: c.Clock, Existing: true, Shared: shared,
	})
}

// with opens the data folder around use.
func (c *call) with(shared bool, use func(*office.Office) error) (err error) {
	o, err := c.open(shared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	return use(o)
}

// actor is who works at the console: the account of the operating system.
func (c *call) actor() store.Actor {
	name, host := "?", "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return store.Actor{ID: "kofuctl", Name: name, Role: "console", Terminal: host, Employee: true}
}

// defaultData is where a released program keeps its data; a development build
// uses the folder it is started in.
func defaultData() string {
	switch {
	case version == "dev":
		return "var"
	case runtime.GOOS == "windows":
		return filepath.Join(os.Getenv("ProgramData"), "Kofu")
	}
	return "/var/lib/kofu"
}
