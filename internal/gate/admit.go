package gate

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// route lets a request through to its handler when session, permission and
// token are in order.
func (g *gate) route(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noteRoute(r.Context(), route.Pattern)
		limit := route.Limit
		if limit == 0 {
			limit = JSONLimit
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		actor, ctx, err := g.admit(r, route)
		if err == nil {
			err = route.Handle(w, r.WithContext(ctx), actor)
			if fault.Is(err, fault.Forbidden, otherWindow) {
				err = cmp.Or(g.deny(ctx, actor, route.Pattern, err), err)
			}
		}
		if err != nil {
			g.fail(w, r, err)
		}
	})
}

// admit finds who asks and whether they may.
func (g *gate) admit(r *http.Request, route Route) (store.Actor, context.Context, error) {
	ctx := r.Context()
	session, found, err := g.session(r)
	if err != nil {
		return store.Actor{}, nil, err
	}
	if !found {
		if route.Permission != staff.Public {
			return store.Actor{}, nil, fault.New(fault.Unauthenticated, "gate.sign_in_first")
		}
		return staff.Anonymous(Terminal(r)), ctx, nil
	}
	session.Asked = route.Permission
	actor := session.Actor()
	noteActor(ctx, actor.ID)
	if err := permit(r, route, session); err != nil {
		if failed := g.deny(ctx, actor, route.Pattern, err); failed != nil {
			return store.Actor{}, nil, failed
		}
		return store.Actor{}, nil, err
	}
	if session.Stale(g.Clock()) {
		if err := staff.Touch(ctx, g.DB, session); err != nil {
			return store.Actor{}, nil, err
		}
	}
	return actor, context.WithValue(ctx, sessionKey{}, session), nil
}

// session returns the session of the cookie that the request's door speaks.
func (g *gate) session(r *http.Request) (s staff.Session, found bool, err error) {
	door := DoorOf(r.Context())
	cookie, err := r.Cookie(door.cookieName())
	if err != nil { // no such cookie
		return staff.Session{}, false, nil
	}
	err = g.DB.Read(r.Context(), func(rx *store.Rx) error {
		idle, err := g.idle(rx)
		if err != nil {
			return err
		}
		s, found, err = staff.FindSession(rx, cookie.Value, door.Name, idle)
		return err
	})
	s.Rules = door.Rules
	return s, found, err
}

func (g *gate) idle(rx *store.Rx) (time.Duration, error) {
	if g.Idle != nil {
		return g.Idle(rx)
	}
	config, err := settings.Load(rx)
	return time.Duration(config.IdleMinutes) * time.Minute, err
}

// permit says why the session may not use the route, if so.
func permit(r *http.Request, route Route, s staff.Session) error {
	given := route.Permission
	switch {
	case given == staff.Public:
		return nil
	case s.Account.MustChange && given != staff.Own:
		return fault.New(fault.Forbidden, "staff.must_change_password")
	case given != staff.Own && given != staff.SignedIn && !s.May(given):
		return fault.New(fault.Forbidden, "gate.forbidden", "permission", string(given))
	case !safe(r.Method) && subtle.ConstantTimeCompare([]byte(r.Header.Get(TokenHeader)), []byte(s.CSRF())) != 1:
		return fault.New(fault.Forbidden, "gate.token")
	}
	return nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// deny puts a refused request of a signed-in person into the audit log.
func (g *gate) deny(ctx context.Context, actor store.Actor, pattern string, why error) error {
	code := ""
	if e, ok := fault.As(why); ok {
		code = e.Code
	}
	return g.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.AppendResult(tx, "gate.denied", "route", audit.Denied, map[string]string{"route": pattern, "code": code})
	})
}

// guard adds the headers that every answer carries and refuses what pages of
// other sites send: changing requests by [http.CrossOriginProtection], and
// below /api/ reading ones too, which no page of ours needs from outside.
func (g *gate) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api := strings.HasPrefix(r.URL.Path, "/api/")
		setHeaders(w.Header(), api, r.TLS != nil || g.Door.Secure)
		if allowed, err := g.allowed(r); err != nil || !allowed {
			g.turnAway(w, r, api, err)
			return
		}
		site := r.Header.Get("Sec-Fetch-Site")
		if origin.Check(r) != nil || api && !slices.Contains([]string{"", "same-origin", "none"}, site) {
			g.fail(w, r, fault.New(fault.Forbidden, "gate.foreign_page"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// noSuchRoute answers paths and methods below /api/ that no route has.
func (g *gate) noSuchRoute(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := g.mux.Handler(other); pattern != "/api/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		g.fail(w, r, fault.New(fault.NotFound, "gate.no_such_address"))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	g.failWith(w, r, http.StatusMethodNotAllowed, fault.New(fault.BadRequest, "gate.method"))
}
