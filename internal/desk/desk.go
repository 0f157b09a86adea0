// Package desk holds what only the window on the appliance's own machine has:
// the bootstrap page that leads it to the loopback door, the one-time ticket
// that proves it is that window, and native dialogs. None of it opens data: a
// person still signs in, and a saved file is fetched with that person's session.
// Writes no table.
package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"html/template"
	"net/http"
	"sync"
	"time"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// ticketLife is how long a ticket waits for its only use.
const ticketLife = 60 * time.Second

// Dialogs are the native dialogs of a window.
type Dialogs interface {
	// SaveAs asks where to save a file and returns the path, or "" when the
	// person changed their mind.
	SaveAs(title, name string) (path string, err error)
}

// Options of the window's end points.
type Options struct {
	Port  string           // of the loopback door, part of the cookie's name
	Clock func() time.Time // for the life of tickets
	Key   string           // lets a second start on this machine ask for a ticket; "" refuses all
	Data  http.Handler     // answers the GET whose result is saved, with the session of the request
}

// Desk serves /desk/* of the loopback door. The zero value is not usable.
type Desk struct {
	options Options
	dialog  sync.Mutex // dialogs share one channel in the window system

	mu      sync.Mutex
	dialogs Dialogs                // nil while there is no window
	tickets map[[32]byte]time.Time // digest of a ticket → its end
	windows map[[32]byte]bool      // digests of the marks that windows carry
}

// New returns the end points of a window.
func New(o Options) *Desk {
	return &Desk{options: o, tickets: map[[32]byte]time.Time{}, windows: map[[32]byte]bool{}}
}

// UseDialogs gives the native dialogs of a window that has started.
func (d *Desk) UseDialogs(dialogs Dialogs) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dialogs = dialogs
}

// Ticket returns a new ticket for [Desk.Handler]'s enter page: 256 random bits,
// good once and for 60 seconds. It must not be logged.
func (d *Desk) Ticket() string {
	ticket := random()
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Clock()
	for digest, end := range d.tickets {
		if !now.Before(end) {
			delete(d.tickets, digest)
		}
	}
	d.tickets[sha256.Sum256([]byte(ticket))] = now.Add(ticketLife)
	return ticket
}

// use takes the ticket out and reports whether it was good.
func (d *Desk) use(ticket string) bool {
	digest := sha256.Sum256([]byte(ticket))
	d.mu.Lock()
	defer d.mu.Unlock()
	end, ok := d.tickets[digest]
	delete(d.tickets, digest)
	return ok && d.options.Clock().Before(end)
}

// EnterURL returns the address, below base, that lets a window in with ticket.
func EnterURL(base, ticket string) string { return base + "/desk/enter?t=" + ticket }

var bootstrapPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>Kofu</title></head>
<body><p>{{.Text}}</p><script>location.replace({{.URL}})</script></body></html>
`))

// Bootstrap is all that the window's own scheme serves: one page that leads to
// the enter URL, which url returns anew for each load.
func Bootstrap(url func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_ = bootstrapPage.Execute(w, map[string]string{"URL": url(), "Text": message.Text("desk.loading", nil)})
	})
}

// Handler serves /desk/*. Everything but the enter page and the ticket for a
// second start needs the mark that the enter page gave the window.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /desk/enter", d.enter)
	mux.HandleFunc("POST /desk/ticket", d.postTicket)
	mux.Handle("POST /desk/save-as", d.marked(d.saveAs))
	mux.HandleFunc("/desk/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, fault.New(fault.NotFound, "desk.unknown_path"))
	})
	return mux
}

var enterPage = template.Must(template.New("").Parse(
	`<!doctype html><html lang="ja"><meta charset="utf-8"><title>Kofu</title><script nonce="{{.}}">location.replace("/")</script>` + "\n"))

// enter lets the window in. It answers 200 and lets the page go on by itself:
// after a redirect the browser, which came from another site, would not send
// the strict cookie that was just set.
func (d *Desk) enter(w http.ResponseWriter, r *http.Request) {
	if !d.use(r.URL.Query().Get("t")) {
		refuse(w, fault.New(fault.Forbidden, "desk.ticket_refused"))
		return
	}
	mark, nonce := random(), random()
	d.mu.Lock()
	d.windows[sha256.Sum256([]byte(mark))] = true
	d.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: d.cookie(), Value: mark, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = enterPage.Execute(w, nonce)
}

func (d *Desk) cookie() string { return "kofudesk" + d.options.Port }

// marked lets only the window pass.
func (d *Desk) marked(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.Entered(r) {
			refuse(w, fault.New(fault.Forbidden, "desk.window_only"))
			return
		}
		h(w, r)
	})
}

// Entered reports whether the request comes from a window that came in with a
// ticket.
func (d *Desk) Entered(r *http.Request) bool {
	c, err := r.Cookie(d.cookie())
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.windows[sha256.Sum256([]byte(c.Value))]
}

// CanSave reports whether files go through the save dialog: the request comes
// from the window, and this process is the one with the dialogs. A browser on
// the loopback door, or a window on a server without one, downloads instead.
func (d *Desk) CanSave(r *http.Request) bool { return d.native() != nil && d.Entered(r) }

func (d *Desk) native() Dialogs {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dialogs
}

// KeyHeader carries the key of a second start.
const KeyHeader = "X-Kofu-Desk-Key"

// postTicket gives a ticket to a second start of the program, which proves by
// the key that it may read the data folder's own files.
func (d *Desk) postTicket(w http.ResponseWriter, r *http.Request) {
	key := d.options.Key
	if key == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get(KeyHeader)), []byte(key)) != 1 {
		refuse(w, fault.New(fault.Forbidden, "desk.window_only"))
		return
	}
	reply(w, http.StatusOK, map[string]string{"ticket": d.Ticket()})
}

// NewKey returns a key for [Options].
func NewKey() string { return random() }

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
