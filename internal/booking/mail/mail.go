// Package mail tells residents by mail what happened to their booking. A mail
// is written in the transaction of the act itself and lies in the outbox until
// the tenant's server has taken it; a server that is down stops no booking and
// nothing is called sent before it was accepted. Address and text are sealed
// while they wait and erased afterwards. Whom no mail reaches comes onto the
// list of those to be called. Writes tables mail_out and phone_task.
package mail

import (
	"encoding/json"
	"fmt"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// State is that of a mail in the outbox.
type State string

// The states of a mail.
const (
	Waiting  State = "waiting"
	Sent     State = "sent"     // the server has accepted it
	Rejected State = "rejected" // the server refused it for good, or two days passed
	Unknown  State = "unknown"  // there is no such address
	Limited  State = "limited"  // the address had its mails of the day; this one was not written
	None     State = ""         // no address, or the tenant sends no mails
)

// Stuck is no state of its own: lists and counts call so what has waited for
// longer than [StuckAfter].
const Stuck State = "stuck"

// StuckAfter is how long a mail waits until somebody should look why.
const StuckAfter = time.Hour

// Letter is a mail to be written.
type Letter struct {
	Kind      terms.MailKind
	Lang      string
	BookingID string // '' for one about no booking
	To        string
	Values    map[string]string // by the code of the variable
	Also      []string          // lines about other bookings of the same address
}

// envelope is what is sealed while a mail waits.
type envelope struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// Queue writes a mail into the outbox, in the transaction of the act that it
// tells of. Without an address, or where the tenant takes none, it writes
// nothing and returns None. An address gets so many mails a day and not more;
// beyond that only the fact is kept, and somebody is asked to call where the
// office has done something.
func Queue(tx *store.Tx, ring *keyring.Ring, tenant int, t *terms.Terms, l Letter) (State, error) {
	if l.To == "" || !t.Policy.TakesMail() {
		return None, nil
	}
	if !terms.Mailable(l.To) {
		return None, fault.New(fault.Invalid, "terms.mail")
	}
	m := row{id: ulid.New(tx.Now), bookingID: l.BookingID, kind: l.Kind, state: Waiting, receiver: contact.MACOf(ring, contact.Mail, l.To)}
	if err := tx.Lock("mail/" + m.receiver); err != nil { // who counts waits for those who write
		return None, err
	}
	today, err := countToday(tx.Rx, tenant, m.receiver, store.Stamp(midnight(tx.Now)))
	if err != nil {
		return None, err
	}
	if today >= t.Policy.MailsPerDay {
		m.state, m.doneAt, m.lang = Limited, store.Stamp(tx.Now), l.Lang
		if err := insert(tx, tenant, m); err != nil {
			return None, err
		}
		if byOffice(l.Kind) {
			return Limited, AddTask(tx, tenant, l.BookingID, l.Kind, BecauseLimited)
		}
		return Limited, nil
	}
	text, in := Compose(t, l)
	m.lang = in
	body, err := json.Marshal(envelope{l.To, text.Subject, text.Body})
	if err != nil {
		return None, err
	}
	if m.sealed, err = ring.Seal("mail", sealedAt(tenant, m.id), string(body)); err != nil {
		return None, err
	}
	return Waiting, insert(tx, tenant, m)
}

// byOffice reports whether residents do not know of an act unless they are told.
func byOffice(k terms.MailKind) bool {
	switch k {
	case terms.MailOfficeCancelled, terms.MailOfficeMoved, terms.MailOffer, terms.MailReplaced, terms.MailUnsettled:
		return true
	}
	return false
}

func sealedAt(tenant int, id string) string { return fmt.Sprintf("mail_out/%d/%s", tenant, id) }

// midnight is the beginning of the day in Japan.
func midnight(t time.Time) time.Time {
	year, month, day := t.In(store.Tokyo).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, store.Tokyo)
}

// Item is a mail as lists show it: never its address or text.
type Item struct {
	ID        string         `json:"id"`
	BookingID string         `json:"bookingId"`
	Kind      terms.MailKind `json:"kind"`
	Lang      string         `json:"lang"`
	State     State          `json:"state"`
	Tries     int            `json:"tries"`
	MadeAt    string         `json:"madeAt"`
	DoneAt    string         `json:"doneAt"`
	Answer    string         `json:"answer"` // code of the server
}

// Windows limits lists to mails about bookings at some windows, and those about
// no booking. Nil is no limit.
type Windows []string

// List returns the mails in a state, Stuck included, or in all of them for None,
// newest first.
func List(rx *store.Rx, tenant int, state State, at Windows, limit int) ([]Item, error) {
	return selectList(rx, tenant, state, at, limit)
}

// About returns the mails about a booking, newest first.
func About(rx *store.Rx, tenant int, bookingID string) ([]Item, error) {
	return items(rx, itemColumns+" AND booking_id = $2 ORDER BY mail_id DESC", tenant, bookingID)
}

// Counts returns how many mails are in each state, and how many of those that
// wait are stuck.
func Counts(rx *store.Rx, tenant int, at Windows) (map[State]int, error) {
	return selectCounts(rx, tenant, at)
}

// OldestWaiting is when the oldest mail that has not been sent was written; zero
// when none waits.
func OldestWaiting(rx *store.Rx, tenant int) (time.Time, error) {
	at, err := selectOldestWaiting(rx, tenant)
	if err != nil || at == "" {
		return time.Time{}, err
	}
	return store.ParseStamp(at)
}
