// Package gate stands in front of every handler of the appliance. It finds the
// session, asks for the route's permission, refuses what other sites' pages
// send, limits bodies, adds the security headers, and turns errors into
// answers. Handlers therefore parse, call one domain function and answer.
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
	"time"

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
	Name       string // "desk" (window on this machine) or "lan"
	CookieName string // each door has its own, for cookies ignore ports
	Secure     bool   // whether the cookie asks for TLS
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

// Config is what a gate needs. All fields are required but Pages.
type Config struct {
	DB    *store.DB
	Log   *slog.Logger
	Clock func() time.Time
	Pages http.Handler // answers what is not below /api/
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
	return g.watch(g.guard(g.mux)), nil
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

// Terminal names the PC that sent the request: its address without port.
func Terminal(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// WhereOf is the place from which the request came.
func WhereOf(r *http.Request) staff.Where {
	return staff.Where{Door: DoorOf(r.Context()).Name, Terminal: Terminal(r)}
}

// Cookie is the cookie that carries a session's token through the request's
// door. An empty token takes it away.
func Cookie(ctx context.Context, token string) *http.Cookie {
	door := DoorOf(ctx)
	c := &http.Cookie{
		Name: door.CookieName, Value: token, Path: "/",
		HttpOnly: true, Secure: door.Secure, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
