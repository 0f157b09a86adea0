package visit

import (
	"encoding/json"
	"errors"

	"kofu/internal/store"
)

func insert(tx *store.Tx, cardID, eventID int64, h HandOver) (Record, error) {
	documents, err := json.Marshal(h.Documents)
	if err != nil {
		return Record{}, err
	}
	oldCards, err := json.Marshal(h.OldCards)
	if err != nil {
		return Record{}, err
	}
	r := Record{
		CardID: cardID, EventID: eventID, At: store.Stamp(tx.Now), By: tx.Actor.Name, Receiver: h.Receiver, ProxyReason: h.ProxyReason,
		Documents: h.Documents, OldCards: h.OldCards, PINMethod: h.PINMethod, WalkIn: h.WalkIn,
	}
	err = tx.Row(`
INSERT INTO visit (card_id, event_id, at, actor, receiver, proxy_reason, documents, old_cards, pin_method, walk_in)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		cardID, eventID, r.At, r.By, string(h.Receiver), h.ProxyReason, string(documents), string(oldCards), h.PINMethod, h.WalkIn).Scan(&r.ID)
	return r, err
}

func markUndone(tx *store.Tx, eventID int64) error {
	_, err := tx.Exec("UPDATE visit SET undone_at = $1 WHERE event_id = $2", store.Stamp(tx.Now), eventID)
	return err
}

// OfCard returns the hand-over of a card that counts, false if there is none.
func OfCard(rx *store.Rx, cardID int64) (r Record, ok bool, err error) {
	var documents, oldCards string
	err = rx.Row(`
SELECT id, card_id, event_id, at, actor, receiver, proxy_reason, documents, old_cards, pin_method, walk_in, undone_at
FROM visit WHERE card_id = $1 AND undone_at = '' ORDER BY id DESC LIMIT 1`, cardID).Scan(&r.ID, &r.CardID, &r.EventID, &r.At, &r.By,
		&r.Receiver, &r.ProxyReason, &documents, &oldCards, &r.PINMethod, &r.WalkIn, &r.UndoneAt)
	if errors.Is(err, store.ErrNoRows) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, err
	}
	err = errors.Join(json.Unmarshal([]byte(documents), &r.Documents), json.Unmarshal([]byte(oldCards), &r.OldCards))
	return r, err == nil, err
}
