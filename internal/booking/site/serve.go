package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"kofu/internal/booking/door"
	"kofu/internal/booking/visitor"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/mynumber"
	"kofu/internal/store"
)

// bodyLimit is what a form may have in bytes.
const bodyLimit = 32 << 10

// resident is who acts on these pages. Who it is, the acts know by the code.
var resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}

// handler puts language, headers, log and the guard against other sites' forms
// around the routes.
func (s *site) handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Clock()
		out := &answer{ResponseWriter: w}
		v := &visit{site: s, w: out, r: r, now: start}
		setHeaders(out.Header(), s.Secure)
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p) //nolint:forbidigo // the server's own way to cut a connection
				}
				s.Log.ErrorContext(r.Context(), "panic", "error", mynumber.Mask(fmt.Sprint(p)), "stack", string(debug.Stack()))
				v.fail(errors.New("panic"))
			}
			s.Log.InfoContext(r.Context(), "request", "tenant", s.Tenant, "method", r.Method, "path", v.masked(), "status", out.status,
				"code", v.code, "bytes", out.size, "ms", s.Clock().Sub(start).Milliseconds())
		}()
		r.Body = http.MaxBytesReader(out, r.Body, bodyLimit)
		if err := s.serve(v, guard); err != nil {
			v.fail(err)
		}
	})
}

func (s *site) serve(v *visit, guard *http.CrossOriginProtection) (err error) {
	known, err := s.known(v.r.Context())
	if v.city = known; err != nil {
		if known != nil { // as it was last: enough for a page that says what is wrong
			v.speak(v.preferred())
		}
		return err
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/")
	switch {
	case first == "":
		v.speak(v.preferred())
		return v.redirect("/")
	case strings.EqualFold(first, "c"):
		v.speak(v.preferred())
		return v.letter(rest)
	case first == stylePath:
		v.speak(wording.Japanese)
		return s.style(v, rest)
	case !slices.Contains(v.city.languages, first):
		v.speak(v.preferred())
		return notFound()
	}
	v.speak(first)
	if shown, err := v.noticed(door.NoticeOf(v.r.Context())); shown || err != nil {
		return err
	}
	if err := guard.Check(v.r); err != nil {
		return fault.New(fault.Forbidden, "gate.foreign_page").Because(err)
	}
	if rest == "" && !strings.HasSuffix(v.r.URL.Path, "/") {
		return v.redirect("/")
	}
	return s.dispatch(v, "/"+rest)
}

// dispatch runs the route of an address without its language.
func (s *site) dispatch(v *visit, path string) error {
	inner := v.r.Clone(v.r.Context())
	inner.URL.Path, inner.URL.RawPath = path, ""
	_, pattern := s.mux.Handler(inner)
	if pattern == "" {
		return s.noRoute(v, inner)
	}
	_, v.route, _ = strings.Cut(pattern, " ")
	s.mux.ServeHTTP(v.w, inner.WithContext(context.WithValue(inner.Context(), visitKey{}, v)))
	return v.failed
}

func notFound() error { return fault.New(fault.NotFound, "gate.no_such_address") }

// noRoute tells an address that exists for another method from one that does
// not exist.
func (s *site) noRoute(v *visit, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return notFound()
	}
	v.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return fault.New(fault.BadRequest, "gate.method")
}

// setHeaders sets what every answer carries. No page has a script or a style of
// its own; everything comes from here.
func setHeaders(h http.Header, secure bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=()")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// masked is the address as logs show it: of parts that may carry a code, a
// booking or a mail's secret only that there is one, of unknown addresses nothing.
func (v *visit) masked() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/")
	switch {
	case strings.EqualFold(first, "c"):
		return "/c/****"
	case v.route == "":
		return "/****"
	}
	parts := strings.Split(v.route, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") && p != "{$}" {
			parts[i] = "****"
		}
	}
	return "/" + v.lang + strings.TrimSuffix(strings.Join(parts, "/"), "{$}")
}

// answer watches what a handler writes.
type answer struct {
	http.ResponseWriter
	status int
	size   int64
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(b)
	a.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// handler makes a handler of the mux from a route.
func (rt route) handler() http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		v, ok := r.Context().Value(visitKey{}).(*visit)
		if !ok {
			return
		}
		v.r = r
		v.failed = v.admit(rt)
	}
}

// admit finds the session and, for what changes something, the token of the
// form. A form without it, or from before the session, is shown again with what
// was entered, and does nothing.
func (v *visit) admit(rt route) error {
	if rt.access == public {
		return rt.handle(v)
	}
	if err := v.findSession(); err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return malformed(err)
	}
	switch {
	case rt.access == shown && !v.signedIn:
		return v.askAgain()
	case v.r.Method == http.MethodPost && !v.tokenFits():
		v.stale = true
		return rt.again(v)
	}
	return rt.handle(v)
}

func malformed(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.New(fault.BadRequest, "booking.bad_request").Because(err)
}

// findSession looks the session of the cookie up and keeps it alive.
func (v *visit) findSession() error {
	token := v.sessionToken()
	if token == "" {
		return nil
	}
	err := v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
		v.session, v.signedIn, err = visitor.Find(rx, v.Tenant, token)
		return err
	})
	if err != nil || !v.signedIn || !v.session.Stale(v.now) {
		return err
	}
	return visitor.Touch(v.r.Context(), v.DB, resident, v.Tenant, v.session)
}
