// Package sync keeps the log of what the office has to hear: one event for each
// thing that happened to a booking or to a code. An act writes its events in its
// own transaction, without numbers, because a counter would make all bookings
// of a municipality wait for one another and a sequence of the database leaves
// gaps. [Number] numbers them later, in the order of their ids, without gaps.
// Whoever writes an event makes its id greater than those of all earlier events
// of the same booking and codes, so that the clocks of two servers cannot swap
// them. Writes table event_out.
package sync

import (
	"context"
	"encoding/json"
	"fmt"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Type says what happened.
type Type string

// The events that the office hears of (booking.md §3.3).
const (
	Created     Type = "booking.created"
	Moved       Type = "booking.moved"
	Left        Type = "booking.left" // one person of several
	Cancelled   Type = "booking.cancelled"
	Missed      Type = "booking.noshow_provisional"
	NoShow      Type = "booking.noshow"
	Unsettled   Type = "booking.unreconciled" // the office never saw the booking
	Arrived     Type = "visit.arrived"
	Done        Type = "visit.done"
	Again       Type = "visit.again"
	Undone      Type = "visit.undo"
	FirstUsed   Type = "link.first_used" // the letter has arrived
	CapacityOff Type = "capacity.over"
)

// Event is one line of the log.
type Event struct {
	ID      string // ULID
	Seq     int    // 0 until it is numbered
	Type    Type
	Subject string          // booking or pseudonym
	At      string          // instant, for people
	Body    json.RawMessage // what the type asks for besides seq, t and at
}

// Put writes an event under an id that is greater than those of all earlier
// events of what it is about; the rows of these are locked by the caller.
func Put(tx *store.Tx, tenant int, id string, t Type, subject string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("event %s: %w", t, err)
	}
	return insertEvent(tx, tenant, Event{ID: id, Type: t, Subject: subject, At: store.Stamp(tx.Now), Body: text})
}

// Number numbers the events of a tenant that have no number, at most limit of
// them, and returns how many those were. Several servers may do so at once:
// each waits for the one before.
func Number(tx *store.Tx, tenant, limit int) (int, error) {
	if err := tx.Lock(fmt.Sprintf("event_out/%d", tenant)); err != nil {
		return 0, err
	}
	last, err := lastSeq(tx.Rx, tenant)
	if err != nil {
		return 0, err
	}
	ids, err := unnumbered(tx.Rx, tenant, limit)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if err := setSeq(tx, tenant, id, last+i+1); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

const atOnce = 1000

// NumberAll numbers all events that are there when it begins.
func NumberAll(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (n int, err error) {
	defer fault.Add(&err, "sync.NumberAll(%d)", tenant)
	for {
		done := 0
		err := db.Write(ctx, actor, func(tx *store.Tx) (err error) {
			done, err = Number(tx, tenant, atOnce)
			return err
		})
		n += done
		if err != nil || done < atOnce {
			return n, err
		}
	}
}

// Since returns the numbered events after a number, at most limit of them.
func Since(rx *store.Rx, tenant, seq, limit int) ([]Event, error) {
	return since(rx, tenant, seq, limit)
}

// SeqOf returns the number of an event, 0 when it has none yet.
func SeqOf(rx *store.Rx, tenant int, id string) (int, error) { return seqOf(rx, tenant, id) }

// About returns the events of a booking or pseudonym, the oldest first.
func About(rx *store.Rx, tenant int, subject string) ([]Event, error) {
	return about(rx, tenant, subject)
}

// Forget removes numbered events that are older than an instant; the exchange
// keeps them for 400 days.
func Forget(tx *store.Tx, tenant int, before string) (int64, error) {
	return deleteEvents(tx, tenant, before)
}
