package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"kofu/internal/desk"
	"kofu/internal/office"
)

// prepare leaves the data folder to its owner and empties the spool: what lies
// there belongs to jobs that a crash has ended. The caller holds the lock.
func prepare(dir office.Dir) error {
	if err := ownerOnly(string(dir)); err != nil {
		return err
	}
	if err := os.RemoveAll(dir.Spool()); err != nil {
		return err
	}
	return os.MkdirAll(dir.Spool(), 0o700)
}

// withdraw takes back what publish wrote.
func withdraw(dir office.Dir) error {
	return errors.Join(removeIfThere(dir.State()), removeIfThere(deskKey(dir)))
}

func deskKey(dir office.Dir) string { return filepath.Join(string(dir), "desk.key") }

func removeIfThere(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// state tells a second start where the running server is.
type state struct {
	Base    string `json:"base"` // loopback door, "http://127.0.0.1:18443"
	LAN     string `json:"lan"`  // door of the office network, or ""
	PID     int    `json:"pid"`
	Version string `json:"version"`
}

// publish writes state.json and, for the owner only, the key with which a
// second start gets a ticket for its window.
func publish(dir office.Dir, s state) (key string, err error) {
	key = desk.NewKey()
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{deskKey(dir): []byte(key), dir.State(): append(b, '\n')} {
		part := name + ".part"
		if err := os.WriteFile(part, content, 0o600); err != nil {
			return "", err
		}
		if err := os.Rename(part, name); err != nil {
			return "", err
		}
	}
	return key, nil
}

// readState reads what the server that holds dir has published.
func readState(dir office.Dir) (s state, key string, err error) {
	b, err := os.ReadFile(dir.State())
	if err != nil {
		return state{}, "", err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return state{}, "", err
	}
	k, err := os.ReadFile(deskKey(dir))
	return s, strings.TrimSpace(string(k)), err
}
