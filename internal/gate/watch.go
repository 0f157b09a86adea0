package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"kofu/internal/mynumber"
)

// record is what the request log says about a request: never its query, its
// body or a name.
type record struct {
	route string
	actor string
	code  string // of a refusal
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, ok := ctx.Value(recordKey{}).(*record)
	if !ok {
		return &record{}
	}
	return r
}

func noteRoute(ctx context.Context, pattern string) { recordOf(ctx).route = pattern }
func noteActor(ctx context.Context, id string)      { recordOf(ctx).actor = id }
func noteCode(ctx context.Context, code string)     { recordOf(ctx).code = code }

// watch logs every request below /api/ and answers a panic like any other
// internal failure.
func (g *gate) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := g.Clock()
		rec := &record{}
		out := &answer{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p) //nolint:forbidigo // the server's own way to cut a connection
				}
				g.Log.ErrorContext(r.Context(), "panic", "error", mynumber.Mask(fmt.Sprint(p)), "stack", string(debug.Stack()))
				g.fail(out, r, errors.New("panic"))
			}
			if rec.route != "" {
				g.Log.InfoContext(r.Context(), "request", "method", r.Method, "route", rec.route, "status", out.status,
					"code", rec.code, "staff", rec.actor, "terminal", Terminal(r), "bytes", out.size,
					"ms", g.Clock().Sub(start).Milliseconds())
			}
		}()
		next.ServeHTTP(out, r)
	})
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
		ownFrame(a.Header())
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

// started reports whether an answer is under way.
func started(w http.ResponseWriter) bool {
	a, ok := w.(*answer)
	return ok && a.status != 0
}
