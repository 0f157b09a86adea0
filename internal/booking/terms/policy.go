package terms

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Mode is a way of residents to sign in.
type Mode string

// The modes (auth_mode).
const (
	LinkBirth    Mode = "link+birth"
	LinkPassword Mode = "link+password"
	Link         Mode = "link"
	AccessKey    Mode = "accesskey" // without a code from the office: the booking has a key of its own
)

// Modes lists all of them.
var Modes = []Mode{LinkBirth, LinkPassword, Link, AccessKey}

// PII says which personal data the tenant takes at all.
type PII string

// The levels of personal data.
const (
	PIIOff     PII = "off"     // none: every personal field is refused
	PIIContact PII = "contact" // a mail address and a phone number, both optional
	PIIFull    PII = "full"    // also name, kana, birth date, sex and address
)

// Policy is what a tenant decides about its booking service.
type Policy struct {
	Version int `json:"version"` // 0 as long as nobody has saved

	AuthModes []Mode `json:"authModes"` // at least one
	PII       PII    `json:"pii"`
	GroupMode string `json:"groupMode"` // off, each_code or tick: how a household books together
	ResetBy   string `json:"resetBy"`   // pin or post: a forgotten password without a mail address
	// UnconfirmedKeys lets bookings without a code stand unconfirmed where no
	// mail address may be asked.
	UnconfirmedKeys bool `json:"unconfirmedKeys"`
	ConfirmMinutes  int  `json:"confirmMinutes"` // in which such a booking must be confirmed by mail
	KeysPerMail     int  `json:"keysPerMail"`    // such bookings a day for each mail address,
	KeysPerPhone    int  `json:"keysPerPhone"`   // phone number
	KeysPerAddress  int  `json:"keysPerAddress"` // and network address

	ChangesPerDay int `json:"changesPerDay"` // of one booking by residents, 0 for any number

	Adjacent     bool   `json:"adjacent"`     // a party may spread over slots that follow one another
	Units        string `json:"units"`        // max or sum: seats of one person with several procedures
	WaitingList  bool   `json:"waitingList"`  // residents may wait for a seat
	OfferHours   int    `json:"offerHours"`   // in which an offered seat must be accepted, at least 2
	CancelReason bool   `json:"cancelReason"` // residents are asked why they cancel, optionally

	Reception  string `json:"reception"`  // cloud or appliance: where arrivals are recorded
	SettleDays int    `json:"settleDays"` // business days after which a no-show without day-close is settled

	ContactDays int `json:"contactDays"` // contact data is erased so many days after visit or cancellation
	LinkDays    int `json:"linkDays"`    // the booking is made anonymous after so many

	Languages []string `json:"languages"` // of the pages, in the order of the city; the first is ja
	Phone     string   `json:"phone"`
	Hours     string   `json:"hours"`  // of the phone
	Colour    string   `json:"colour"` // of head and buttons, #rrggbb
	Privacy   string   `json:"privacy"`

	Reminder      bool   `json:"reminder"`      // mail on the business day before
	NoShowMail    bool   `json:"noShowMail"`    // mail after a final no-show
	SenderName    string `json:"senderName"`    // as the reader sees it; empty: the tenant's name
	SenderAddress string `json:"senderAddress"` // empty: no mail is offered at all
	MailsPerDay   int    `json:"mailsPerDay"`   // for one address, confirmations of acts included
}

// AllLanguages are the languages that a tenant can offer.
var AllLanguages = []string{
	"ja", "ja-easy", "en", "zh-Hans", "zh-Hant", "ko", "vi", "pt-BR", "es", "fil", "ne", "id", "my", "th",
}

// DefaultPolicy is that of a tenant that has saved none.
func DefaultPolicy() Policy {
	return Policy{
		AuthModes: []Mode{LinkBirth}, PII: PIIContact, GroupMode: "each_code", ResetBy: "pin",
		ConfirmMinutes: 30, KeysPerMail: 2, KeysPerPhone: 2, KeysPerAddress: 5,
		ChangesPerDay: 5,
		Units:         "max", OfferHours: 24, CancelReason: true,
		Reception: "cloud", SettleDays: 3,
		ContactDays: 7, LinkDays: 365,
		Languages: slices.Clone(AllLanguages), Colour: "#0017c1",
		Reminder: true, NoShowMail: true, MailsPerDay: 3,
	}
}

// Allows reports whether residents may sign in by a mode.
func (p Policy) Allows(m Mode) bool { return slices.Contains(p.AuthModes, m) }

// CodeMode is what the pages ask for besides the code of a letter: the first
// that is allowed of birth date, password and nothing. AccessKey stands for no
// codes at all.
func (p Policy) CodeMode() Mode {
	for _, m := range []Mode{LinkBirth, LinkPassword, Link} {
		if p.Allows(m) {
			return m
		}
	}
	return AccessKey
}

// TakesMail reports whether residents may leave a mail address.
func (p Policy) TakesMail() bool { return p.PII != PIIOff && p.SenderAddress != "" }

// TakesKeys reports whether bookings without a code are possible: confirmed by
// mail, or unconfirmed where the tenant takes no mail address and allows it.
func (p Policy) TakesKeys() bool {
	return p.Allows(AccessKey) && (p.TakesMail() || p.UnconfirmedKeys)
}

// LoadPolicy returns the policy that holds now.
func LoadPolicy(rx *store.Rx, tenant int) (Policy, error) {
	p := DefaultPolicy()
	version, err := newest(rx, tenant, PolicyDocument, &p)
	p.Version = version
	return p, err
}

// SavePolicy makes p the next version of the policy. seen is the version that
// the person saw. Errors: fault.Invalid "terms.bad_policy" with a detail per
// field, whose Column is its name in JSON; fault.Conflict
// "settings.changed_meanwhile".
func SavePolicy(tx *store.Tx, tenant int, p Policy, seen int) (_ Policy, err error) {
	defer fault.Add(&err, "terms.SavePolicy(%d)", tenant)
	if details := p.check(); len(details) > 0 {
		return Policy{}, fault.New(fault.Invalid, "terms.bad_policy", "count", strconv.Itoa(len(details))).With(details...)
	}
	p.Version = 0
	p.Version, err = save(tx, tenant, PolicyDocument, seen, p)
	return p, err
}

var (
	colour  = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	phoneNo = regexp.MustCompile(`^[0-9][0-9-]{8,13}$`)
)

// Least contrast of white letters on the colour of buttons (WCAG 2.2, 1.4.3).
const leastContrast = 4.5

func (p Policy) check() (details []fault.Detail) {
	bad := func(field, code, value string, args ...string) {
		details = append(details, fault.Detail{Code: code, Column: field, Value: value, Args: fault.Args(args...)})
	}
	oneOf := func(field, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			bad(field, "terms.choice", value)
		}
	}
	within := func(field string, n, low, high int) {
		if n < low || n > high {
			bad(field, "terms.range", strconv.Itoa(n), "low", strconv.Itoa(low), "high", strconv.Itoa(high))
		}
	}
	if len(p.AuthModes) == 0 || slices.ContainsFunc(p.AuthModes, func(m Mode) bool { return !slices.Contains(Modes, m) }) {
		bad("authModes", "terms.choice", fmt.Sprint(p.AuthModes))
	}
	oneOf("pii", string(p.PII), string(PIIOff), string(PIIContact), string(PIIFull))
	oneOf("groupMode", p.GroupMode, "off", "each_code", "tick")
	oneOf("resetBy", p.ResetBy, "pin", "post")
	oneOf("units", p.Units, "max", "sum")
	oneOf("reception", p.Reception, "cloud", "appliance")
	within("confirmMinutes", p.ConfirmMinutes, 5, 120)
	within("keysPerMail", p.KeysPerMail, 1, 20)
	within("keysPerPhone", p.KeysPerPhone, 1, 20)
	within("keysPerAddress", p.KeysPerAddress, 1, 100)
	within("changesPerDay", p.ChangesPerDay, 0, 50)
	within("offerHours", p.OfferHours, 2, 72)
	within("settleDays", p.SettleDays, 1, 30)
	within("contactDays", p.ContactDays, 1, 90)
	within("linkDays", p.LinkDays, 30, 1830)
	within("mailsPerDay", p.MailsPerDay, 1, 10)
	if !languagesKnown(p.Languages) {
		bad("languages", "terms.languages", strings.Join(p.Languages, " "))
	}
	if p.Phone != "" && !phoneNo.MatchString(p.Phone) {
		bad("phone", "terms.phone", p.Phone)
	}
	switch {
	case !colour.MatchString(p.Colour):
		bad("colour", "terms.colour", p.Colour)
	case contrastWithWhite(p.Colour) < leastContrast:
		bad("colour", "terms.contrast", p.Colour)
	}
	if p.SenderAddress != "" && !Mailable(p.SenderAddress) {
		bad("senderAddress", "terms.mail", p.SenderAddress)
	}
	for field, text := range map[string]string{"hours": p.Hours, "senderName": p.SenderName, "privacy": p.Privacy} {
		if err := entry.Check(text); err != nil || strings.ContainsAny(text, "\r\n") && field != "privacy" {
			bad(field, "terms.text", "")
		}
	}
	return details
}

// languagesKnown: Japanese first, each once.
func languagesKnown(list []string) bool {
	if len(list) == 0 || list[0] != "ja" {
		return false
	}
	seen := map[string]bool{}
	for _, l := range list {
		if seen[l] || !slices.Contains(AllLanguages, l) {
			return false
		}
		seen[l] = true
	}
	return true
}

func contrastWithWhite(hex string) float64 {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return 0
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 1.05 / (0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0) + 0.05)
}
