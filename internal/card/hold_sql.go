package card

import (
	"errors"

	"kofu/internal/store"
)

func stopsOf(rx *store.Rx, cardID int64) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM hold WHERE card_id = $1 AND closed_at = '' AND severity = 'STOP' AND from_day <= $2",
		cardID, rx.Today()).Scan(&n)
	return n, err
}

// refreshHolds counts the open holds of a card anew; one that begins to stop
// later warns until then.
func refreshHolds(tx *store.Tx, cardID int64) error {
	_, err := tx.Exec(`
UPDATE card SET
    stops = (SELECT count(*) FROM hold WHERE card_id = card.id AND closed_at = '' AND severity = 'STOP' AND from_day <= $1),
    warns = (SELECT count(*) FROM hold WHERE card_id = card.id AND closed_at = '' AND (severity = 'WARN' OR from_day > $1))
WHERE id = $2`, tx.Today(), cardID)
	return err
}

func refreshStatus(tx *store.Tx, cardID int64) error {
	c, err := ByID(tx.Rx, cardID)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE card SET status = $1 WHERE id = $2 AND status <> $1", string(statusOf(c.State, c.Stops)), cardID)
	return err
}

func cardsWithDatedHolds(rx *store.Rx) (ids []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT DISTINCT card_id FROM hold WHERE closed_at = '' AND from_day <> '' AND from_day <= $1", rx.Today())
	return ids, err
}

const holdColumns = `id, card_id, flag, severity, reason, source, opened_at, opened_by, closed_at, closed_by, closed_why, from_day`

func scanHold(scan func(...any) error) (h Hold, err error) {
	err = scan(&h.ID, &h.CardID, &h.Flag, &h.Severity, &h.Reason, &h.Source, &h.OpenedAt, &h.OpenedBy, &h.ClosedAt, &h.ClosedBy, &h.ClosedWhy, &h.FromDay)
	return h, err
}

func listHolds(rx *store.Rx, query string, args ...any) (holds []Hold, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		h, err := scanHold(scan)
		holds = append(holds, h)
		return err
	}, query, args...)
	return holds, err
}

// HoldsOf returns the holds of a card, open and closed, newest first.
func HoldsOf(rx *store.Rx, cardID int64) ([]Hold, error) {
	return listHolds(rx, "SELECT "+holdColumns+" FROM hold WHERE card_id = $1 ORDER BY id DESC", cardID)
}

func openHoldsFrom(rx *store.Rx, source string) ([]Hold, error) {
	return listHolds(rx, "SELECT "+holdColumns+" FROM hold WHERE source = $1 AND closed_at = '' ORDER BY id", source)
}

func holdByID(rx *store.Rx, id int64) (Hold, error) {
	h, err := scanHold(rx.Row("SELECT "+holdColumns+" FROM hold WHERE id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Hold{}, errNoHold
	}
	return h, err
}

func hadHold(rx *store.Rx, cardID int64, source string) (had bool, err error) {
	err = rx.Row("SELECT EXISTS (SELECT 1 FROM hold WHERE card_id = $1 AND source = $2)", cardID, source).Scan(&had)
	return had, err
}

func insertHold(tx *store.Tx, h Hold) error {
	_, err := tx.Exec(`
INSERT INTO hold (card_id, flag, severity, reason, source, opened_at, opened_by, from_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		h.CardID, string(h.Flag), string(h.Severity), h.Reason, h.Source, store.Stamp(tx.Now), tx.Actor.Name, h.FromDay)
	return err
}

func endHold(tx *store.Tx, id int64, why string) error {
	_, err := tx.Exec("UPDATE hold SET closed_at = $1, closed_by = $2, closed_why = $3 WHERE id = $4 AND closed_at = ''",
		store.Stamp(tx.Now), tx.Actor.Name, why, id)
	return err
}

// closedInGroup returns the holds that an event of the group closed.
func closedInGroup(rx *store.Rx, group string) ([]Hold, error) {
	return listHolds(rx, "SELECT "+holdColumns+` FROM hold WHERE closed_at <> '' AND id IN (
    SELECT h.id FROM card_event e JOIN hold h ON h.card_id = e.card_id AND h.closed_at = e.at
    WHERE e.group_id = $1 AND e.act = $2) ORDER BY id`, group, string(ActRelease))
}

func reviveHold(tx *store.Tx, id int64) error {
	_, err := tx.Exec("UPDATE hold SET closed_at = '', closed_by = '', closed_why = '' WHERE id = $1", id)
	return err
}
