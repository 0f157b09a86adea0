package contact

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// Keep keeps what somebody left with a booking, in place of what they left
// before. It refuses personal values of a level that the tenant does not take,
// whoever has checked them. Errors: fault.Forbidden "contact.not_taken".
func Keep(tx *store.Tx, ring *keyring.Ring, tenant int, t *terms.Terms, bookingID string, f Form) error {
	for _, field := range slices.Sorted(maps.Keys(f.Contact.Given())) {
		if !takes(t.Policy.PII, LevelOf(field)) {
			return fault.New(fault.Forbidden, "contact.not_taken")
		}
		if err := seal(tx, ring, tenant, bookingID, field, f.Contact.Given()[field]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.Answers)) {
		field, known := t.Fields.ByID(id)
		if !known || !takes(t.Policy.PII, field.Personal) {
			return fault.New(fault.Forbidden, "contact.not_taken")
		}
		var err error
		if field.Personal == terms.PIIOff {
			err = insertAnswer(tx, tenant, bookingID, id, f.Answers[id])
		} else {
			err = seal(tx, ring, tenant, bookingID, own+id, f.Answers[id])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// KeepFor keeps how to reach somebody who waits and has no booking yet, under
// an owner such as [WishOwner]. Errors: as [Keep].
func KeepFor(tx *store.Tx, ring *keyring.Ring, tenant int, t *terms.Terms, owner string, c Contact) error {
	return Keep(tx, ring, tenant, t, owner, Form{Contact: c})
}

// KeepMail keeps the mail address of a resident with a password, for the day
// they forget it. Errors: fault.Forbidden "contact.not_taken"; fault.Invalid
// "terms.mail".
func KeepMail(tx *store.Tx, ring *keyring.Ring, tenant int, t *terms.Terms, link, address string) error {
	switch {
	case !takes(t.Policy.PII, terms.PIIContact):
		return fault.New(fault.Forbidden, "contact.not_taken")
	case !terms.Mailable(address), entry.Check(address) != nil:
		return fault.New(fault.Invalid, "terms.mail")
	}
	return seal(tx, ring, tenant, MemberOwner(link), Mail, address)
}

// takes reports whether a tenant of a level keeps data of another.
func takes(tenant, level terms.PII) bool {
	return level == terms.PIIOff || tenant == terms.PIIFull || tenant == terms.PIIContact && level == terms.PIIContact
}

func seal(tx *store.Tx, ring *keyring.Ring, tenant int, owner, field, value string) error {
	sealed, err := ring.Seal("contact", place(tenant, owner, field), value)
	if err != nil {
		return err
	}
	mac := ""
	if field == Mail || field == Phone {
		mac = MACOf(ring, field, value)
	}
	return insertValue(tx, tenant, owner, field, sealed, mac)
}

// Copy gives one owner the contact of another, where it has none of its own.
func Copy(tx *store.Tx, ring *keyring.Ring, tenant int, from, to string) error {
	has, err := valuesOf(tx.Rx, tenant, to)
	if err != nil || len(has) > 0 {
		return err
	}
	values, err := open(tx.Rx, ring, tenant, from)
	if err != nil {
		return err
	}
	for _, field := range slices.Sorted(maps.Keys(values)) {
		if err := seal(tx, ring, tenant, to, field, values[field]); err != nil {
			return err
		}
	}
	return nil
}

// Left is what somebody left with a booking, opened.
type Left struct {
	Contact Contact
	Answers Answers
}

// Load opens what was left with a booking. It is for the resident's own page
// and for mails; staff see it through [View] and [Reveal].
func Load(rx *store.Rx, ring *keyring.Ring, tenant int, bookingID string) (l Left, err error) {
	if l.Answers, err = answersOf(rx, tenant, bookingID); err != nil {
		return Left{}, err
	}
	values, err := open(rx, ring, tenant, bookingID)
	for field, value := range values {
		if id, mine := strings.CutPrefix(field, own); mine {
			l.Answers[id] = value
		} else {
			l.Contact.set(field, value)
		}
	}
	return l, err
}

// MailOf opens the mail address of a booking or of a [MemberOwner], ” without.
func MailOf(rx *store.Rx, ring *keyring.Ring, tenant int, owner string) (string, error) {
	values, err := open(rx, ring, tenant, owner)
	return values[Mail], err
}

func open(rx *store.Rx, ring *keyring.Ring, tenant int, owner string) (map[string]string, error) {
	values, err := valuesOf(rx, tenant, owner)
	if err != nil {
		return nil, err
	}
	for field, sealed := range values {
		if values[field], err = ring.Unseal("contact", place(tenant, owner, field), sealed); err != nil {
			return nil, fmt.Errorf("contact of %s: %w", owner, err)
		}
	}
	return values, nil
}

// Shown is one value as staff see it.
type Shown struct {
	Field  string `json:"field"` // name of a contact's field, or the id of a field of the tenant
	Own    bool   `json:"own"`
	Label  string `json:"label"` // of a field of the tenant
	Value  string `json:"value"`
	Masked bool   `json:"masked"`
}

// View shows staff what was left with a booking, field by field: choices that
// say nothing of a person as they are, personal values masked, and only those
// that may allows by name (a field of the tenant as own/ and its id).
func View(rx *store.Rx, ring *keyring.Ring, tenant int, t *terms.Terms, bookingID string, may func(field string) bool) ([]Shown, error) {
	return view(rx, ring, tenant, t, bookingID, may, true)
}

// Wanted are the values of a booking that somebody wants to see as they are.
type Wanted struct {
	BookingID string
	Reason    string
	May       func(field string) bool // as for [View]
}

// Reveal is View without masks, for a reason; the look stands in the access log
// of the same transaction. Errors: fault.Invalid "accesslog.reason_missing";
// those of [entry.Check].
func Reveal(tx *store.Tx, ring *keyring.Ring, tenant int, t *terms.Terms, w Wanted) (all []Shown, err error) {
	defer fault.Add(&err, "contact.Reveal(%d, %q)", tenant, w.BookingID)
	if all, err = view(tx.Rx, ring, tenant, t, w.BookingID, w.May, false); err != nil {
		return nil, err
	}
	return all, accesslog.Revealed(tx, accesslog.Look{
		Screen: "booking", Object: reserve.Object(tenant, w.BookingID), Rows: len(all), Reason: w.Reason, Ask: true,
	})
}

func view(rx *store.Rx, ring *keyring.Ring, tenant int, t *terms.Terms, bookingID string, may func(string) bool, masked bool) ([]Shown, error) {
	all := []Shown{}
	values, err := open(rx, ring, tenant, bookingID)
	if err != nil {
		return nil, err
	}
	show := func(name, field, label, value string, isOwn bool) {
		if value == "" || !may(name) {
			return
		}
		if masked {
			value = Mask(field, value)
		}
		all = append(all, Shown{field, isOwn, label, value, masked})
	}
	for _, field := range FieldNames {
		show(field, field, "", values[field], false)
	}
	answers, err := answersOf(rx, tenant, bookingID)
	if err != nil {
		return nil, err
	}
	words := t.Words(wording.Japanese)
	for _, field := range t.Fields.List {
		if answer := answers[field.ID]; answer != "" {
			all = append(all, Shown{field.ID, true, field.Label("ja"), field.Say(answer, words), false})
		}
		if value := values[own+field.ID]; value != "" {
			show(own+field.ID, field.ID, field.Label("ja"), field.Say(value, words), true)
		}
	}
	return all, nil
}

// hiddenPart stands for what a mask hides, whatever its length.
const hiddenPart = "＊＊＊"

// Mask hides a value but for what helps to recognise it: the first letter and
// the domain of a mail address, the last four digits of a phone number.
func Mask(field, value string) string {
	switch field {
	case Mail:
		local, domain, _ := strings.Cut(value, "@")
		return local[:min(1, len(local))] + hiddenPart + "@" + domain
	case Phone:
		return hiddenPart + value[max(0, len(value)-4):]
	}
	return hiddenPart
}

// Bookings counts the bookings since an instant that left the same mail address
// or phone number, as [MACOf] finds it.
func Bookings(rx *store.Rx, tenant int, mac, since string) (int, error) {
	return countOwners(rx, tenant, mac, since)
}

// ChoicesOf are the answers of a booking that say nothing of a person.
func ChoicesOf(rx *store.Rx, tenant int, bookingID string) (Answers, error) {
	return answersOf(rx, tenant, bookingID)
}
