package door

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Watch writes one line for each request and measures it. The line has neither
// address nor query, and of the path only words: codes, references and tokens
// become ****.
func Watch(listener string, meters *Meters, log *slog.Logger, clock func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := clock()
		tenant := 0
		if t, ok := TownOf(r.Context()); ok {
			tenant = t.ID
		}
		meter := meters.Of(listener, tenant)
		meter.begin()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			end := clock()
			problem := recover()
			if problem != nil && rec.status == 0 {
				rec.status = http.StatusInternalServerError
			}
			meter.end(end, end.Sub(begin), rec.code())
			log.Info("request", "listener", listener, "tenant", tenant, "method", r.Method, "path", Mask(r.URL.Path),
				"status", rec.code(), "bytes", rec.bytes, "ms", end.Sub(begin).Milliseconds())
			if problem != nil {
				panic(problem) // the server logs it and ends the connection
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// word is a part of a path that says what was asked for and not who asked.
var word = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z-]{0,15}|[a-z-]{1,16}\.[a-z0-9]{2,5})?$`)

// Mask replaces every part of a path that is not a plain word.
func Mask(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !word.MatchString(part) {
			parts[i] = "****"
		}
	}
	return strings.Join(parts, "/")
}
