package member

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Scope is what failed attempts are counted for.
type Scope string

// The scopes of the budgets.
const (
	OfAddress Scope = "address" // an IPv4 address or an IPv6 network of 64 bits
	OfCode    Scope = "code"    // one code
	OfMinute  Scope = "minute"  // the whole service
	OfDay     Scope = "day"     // the whole service
)

// The scopes of what residents may do so many times a day.
const (
	OfMail    Scope = "mail"    // bookings without a code for one mail address
	OfPhone   Scope = "phone"   // for one phone number
	OfNetwork Scope = "network" // from one network address
	OfChange  Scope = "change"  // changes of one booking
)

// Budget bounds the failed attempts within any stretch of time.
type Budget struct {
	Limit  int
	Window time.Duration
}

// Budgets are those of every tenant: with 14 random digits and a birth date,
// 50,000 failures on each day of a year hit one of 100,000 codes with less than
// one in a million.
var Budgets = map[Scope]Budget{
	OfAddress: {30, 10 * time.Minute},
	OfCode:    {10, time.Hour},
	OfMinute:  {600, time.Minute},
	OfDay:     {50_000, 24 * time.Hour},
}

// daily counts what may happen so many times within a day.
const daily = 24 * time.Hour

// Spend counts one of the acts of which limit may happen within 24 hours. The
// count stands only if the transaction does. Errors: fault.TooMany
// "member.too_many".
func Spend(tx *store.Tx, tenant int, scope Scope, subject string, limit int) error {
	return spendOf(tx, tenant, counter{scope, subject}, Budget{limit, daily})
}

// parts is into how many buckets a window is cut.
const parts = 10

// bucket is the beginning of the bucket of an instant; after is the instant
// after which buckets still reach into the window. All of a bucket that reaches
// into it counts, so that no stretch of time ever holds more than the limit.
func (b Budget) bucket(now time.Time) (bucket, after string) {
	size := b.Window / parts
	begin := now.Truncate(size)
	return store.Stamp(begin), store.Stamp(now.Add(-b.Window - size))
}

// Keys are the secrets of a tenant by their ids. They never lie in a database.
type Keys map[string][]byte

// Attempt is one entry of a code.
type Attempt struct {
	Tenant  int
	Code    linkcode.Code
	Birth   string // YYYYMMDD as typed, '' where the tenant does not ask
	Address netip.Addr
}

// SignIn finds the member of a code and birth date. Errors: fault.TooMany
// "member.too_many" before anything is looked up; fault.Forbidden
// "member.cannot_book", the same for an unknown code, a wrong birth date, a
// withdrawn code and one that only the office may book; fault.Conflict
// "member.not_yet" with the instant from which the code books.
func SignIn(ctx context.Context, db *store.DB, actor store.Actor, keys Keys, a Attempt) (m Member, err error) {
	defer fault.Add(&err, "member.SignIn(%d)", a.Tenant)
	var refused error // committed all the same: a failure must stay counted
	err = db.Join(ctx, actor, func(tx *store.Tx) error {
		// Codes that do not exist have the same budget, or it would tell them apart.
		code := encode(a.Code.Hash(newest(keys)))
		counters := []counter{{OfAddress, addressOf(keys, a.Address)}, {OfCode, code}, {OfMinute, ""}, {OfDay, ""}}
		if err := spend(tx, a.Tenant, counters); err != nil {
			return err
		}
		found, known, err := look(tx.Rx, keys, a)
		if err != nil {
			return err
		}
		if refused = found.admits(tx.Now, keys, a, known); refused != nil && !fault.Is(refused, fault.Conflict, "member.not_yet") {
			return nil
		}
		m = found
		if err := m.arrived(tx, a.Tenant); err != nil {
			return err
		}
		return giveBack(tx, a.Tenant, counters)
	})
	if err != nil || refused != nil {
		return Member{}, firstOf(err, refused)
	}
	return m, nil
}

// arrived tells the office at the first sign-in that the letter has arrived.
func (m Member) arrived(tx *store.Tx, tenant int) error {
	if m.OpenedAt != "" || m.IsKey {
		return nil
	}
	id := ulid.New(tx.Now)
	last, first, err := open(tx, tenant, m.Link, id)
	if err != nil || !first {
		return err
	}
	return tellOpened(tx, tenant, m.Link, id, last)
}

// tellOpened writes the event under an id that the member is marked with, or one
// after the last event that the member knew.
func tellOpened(tx *store.Tx, tenant int, link, id, last string) error {
	if last != id {
		id = ulid.After(tx.Now, last)
		if _, err := mark(tx, tenant, link, id); err != nil {
			return err
		}
	}
	return sync.Put(tx, tenant, id, event.LinkFirstUsed{Link: link})
}

// TellOpened says once more that the letter has arrived: the office has not heard
// of it, and the log that said so counts no longer.
func TellOpened(tx *store.Tx, tenant int, link string) error {
	id := ulid.New(tx.Now)
	last, err := mark(tx, tenant, link, id)
	if err != nil {
		return err
	}
	return tellOpened(tx, tenant, link, id, last)
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

type counter struct {
	scope   Scope
	subject string
}

// spend counts an attempt before it is made and refuses it when one of the
// budgets is used up.
func spend(tx *store.Tx, tenant int, counters []counter) error {
	for _, c := range counters {
		if err := spendOf(tx, tenant, c, Budgets[c.scope]); err != nil {
			return err
		}
	}
	return nil
}

func spendOf(tx *store.Tx, tenant int, c counter, budget Budget) error {
	bucket, after := budget.bucket(tx.Now)
	if err := count(tx, tenant, c.scope, c.subject, bucket, 1); err != nil {
		return err
	}
	n, err := counted(tx.Rx, tenant, c.scope, c.subject, after)
	if err != nil {
		return err
	}
	if n > budget.Limit {
		return fault.New(fault.TooMany, "member.too_many", "minutes", fmt.Sprint(max(1, int(budget.Window.Minutes()))))
	}
	return nil
}

// giveBack takes an attempt that was no failure out of the counts.
func giveBack(tx *store.Tx, tenant int, counters []counter) error {
	for _, c := range counters {
		bucket, _ := Budgets[c.scope].bucket(tx.Now)
		if err := uncount(tx, tenant, c.scope, c.subject, bucket); err != nil {
			return err
		}
	}
	return nil
}

// ByCode returns the member of a code that somebody shows or tells the staff,
// whatever it may do.
func ByCode(rx *store.Rx, tenant int, keys Keys, code linkcode.Code) (m Member, known bool, err error) {
	return look(rx, keys, Attempt{Tenant: tenant, Code: code})
}

// look finds the code under each key, so that a tenant can change its key.
func look(rx *store.Rx, keys Keys, a Attempt) (m Member, known bool, err error) {
	for id, key := range keys {
		m, known, err = byCode(rx, a.Tenant, a.Code.Hash(key), "code")
		if err != nil || known && m.KeyID == id {
			return m, known, err
		}
	}
	return Member{}, false, nil
}

// admits compares in the same time whether the code is known or not.
func (m Member) admits(now time.Time, keys Keys, a Attempt, known bool) error {
	proof := a.Code.HashWithBirth(keys[m.KeyID], a.Birth)
	right := len(m.BirthMAC) == 0 || hmac.Equal(proof, m.BirthMAC)
	if !known || !right {
		return cannotBook()
	}
	return m.open(now)
}

// addressOf is the keyed hash of the network an attempt comes from: addresses
// come to rest nowhere.
func addressOf(keys Keys, address netip.Addr) string {
	bits := 32
	if address = address.Unmap(); address.Is6() {
		bits = 64
	}
	network, err := address.Prefix(bits)
	if err != nil { // no address at all: one budget for all of them
		return "unknown"
	}
	h := hmac.New(sha256.New, newest(keys))
	_, _ = h.Write([]byte("kofu attempt address 1\x00" + network.String())) // never fails
	return encode(h.Sum(nil))
}

// newest is the key with the last id.
func newest(keys Keys) []byte { return keys[newestID(keys)] }

// newestID is the newest key of the service's own: those of the office (o001 …)
// hash its letters only.
func newestID(keys Keys) (last string) {
	for id := range keys {
		if !strings.HasPrefix(id, "o") {
			last = max(last, id)
		}
	}
	return last
}

// Pressure is how much of the budgets of the whole service is used, in percent.
// The city and the operator hear of 50 before the door closes at 100.
func Pressure(rx *store.Rx, tenant int) (percent int, err error) {
	for _, scope := range []Scope{OfMinute, OfDay} {
		_, after := Budgets[scope].bucket(rx.Now)
		n, err := counted(rx, tenant, scope, "", after)
		if err != nil {
			return 0, err
		}
		percent = max(percent, n*100/Budgets[scope].Limit)
	}
	return percent, nil
}

// Forget removes counts that no budget needs any more.
func Forget(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (err error) {
	defer fault.Add(&err, "member.Forget(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		day := Budgets[OfDay]
		_, before := day.bucket(tx.Now)
		n, err := forget(tx, tenant, before)
		if err != nil {
			return err
		}
		locks, err := forgetFailuresBefore(tx, tenant, store.Stamp(tx.Now.Add(-forgetFailures)))
		if n += locks; err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, "member.attempts_forgotten", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"rows": n})
	})
}
