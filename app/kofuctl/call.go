package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/store"
)

// call is one run of one command.
type call struct {
	*Program
	program.Call
	ctx context.Context
}

// dir is the data folder that was asked for. Practice data has its own below,
// as in kofu.
func (c *call) dir() string {
	if c.Practice {
		return filepath.Join(c.Data, "practice")
	}
	return c.Data
}

// open opens the data folder; shared works beside a running Kofu.
func (c *call) open(shared bool) (*office.Office, error) {
	practice, _, err := office.Practice(c.dir())
	if err != nil {
		return nil, err
	}
	if practice && !c.JSON {
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
	name, host := program.Operator()
	return store.Actor{ID: "kofuctl", Name: name, Role: "console", Terminal: host, Employee: true}
}
