package member

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// put adds a member or replaces an equal or older generation; it changes no row
// for a generation older than the one it has.
func put(tx *store.Tx, tenant int, m Member) (int64, error) {
	office, kind := 0, "code"
	if m.OfficeOnly {
		office = 1
	}
	if m.IsKey {
		kind = "key"
	}
	return tx.Exec(`
INSERT INTO member (tenant, link, kind, gen, key_id, code_mac, birth_mac, procs, windows, grp, mem, office_only, book_from, book_until,
                    lang, state, used_at, opened_at, last_event)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', '', '')
ON CONFLICT (tenant, link) DO UPDATE
SET gen = excluded.gen, key_id = excluded.key_id, code_mac = excluded.code_mac, birth_mac = excluded.birth_mac, procs = excluded.procs,
    windows = excluded.windows, grp = excluded.grp, mem = excluded.mem, office_only = excluded.office_only,
    book_from = excluded.book_from, book_until = excluded.book_until, lang = excluded.lang, state = excluded.state
WHERE member.tenant = excluded.tenant AND member.gen <= excluded.gen AND member.kind = excluded.kind`,
		tenant, m.Link, kind, m.Gen, m.KeyID, encode(m.CodeMAC), encode(m.BirthMAC), m.Procs, strings.Join(m.Windows, " "),
		m.Group, m.Ordinal, office, store.Stamp(m.From), store.Stamp(m.Until), m.Lang, m.State)
}

func setState(tx *store.Tx, tenant int, link string, gen int, state State) (bool, error) {
	n, err := tx.Exec("UPDATE member SET state = $4 WHERE tenant = $1 AND link = $2 AND gen = $3", tenant, link, gen, state)
	return n == 1, err
}

// use locks and marks a member who may book; used is false for others.
func use(tx *store.Tx, tenant int, c Claim) (m Member, used bool, err error) {
	office, card := 0, 0
	if c.Office {
		office = 1
	}
	if c.Procs.Has(slot.Receive) {
		card = 1
	}
	return one(tx.Row(`
UPDATE member SET used_at = $4, last_event = CASE WHEN last_event < $7 THEN $7 ELSE last_event END
WHERE tenant = $1 AND link = $2 AND gen = $3 AND (state = 'ready' OR state = 'issued' AND $5 = 0)
  AND ($6 = 1 OR office_only = 0 AND book_from <= $4 AND book_until > $4)
RETURNING `+columns,
		tenant, c.Link, c.Gen, store.Stamp(tx.Now), card, office, c.Event))
}

func mark(tx *store.Tx, tenant int, link, event string) (last string, err error) {
	err = tx.Row(`
UPDATE member SET last_event = CASE WHEN last_event < $3 THEN $3 ELSE last_event END
WHERE tenant = $1 AND link = $2 RETURNING last_event`, tenant, link, event).Scan(&last)
	if errors.Is(err, store.ErrNoRows) {
		return "", fault.New(fault.NotFound, "member.unknown")
	}
	return last, err
}

// open notes the first sign-in of a code and reports whether it was the first.
func open(tx *store.Tx, tenant int, link, event string) (last string, first bool, err error) {
	err = tx.Row(`
UPDATE member SET opened_at = $3, last_event = CASE WHEN last_event < $4 THEN $4 ELSE last_event END
WHERE tenant = $1 AND link = $2 AND opened_at = '' RETURNING last_event`, tenant, link, store.Stamp(tx.Now), event).Scan(&last)
	if errors.Is(err, store.ErrNoRows) {
		return "", false, nil
	}
	return last, err == nil, err
}

// KnowOpened takes over when a code was signed in with first, where that is not
// known here.
func KnowOpened(tx *store.Tx, tenant int, link, at string) error {
	_, err := tx.Exec("UPDATE member SET opened_at = $3 WHERE tenant = $1 AND link = $2 AND opened_at = ''", tenant, link, at)
	return err
}

const columns = `link, kind, gen, key_id, code_mac, birth_mac, procs, windows, grp, mem, office_only, book_from, book_until, lang, state,
    opened_at, last_event`

func scanMember(scan func(...any) error) (m Member, err error) {
	var kind, code, birth, windows, from, until string
	err = scan(&m.Link, &kind, &m.Gen, &m.KeyID, &code, &birth, &m.Procs, &windows, &m.Group, &m.Ordinal, &m.OfficeOnly, &from, &until,
		&m.Lang, &m.State, &m.OpenedAt, &m.LastEvent)
	if err != nil {
		return Member{}, err
	}
	m.IsKey = kind == "key"
	if windows != "" {
		m.Windows = strings.Fields(windows)
	}
	if m.CodeMAC, err = base64.RawURLEncoding.DecodeString(code); err != nil {
		return Member{}, fmt.Errorf("member %s: %w", m.Link, err)
	}
	if m.BirthMAC, err = base64.RawURLEncoding.DecodeString(birth); err != nil {
		return Member{}, fmt.Errorf("member %s: %w", m.Link, err)
	}
	if m.From, err = store.ParseStamp(from); err != nil {
		return Member{}, err
	}
	m.Until, err = store.ParseStamp(until)
	return m, err
}

func one(row store.Row) (m Member, found bool, err error) {
	m, err = scanMember(row.Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Member{}, false, nil
	}
	return m, err == nil, err
}

// ByLink returns a member.
func ByLink(rx *store.Rx, tenant int, link string) (m Member, found bool, err error) {
	return one(rx.Row("SELECT "+columns+" FROM member WHERE tenant = $1 AND link = $2", tenant, link))
}

func byCode(rx *store.Rx, tenant int, mac []byte, kind string) (m Member, found bool, err error) {
	return one(rx.Row("SELECT "+columns+" FROM member WHERE tenant = $1 AND code_mac = $2 AND kind = $3", tenant, encode(mac), kind))
}

// Household returns the members with a household token in the order of the
// letter.
func Household(rx *store.Rx, tenant int, group string) (list []Member, err error) {
	if group == "" {
		return nil, nil
	}
	err = rx.Query(func(scan func(...any) error) error {
		m, err := scanMember(scan)
		list = append(list, m)
		return err
	}, "SELECT "+columns+" FROM member WHERE tenant = $1 AND grp = $2 AND grp <> '' ORDER BY mem", tenant, group)
	return list, err
}

// selectCodes returns the members with a code of a letter.
func selectCodes(rx *store.Rx, tenant int) (list []Member, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		m, err := scanMember(scan)
		list = append(list, m)
		return err
	}, "SELECT "+columns+" FROM member WHERE tenant = $1 AND kind = 'code' ORDER BY link", tenant)
	return list, err
}

// setCode gives a member a code under another hash.
func setCode(tx *store.Tx, tenant int, m Member) (int64, error) {
	return tx.Exec("UPDATE member SET key_id = $3, code_mac = $4, birth_mac = $5 WHERE tenant = $1 AND link = $2 AND kind = 'code'",
		tenant, m.Link, m.KeyID, encode(m.CodeMAC), encode(m.BirthMAC))
}

// count adds n attempts to a bucket.
func count(tx *store.Tx, tenant int, scope Scope, subject, bucket string, n int) error {
	_, err := tx.Exec(`
INSERT INTO attempt_count (tenant, scope, subject, bucket, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, scope, subject, bucket) DO UPDATE SET n = attempt_count.n + excluded.n`,
		tenant, scope, subject, bucket, n)
	return err
}

// uncount takes one attempt back.
func uncount(tx *store.Tx, tenant int, scope Scope, subject, bucket string) error {
	_, err := tx.Exec("UPDATE attempt_count SET n = n - 1 WHERE tenant = $1 AND scope = $2 AND subject = $3 AND bucket = $4",
		tenant, scope, subject, bucket)
	return err
}

// counted is the number of attempts in buckets that begin after an instant.
func counted(rx *store.Rx, tenant int, scope Scope, subject, after string) (n int, err error) {
	err = rx.Row("SELECT COALESCE(SUM(n), 0) FROM attempt_count WHERE tenant = $1 AND scope = $2 AND subject = $3 AND bucket > $4",
		tenant, scope, subject, after).Scan(&n)
	return n, err
}

func forget(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM attempt_count WHERE tenant = $1 AND bucket < $2", tenant, before)
}
