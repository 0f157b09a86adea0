// Package site is the residents' side of the booking service for one
// municipality: pages that work without JavaScript on a small screen. A resident
// shows the code of the letter, chooses day and time, and books; nothing is
// booked, changed or cancelled but by a POST from a page of ours. Free days can
// be seen without a code.
//
// # Way of a request
//
// serve.go finds the language in the first part of the address, the route in
// one table (routes.go) and the session in the cookie; a handler parses, calls
// one act and answers with a page or a redirect. Errors become pages in the
// same layout. The log knows routes and never addresses with a code, a booking
// or what was typed. It writes no table.
package site

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kofu/frontend"
	"kofu/internal/booking/front"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/keyring"
	"kofu/internal/password"
	"kofu/internal/store"
)

// Deps is what the pages of one tenant stand on. All but Address and Files
// are required.
type Deps struct {
	DB     *store.DB // for the tenant
	Tenant int
	Ring   *keyring.Ring // the tenant's keys
	Keys   member.Keys   // of its codes
	Base   string        // address of the pages, such as https://yoyaku.example.lg.jp
	Log    *slog.Logger
	Clock  func() time.Time
	// Passwords are those of the tenant's residents, in the pool of the program; nil
	// in a program with one tenant.
	Passwords *password.Hasher
	Secure    bool // whether residents come by TLS: cookies ask for it
	// Address is the network address that a request comes from; nil takes the
	// one of the connection.
	Address func(*http.Request) netip.Addr
	Files   fs.FS // templates, style sheet and texts; nil takes those of the program
}

// site holds what handlers share.
type site struct {
	Deps
	desk      *front.Desk
	boards    *slot.Cache
	catalogue *wording.Catalogue
	terms     *terms.Cache
	pages     *pages
	fragments fragments
	mux       *http.ServeMux

	reading sync.Mutex // the municipality is being read anew
	city    atomic.Pointer[city]
}

// New returns the handler of the residents' pages of one tenant.
func New(d Deps) (http.Handler, error) {
	if d.DB == nil || d.Tenant == 0 || d.Ring == nil || len(d.Keys) == 0 || d.Log == nil || d.Clock == nil {
		return nil, errors.New("site: incomplete dependencies")
	}
	if d.Files == nil {
		d.Files = frontend.Public()
	}
	if d.Passwords == nil {
		d.Passwords = NewHasher(member.NewPool(), d.Ring)
	}
	if d.Address == nil {
		d.Address = remoteAddress
	}
	catalogue, err := wording.Load(d.Files)
	if err != nil {
		return nil, err
	}
	s := &site{
		Deps: d, boards: slot.NewCache(d.DB), catalogue: catalogue,
		terms: terms.NewCache(d.Tenant),
	}
	s.desk = &front.Desk{DB: d.DB, Tenant: d.Tenant, Ring: d.Ring, Base: d.Base, Terms: s.terms}
	if s.pages, err = parsePages(d.Files); err != nil {
		return nil, err
	}
	s.mux = s.routeTable()
	return s.handler(), nil
}

// NewHasher is the hasher of residents' passwords under the keys of a tenant.
func NewHasher(pool *password.Pool, ring *keyring.Ring) *password.Hasher {
	return member.NewHasher(password.StandardCost, pool, func(text string) string { return ring.MAC("resident-password", text) })
}

func remoteAddress(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr()
}

// city is what the pages know of the municipality, at one moment.
type city struct {
	slot.Tenant
	terms      *terms.Terms
	policy     terms.Policy
	windows    []slot.Window
	procedures []slot.ProcedureTerms
	languages  []string // of the policy, as far as there are texts
	style      []byte   // the style sheet in the municipality's colour
	styleName  string   // that changes with it
	version    string   // the same for two readings from which the same pages about free days come
	at         time.Time
}

// cityAge is how long a page may show what staff have changed meanwhile.
const cityAge = 2 * time.Second

// known returns the municipality, read anew after two seconds at the earliest;
// with an error, as it was last, or nil. While one request reads it, the others
// go on with what is known.
func (s *site) known(ctx context.Context) (*city, error) {
	now := s.Clock()
	last := s.city.Load()
	if last != nil && (now.Sub(last.at).Abs() < cityAge || !s.reading.TryLock()) {
		return last, nil
	}
	if last == nil {
		s.reading.Lock()
	}
	defer s.reading.Unlock()
	if latest := s.city.Load(); latest != last { // somebody has just read it
		return latest, nil
	}
	c := &city{at: now}
	if err := s.DB.Read(ctx, func(rx *store.Rx) error { return s.read(rx, c) }); err != nil {
		return last, err
	}
	s.city.Store(c)
	return c, nil
}

func (s *site) read(rx *store.Rx, c *city) (err error) {
	found := false
	if c.Tenant, found, err = slot.TenantByID(rx, s.Tenant); err != nil {
		return err
	}
	if !found {
		return errors.New("site: the tenant does not exist")
	}
	if c.terms, err = s.terms.Load(rx); err != nil {
		return err
	}
	c.policy = c.terms.Policy
	c.style, c.styleName = s.stylesheet(c.policy.Colour)
	if c.windows, err = slot.Windows(rx, s.Tenant); err != nil {
		return err
	}
	if c.procedures, err = slot.ProcedureList(rx, s.Tenant); err != nil {
		return err
	}
	for _, lang := range c.policy.Languages {
		if _, ok := s.catalogue.Text(lang, "meta.name"); ok {
			c.languages = append(c.languages, lang)
		}
	}
	c.version, err = c.digest()
	return err
}

func (c *city) digest() (string, error) {
	text, err := json.Marshal([]any{c.Tenant, c.policy, c.terms.Wording.Version, c.windows, c.procedures, c.languages, c.styleName})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:16]), nil
}

// window returns a window by its code.
func (c *city) window(id string) (slot.Window, bool) {
	for _, w := range c.windows {
		if w.ID == id {
			return w, true
		}
	}
	return slot.Window{}, false
}
