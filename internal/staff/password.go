package staff

import (
	"context"
	"crypto/rand"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// hashInTurn hashes a password when its turn has come.
func hashInTurn(ctx context.Context, h *Hasher, password string) (string, error) {
	leave, err := h.Enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.Hash(password), nil
}

// initialPassword is 80 random bits in four groups of letters and digits that
// nobody mistakes for each other.
func initialPassword() string {
	text := strings.ToLower(rand.Text()[:16]) // base32: a–z and 2–7, no 0, 1, 8
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}

// Reset gives an account a new password that the program chooses and the
// person must change. The administrator cannot choose it. The sessions of the
// account end and a lock by failed sign-ins is lifted. Errors: fault.NotFound
// "staff.not_found".
func Reset(ctx context.Context, db *store.DB, h *Hasher, actor store.Actor, id string) (initial string, err error) {
	defer fault.Add(&err, "staff.Reset(%q)", id)
	initial = initialPassword()
	hash, err := hashInTurn(ctx, h, initial)
	if err != nil {
		return "", err
	}
	err = write(ctx, db, actor, func(tx *store.Tx) error {
		s, err := mustFind(tx.Rx, id)
		if err != nil {
			return err
		}
		if err := setPassword(tx, id, hash, true); err != nil {
			return err
		}
		if err := endSessions(tx, id, ""); err != nil {
			return err
		}
		if err := clearGuard(tx, h.loginMAC(s.Login)); err != nil {
			return err
		}
		return audit.Append(tx, "staff.password_reset", object(id), nil)
	})
	return initial, err
}

// ChangePassword changes the password of the session's own account. The old
// one is asked for under the limits of sign-in. All other sessions of the
// account end. Errors: those of SignIn, with fault.Invalid
// "staff.old_password_wrong" for a wrong old password, and fault.Invalid
// "staff.password_short", "staff.password_long", "staff.password_control",
// "staff.password_common", "staff.password_same".
func ChangePassword(ctx context.Context, db *store.DB, h *Hasher, s Session, old, next string) (err error) {
	defer fault.Add(&err, "staff.ChangePassword")
	leave, err := h.Enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	try := attempt{hasher: h, where: s.Where, mac: h.loginMAC(s.Account.Login), id: rand.Text()}
	var office string
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) error {
		config, err := settings.Load(tx.Rx)
		if err != nil {
			return err
		}
		office = config.Organization.Name
		if try.account, try.found, err = byID(tx.Rx, s.Account.ID); err != nil {
			return err
		}
		return try.charge(tx)
	})
	if err != nil {
		return err
	}
	right := h.Verify(try.account.password, old) && try.found
	if try.refusal != nil {
		return try.refusal
	}
	refusal := choose(right, old, next, s.Account.Login, s.Account.Name, office)
	hash := ""
	if refusal == nil {
		hash = h.Hash(next)
	}
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) error {
		return try.replace(tx, right, hash, s.hash)
	})
	if err != nil {
		return err
	}
	return refusal
}

// choose says why the new password cannot replace the old one.
func choose(right bool, old, next string, context ...string) error {
	switch {
	case !right:
		return fault.New(fault.Invalid, "staff.old_password_wrong").With(fault.Detail{Code: "staff.old_password_wrong", Column: "old"})
	case old == next:
		return fault.New(fault.Invalid, "staff.password_same").With(fault.Detail{Code: "staff.password_same", Column: "new"})
	}
	return checkPassword(next, context...)
}

// replace stores the new hash, if there is one, and takes the charge back when
// the old password was right.
func (a *attempt) replace(tx *store.Tx, right bool, hash, session string) error {
	if !right {
		return audit.AppendResult(tx, "staff.password_changed", a.object(), audit.Denied, map[string]string{"reason": "refused"})
	}
	if err := a.clear(tx); err != nil {
		return err
	}
	if hash == "" {
		return nil
	}
	if err := setPassword(tx, a.account.ID, hash, false); err != nil {
		return err
	}
	if err := endSessions(tx, a.account.ID, session); err != nil {
		return err
	}
	return audit.Append(tx, "staff.password_changed", a.object(), nil)
}

// PasswordChosen marks the password of an account as chosen by the person, who
// then need not change it first: for practice and for tests.
func PasswordChosen(tx *store.Tx, id string) error {
	s, err := mustFind(tx.Rx, id)
	if err != nil {
		return err
	}
	if err := setPassword(tx, id, s.password, false); err != nil {
		return err
	}
	return audit.Append(tx, "staff.password_chosen", object(id), nil)
}
