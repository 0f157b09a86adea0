package door

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/booking/town"
)

// The list of municipalities is read anew when it is older than stale, and for
// an unknown host name when it is older than again: a new municipality is served
// at once, and names that nobody has cost nothing.
const (
	stale = 5 * time.Second
	again = time.Second
)

// Hosts leads each request to the handler of its municipality, which it makes
// at the first request and anew when the municipality is renamed. The host name
// alone decides; its port and its case do not matter.
type Hosts struct {
	Name  func(town.Town) string                                 // which of its host names counts here
	List  func(context.Context) ([]town.Town, error)             // reads the municipalities
	Build func(context.Context, town.Town) (http.Handler, error) // makes the handler of one
	Clock func() time.Time
	Log   *slog.Logger

	reading sync.Mutex
	known   atomic.Pointer[hosts]
}

// hosts is one reading of the list.
type hosts struct {
	at     time.Time
	served map[string]*served
}

// served is a municipality with its handler.
type served struct {
	town  town.Town
	build func() (http.Handler, error)
}

// ServeHTTP answers a request. A name that no municipality has gets 421.
func (h *Hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, err := h.find(r.Context(), hostName(r))
	if err != nil {
		h.Log.Error("municipalities", "error", err)
		w.Header().Set("Retry-After", "10")
		Plain(w, http.StatusServiceUnavailable, "door.unavailable")
		return
	}
	if s == nil {
		Plain(w, http.StatusMisdirectedRequest, "door.unknown_host")
		return
	}
	handler, err := s.build()
	if err != nil {
		h.Log.Error("municipality", "tenant", s.town.ID, "error", err)
		w.Header().Set("Retry-After", "10")
		Plain(w, http.StatusServiceUnavailable, "door.unavailable")
		return
	}
	handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), townKey{}, s.town)))
}

// find returns the municipality of a host name, or nil. When the list cannot be
// read, the last one holds.
func (h *Hosts) find(ctx context.Context, host string) (*served, error) {
	known := h.known.Load()
	now := h.Clock()
	if known != nil {
		s := known.served[host]
		age := now.Sub(known.at)
		if age < again || s != nil && age < stale {
			return s, nil
		}
		if s != nil && !h.reading.TryLock() { // somebody is reading; this request need not wait
			return s, nil
		} else if s == nil {
			h.reading.Lock()
		}
	} else {
		h.reading.Lock()
	}
	defer h.reading.Unlock()
	if latest := h.known.Load(); latest != known { // somebody has read meanwhile
		return latest.served[host], nil
	}
	list, err := h.List(ctx)
	if err != nil {
		if known == nil {
			return nil, err
		}
		h.Log.Error("municipalities", "error", err)
		return known.served[host], nil
	}
	latest := h.renew(known, list, now)
	h.known.Store(latest)
	return latest.served[host], nil
}

// renew keeps the handlers of municipalities that are as they were.
func (h *Hosts) renew(known *hosts, list []town.Town, now time.Time) *hosts {
	next := &hosts{at: now, served: map[string]*served{}}
	for _, t := range list {
		name := h.Name(t)
		if known != nil && known.served[name] != nil && known.served[name].town == t {
			next.served[name] = known.served[name]
			continue
		}
		next.served[name] = &served{town: t, build: h.builder(t)}
	}
	return next
}

// builder makes the handler at its first use; a failure is tried again.
func (h *Hosts) builder(t town.Town) func() (http.Handler, error) {
	var mu sync.Mutex
	var made http.Handler
	return func() (http.Handler, error) {
		mu.Lock()
		defer mu.Unlock()
		if made == nil {
			handler, err := h.Build(context.Background(), t) // it outlives the request that asked first
			if err != nil {
				return nil, err
			}
			made = handler
		}
		return made, nil
	}
}
