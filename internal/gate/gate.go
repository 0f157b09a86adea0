// Package gate stands in front of every handler of the staff screens, those of
// the appliance and those of the booking service. It refuses who asks from
// outside the office's networks, finds the session, asks for the route's
// permission, refuses what other sites' pages send, limits bodies, adds the
// security headers, and turns errors into answers. Handlers therefore parse,
// call one domain function and answer.
//
// # What each answer carries
//
// Every answer forbids sniffing, framing by others and referrers; answers below
// /api/ are never stored. A PDF may be framed by our own pages. See
// [PageHeaders] for pages.
//
// # What a request needs
//
// The cookie of its [Door], and, if it changes something, the session's token
// in the header X-Kofu-Token. The tables of routes name a permission for every
// route; a route without one cannot be built.
package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// TokenHeader is the header in which changing requests repeat the session's token.
const TokenHeader = "X-Kofu-Token"

// Limits of request bodies in bytes.
const (
	JSONLimit   = 1 << 20
	UploadLimit = 512 << 20
)

// Handler answers one request on behalf of actor. What it returns as an error
// is answered by the gate; it must not have written anything before.
type Handler func(w http.ResponseWriter, r *http.Request, actor store.Actor) error

// Route is one line of the route table.
type Route struct {
	Pattern    string           // such as "POST /api/deliveries/{id}/scans"
	Permission staff.Permission // what the session must be allowed; staff.Public, staff.SignedIn or staff.Own
	Handle     Handler
	In, Out    any   // zero values of the bodies, for the description of the interface; nil for none
	Limit      int64 // of the body in bytes; 0 takes JSONLimit
}

// Door is what the gate knows of the way by which a request came in.
type Door struct {
	Name       string // "desk" (window on this machine), "lan" or "console" (booking service)
	CookieName string // each door has its own, for cookies ignore ports
	Secure     bool   // whether the cookie asks for TLS; its name then begins with __Host-
	Rules      staff.Rules
}

// Console is the door of the booking service's staff screens. secure tells that
// browsers reach it by TLS.
func Console(secure bool) Door {
	return Door{Name: "console", CookieName: "kofu-console", Secure: secure, Rules: staff.BookingRules}
}

// hostPrefix makes browsers refuse a cookie that another host or a page without
// TLS sets.
const hostPrefix = "__Host-"

func (d Door) cookieName() string {
	if d.Secure && !strings.HasPrefix(d.CookieName, hostPrefix) {
		return hostPrefix + d.CookieName
	}
	return d.CookieName
}

type doorKey struct{}

// WithDoor returns a context that carries the door of a request.
func WithDoor(ctx context.Context, d Door) context.Context {
	return context.WithValue(ctx, doorKey{}, d)
}

// DoorOf returns the door of a request, and the zero Door when there is none.
func DoorOf(ctx context.Context) Door {
	d, _ := ctx.Value(doorKey{}).(Door)
	return d
}

type sessionKey struct{}

// SessionOf returns the session of a request. Routes that are not public always
// have one.
func SessionOf(ctx context.Context) (staff.Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(staff.Session)
	return s, ok
}

// AtWindow refuses what the session may not do at a window. Errors:
// fault.Forbidden "gate.other_window", which the gate puts into the audit log.
func AtWindow(ctx context.Context, window string) error {
	if s, found := SessionOf(ctx); !found || !s.MayWindow(window) {
		return fault.New(fault.Forbidden, otherWindow, "window", window)
	}
	return nil
}

const otherWindow = "gate.other_window"

// Config is what a gate needs. DB, which may be the view of one municipality,
// Log and Clock are required.
type Config struct {
	DB    *store.DB
	Log   *slog.Logger
	Clock func() time.Time
	Pages http.Handler // answers what is not below /api/

	// Door is the door of every request; with the zero Door each request brings
	// its own, see WithDoor.
	Door Door
	// Client finds the address of who asks, where a proxy stands between; nil
	// takes the other end of the connection.
	Client func(*http.Request) netip.Addr
	// Allowed are the networks from which the staff may ask. Nil, and an empty
	// list, let everybody come as far as the sign-in.
	Allowed func(context.Context) ([]netip.Prefix, error)
	// Idle is how long a session lasts without a request; nil takes it from the
	// settings of the appliance.
	Idle func(*store.Rx) (time.Duration, error)
}

type gate struct {
	Config
	mux *http.ServeMux
}

// New builds the gate over the routes. It fails for a route without permission
// or handler, or with a permission that does not exist.
func New(c Config, routes []Route) (http.Handler, error) {
	if c.DB == nil || c.Log == nil || c.Clock == nil {
		return nil, errors.New("gate: incomplete configuration")
	}
	g := &gate{Config: c, mux: http.NewServeMux()}
	for _, route := range routes {
		if err := route.check(); err != nil {
			return nil, err
		}
		g.mux.Handle(route.Pattern, g.route(route))
	}
	g.mux.HandleFunc("/api/", g.noSuchRoute)
	if c.Pages != nil {
		g.mux.Handle("/", c.Pages)
	}
	return g.enter(g.watch(g.guard(g.mux))), nil
}

func (r Route) check() error {
	ok := r.Permission == staff.Public || r.Permission == staff.SignedIn || r.Permission == staff.Own
	for _, p := range staff.Permissions() {
		ok = ok || p == r.Permission
	}
	if !ok {
		return fmt.Errorf("gate: route %q asks for no known permission (%q)", r.Pattern, r.Permission)
	}
	if r.Handle == nil {
		return fmt.Errorf("gate: route %q has no handler", r.Pattern)
	}
	return nil
}

type clientKey struct{}

// Terminal names the PC that sent the request: its address without port.
func Terminal(r *http.Request) string {
	if client, known := r.Context().Value(clientKey{}).(netip.Addr); known {
		return client.String()
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// WhereOf is the place from which the request came.
func WhereOf(r *http.Request) staff.Where {
	door := DoorOf(r.Context())
	return staff.Where{Door: door.Name, Terminal: Terminal(r), Rules: door.Rules}
}

// Cookie is the cookie that carries a session's token through the request's
// door. An empty token takes it away.
func Cookie(ctx context.Context, token string) *http.Cookie {
	door := DoorOf(ctx)
	c := &http.Cookie{
		Name: door.cookieName(), Value: token, Path: "/",
		HttpOnly: true, Secure: door.Secure, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
