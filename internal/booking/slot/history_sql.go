package slot

import (
	"encoding/json"

	"kofu/internal/store"
)

func insertChange(tx *store.Tx, e *edit, c change) error {
	_, err := tx.Exec(`
INSERT INTO opening_change (tenant, edit_id, ordinal, at, actor_id, actor, act, window_id, object, was, became)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.tenant, e.id, e.n, store.Stamp(tx.Now), tx.Actor.ID, tx.Actor.Name, e.act, c.WindowID, c.Object, string(c.Was), string(c.Became))
	return err
}

// changes calls fn for every change that concerns a window, the oldest first.
func changes(rx *store.Rx, tenant int, windowID string, fn func(change) error) error {
	return rx.Query(func(scan func(...any) error) error {
		var c change
		var at, was, became string
		if err := scan(&c.Edit, &at, &c.ActorID, &c.Actor, &c.Act, &c.WindowID, &c.Object, &was, &became); err != nil {
			return err
		}
		c.Was, c.Became = raw(was), raw(became)
		var err error
		if c.At, err = store.ParseStamp(at); err != nil {
			return err
		}
		return fn(c)
	}, `
SELECT edit_id, at, actor_id, actor, act, window_id, object, was, became
FROM opening_change WHERE tenant = $1 AND window_id IN ('', $2) ORDER BY edit_id, ordinal`, tenant, windowID)
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
