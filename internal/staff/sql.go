package staff

import (
	"errors"
	"slices"

	"kofu/internal/store"
)

const accountColumns = `s.id, s.version, s.login, s.name, s.employee, s.ends_on, s.disabled_at, s.password, s.must_change, s.created_at, s.last_login_at, s.all_windows`

// stored is an account with its password hash, which leaves this package never.
type stored struct {
	Account
	password string
}

func scanAccount(scan func(...any) error, more ...any) (s stored, err error) {
	places := []any{&s.ID, &s.Version, &s.Login, &s.Name, &s.Employee, &s.EndsOn, &s.DisabledAt, &s.password, &s.MustChange, &s.CreatedAt, &s.LastLoginAt, &s.AllWindows}
	err = scan(append(places, more...)...)
	return s, err
}

func byLogin(rx *store.Rx, login string) (stored, bool, error) {
	return one(rx, rx.Row("SELECT "+accountColumns+" FROM staff s WHERE s.tenant = $1 AND s.login = $2", rx.Tenant, login))
}

func byID(rx *store.Rx, id string) (stored, bool, error) {
	return one(rx, rx.Row("SELECT "+accountColumns+" FROM staff s WHERE s.tenant = $1 AND s.id = $2", rx.Tenant, id))
}

func one(rx *store.Rx, row store.Row) (stored, bool, error) {
	s, err := scanAccount(row.Scan)
	if errors.Is(err, store.ErrNoRows) {
		return stored{}, false, nil
	}
	if err != nil {
		return stored{}, false, err
	}
	roles, err := members(rx)
	if err != nil {
		return stored{}, false, err
	}
	windows, err := ownWindows(rx)
	if err != nil {
		return stored{}, false, err
	}
	factors, err := confirmedFactors(rx)
	s.Roles, s.Windows, s.TOTP = roles[s.ID], windows[s.ID], factors[s.ID]
	return s, err == nil, err
}

func accounts(rx *store.Rx) (all []stored, err error) {
	roles, err := members(rx)
	if err != nil {
		return nil, err
	}
	windows, err := ownWindows(rx)
	if err != nil {
		return nil, err
	}
	factors, err := confirmedFactors(rx)
	if err != nil {
		return nil, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		s, err := scanAccount(scan)
		s.Roles, s.Windows, s.TOTP = roles[s.ID], windows[s.ID], factors[s.ID]
		all = append(all, s)
		return err
	}, "SELECT "+accountColumns+" FROM staff s WHERE s.tenant = $1 ORDER BY s.login", rx.Tenant)
	return all, err
}

// members returns the roles of every account, in the order of the roles.
func members(rx *store.Rx) (map[string][]string, error) {
	roles := map[string][]string{}
	err := rx.Query(func(scan func(...any) error) error {
		var account, role string
		err := scan(&account, &role)
		roles[account] = append(roles[account], role)
		return err
	}, `
SELECT m.staff_id, m.role_id FROM staff_member m JOIN staff_role r ON r.tenant = m.tenant AND r.id = m.role_id
WHERE m.tenant = $1 ORDER BY r.sort, r.id`, rx.Tenant)
	return roles, err
}

// ownWindows returns the windows of every account, in the order of their ids.
func ownWindows(rx *store.Rx) (map[string][]string, error) {
	windows := map[string][]string{}
	err := rx.Query(func(scan func(...any) error) error {
		var account, window string
		err := scan(&account, &window)
		windows[account] = append(windows[account], window)
		return err
	}, "SELECT staff_id, window_id FROM staff_window WHERE tenant = $1 ORDER BY window_id", rx.Tenant)
	return windows, err
}

func insertAccount(tx *store.Tx, s stored) error {
	_, err := tx.Exec(`
INSERT INTO staff (tenant, id, version, login, name, employee, ends_on, password, must_change, created_at, all_windows)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10)`,
		tx.Tenant, s.ID, s.Login, s.Name, bit(s.Employee), s.EndsOn, s.password, bit(s.MustChange), store.Stamp(tx.Now), bit(s.AllWindows))
	if err != nil {
		return err
	}
	return insertMembers(tx, s.ID, s.Roles, s.Windows)
}

func insertMembers(tx *store.Tx, id string, roles, windows []string) error {
	for _, role := range roles {
		if _, err := tx.Exec("INSERT INTO staff_member (tenant, staff_id, role_id) VALUES ($1, $2, $3)", tx.Tenant, id, role); err != nil {
			return err
		}
	}
	for _, window := range windows {
		if _, err := tx.Exec("INSERT INTO staff_window (tenant, staff_id, window_id) VALUES ($1, $2, $3)", tx.Tenant, id, window); err != nil {
			return err
		}
	}
	return nil
}

func updateAccount(tx *store.Tx, id string, version int, c Change) (changed bool, err error) {
	n, err := tx.Exec(`
UPDATE staff SET name = $1, employee = $2, ends_on = $3, all_windows = $4, version = version + 1
WHERE tenant = $5 AND id = $6 AND version = $7`, c.Name, bit(c.Employee), c.EndsOn, bit(c.AllWindows), tx.Tenant, id, version)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Exec("DELETE FROM staff_member WHERE tenant = $1 AND staff_id = $2", tx.Tenant, id); err != nil {
		return false, err
	}
	if _, err := tx.Exec("DELETE FROM staff_window WHERE tenant = $1 AND staff_id = $2", tx.Tenant, id); err != nil {
		return false, err
	}
	return true, insertMembers(tx, id, c.Roles, c.Windows)
}

func setPassword(tx *store.Tx, id, hash string, mustChange bool) error {
	_, err := tx.Exec("UPDATE staff SET password = $1, must_change = $2 WHERE tenant = $3 AND id = $4", hash, bit(mustChange), tx.Tenant, id)
	return err
}

func setDisabled(tx *store.Tx, id, at string) error {
	_, err := tx.Exec("UPDATE staff SET disabled_at = $1, version = version + 1 WHERE tenant = $2 AND id = $3", at, tx.Tenant, id)
	return err
}

func noteLogin(tx *store.Tx, id string) error {
	_, err := tx.Exec("UPDATE staff SET last_login_at = $1 WHERE tenant = $2 AND id = $3", store.Stamp(tx.Now), tx.Tenant, id)
	return err
}

// Roles lists the roles with what they grant and how people call them.
func Roles(rx *store.Rx) (all []Role, err error) {
	granted, own := map[string][]Permission{}, map[string][]Permission{}
	err = rx.Query(func(scan func(...any) error) error {
		var role string
		var p Permission
		var onlyOwn bool
		err := scan(&role, &p, &onlyOwn)
		granted[role] = append(granted[role], p)
		if onlyOwn {
			own[role] = append(own[role], p)
		}
		return err
	}, "SELECT role_id, permission, own FROM staff_role_permission WHERE tenant = $1", rx.Tenant)
	if err != nil {
		return nil, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		var r Role
		err := scan(&r.ID, &r.Name)
		r.Name = r.name()
		r.Permissions, r.Own = sorted(granted[r.ID]), sorted(own[r.ID])
		all = append(all, r)
		return err
	}, "SELECT id, name FROM staff_role WHERE tenant = $1 ORDER BY sort, id", rx.Tenant)
	return all, err
}

// sorted returns the permissions in the order of Permissions, each once.
func sorted(granted []Permission) []Permission {
	all := []Permission{}
	for _, p := range Permissions() {
		if slices.Contains(granted, p) {
			all = append(all, p)
		}
	}
	return all
}

func replaceRole(tx *store.Tx, r Role) error {
	_, err := tx.Exec(`
INSERT INTO staff_role (tenant, id, name, sort) SELECT $1, $2, $3, COALESCE(MAX(sort), 0) + 1 FROM staff_role WHERE tenant = $4
ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name`, tx.Tenant, r.ID, r.Name, tx.Tenant)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM staff_role_permission WHERE tenant = $1 AND role_id = $2", tx.Tenant, r.ID); err != nil {
		return err
	}
	for _, p := range r.Permissions {
		_, err := tx.Exec("INSERT INTO staff_role_permission (tenant, role_id, permission, own) VALUES ($1, $2, $3, $4)",
			tx.Tenant, r.ID, string(p), bit(slices.Contains(r.Own, p)))
		if err != nil {
			return err
		}
	}
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
