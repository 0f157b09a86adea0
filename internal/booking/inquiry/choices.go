package inquiry

import (
	"slices"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Document is the name of the choices among the documents of package settings.
const Document = "inquiry"

// Choice is one line of a list. A retired one stays readable in what was
// recorded with it but is not offered any more.
type Choice struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Retired bool   `json:"retired"`
}

// List is a list of choices in the order of the form.
type List []Choice

// Template is a prepared answer. Whoever uses it may change the text.
type Template struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Choices are the lists of the forms. Handled is what reception did for somebody
// (対応内容), the others are for inquiries.
type Choices struct {
	Version    int        `json:"version"`
	Handled    List       `json:"handled"`
	Channels   List       `json:"channels"`
	Categories List       `json:"categories"`
	Results    List       `json:"results"`
	Templates  []Template `json:"templates"`
}

var (
	handled    = []string{"delivered", "renewed", "pin", "address", "applied", "papers", "consulted", "other"}
	channels   = []string{"phone", "counter", "mail", "other"}
	categories = []string{"booking", "change", "ready", "bring", "proxy", "lost", "site", "other"}
	results    = []string{"answered", "booked", "call_back", "forwarded", "complaint"}
	templates  = []string{"bring", "lost", "ready", "unreconciled"}
)

// DefaultChoices are those of a municipality that has not changed them.
func DefaultChoices() (c Choices) {
	named := func(kind string, codes []string) (l List) {
		for _, code := range codes {
			l = append(l, Choice{Code: code, Name: message.Text(kind+"."+code, nil)})
		}
		return l
	}
	c.Handled = named("booking.handled", handled)
	c.Channels, c.Categories, c.Results = named("inquiry.channel", channels), named("inquiry.category", categories), named("inquiry.result", results)
	for _, code := range templates {
		c.Templates = append(c.Templates, Template{
			Code: code, Title: message.Text("inquiry.template."+code+".title", nil), Text: message.Text("inquiry.template."+code+".text", nil),
		})
	}
	return c
}

// LoadChoices returns the lists that hold now.
func LoadChoices(rx *store.Rx) (Choices, error) {
	c := DefaultChoices()
	version, err := settings.LoadDocument(rx, Document, &c)
	c.Version = version
	return c, err
}

// SaveChoices replaces the lists; version is the one that was seen. A code that
// was there before cannot go, only retire. Errors: fault.Invalid
// "inquiry.bad_choices" with details; fault.Conflict
// "settings.changed_meanwhile".
func SaveChoices(tx *store.Tx, c Choices, version int) (_ Choices, err error) {
	before, err := LoadChoices(tx.Rx)
	if err != nil {
		return Choices{}, err
	}
	if err := c.check(before); err != nil {
		return Choices{}, err
	}
	if c.Version, err = settings.SaveDocument(tx, Document, version, c, nil); err != nil {
		return Choices{}, err
	}
	return c, audit.Append(tx, "inquiry.choices_changed", "settings/"+Document, map[string]any{"version": c.Version})
}

func (c Choices) check(before Choices) error {
	var details []fault.Detail
	for _, list := range []struct {
		name     string
		now, was List
	}{
		{"handled", c.Handled, before.Handled}, {"channels", c.Channels, before.Channels}, {"categories", c.Categories, before.Categories}, {"results", c.Results, before.Results},
	} {
		details = append(details, list.now.check(list.name, list.was)...)
	}
	for i, t := range c.Templates {
		if entry.Blank(t.Title) || entry.Check(t.Title) != nil || refused(t.Text) != "" {
			details = append(details, fault.Detail{Row: i + 1, Column: "templates", Code: "inquiry.bad_template"})
		}
	}
	if len(details) > 0 {
		return fault.New(fault.Invalid, "inquiry.bad_choices").With(details...)
	}
	return nil
}

func (l List) check(name string, was List) (details []fault.Detail) {
	seen := map[string]bool{}
	live := 0
	for i, c := range l {
		if c.Code == "" || seen[c.Code] || entry.Blank(c.Name) || entry.Check(c.Name) != nil {
			details = append(details, fault.Detail{Row: i + 1, Column: name, Code: "inquiry.bad_choice"})
		}
		seen[c.Code] = true
		if !c.Retired {
			live++
		}
	}
	for _, c := range was {
		if !seen[c.Code] {
			details = append(details, fault.Detail{Column: name, Code: "inquiry.choice_gone", Value: c.Name})
		}
	}
	if live == 0 {
		details = append(details, fault.Detail{Column: name, Code: "inquiry.no_choice"})
	}
	return details
}

func (l List) index(code string) int {
	return slices.IndexFunc(l, func(c Choice) bool { return c.Code == code })
}

// Live reports whether a code can be chosen.
func (l List) Live(code string) bool {
	i := l.index(code)
	return i >= 0 && !l[i].Retired
}

// Name is how a code is called, the code itself when there is no such.
func (l List) Name(code string) string {
	if i := l.index(code); i >= 0 {
		return l[i].Name
	}
	return code
}

// sorted brings codes into the order of the list, each once.
func (l List) sorted(codes []string) (all []string) {
	for _, c := range l {
		if slices.Contains(codes, c.Code) {
			all = append(all, c.Code)
		}
	}
	return all
}
