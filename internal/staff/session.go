package staff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

const (
	maxSessions = 2                // per account; a third ends the oldest
	touchEvery  = 10 * time.Second // how exactly the last request is kept
)

// Session is a signed-in person at one place.
type Session struct {
	Token       string // what the cookie holds; only right after sign-in, else empty
	Account     Account
	RoleNames   []string
	Permissions []Permission
	Own         []Permission // those of Permissions that hold at the person's own windows only
	Asked       Permission   // what the route of the request asks for; empty outside a request
	Where
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time

	hash string
	csrf string
}

// CSRF is the token that every changing request of the session repeats in its
// header. It follows from the session's token, which it does not reveal.
func (s Session) CSRF() string { return s.csrf }

// May reports whether the session has the permission.
func (s Session) May(p Permission) bool { return slices.Contains(s.Permissions, p) }

// MayAt reports whether the session has the permission at a window.
func (s Session) MayAt(p Permission, window string) bool {
	windows, all := s.WindowsFor(p)
	return all || slices.Contains(windows, window)
}

// MayWindow reports whether the session may do at a window what the route of
// the request asks for. Without a route it says whether the window is one of
// the person's own.
func (s Session) MayWindow(window string) bool {
	if s.Asked == "" || !known(s.Asked) {
		return s.Account.AllWindows || slices.Contains(s.Account.Windows, window)
	}
	return s.MayAt(s.Asked, window)
}

// WindowsFor returns the windows at which the session has the permission; all
// is true when there is no limit to some of them.
func (s Session) WindowsFor(p Permission) (windows []string, all bool) {
	switch {
	case !s.May(p):
		return nil, false
	case s.Account.AllWindows || !slices.Contains(s.Own, p):
		return nil, true
	}
	return s.Account.Windows, false
}

// Actor is on whose behalf the session writes.
func (s Session) Actor() store.Actor {
	return store.Actor{
		ID: s.Account.ID, Name: s.Account.Name, Role: strings.Join(s.Account.Roles, ","),
		Terminal: s.Terminal, Employee: s.Account.Employee,
	}
}

// StartSession opens a session for an account without asking for a password:
// after sign-in and set-up, and in tests. A third session of an account ends
// its oldest.
func StartSession(tx *store.Tx, id string, where Where) (Session, error) {
	if err := alone(tx); err != nil { // counts the sessions, then adds one
		return Session{}, err
	}
	account, found, err := byID(tx.Rx, id)
	if err != nil {
		return Session{}, err
	}
	if !found {
		return Session{}, fault.New(fault.NotFound, "staff.not_found")
	}
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	s := Session{
		Token: token, Account: account.Account, Where: where,
		CreatedAt: tx.Now, SeenAt: tx.Now, EndsAt: tx.Now.Add(where.rules().Session), hash: hashed("session", token), csrf: hashed("csrf", token),
	}
	if err := s.grant(tx.Rx); err != nil {
		return Session{}, err
	}
	if err := deleteExpired(tx); err != nil {
		return Session{}, err
	}
	if err := keepNewest(tx, id, maxSessions-1); err != nil {
		return Session{}, err
	}
	return s, insertSession(tx, s)
}

// hashed is base64url of SHA-256 over purpose and token. Tokens are 256 random
// bits, which need no slow hash.
func hashed(purpose, token string) string {
	sum := sha256.Sum256([]byte(purpose + ":" + token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// FindSession returns the session of a token at a door. It ends idle minutes
// after its last request, a working day after sign-in (see [Rules]), and with its
// account.
func FindSession(rx *store.Rx, token, door string, idle time.Duration) (s Session, found bool, err error) {
	defer fault.Add(&err, "staff.FindSession")
	if token == "" {
		return Session{}, false, nil
	}
	s, found, err = bySession(rx, hashed("session", token))
	if err != nil || !found {
		return Session{}, false, err
	}
	if s.Door != door || !rx.Now.Before(s.EndsAt) || rx.Now.Sub(s.SeenAt) >= idle || !s.Account.usable(rx.Today()) {
		return Session{}, false, nil
	}
	s.csrf = hashed("csrf", token)
	err = s.grant(rx)
	return s, err == nil, err
}

// Stale reports whether the last request is so long ago that Touch must note
// this one.
func (s Session) Stale(now time.Time) bool { return now.Sub(s.SeenAt) >= touchEvery }

// Touch notes a request of the session.
func Touch(ctx context.Context, db *store.DB, s Session) (err error) {
	defer fault.Add(&err, "staff.Touch")
	return db.Join(ctx, s.Actor(), func(tx *store.Tx) error { return touch(tx, s.hash) })
}

// SignOut ends the session.
func SignOut(ctx context.Context, db *store.DB, s Session) (err error) {
	defer fault.Add(&err, "staff.SignOut")
	return db.Write(ctx, s.Actor(), func(tx *store.Tx) error {
		ended, err := deleteSession(tx, s.hash)
		if err != nil || !ended {
			return err
		}
		return audit.Append(tx, "staff.signed_out", object(s.Account.ID), nil)
	})
}
