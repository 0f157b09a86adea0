package member

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// NewKey is the access key that belongs to the token of a form, under the
// newest of the tenant's keys.
func NewKey(keys Keys, token string) linkcode.Key { return linkcode.KeyFor(newest(keys), token) }

// AddGuests makes pseudonyms for persons without a code, one for each set of
// procedures. The access key stands for the first of them. They last until the
// instant.
func AddGuests(tx *store.Tx, tenant int, keys Keys, key linkcode.Key, procs []slot.Procs, until time.Time) (links []string, err error) {
	id := newestID(keys)
	for i, p := range procs {
		m := Member{
			Link: randomLink(), Gen: 1, KeyID: id, CodeMAC: key.Hash(keys[id]), Procs: p, From: tx.Now, Until: until, State: Ready, IsKey: true,
		}
		if i > 0 { // nobody has a key for the others
			m.CodeMAC = make([]byte, sha256.Size)
			_, _ = rand.Read(m.CodeMAC) // never fails (crypto/rand)
		}
		if _, err := put(tx, tenant, m); err != nil {
			return nil, err
		}
		links = append(links, m.Link)
	}
	return links, nil
}

// AddKeyless makes a row for somebody who booked without a code and whose access
// key is lost: nobody can open the booking with it.
func AddKeyless(tx *store.Tx, tenant int, link string, procs slot.Procs, until time.Time) error {
	m := Member{Link: link, Gen: 1, KeyID: "lost", CodeMAC: make([]byte, sha256.Size), Procs: procs, From: tx.Now, Until: until, State: Ready, IsKey: true}
	_, _ = rand.Read(m.CodeMAC) // never fails (crypto/rand)
	_, err := put(tx, tenant, m)
	return err
}

func randomLink() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// Subject is what is counted in place of a mail address, a phone number or
// another text that must not come to rest: its hash under the tenant's key.
func Subject(keys Keys, what, text string) string {
	h := hmac.New(sha256.New, newest(keys))
	_, _ = h.Write([]byte("kofu subject 1\x00" + what + "\x00" + text)) // never fails
	return encode(h.Sum(nil))
}

// Network is [Subject] of the network of an address.
func Network(keys Keys, address netip.Addr) string { return addressOf(keys, address) }

// Lock is how many failures in a row close a door, and for how long.
type Lock struct {
	Failures int
	For      time.Duration
	// Within is how long after its first failure a row ends; 0 for a row that
	// goes on until there was a day without any.
	Within time.Duration
}

// The locks: wrong access keys from one address, which many people may share,
// and wrong passwords for one code.
var (
	KeyLock      = Lock{Failures: 10, For: 15 * time.Minute, Within: time.Hour}
	PasswordLock = Lock{Failures: 10, For: 15 * time.Minute}
)

const forgetFailures = 24 * time.Hour

// Scopes of locks.
const (
	ofPassword Scope = "password"
	ofKey      Scope = "key"
)

// closed refuses an attempt while the lock holds.
func (l Lock) closed(rx *store.Rx, tenant int, scope Scope, subject string) error {
	_, until, _, err := failures(rx, tenant, scope, subject)
	if err != nil || !rx.Now.Before(until) {
		return err
	}
	minutes := int(until.Sub(rx.Now)/time.Minute) + 1
	return fault.New(fault.TooMany, "member.locked", "minutes", fmt.Sprint(min(minutes, int(l.For.Minutes()))))
}

// failed counts a failure; the last one closes.
func (l Lock) failed(tx *store.Tx, tenant int, scope Scope, subject string) error {
	n, until, at, err := failures(tx.Rx, tenant, scope, subject)
	if err != nil {
		return err
	}
	lasts := forgetFailures
	if l.Within > 0 {
		lasts = l.Within
	}
	if !until.IsZero() && !tx.Now.Before(until) || tx.Now.Sub(at) > lasts {
		n = 0 // a new row of failures
	}
	if n == 0 || l.Within == 0 {
		at = tx.Now
	}
	closed := time.Time{}
	if n++; n >= l.Failures {
		closed = tx.Now.Add(l.For)
	}
	return setFailures(tx, tenant, scope, subject, n, closed, at)
}

// KeyAttempt is one entry of an access key.
type KeyAttempt struct {
	Tenant  int
	Key     linkcode.Key
	Address netip.Addr
}

// SignInByKey finds the pseudonym of an access key. also may look closer, for
// instance at the receipt number; what it refuses counts as a wrong key. Errors:
// fault.TooMany "member.locked" after ten wrong keys from one address within an
// hour, "member.too_many"; fault.NotFound "booking.key_unknown".
func SignInByKey(ctx context.Context, db *store.DB, actor store.Actor, keys Keys, a KeyAttempt, also func(*store.Rx, Member) (bool, error)) (m Member, err error) {
	defer fault.Add(&err, "member.SignInByKey(%d)", a.Tenant)
	var refused error // committed all the same: a failure must stay counted
	address := addressOf(keys, a.Address)
	counters := []counter{{OfMinute, ""}, {OfDay, ""}}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		m, refused = Member{}, nil
		if err := tx.Lock(fmt.Sprintf("key/%d/%s", a.Tenant, address)); err != nil { // failures at the same moment count one by one
			return err
		}
		if err := KeyLock.closed(tx.Rx, a.Tenant, ofKey, address); err != nil {
			return err
		}
		if err := spend(tx, a.Tenant, counters); err != nil {
			return err
		}
		found, known, err := lookKey(tx.Rx, keys, a)
		if err != nil {
			return err
		}
		if known {
			if known, err = also(tx.Rx, found); err != nil {
				return err
			}
		}
		if !known {
			refused = fault.New(fault.NotFound, "booking.key_unknown")
			return KeyLock.failed(tx, a.Tenant, ofKey, address)
		}
		m = found
		return giveBack(tx, a.Tenant, counters)
	})
	if err != nil || refused != nil {
		return Member{}, firstOf(err, refused)
	}
	return m, nil
}

func lookKey(rx *store.Rx, keys Keys, a KeyAttempt) (m Member, known bool, err error) {
	for id, key := range keys {
		m, known, err = byCode(rx, a.Tenant, a.Key.Hash(key), "key")
		if err != nil || known && m.KeyID == id {
			return m, known, err
		}
	}
	return Member{}, false, nil
}

// ForgetMembers removes what is known of codes and keys whose time ended before
// an instant and that no booking and no inquiry names any more.
func ForgetMembers(tx *store.Tx, tenant int, before time.Time) (int64, error) {
	n, err := deleteMembers(tx, tenant, store.Stamp(before))
	if err != nil || n == 0 {
		return 0, err
	}
	return n, audit.Append(tx, "member.forgotten", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"rows": n})
}
