// Package web is the HTTP interface of the appliance, the same for the window
// on the machine and for the browsers of the office. It knows nothing of the
// doors by which requests come in. One table of routes names the permission of
// each (routes.go); a handler parses, calls one function of a domain and
// answers. Package gate does the rest: session, permission, errors. Writes no
// table.
package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"kofu/internal/exchange"
	"kofu/internal/gate"
	"kofu/internal/intake"
	"kofu/internal/keyring"
	"kofu/internal/media"
	"kofu/internal/paper"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Deps is what the interface stands on. DB, Ring, Log and Clock are required.
type Deps struct {
	DB         *store.DB
	Ring       *keyring.Ring
	Log        *slog.Logger
	Clock      func() time.Time
	Assets     fs.FS                      // built staff screens with index.html at the top; nil or empty says so on a page
	Version    string                     // of the program
	Spool      string                     // folder for files under way
	Fonts      string                     // folder of the fonts for paper
	Keys       string                     // key folder, for the exchange
	Media      media.Finder               // of this machine
	Connection func() (Connection, error) // how other PCs join; nil without a door to the office network
	Background context.Context            // of work that outlives its request; nil is for ever
	Passwords  staff.Cost                 // zero takes staff.StandardCost; only tests take less
}

// Connection is what another PC of the office needs to join.
type Connection struct {
	URLs        []string `json:"urls"` // best first
	QRSVG       string   `json:"qrSvg"`
	Fingerprint string   `json:"fingerprint"` // SHA-256 of the appliance's authority
	CAURL       string   `json:"caUrl"`
}

// server holds what handlers share.
type server struct {
	Deps
	common  *staffweb.Staff
	imports *intake.Jobs
	renders renders
	trades  trades

	fontsMu sync.Mutex
	fonts   *press.Fonts
	lists   paper.Shelf // fonts of lists
}

// New returns the handler of everything that the doors serve.
func New(d Deps) (http.Handler, error) {
	if d.Passwords == (staff.Cost{}) {
		d.Passwords = staff.StandardCost
	}
	if d.Background == nil {
		d.Background = context.Background()
	}
	s := &server{Deps: d, common: d.staff(), imports: intake.NewJobs(d.Background, d.DB), lists: paper.Shelf{Dir: d.Fonts}}
	pages, err := staffweb.Pages(d.Assets)
	if err != nil {
		return nil, err
	}
	return gate.New(gate.Config{DB: d.DB, Log: d.Log, Clock: d.Clock, Pages: pages}, s.routes())
}

// exchange is the office's side of the exchange with the booking service.
func (d Deps) exchange() exchange.Office {
	return exchange.Office{DB: d.DB, Ring: d.Ring, Keys: d.Keys, Spool: d.Spool}
}

// staff serves sign-in and accounts for the office that the settings name.
func (d Deps) staff() *staffweb.Staff {
	return &staffweb.Staff{
		DB: d.DB, Hasher: staff.NewHasher(d.Passwords, d.Ring), Version: d.Version, Grants: staff.AppliancePermissions(),
		About: func(rx *store.Rx) (staffweb.About, error) {
			config, err := settings.Load(rx)
			return staffweb.About{Organization: config.Organization.Name, IdleMinutes: config.IdleMinutes}, err
		},
	}
}
