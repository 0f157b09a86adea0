package main

import (
	"errors"
	"flag"
	"strconv"

	"kofu/internal/city"
	"kofu/internal/fault"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// initialise makes a data folder and the code with which the first account is
// made on the screen.
func (c *call) initialise() (err error) {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	if _, found, err := office.Practice(c.dir()); err != nil || found {
		if found {
			err = fault.New(fault.Conflict, "kofuctl.initialised", "dir", c.dir())
		}
		return err
	}
	o, err := office.Open(c.ctx, c.dir(), office.Options{Practice: c.Practice, Clock: c.Clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if c.Practice {
		if err := c.practiceSettings(o); err != nil {
			return err
		}
	}
	code, err := staff.NewInstallationCode(c.ctx, o.DB, c.actor())
	if err != nil {
		return err
	}
	result := struct {
		Dir              string `json:"dir"`
		Practice         bool   `json:"practice"`
		InstallationCode string `json:"installationCode"`
	}{string(o.Dir), c.Practice, code}
	return c.answer(result, func() error {
		return errors.Join(c.say("kofuctl.initialised_now", "dir", result.Dir), c.say("kofuctl.installation_code", "code", code))
	})
}

// practiceSettings writes the office of the practice city.
func (c *call) practiceSettings(o *office.Office) error {
	return o.DB.Write(c.ctx, c.actor(), func(tx *store.Tx) error {
		_, err := settings.Save(tx, city.Settings(), 0)
		return err
	})
}

// sampleCity writes the files of a synthetic city.
func (c *call) sampleCity() error {
	var cfg city.Config
	var out, today string
	_, err := c.Parse(func(f *flag.FlagSet) {
		f.IntVar(&cfg.Population, "population", 0, "")
		f.Uint64Var(&cfg.Seed, "seed", 1, "")
		f.IntVar(&cfg.Cards, "cards", 0, "")
		f.IntVar(&cfg.Deliveries, "deliveries", 0, "")
		f.StringVar(&today, "today", "", "")
		f.StringVar(&out, "out", "", "")
	})
	if err != nil {
		return err
	}
	if out == "" {
		return program.Usage("app.no_out")
	}
	if cfg.Today, err = c.day(today); err != nil {
		return err
	}
	town, err := city.New(cfg)
	if err != nil {
		return err
	}
	files, err := town.WriteAll(out)
	if err != nil {
		return err
	}
	return c.answer(files, func() error {
		for _, f := range files {
			if err := c.row(f.SHA256, strconv.FormatInt(f.Size, 10), f.Name, f.Profile); err != nil {
				return err
			}
		}
		return c.say("kofuctl.sample_written", "count", strconv.Itoa(len(files)), "dir", out)
	})
}
