package settings

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// document is the name under which the settings lie in the table.
const document = "settings"

// Load returns the settings that hold now.
func Load(rx *store.Rx) (Settings, error) {
	s := Default()
	version, err := LoadDocument(rx, document, &s)
	if err != nil {
		return Settings{}, err
	}
	s.Version = version
	return s, nil
}

// LoadDocument reads the newest version of a document into v, which keeps what
// the document leaves out: so v comes with its defaults. The version is 0 as
// long as nobody has saved.
func LoadDocument(rx *store.Rx, name string, v any) (version int, err error) {
	var body string
	err = rx.Row("SELECT version, body FROM setting WHERE tenant = $1 AND name = $2 ORDER BY version DESC LIMIT 1", rx.Tenant, name).Scan(&version, &body)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("settings %s: %w", name, err)
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return 0, fmt.Errorf("settings %s version %d: %w", name, version, err)
	}
	return version, nil
}

// LoadVersion reads one version of a document into v. Errors: fault.NotFound
// "settings.no_such_version".
func LoadVersion(rx *store.Rx, name string, version int, v any) error {
	var body string
	err := rx.Row("SELECT body FROM setting WHERE tenant = $1 AND name = $2 AND version = $3", rx.Tenant, name, version).Scan(&body)
	if errors.Is(err, store.ErrNoRows) {
		return fault.New(fault.NotFound, "settings.no_such_version", "version", fmt.Sprint(version))
	}
	if err != nil {
		return fmt.Errorf("settings %s: %w", name, err)
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return fmt.Errorf("settings %s version %d: %w", name, version, err)
	}
	return nil
}

// appendVersion adds the next version; ok is false when somebody else has added it.
func appendVersion(tx *store.Tx, name string, version int, v any) (ok bool, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`
INSERT INTO setting (tenant, name, version, body, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, name, version) DO NOTHING`, tx.Tenant, name, version, string(body), store.Stamp(tx.Now), tx.Actor.ID)
	return n == 1, err
}

// Change is one line of the history.
type Change struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	By      string `json:"by"` // staff id
}

// History lists the versions of the settings, newest first.
func History(rx *store.Rx) ([]Change, error) { return DocumentHistory(rx, document) }

// DocumentHistory lists the versions of a document, newest first.
func DocumentHistory(rx *store.Rx, name string) (all []Change, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Change
		err := scan(&c.Version, &c.At, &c.By)
		all = append(all, c)
		return err
	}, "SELECT version, changed_at, changed_by FROM setting WHERE tenant = $1 AND name = $2 ORDER BY version DESC", rx.Tenant, name)
	return all, err
}

// Versions are the newest versions of all documents, so that whoever keeps some
// of them in memory sees that they are old.
func Versions(rx *store.Rx) (map[string]int, error) {
	all := map[string]int{}
	err := rx.Query(func(scan func(...any) error) error {
		var name string
		var version int
		err := scan(&name, &version)
		all[name] = version
		return err
	}, "SELECT name, MAX(version) FROM setting WHERE tenant = $1 GROUP BY name", rx.Tenant)
	return all, err
}
