package site

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/visitor"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/mynumber"
)

// visit is one request of a resident.
type visit struct {
	*site
	w        http.ResponseWriter
	r        *http.Request
	now      time.Time
	city     *city
	lang     string
	words    wording.Words
	session  visitor.Session
	signedIn bool
	stale    bool   // a form came without its token: it is shown again and does nothing
	form     string // what tokens of forms belong to, before there is a session
	route    string // as the log names it
	code     string // of a refusal
	failed   error
	seats    *slot.Board // that the page shows
}

type visitKey struct{}

// speak sets the language of the answer.
func (v *visit) speak(lang string) {
	v.lang = lang
	v.words = v.catalogue.In(lang, v.city.terms.Wording)
}

// preferred is the language of a visitor who has not chosen one: that of the
// last visit, then what the browser asks for, then Japanese.
func (v *visit) preferred() string {
	if lang := v.cookie(languageCookie); slices.Contains(v.city.languages, lang) {
		return lang
	}
	for part := range strings.SplitSeq(v.r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		for _, lang := range v.city.languages {
			if strings.EqualFold(tag, lang) || strings.EqualFold(base(tag), base(lang)) && lang != wording.Easy {
				return lang
			}
		}
	}
	return wording.Japanese
}

// base is the language of a tag without script and region; Chinese needs them.
func base(tag string) string {
	switch lower := strings.ToLower(tag); {
	case lower == "zh-tw" || lower == "zh-hk" || lower == "zh-mo" || strings.HasPrefix(lower, "zh-hant"):
		return "zh-hant"
	case lower == "zh" || strings.HasPrefix(lower, "zh-"):
		return "zh-hans"
	default:
		first, _, _ := strings.Cut(lower, "-")
		return first
	}
}

// path is the address of a page in the language of the visit.
func (v *visit) path(to string) string { return "/" + v.lang + to }

// redirect sends the browser to another page by GET.
func (v *visit) redirect(to string) error {
	if v.route == "" {
		v.route = "/{$}"
	}
	v.w.Header().Set("Location", v.path(to))
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Cookies. Behind TLS their names forbid other hosts of the domain to set them.
const (
	sessionCookie  = "kofu-visit"
	formCookie     = "kofu-form"
	letterCookie   = "kofu-letter"
	viewCookie     = "kofu-view"
	languageCookie = "kofu-lang"
)

func (v *visit) cookieName(name string) string {
	if v.Secure {
		return "__Host-" + name
	}
	return name
}

func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie for so long; zero is until the browser closes, and an
// empty value takes it away.
func (v *visit) setCookie(name, value string, age time.Duration) {
	c := &http.Cookie{
		Name: v.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

// The session's cookie is its token and a keyed hash of it, so that made-up
// cookies cost no look-up.
func (v *visit) sessionToken() string {
	token, mac, _ := strings.Cut(v.cookie(sessionCookie), ".")
	if token == "" || subtle.ConstantTimeCompare([]byte(mac), []byte(v.Ring.MAC("visitor-cookie", token))) != 1 {
		return ""
	}
	return token
}

func (v *visit) begin(s visitor.Session) {
	v.session, v.signedIn = s, true
	v.setCookie(sessionCookie, s.Token+"."+v.Ring.MAC("visitor-cookie", s.Token), visitor.Lifetime)
	v.setCookie(formCookie, "", 0)
}

// Token is the value that every form carries, so that only our own pages can
// send one. Before there is a session it belongs to a cookie of its own.
func (v *visit) Token() string {
	subject := v.session.Token
	if !v.signedIn {
		if v.form == "" {
			v.form = v.cookie(formCookie)
		}
		if v.form == "" {
			v.form = rand.Text()
			v.setCookie(formCookie, v.form, visitor.Lifetime)
		}
		subject = v.form
	}
	return v.Ring.MAC("visitor-form", subject)
}

// tokenFits compares the token of a form; without session and cookie that is with
// a new one, which no form has.
func (v *visit) tokenFits() bool {
	return subtle.ConstantTimeCompare([]byte(v.r.PostForm.Get("token")), []byte(v.Token())) == 1
}

// Once is a new one-time token of a form.
func (v *visit) Once() string { return rand.Text() }

// fail answers err with a page in the layout.
func (v *visit) fail(err error) {
	if a, ok := v.w.(*answer); ok && a.status != 0 {
		v.Log.ErrorContext(v.r.Context(), "answer broken off", "error", mynumber.Mask(err.Error()))
		panic(http.ErrAbortHandler) //nolint:forbidigo // the server's own way to cut a connection
	}
	if errors.Is(err, context.Canceled) && v.r.Context().Err() != nil {
		return // nobody reads an answer
	}
	status, e := v.statusOf(err)
	v.code = e.Code
	if v.city == nil { // not even the municipality could be read
		http.Error(v.w, "503 Service Unavailable", http.StatusServiceUnavailable)
		return
	}
	if status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "10")
	}
	if err := v.page(status, "error", "error."+errorPage(status)+".title", errorData{Status: status, Fault: e}); err != nil {
		v.Log.ErrorContext(v.r.Context(), "error page failed", "error", mynumber.Mask(err.Error()))
	}
}

type errorData struct {
	Status int
	Fault  *fault.Error
}

// errorPage names the page of a status; a status without its own is told by
// its fault.
func errorPage(status int) string {
	switch status {
	case http.StatusForbidden:
		return "403"
	case http.StatusMethodNotAllowed:
		return "405"
	case http.StatusRequestEntityTooLarge:
		return "413"
	case http.StatusTooManyRequests:
		return "429"
	case http.StatusServiceUnavailable:
		return "503"
	case http.StatusInternalServerError:
		return "500"
	default:
		return "404"
	}
}

var statusOfKind = map[fault.Kind]int{
	fault.BadRequest:  http.StatusBadRequest,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Forbidden:   http.StatusForbidden,
	fault.NotFound:    http.StatusNotFound,
	fault.Conflict:    http.StatusConflict,
	fault.TooLarge:    http.StatusRequestEntityTooLarge,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// statusOf tells faults from failures; of the latter the log gets the cause and
// nobody else.
func (v *visit) statusOf(err error) (int, *fault.Error) {
	var tooLarge *http.MaxBytesError
	e, ok := fault.As(err)
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fault.New(fault.TooLarge, "gate.too_large")
	case ok && e.Code == "gate.method":
		return http.StatusMethodNotAllowed, e
	case ok && statusOfKind[e.Kind] != 0:
		if e.Err != nil || e.Kind == fault.Unavailable {
			v.Log.WarnContext(v.r.Context(), "request refused", "error", mynumber.Mask(err.Error()))
		}
		return statusOfKind[e.Kind], e
	default:
		v.Log.ErrorContext(v.r.Context(), "request failed", "path", v.masked(), "error", mynumber.Mask(err.Error()))
		return http.StatusInternalServerError, fault.New(fault.Internal, "internal")
	}
}
