package door

import (
	"net/http"
	"time"
)

// patience is how long a request waits for a place before it is refused: a page
// that comes a moment later is better than one that says no.
const patience = 500 * time.Millisecond

// Share lets at most limit requests of one municipality be answered at a time,
// so that a rush for one leaves room for the others. Whoever finds no place
// within a moment is told that the service is busy.
func Share(limit int, meter *Meter, next http.Handler) http.Handler {
	places := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !take(places, r) {
			meter.refused.Add(1)
			w.Header().Set("Retry-After", "10")
			next.ServeHTTP(w, noticed(r, Notice{Kind: Busy}))
			return
		}
		defer func() { <-places }()
		next.ServeHTTP(w, r)
	})
}

func take(places chan struct{}, r *http.Request) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-wait.C:
	case <-r.Context().Done():
	}
	return false
}
