package card

import (
	"fmt"
	"time"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Undoing says who undoes and why.
type Undoing struct {
	Reason string
	Any    bool   // may undo the acts of others and older ones
	Group  string // joins the undos of one group
}

const ownUndo = 30 * time.Minute // how long an own act can be undone without further rights

// byOthers are acts that belong to a larger one and are undone with it.
var byOthers = map[Act]string{
	ActList:  "card.undo_with_import",
	ActVoid:  "card.undo_with_import",
	ActUndo:  "card.undo_of_undo",
	ActPrint: "card.undo_with_notice", ActPost: "card.undo_with_notice",
	ActUnprint: "card.undo_with_notice", ActUnpost: "card.undo_with_notice",
	ActHold: "card.undo_hold", ActRelease: "card.undo_hold",
}

// Undo restores the state before the event by a new event; both stay in the
// log. Only the newest act of a card that still counts can be undone, so that
// nothing later loses its ground. Errors: fault.Conflict "card.undo_not_last",
// "card.undone_already", "card.undo_too_late", "card.position_taken",
// fault.Forbidden "card.undo_others".
func Undo(tx *store.Tx, eventID int64, u Undoing) (Change, error) {
	if err := entry.Check(u.Reason); err != nil {
		return Change{}, err
	}
	e, err := eventByID(tx.Rx, eventID)
	if err != nil {
		return Change{}, err
	}
	c, err := ByID(tx.Rx, e.CardID)
	if err != nil {
		return Change{}, err
	}
	if err := undoable(tx.Rx, tx.Actor, e, u); err != nil {
		return Change{}, err
	}
	return record(tx, c, e.before, event{Act: ActUndo, Reason: u.Reason, Group: u.Group, Undoes: e.ID})
}

// undoable decides whether the event can be undone by the actor now.
func undoable(rx *store.Rx, actor store.Actor, e Event, u Undoing) error {
	if code, ok := byOthers[e.Act]; ok {
		return fault.New(fault.Conflict, code)
	}
	if e.UndoneBy != 0 {
		return fault.New(fault.Conflict, "card.undone_already")
	}
	last, err := lastEffective(rx, e.CardID)
	if err != nil {
		return err
	}
	if last != e.ID {
		return fault.New(fault.Conflict, "card.undo_not_last")
	}
	if err := mayUndo(rx, actor, e, u); err != nil {
		return err
	}
	return positionFree(rx, e.CardID, e.before)
}

// mayUndo lets everybody take back the own act of the last half hour. A
// hand-over is taken back by a supervisor, on the same day.
func mayUndo(rx *store.Rx, actor store.Actor, e Event, u Undoing) error {
	at, err := store.ParseStamp(e.At)
	if err != nil {
		return fmt.Errorf("event %d: %w", e.ID, err)
	}
	if e.Act == ActHandOver {
		switch {
		case !u.Any:
			return fault.New(fault.Forbidden, "card.undo_handover_supervisor")
		case store.Day(at) != rx.Today():
			return fault.New(fault.Conflict, "card.undo_handover_same_day")
		case entry.Blank(u.Reason):
			return fault.New(fault.Invalid, "card.reason_missing")
		}
		return nil
	}
	if u.Any {
		return nil
	}
	if e.Actor != actor.ID {
		return fault.New(fault.Forbidden, "card.undo_others")
	}
	if rx.Now.Sub(at) > ownUndo {
		return fault.New(fault.Forbidden, "card.undo_too_late")
	}
	return nil
}

// Undoable tells whether Undo would accept the event, for greying out a button.
func Undoable(rx *store.Rx, actor store.Actor, e Event, u Undoing) error {
	if e.Act == ActHandOver && u.Reason == "" {
		u.Reason = "?"
	}
	return undoable(rx, actor, e, u)
}

// UndoGroup undoes every event of the group that still counts, all or nothing,
// and returns how many. The error of the first card that refuses names it.
func UndoGroup(tx *store.Tx, group string, u Undoing) (int, error) {
	events, err := eventsOfGroup(tx.Rx, group)
	if err != nil {
		return 0, err
	}
	if len(events) == 0 {
		return 0, fault.New(fault.NotFound, "card.group_not_found")
	}
	u.Group = group + "-undo"
	done := 0
	for _, id := range events {
		if _, err := Undo(tx, id, u); err != nil {
			return 0, fmt.Errorf("event %d: %w", id, err)
		}
		done++
	}
	return done, nil
}

// LastOf returns the newest event of the actor that can be undone, or 0.
func LastOf(rx *store.Rx, actor store.Actor) (int64, error) {
	events, err := eventsOfActor(rx, actor.ID, store.Stamp(rx.Now.Add(-ownUndo)))
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		if undoable(rx, actor, e, Undoing{}) == nil {
			return e.ID, nil
		}
	}
	return 0, nil
}
