package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
)

// pages are the templates, each with the layout and the partials, and the style
// sheet.
type pages struct {
	byName map[string]*template.Template
	css    []byte
}

// parsePages parses page/*.html once. Files whose name begins with «_» are the
// layout and the partials.
func parsePages(files fs.FS) (*pages, error) {
	shared, err := template.New("").ParseFS(files, "page/_*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "page/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range names {
		one, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if one, err = one.ParseFS(files, name); err != nil {
			return nil, err
		}
		p.byName[strings.TrimSuffix(path.Base(name), ".html")] = one
	}
	p.css, err = fs.ReadFile(files, "style.css")
	return p, err
}

// page is what a template sees: the visit, the problems of the form and the
// data of the page.
type page struct {
	*visit
	TitleKey string
	Problems []problem
	Data     any
}

// problem is one thing to put right, at a field or at none.
type problem struct {
	Field string // id of the field, '' for the page as a whole
	Key   string
	Args  []string
	Then  string // key of a sentence that follows, or ''
}

// problemOf is a fault as residents read it.
func (v *visit) problemOf(field string, e *fault.Error) problem {
	p := problem{Field: field, Key: "error." + e.Code}
	if e.Code == "booking.closed_period" {
		if p.Key += ".after"; string(v.today()) < e.Args["from"] {
			p.Key = "error." + e.Code + ".before"
		}
	}
	for name, value := range e.Args {
		p.Args = append(p.Args, name, v.words.Argument(value))
	}
	return p
}

// page answers with a page.
func (v *visit) page(status int, name, title string, data any, problems ...problem) error {
	body, err := v.render(name, title, data, problems...)
	if err != nil {
		return err
	}
	return v.html(status, body)
}

func (v *visit) render(name, title string, data any, problems ...problem) ([]byte, error) {
	t, ok := v.pages.byName[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "layout", page{v, title, problems, data}); err != nil {
		return nil, fmt.Errorf("page %q: %w", name, err)
	}
	return tidy(out.Bytes()), nil
}

// tidy drops the indentation and the empty lines that templates leave.
func tidy(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for line := range bytes.Lines(b) {
		if line = bytes.TrimLeft(line, " \t\n"); len(line) > 0 {
			out = append(out, line...)
		}
	}
	return out
}

func (v *visit) html(status int, body []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", wording.HTMLLang(v.lang))
	v.w.WriteHeader(status)
	if v.r.Method == http.MethodHead {
		return nil
	}
	_, _ = v.w.Write(body) // a browser that has gone reads no answer
	return nil
}

// T is a text of the page.
func (p page) T(key string, args ...string) template.HTML { return p.words.HTML(key, args...) }

// P is a text without markup, for titles and attributes.
func (p page) P(key string, args ...string) string { return p.words.Plain(key, args...) }

// Has reports whether there is a text.
func (p page) Has(key string) bool { return p.words.Has(key) }

// Title is the text of the title element.
func (p page) Title() string {
	title := p.P(p.TitleKey)
	if len(p.Problems) > 0 {
		title = p.P("error.prefix") + " " + title
	}
	return title + " | " + p.P("site.name", "city", p.city.Name)
}

// HTMLLang is the language of the page for the lang attribute.
func (p page) HTMLLang() string { return wording.HTMLLang(p.lang) }

// Lang is the language in addresses.
func (p page) Lang() string { return p.lang }

// Base begins every address of ours.
func (p page) Base() string { return "/" + p.lang }

// Problem is the problem of a field, nil without one.
func (p page) Problem(field string) *problem {
	for i := range p.Problems {
		if p.Problems[i].Field == field {
			return &p.Problems[i]
		}
	}
	return nil
}

// Explain is the text of a problem.
func (p page) Explain(q problem) template.HTML {
	text := p.words.HTML(q.Key, q.Args...)
	if q.Then != "" {
		text += " " + p.words.HTML(q.Then)
	}
	return text
}

// SiteName names the site and its municipality.
func (p page) SiteName() template.HTML { return p.inJapanese("site.name", "city", p.city.Name) }

// HoursText says when somebody answers the phone.
func (p page) HoursText() template.HTML { return p.inJapanese("foot.hours", "hours", p.Hours()) }

// inJapanese is a text with one place for words of the municipality, which are
// Japanese on every page.
func (p page) inJapanese(key, place, value string) template.HTML {
	if p.HTMLLang() == wording.Japanese {
		return p.T(key, place, value)
	}
	own := `<span lang="` + wording.Japanese + `">` + template.HTMLEscapeString(value) + `</span>`
	text := strings.ReplaceAll(string(p.T(key)), "{"+place+"}", own)
	return template.HTML(text) //nolint:gosec // both parts are escaped
}

// Phone, Tel and Hours stand at the end of every page.
func (p page) Phone() string { return p.phoneOf(slot.Window{}, "") }

// Tel is the phone number as a link dials it.
func (p page) Tel() template.URL { return telLink(p.Phone()) }

// Hours says when somebody answers the phone.
func (p page) Hours() string { return p.city.policy.Hours }

// phoneOf is the phone number of a window, else of the municipality, else of
// the first window that has one.
func (p page) phoneOf(w slot.Window, own string) string {
	if own == "" {
		own = w.Phone
	}
	if own == "" {
		own = p.city.policy.Phone
	}
	for _, other := range p.city.windows {
		if own == "" {
			own = other.Phone
		}
	}
	return own
}

func telLink(phone string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, jptext.Narrow(phone))
	return template.URL("tel:" + digits) //nolint:gosec // digits only
}

// Closed is why the site takes no bookings now, nil while it does.
func (p page) Closed() *problem {
	if e, ok := fault.As(p.city.Admit(p.now)); ok {
		q := p.problemOf("", e)
		return &q
	}
	return nil
}

// notice is what the municipality has to say on a page.
type notice struct{ HTMLLang, Text string }

// Notices are those of a page.
func (p page) Notices(where string) (list []notice) {
	for _, n := range p.city.terms.Notices.Show(p.now, where, p.lang) {
		list = append(list, notice{wording.HTMLLang(n.Lang), n.Text})
	}
	return list
}

// Must says in words whether a field has to be filled in.
func (p page) Must(required bool) template.HTML {
	if required {
		return `<span class="must">` + p.T("field.required") + `</span>`
	}
	return `<span class="hint">(` + p.T("field.optional") + `)</span>`
}

// Classes are those of the html element: text size and colours.
func (p page) Classes() string {
	size, high := p.viewing()
	if high {
		return size + " high"
	}
	return size
}

// Machine says that nobody has checked the translation.
func (p page) Machine() bool {
	text, _ := p.catalogue.Text(p.lang, "meta.checked")
	return text == ""
}

// SignedIn says whether a code has been shown.
func (p page) SignedIn() bool { return p.signedIn }

// Stylesheet is the address of the style sheet, which changes with its content.
func (p page) Stylesheet() string { return "/" + stylePath + "/" + p.city.styleName }

// Here is the address of this page for going back to it.
func (p page) Here() string {
	if p.r.Method != http.MethodGet {
		return "/"
	}
	here := p.r.URL.Path
	if after, found := strings.CutPrefix(here, p.path("/")); found { // of a page that no route has
		here = "/" + after
	}
	if q := p.r.URL.RawQuery; q != "" {
		here += "?" + q
	}
	return here
}

// ViewURL is the address of the page for text size and colours.
func (p page) ViewURL() string { return p.path("/view?back=" + url.QueryEscape(p.Here())) }

// LanguageURL is the address of the page for the language.
func (p page) LanguageURL() string { return p.path("/language?back=" + url.QueryEscape(p.Here())) }

// Date, ShortDate and the rest write days and instants in the page's language.
func (p page) Date(day jpdate.Day) string { return p.words.Date(day) }

// ShortDate is a day without its year.
func (p page) ShortDate(day jpdate.Day) string { return p.words.ShortDate(day) }

// Clock is a time of day.
func (p page) Clock(t time.Time) string { return p.words.Clock(t) }

// Shown is a text that may carry readings, such as a date, as HTML.
func (p page) Shown(text string) template.HTML { return p.words.Shown(text) }

const stylePath = "style"

func (s *site) stylesheet(colour string) (text []byte, name string) {
	text = append([]byte(":root{--key:"+colour+"}\n"), s.pages.css...)
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:6]) + ".css"
}

// style serves the style sheet. Its name follows from its content, so it may be
// kept for a year.
func (s *site) style(v *visit, name string) error {
	v.route = "/" + stylePath
	if name != v.city.styleName {
		return notFound()
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		return fault.New(fault.BadRequest, "gate.method")
	}
	v.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	v.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = v.w.Write(v.city.style) // a browser that has gone reads no answer
	return nil
}

// PrivacyText is what the municipality adds about personal data.
func (p page) PrivacyText() string { return p.city.policy.Privacy }

// ErrorText explains an error page: by the text of its fault if there is one,
// else by that of its status.
func (p page) ErrorText(d errorData) template.HTML {
	if p.Has("error." + d.Fault.Code) {
		return p.Explain(p.problemOf("", d.Fault))
	}
	return p.T("error." + errorPage(d.Status) + ".text")
}
