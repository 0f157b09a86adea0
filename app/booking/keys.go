package main

import (
	"crypto/rand"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/booking/town"
	"kofu/internal/keyring"
	"kofu/internal/program"
	"kofu/internal/store"
)

// keysMake makes the next key under which codes of letters are hashed. Codes that
// are registered already stay under theirs.
func (c *call) keysMake() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error { return c.makeKey(s, t.ID) })
}

func (c *call) makeKey(s *town.Service, tenant int) error {
	keys, err := s.Keys(tenant)
	if err != nil {
		return err
	}
	id, err := keys.Codes.Make(rand.Reader)
	if err != nil {
		return err
	}
	line := keyLine{id, keyring.Fingerprint(keys.Codes.Keys()[id])}
	err = s.DB.For(tenant).Write(c.ctx, c.actor(), func(tx *store.Tx) error {
		return audit.Append(tx, "town.key_made", "tenant/"+strconv.Itoa(tenant), line)
	})
	if err != nil {
		return err
	}
	return program.Answer(c.Out, c.JSON, line, func() error {
		return c.say("service.key_made", "tenant", strconv.Itoa(tenant), "id", line.ID, "fingerprint", line.Fingerprint)
	})
}

// keyLine names a key without telling it.
type keyLine struct {
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"`
}

// keysList prints the keys of a municipality by their fingerprints.
func (c *call) keysList() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		keys, err := s.Keys(t.ID)
		if err != nil {
			return err
		}
		lines := []keyLine{}
		for _, id := range keys.Codes.IDs() {
			lines = append(lines, keyLine{id, keyring.Fingerprint(keys.Codes.Keys()[id])})
		}
		return program.Answer(c.Out, c.JSON, lines, func() error {
			for _, l := range lines {
				if err := program.Row(c.Out, l.ID, l.Fingerprint); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
