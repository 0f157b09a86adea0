package main

import (
	"context"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"kofu/frontend"
	"kofu/internal/booking/console"
	"kofu/internal/booking/door"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/queue"
	"kofu/internal/booking/site"
	"kofu/internal/booking/town"
)

// gather is how long people of a rush gather for their numbers: nobody notices it,
// and a hundred share what one would cost.
const gather = 25 * time.Millisecond

// doors puts together what stands behind the listeners: the residents' pages
// with their waiting room, and the staff screens.
func doors(p Parts) (Behind, error) {
	return Behind{Residents: p.residents, Staff: p.staff}, nil
}

func (p Parts) residents(_ context.Context, t town.Town) (http.Handler, error) {
	keys, err := p.Service.Keys(t.ID)
	if err != nil {
		return nil, err
	}
	db := p.Service.DB.For(t.ID)
	pages, err := site.New(site.Deps{
		DB: db, Tenant: t.ID, Ring: keys.Ring, Keys: keys.Codes.Keys(), Base: p.Config.residentsURL(t),
		Log: p.Log, Clock: p.Clock, Secure: p.Config.secure(), Address: address,
		Passwords: site.NewHasher(p.ResidentPool, keys.Ring),
	})
	if err != nil {
		return nil, err
	}
	room := &door.Waiting{
		Queue: &queue.Queue{DB: db, Tenant: t.ID, Ring: keys.Ring, Clock: p.Clock, Limits: p.Config.room(), Gather: gather},
		Meter: p.Meters.Of(admitted, t.ID), Clock: p.Clock, Log: p.Log, Secure: p.Config.secure(),
		Free: neverWaits, Code: hasCode,
	}
	return room.Wrap(p.Places.Wrap(t.ID, p.Meters.Of(residents, t.ID), pages)), nil
}

func (p Parts) staff(_ context.Context, t town.Town) (http.Handler, error) {
	keys, err := p.Service.Keys(t.ID)
	if err != nil {
		return nil, err
	}
	var screens fs.FS // stays nil in a program without screens, which a page then says
	if built, ok := frontend.Console(); ok {
		screens = built
	}
	return console.New(console.Deps{
		DB: p.Service.DB.For(t.ID), Tenant: t.ID, Ring: keys.Ring, Codes: keys.Codes, Log: p.Log, Clock: p.Clock, Assets: screens,
		Version: p.Version, Base: p.Config.residentsURL(t), Secure: p.Config.secure(), Client: address,
		Press: p.Config.shelf().Press, Pool: p.StaffPool,
		End: func() (*intake.End, error) { return endOf(p.Service, p.Config, t) },
	})
}

// address is the client's, behind trusted proxies.
func address(r *http.Request) netip.Addr {
	addr, _ := door.Address(r)
	return addr
}

// page is an address without its language.
func page(r *http.Request) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return rest
}

// neverWaits tells what is served even while others wait: what costs nothing and
// what helps.
func neverWaits(r *http.Request) bool {
	switch page(r) {
	case "help", "privacy", "accessibility", "language", "view":
		return true
	}
	return strings.HasSuffix(r.URL.Path, ".css")
}

// hasCode tells requests on the way to showing the code of a letter.
func hasCode(r *http.Request) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return rest == "code" || strings.EqualFold(first, "c") && rest != ""
}
