package main

import (
	"cmp"
	"errors"
	"flag"
	"strconv"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/program"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// admin makes an administrator's account of a municipality, or gives it a new first
// password where it exists. The password is printed once and changed at the first
// sign-in.
func (c *call) admin() error {
	n := staff.New{Roles: []string{staff.RoleAdmin}, Employee: true, AllWindows: true}
	args, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&n.Login, "login", "admin", "")
		f.StringVar(&n.Name, "name", "", "")
	}, "TENANT")
	if err != nil {
		return err
	}
	n.Name = cmp.Or(n.Name, n.Login)
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		keys, err := s.Keys(t.ID)
		if err != nil {
			return err
		}
		password, err := c.firstPassword(s.DB.For(t.ID), staff.NewHasher(staff.StandardCost, keys.Ring), n)
		if err != nil {
			return err
		}
		result := struct {
			Tenant          int    `json:"tenant"`
			Login           string `json:"login"`
			InitialPassword string `json:"initialPassword"`
		}{t.ID, n.Login, password}
		return program.Answer(c.Out, c.JSON, result, func() error {
			return c.say("service.admin_password", "town", t.Name, "host", t.StaffHost, "login", n.Login, "password", password)
		})
	})
}

func (c *call) firstPassword(db *store.DB, h *staff.Hasher, n staff.New) (password string, err error) {
	var all []staff.Account
	err = db.Read(c.ctx, func(rx *store.Rx) (err error) {
		all, err = staff.List(rx, h)
		return err
	})
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if strings.EqualFold(a.Login, n.Login) {
			return staff.Reset(c.ctx, db, h, c.actor(), a.ID)
		}
	}
	_, password, err = staff.Create(c.ctx, db, h, c.actor(), n)
	return password, err
}

// check compares the seats of all slots with the bookings.
func (c *call) check() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		var breaches []reserve.Breach
		err := s.DB.For(t.ID).Read(c.ctx, func(rx *store.Rx) (err error) {
			breaches, err = reserve.Check(rx, t.ID)
			return err
		})
		if err != nil {
			return err
		}
		err = program.Answer(c.Out, c.JSON, append([]reserve.Breach{}, breaches...), func() error {
			for _, b := range breaches {
				if err := program.Row(c.Out, b.Kind, b.Subject, strconv.Itoa(b.Count), strconv.Itoa(b.Counter)); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && len(breaches) > 0 {
			return fault.New(fault.Conflict, "chores.breaches", "count", strconv.Itoa(len(breaches)))
		}
		if err == nil && !c.JSON {
			return c.say("service.check_ok", "town", t.Name)
		}
		return err
	})
}

// verifyLog verifies the audit log of a municipality; that of the operator is
// tenant 0.
func (c *call) verifyLog() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.with(func(s *town.Service) error {
		tenant := 0
		if args[0] != "0" {
			t, err := c.find(s, args[0])
			if err != nil {
				return err
			}
			tenant = t.ID
		}
		keys, err := s.Keys(tenant)
		if err != nil {
			return err
		}
		db := s.DB.For(tenant)
		if _, err := audit.Sequence(c.ctx, db, c.actor()); err != nil {
			return err
		}
		proof, err := c.verify(db, keys)
		if err != nil {
			return err
		}
		return program.Answer(c.Out, c.JSON, proof, func() error {
			return errors.Join(
				c.say("service.log_ok", "records", strconv.FormatInt(proof.Records, 10), "checkpoints", strconv.Itoa(proof.Checkpoints), "root", proof.Root))
		})
	})
}

// verify verifies a log; in a file, where one program writes, every table too.
func (c *call) verify(db *store.DB, keys town.Keys) (proof audit.Proof, err error) {
	if db.Path() != "" {
		return audit.VerifyAll(c.ctx, db, keys.Ring.Verifier())
	}
	err = db.Read(c.ctx, func(rx *store.Rx) (err error) {
		proof, err = audit.Verify(rx, keys.Ring.Verifier())
		return err
	})
	return proof, err
}
