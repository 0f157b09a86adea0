package staff

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// softWait is how long a login name waits after some failures in a row. The
// limits of guessing (see [Rules]) count for login names that do not exist just
// as for those that do.
const softWait = 15 * time.Minute

// Proof is what somebody shows at sign-in.
type Proof struct {
	Login    string
	Password string
	Code     string // one-time or recovery code, where the account has a second factor; else empty
}

// SignIn opens a session. Every attempt is charged before the password is
// looked at, so that parallel attempts gain nothing; a right password clears
// the charge. Whether a name exists shows neither in the answer nor in its
// time. Errors: fault.Unauthenticated "staff.sign_in_refused",
// "staff.totp_needed" when the password is right and a code is missing,
// "staff.totp_wrong", fault.TooMany
// "staff.locked", "staff.locked_hard", "staff.terminal_locked",
// fault.Unavailable "staff.busy".
func SignIn(ctx context.Context, db *store.DB, h *Hasher, where Where, p Proof) (_ Session, err error) {
	defer fault.Add(&err, "staff.SignIn")
	leave, err := h.Enter(ctx)
	if err != nil {
		return Session{}, err
	}
	defer leave()
	login := foldLogin(p.Login)
	try := attempt{hasher: h, where: where, mac: h.loginMAC(login), id: rand.Text()}
	err = write(ctx, db, anonymous(where), func(tx *store.Tx) (err error) {
		if try.account, try.found, err = byLogin(tx.Rx, login); err != nil {
			return err
		}
		return try.charge(tx)
	})
	if err != nil {
		return Session{}, err
	}
	right := h.Verify(try.account.password, p.Password) && try.found
	if try.refusal != nil {
		return Session{}, try.refusal
	}
	var session Session
	try.code = p.Code
	err = write(ctx, db, try.actor(right), func(tx *store.Tx) (err error) {
		session, err = try.settle(tx, right, p.Password)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return session, try.refusal
}

// foldLogin writes a login name as it is stored: case and width do not count.
func foldLogin(login string) string {
	return strings.ToLower(strings.TrimSpace(norm.NFKC.String(login)))
}

// attempt is one try to prove who somebody is.
type attempt struct {
	hasher  *Hasher
	where   Where
	mac     string // of the login name
	id      string
	account stored
	found   bool
	code    string // of the second factor
	charged int    // failures in a row, this one included
	locks   bool   // this attempt made the name wait
	refusal error
}

func (a *attempt) actor(right bool) store.Actor {
	if !right {
		return anonymous(a.where)
	}
	return Session{Account: a.account.Account, Where: a.where}.Actor()
}

// object names the account in the audit log. A name that does not exist is not
// written: people type passwords into the wrong field.
func (a *attempt) object() string {
	if !a.found {
		return object("-")
	}
	return object(a.account.ID)
}

// charge counts the attempt as failed, or sets refusal when a limit is reached.
func (a *attempt) charge(tx *store.Tx) error {
	a.refusal = nil
	if err := forgetOld(tx); err != nil {
		return err
	}
	failed, err := attempts(tx.Rx, a.where.Terminal)
	if err != nil {
		return err
	}
	g, err := readGuard(tx.Rx, a.mac)
	if err != nil {
		return err
	}
	spared, err := a.lastAdministratorHere(tx.Rx)
	if err != nil {
		return err
	}
	reason, limits := "", a.where.rules()
	switch {
	case failed >= limits.Terminal && !spared:
		reason, a.refusal = "terminal", fault.New(fault.TooMany, "staff.terminal_locked")
	case g.failures >= limits.HardLock && !spared:
		reason, a.refusal = "locked", fault.New(fault.TooMany, "staff.locked_hard")
	case g.lockedUntil > store.Stamp(tx.Now):
		reason, a.refusal = "waiting", fault.New(fault.TooMany, "staff.locked", "minutes", fmt.Sprint(minutesUntil(g.lockedUntil, tx.Now)))
	}
	if a.refusal != nil {
		return audit.AppendResult(tx, "staff.sign_in", a.object(), audit.Denied, map[string]string{"reason": reason})
	}
	g.failures++
	a.charged, a.locks = g.failures, g.failures%limits.SoftLock == 0
	if a.locks {
		g.lockedUntil = store.Stamp(tx.Now.Add(softWait))
	}
	if err := writeGuard(tx, a.mac, g); err != nil {
		return err
	}
	return insertAttempt(tx, a.id, a.where.Terminal)
}

// lastAdministratorHere reports whether the account is the only one left that
// can unlock others, at the machine itself: locked out, nobody could help.
func (a *attempt) lastAdministratorHere(rx *store.Rx) (bool, error) {
	if !a.found || a.where.Door != "desk" {
		return false, nil
	}
	managers, err := managers(rx)
	return len(managers) == 1 && managers[0] == a.account.ID, err
}

// settle ends the attempt: it takes the charge back and opens a session, or
// leaves it, notes the refusal and sets it.
func (a *attempt) settle(tx *store.Tx, right bool, password string) (Session, error) {
	if right {
		now, found, err := byID(tx.Rx, a.account.ID)
		if err != nil {
			return Session{}, err
		}
		right = found && now.usable(tx.Today()) && now.password == a.account.password
	}
	a.refusal = nil
	if !right {
		return Session{}, a.refuse(tx, "staff.sign_in_refused", "refused")
	}
	if err := a.second(tx); err != nil || a.refusal != nil {
		return Session{}, err
	}
	if err := a.clear(tx); err != nil {
		return Session{}, err
	}
	if a.hasher.Outdated(a.account.password) {
		if err := setPassword(tx, a.account.ID, a.hasher.Hash(password), a.account.MustChange); err != nil {
			return Session{}, err
		}
	}
	if err := noteLogin(tx, a.account.ID); err != nil {
		return Session{}, err
	}
	session, err := StartSession(tx, a.account.ID, a.where)
	if err != nil {
		return Session{}, err
	}
	return session, audit.Append(tx, "staff.signed_in", a.object(), map[string]string{"door": a.where.Door})
}

// refuse notes a failed attempt and why. The one that locks the name for good
// stands in the log as the lock.
func (a *attempt) refuse(tx *store.Tx, code, reason string) error {
	a.refusal = fault.New(fault.Unauthenticated, code)
	action := "staff.sign_in"
	if a.charged == a.where.rules().HardLock {
		action = "staff.locked"
	}
	return audit.AppendResult(tx, action, a.object(), audit.Denied, map[string]string{"reason": reason})
}

// second asks for the second factor of an account that has one. Without a code
// the attempt costs nothing, and clears nothing either: who knows the password
// must not win new attempts at the code.
func (a *attempt) second(tx *store.Tx) error {
	f, found, err := readFactor(tx.Rx, a.account.ID)
	if err != nil || !found || f.confirmedAt == "" {
		return err
	}
	if strings.TrimSpace(a.code) == "" {
		a.refusal = fault.New(fault.Unauthenticated, "staff.totp_needed")
		return a.uncharge(tx)
	}
	right, err := a.hasher.useCode(tx, a.account.ID, f, a.code)
	if err != nil || right {
		return err
	}
	return a.refuse(tx, "staff.totp_wrong", "code")
}

// uncharge takes back what charge has counted.
func (a *attempt) uncharge(tx *store.Tx) error {
	g, err := readGuard(tx.Rx, a.mac)
	if err != nil {
		return err
	}
	g.failures = max(g.failures-1, 0)
	if a.locks {
		g.lockedUntil = ""
	}
	if err := writeGuard(tx, a.mac, g); err != nil {
		return err
	}
	return deleteAttempt(tx, a.id)
}

func (a *attempt) clear(tx *store.Tx) error {
	if err := clearGuard(tx, a.mac); err != nil {
		return err
	}
	return deleteAttempt(tx, a.id)
}

// minutesUntil rounds up, so that «in 1 minute» is never too early.
func minutesUntil(stamp string, now time.Time) int {
	at, err := store.ParseStamp(stamp)
	if err != nil {
		return int(softWait / time.Minute)
	}
	return int((at.Sub(now) + time.Minute - 1) / time.Minute)
}
