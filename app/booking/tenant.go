package main

import (
	"cmp"
	"flag"
	"strconv"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/program"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// tenantAdd registers a municipality and makes its keys.
func (c *call) tenantAdd() error {
	t := slot.Tenant{PartyMax: 4, UntilMinute: 1440, FewPercent: 20}
	var staffHost string
	_, err := c.Parse(func(f *flag.FlagSet) {
		f.IntVar(&t.ID, "id", 0, "")
		f.StringVar(&t.Host, "host", "", "")
		f.StringVar(&staffHost, "staff-host", "", "")
		f.StringVar(&t.Name, "name", "", "")
	})
	if err != nil {
		return err
	}
	return c.with(func(s *town.Service) error {
		if err := slot.AddTenant(c.ctx, s.DB, c.actor(), t); err != nil {
			return err
		}
		if staffHost != "" {
			if err := town.SetStaffHost(c.ctx, s.DB, c.actor(), t.ID, staffHost); err != nil {
				return err
			}
		}
		err := s.DB.For(t.ID).Write(c.ctx, c.actor(), func(tx *store.Tx) error { return staff.Seed(tx, staff.BookingRoles) })
		if err != nil {
			return err
		}
		return c.makeKey(s, t.ID)
	})
}

// tenantLine is one line of the list of municipalities.
type tenantLine struct {
	ID        int    `json:"id"`
	Host      string `json:"host"`
	StaffHost string `json:"staffHost"`
	Name      string `json:"name"`
	FrozenAt  string `json:"frozenAt"`
}

// tenantList prints the municipalities.
func (c *call) tenantList() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.with(func(s *town.Service) error {
		all, err := s.All(c.ctx)
		if err != nil {
			return err
		}
		lines := []tenantLine{}
		for _, t := range all {
			lines = append(lines, tenantLine{t.ID, t.Host, t.StaffHost, t.Name, t.FrozenAt})
		}
		return program.Answer(c.Out, c.JSON, lines, func() error {
			for _, l := range lines {
				if err := program.Row(c.Out, strconv.Itoa(l.ID), l.Host, l.StaffHost, l.Name, l.FrozenAt); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// tenantRename changes host names and the name of a municipality.
func (c *call) tenantRename() error {
	var host, staffHost, called string
	args, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&host, "host", "", "")
		f.StringVar(&staffHost, "staff-host", "", "")
		f.StringVar(&called, "name", "", "")
	}, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		if host != "" || called != "" {
			if err := c.rename(s, t.ID, host, called); err != nil {
				return err
			}
		}
		if staffHost != "" {
			return town.SetStaffHost(c.ctx, s.DB, c.actor(), t.ID, staffHost)
		}
		return nil
	})
}

// rename changes what is not empty.
func (c *call) rename(s *town.Service, tenant int, host, called string) error {
	db := s.DB.For(tenant)
	var t slot.Tenant
	err := db.Read(c.ctx, func(rx *store.Rx) (err error) {
		t, _, err = slot.TenantByID(rx, tenant)
		return err
	})
	if err != nil {
		return err
	}
	t.Host, t.Name = cmp.Or(host, t.Host), cmp.Or(called, t.Name)
	return slot.SaveTenant(c.ctx, db, c.actor(), t)
}

// tenantFreeze stops serving a municipality.
func (c *call) tenantFreeze() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		return town.Freeze(c.ctx, s.DB, c.actor(), t.ID)
	})
}

// tenantUnfreeze serves it again.
func (c *call) tenantUnfreeze() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		return town.Unfreeze(c.ctx, s.DB, c.actor(), t.ID)
	})
}

// withTown is with for one municipality, by its number or host name.
func (c *call) withTown(which string, use func(*town.Service, town.Town) error) error {
	return c.with(func(s *town.Service) error {
		t, err := c.find(s, which)
		if err != nil {
			return err
		}
		return use(s, t)
	})
}

func (c *call) find(s *town.Service, which string) (town.Town, error) {
	all, err := s.All(c.ctx)
	if err != nil {
		return town.Town{}, err
	}
	for _, t := range all {
		if strconv.Itoa(t.ID) == which || t.Host == which {
			return t, nil
		}
	}
	return town.Town{}, fault.New(fault.NotFound, "town.unknown", "tenant", which)
}

// migrate brings the database to the newest schema.
func (c *call) migrate() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	s, err := town.Open(c.ctx, config.Data, town.Options{
		Clock: c.Clock, Practice: config.Practice, Database: config.Database, Owner: config.Owner, Migrate: true, Alone: config.Database == "",
	})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	return c.say("service.migrated", "version", version)
}

// badConfig is a value of the configuration that cannot be.
func badConfig(key string) error {
	return fault.New(fault.Invalid, "service.bad_config", "key", key)
}
