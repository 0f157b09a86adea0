package terms

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/mynumber"
	"kofu/internal/store"
)

// Kind is the type of a field.
type Kind string

// The types. Of the last four residents choose; into the others they type.
const (
	KindText     Kind = "text"
	KindKana     Kind = "kana"
	KindDigits   Kind = "digits"
	KindTel      Kind = "tel"
	KindMail     Kind = "mail"
	KindDate     Kind = "date"
	KindTextarea Kind = "textarea"
	KindSelect   Kind = "select"
	KindRadio    Kind = "radio"
	KindCheckbox Kind = "checkbox" // without options one box
	KindConsent  Kind = "consent"
)

var kinds = []Kind{
	KindText, KindKana, KindDigits, KindTel, KindMail, KindDate, KindTextarea, KindSelect, KindRadio, KindCheckbox, KindConsent,
}

// Choice reports whether residents choose and do not type.
func (k Kind) Choice() bool {
	return k == KindSelect || k == KindRadio || k == KindCheckbox || k == KindConsent
}

// Use says how a field stands on a form.
type Use string

// The uses of a field.
const (
	Optional Use = "optional"
	Required Use = "required"
	Hidden   Use = "hidden"
)

// Ticked is the answer of a box without options.
const Ticked = "1"

// Presets are the patterns that a typed text can be asked to match.
var Presets = map[string]*regexp.Regexp{
	"postal":   regexp.MustCompile(`^\d{3}-?\d{4}$`),
	"number":   regexp.MustCompile(`^\d+$`),
	"alnum":    regexp.MustCompile(`^[A-Za-z0-9-]+$`),
	"katakana": regexp.MustCompile(`^[\p{Katakana}ー・  ]+$`),
	"hiragana": regexp.MustCompile(`^[\p{Hiragana}ー  ]+$`),
}

// Option is one of the answers to choose from.
type Option struct {
	Value  string            `json:"value"`
	Labels map[string]string `json:"labels"`
}

// Field is a field of the tenant's own.
type Field struct {
	ID       string            `json:"id"` // stays for good
	Kind     Kind              `json:"kind"`
	Labels   map[string]string `json:"labels"` // by language; Japanese is required
	Help     map[string]string `json:"help"`
	Options  []Option          `json:"options"`
	Use      map[Mode]Use      `json:"use"`      // a mode that is left out has it optional
	Longest  int               `json:"longest"`  // characters; 0: 100, of a textarea 500
	Pattern  string            `json:"pattern"`  // of [Presets], or empty
	Order    int               `json:"order"`    // on forms and in lists
	Personal PII               `json:"personal"` // off for what says nothing of a person; else the level that takes it
	KeepDays int               `json:"keepDays"` // after the visit; 0: as contact data, what is not personal as the booking
	InList   bool              `json:"inList"`
	Heading  string            `json:"heading"` // in CSV
	InMail   bool              `json:"inMail"`  // only where it is not personal
	Deleted  bool              `json:"deleted"` // hidden; its answers stay exportable until they are erased
}

// Fields is the document with all of them.
type Fields struct {
	Version int     `json:"version"`
	List    []Field `json:"list"`
}

// LoadFields returns the fields, deleted ones too.
func LoadFields(rx *store.Rx, tenant int) (f Fields, err error) {
	version, err := newest(rx, tenant, FieldDocument, &f)
	f.Version = version
	f.sort()
	return f, err
}

func (f *Fields) sort() {
	slices.SortStableFunc(f.List, func(a, b Field) int { return cmp.Compare(a.Order, b.Order) })
}

// SaveFields makes f the next version. A field that f leaves out is deleted; it
// stays in the document for its answers. Errors: fault.Invalid
// "terms.bad_field" with details, fault.Conflict "settings.changed_meanwhile".
func SaveFields(tx *store.Tx, tenant int, f Fields, seen int) (_ Fields, err error) {
	defer fault.Add(&err, "terms.SaveFields(%d)", tenant)
	before, err := LoadFields(tx.Rx, tenant)
	if err != nil {
		return Fields{}, err
	}
	f.List = slices.Clone(f.List)
	for _, old := range before.List {
		if !slices.ContainsFunc(f.List, func(n Field) bool { return n.ID == old.ID }) {
			old.Deleted = true
			f.List = append(f.List, old)
		}
	}
	f.sort()
	if details := f.check(before); len(details) > 0 {
		return Fields{}, fault.New(fault.Invalid, "terms.bad_field").With(details...)
	}
	f.Version = 0
	f.Version, err = save(tx, tenant, FieldDocument, seen, f)
	return f, err
}

var fieldID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)

func (f Fields) check(before Fields) (details []fault.Detail) {
	seen, headings := map[string]bool{}, map[string]bool{}
	for i, one := range f.List {
		at := func(column string) {
			details = append(details, fault.Detail{Code: "terms.field_wrong", Row: i + 1, Column: column, Value: one.Labels["ja"]})
		}
		if column := one.wrong(); column != "" {
			at(column)
		}
		if seen[one.ID] {
			at("id")
		}
		if !one.Deleted && headings[one.CSVHeading()] {
			at("heading")
		}
		seen[one.ID], headings[one.CSVHeading()] = true, headings[one.CSVHeading()] || !one.Deleted
		for _, old := range before.List { // its answers have been checked as what it was
			if old.ID == one.ID && old.Kind != one.Kind {
				at("kind")
			}
			if old.ID == one.ID && old.Personal != PIIOff && one.Personal == PIIOff {
				at("personal")
			}
		}
	}
	return details
}

func (f Field) wrong() (column string) {
	switch {
	case !fieldID.MatchString(f.ID):
		return "id"
	case !slices.Contains(kinds, f.Kind):
		return "kind"
	case entry.Blank(f.Labels["ja"]):
		return "labels"
	case f.Longest < 0 || f.Longest > entry.Longest:
		return "longest"
	case f.Pattern != "" && (Presets[f.Pattern] == nil || f.Kind.Choice()):
		return "pattern"
	case f.Personal != PIIOff && f.Personal != PIIContact && f.Personal != PIIFull,
		f.Personal == PIIOff && !f.Kind.Choice(): // what people type may always be about a person
		return "personal"
	case f.KeepDays < 0 || f.KeepDays > 1830:
		return "keepDays"
	case f.InMail && f.Personal != PIIOff:
		return "inMail"
	case (f.Kind == KindSelect || f.Kind == KindRadio) != (len(f.Options) > 0) && f.Kind != KindCheckbox:
		return "options"
	}
	for _, u := range f.Use {
		if u != Optional && u != Required && u != Hidden {
			return "use"
		}
	}
	return f.wrongText()
}

func (f Field) wrongText() (column string) {
	values := map[string]bool{}
	for _, o := range f.Options {
		if o.Value == "" || len(o.Value) > 40 || strings.ContainsAny(o.Value, "\r\n") || values[o.Value] || entry.Blank(o.Labels["ja"]) {
			return "options"
		}
		values[o.Value] = true
		if !textsKept(o.Labels) || entry.Check(o.Value) != nil {
			return "options"
		}
	}
	switch {
	case !textsKept(f.Labels):
		return "labels"
	case !textsKept(f.Help):
		return "help"
	case entry.Check(f.Heading) != nil || strings.ContainsAny(f.Heading, "\r\n"):
		return "heading"
	}
	return ""
}

func textsKept(texts map[string]string) bool {
	for lang, text := range texts {
		if !slices.Contains(AllLanguages, lang) || entry.Check(text) != nil {
			return false
		}
	}
	return true
}

// Shown are the fields that a tenant of a level takes, without deleted ones.
func (f Fields) Shown(level PII) []Field {
	return slices.DeleteFunc(slices.Clone(f.List), func(one Field) bool { return one.Deleted || !level.takes(one.Personal) })
}

// On are the fields on the form of a mode.
func (f Fields) On(m Mode, level PII) []Field {
	return slices.DeleteFunc(f.Shown(level), func(one Field) bool { return one.UseIn(m) == Hidden })
}

// ByID returns a field, deleted ones too.
func (f Fields) ByID(id string) (Field, bool) {
	i := slices.IndexFunc(f.List, func(one Field) bool { return one.ID == id })
	if i < 0 {
		return Field{}, false
	}
	return f.List[i], true
}

// takes reports whether a tenant of a level keeps data of another.
func (p PII) takes(level PII) bool {
	switch level {
	case PIIOff:
		return true
	case PIIContact:
		return p != PIIOff
	}
	return p == PIIFull
}

// UseIn is how the field stands on the form of a mode.
func (f Field) UseIn(m Mode) Use { return cmp.Or(f.Use[m], Optional) }

// CSVHeading is its name in CSV.
func (f Field) CSVHeading() string { return cmp.Or(f.Heading, f.Labels["ja"]) }

// Max is the largest number of characters.
func (f Field) Max() int {
	if f.Kind == KindTextarea {
		return cmp.Or(f.Longest, entry.Longest)
	}
	return cmp.Or(f.Longest, 100)
}

// Label is its name in a language or the one that stands in for it.
func (f Field) Label(lang string) string { return inLanguage(f.Labels, lang) }

// HelpText is the hint beside it, or empty.
func (f Field) HelpText(lang string) string { return inLanguage(f.Help, lang) }

func inLanguage(texts map[string]string, lang string) string {
	for _, l := range wording.Chain(lang) {
		if texts[l] != "" {
			return texts[l]
		}
	}
	return ""
}

// Say writes an answer as people read it: labels of what was chosen, yes for a
// box that was ticked.
func (f Field) Say(value string, w wording.Words) string {
	switch {
	case value == "" || !f.Kind.Choice():
		return value
	case len(f.Options) == 0:
		return w.Plain("field.yes")
	}
	var said []string
	for v := range strings.SplitSeq(value, "\n") {
		said = append(said, f.optionLabel(w.Lang, v))
	}
	return strings.Join(said, " / ")
}

func (f Field) optionLabel(lang, value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return inLanguage(o.Labels, lang)
		}
	}
	return value
}

// Check tidies what was answered on a form of a mode: digits and blanks are
// made half-width where only digits count. It refuses what is missing, what
// does not fit, and every answer to a field that is not on the form, so that a
// tenant without personal data can keep none. Errors: fault.Invalid
// "terms.answers" with a detail per field, whose Column is its id; the detail
// never repeats the answer. For staff nothing is missing.
func (f Fields) Check(m Mode, level PII, answers map[string]string, staff bool) (clean map[string]string, err error) {
	clean = map[string]string{}
	var details []fault.Detail
	form := f.On(m, level)
	for id := range answers {
		if answers[id] != "" && !slices.ContainsFunc(form, func(one Field) bool { return one.ID == id }) {
			details = append(details, fault.Detail{Code: "terms.answer_not_asked", Column: id})
		}
	}
	for _, one := range form {
		value := one.tidy(answers[one.ID])
		code, args := one.refuses(value)
		if value == "" && one.UseIn(m) == Required && !staff {
			code = "terms.answer_missing"
		}
		if code != "" {
			details = append(details, fault.Detail{Code: code, Column: one.ID, Args: args})
		}
		if value != "" {
			clean[one.ID] = value
		}
	}
	if len(details) > 0 {
		return nil, fault.New(fault.Invalid, "terms.answers", "count", strconv.Itoa(len(details))).With(details...)
	}
	return clean, nil
}

func (f Field) tidy(value string) string {
	value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
	switch f.Kind {
	case KindDigits, KindTel:
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, strings.NewReplacer("ー", "-", "−", "-", "‐", "-", "―", "-").Replace(jptext.Narrow(value)))
	case KindMail, KindDate:
		return jptext.Narrow(value)
	case KindText, KindKana:
		return strings.Join(strings.Fields(value), " ")
	}
	return value
}

var (
	onlyDigits = regexp.MustCompile(`^[0-9]+$`)
	telNumber  = regexp.MustCompile(`^\+?[0-9][0-9-]{8,16}$`)
	kanaText   = regexp.MustCompile(`^[\p{Hiragana}\p{Katakana}ー・゛゜  ]+$`)
)

// refuses returns the code of what is wrong with an answer, or "".
func (f Field) refuses(value string) (code string, args map[string]string) {
	if value == "" {
		return "", nil
	}
	if err := entry.Check(value); err != nil || mynumber.Shaped(value) {
		if e, ok := fault.As(err); ok {
			return e.Code, e.Args
		}
		return "entry.my_number", nil
	}
	if n := utf8.RuneCountInString(value); n > f.Max() && !f.Kind.Choice() {
		return "entry.too_long", fault.Args("max", fmt.Sprint(f.Max()))
	}
	fits := true
	switch f.Kind {
	case KindDigits:
		fits = onlyDigits.MatchString(value)
	case KindTel:
		fits = telNumber.MatchString(value)
	case KindMail:
		fits = Mailable(value)
	case KindDate:
		fits = jpdate.Day(value).Valid()
	case KindKana:
		fits = kanaText.MatchString(value)
	case KindText, KindTextarea:
	default:
		fits = f.offers(value)
	}
	if !fits || f.Pattern != "" && !Presets[f.Pattern].MatchString(value) {
		return "terms.answer_form", nil
	}
	return "", nil
}

// offers reports whether a choice is one of those offered.
func (f Field) offers(value string) bool {
	if len(f.Options) == 0 {
		return value == Ticked
	}
	chosen := strings.Split(value, "\n")
	if f.Kind != KindCheckbox && len(chosen) > 1 {
		return false
	}
	return !slices.ContainsFunc(chosen, func(c string) bool {
		return !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == c })
	})
}
