package gate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/mynumber"
)

// Problem is the body of every answer that is no success.
type Problem struct {
	Code    string            `json:"code"`
	Message string            `json:"message"` // ready to show
	Args    map[string]string `json:"args"`
	Details []ProblemDetail   `json:"details"`
}

// ProblemDetail is one place that is wrong. Row is 0 where there are no rows.
type ProblemDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Row     int    `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
}

// statusOf are the answers to the kinds of failure.
var statusOf = map[fault.Kind]int{
	fault.BadRequest:      http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// fail answers err: a fault with the status of its kind and its text,
// everything else with 500 and nothing of its cause, which the log gets.
func (g *gate) fail(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	e, ok := fault.As(err)
	switch {
	case errors.As(err, &tooLarge):
		g.failWith(w, r, http.StatusRequestEntityTooLarge, fault.New(fault.TooLarge, "gate.too_large"))
	case ok && statusOf[e.Kind] != 0:
		if e.Err != nil || e.Kind == fault.Unavailable {
			g.Log.WarnContext(r.Context(), "request refused", "error", mynumber.Mask(err.Error()))
		}
		g.failWith(w, r, statusOf[e.Kind], e)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		// The browser has gone: nobody reads an answer.
	default:
		g.Log.ErrorContext(r.Context(), "request failed", "error", mynumber.Mask(err.Error()))
		g.failWith(w, r, http.StatusInternalServerError, fault.New(fault.Internal, "internal"))
	}
}

func (g *gate) failWith(w http.ResponseWriter, r *http.Request, status int, e *fault.Error) {
	if started(w) {
		// Half of another answer is out. Cutting the connection shows that it is
		// not whole.
		g.Log.ErrorContext(r.Context(), "answer broken off", "code", e.Code)
		panic(http.ErrAbortHandler) //nolint:forbidigo // the server's own way to cut a connection
	}
	noteCode(r.Context(), e.Code)
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "ETag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if err := Reply(w, status, problem(e)); err != nil {
		g.Log.InfoContext(r.Context(), "answer not delivered", "error", err.Error())
	}
}

// problem is the failure for the screens. What was typed by mistake is not
// shown again.
func problem(e *fault.Error) Problem {
	p := Problem{
		Code: e.Code, Message: mynumber.Mask(message.Text(e.Code, e.Args)), Args: make(map[string]string, len(e.Args)),
		Details: make([]ProblemDetail, 0, len(e.Details)),
	}
	for name, value := range e.Args {
		p.Args[name] = mynumber.Mask(value)
	}
	for _, d := range e.Details {
		p.Details = append(p.Details, ProblemDetail{
			Code: d.Code, Message: mynumber.Mask(message.OfDetail(d)), Row: d.Row, Column: d.Column, Value: mynumber.Mask(d.Value),
		})
	}
	return p
}

// Reply answers with v as JSON.
func Reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(append(body, '\n'))
	return undelivered(err)
}

// undelivered marks what happens when the browser has gone while it is
// answered, which is no failure of ours.
func undelivered(err error) error {
	if err != nil {
		return errors.Join(context.Canceled, err)
	}
	return nil
}

// Decode reads the body as JSON into v, which must name every field that the
// body has. Errors: fault.BadRequest "gate.not_json", "gate.bad_json".
func Decode(r *http.Request, v any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fault.New(fault.BadRequest, "gate.not_json")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badJSON(errors.New("something follows the document"))
	}
	return nil
}

func badJSON(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	var field *json.UnmarshalTypeError
	place := ""
	switch {
	case errors.As(err, &field):
		place = field.Field
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		place = strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
	}
	return fault.New(fault.BadRequest, "gate.bad_json", "field", place)
}
