package lan

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"

	"kofu/internal/gate"
	"kofu/internal/message"
)

// Names of the doors, as sessions keep them.
const (
	deskName   = "desk"
	officeName = "lan"
)

// Door is one way into the appliance: what its listener may be called, which
// cookie it speaks, and what only it offers. The handler behind the doors is
// the same for all of them.
type Door struct {
	Name       string                   // "desk" (window on this machine) or "lan"
	CookieName string                   // each door has its own, for cookies ignore ports
	Secure     bool                     // whether the cookie asks for TLS; WebKitGTK refuses such cookies on loopback
	Hosts      func() []string          // names and addresses, without port, that a request may ask for
	Native     http.Handler             // serves /desk/*, nil where there is no window
	CanSave    func(*http.Request) bool // whether files go through the window's save dialog; nil never
	CA         []byte                   // certificate of the authority for GET /ca.crt, nil if there is none
}

// DeskDoor is the door of the window on this machine at the loopback port.
// WebKitGTK refuses Secure cookies there, and cookies ignore ports: therefore
// the port is part of the cookie's name.
func DeskDoor(port string, native http.Handler, canSave func(*http.Request) bool) Door {
	return Door{
		Name: deskName, CookieName: "kofu" + port, Native: native, CanSave: canSave,
		Hosts: func() []string { return []string{"127.0.0.1", "localhost"} },
	}
}

// OfficeDoor is the door of the office network.
func OfficeDoor(a *Authority) Door {
	return Door{Name: officeName, CookieName: "__Host-kofu", Secure: true, Hosts: a.Names, CA: a.DER()}
}

// Wrap puts the door in front of h: only requests for one of its hosts pass
// (DNS rebinding), requests that another site's page sends do not, and h finds
// the door with [gate.DoorOf].
func (d Door) Wrap(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	if d.Native != nil {
		mux.Handle("/desk/", d.Native)
	}
	if d.CA != nil {
		mux.HandleFunc("GET /ca.crt", d.serveCA)
	}
	mux.Handle("/", h)
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "lan.foreign_page")
	}))
	protected := origin.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.answersTo(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "lan.unknown_host")
			return
		}
		protected.ServeHTTP(w, r.WithContext(gate.WithDoor(r.Context(), d.seenBy(r))))
	})
}

// seenBy returns what the gate is told. A browser that came to the window's
// door by itself gets files as downloads, as on the office network, for the
// save dialog is the window's.
func (d Door) seenBy(r *http.Request) gate.Door {
	name := d.Name
	if d.CanSave != nil && !d.CanSave(r) {
		name = officeName
	}
	return gate.Door{Name: name, CookieName: d.CookieName, Secure: d.Secure}
}

func (d Door) answersTo(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host != "" && slices.Contains(d.Hosts(), host)
}

func (d Door) serveCA(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-x509-ca-cert")
	w.Header().Set("Content-Disposition", `attachment; filename="kofu-ca.crt"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(d.CA)
}

// ToTLS answers plain HTTP on the port of door d: pages move to https, every
// other path gets an error and never data, for what was sent in the clear was
// already heard.
func ToTLS(d Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !d.answersTo(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "lan.unknown_host")
		case r.Method != http.MethodGet && r.Method != http.MethodHead, strings.HasPrefix(r.URL.Path, "/api/"), strings.HasPrefix(r.URL.Path, "/desk/"):
			refuse(w, http.StatusForbidden, "lan.plain_http")
		default:
			w.Header().Set("Connection", "close")
			http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
		}
	})
}

// refuse answers with the text of code in the form of all error answers.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message.Text(code, nil)})
}
