package door

import (
	"bytes"
	"io"
	"net/http"
)

// Whole keeps slow clients away from what is scarce: a request is handed on when
// all of it has come, and its answer is sent when the handler has ended. Whoever
// sends or reads a byte now and then holds a connection until its time is over,
// and no place among those who are served. It is for small forms and pages; the
// size of a request must be bounded in front of it.
func Whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			b, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(b), failing{err}))
		}
		a := &answer{header: w.Header()}
		next.ServeHTTP(a, r)
		a.send(w)
	})
}

// answer keeps what a handler says until it has ended.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) send(w http.ResponseWriter) {
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(a.body.Bytes()) // the client has gone
}

// failing ends a body that did not come whole with the error there was, which the
// handler answers in its own words.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
