package settings

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/store"
)

// document is the name under which the settings lie in the table.
const document = "settings"

// Load returns the settings that hold now.
func Load(rx *store.Rx) (Settings, error) {
	s := Default()
	var version int
	var body string
	err := rx.Row("SELECT version, body FROM setting WHERE name = $1 ORDER BY version DESC LIMIT 1", document).Scan(&version, &body)
	if errors.Is(err, store.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return Settings{}, fmt.Errorf("settings version %d: %w", version, err)
	}
	s.Version = version
	return s, nil
}

// append adds the next version; ok is false when somebody else has added it.
func appendVersion(tx *store.Tx, s Settings) (ok bool, err error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`
INSERT INTO setting (name, version, body, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name, version) DO NOTHING`, document, s.Version, string(body), store.Stamp(tx.Now), tx.Actor.ID)
	return n == 1, err
}

// Change is one line of the history.
type Change struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	By      string `json:"by"` // staff id
}

// History lists the versions, newest first.
func History(rx *store.Rx) (all []Change, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Change
		err := scan(&c.Version, &c.At, &c.By)
		all = append(all, c)
		return err
	}, "SELECT version, changed_at, changed_by FROM setting WHERE name = $1 ORDER BY version DESC", document)
	return all, err
}
