package terms

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// MailKind is one of the mails that the service sends.
type MailKind string

// The mails.
const (
	MailBooked          MailKind = "booked"
	MailChanged         MailKind = "changed"
	MailCancelled       MailKind = "cancelled"
	MailReminder        MailKind = "reminder"         // the business day before
	MailOfficeCancelled MailKind = "office_cancelled" // no reason, nothing about the card
	MailOfficeMoved     MailKind = "office_moved"
	MailReplaced        MailKind = "replaced"  // the booking by phone counts, the one on the web does not
	MailUnsettled       MailKind = "unsettled" // the office never saw the booking: an apology
	MailNoShow          MailKind = "noshow"    // only after it is final
	MailReset           MailKind = "reset"
	MailKey             MailKind = "key"
	MailOffer           MailKind = "offer"
	MailConfirm         MailKind = "confirm" // of a booking without a code
)

// MailKinds lists all of them, in the order of the screen.
var MailKinds = []MailKind{
	MailBooked, MailChanged, MailCancelled, MailReminder, MailOfficeCancelled, MailOfficeMoved,
	MailReplaced, MailUnsettled, MailNoShow, MailReset, MailKey, MailOffer, MailConfirm,
}

// Variables by their code; staff write their Japanese names between {{ and }}.
const (
	VarCity       = "city"
	VarReceipt    = "receipt"
	VarProcedure  = "procedure"
	VarDay        = "day" // with weekday
	VarDate       = "date"
	VarStart      = "start"
	VarLate       = "late"
	VarWindow     = "window"
	VarAddress    = "address"
	VarParty      = "party"
	VarBring      = "bring"
	VarAnswers    = "answers"
	VarBookingURL = "bookingURL"
	VarChangeBy   = "changeBy"
	VarPhone      = "phone"
	VarHours      = "hours"
	VarBefore     = "before"
	VarSiteURL    = "siteURL"
	VarResetURL   = "resetURL"
	VarAccessKey  = "accessKey"
	VarAnswerBy   = "answerBy"
	VarOfferURL   = "offerURL"
	VarConfirmURL = "confirmURL"
	VarConfirmBy  = "confirmBy"
)

// needs are the variables that a mail cannot do without, beside the phone.
var needs = map[MailKind][]string{
	MailBooked:          {VarReceipt, VarDay, VarStart, VarWindow, VarBring, VarBookingURL, VarChangeBy},
	MailChanged:         {VarReceipt, VarDay, VarStart, VarWindow, VarBookingURL},
	MailCancelled:       {VarReceipt, VarDay, VarStart},
	MailReminder:        {VarReceipt, VarDay, VarStart, VarWindow, VarBring, VarBookingURL},
	MailOfficeCancelled: {VarDate, VarStart},
	MailOfficeMoved:     {VarReceipt, VarDay, VarStart, VarWindow, VarBookingURL},
	MailReplaced:        {VarReceipt, VarDay, VarStart, VarWindow, VarBefore},
	MailUnsettled:       {VarDate, VarStart},
	MailNoShow:          {VarDate, VarSiteURL},
	MailReset:           {VarResetURL},
	MailKey:             {VarReceipt, VarAccessKey},
	MailOffer:           {VarDay, VarStart, VarWindow, VarAnswerBy, VarOfferURL},
	MailConfirm:         {VarDay, VarStart, VarWindow, VarConfirmURL, VarConfirmBy},
}

// ofVisit are the variables that every mail about a visit may have.
var ofVisit = []string{
	VarCity, VarReceipt, VarProcedure, VarDay, VarDate, VarStart, VarLate, VarWindow, VarAddress, VarParty, VarBring, VarAnswers,
	VarPhone, VarHours,
}

var alsoMay = map[MailKind][]string{
	MailBooked:          append([]string{VarBookingURL, VarChangeBy}, ofVisit...),
	MailChanged:         append([]string{VarBookingURL, VarChangeBy, VarBefore}, ofVisit...),
	MailCancelled:       append([]string{VarSiteURL}, ofVisit...),
	MailReminder:        append([]string{VarBookingURL, VarChangeBy}, ofVisit...),
	MailOfficeCancelled: {VarCity, VarDay, VarDate, VarStart, VarPhone, VarHours},
	MailOfficeMoved:     append([]string{VarBookingURL, VarChangeBy, VarBefore}, ofVisit...),
	MailReplaced:        append([]string{VarBookingURL, VarBefore}, ofVisit...),
	MailUnsettled:       {VarCity, VarDay, VarDate, VarStart, VarSiteURL, VarPhone, VarHours},
	MailNoShow:          {VarCity, VarDay, VarDate, VarSiteURL, VarPhone, VarHours},
	MailReset:           {VarCity, VarResetURL, VarPhone, VarHours},
	MailKey:             append([]string{VarAccessKey}, ofVisit...),
	MailOffer:           append([]string{VarAnswerBy, VarOfferURL}, ofVisit...),
	MailConfirm:         append([]string{VarConfirmURL, VarConfirmBy}, ofVisit...),
}

var urls = []string{VarBookingURL, VarSiteURL, VarResetURL, VarOfferURL, VarConfirmURL}

// Mandatory are the variables that a mail cannot do without.
func (k MailKind) Mandatory() []string { return append(slices.Clone(needs[k]), VarPhone) }

// Allowed are all variables that a mail may have.
func (k MailKind) Allowed() []string { return slices.Clone(alsoMay[k]) }

// Sheet is the text of one mail, with places such as {{受付番号}}.
type Sheet struct {
	Subject string `json:"subject" toml:"subject"`
	Body    string `json:"body" toml:"body"`
}

// LongestSubject is the longest subject as it is sent, in characters.
const LongestSubject = 30

// Templates are the texts of mails that a tenant has of its own, by kind and
// language.
type Templates struct {
	Version int                           `json:"version"`
	Sheets  map[MailKind]map[string]Sheet `json:"sheets"`
}

//go:embed mail/*.toml
var mailFiles embed.FS

type builtin struct {
	names  map[string]string // variable → its name
	codes  map[string]string // name → variable
	sheets map[string]map[MailKind]Sheet
	words  map[string]map[string]string // language → key → a word of the mails
}

var builtins = sync.OnceValue(func() builtin {
	b, err := readMail()
	if err != nil {
		panic(err) // embedded; the test of this package fails first
	}
	return b
})

func readMail() (builtin, error) {
	b := builtin{codes: map[string]string{}, sheets: map[string]map[MailKind]Sheet{}, words: map[string]map[string]string{}}
	text, err := mailFiles.ReadFile("mail/variables.toml")
	if err != nil {
		return b, err
	}
	if err := toml.Unmarshal(text, &b.names); err != nil {
		return b, err
	}
	for code, name := range b.names {
		b.codes[name] = code
	}
	for _, lang := range AllLanguages {
		text, err := mailFiles.ReadFile("mail/" + lang + ".toml")
		if err != nil {
			continue // another language stands in
		}
		var tables map[string]any
		if err := toml.Unmarshal(text, &tables); err != nil {
			return b, fmt.Errorf("%s: %w", lang, err)
		}
		b.words[lang], b.sheets[lang] = map[string]string{}, map[MailKind]Sheet{}
		for name, value := range tables {
			switch value := value.(type) {
			case string:
				b.words[lang][name] = value
			case map[string]any:
				subject, _ := value["subject"].(string)
				body, _ := value["body"].(string)
				b.sheets[lang][MailKind(name)] = Sheet{subject, strings.TrimSpace(body)}
			}
		}
	}
	return b, nil
}

// VariableName is how staff write a variable.
func VariableName(code string) string { return builtins().names[code] }

// DefaultSheet is the built-in text of a mail in a language; found is false for
// one in which another language stands in.
func DefaultSheet(kind MailKind, lang string) (s Sheet, found bool) {
	s, found = builtins().sheets[lang][kind]
	return s, found
}

// SheetFor returns the text of a mail: the tenant's own or the built-in one, in
// the language or the one that stands in for it.
func (t Templates) SheetFor(kind MailKind, lang string) (s Sheet, in string) {
	for _, l := range wording.Chain(lang) {
		if s, own := t.Sheets[kind][l]; own {
			return s, l
		}
		if s, found := DefaultSheet(kind, l); found {
			return s, l
		}
	}
	return Sheet{}, lang
}

// Words of the mails that are no text of their own.
const (
	WordLinkNote   = "link_note"   // stands in every mail with a link
	WordActionNote = "action_note" // in those whose link books or decides
	WordLate       = "late"        // {minutes}
	WordLateCall   = "late_call"   // where nobody said how many minutes
	WordParty      = "party"       // {count}
	WordAlso       = "also"        // over the other bookings of an address
	WordAlsoMoved  = "also_moved"  // {no} {before} {after}
	WordAlsoEnded  = "also_ended"  // {no} {before}
	WordAnd        = "and"         // between the names of procedures
)

// MailWord returns a word of the mails in a language, or in the one that stands
// in for it. args are pairs of name and value that fill its places.
func MailWord(lang, key string, args ...string) string {
	for _, l := range wording.Chain(lang) {
		if word := builtins().words[l][key]; word != "" {
			for i := 0; i+1 < len(args); i += 2 {
				word = strings.ReplaceAll(word, "{"+args[i]+"}", args[i+1])
			}
			return word
		}
	}
	return ""
}

// LoadTemplates returns the tenant's own texts.
func LoadTemplates(rx *store.Rx, tenant int) (t Templates, err error) {
	version, err := newest(rx, tenant, TemplateDocument, &t)
	t.Version = version
	return t, err
}

// TemplatesAt returns the texts of an earlier version, to compare or restore.
// Errors: fault.NotFound "settings.no_such_version".
func TemplatesAt(rx *store.Rx, version int) (t Templates, err error) {
	err = settings.LoadVersion(rx, TemplateDocument, version, &t)
	t.Version = version
	return t, err
}

// SaveTemplates makes t the next version. A text that equals the built-in one
// is reset to it. Errors: fault.Invalid "terms.bad_template" with details, whose
// Column is kind/language and whose arguments name the variable;
// fault.Conflict "settings.changed_meanwhile".
func SaveTemplates(tx *store.Tx, tenant int, t Templates, seen int) (_ Templates, err error) {
	defer fault.Add(&err, "terms.SaveTemplates(%d)", tenant)
	if details := t.check(); len(details) > 0 {
		return Templates{}, fault.New(fault.Invalid, "terms.bad_template").With(details...)
	}
	tidy := Templates{Sheets: map[MailKind]map[string]Sheet{}}
	for kind, byLang := range t.Sheets {
		for lang, s := range byLang {
			s = Sheet{strings.TrimSpace(s.Subject), strings.TrimSpace(strings.ReplaceAll(s.Body, "\r\n", "\n"))}
			if original, found := DefaultSheet(kind, lang); s == (Sheet{}) || found && s == original {
				continue
			}
			if tidy.Sheets[kind] == nil {
				tidy.Sheets[kind] = map[string]Sheet{}
			}
			tidy.Sheets[kind][lang] = s
		}
	}
	tidy.Version, err = save(tx, tenant, TemplateDocument, seen, tidy)
	return tidy, err
}

var variable = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// code finds a variable by the name that staff wrote; brackets may be wide.
func variableCode(name string) (string, bool) {
	code, known := builtins().codes[strings.NewReplacer("（", "(", "）", ")", " ", "", "　", "").Replace(name)]
	return code, known
}

func (t Templates) check() (details []fault.Detail) {
	for _, kind := range slices.Sorted(maps.Keys(t.Sheets)) {
		for _, lang := range slices.Sorted(maps.Keys(t.Sheets[kind])) {
			if s := t.Sheets[kind][lang]; s != (Sheet{}) {
				at := string(kind) + "/" + lang
				for _, d := range s.check(kind, lang) {
					d.Column = at
					details = append(details, d)
				}
			}
		}
	}
	return details
}

// CheckSheet refuses a text that could not be saved. Errors: as
// [SaveTemplates].
func CheckSheet(kind MailKind, lang string, s Sheet) error {
	if details := s.check(kind, lang); len(details) > 0 {
		return fault.New(fault.Invalid, "terms.bad_template").With(details...)
	}
	return nil
}

// check returns what is wrong with a text of a kind.
func (s Sheet) check(kind MailKind, lang string) (details []fault.Detail) {
	bad := func(code string, args ...string) {
		details = append(details, fault.Detail{Code: code, Args: fault.Args(args...)})
	}
	if !slices.Contains(MailKinds, kind) || !slices.Contains(AllLanguages, lang) {
		bad("terms.mail_unknown")
		return details
	}
	used := map[string]int{}
	for _, m := range variable.FindAllStringSubmatch(s.Subject+"\n"+s.Body, -1) {
		code, known := variableCode(m[1])
		if !known || !slices.Contains(kind.Allowed(), code) {
			bad("terms.variable_unknown", "variable", m[0])
			continue
		}
		used[code]++
	}
	body := map[string]bool{}
	for _, m := range variable.FindAllStringSubmatch(s.Body, -1) {
		code, _ := variableCode(m[1])
		body[code] = true
	}
	for _, code := range kind.Mandatory() {
		if !body[code] {
			bad("terms.variable_missing", "variable", "{{"+VariableName(code)+"}}")
		}
	}
	links := 0
	for _, code := range urls {
		links += used[code]
	}
	if links > 1 || strings.Contains(s.Subject+s.Body, "://") {
		bad("terms.one_url")
	}
	plain := variable.ReplaceAllString(s.Subject, "")
	if entry.Blank(s.Subject) || strings.ContainsAny(s.Subject, "\r\n") || utf8.RuneCountInString(plain) > LongestSubject {
		bad("terms.subject", "max", fmt.Sprint(LongestSubject))
	}
	if utf8.RuneCountInString(s.Body) > longestBody {
		bad("terms.body_long", "max", fmt.Sprint(longestBody))
	}
	if rest := variable.ReplaceAllString(s.Body, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		bad("terms.braces")
	}
	for line := range strings.Lines(s.Subject + "\n" + s.Body) {
		if entry.Check(line) != nil {
			bad("terms.text")
			break
		}
	}
	return details
}

const longestBody = 4000

// Fill puts values into a text, by the code of their variable. Where a value is
// empty, empty brackets around it go, and so does a line that has nothing but
// empty values.
func (s Sheet) Fill(values map[string]string) Sheet {
	var lines []string
	for line := range strings.SplitSeq(s.Body, "\n") {
		if filled, keep := fillLine(line, values); keep {
			lines = append(lines, filled)
		}
	}
	subject, _ := fillLine(s.Subject, values)
	return Sheet{subject, strings.Join(lines, "\n")}
}

var emptyBrackets = regexp.MustCompile(` ?\(\s*\)|（\s*）`)

func fillLine(line string, values map[string]string) (filled string, keep bool) {
	any, given := false, false
	filled = variable.ReplaceAllStringFunc(line, func(m string) string {
		code, _ := variableCode(m[2 : len(m)-2])
		any = true
		given = given || values[code] != ""
		return values[code]
	})
	if any && !given {
		return "", false
	}
	if any {
		filled = emptyBrackets.ReplaceAllString(filled, "")
	}
	return filled, true
}
