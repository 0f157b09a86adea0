// Package link gives residents who wait for a card a random pseudonym and tells
// the booking service what it must know of it: that there is a code, whether its
// card can be collected, that the code is dead. The code itself, names and
// reasons stay in the office; about residents under protection nothing leaves it
// at all unless the city has decided otherwise, and nobody can tell from what
// leaves that somebody is missing. [Release] makes the codes of a print run known
// in one act; afterwards [Collect] follows what happens to the cards, so that the
// domains that act on cards need not know of the exchange. Writes table link.
//
// Source: booking.md §3.2 and §3.3, security-reliability.md §7.4 and TB-10.
package link

import (
	"encoding/base64"
	"strings"
	"time"

	"kofu/internal/agree"
	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Link is a pseudonym with what the booking service was told last.
type Link struct {
	ID          string // 16 hex digits
	ResidentID  int64  // 0 for a card that is not joined to the registry
	CardID      int64
	Gen         int
	State       agree.LinkState
	CodeID      int64
	KeyID       string
	Svc         []string
	Windows     []string // none for all
	BookFrom    string   // instants
	Until       string
	Group       string
	Ordinal     int
	RunID       int64
	ReleasedAt  string
	FirstUsedAt string

	seenVersion, seenStops int
}

// Keys open codes and hash them anew.
type Keys struct {
	Ring  *keyring.Ring
	Codes *keyring.Codes // of the office; its newest hashes what is released
	id    string         // of the key that hashes, "" for the newest
}

// under are the keys with one that hashes.
func (k Keys) under(id string) Keys {
	k.id = id
	return k
}

func (k Keys) current() (id string, secret []byte, ok bool) {
	if k.id == "" {
		return k.Codes.Newest()
	}
	secret, ok = k.Codes.Keys()[k.id]
	return k.id, secret, ok
}

// Policy is what a city decides about its codes.
type Policy struct {
	// WithBirth asks for the birth date beside the code.
	WithBirth bool `json:"withBirth"`
	// WithoutBirth says what somebody does whose registered birth date is
	// incomplete: "office" books by phone, "code" with the code alone.
	WithoutBirth string `json:"withoutBirth"`
	// Shielded says what the booking service hears of residents under protection:
	// "never" anything, or "as_others" the same as of everybody.
	Shielded string `json:"shielded"`
	// Households joins the persons of a household in one mailing.
	Households bool `json:"households"`
	// Ready says from when on the card can be booked for: "shelved" as soon as it
	// waits in the vault, or "posted" when its letter was posted.
	Ready string `json:"ready"`
}

// Document is the name of the policy in package settings.
const Document = "link"

// LoadPolicy returns what the city has decided, with the version of the document.
func LoadPolicy(rx *store.Rx) (p Policy, version int, err error) {
	p = Policy{WithBirth: true, WithoutBirth: "office", Shielded: "never", Households: true, Ready: "shelved"}
	version, err = settings.LoadDocument(rx, Document, &p)
	return p, version, err
}

// SavePolicy makes p the next version. What it says of the state of a card and of
// protection counts for released codes too; the rest for those that are released
// from now on. Errors: those of settings.SaveDocument.
func SavePolicy(tx *store.Tx, p Policy, version int) (next int, err error) {
	if next, err = savePolicy(tx, p, version); err != nil {
		return next, err
	}
	return next, lookAgain(tx)
}

func savePolicy(tx *store.Tx, p Policy, version int) (int, error) {
	return settings.SaveDocument(tx, Document, version, p, func() (bad []fault.Detail) {
		if p.WithoutBirth != "office" && p.WithoutBirth != "code" {
			bad = append(bad, badChoice("withoutBirth", p.WithoutBirth))
		}
		if p.Shielded != "never" && p.Shielded != "as_others" {
			bad = append(bad, badChoice("shielded", p.Shielded))
		}
		if p.Ready != "shelved" && p.Ready != "posted" {
			bad = append(bad, badChoice("ready", p.Ready))
		}
		return bad
	})
}

func badChoice(field, value string) fault.Detail {
	return fault.Detail{Code: "settings.choice", Column: field, Value: value, Args: fault.Args("field", "@settings.field."+field)}
}

// subject is everything about one card that decides what is said of its link.
type subject struct {
	card     card.Card
	person   resident.Resident
	linked   bool
	shielded bool // and nothing about the person may leave
	early    bool // the letter need not be posted
	code     notice.Living
	hasCode  bool
}

func (k Keys) subject(rx *store.Rx, p Policy, cardID int64) (s subject, err error) {
	s.early = p.Ready == "shelved"
	if s.card, err = card.ByID(rx, cardID); err != nil {
		return s, err
	}
	if s.card.ResidentID != 0 {
		if s.person, s.linked, err = resident.ByID(rx, s.card.ResidentID); err != nil {
			return s, err
		}
		if p.Shielded == "never" {
			if s.shielded, err = resident.Shielded(rx, s.card.ResidentID); err != nil {
				return s, err
			}
		}
	}
	s.code, s.hasCode, err = notice.LivingCode(rx, k.Ring, cardID)
	return s, err
}

// due is the state that follows from the card, given the one that was told.
func (s subject) due(now agree.LinkState) agree.LinkState {
	c := s.card
	switch {
	case c.Procedure == card.HandedOver:
		return agree.Closed
	case c.Procedure == card.Withdrawn, c.Procedure == card.Voided, s.shielded, !s.hasCode:
		return agree.Withdrawn
	case c.Stops > 0:
		return agree.Held
	case (c.Procedure == card.Ready && s.early || c.Procedure == card.Notified) && c.Held():
		return agree.Ready
	case now == agree.Issued || now == agree.Unknown:
		return agree.Issued
	}
	return agree.Held
}

// birth is the birth date as YYYYMMDD, false when it is not known to the day.
func (s subject) birth() (string, bool) {
	day := jpdate.Day(s.card.Birth)
	if s.linked && s.person.Birth != "" {
		day = jpdate.Day(s.person.Birth)
	}
	return strings.ReplaceAll(string(day), "-", ""), day.Valid()
}

// hashes are the look-up key of a code and, where birth dates are asked for, its
// verifier; byPhone says that only the office can book for the person.
func (k Keys) hashes(p Policy, s subject) (key, h, hb string, byPhone bool, err error) {
	key, secret, ok := k.current()
	if !ok {
		return "", "", "", false, fault.New(fault.Conflict, "link.no_key")
	}
	h = encode(s.code.Code.Hash(secret))
	if !p.WithBirth {
		return key, h, "", false, nil
	}
	birth, known := s.birth()
	if !known {
		return key, h, "", p.WithoutBirth == "office", nil
	}
	return key, h, encode(s.code.Code.HashWithBirth(secret, birth)), false, nil
}

// Hash is the look-up key of a code under a key of the office, ok is false for a
// key that is not known here.
func (k Keys) Hash(keyID string, code linkcode.Code) (h string, ok bool) {
	secret, ok := k.Codes.Keys()[keyID]
	return encode(code.Hash(secret)), ok
}

func encode(mac []byte) string { return base64.RawURLEncoding.EncodeToString(mac) }

// step moves the link to the next state, with the event that says so.
func (l *Link) step(log *[]event.Body, b event.Body) {
	next, _ := agree.Link{State: l.State, Gen: l.Gen}.Next(b)
	l.State, l.Gen = next.State, next.Gen
	*log = append(*log, b)
}

// reach brings the link into the state that is due, except those that only the
// next generation reaches.
func (l *Link) reach(log *[]event.Body, due agree.LinkState) {
	if l.State == due {
		return
	}
	of := event.OfLink{Link: l.ID, Gen: l.Gen}
	switch due {
	case agree.Ready:
		l.step(log, event.LinkReady(of))
	case agree.Held:
		l.step(log, event.LinkHold(of))
	case agree.Withdrawn:
		l.step(log, event.LinkWithdraw(of))
	case agree.Closed:
		l.step(log, event.LinkClose(of))
	}
}

// issue is the event that makes the code of the link known.
func (l Link) issue(h, hb string, byPhone bool) event.LinkIssue {
	return event.LinkIssue{
		Link: l.ID, Hash: h, BirthHash: hb, Key: l.KeyID, Gen: l.Gen, Svc: l.Svc, Windows: l.Windows,
		BookFrom: l.BookFrom, Until: l.Until, Group: l.Group, Ordinal: l.Ordinal, OfficeOnly: byPhone,
	}
}

func stamp(t time.Time) string { return store.Stamp(t.UTC()) }
