// Package sync keeps the log of what the office has to hear: one event for each
// thing that happened to a booking or to a code. An act writes its events in its
// own transaction, without numbers, because a counter would make all bookings
// of a municipality wait for one another and a sequence of the database leaves
// gaps. [Number] numbers them later, in the order of their ids, without gaps.
// Whoever writes an event makes its id greater than those of all earlier events
// of the same booking and codes, so that the clocks of two servers cannot swap
// them. Writes tables event_out and recovery.
package sync

import (
	"context"
	"fmt"

	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Event is one line of the log.
type Event struct {
	ID      string // ULID
	Seq     int    // 0 until it is numbered
	Type    event.Type
	Subject string // booking or pseudonym
	At      string // instant, for people
	Body    []byte // as [event.Marshal] writes it
}

// Put writes an event under an id that is greater than those of all earlier
// events of what it is about; the rows of these are locked by the caller. Error:
// fault.Unavailable "sync.recovering" after the database was put back, until the
// office has answered.
func Put(tx *store.Tx, tenant int, id string, body event.Body) error {
	text, err := event.Marshal(body)
	if err != nil {
		return err
	}
	return insertEvent(tx, tenant, Event{ID: id, Type: body.Type(), Subject: event.Subject(body), At: store.Stamp(tx.Now), Body: text})
}

// Number numbers the events of a tenant that have no number, at most limit of
// them, and returns how many those were. Several servers may do so at once:
// each waits for the one before.
func Number(tx *store.Tx, tenant, limit int) (int, error) {
	if err := tx.Lock(fmt.Sprintf("event_out/%d", tenant)); err != nil {
		return 0, err
	}
	if r, is, err := recovery(tx.Rx, tenant); err != nil || is && r.Answered == "" {
		return 0, err // what was said before is not known yet
	}
	era, last, err := newest(tx.Rx, tenant)
	if err != nil {
		return 0, err
	}
	ids, err := unnumbered(tx.Rx, tenant, limit)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if err := setSeq(tx, tenant, id, era, last+i+1); err != nil {
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

// Length is the number of the newest event, as if all were numbered.
func Length(rx *store.Rx, tenant int) (int, error) {
	_, last, err := newest(rx, tenant)
	if err != nil {
		return 0, err
	}
	n, err := countUnnumbered(rx, tenant)
	return last + n, err
}

// SeqOf returns the number of an event, 0 when it has none yet or the database
// was restored since.
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

// Speaker writes events that follow one another without another between them,
// numbered at once.
type Speaker struct {
	tx        *store.Tx
	tenant    int
	era, last int
	id        string
}

// Speak numbers what has none yet and keeps others from numbering until the
// transaction ends.
func Speak(tx *store.Tx, tenant int) (*Speaker, error) {
	for n := atOnce; n == atOnce; {
		var err error
		if n, err = Number(tx, tenant, atOnce); err != nil {
			return nil, err
		}
	}
	s := &Speaker{tx: tx, tenant: tenant}
	var err error
	s.era, s.last, err = newest(tx.Rx, tenant)
	return s, err
}

// Say writes the next event.
func (s *Speaker) Say(body event.Body) error {
	s.id = ulid.After(s.tx.Now, s.id)
	if err := Put(s.tx, s.tenant, s.id, body); err != nil {
		return err
	}
	s.last++
	return setSeq(s.tx, s.tenant, s.id, s.era, s.last)
}

// Log is the log as the exchange sends it: the numbered events of the tenant of
// a view.
type Log struct{}

// Head is the number of the newest event.
func (Log) Head(rx *store.Rx) (int64, error) {
	_, last, err := newest(rx, rx.Tenant)
	return int64(last), err
}

// Each calls fn for the lines of the events from a number on.
func (Log) Each(rx *store.Rx, from int64, fn func(line []byte) error) error {
	for next := int(from); ; {
		part, err := since(rx, rx.Tenant, next-1, atOnce)
		if err != nil || len(part) == 0 {
			return err
		}
		for _, e := range part {
			if err := fn(event.Line(int64(e.Seq), e.Type, e.At, e.Body)); err != nil {
				return err
			}
		}
		next += len(part)
	}
}
