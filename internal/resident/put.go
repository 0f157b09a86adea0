package resident

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Change says what a row did to the state of a person.
type Change int

// The changes.
const (
	Unchanged Change = iota
	New
	Changed
)

// Outcome is what came of one row.
type Outcome struct {
	ID     int64
	Change Change
	Event  Event // with its id when the row brought an event that was not known
	Before Resident
	After  Resident
}

// Known reports whether the row says exactly what the last row of its person
// that was taken over said, so that Put would write nothing.
func Known(rx *store.Rx, row *Row) (bool, error) {
	id, digest, err := digestOf(rx, row.No)
	return id != 0 && digest == row.digest(), err
}

// Put takes a row of an import over: the person's state with its history, and
// the event if there is one that was not known. A row that says nothing new
// writes nothing.
func Put(tx *store.Tx, importID int64, row *Row) (Outcome, error) {
	if row.No == "" {
		return Outcome{}, errors.New("a person without a number")
	}
	digest := row.digest()
	id, known, err := digestOf(tx.Rx, row.No)
	if err != nil {
		return Outcome{}, err
	}
	if id == 0 {
		return add(tx, importID, row, digest)
	}
	if known == digest {
		return Outcome{ID: id}, nil
	}
	return change(tx, importID, row, id, digest)
}

func add(tx *store.Tx, importID int64, row *Row, digest string) (Outcome, error) {
	r := row.Resident
	r.Digest, r.ImportID, r.AddedBy, r.UpdatedAt = digest, importID, importID, store.Stamp(tx.Now)
	if err := insert(tx, &r); err != nil {
		return Outcome{}, err
	}
	event, err := register(tx, importID, r.ID, row.Event)
	return Outcome{ID: r.ID, Change: New, Event: event, After: r}, err
}

func change(tx *store.Tx, importID int64, row *Row, id int64, digest string) (Outcome, error) {
	before, _, err := ByID(tx.Rx, id)
	if err != nil {
		return Outcome{}, err
	}
	event, err := register(tx, importID, id, row.Event)
	if err != nil {
		return Outcome{}, err
	}
	after, differs := row.onto(before)
	if !differs && event.ID == 0 {
		return Outcome{ID: id, Before: before, After: before}, nil
	}
	if err := insertVersion(tx, importID, before); err != nil {
		return Outcome{}, err
	}
	after.Digest, after.ImportID, after.UpdatedAt = digest, importID, store.Stamp(tx.Now)
	return Outcome{ID: id, Change: Changed, Event: event, Before: before, After: after}, update(tx, &after)
}

func register(tx *store.Tx, importID, id int64, e Event) (Event, error) {
	if e.Code == "" {
		return Event{}, nil
	}
	e.ResidentID, e.ImportID = id, importID
	var err error
	e.ID, err = insertEvent(tx, e)
	return e, err
}

// listed is how many numbers a refusal names.
const listed = 100

// Undone counts what taking an import back did.
type Undone struct{ Restored, Removed, Events int }

// Undo brings every person back to the state before the import: those it
// brought in are removed, with the events. It refuses, naming the persons,
// when a later import changed any of them: fault.Conflict
// "registry.changed_later". Cards must no longer refer to the persons who go.
func Undo(tx *store.Tx, importID int64) (Undone, error) {
	if err := refuseLater(tx.Rx, importID); err != nil {
		return Undone{}, err
	}
	n, err := deleteEvents(tx, importID)
	if err != nil {
		return Undone{}, err
	}
	done := Undone{Events: int(n)}
	for after := int64(0); ; {
		ids, err := AddedBy(tx.Rx, importID, after)
		if err != nil {
			return done, err
		}
		if len(ids) == 0 {
			err = restoreAll(tx, importID, &done)
			return done, err
		}
		for _, id := range ids {
			if err := takeOut(tx, importID, id, &done); err != nil {
				return done, fmt.Errorf("%s: %w", Object(id), err)
			}
		}
		after = ids[len(ids)-1]
	}
}

func refuseLater(rx *store.Rx, importID int64) error {
	numbers, total, err := touchedLater(rx, importID, listed)
	if err != nil || total == 0 {
		return err
	}
	refusal := fault.New(fault.Conflict, "registry.changed_later", "count", strconv.Itoa(total))
	for _, no := range numbers {
		refusal = refusal.With(fault.Detail{Code: "registry.changed_later_person", Value: no})
	}
	return refusal
}

// keepState keeps what is about to be taken back as a version.
func keepState(tx *store.Tx, importID, id int64) error {
	now, found, err := ByID(tx.Rx, id)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("not there")
	}
	return insertVersion(tx, importID, now)
}

func takeOut(tx *store.Tx, importID, id int64, done *Undone) error {
	if err := keepState(tx, importID, id); err != nil {
		return err
	}
	done.Removed++
	return remove(tx, id)
}

// restoreAll brings those back who were there before the import.
func restoreAll(tx *store.Tx, importID int64, done *Undone) error {
	for after := int64(0); ; {
		list, err := versionsOf(tx.Rx, importID, after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, v := range list {
			if err := restore(tx, importID, v, done); err != nil {
				return fmt.Errorf("%s: %w", Object(v.residentID), err)
			}
		}
		after = list[len(list)-1].residentID
	}
}

func restore(tx *store.Tx, importID int64, v version, done *Undone) error {
	if err := keepState(tx, importID, v.residentID); err != nil {
		return err
	}
	before := Resident{}
	if err := json.Unmarshal([]byte(v.body), &before); err != nil {
		return err
	}
	before.ID = v.residentID
	done.Restored++
	return update(tx, &before)
}
