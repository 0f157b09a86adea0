// Package wording holds the texts of the residents' pages: the built-in ones of
// every language (frontend/public/text), how a language without a text falls
// back, and how texts become HTML or plain text. A text names its places in
// braces, such as {time}. In やさしい日本語 a reading in brackets behind kanji is
// shown above them; a bar in front says where the reading begins:
// 予約(よやく), |2人(ふたり). Writes no table.
package wording

import (
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"kofu/frontend"
)

// The languages that every other one falls back to.
const (
	Japanese = "ja"
	Easy     = "ja-easy"
)

// Catalogue holds the texts of every language.
type Catalogue struct {
	texts map[string]map[string]string
}

// Load reads text/<language>.toml, each a flat table of key = text.
func Load(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "text/*.toml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{texts: map[string]map[string]string{}}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var table map[string]string
		if err := toml.Unmarshal(b, &table); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.texts[strings.TrimSuffix(path.Base(name), ".toml")] = table
	}
	if c.texts[Japanese] == nil {
		return nil, fmt.Errorf("there is no text/%s.toml", Japanese)
	}
	return c, nil
}

// BuiltIn returns the texts that are part of the program.
func BuiltIn() *Catalogue { return builtIn() }

var builtIn = sync.OnceValue(func() *Catalogue {
	c, err := Load(frontend.Public())
	if err != nil {
		panic(err) //nolint:forbidigo // an embedded table that does not parse; the test of this package fails first
	}
	return c
})

// Languages lists the languages that have texts.
func (c *Catalogue) Languages() []string { return slices.Sorted(maps.Keys(c.texts)) }

// Keys lists the keys of a language in order.
func (c *Catalogue) Keys(lang string) []string { return slices.Sorted(maps.Keys(c.texts[lang])) }

// Text returns the built-in text of a key in a language itself, without its
// fallback.
func (c *Catalogue) Text(lang, key string) (text string, ok bool) {
	text, ok = c.texts[lang][key]
	return text, ok
}

// Chain names the languages in which a text is looked for: the language itself,
// then easy Japanese, then Japanese.
func Chain(lang string) []string {
	if lang == Japanese {
		return []string{Japanese}
	}
	return slices.Compact([]string{lang, Easy, Japanese})
}

// Overrides are the texts that a municipality has worded by itself.
type Overrides interface {
	Text(lang, key string) (text string, ok bool)
}

// None overrides nothing.
type None struct{}

// Text implements Overrides.
func (None) Text(string, string) (string, bool) { return "", false }

// Words are the texts of one municipality in one language.
type Words struct {
	Lang      string
	catalogue *Catalogue
	overrides Overrides
}

// In returns the words of a language. overrides may be nil.
func (c *Catalogue) In(lang string, overrides Overrides) Words {
	if overrides == nil {
		overrides = None{}
	}
	return Words{lang, c, overrides}
}

// Has reports whether there is a text for a key, in whatever language.
func (w Words) Has(key string) bool {
	_, _, ok := w.find(key)
	return ok
}

// find returns the text of a key and the language it is in. Without any it
// returns the key, which tests look for on every page.
func (w Words) find(key string) (text, lang string, ok bool) {
	for _, lang := range Chain(w.Lang) {
		if text, ok := w.overrides.Text(lang, key); ok {
			return text, lang, true
		}
		if text, ok := w.catalogue.Text(lang, key); ok {
			return text, lang, true
		}
	}
	return key, w.Lang, false
}

// Plain returns a text as it stands in titles, attributes and mails: without
// readings. args are pairs of name and value that fill its places.
func (w Words) Plain(key string, args ...string) string {
	text, lang, _ := w.find(key)
	text = fill(text, args)
	if lang == Easy {
		return WithoutReadings(text)
	}
	return text
}

// HTML returns a text as it stands on a page, with readings above kanji. A text
// of another language than the page's carries its own lang.
func (w Words) HTML(key string, args ...string) template.HTML {
	text, lang, _ := w.find(key)
	out := template.HTMLEscapeString(fill(text, args))
	if lang == Easy {
		out = readings.ReplaceAllString(out, ruby)
	}
	out = strings.ReplaceAll(out, "\n", "<br>")
	if HTMLLang(lang) != HTMLLang(w.Lang) {
		out = `<span lang="` + HTMLLang(lang) + `">` + out + "</span>"
	}
	return template.HTML(out) //nolint:gosec // escaped above; the rest are our own tags
}

// HTMLLang is the language as the lang attribute names it.
func HTMLLang(lang string) string {
	if lang == Easy {
		return Japanese
	}
	return lang
}

// readings finds kanji with their reading, or what stands behind a bar with it.
var readings = regexp.MustCompile(`(?:\|([^|()]+)|(\p{Han}+))\(([\p{Hiragana}\p{Katakana}\x{30FC}]+)\)`)

const ruby = "<ruby>$1$2<rp>(</rp><rt>$3</rt><rp>)</rp></ruby>"

// WithoutReadings takes the readings out of a text in easy Japanese.
func WithoutReadings(text string) string { return readings.ReplaceAllString(text, "$1$2") }

func fill(text string, args []string) string {
	if len(args) < 2 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, len(args))
	for i, a := range args {
		if pairs[i] = a; i%2 == 0 {
			pairs[i] = "{" + a + "}"
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Shown is a text in the language of the words that may carry readings, such as
// a date, as HTML.
func (w Words) Shown(text string) template.HTML {
	out := template.HTMLEscapeString(text)
	if w.Lang != Japanese {
		out = readings.ReplaceAllString(out, ruby)
	}
	return template.HTML(out) //nolint:gosec // escaped above; the rest are our own tags
}
