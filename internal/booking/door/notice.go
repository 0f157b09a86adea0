package door

import (
	"context"
	"net/http"

	"kofu/internal/booking/queue"
)

// Kind says what a request gets to see instead of what it asked for.
type Kind int

// The kinds of notices.
const (
	Nothing Kind = iota // the request goes on
	Waits               // the waiting room
	// LooksUp is for a request with the code of a letter while others wait: a code
	// that cannot book is told so at once, every other one waits.
	LooksUp
	Busy   // the municipality has used up its share of the server
	Frozen // the municipality is not served at the moment
)

// Notice is what the pages behind the door show instead of what was asked for,
// in their own words and languages.
type Notice struct {
	Kind  Kind
	Place queue.Place // with Waits and LooksUp
}

type noticeKey struct{}

// NoticeOf returns the notice of a request.
func NoticeOf(ctx context.Context) Notice {
	n, _ := ctx.Value(noticeKey{}).(Notice)
	return n
}

func noticed(r *http.Request, n Notice) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), noticeKey{}, n))
}

// Freeze shows a notice for a municipality that is not served at the moment.
func Freeze(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, ok := TownOf(r.Context()); ok && t.Frozen() {
			w.Header().Set("Retry-After", "600")
			r = noticed(r, Notice{Kind: Frozen})
		}
		next.ServeHTTP(w, r)
	})
}
