// Package visitor keeps the sessions of residents on the public pages: who has
// shown their code, and who comes along. A session begins when a code has been
// accepted, lives twelve hours from its last use and holds no personal data.
// The cookie carries a random token, of which the database has a hash. Writes
// table visitor_session.
package visitor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Lifetime of a session from its last use.
const Lifetime = 12 * time.Hour

// stale is how old the noted last use may be before it is written again.
const stale = 10 * time.Minute

// Session is a resident who has shown a code.
type Session struct {
	Token string // of the cookie
	Link  string // whose code it is
	Gen   int
	Party []string // links of those who come along, in the order in which they were added
	Seen  time.Time
}

// People are the links of everybody in the session, its owner first.
func (s Session) People() []string { return append([]string{s.Link}, s.Party...) }

// Stale reports whether the last use should be noted again.
func (s Session) Stale(now time.Time) bool { return now.Sub(s.Seen) >= stale }

// Start begins a session of a code that has been accepted.
func Start(ctx context.Context, db *store.DB, actor store.Actor, tenant int, link string, gen int) (s Session, err error) {
	defer fault.Add(&err, "visitor.Start(%d)", tenant)
	s = Session{Token: newToken(), Link: link, Gen: gen}
	err = db.Join(ctx, actor, func(tx *store.Tx) error {
		s.Seen = tx.Now
		return insert(tx, tenant, s)
	})
	return s, err
}

// newToken draws 256 random bits.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Find returns the session of a token, unless it has run out.
func Find(rx *store.Rx, tenant int, token string) (s Session, found bool, err error) {
	if token == "" {
		return Session{}, false, nil
	}
	s, found, err = selectSession(rx, tenant, digest(token), store.Stamp(rx.Now.Add(-Lifetime)))
	s.Token = token
	return s, found, err
}

// Touch notes that a session is in use.
func Touch(ctx context.Context, db *store.DB, actor store.Actor, tenant int, s Session) (err error) {
	defer fault.Add(&err, "visitor.Touch(%d)", tenant)
	return db.Join(ctx, actor, func(tx *store.Tx) error { return touch(tx, tenant, digest(s.Token)) })
}

// SetParty replaces those who come along.
func SetParty(ctx context.Context, db *store.DB, actor store.Actor, tenant int, s Session, party []string) (err error) {
	defer fault.Add(&err, "visitor.SetParty(%d)", tenant)
	party = slices.DeleteFunc(slices.Clone(party), func(link string) bool { return link == s.Link })
	return db.Join(ctx, actor, func(tx *store.Tx) error { return setParty(tx, tenant, digest(s.Token), party) })
}

// End ends a session.
func End(ctx context.Context, db *store.DB, actor store.Actor, tenant int, token string) (err error) {
	defer fault.Add(&err, "visitor.End(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error { return remove(tx, tenant, digest(token)) })
}

// EndOf ends all sessions of a code, because what opened them holds no more, and
// takes its owner out of the parties of others' sessions.
func EndOf(tx *store.Tx, tenant int, link string) error {
	if err := removeOf(tx, tenant, link); err != nil {
		return err
	}
	sessions, err := withCompanion(tx.Rx, tenant, link)
	if err != nil {
		return err
	}
	for digest, party := range sessions {
		party = slices.DeleteFunc(party, func(one string) bool { return one == link })
		if err := replaceParty(tx, tenant, digest, party); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes the sessions that have run out.
func Forget(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (err error) {
	defer fault.Add(&err, "visitor.Forget(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error { return forget(tx, tenant, store.Stamp(tx.Now.Add(-Lifetime))) })
}
