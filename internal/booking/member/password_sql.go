package member

import (
	"errors"
	"time"

	"kofu/internal/store"
)

// passwordOf is the hash of a code's password, "" without one.
func passwordOf(rx *store.Rx, tenant int, link string) (hash string, err error) {
	err = rx.Row("SELECT hash FROM member_password WHERE tenant = $1 AND link = $2", tenant, link).Scan(&hash)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

func insertPassword(tx *store.Tx, tenant int, link, hash string) (int64, error) {
	return tx.Exec(`
INSERT INTO member_password (tenant, link, hash, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, link) DO NOTHING`,
		tenant, link, hash, store.Stamp(tx.Now))
}

func putPassword(tx *store.Tx, tenant int, link, hash string) error {
	_, err := tx.Exec(`
INSERT INTO member_password (tenant, link, hash, set_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, link) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at`, tenant, link, hash, store.Stamp(tx.Now))
	return err
}

func deleteResets(tx *store.Tx, tenant int, link string) error {
	_, err := tx.Exec("DELETE FROM member_reset WHERE tenant = $1 AND link = $2", tenant, link)
	return err
}

func insertReset(tx *store.Tx, tenant int, link, kind, mac string, until time.Time) error {
	_, err := tx.Exec("INSERT INTO member_reset (tenant, secret_mac, link, kind, until_at) VALUES ($1, $2, $3, $4, $5)",
		tenant, mac, link, kind, store.Stamp(until))
	return err
}

func reset(rx *store.Rx, tenant int, mac, kind string) (link string, found bool, err error) {
	err = rx.Row("SELECT link FROM member_reset WHERE tenant = $1 AND secret_mac = $2 AND kind = $3 AND until_at > $4",
		tenant, mac, kind, store.Stamp(rx.Now)).Scan(&link)
	if errors.Is(err, store.ErrNoRows) {
		return "", false, nil
	}
	return link, err == nil, err
}

// useReset uses a permission up: of two who try at the same moment one gets it.
func useReset(tx *store.Tx, tenant int, mac, kind string) (link string, used bool, err error) {
	err = tx.Row("DELETE FROM member_reset WHERE tenant = $1 AND secret_mac = $2 AND kind = $3 AND until_at > $4 RETURNING link",
		tenant, mac, kind, store.Stamp(tx.Now)).Scan(&link)
	if errors.Is(err, store.ErrNoRows) {
		return "", false, nil
	}
	return link, err == nil, err
}

// deletePassword forgets a password and the permissions to choose another.
func deletePassword(tx *store.Tx, tenant int, link string) error {
	if _, err := tx.Exec("DELETE FROM member_reset WHERE tenant = $1 AND link = $2", tenant, link); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM member_password WHERE tenant = $1 AND link = $2", tenant, link)
	return err
}
