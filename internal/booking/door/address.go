package door

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Forwarded puts the address of the client into RemoteAddr when the request came
// through proxies: the last address of X-Forwarded-For that is not a trusted
// proxy itself. What a client writes there about itself does not count.
func Forwarded(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, ok := behind(trusted, r); ok {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

func behind(trusted []netip.Prefix, r *http.Request) (client netip.Addr, ok bool) {
	client, ok = Address(r)
	if !ok || !within(trusted, client) {
		return client, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return client, true // garbage came from beyond the last hop that we know
		}
		client = addr.Unmap()
		if !within(trusted, client) {
			break
		}
	}
	return client, true
}

// Address is the address of the client.
func Address(r *http.Request) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap(), err == nil
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Only refuses whoever comes from outside the networks, before anything else is
// looked at. Without networks everybody may come.
func Only(networks []netip.Prefix, next http.Handler) http.Handler {
	if len(networks) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if addr, ok := Address(r); !ok || !within(networks, addr) {
			Plain(w, http.StatusForbidden, "door.outside")
			return
		}
		next.ServeHTTP(w, r)
	})
}
