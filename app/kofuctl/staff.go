package main

import (
	"errors"
	"flag"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/office"
	"kofu/internal/staff"
	"kofu/internal/store"
)

func (c *call) hasher(o *office.Office) *staff.Hasher { return staff.NewHasher(c.Cost, o.Ring) }

// staffAdd makes an account and prints its first password once.
func (c *call) staffAdd() error {
	var n staff.New
	var roles string
	_, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&n.Login, "login", "", "")
		f.StringVar(&n.Name, "name", "", "")
		f.StringVar(&roles, "roles", "", "")
		f.BoolVar(&n.Employee, "employee", false, "")
		f.StringVar(&n.EndsOn, "ends-on", "", "")
	})
	if err != nil {
		return err
	}
	if roles != "" {
		n.Roles = strings.Split(roles, ",")
	}
	return c.with(false, func(o *office.Office) error {
		account, password, err := staff.Create(c.ctx, o.DB, c.hasher(o), c.actor(), n)
		if err != nil {
			return err
		}
		return c.newPassword(account.Login, password)
	})
}

func (c *call) newPassword(login, password string) error {
	result := struct {
		Login           string `json:"login"`
		InitialPassword string `json:"initialPassword"`
	}{login, password}
	return c.answer(result, func() error { return c.say("kofuctl.password", "login", login, "password", password) })
}

// staffReset gives an account a new first password.
func (c *call) staffReset() error {
	args, err := c.Parse(nil, "LOGIN")
	if err != nil {
		return err
	}
	return c.with(false, func(o *office.Office) error {
		account, err := c.account(o, args[0])
		if err != nil {
			return err
		}
		password, err := staff.Reset(c.ctx, o.DB, c.hasher(o), c.actor(), account.ID)
		if err != nil {
			return err
		}
		return c.newPassword(account.Login, password)
	})
}

func (c *call) accounts(o *office.Office) (all []staff.Account, err error) {
	err = o.DB.Read(c.ctx, func(rx *store.Rx) error {
		all, err = staff.List(rx, c.hasher(o))
		return err
	})
	return all, err
}

func (c *call) account(o *office.Office, login string) (staff.Account, error) {
	all, err := c.accounts(o)
	if err != nil {
		return staff.Account{}, err
	}
	for _, a := range all {
		if a.Login == strings.ToLower(login) {
			return a, nil
		}
	}
	return staff.Account{}, fault.New(fault.NotFound, "kofuctl.no_account", "login", login)
}

// staffList prints the accounts.
func (c *call) staffList() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		all, err := c.accounts(o)
		if err != nil {
			return err
		}
		type line struct {
			Login      string   `json:"login"`
			Name       string   `json:"name"`
			Roles      []string `json:"roles"`
			Employee   bool     `json:"employee"`
			Disabled   bool     `json:"disabled"`
			Locked     bool     `json:"locked"`
			MustChange bool     `json:"mustChangePassword"`
			LastLogin  string   `json:"lastLoginAt"`
		}
		lines := make([]line, 0, len(all))
		for _, a := range all {
			lines = append(lines, line{a.Login, a.Name, a.Roles, a.Employee, a.DisabledAt != "", a.Locked, a.MustChange, a.LastLoginAt})
		}
		return c.answer(lines, func() error {
			for _, l := range lines {
				err = errors.Join(err, c.row(l.Login, l.Name, strings.Join(l.Roles, ","), l.LastLogin))
			}
			return err
		})
	})
}
