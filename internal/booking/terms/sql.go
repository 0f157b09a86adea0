package terms

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/store"
)

// newest reads the newest version of a document into v, which keeps what the
// document leaves out. Version 0 is a document that nobody has saved.
func newest(rx *store.Rx, tenant int, name string, v any) (version int, err error) {
	var body string
	err = rx.Row("SELECT version, body FROM terms_document WHERE tenant = $1 AND name = $2 ORDER BY version DESC LIMIT 1", tenant, name).
		Scan(&version, &body)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return 0, fmt.Errorf("%s version %d: %w", name, version, err)
	}
	return version, nil
}

// versionOf is the number of the newest version, without reading it.
func versionOf(rx *store.Rx, tenant int, name string) (version int, err error) {
	err = rx.Row("SELECT COALESCE(MAX(version), 0) FROM terms_document WHERE tenant = $1 AND name = $2", tenant, name).Scan(&version)
	return version, err
}

func insertVersion(tx *store.Tx, tenant int, name string, version int, body string) (int64, error) {
	return tx.Exec(`
INSERT INTO terms_document (tenant, name, version, body, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, name, version) DO NOTHING`, tenant, name, version, body, store.Stamp(tx.Now), tx.Actor.ID)
}

func selectVersion(rx *store.Rx, tenant int, name string, version int, v any) (found bool, err error) {
	var body string
	err = rx.Row("SELECT body FROM terms_document WHERE tenant = $1 AND name = $2 AND version = $3", tenant, name, version).Scan(&body)
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal([]byte(body), v)
}

func selectHistory(rx *store.Rx, tenant int, name string) (all []Saved, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var s Saved
		err := scan(&s.Version, &s.At, &s.By)
		all = append(all, s)
		return err
	}, "SELECT version, changed_at, changed_by FROM terms_document WHERE tenant = $1 AND name = $2 ORDER BY version DESC", tenant, name)
	return all, err
}

// versions are the newest versions of all documents of a tenant.
func versions(rx *store.Rx, tenant int) (map[string]int, error) {
	all := map[string]int{}
	err := rx.Query(func(scan func(...any) error) error {
		var name string
		var version int
		err := scan(&name, &version)
		all[name] = version
		return err
	}, "SELECT name, MAX(version) FROM terms_document WHERE tenant = $1 GROUP BY name", tenant)
	return all, err
}
