package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"kofu/frontend"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/media"
	"kofu/internal/message"
	"kofu/internal/practice"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/upkeep"
	"kofu/internal/web"
)

// itself is on whose behalf the program writes before anybody can sign in.
var itself = store.Actor{ID: "kofu", Name: "kofu", Terminal: "kofu"}

// fillPractice fills a new practice database with the synthetic city and
// returns the accounts to practise with.
func fillPractice(ctx context.Context, p Parts) ([]Account, error) {
	made, err := practice.Fill(ctx, practice.Office{
		DB: p.Office.DB, Ring: p.Office.Ring, Hasher: staff.NewHasher(staff.StandardCost, p.Office.Ring),
		Dir: string(p.Office.Dir), Fonts: p.Office.Dir.Fonts(), Spool: p.Office.Dir.Spool(),
		Keys: p.Office.Dir.Keys(),
	})
	var accounts []Account
	for _, a := range made {
		accounts = append(accounts, Account{Role: message.Text("staff.role."+a.Role, nil), Login: a.Login, Password: a.Password})
	}
	return accounts, err
}

// openAppliance opens the product itself.
func openAppliance(ctx context.Context, p Parts) (_ *Appliance, err error) {
	defer fault.Add(&err, "openAppliance")
	a := &Appliance{}
	if p.Practice {
		a.Accounts, err = fillPractice(ctx, p)
	} else {
		a.InstallationCode, err = installationCode(ctx, p.Office.DB)
	}
	if err != nil {
		return nil, err
	}
	exchanging := exchange.Office{DB: p.Office.DB, Ring: p.Office.Ring, Keys: p.Office.Dir.Keys(), Spool: p.Office.Dir.Spool()}
	if err := errors.Join(intake.CleanSpool(ctx, p.Office.DB, itself), exchanging.CleanSpool()); err != nil {
		return nil, err
	}
	if p.Practice && p.Media == "" {
		p.Media = practice.Medium(string(p.Office.Dir))
	}
	var screens fs.FS // stays nil in a program without screens, which a page then says
	if built, ok := frontend.Staff(); ok {
		screens = built
	}
	deps := web.Deps{
		DB: p.Office.DB, Ring: p.Office.Ring, Log: p.Log, Clock: p.Clock, Assets: screens, Version: p.Version,
		Spool: p.Office.Dir.Spool(), Fonts: p.Office.Dir.Fonts(), Keys: p.Office.Dir.Keys(), Background: ctx,
		Media: media.Finder{Folder: p.Media},
	}
	if p.Connection != nil {
		deps.Connection = func() (web.Connection, error) {
			c, err := p.Connection()
			return web.Connection(c), err
		}
	}
	if a.Handler, err = web.New(deps); err != nil {
		return nil, err
	}
	tick := time.NewTicker(upkeep.Every)
	context.AfterFunc(ctx, tick.Stop)
	go upkeep.Run(ctx, exchanging, p.Log, tick.C)
	return a, nil
}

// installationCode returns the code for the first account, or "" once there is
// one. Each start makes a new code.
func installationCode(ctx context.Context, db *store.DB) (code string, err error) {
	var needed bool
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		needed, err = staff.SetupNeeded(rx)
		return err
	})
	if err != nil || !needed {
		return "", err
	}
	return staff.NewInstallationCode(ctx, db, itself)
}
