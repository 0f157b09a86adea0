package terms

import (
	"maps"
	"regexp"
	"slices"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Wording is what a tenant words differently: by language and key. It is the
// [wording.Overrides] of its pages and mails; before it is saved too, for a
// preview.
type Wording struct {
	Version int                          `json:"version"` // 0 as long as nobody has saved
	Texts   map[string]map[string]string `json:"texts"`
}

// Text implements [wording.Overrides].
func (w Wording) Text(lang, key string) (text string, ok bool) {
	text, ok = w.Texts[lang][key]
	return text, ok
}

// ProcedureKey is the key of the name of a procedure.
func ProcedureKey(p slot.Procedure) string { return "procedure." + string(p) }

// BringKey is the key of what to bring for a procedure.
func BringKey(p slot.Procedure) string { return "bring." + string(p) }

// LoadWording returns the wording that holds now.
func LoadWording(rx *store.Rx, tenant int) (w Wording, err error) {
	version, err := newest(rx, tenant, WordingDocument, &w)
	w.Version = version
	return w, err
}

// SaveWording makes w the next version. A key without text, or with the text of
// the catalogue, is reset to its default. Errors: fault.Invalid
// "terms.bad_wording" with a detail per text, whose Column is language/key;
// fault.Conflict "settings.changed_meanwhile".
func SaveWording(tx *store.Tx, tenant int, w Wording, seen int) (_ Wording, err error) {
	defer fault.Add(&err, "terms.SaveWording(%d)", tenant)
	c := wording.BuiltIn()
	if err := CheckWording(w); err != nil {
		return Wording{}, err
	}
	tidy := Wording{Texts: map[string]map[string]string{}}
	for lang, texts := range w.Texts {
		for key, text := range texts {
			if original, _ := c.Text(lang, key); text == "" || text == original {
				continue
			}
			if tidy.Texts[lang] == nil {
				tidy.Texts[lang] = map[string]string{}
			}
			tidy.Texts[lang][key] = text
		}
	}
	tidy.Version, err = save(tx, tenant, WordingDocument, seen, tidy)
	return tidy, err
}

// CheckWording refuses a wording that could not be saved. Errors: as
// [SaveWording].
func CheckWording(w Wording) error {
	if details := checkWording(wording.BuiltIn(), w); len(details) > 0 {
		return fault.New(fault.Invalid, "terms.bad_wording").With(details...)
	}
	return nil
}

// place is what a text leaves open for the page to fill.
var place = regexp.MustCompile(`\{([a-zA-Z0-9_.-]+)\}`)

func placesOf(text string) []string { return place.FindAllString(text, -1) }

func checkWording(c *wording.Catalogue, w Wording) (details []fault.Detail) {
	for _, lang := range slices.Sorted(maps.Keys(w.Texts)) {
		for _, key := range slices.Sorted(maps.Keys(w.Texts[lang])) {
			text := w.Texts[lang][key]
			if code, args := wrongWording(c, lang, key, text); code != "" {
				details = append(details, fault.Detail{Code: code, Column: lang + "/" + key, Value: text, Args: args})
			}
		}
	}
	return details
}

func wrongWording(c *wording.Catalogue, lang, key, text string) (code string, args map[string]string) {
	original, known := c.Text(wording.Japanese, key)
	switch {
	case !known || !slices.Contains(AllLanguages, lang):
		return "terms.key_unknown", fault.Args("key", key)
	case entry.Check(text) != nil:
		return "terms.text", nil
	}
	for _, name := range placesOf(text) {
		if !slices.Contains(placesOf(original), name) {
			return "terms.place_unknown", fault.Args("place", name)
		}
	}
	return "", nil
}

// Entry is one label as the screen for the wording shows it.
type Entry struct {
	Key     string `json:"key"`
	Default string `json:"default"` // of the catalogue, in the language or the one that stands in
	In      string `json:"in"`      // the language of Default
	Own     string `json:"own"`     // the tenant's wording, empty without
}

// Entries lists every label of a language in the order of the keys.
func (w Wording) Entries(lang string) []Entry {
	c := wording.BuiltIn()
	keys := c.Keys(wording.Japanese)
	list := make([]Entry, len(keys))
	for i, key := range keys {
		list[i] = Entry{Key: key, In: lang, Own: w.Texts[lang][key]}
		for _, l := range wording.Chain(lang) {
			if text, ok := c.Text(l, key); ok {
				list[i].Default, list[i].In = text, l
				break
			}
		}
	}
	return list
}
