package site

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/wording"
)

func (v *visit) getStart() error { return v.page(http.StatusOK, "start", "start.title", nil) }

func (v *visit) getHelp() error    { return v.page(http.StatusOK, "help", "help.title", nil) }
func (v *visit) getPrivacy() error { return v.page(http.StatusOK, "privacy", "privacy.title", nil) }
func (v *visit) getAccessibility() error {
	return v.page(http.StatusOK, "accessibility", "accessibility.title", nil)
}

// back is the page to go back to, an address of ours without its language.
func (v *visit) back() string {
	back := v.r.URL.Query().Get("back")
	if !strings.HasPrefix(back, "/") || strings.ContainsAny(back, "\\\r\n") {
		return "/"
	}
	return back
}

// yearLong is how long a browser remembers language, text size and colours.
const yearLong = 365 * 24 * time.Hour

// languageChoice is one line of the language menu.
type languageChoice struct {
	Lang, HTMLLang string
	Name           template.HTML
	URL            string
	Current        bool
}

// getLanguage shows the menu; with set it notes the language of the address as
// the visitor's and goes on.
func (v *visit) getLanguage() error {
	if v.r.URL.Query().Get("set") != "" {
		v.setCookie(languageCookie, v.lang, yearLong)
		return v.redirect(v.back())
	}
	return v.page(http.StatusOK, "language", "language.title", v.languageMenu(v.back()))
}

// languageMenu lists the languages in their own scripts, each with the address
// of the page back in it.
func (v *visit) languageMenu(back string) (menu []languageChoice) {
	for _, lang := range v.city.languages {
		words := v.catalogue.In(lang, v.city.terms.Wording)
		menu = append(menu, languageChoice{
			Lang: lang, HTMLLang: wording.HTMLLang(lang), Name: words.HTML("meta.name"),
			URL: "/" + lang + "/language?set=1&back=" + url.QueryEscape(back), Current: lang == v.lang,
		})
	}
	return menu
}

var sizes = []string{"m", "l", "xl"}

type viewData struct {
	Back  string
	Sizes []viewChoice
	High  bool
}

type viewChoice struct {
	Size string
	Now  bool
}

// getView shows the choice of text size and colours; with a choice it notes it
// in a cookie and goes back.
func (v *visit) getView() error {
	query := v.r.URL.Query()
	size, high := v.viewing()
	if !query.Has("size") && !query.Has("high") {
		data := viewData{Back: v.back(), High: high}
		for _, s := range sizes {
			data.Sizes = append(data.Sizes, viewChoice{s, s == size})
		}
		return v.page(http.StatusOK, "view", "view.title", data)
	}
	if s := query.Get("size"); slices.Contains(sizes, s) {
		size = s
	}
	if query.Has("high") {
		high = query.Get("high") == "1"
	}
	value := size
	if high {
		value += "-high"
	}
	v.setCookie(viewCookie, value, yearLong)
	return v.redirect(v.back())
}

// viewing is the text size and whether contrast is high.
func (v *visit) viewing() (size string, high bool) {
	size, rest, _ := strings.Cut(v.cookie(viewCookie), "-")
	if !slices.Contains(sizes, size) {
		size = "m"
	}
	return size, rest == "high"
}
