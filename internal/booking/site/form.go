package site

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
)

// What residents may leave of themselves with a booking: how to reach them,
// and answers to the fields of the municipality.

// field is one field of a form as its template shows it.
type field struct {
	ID, Name string
	Kind     terms.Kind
	Label    template.HTML
	Hint     template.HTML
	Required bool
	Value    string
	Options  []fieldOption
	Auto     string // autocomplete
	Longest  int
}

type fieldOption struct {
	Value string
	Label template.HTML
	On    bool
}

// Several reports whether the field is a group of boxes or buttons.
func (f field) Several() bool {
	return f.Kind == terms.KindRadio || f.Kind == terms.KindCheckbox && len(f.Options) > 0
}

// Box reports whether the field is one box to tick.
func (f field) Box() bool {
	return f.Kind == terms.KindConsent || f.Kind == terms.KindCheckbox && len(f.Options) == 0
}

// Input is the type of the input element.
func (f field) Input() string {
	switch f.Kind {
	case terms.KindTel:
		return "tel"
	case terms.KindMail:
		return "email"
	}
	return "text"
}

// Numeric asks for a keyboard with digits.
func (f field) Numeric() bool { return f.Kind == terms.KindDigits }

// Names of the fields in forms: contact data and the municipality's own.
const (
	ofContact = "c_"
	ofTenant  = "x_"
)

// contactFields are the contact fields that a tenant takes, in order.
func (v *visit) contactFields() (list []contactField) {
	p := v.city.policy
	for _, f := range []contactField{
		{contact.Mail, terms.KindMail, "email", 254},
		{contact.Phone, terms.KindTel, "tel", 20},
		{contact.Name, terms.KindText, "name", 60},
		{contact.Kana, terms.KindKana, "", 60},
		{contact.Birth, terms.KindDate, "bday", 10},
		{contact.Sex, terms.KindRadio, "", 0},
		{contact.Address, terms.KindText, "address-line1", 200},
	} {
		level := contact.LevelOf(f.name)
		taken := p.PII == terms.PIIFull || p.PII == terms.PIIContact && level == terms.PIIContact
		if taken && (f.name != contact.Mail || p.TakesMail()) {
			list = append(list, f)
		}
	}
	return list
}

type contactField struct {
	name    string
	kind    terms.Kind
	auto    string
	longest int
}

// fields are those of the form of a mode, with what was entered.
func (v *visit) fields(m terms.Mode, given url.Values) (list []field) {
	for _, c := range v.contactFields() {
		f := field{
			ID: ofContact + c.name, Name: ofContact + c.name, Kind: c.kind, Label: v.words.HTML("contact." + c.name),
			Value: refill(clip(given.Get(ofContact + c.name))), Auto: c.auto, Longest: c.longest,
		}
		if c.name == contact.Mail {
			f.Hint = v.words.HTML("contact.mail_hint")
			if m == terms.AccessKey {
				f.Required = true
				f.Hint = v.words.HTML("open.mail_hint", "minutes", strconv.Itoa(v.city.policy.ConfirmMinutes))
			}
		}
		if c.name == contact.Sex {
			for _, value := range []string{"male", "female", "other"} {
				f.Options = append(f.Options, fieldOption{value, v.words.HTML("contact.sex." + value), f.Value == value})
			}
		}
		list = append(list, f)
	}
	for _, t := range v.city.terms.Fields.On(m, v.city.policy.PII) {
		f := field{
			ID: ofTenant + t.ID, Name: ofTenant + t.ID, Kind: t.Kind, Label: v.foreign(t.Label(v.lang), t.Labels[v.lang] != ""),
			Hint: v.foreign(t.HelpText(v.lang), t.Help[v.lang] != ""), Required: t.UseIn(m) == terms.Required,
			Value: refill(strings.Join(given[ofTenant+t.ID], "\n")), Longest: t.Max(),
		}
		for _, o := range t.Options {
			label := o.Labels[v.lang]
			known := label != ""
			if !known {
				label = o.Labels[wording.Japanese]
			}
			on := false
			for _, chosen := range given[ofTenant+t.ID] {
				on = on || chosen == o.Value
			}
			f.Options = append(f.Options, fieldOption{o.Value, v.foreign(label, known), on})
		}
		list = append(list, f)
	}
	return list
}

// foreign is a text of the municipality, which is Japanese where it has none in
// the language of the page.
func (v *visit) foreign(text string, known bool) template.HTML {
	out := v.words.Shown(text)
	if text != "" && !known && wording.HTMLLang(v.lang) != wording.Japanese {
		out = `<span lang="ja">` + out + `</span>`
	}
	return out
}

// left is what a form says of its sender.
func left(form url.Values) (c contact.Contact, answers contact.Answers) {
	get := func(name string) string { return strings.TrimSpace(form.Get(ofContact + name)) }
	c = contact.Contact{
		Mail: get(contact.Mail), Phone: get(contact.Phone), Name: get(contact.Name), Kana: get(contact.Kana),
		Birth: get(contact.Birth), Sex: get(contact.Sex), Address: get(contact.Address),
	}
	answers = contact.Answers{}
	for name, values := range form {
		if id, own := strings.CutPrefix(name, ofTenant); own {
			answers[id] = strings.Join(values, "\n")
		}
	}
	return c, answers
}

// fieldProblems are the details of a refused form at their fields.
func (v *visit) fieldProblems(e *fault.Error, m terms.Mode) (list []problem) {
	labels := map[string]string{}
	for _, f := range v.fields(m, nil) {
		labels[strings.TrimPrefix(strings.TrimPrefix(f.ID, ofContact), ofTenant)] = f.ID
	}
	for _, d := range e.Details {
		id := labels[d.Column]
		key := "error." + d.Code
		switch d.Code {
		case "entry.my_number":
			key = "error.terms.my_number"
		case "entry.too_long", "entry.invisible":
			key = "error.terms.answer_form"
		}
		list = append(list, problem{Field: id, Key: key, Args: []string{"field", v.labelOf(d.Column)}})
	}
	if len(list) == 0 {
		list = append(list, v.problemOf("", e))
	}
	return list
}

// labelOf is the name of a field.
func (v *visit) labelOf(id string) string {
	if f, own := v.city.terms.Fields.ByID(id); own {
		return f.Label(v.lang)
	}
	return v.words.Raw("contact." + id)
}
