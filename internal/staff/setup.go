package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// SetupNeeded reports whether nobody has an account yet.
func SetupNeeded(rx *store.Rx) (bool, error) {
	n, err := countAccounts(rx)
	return n == 0, err
}

// NewInstallationCode makes the roles of an appliance and the code that opens
// its first set-up, and forgets an earlier one. Only its hash is kept; the program shows the code on the
// machine itself. Errors: fault.Conflict "staff.setup_done".
func NewInstallationCode(ctx context.Context, db *store.DB, actor store.Actor) (code string, err error) {
	defer fault.Add(&err, "staff.NewInstallationCode")
	text := rand.Text()
	code = strings.Join([]string{text[:4], text[4:8], text[8:12]}, "-")
	err = write(ctx, db, actor, func(tx *store.Tx) error {
		if err := refuseSecondSetup(tx.Rx); err != nil {
			return err
		}
		if err := Seed(tx, ApplianceRoles); err != nil {
			return err
		}
		if err := writeInstallation(tx, hashed("installation", foldCode(code))); err != nil {
			return err
		}
		return audit.Append(tx, "staff.installation_code", "appliance", nil)
	})
	return code, err
}

// foldCode reads a code as people type it: case, width and hyphens do not count.
func foldCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\u30fc' { // the long vowel mark stands for a hyphen
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFKC.String(code)))
}

func refuseSecondSetup(rx *store.Rx) error {
	needed, err := SetupNeeded(rx)
	if err == nil && !needed {
		err = fault.New(fault.Conflict, "staff.setup_done")
	}
	return err
}

// First is what the first set-up asks for.
type First struct {
	Code         string // installation code
	Organization string
	Login        string
	Name         string
	Password     string
}

// Setup makes the first account, which has the roles of the system
// administrator and of the supervisor, writes the name of the office into the
// settings and signs in. Errors: fault.Conflict "staff.setup_done",
// fault.Forbidden "staff.installation_code_wrong", fault.TooMany
// "staff.terminal_locked", fault.Invalid "staff.invalid" with details,
// "settings.invalid", and the refusals of the password.
func Setup(ctx context.Context, db *store.DB, h *Hasher, where Where, f First) (_ Session, err error) {
	defer fault.Add(&err, "staff.Setup")
	if err := checkCode(ctx, db, where, f.Code); err != nil {
		return Session{}, err
	}
	if err := checkPassword(f.Password, f.Login, f.Name, f.Organization); err != nil {
		return Session{}, err
	}
	hash, err := hashInTurn(ctx, h, f.Password)
	if err != nil {
		return Session{}, err
	}
	var session Session
	err = write(ctx, db, anonymous(where), func(tx *store.Tx) (err error) {
		if err := refuseSecondSetup(tx.Rx); err != nil {
			return err
		}
		account, err := create(tx, New{Login: f.Login, Name: f.Name, Roles: []string{RoleAdmin, RoleSupervisor}, Employee: true}, hash, false)
		if err != nil {
			return err
		}
		tx.Actor = Session{Account: account.Account, Where: where}.Actor()
		if err := nameOffice(tx, f.Organization); err != nil {
			return err
		}
		if err := deleteInstallation(tx); err != nil {
			return err
		}
		if err := audit.Append(tx, "staff.setup", object(account.ID), nil); err != nil {
			return err
		}
		if err := noteLogin(tx, account.ID); err != nil {
			return err
		}
		session, err = StartSession(tx, account.ID, where)
		return err
	})
	return session, err
}

// checkCode compares the installation code under the limit of the terminal.
func checkCode(ctx context.Context, db *store.DB, where Where, code string) error {
	var refusal error
	err := write(ctx, db, anonymous(where), func(tx *store.Tx) error {
		refusal = nil
		if err := refuseSecondSetup(tx.Rx); err != nil {
			return err
		}
		failed, err := attempts(tx.Rx, where.Terminal)
		if err != nil {
			return err
		}
		want, err := readInstallation(tx.Rx)
		if err != nil {
			return err
		}
		got := hashed("installation", foldCode(code))
		switch {
		case failed >= where.rules().Terminal:
			refusal = fault.New(fault.TooMany, "staff.terminal_locked")
		case subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1:
			refusal = fault.New(fault.Forbidden, "staff.installation_code_wrong")
			if err := insertAttempt(tx, rand.Text(), where.Terminal); err != nil {
				return err
			}
		default:
			return nil
		}
		return audit.AppendResult(tx, "staff.setup", "appliance", audit.Denied, nil)
	})
	if err != nil {
		return err
	}
	return refusal
}

func nameOffice(tx *store.Tx, name string) error {
	s, err := settings.Load(tx.Rx)
	if err != nil {
		return err
	}
	s.Organization.Name = strings.TrimSpace(name)
	_, err = settings.Save(tx, s, s.Version)
	return err
}
