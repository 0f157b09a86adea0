package member

import (
	"errors"
	"time"

	"kofu/internal/store"
)

// failures returns how often something failed in a row, until when it is locked
// and when it failed last, or first where the lock bounds the row; zero values where it never did.
func failures(rx *store.Rx, tenant int, scope Scope, subject string) (n int, until, at time.Time, err error) {
	var untilText, atText string
	err = rx.Row("SELECT failures, locked_until, at FROM attempt_lock WHERE tenant = $1 AND scope = $2 AND subject = $3",
		tenant, scope, subject).Scan(&n, &untilText, &atText)
	if errors.Is(err, store.ErrNoRows) {
		return 0, until, at, nil
	}
	if err == nil && untilText != "" {
		until, err = store.ParseStamp(untilText)
	}
	if err == nil {
		at, err = store.ParseStamp(atText)
	}
	return n, until, at, err
}

func setFailures(tx *store.Tx, tenant int, scope Scope, subject string, n int, until, at time.Time) error {
	text := ""
	if !until.IsZero() {
		text = store.Stamp(until)
	}
	_, err := tx.Exec(`
INSERT INTO attempt_lock (tenant, scope, subject, failures, locked_until, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, scope, subject) DO UPDATE
SET failures = excluded.failures, locked_until = excluded.locked_until, at = excluded.at`,
		tenant, scope, subject, n, text, store.Stamp(at))
	return err
}

func clearFailures(tx *store.Tx, tenant int, scope Scope, subject string) error {
	_, err := tx.Exec("DELETE FROM attempt_lock WHERE tenant = $1 AND scope = $2 AND subject = $3", tenant, scope, subject)
	return err
}

func forgetFailuresBefore(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM attempt_lock WHERE tenant = $1 AND at < $2", tenant, before)
}

// over says of a member that its time ended before $2 and that neither a booking
// nor an inquiry names it.
const over = `m.book_until < $2
  AND NOT EXISTS (SELECT 1 FROM booking_person p WHERE p.tenant = m.tenant AND p.link = m.link)
  AND NOT EXISTS (SELECT 1 FROM inquiry q WHERE q.tenant = m.tenant AND q.link = m.link)`

// deleteMembers removes members whose time has ended and who stand in no booking
// and no inquiry, with their passwords.
func deleteMembers(tx *store.Tx, tenant int, before string) (int64, error) {
	for _, table := range []string{
		"DELETE FROM member_reset WHERE tenant = $1 AND link IN (SELECT m.link FROM member m WHERE m.tenant = $1 AND " + over + ")",
		"DELETE FROM member_password WHERE tenant = $1 AND link IN (SELECT m.link FROM member m WHERE m.tenant = $1 AND " + over + ")",
	} {
		if _, err := tx.Exec(table, tenant, before); err != nil {
			return 0, err
		}
	}
	return tx.Exec("DELETE FROM member AS m WHERE m.tenant = $1 AND "+over, tenant, before)
}
