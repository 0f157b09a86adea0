package web

import (
	"mime"
	"net/http"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/gate"
)

// reply answers with v as JSON.
func reply(w http.ResponseWriter, status int, v any) error { return gate.Reply(w, status, v) }

// ok answers 200 with v as JSON.
func ok(w http.ResponseWriter, v any) error { return gate.Reply(w, http.StatusOK, v) }

// attach answers with a file to save under the name, which may be Japanese.
func attach(w http.ResponseWriter, contentType, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

// done answers that there is nothing to say.
func done(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// decode reads the body of a request.
func decode[T any](r *http.Request) (v T, err error) {
	err = gate.Decode(r, &v)
	return v, err
}

// pathID is the number in the place {id} of the path. Errors: fault.NotFound
// "gate.no_such_address".
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "gate.no_such_address")
	}
	return id, nil
}

// window is the part of a list that a request asks for with offset and limit.
// Without a limit it takes usual. Errors: fault.BadRequest "web.window".
func window(r *http.Request, usual int) (offset, limit int, err error) {
	const most = 1000
	if offset, err = number(r, "offset", 0); err != nil {
		return 0, 0, err
	}
	if limit, err = number(r, "limit", usual); err != nil {
		return 0, 0, err
	}
	if offset < 0 || limit < 1 || limit > most {
		return 0, 0, fault.New(fault.BadRequest, "web.window", "max", strconv.Itoa(most))
	}
	return offset, limit, nil
}

func number(r *http.Request, name string, missing int) (int, error) {
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

// orEmpty makes the list that JSON writes as [] of one that it writes as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
