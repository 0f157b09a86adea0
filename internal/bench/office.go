package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/jpdate"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// itself is on whose behalf the data are made and changed.
var itself = store.Actor{ID: "bench", Name: "bench", Role: "bench", Terminal: "bench", Employee: true}

// birth is everybody's birth date.
const birth = "19850401"

// office is the data of a service: municipalities that are all alike. Each has
// windows with the slots of a morning, and codes in order.
type office struct {
	dir   string // data folder
	dsn   string // of the program; "" for the file in the folder
	owner string
	codes [][]linkcode.Code // of each municipality
	keys  []string          // id of the key that they are hashed with
}

// size says how large a municipality is.
type size struct {
	towns   int
	windows int
	horizon int // days
	perDay  int // slots of half an hour from nine o'clock
	seats   int
	members int
}

// newOffice makes the data of a service on an engine.
func (b *bench) newOffice(ctx context.Context, engine string, s size) (o *office, err error) {
	name := strings.ToLower("bench_" + rand.Text()[:12])
	o = &office{dir: filepath.Join(b.dir, name)}
	if engine == "postgres" {
		if o.owner, err = store.CreateDatabase(ctx, b.server, name, "kofu_owner", ""); err != nil {
			return nil, err
		}
		b.made = append(b.made, name)
		u, err := url.Parse(o.owner)
		if err != nil {
			return nil, err
		}
		u.User = url.User("kofu_app")
		o.dsn = u.String()
	}
	return o, o.with(ctx, func(service *town.Service) error {
		for n := range s.towns {
			if err := o.fill(ctx, service, n+1, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// with opens the data around use.
func (o *office) with(ctx context.Context, use func(*town.Service) error) error {
	service, err := town.Open(ctx, o.dir, town.Options{Clock: time.Now, Database: o.dsn, Owner: o.owner, Migrate: true})
	if err != nil {
		return err
	}
	return errors.Join(use(service), service.Close())
}

func host(tenant int) string { return fmt.Sprintf("t%d.example.jp", tenant) }

func (o *office) fill(ctx context.Context, service *town.Service, tenant int, s size) error {
	err := slot.AddTenant(ctx, service.DB, itself, slot.Tenant{
		ID: tenant, Host: host(tenant), Name: fmt.Sprintf("Town %d", tenant), PartyMax: 4, UntilMinute: 1440, FewPercent: 30,
	})
	if err != nil {
		return err
	}
	db := service.DB.For(tenant)
	for n := range s.windows {
		id := windowID(n)
		if _, err := slot.SaveWindow(ctx, db, itself, tenant, slot.Window{
			ID: id, Name: "Window " + id, HorizonDays: s.horizon, LastStart: 1410, LastEnd: 1440, Counters: 2, OfficeSeats: slot.InCloud,
			Book: slot.Deadline{Days: 1, Minute: 1020}, Change: slot.Deadline{Days: 1, Minute: 1020}, Cancel: slot.Deadline{Days: 1, Minute: 1020},
		}); err != nil {
			return err
		}
		var patterns []slot.Pattern
		for day := time.Monday; day <= time.Friday; day++ {
			patterns = append(patterns, slot.Pattern{Weekday: day, FromMinute: 540, ToMinute: 540 + 30*s.perDay, SlotMinutes: 30, WebCap: s.seats, OfficeCap: 1})
		}
		if _, err := slot.SetPattern(ctx, db, itself, tenant, id, patterns); err != nil {
			return err
		}
	}
	return o.issue(ctx, service, tenant, s.members)
}

func windowID(n int) string { return fmt.Sprintf("W%d", n+1) }

// link is the pseudonym of the n-th member.
func link(n int) string { return fmt.Sprintf("%016d", n) }

// issue registers codes.
func (o *office) issue(ctx context.Context, service *town.Service, tenant, members int) error {
	keys, err := service.Keys(tenant)
	if err != nil {
		return err
	}
	id, err := keys.Codes.Make(rand.Reader)
	if err != nil {
		return err
	}
	key := keys.Codes.Keys()[id]
	now := time.Now()
	var codes []linkcode.Code
	var list []member.Member
	for n := range members {
		code, err := linkcode.New(rand.Reader)
		if err != nil {
			return err
		}
		codes = append(codes, code)
		list = append(list, member.Member{
			Link: link(n), Gen: 1, KeyID: id, CodeMAC: code.Hash(key), BirthMAC: code.HashWithBirth(key, birth),
			Procs: "receive", From: now.Add(-time.Hour), Until: now.AddDate(1, 1, 0), State: member.Ready,
		})
	}
	o.codes, o.keys = append(o.codes, codes), append(o.keys, id)
	return member.Import(ctx, service.DB.For(tenant), itself, tenant, list)
}

// slots are the first slots of a municipality that residents can book.
func (o *office) slots(ctx context.Context, service *town.Service, tenant, n int) (list []slot.Slot, err error) {
	soon := time.Now().AddDate(0, 0, 7)
	err = service.DB.For(tenant).Read(ctx, func(rx *store.Rx) error {
		windows, err := slot.Windows(rx, tenant)
		if err != nil {
			return err
		}
		for _, w := range windows {
			all, err := slot.From(rx, tenant, w.ID, soon)
			if err != nil {
				return err
			}
			for _, s := range all {
				if s.Open && len(list) < n {
					list = append(list, s)
				}
			}
		}
		return nil
	})
	if err == nil && len(list) < n {
		err = fmt.Errorf("only %d slots", len(list))
	}
	return list, err
}

// day are the slots of one day at all windows.
func (o *office) day(ctx context.Context, service *town.Service, tenant int) (list []slot.Slot, err error) {
	first, err := o.slots(ctx, service, tenant, 1)
	if err != nil {
		return nil, err
	}
	err = service.DB.For(tenant).Read(ctx, func(rx *store.Rx) error {
		windows, err := slot.Windows(rx, tenant)
		if err != nil {
			return err
		}
		for _, w := range windows {
			all, err := slot.OnDay(rx, tenant, w.ID, first[0].Day)
			if err != nil {
				return err
			}
			list = append(list, all...)
		}
		return nil
	})
	return list, err
}

// sound checks that nobody is overbooked or booked twice in the first
// municipality, and that it has so many live bookings.
func (o *office) sound(ctx context.Context, service *town.Service, booked int) error {
	const tenant = 1
	found := 0
	err := service.DB.For(tenant).Read(ctx, func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if err != nil {
			return err
		}
		if len(breaches) > 0 {
			return fmt.Errorf("breaches: %+v", breaches)
		}
		windows, err := slot.Windows(rx, tenant)
		if err != nil {
			return err
		}
		for _, w := range windows {
			for day, last := jpdate.Day(rx.Today()), jpdate.Day(rx.Today()).AddDays(w.HorizonDays); day <= last; day = day.AddDays(1) {
				list, err := slot.OnDay(rx, tenant, w.ID, day)
				if err != nil {
					return err
				}
				for _, s := range list {
					found += s.WebTaken
				}
			}
		}
		return nil
	})
	if err == nil && found != booked {
		err = fmt.Errorf("%d seats are taken, %d were acknowledged", found, booked)
	}
	return err
}
