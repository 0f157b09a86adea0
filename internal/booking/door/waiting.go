package door

import (
	"log/slog"
	"net/http"
	"time"

	"kofu/internal/booking/queue"
)

// Names of the cookies of the waiting room.
const (
	ticketCookie = "kofu_ticket"
	passCookie   = "kofu_pass"
)

// ticketAge is how long a browser keeps a ticket.
const ticketAge = 12 * time.Hour

// Waiting is the waiting room in front of the pages of one municipality.
type Waiting struct {
	Queue  *queue.Queue
	Meter  *Meter // of what is behind the room
	Clock  func() time.Time
	Log    *slog.Logger
	Secure bool // cookies ask for TLS
	// Free tells requests that never wait: style sheets and pages of help.
	Free func(*http.Request) bool
	// Code tells requests with the code of a letter; they come through with the
	// notice LooksUp, because a code that cannot book yet is told so at once.
	Code func(*http.Request) bool
}

// Wrap lets requests through to next, or through with a notice of the waiting
// room. What is behind the room is measured by its Meter.
func (q *Waiting) Wrap(next http.Handler) http.Handler {
	inner := Watch(q.Meter, q.Clock, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q.Free(r) || NoticeOf(r.Context()).Kind != Nothing {
			next.ServeHTTP(w, r)
			return
		}
		p95, requests := q.Meter.P95(q.Clock())
		verdict, err := q.Queue.Ask(r.Context(), cookie(r, passCookie), cookie(r, ticketCookie),
			queue.Load{InFlight: q.Meter.InFlight(), P95: p95, Requests: requests})
		if err != nil {
			q.Log.Error("waiting room", "tenant", q.Queue.Tenant, "error", err)
			w.Header().Set("Retry-After", "10")
			Plain(w, http.StatusServiceUnavailable, "door.unavailable")
			return
		}
		q.keep(w, r, verdict)
		switch {
		case verdict.Admitted:
			inner.ServeHTTP(w, r)
		case q.Code(r):
			inner.ServeHTTP(w, noticed(r, Notice{Kind: LooksUp, Place: verdict.Place}))
		default:
			next.ServeHTTP(w, noticed(r, Notice{Kind: Waits, Place: verdict.Place}))
		}
	})
}

// keep hands out ticket and pass. While nobody waits, whoever sends a form gets a
// pass, so that a rush does not stop them half-way; pages that anybody may see
// stay without cookies, so that they can be cached.
func (q *Waiting) keep(w http.ResponseWriter, r *http.Request, v queue.Verdict) {
	if v.Admitted && v.Pass == "" && r.Method == http.MethodPost {
		pass, err := q.Queue.Enter(r.Context(), cookie(r, passCookie))
		if err != nil {
			q.Log.Error("waiting room", "tenant", q.Queue.Tenant, "error", err)
		}
		v.Pass = pass
	}
	for name, value := range map[string]string{ticketCookie: v.Ticket, passCookie: v.Pass} {
		if value != "" {
			http.SetCookie(w, &http.Cookie{
				Name: name, Value: value, Path: "/", MaxAge: int(ticketAge.Seconds()),
				HttpOnly: true, Secure: q.Secure, SameSite: http.SameSiteLaxMode,
			})
		}
	}
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}
