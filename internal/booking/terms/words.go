package terms

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Catalogue holds the built-in texts: by language and key.
type Catalogue map[string]map[string]string

// ReadCatalogue reads every <language>.toml in the root of a folder, each a
// flat table of key = "text".
func ReadCatalogue(folder fs.FS) (_ Catalogue, err error) {
	defer fault.Add(&err, "terms.ReadCatalogue")
	names, err := fs.Glob(folder, "*.toml")
	if err != nil {
		return nil, err
	}
	c := Catalogue{}
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		texts := map[string]string{}
		if err := toml.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c[strings.TrimSuffix(path.Base(name), ".toml")] = texts
	}
	return c, nil
}

// chain is where a text of a language is looked for: in the language itself,
// then in plain Japanese, then in Japanese.
func chain(lang string) []string {
	switch lang {
	case "ja":
		return []string{"ja"}
	case "ja-easy":
		return []string{"ja-easy", "ja"}
	}
	return []string{lang, "ja-easy", "ja"}
}

// Wording is what a tenant words differently: by language and key.
type Wording struct {
	Version int                          `json:"version"` // 0 as long as nobody has saved
	Texts   map[string]map[string]string `json:"texts"`
}

// LoadWording returns the wording that holds now.
func LoadWording(rx *store.Rx, tenant int) (w Wording, err error) {
	version, err := newest(rx, tenant, WordingDocument, &w)
	w.Version = version
	return w, err
}

// SaveWording makes w the next version. A key without text, or with the text of
// the catalogue, is reset to its default. Errors: fault.Invalid
// "terms.bad_wording" with a detail per text, whose Column is language/key;
// fault.Conflict "terms.changed_meanwhile".
func SaveWording(tx *store.Tx, tenant int, c Catalogue, w Wording, seen int) (_ Wording, err error) {
	defer fault.Add(&err, "terms.SaveWording(%d)", tenant)
	before, err := LoadWording(tx.Rx, tenant)
	if err != nil {
		return Wording{}, err
	}
	if details := c.check(w); len(details) > 0 {
		return Wording{}, fault.New(fault.Invalid, "terms.bad_wording").With(details...)
	}
	tidy := Wording{Texts: map[string]map[string]string{}}
	for lang, texts := range w.Texts {
		for key, text := range texts {
			if text == "" || text == c[lang][key] {
				continue
			}
			if tidy.Texts[lang] == nil {
				tidy.Texts[lang] = map[string]string{}
			}
			tidy.Texts[lang][key] = text
		}
	}
	tidy.Version, err = save(tx, tenant, WordingDocument, seen, tidy, changedKeys(before.Texts, tidy.Texts))
	return tidy, err
}

func changedKeys(before, after map[string]map[string]string) []string {
	names := map[string]bool{}
	collect := func(a, b map[string]map[string]string) {
		for lang, texts := range a {
			for key, text := range texts {
				if b[lang][key] != text {
					names[lang+"/"+key] = true
				}
			}
		}
	}
	collect(before, after)
	collect(after, before)
	return slices.Sorted(maps.Keys(names))
}

// place is what a text leaves open: {name} is filled by the page, {a.key} by
// the label of that key.
var place = regexp.MustCompile(`\{([a-zA-Z0-9_.-]+)\}`)

func placesOf(text string) []string {
	var names []string
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func (c Catalogue) check(w Wording) (details []fault.Detail) {
	for _, lang := range slices.Sorted(maps.Keys(w.Texts)) {
		for _, key := range slices.Sorted(maps.Keys(w.Texts[lang])) {
			text, at := w.Texts[lang][key], lang+"/"+key
			if code, args := c.wrong(lang, key, text); code != "" {
				details = append(details, fault.Detail{Code: code, Column: at, Value: text, Args: args})
			}
		}
	}
	return details
}

func (c Catalogue) wrong(lang, key, text string) (code string, args map[string]string) {
	original, known := c["ja"][key]
	switch {
	case !known || !slices.Contains(AllLanguages, lang):
		return "terms.key_unknown", fault.Args("key", key)
	case entry.Check(text) != nil:
		return "terms.text", nil
	}
	for _, name := range placesOf(text) {
		if !slices.Contains(placesOf(original), name) && c["ja"][name] == "" {
			return "terms.place_unknown", fault.Args("place", "{"+name+"}")
		}
	}
	return "", nil
}

// Words are the texts of one tenant: the catalogue with its own wording over
// it.
type Words struct {
	catalogue Catalogue
	own       map[string]map[string]string
}

// NewWords lays a wording over a catalogue; also for the preview of one that is
// not saved.
func NewWords(c Catalogue, w Wording) *Words { return &Words{c, w.Texts} }

// Find returns the text of a key with its places still open, and the language
// that it is in, which differs from lang where lang has none. Without any text
// found is false.
func (w *Words) Find(lang, key string) (text, in string, found bool) {
	for _, l := range chain(lang) {
		if text := w.own[l][key]; text != "" {
			return text, l, true
		}
		if text := w.catalogue[l][key]; text != "" {
			return text, l, true
		}
	}
	return "", lang, false
}

// Text returns the text of a key in a language, or in the one that stands in
// for it, with its places filled. A place that nobody fills stays, and so does a
// key without text.
func (w *Words) Text(lang, key string, args map[string]string) string {
	text, _, found := w.Find(lang, key)
	if !found {
		return key
	}
	return place.ReplaceAllStringFunc(text, func(m string) string {
		name := m[1 : len(m)-1]
		if value, given := args[name]; given {
			return value
		}
		if label, _, found := w.Find(lang, name); found && name != key {
			return label
		}
		return m
	})
}

// Entry is one label as the screen for the wording shows it.
type Entry struct {
	Key     string `json:"key"`
	Default string `json:"default"` // of the catalogue, in the language or the one that stands in
	In      string `json:"in"`      // the language of Default
	Own     string `json:"own"`     // the tenant's wording, empty without
}

// Entries lists every label of a language in the order of the keys.
func (w *Words) Entries(lang string) []Entry {
	builtin := Words{catalogue: w.catalogue}
	var list []Entry
	for _, key := range slices.Sorted(maps.Keys(w.catalogue["ja"])) {
		text, in, _ := builtin.Find(lang, key)
		list = append(list, Entry{key, text, in, w.own[lang][key]})
	}
	return list
}
