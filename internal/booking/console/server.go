// Package console is the HTTP interface of the booking service for the staff of
// one municipality. One table of routes names the permission of each; each area
// has its own file, which adds its routes in routes.go. A handler parses, calls
// one function of a domain and answers; what a person may do at their own windows
// only is asked with [gate.AtWindow]. Package gate does the rest: session,
// permission, errors. Writes no table.
package console

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/keyring"
	"kofu/internal/paper"
	"kofu/internal/password"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Deps is what the console of one municipality stands on. DB, Tenant, Ring, End,
// Log and Clock are required.
type Deps struct {
	DB      *store.DB // the view of the municipality
	Tenant  int
	Ring    *keyring.Ring  // of the municipality
	Codes   *keyring.Codes // under which the codes of its letters are hashed; nil finds nobody by code
	Log     *slog.Logger
	Clock   func() time.Time
	Assets  fs.FS                                // built screens with index.html at the top; nil or empty says so on a page
	Version string                               // of the program
	Base    string                               // where residents find their pages, such as https://yoyaku.example.lg.jp
	Secure  bool                                 // browsers reach the console by TLS
	Client  func(*http.Request) netip.Addr       // who asks, behind a proxy; nil without one
	Press   func(time.Time) (paper.Press, error) // fonts of papers; nil takes the installed ones

	End func() (*intake.End, error) // of the exchange with the office, with the keys as they are now; required

	Passwords staff.Cost     // zero takes staff.StandardCost; only tests take less
	Pool      *password.Pool // of the program, in which passwords are computed; nil in one with one tenant
}

// server holds what handlers share.
type server struct {
	Deps
	common *staffweb.Staff
	desk   *front.Desk
}

// New returns the handler of the console.
func New(d Deps) (http.Handler, error) {
	if d.DB == nil || d.Ring == nil || d.DB.Tenant() != d.Tenant || d.Tenant < 1 || d.End == nil {
		return nil, errors.New("console: incomplete configuration")
	}
	pages, err := staffweb.Pages(d.Assets)
	if err != nil {
		return nil, err
	}
	return gate.New(gate.Config{
		DB: d.DB, Log: d.Log, Clock: d.Clock, Pages: pages, Door: gate.Console(d.Secure), Client: d.Client,
		Allowed: staff.Networks(d.DB), Idle: staff.Idle,
	}, d.server().routes())
}

func (d Deps) server() *server {
	if d.Passwords == (staff.Cost{}) {
		d.Passwords = staff.StandardCost
	}
	if d.Pool == nil {
		d.Pool = staff.NewPool()
	}
	if d.Press == nil {
		d.Press = (&paper.Shelf{}).Press
	}
	s := &server{Deps: d, desk: &front.Desk{DB: d.DB, Tenant: d.Tenant, Ring: d.Ring, Base: d.Base}}
	s.common = &staffweb.Staff{
		DB: d.DB, Hasher: staff.NewHasherIn(d.Pool, d.Passwords, d.Ring), Version: d.Version, Grants: staff.BookingPermissions(), About: s.about, OperatorBegins: true,
	}
	return s
}

func (s *server) about(rx *store.Rx) (staffweb.About, error) {
	t, err := s.tenant(rx)
	if err != nil {
		return staffweb.About{}, err
	}
	access, _, err := staff.LoadAccess(rx)
	return staffweb.About{Organization: t.Name, IdleMinutes: access.IdleMinutes}, err
}

// tenant is the municipality of the console.
func (s *server) tenant(rx *store.Rx) (slot.Tenant, error) {
	t, found, err := slot.TenantByID(rx, s.Tenant)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "slot.tenant_unknown")
	}
	return t, err
}
