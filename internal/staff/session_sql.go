package staff

import (
	"errors"
	"time"

	"kofu/internal/store"
)

// bySession finds a session and its account by the hash of its token.
func bySession(rx *store.Rx, tokenHash string) (s Session, found bool, err error) {
	var created, seen, ends string
	account, err := scanAccount(rx.Row(`
SELECT `+accountColumns+`, t.door, t.terminal, t.created_at, t.seen_at, t.ends_at
FROM staff_session t JOIN staff s ON s.tenant = t.tenant AND s.id = t.staff_id
WHERE t.tenant = $1 AND t.token_hash = $2`, rx.Tenant, tokenHash).Scan, &s.Door, &s.Terminal, &created, &seen, &ends)
	if errors.Is(err, store.ErrNoRows) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, err
	}
	s.hash, s.Account = tokenHash, account.Account
	for _, instant := range []struct {
		text string
		at   *time.Time
	}{{created, &s.CreatedAt}, {seen, &s.SeenAt}, {ends, &s.EndsAt}} {
		if *instant.at, err = store.ParseStamp(instant.text); err != nil {
			return Session{}, false, err
		}
	}
	return s, true, nil
}

// grant fills in the roles of the session's account and what they grant. A
// permission stands in Own as long as no role grants it for all windows.
func (s *Session) grant(rx *store.Rx) (err error) {
	s.Account.Roles, s.RoleNames = nil, nil
	err = rx.Query(func(scan func(...any) error) error {
		var r Role
		err := scan(&r.ID, &r.Name)
		s.Account.Roles, s.RoleNames = append(s.Account.Roles, r.ID), append(s.RoleNames, r.name())
		return err
	}, `
SELECT r.id, r.name FROM staff_member m JOIN staff_role r ON r.tenant = m.tenant AND r.id = m.role_id
WHERE m.tenant = $1 AND m.staff_id = $2 ORDER BY r.sort, r.id`, rx.Tenant, s.Account.ID)
	if err != nil {
		return err
	}
	var granted, own []Permission
	err = rx.Query(func(scan func(...any) error) error {
		var p Permission
		var onlyOwn bool
		err := scan(&p, &onlyOwn)
		granted = append(granted, p)
		if onlyOwn {
			own = append(own, p)
		}
		return err
	}, `
SELECT p.permission, MIN(p.own) FROM staff_member m
JOIN staff_role_permission p ON p.tenant = m.tenant AND p.role_id = m.role_id
WHERE m.tenant = $1 AND m.staff_id = $2 GROUP BY p.permission`, rx.Tenant, s.Account.ID)
	s.Permissions, s.Own = sorted(granted), sorted(own)
	if err != nil {
		return err
	}
	s.Account.Windows = nil
	return rx.Query(func(scan func(...any) error) error {
		var window string
		err := scan(&window)
		s.Account.Windows = append(s.Account.Windows, window)
		return err
	}, "SELECT window_id FROM staff_window WHERE tenant = $1 AND staff_id = $2 ORDER BY window_id", rx.Tenant, s.Account.ID)
}

func insertSession(tx *store.Tx, s Session) error {
	_, err := tx.Exec(`
INSERT INTO staff_session (tenant, token_hash, staff_id, door, terminal, created_at, seen_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		tx.Tenant, s.hash, s.Account.ID, s.Door, s.Terminal, store.Stamp(s.CreatedAt), store.Stamp(s.SeenAt), store.Stamp(s.EndsAt))
	return err
}

func touch(tx *store.Tx, tokenHash string) error {
	_, err := tx.Exec("UPDATE staff_session SET seen_at = $1 WHERE tenant = $2 AND token_hash = $3", store.Stamp(tx.Now), tx.Tenant, tokenHash)
	return err
}

func deleteSession(tx *store.Tx, tokenHash string) (bool, error) {
	n, err := tx.Exec("DELETE FROM staff_session WHERE tenant = $1 AND token_hash = $2", tx.Tenant, tokenHash)
	return n == 1, err
}

// endSessions ends the sessions of an account but the one with the hash.
func endSessions(tx *store.Tx, id, but string) error {
	_, err := tx.Exec("DELETE FROM staff_session WHERE tenant = $1 AND staff_id = $2 AND token_hash <> $3", tx.Tenant, id, but)
	return err
}

func deleteExpired(tx *store.Tx) error {
	_, err := tx.Exec("DELETE FROM staff_session WHERE tenant = $1 AND ends_at <= $2", tx.Tenant, store.Stamp(tx.Now))
	return err
}

// keepNewest ends the oldest sessions of an account beyond n.
func keepNewest(tx *store.Tx, id string, n int) error {
	var old []string
	err := tx.Query(func(scan func(...any) error) error {
		var hash string
		err := scan(&hash)
		old = append(old, hash)
		return err
	}, `
SELECT token_hash FROM staff_session WHERE tenant = $1 AND staff_id = $2
ORDER BY created_at DESC, token_hash LIMIT 1000 OFFSET $3`, tx.Tenant, id, n)
	if err != nil {
		return err
	}
	for _, hash := range old {
		if _, err := deleteSession(tx, hash); err != nil {
			return err
		}
	}
	return nil
}

// guard is the row of failed sign-ins of one login name.
type guard struct {
	failures    int
	lockedUntil string
}

func readGuard(rx *store.Rx, mac string) (g guard, err error) {
	err = rx.Row("SELECT failures, locked_until FROM staff_guard WHERE tenant = $1 AND login_mac = $2", rx.Tenant, mac).Scan(&g.failures, &g.lockedUntil)
	if errors.Is(err, store.ErrNoRows) {
		return guard{}, nil
	}
	return g, err
}

func writeGuard(tx *store.Tx, mac string, g guard) error {
	_, err := tx.Exec(`
INSERT INTO staff_guard (tenant, login_mac, failures, failed_at, locked_until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, login_mac) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, locked_until = excluded.locked_until`,
		tx.Tenant, mac, g.failures, store.Stamp(tx.Now), g.lockedUntil)
	return err
}

func clearGuard(tx *store.Tx, mac string) error {
	_, err := tx.Exec("DELETE FROM staff_guard WHERE tenant = $1 AND login_mac = $2", tx.Tenant, mac)
	return err
}

// forgetOld removes failures that no rule looks at any more.
func forgetOld(tx *store.Tx) error {
	if _, err := tx.Exec("DELETE FROM staff_attempt WHERE tenant = $1 AND at < $2", tx.Tenant, store.Stamp(tx.Now.Add(-24*time.Hour))); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM staff_guard WHERE tenant = $1 AND failures < $2 AND failed_at < $3",
		tx.Tenant, ApplianceRules.HardLock, store.Stamp(tx.Now.Add(-24*time.Hour)))
	return err
}

func attempts(rx *store.Rx, terminal string) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM staff_attempt WHERE tenant = $1 AND terminal = $2 AND at > $3",
		rx.Tenant, terminal, store.Stamp(rx.Now.Add(-time.Hour))).Scan(&n)
	return n, err
}

func insertAttempt(tx *store.Tx, id, terminal string) error {
	_, err := tx.Exec("INSERT INTO staff_attempt (tenant, id, terminal, at) VALUES ($1, $2, $3, $4)", tx.Tenant, id, terminal, store.Stamp(tx.Now))
	return err
}

func deleteAttempt(tx *store.Tx, id string) error {
	_, err := tx.Exec("DELETE FROM staff_attempt WHERE tenant = $1 AND id = $2", tx.Tenant, id)
	return err
}

func readInstallation(rx *store.Rx) (hash string, err error) {
	err = rx.Row("SELECT code_hash FROM staff_installation WHERE tenant = $1 AND id = 'code'", rx.Tenant).Scan(&hash)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

func writeInstallation(tx *store.Tx, hash string) error {
	_, err := tx.Exec(`
INSERT INTO staff_installation (tenant, id, code_hash, made_at) VALUES ($1, 'code', $2, $3)
ON CONFLICT (tenant, id) DO UPDATE SET code_hash = excluded.code_hash, made_at = excluded.made_at`, tx.Tenant, hash, store.Stamp(tx.Now))
	return err
}

func deleteInstallation(tx *store.Tx) error {
	_, err := tx.Exec("DELETE FROM staff_installation WHERE tenant = $1", tx.Tenant)
	return err
}

func countAccounts(rx *store.Rx) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM staff WHERE tenant = $1", rx.Tenant).Scan(&n)
	return n, err
}
