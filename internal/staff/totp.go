package staff

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/text/unicode/norm"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/qr"
	"kofu/internal/store"
)

// One-time codes are those of RFC 6238 as every app makes them: SHA-1, six
// digits, a new one every 30 seconds. The clocks may be one step apart.
const (
	step          = 30 * time.Second
	stepsApart    = 1
	recoveryCodes = 10
)

var codeForm = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// Factor is a second factor as it is shown once, for the person's app.
type Factor struct {
	Secret string // to type by hand
	URI    string // otpauth://…
	QRSVG  string // of the URI
}

// FactorState is what a person may know of the own second factor.
type FactorState struct {
	On       bool   // sign-in asks for a code
	Since    string // instant
	Recovery int    // recovery codes that are left
}

// StartTOTP makes a second factor for the session's own account. Sign-in does
// not ask for it before ConfirmTOTP. The password is asked for under the limits
// of sign-in. Errors: those of SignIn, with fault.Invalid
// "staff.old_password_wrong" for a wrong password; fault.Conflict
// "staff.totp_on", for only an administrator takes a factor away.
func StartTOTP(ctx context.Context, db *store.DB, h *Hasher, s Session, password, issuer string) (_ Factor, err error) {
	defer fault.Add(&err, "staff.StartTOTP")
	if err := h.prove(ctx, db, s, password, "staff.totp_started"); err != nil {
		return Factor{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: s.Account.Login, Rand: rand.Reader})
	if err != nil {
		return Factor{}, err
	}
	seed, err := h.ring.Seal("staff-totp", object(s.Account.ID), key.Secret())
	if err != nil {
		return Factor{}, err
	}
	drawn, err := qr.SVG(key.URL())
	if err != nil {
		return Factor{}, err
	}
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) error {
		f, found, err := readFactor(tx.Rx, s.Account.ID)
		if err != nil {
			return err
		}
		if found && f.confirmedAt != "" {
			return fault.New(fault.Conflict, "staff.totp_on")
		}
		if err := writeFactor(tx, s.Account.ID, seed); err != nil {
			return err
		}
		return audit.Append(tx, "staff.totp_started", object(s.Account.ID), nil)
	})
	if err != nil {
		return Factor{}, err
	}
	return Factor{Secret: key.Secret(), URI: key.URL(), QRSVG: drawn}, nil
}

// prove asks for the password of a session's own account under the limits of
// sign-in.
func (h *Hasher) prove(ctx context.Context, db *store.DB, s Session, password, action string) error {
	leave, err := h.Enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	try := attempt{hasher: h, where: s.Where, mac: h.loginMAC(s.Account.Login), id: rand.Text()}
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) (err error) {
		if try.account, try.found, err = byID(tx.Rx, s.Account.ID); err != nil {
			return err
		}
		return try.charge(tx)
	})
	if err != nil {
		return err
	}
	right := h.Verify(try.account.password, password) && try.found
	if try.refusal != nil {
		return try.refusal
	}
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) error {
		if right {
			return try.uncharge(tx)
		}
		return audit.AppendResult(tx, action, try.object(), audit.Denied, map[string]string{"reason": "refused"})
	})
	if err == nil && !right {
		err = fault.New(fault.Invalid, "staff.old_password_wrong").With(fault.Detail{Code: "staff.old_password_wrong", Column: "password"})
	}
	return err
}

// ConfirmTOTP puts the factor of StartTOTP into force once the app shows the
// right code, and returns the recovery codes, which nobody can read again.
// Errors: fault.Invalid "staff.totp_wrong", fault.Conflict "staff.totp_on",
// "staff.totp_not_started".
func ConfirmTOTP(ctx context.Context, db *store.DB, h *Hasher, s Session, code string) (recovery []string, err error) {
	defer fault.Add(&err, "staff.ConfirmTOTP")
	for range recoveryCodes {
		recovery = append(recovery, initialPassword()) // 80 random bits
	}
	err = write(ctx, db, s.Actor(), func(tx *store.Tx) error {
		f, found, err := readFactor(tx.Rx, s.Account.ID)
		switch {
		case err != nil:
			return err
		case !found:
			return fault.New(fault.Conflict, "staff.totp_not_started")
		case f.confirmedAt != "":
			return fault.New(fault.Conflict, "staff.totp_on")
		}
		right, err := h.useDigits(tx, s.Account.ID, f, foldFactorCode(code))
		if err != nil {
			return err
		}
		if !right {
			return fault.New(fault.Invalid, "staff.totp_wrong").With(fault.Detail{Code: "staff.totp_wrong", Column: "code"})
		}
		if err := confirmFactor(tx, s.Account.ID); err != nil {
			return err
		}
		for _, code := range recovery {
			if err := insertRecovery(tx, s.Account.ID, h.recoveryMAC(s.Account.ID, code)); err != nil {
				return err
			}
		}
		return audit.Append(tx, "staff.totp_confirmed", object(s.Account.ID), nil)
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// EndTOTP takes the second factor of an account away, for an administrator when
// the person has lost it. The sessions of the account end. Errors:
// fault.NotFound "staff.not_found".
func EndTOTP(ctx context.Context, db *store.DB, actor store.Actor, id string) (err error) {
	defer fault.Add(&err, "staff.EndTOTP(%q)", id)
	return write(ctx, db, actor, func(tx *store.Tx) error {
		if _, err := mustFind(tx.Rx, id); err != nil {
			return err
		}
		ended, err := deleteFactor(tx, id)
		if err != nil || !ended {
			return err
		}
		if err := endSessions(tx, id, ""); err != nil {
			return err
		}
		return audit.Append(tx, "staff.totp_ended", object(id), nil)
	})
}

// TOTPState returns what an account has as its second factor.
func TOTPState(rx *store.Rx, id string) (FactorState, error) {
	f, found, err := readFactor(rx, id)
	if err != nil || !found || f.confirmedAt == "" {
		return FactorState{}, err
	}
	left, err := countRecovery(rx, id)
	return FactorState{On: true, Since: f.confirmedAt, Recovery: left}, err
}

// useCode reports whether a code is right and not yet used, and uses it up:
// one of the app, or one that stands in for it.
func (h *Hasher) useCode(tx *store.Tx, id string, f factor, code string) (bool, error) {
	code = foldFactorCode(code)
	if len(code) == codeForm.Digits.Length() {
		return h.useDigits(tx, id, f, code)
	}
	used, err := deleteRecovery(tx, id, h.recoveryMAC(id, code))
	if err != nil || !used {
		return false, err
	}
	left, err := countRecovery(tx.Rx, id)
	if err != nil {
		return false, err
	}
	return true, audit.Append(tx, "staff.recovery_used", object(id), map[string]int{"left": left})
}

// useDigits compares the digits with those of now and of the step before and
// after. A step that has been used, and every one before it, is used up.
func (h *Hasher) useDigits(tx *store.Tx, id string, f factor, digits string) (bool, error) {
	seed, err := h.ring.Unseal("staff-totp", object(id), f.seed)
	if err != nil {
		return false, fmt.Errorf("second factor: %w", err)
	}
	now := tx.Now.Unix() / int64(step/time.Second)
	for at := now - stepsApart; at <= now+stepsApart; at++ {
		same, err := hotp.ValidateCustom(digits, uint64(at), seed, codeForm) //nolint:gosec // years after 1970
		if err != nil {
			return false, nil //nolint:nilerr // not six digits: a wrong code
		}
		if same {
			return useStep(tx, id, at)
		}
	}
	return false, nil
}

// foldFactorCode reads a code as people type it: case, width, spaces and
// hyphens do not count.
func foldFactorCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u30fc", "", "\u2212", "").Replace(norm.NFKC.String(code)))
}

func (h *Hasher) recoveryMAC(id, code string) string {
	return h.ring.MAC("staff-recovery", id+"\n"+foldFactorCode(code))
}
