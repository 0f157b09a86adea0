package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/program"
	"kofu/internal/store"
)

// tenantDump writes everything of a municipality into a file that either engine
// can load.
func (c *call) tenantDump() error {
	var out string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&out, "out", "", "") }, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		db := s.DB.For(t.ID)
		if _, err := audit.Sequence(c.ctx, db, c.actor()); err != nil {
			return err
		}
		if err := program.Save(out, func(w io.Writer) error { return db.DumpTenant(c.ctx, w) }); err != nil {
			return err
		}
		return c.say("service.dumped", "town", t.Name, "file", out, "tenant", strconv.Itoa(t.ID))
	})
}

// tenantLoad puts a dump into a database that does not have its municipality.
func (c *call) tenantLoad() error {
	args, err := c.Parse(nil, "FILE")
	if err != nil {
		return err
	}
	f, err := os.Open(args[0])
	if err != nil {
		return fault.New(fault.NotFound, "service.no_file", "file", args[0]).Because(err)
	}
	err = c.with(func(s *town.Service) error {
		tenant, err := store.DumpedTenant(f)
		if err != nil {
			return err
		}
		rows, err := s.DB.For(tenant).LoadTenant(c.ctx, c.actor(), f)
		if err != nil {
			return err
		}
		if err := s.Loaded(c.ctx, c.actor(), tenant, rows); err != nil {
			return err
		}
		return c.say("service.loaded", "tenant", strconv.Itoa(tenant), "rows", strconv.Itoa(rows))
	})
	return errors.Join(err, f.Close())
}

// tenantDelete deletes a frozen municipality for good. Its host name is asked for
// once more.
func (c *call) tenantDelete() error {
	var confirm string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&confirm, "confirm", "", "") }, "TENANT")
	if err != nil {
		return err
	}
	return c.asOwner(func(s *town.Service) error {
		t, err := c.find(s, args[0])
		if err != nil {
			return err
		}
		if confirm != t.Host {
			return program.Usage("service.confirm_delete", "town", t.Name, "host", t.Host)
		}
		rows, err := s.Remove(c.ctx, c.actor(), t.ID)
		if err != nil {
			return err
		}
		return c.say("service.deleted", "town", t.Name, "rows", strconv.Itoa(rows))
	})
}

// asOwner is with for acts that only the owner of the tables may do.
func (c *call) asOwner(use func(*town.Service) error) (err error) {
	config, err := c.config()
	if err != nil {
		return err
	}
	dsn := config.Database
	if config.Owner != "" {
		dsn = config.Owner
	}
	s, err := town.Open(c.ctx, config.Data, town.Options{Clock: c.Clock, Practice: config.Practice, Database: dsn, Readers: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}
