package door

import (
	"net/http"
	"time"
)

// Watch measures every request. The pages behind write the log themselves: they
// know their routes, and so what of an address may be written.
func Watch(meter *Meter, clock func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := clock()
		meter.begin()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			end := clock()
			problem := recover()
			if problem != nil && rec.status == 0 {
				rec.status = http.StatusInternalServerError
			}
			meter.end(end, end.Sub(begin), rec.code())
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

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
