package staff

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/mynumber"
	"kofu/internal/store"
)

// New is a new account.
type New struct {
	Login    string
	Name     string
	Roles    []string
	Employee bool
	EndsOn   string

	Windows    []string // see [Account]
	AllWindows bool
}

// Change is what an administrator may change of an account.
type Change struct {
	Name     string
	Roles    []string
	Employee bool
	EndsOn   string

	Windows    []string // see [Account]
	AllWindows bool
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{2,31}$`)

// check returns what is wrong with an account, one detail per field.
func (c Change) check(roles []Role) (details []fault.Detail) {
	switch {
	case strings.TrimSpace(c.Name) == "":
		details = append(details, fault.Detail{Code: "staff.name_missing", Column: "name"})
	case entry.Check(c.Name) != nil || len(c.Name) > 200:
		details = append(details, fault.Detail{Code: "staff.name_form", Column: "name"})
	}
	if len(c.Roles) == 0 {
		details = append(details, fault.Detail{Code: "staff.role_missing", Column: "roles"})
	}
	for _, id := range c.Roles {
		if !slices.ContainsFunc(roles, func(r Role) bool { return r.ID == id }) {
			details = append(details, fault.Detail{Code: "staff.role_unknown", Column: "roles", Value: id})
		}
	}
	if _, err := time.Parse(time.DateOnly, c.EndsOn); c.EndsOn != "" && err != nil {
		details = append(details, fault.Detail{Code: "staff.ends_on_form", Column: "endsOn", Value: c.EndsOn})
	}
	return details
}

// Create makes an account with a password that the program chooses, which the
// person must change at the first sign-in. Nobody can read it again. Errors:
// fault.Invalid "staff.invalid" with details, fault.Conflict "staff.login_taken".
func Create(ctx context.Context, db *store.DB, h *Hasher, actor store.Actor, n New) (_ Account, initial string, err error) {
	defer fault.Add(&err, "staff.Create")
	initial = initialPassword()
	hash, err := hashInTurn(ctx, h, initial)
	if err != nil {
		return Account{}, "", err
	}
	var account stored
	err = write(ctx, db, actor, func(tx *store.Tx) (err error) {
		if account, err = create(tx, n, hash, true); err != nil {
			return err
		}
		return audit.Append(tx, "staff.created", object(account.ID), withWindows(map[string]any{
			"roles": account.Roles, "employee": account.Employee,
		}, account.Windows, account.AllWindows))
	})
	return account.Account, initial, err
}

func create(tx *store.Tx, n New, hash string, mustChange bool) (stored, error) {
	n.Login = foldLogin(n.Login)
	n.Roles, n.Windows = once(n.Roles), once(n.Windows)
	roles, err := Roles(tx.Rx)
	if err != nil {
		return stored{}, err
	}
	var details []fault.Detail
	if !loginForm.MatchString(n.Login) || len(mynumber.Find(n.Login)) > 0 {
		details = append(details, fault.Detail{Code: "staff.login_form", Column: "login"})
	}
	details = append(details, Change{Name: n.Name, Roles: n.Roles, EndsOn: n.EndsOn}.check(roles)...)
	if len(details) > 0 {
		return stored{}, fault.New(fault.Invalid, "staff.invalid").With(details...)
	}
	if _, taken, err := byLogin(tx.Rx, n.Login); err != nil || taken {
		if taken {
			err = fault.New(fault.Conflict, "staff.login_taken", "login", n.Login)
		}
		return stored{}, err
	}
	s := stored{password: hash, Account: Account{
		ID: "st-" + strings.ToLower(rand.Text()[:16]), Version: 1, Login: n.Login, Name: strings.TrimSpace(n.Name),
		Employee: n.Employee, EndsOn: n.EndsOn, MustChange: mustChange, CreatedAt: store.Stamp(tx.Now), Roles: n.Roles,
		Windows: n.Windows, AllWindows: n.AllWindows,
	}}
	return s, insertAccount(tx, s)
}

// withWindows adds the windows of an account to a detail of the audit log, where
// there are any.
func withWindows(detail map[string]any, windows []string, all bool) map[string]any {
	if len(windows) > 0 || all {
		detail["windows"], detail["allWindows"] = windows, all
	}
	return detail
}

// once returns the texts in order, each once.
func once(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Names are the names of all accounts by their ids.
func Names(rx *store.Rx) (map[string]string, error) {
	stored, err := accounts(rx)
	names := map[string]string{}
	for _, s := range stored {
		names[s.ID] = s.Name
	}
	return names, err
}

// List returns all accounts in the order of their login names.
func List(rx *store.Rx, h *Hasher) (all []Account, err error) {
	stored, err := accounts(rx)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		if s.Account, err = withLock(rx, h, s.Account); err != nil {
			return nil, err
		}
		all = append(all, s.Account)
	}
	return all, nil
}

// Find returns one account. Errors: fault.NotFound "staff.not_found".
func Find(rx *store.Rx, h *Hasher, id string) (Account, error) {
	s, err := mustFind(rx, id)
	if err != nil {
		return Account{}, err
	}
	return withLock(rx, h, s.Account)
}

func withLock(rx *store.Rx, h *Hasher, a Account) (Account, error) {
	g, err := readGuard(rx, h.loginMAC(a.Login))
	a.Locked = g.failures >= ApplianceRules.HardLock || g.lockedUntil > store.Stamp(rx.Now)
	return a, err
}

func mustFind(rx *store.Rx, id string) (stored, error) {
	s, found, err := byID(rx, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "staff.not_found")
	}
	return s, err
}

// Update changes an account; version is the one that was seen. The person's
// sessions end, so that a role taken away is gone at once. Errors:
// fault.Invalid "staff.invalid", fault.NotFound "staff.not_found",
// fault.Conflict "staff.changed_meanwhile", "staff.last_administrator".
func Update(ctx context.Context, db *store.DB, actor store.Actor, id string, version int, c Change) (err error) {
	defer fault.Add(&err, "staff.Update(%q)", id)
	c.Roles, c.Windows = once(c.Roles), once(c.Windows)
	return write(ctx, db, actor, func(tx *store.Tx) error {
		before, err := mustFind(tx.Rx, id)
		if err != nil {
			return err
		}
		roles, err := Roles(tx.Rx)
		if err != nil {
			return err
		}
		if details := c.check(roles); len(details) > 0 {
			return fault.New(fault.Invalid, "staff.invalid").With(details...)
		}
		changed, err := updateAccount(tx, id, version, c)
		if err != nil {
			return err
		}
		if !changed {
			return fault.New(fault.Conflict, "staff.changed_meanwhile")
		}
		if err := someoneManages(tx.Rx); err != nil {
			return err
		}
		if err := endSessions(tx, id, ""); err != nil {
			return err
		}
		return audit.Append(tx, "staff.changed", object(id), withWindows(map[string]any{
			"rolesBefore": before.Roles, "roles": c.Roles, "employee": c.Employee, "endsOn": c.EndsOn,
		}, c.Windows, c.AllWindows))
	})
}

// Disable ends the account's sessions and lets it sign in no more. Errors:
// fault.NotFound "staff.not_found", fault.Conflict "staff.last_administrator".
func Disable(ctx context.Context, db *store.DB, actor store.Actor, id string) (err error) {
	defer fault.Add(&err, "staff.Disable(%q)", id)
	return write(ctx, db, actor, func(tx *store.Tx) error {
		s, err := mustFind(tx.Rx, id)
		if err != nil || s.DisabledAt != "" {
			return err
		}
		if err := setDisabled(tx, id, store.Stamp(tx.Now)); err != nil {
			return err
		}
		if err := someoneManages(tx.Rx); err != nil {
			return err
		}
		if err := endSessions(tx, id, ""); err != nil {
			return err
		}
		return audit.Append(tx, "staff.disabled", object(id), nil)
	})
}

// Enable lets a disabled account sign in again and unlocks one that was locked
// by failed sign-ins. Errors: fault.NotFound "staff.not_found".
func Enable(ctx context.Context, db *store.DB, h *Hasher, actor store.Actor, id string) (err error) {
	defer fault.Add(&err, "staff.Enable(%q)", id)
	return write(ctx, db, actor, func(tx *store.Tx) error {
		s, err := mustFind(tx.Rx, id)
		if err != nil {
			return err
		}
		if err := setDisabled(tx, id, ""); err != nil {
			return err
		}
		if err := clearGuard(tx, h.loginMAC(s.Login)); err != nil {
			return err
		}
		return audit.Append(tx, "staff.enabled", object(id), nil)
	})
}

// managers lists the accounts that can manage accounts today.
func managers(rx *store.Rx) (ids []string, err error) {
	roles, err := Roles(rx)
	if err != nil {
		return nil, err
	}
	managing := map[string]bool{}
	for _, r := range roles {
		managing[r.ID] = slices.Contains(r.Permissions, StaffManage)
	}
	all, err := accounts(rx)
	for _, s := range all {
		if s.usable(rx.Today()) && slices.ContainsFunc(s.Roles, func(r string) bool { return managing[r] }) {
			ids = append(ids, s.ID)
		}
	}
	return ids, err
}

// someoneManages refuses a state in which nobody could manage accounts.
func someoneManages(rx *store.Rx) error {
	left, err := managers(rx)
	if err == nil && len(left) == 0 {
		err = fault.New(fault.Conflict, "staff.last_administrator")
	}
	return err
}

// SaveRole makes or changes a role. Sessions of those who have it see the
// change at once. Errors: fault.Invalid "staff.permission_unknown",
// fault.Conflict "staff.last_administrator".
func SaveRole(tx *store.Tx, r Role) (err error) {
	defer fault.Add(&err, "staff.SaveRole(%q)", r.ID)
	for _, p := range r.Permissions {
		if !known(p) {
			return fault.New(fault.Invalid, "staff.permission_unknown", "permission", string(p))
		}
	}
	for _, p := range r.Own {
		if !slices.Contains(r.Permissions, p) {
			return fault.New(fault.Invalid, "staff.permission_unknown", "permission", string(p))
		}
	}
	if err := alone(tx); err != nil {
		return err
	}
	before, err := managers(tx.Rx)
	if err != nil {
		return err
	}
	if err := replaceRole(tx, r); err != nil {
		return err
	}
	if len(before) > 0 {
		if err := someoneManages(tx.Rx); err != nil {
			return err
		}
	}
	return audit.Append(tx, "staff.role_saved", "role/"+r.ID, map[string]any{"permissions": r.Permissions, "own": r.Own})
}

// ChangeRole changes a role that exists. A name that is the catalogue's is no
// name of its own. Errors: fault.NotFound "staff.no_such_role", and those of
// SaveRole.
func ChangeRole(tx *store.Tx, r Role) (err error) {
	defer fault.Add(&err, "staff.ChangeRole(%q)", r.ID)
	roles, err := Roles(tx.Rx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(roles, func(have Role) bool { return have.ID == r.ID }) {
		return fault.New(fault.NotFound, "staff.no_such_role")
	}
	r.Name = strings.TrimSpace(r.Name)
	if entry.Check(r.Name) != nil || len(r.Name) > 200 {
		return fault.New(fault.Invalid, "staff.role_name_form")
	}
	if r.Name == (Role{ID: r.ID}).name() {
		r.Name = ""
	}
	return SaveRole(tx, r)
}
