// Package door stands before the residents' pages of the booking service and
// before its staff screens: it finds the municipality by the host name and the
// address of the client behind trusted proxies, lets people wait when too many
// come, bounds what one municipality may use, and measures. Whatever is behind it
// serves exactly one municipality, and shows what the door has to say ([Notice]).
// Writes no tables.
package door

import (
	"bytes"
	"context"
	_ "embed" // the page
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"

	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/message"
)

type townKey struct{}

// TownOf returns the municipality that a request is for; every handler behind
// Hosts has one.
func TownOf(ctx context.Context) (town.Town, bool) {
	t, ok := ctx.Value(townKey{}).(town.Town)
	return t, ok
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Plain answers with a small page of the catalogue: title and text under the
// code. It needs nothing else of the service.
func Plain(w http.ResponseWriter, status int, code string, args ...string) {
	var b bytes.Buffer
	err := page.Execute(&b, map[string]string{
		"Title": message.Text(code+".title", fault.Args(args...)),
		"Text":  message.Text(code, fault.Args(args...)),
	})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that has gone needs no page
}

// hostName is the host of a request without port and trailing dot, in lower case.
func hostName(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
