package gate

import (
	"context"
	"html"
	"net/http"
	"net/netip"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// enter notes where a request comes from and by which door.
func (g *gate) enter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if g.Door != (Door{}) {
			ctx = WithDoor(ctx, g.Door)
		}
		if g.Client != nil {
			ctx = context.WithValue(ctx, clientKey{}, g.Client(r).Unmap())
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// allowed reports whether the request comes from one of the office's networks.
func (g *gate) allowed(r *http.Request) (bool, error) {
	if g.Allowed == nil {
		return true, nil
	}
	networks, err := g.Allowed(r.Context())
	if err != nil || len(networks) == 0 {
		return err == nil, err
	}
	client, err := netip.ParseAddr(Terminal(r))
	if err != nil {
		return false, nil //nolint:nilerr // who has no address comes from none of the networks
	}
	client = client.Unmap().WithZone("")
	for _, network := range networks {
		if network.Contains(client) {
			return true, nil
		}
	}
	return false, nil
}

// turnAway answers a request from outside, or err when the networks cannot be
// told. Nothing of the screens goes out, no form to sign in with either.
func (g *gate) turnAway(w http.ResponseWriter, r *http.Request, api bool, err error) {
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.Log.WarnContext(r.Context(), "request from outside", "terminal", Terminal(r))
	outside := fault.New(fault.Forbidden, "gate.outside")
	if api {
		g.fail(w, r, outside)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	text := html.EscapeString(message.Text(outside.Code, nil))
	page := "<!doctype html>\n<html lang=\"ja\"><meta charset=\"utf-8\"><title>Kofu</title><p>" + text + "</p></html>\n"
	if _, err := w.Write([]byte(page)); err != nil {
		g.Log.InfoContext(r.Context(), "answer not delivered", "error", err.Error())
	}
}
