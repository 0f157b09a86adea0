// Package staffweb is what the staff interfaces of both programs have in common:
// the routes of sign-in, accounts and log, the pages, the manners of requests and
// answers, and the description of an interface for people and for TypeScript. It
// stands on package gate and writes no table.
package staffweb

import (
	"mime"
	"net/http"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/staff"
)

// Reply answers with v as JSON.
func Reply(w http.ResponseWriter, status int, v any) error { return gate.Reply(w, status, v) }

// OK answers 200 with v as JSON.
func OK(w http.ResponseWriter, v any) error { return gate.Reply(w, http.StatusOK, v) }

// Attach answers with a file to save under the name, which may be Japanese.
func Attach(w http.ResponseWriter, contentType, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

// Done answers that there is nothing to say.
func Done(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Decode reads the body of a request.
func Decode[T any](r *http.Request) (v T, err error) {
	err = gate.Decode(r, &v)
	return v, err
}

// PathID is the number in the place {id} of the path. Errors: fault.NotFound
// "gate.no_such_address".
func PathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "gate.no_such_address")
	}
	return id, nil
}

// PathNumber is the number in a place of the path. Errors: fault.NotFound
// "gate.no_such_address".
func PathNumber(r *http.Request, name string) (int, error) {
	n, err := strconv.Atoi(r.PathValue(name))
	if err != nil || n <= 0 {
		return 0, fault.New(fault.NotFound, "gate.no_such_address")
	}
	return n, nil
}

// Window is the part of a list that a request asks for with offset and limit.
// Without a limit it takes usual. Errors: fault.BadRequest "web.window".
func Window(r *http.Request, usual int) (offset, limit int, err error) {
	const most = 1000
	if offset, err = Number(r, "offset", 0); err != nil {
		return 0, 0, err
	}
	if limit, err = Number(r, "limit", usual); err != nil {
		return 0, 0, err
	}
	if offset < 0 || limit < 1 || limit > most {
		return 0, 0, fault.New(fault.BadRequest, "web.window", "max", strconv.Itoa(most))
	}
	return offset, limit, nil
}

// Number is the number of a parameter, missing without one. Errors:
// fault.BadRequest "web.number".
func Number(r *http.Request, name string, missing int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.BadRequest, "web.number", "name", name)
	}
	return n, nil
}

// OrEmpty makes the list that JSON writes as [] of one that it writes as null.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// May reports whether the session of a request has a permission.
func May(r *http.Request, p staff.Permission) bool {
	session, signedIn := gate.SessionOf(r.Context())
	return signedIn && session.May(p)
}

// Needs refuses a request whose session lacks a permission beside that of its
// route. Errors: fault.Forbidden "gate.forbidden".
func Needs(r *http.Request, p staff.Permission) error {
	if May(r, p) {
		return nil
	}
	return fault.New(fault.Forbidden, "gate.forbidden", "permission", string(p))
}
