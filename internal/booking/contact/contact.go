// Package contact holds what residents leave of themselves, where the tenant
// takes it: how to reach them, who they are, and their answers to the tenant's
// own fields. What was typed is sealed with the tenant's key under the place
// where it lies, a mail address and a phone number are found again by a keyed
// hash, and all of it is erased some days after the visit. A tenant without
// personal data can keep none: every personal value is refused here. Writes
// tables contact_value and contact_answer.
package contact

import (
	"fmt"
	"maps"
	"strings"

	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/keyring"
)

// Contact is how a resident can be reached and, where the tenant takes it, who
// they are. An empty field was not given.
type Contact struct {
	Mail    string `json:"mail,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Name    string `json:"name,omitempty"`
	Kana    string `json:"kana,omitempty"`
	Birth   string `json:"birth,omitempty"` // 2006-01-02
	Sex     string `json:"sex,omitempty"`   // male, female or other
	Address string `json:"address,omitempty"`
}

// Answers are what was answered to the fields of the tenant, by the id of the
// field. A field with several ticks has them joined by line breaks.
type Answers map[string]string

// Fields of a contact, as permissions and lists name them.
const (
	Mail    = "mail"
	Phone   = "phone"
	Name    = "name"
	Kana    = "kana"
	Birth   = "birth"
	Sex     = "sex"
	Address = "address"
)

// FieldNames lists them in the order of the screen.
var FieldNames = []string{Mail, Phone, Name, Kana, Birth, Sex, Address}

// own marks a field of the tenant among the values.
const own = "own/"

// Given are the values as they were given, by the name of the field.
func (c Contact) Given() map[string]string {
	all := map[string]string{Mail: c.Mail, Phone: c.Phone, Name: c.Name, Kana: c.Kana, Birth: c.Birth, Sex: c.Sex, Address: c.Address}
	maps.DeleteFunc(all, func(_, value string) bool { return strings.TrimSpace(value) == "" })
	return all
}

func (c *Contact) set(field, value string) {
	switch field {
	case Mail:
		c.Mail = value
	case Phone:
		c.Phone = value
	case Name:
		c.Name = value
	case Kana:
		c.Kana = value
	case Birth:
		c.Birth = value
	case Sex:
		c.Sex = value
	case Address:
		c.Address = value
	}
}

// LevelOf is the level of personal data that a field of a contact belongs to.
func LevelOf(field string) terms.PII {
	if field == Mail || field == Phone {
		return terms.PIIContact
	}
	return terms.PIIFull
}

// form is how the fields of a contact are checked: as fields of a tenant are.
var form = func() terms.Fields {
	list := []terms.Field{
		{ID: Mail, Kind: terms.KindMail, Longest: 254},
		{ID: Phone, Kind: terms.KindTel, Longest: 20},
		{ID: Name, Kind: terms.KindText, Longest: 60},
		{ID: Kana, Kind: terms.KindKana, Longest: 60},
		{ID: Birth, Kind: terms.KindDate},
		{ID: Address, Kind: terms.KindText, Longest: 200},
		{ID: Sex, Kind: terms.KindRadio, Options: []terms.Option{{Value: "male"}, {Value: "female"}, {Value: "other"}}},
	}
	for i := range list {
		list[i].Personal = LevelOf(list[i].ID)
	}
	return terms.Fields{List: list}
}()

// Form is what somebody left, checked and ready to be kept.
type Form struct {
	Contact Contact
	Answers Answers
}

// Check tidies what somebody left on the form of a mode and refuses what does
// not fit or what the tenant does not take. Staff may leave required fields
// empty. Errors: fault.Invalid "terms.answers" with a detail per field, whose
// Column is its name or its id.
func Check(t *terms.Terms, m terms.Mode, c Contact, a Answers, staff bool) (f Form, err error) {
	contact, err1 := CheckContact(t, c)
	answers, err2 := t.Fields.Check(m, t.Policy.PII, a, staff)
	if err := joined(err1, err2); err != nil {
		return Form{}, err
	}
	return Form{contact, answers}, nil
}

// CheckContact is Check without the fields of the tenant's own.
func CheckContact(t *terms.Terms, c Contact) (clean Contact, err error) {
	values, err := form.Check("", t.Policy.PII, c.Given(), true)
	for field, value := range values {
		clean.set(field, value)
	}
	return clean, err
}

// joined makes one refusal of two.
func joined(a, b error) error {
	first, ok1 := fault.As(a)
	second, ok2 := fault.As(b)
	if ok1 && ok2 {
		return first.With(second.Details...)
	}
	if a != nil {
		return a
	}
	return b
}

// MACOf finds a mail address or phone number again. Capitals do not count.
func MACOf(ring *keyring.Ring, field, value string) string {
	if value == "" {
		return ""
	}
	if field == Phone {
		value = strings.ReplaceAll(value, "-", "")
	}
	return ring.MAC("contact/"+field, strings.ToLower(value))
}

// place is where a value lies: sealed for one row, it opens in no other.
func place(tenant int, owner, field string) string {
	return fmt.Sprintf("contact_value/%d/%s/%s", tenant, owner, field)
}

// MemberOwner owns what a resident with a password left for their account.
func MemberOwner(link string) string { return "link/" + link }

// WishOwner owns what somebody on the waiting list left.
func WishOwner(wishID string) string { return "wish/" + wishID }
