package card

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/store"
)

// Event is one line of a card's history.
type Event struct {
	ID       int64
	CardID   int64
	No       int
	At       string
	Actor    string // staff id
	Name     string // as it was then
	Terminal string
	Act      Act
	Reason   string
	Group    string
	Undoes   int64 // the event this one takes back, or 0
	UndoneBy int64 // the event that takes this one back, or 0

	before, after State
}

// Before is the state that the event found.
func (e Event) Before() State { return e.before }

// After is the state that the event left.
func (e Event) After() State { return e.after }

const eventColumns = `
e.id, e.card_id, e.no, e.at, e.actor, e.name, e.terminal, e.act, e.before, e.after, e.reason, e.group_id, COALESCE(e.undoes, 0),
COALESCE((SELECT u.id FROM card_event u WHERE u.undoes = e.id), 0)`

func scanEvent(scan func(...any) error) (e Event, err error) {
	var before, after string
	if err := scan(&e.ID, &e.CardID, &e.No, &e.At, &e.Actor, &e.Name, &e.Terminal, &e.Act, &before, &after,
		&e.Reason, &e.Group, &e.Undoes, &e.UndoneBy); err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(before), &e.before); err != nil {
		return e, fmt.Errorf("event %d before: %w", e.ID, err)
	}
	if err := json.Unmarshal([]byte(after), &e.after); err != nil {
		return e, fmt.Errorf("event %d after: %w", e.ID, err)
	}
	return e, nil
}

func listEvents(rx *store.Rx, query string, args ...any) (events []Event, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		e, err := scanEvent(scan)
		events = append(events, e)
		return err
	}, query, args...)
	return events, err
}

// EventsOf returns the history of a card, oldest first.
func EventsOf(rx *store.Rx, cardID int64) ([]Event, error) {
	return listEvents(rx, "SELECT "+eventColumns+" FROM card_event e WHERE e.card_id = $1 ORDER BY e.no", cardID)
}

func eventByID(rx *store.Rx, id int64) (Event, error) {
	e, err := scanEvent(rx.Row("SELECT "+eventColumns+" FROM card_event e WHERE e.id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Event{}, errNoEvent
	}
	return e, err
}

// EventByID returns one line of history. Error: fault.NotFound
// "card.event_not_found".
func EventByID(rx *store.Rx, id int64) (Event, error) { return eventByID(rx, id) }

// lastEffective is the newest event of the card that changed an axis, was not
// taken back and takes nothing back, or 0.
func lastEffective(rx *store.Rx, cardID int64) (id int64, err error) {
	err = rx.Row(`
SELECT COALESCE(MAX(e.id), 0) FROM card_event e
WHERE e.card_id = $1 AND e.undoes IS NULL AND e.act NOT IN ('hold_opened', 'hold_closed')
  AND NOT EXISTS (SELECT 1 FROM card_event u WHERE u.undoes = e.id)`, cardID).Scan(&id)
	return id, err
}

func eventsOfGroup(rx *store.Rx, group string) (ids []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `
SELECT e.id FROM card_event e
WHERE e.group_id = $1 AND e.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM card_event u WHERE u.undoes = e.id)
ORDER BY e.id DESC`, group)
	return ids, err
}

func eventsOfActor(rx *store.Rx, actor, since string) ([]Event, error) {
	return listEvents(rx, "SELECT "+eventColumns+` FROM card_event e
WHERE e.actor = $1 AND e.at >= $2 AND e.undoes IS NULL ORDER BY e.id DESC LIMIT 20`, actor, since)
}

// positionFree refuses to restore a place that another card has taken.
func positionFree(rx *store.Rx, cardID int64, s State) error {
	if s.PlaceID == 0 {
		return nil
	}
	var taken bool
	err := rx.Row("SELECT EXISTS (SELECT 1 FROM card WHERE place_id = $1 AND position = $2 AND id <> $3)",
		s.PlaceID, s.Position, cardID).Scan(&taken)
	if err == nil && taken {
		return errPositionTaken
	}
	return err
}

func appendEvent(tx *store.Tx, e event) (id int64, err error) {
	before, after, err := e.states()
	if err != nil {
		return 0, err
	}
	var undoes any
	if e.Undoes != 0 {
		undoes = e.Undoes
	}
	err = tx.Row(`
INSERT INTO card_event (card_id, no, at, actor, name, terminal, act, before, after, reason, group_id, undoes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		e.CardID, e.No, store.Stamp(tx.Now), tx.Actor.ID, tx.Actor.Name, tx.Actor.Terminal, string(e.Act),
		before, after, e.Reason, e.Group, undoes).Scan(&id)
	return id, err
}
