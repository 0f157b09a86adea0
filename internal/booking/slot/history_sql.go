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

func insertBatch(tx *store.Tx, tenant int, b Batch, o Outcome) error {
	_, err := tx.Exec(`
INSERT INTO opening_batch (tenant, batch_id, kind, name, made_at, made_by, days, added, changed, removed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		tenant, o.BatchID, b.Kind, b.Name, store.Stamp(tx.Now), tx.Actor.ID, len(o.Days), o.Added, o.Changed, o.Removed)
	return err
}

// Batches returns what was set by files and copies, the newest first.
func Batches(rx *store.Rx, tenant int) (list []Applied, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var b Applied
		err := scan(&b.ID, &b.Kind, &b.Name, &b.MadeAt, &b.MadeBy, &b.Days, &b.Added, &b.Changed, &b.Removed, &b.UndoneAt)
		list = append(list, b)
		return err
	}, `
SELECT batch_id, kind, name, made_at, made_by, days, added, changed, removed, undone_at
FROM opening_batch WHERE tenant = $1 ORDER BY batch_id DESC`, tenant)
	return list, err
}

// markUndone reports false for a batch that is not there or has been undone.
func markUndone(tx *store.Tx, tenant int, id string) (bool, error) {
	n, err := tx.Exec("UPDATE opening_batch SET undone_at = $3 WHERE tenant = $1 AND batch_id = $2 AND undone_at = ''",
		tenant, id, store.Stamp(tx.Now))
	return n == 1, err
}

func batchExceptions(rx *store.Rx, where string, args ...any) (list []Exception, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		e, err := scanException(scan)
		list = append(list, e)
		return err
	}, "SELECT "+exceptionColumns+" FROM opening_exception WHERE tenant = $1 AND "+where+" ORDER BY exception_id", args...)
	return list, err
}

// exceptionsOfBatch returns what a batch made and still holds, and how many of
// its exceptions a later batch has replaced.
func exceptionsOfBatch(rx *store.Rx, tenant int, id string) (list []Exception, replaced int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM opening_exception WHERE tenant = $1 AND batch_id = $2 AND ended_by <> ''", tenant, id).Scan(&replaced)
	if err != nil {
		return nil, 0, err
	}
	list, err = batchExceptions(rx, "batch_id = $2", tenant, id)
	return list, replaced, err
}

func exceptionsEndedBy(rx *store.Rx, tenant int, id string) ([]Exception, error) {
	return batchExceptions(rx, "ended_by = $2", tenant, id)
}

func endException(tx *store.Tx, tenant int, id, batch string) error {
	_, err := tx.Exec("UPDATE opening_exception SET ended_by = $3 WHERE tenant = $1 AND exception_id = $2", tenant, id, batch)
	return err
}

// takeBack removes the exceptions of a batch and gives back those that it ended.
func takeBack(tx *store.Tx, tenant int, id string) error {
	if _, err := tx.Exec("DELETE FROM opening_exception WHERE tenant = $1 AND batch_id = $2", tenant, id); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE opening_exception SET ended_by = '' WHERE tenant = $1 AND ended_by = $2", tenant, id)
	return err
}
