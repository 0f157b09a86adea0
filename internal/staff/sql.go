package staff

import (
	"errors"
	"slices"

	"kofu/internal/store"
)

const accountColumns = `s.id, s.version, s.login, s.name, s.employee, s.ends_on, s.disabled_at, s.password, s.must_change, s.created_at, s.last_login_at`

// stored is an account with its password hash, which leaves this package never.
type stored struct {
	Account
	password string
}

func scanAccount(scan func(...any) error, more ...any) (s stored, err error) {
	places := []any{&s.ID, &s.Version, &s.Login, &s.Name, &s.Employee, &s.EndsOn, &s.DisabledAt, &s.password, &s.MustChange, &s.CreatedAt, &s.LastLoginAt}
	err = scan(append(places, more...)...)
	return s, err
}

func byLogin(rx *store.Rx, login string) (stored, bool, error) {
	return one(rx, rx.Row("SELECT "+accountColumns+" FROM staff s WHERE s.login = $1", login))
}

func byID(rx *store.Rx, id string) (stored, bool, error) {
	return one(rx, rx.Row("SELECT "+accountColumns+" FROM staff s WHERE s.id = $1", id))
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
	s.Roles = roles[s.ID]
	return s, err == nil, err
}

func accounts(rx *store.Rx) (all []stored, err error) {
	roles, err := members(rx)
	if err != nil {
		return nil, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		s, err := scanAccount(scan)
		s.Roles = roles[s.ID]
		all = append(all, s)
		return err
	}, "SELECT "+accountColumns+" FROM staff s ORDER BY s.login")
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
	}, "SELECT m.staff_id, m.role_id FROM staff_member m JOIN staff_role r ON r.id = m.role_id ORDER BY r.sort, r.id")
	return roles, err
}

func insertAccount(tx *store.Tx, s stored) error {
	_, err := tx.Exec(`
INSERT INTO staff (id, version, login, name, employee, ends_on, password, must_change, created_at)
VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.Login, s.Name, bit(s.Employee), s.EndsOn, s.password, bit(s.MustChange), store.Stamp(tx.Now))
	if err != nil {
		return err
	}
	return insertMembers(tx, s.ID, s.Roles)
}

func insertMembers(tx *store.Tx, id string, roles []string) error {
	for _, role := range roles {
		if _, err := tx.Exec("INSERT INTO staff_member (staff_id, role_id) VALUES ($1, $2)", id, role); err != nil {
			return err
		}
	}
	return nil
}

func updateAccount(tx *store.Tx, id string, version int, c Change) (changed bool, err error) {
	n, err := tx.Exec("UPDATE staff SET name = $1, employee = $2, ends_on = $3, version = version + 1 WHERE id = $4 AND version = $5",
		c.Name, bit(c.Employee), c.EndsOn, id, version)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Exec("DELETE FROM staff_member WHERE staff_id = $1", id); err != nil {
		return false, err
	}
	return true, insertMembers(tx, id, c.Roles)
}

func setPassword(tx *store.Tx, id, hash string, mustChange bool) error {
	_, err := tx.Exec("UPDATE staff SET password = $1, must_change = $2 WHERE id = $3", hash, bit(mustChange), id)
	return err
}

func setDisabled(tx *store.Tx, id, at string) error {
	_, err := tx.Exec("UPDATE staff SET disabled_at = $1, version = version + 1 WHERE id = $2", at, id)
	return err
}

func noteLogin(tx *store.Tx, id string) error {
	_, err := tx.Exec("UPDATE staff SET last_login_at = $1 WHERE id = $2", store.Stamp(tx.Now), id)
	return err
}

// Roles lists the roles with what they grant and how people call them.
func Roles(rx *store.Rx) (all []Role, err error) {
	grants := map[string][]Permission{}
	err = rx.Query(func(scan func(...any) error) error {
		var role string
		var p Permission
		err := scan(&role, &p)
		grants[role] = append(grants[role], p)
		return err
	}, "SELECT role_id, permission FROM staff_role_permission")
	if err != nil {
		return nil, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		var r Role
		err := scan(&r.ID, &r.Name)
		r.Name = r.name()
		r.Permissions = sorted(grants[r.ID])
		all = append(all, r)
		return err
	}, "SELECT id, name FROM staff_role ORDER BY sort, id")
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
INSERT INTO staff_role (id, name, sort) SELECT $1, $2, COALESCE(MAX(sort), 0) + 1 FROM staff_role WHERE 1 = 1
ON CONFLICT (id) DO UPDATE SET name = excluded.name`, r.ID, r.Name)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM staff_role_permission WHERE role_id = $1", r.ID); err != nil {
		return err
	}
	for _, p := range r.Permissions {
		if _, err := tx.Exec("INSERT INTO staff_role_permission (role_id, permission) VALUES ($1, $2)", r.ID, string(p)); err != nil {
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
