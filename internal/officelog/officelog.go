// Package officelog keeps the log of what the booking service has to hear: one
// event for each thing that the office decided about a card, a booking or a day.
// An act writes its events in its own transaction; the appliance has one writer
// at a time, so they are numbered at once. [Log] hands them to package relay.
// Writes tables office_event and office_recovery.
package officelog

import (
	"time"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// Keep is how long events are kept at least: longer than a medium can lie about.
const Keep = 400 * 24 * time.Hour

// Put writes events in the order given. Error: fault.Conflict
// "officelog.recovering" after a restore, until the booking service has answered.
func Put(tx *store.Tx, bodies ...event.Body) (err error) {
	defer fault.Add(&err, "officelog.Put")
	if len(bodies) == 0 {
		return nil
	}
	if is, err := Recovering(tx.Rx); err != nil || is {
		if err == nil {
			err = fault.New(fault.Conflict, "officelog.recovering")
		}
		return err
	}
	series, head, err := end(tx.Rx)
	if err != nil {
		return err
	}
	return write(tx, series, head, bodies)
}

func write(tx *store.Tx, series, head int64, bodies []event.Body) error {
	for i, b := range bodies {
		body, err := event.Marshal(b)
		if err != nil {
			return err
		}
		if err := insert(tx, series, Entry{
			Seq: head + int64(i) + 1, Type: b.Type(), Subject: event.Subject(b), At: store.Stamp(tx.Now), Body: string(body),
		}); err != nil {
			return err
		}
	}
	return nil
}

// Restart begins a new series with its first event, numbered 1: the database was
// put back to an older state, and the numbers that it has forgotten must not be
// used again. From now on nothing more is said until [Recovered]. The epoch of the
// log is renewed by the caller in the same transaction.
func Restart(tx *store.Tx, first event.LogRestored) (err error) {
	defer fault.Add(&err, "officelog.Restart")
	series, _, err := end(tx.Rx)
	if err != nil {
		return err
	}
	if err := write(tx, series+1, 0, []event.Body{first}); err != nil {
		return err
	}
	return setRecovering(tx, true)
}

// Recovering reports whether the booking service must answer before anything
// more is said.
func Recovering(rx *store.Rx) (bool, error) { return recovering(rx) }

// Asked is the event with which the present series began, false when the
// database was never put back.
func Asked(rx *store.Rx) (e event.LogRestored, ok bool, err error) {
	series, _, err := end(rx)
	if err != nil || series == 1 {
		return e, false, err
	}
	err = each(rx, series, 1, 1, func(first Entry) error {
		b, err := first.Event()
		if err != nil {
			return err
		}
		e, ok = b.(event.LogRestored)
		return nil
	})
	return e, ok, err
}

// Recovered ends the recovery. What the database had said after a number of the
// series before is said once more; none of it with after < 0.
func Recovered(tx *store.Tx, after int64) (err error) {
	defer fault.Add(&err, "officelog.Recovered")
	if err := setRecovering(tx, false); err != nil || after < 0 {
		return err
	}
	series, head, err := end(tx.Rx)
	if err != nil {
		return err
	}
	return each(tx.Rx, series-1, after+1, last, func(e Entry) error {
		head++
		e.Seq = head
		return insert(tx, series, e)
	})
}

// Entry is one event of the log.
type Entry struct {
	Seq     int64
	Type    event.Type
	Subject string
	At      string
	Body    string
}

// Event reads what the entry says.
func (e Entry) Event() (event.Body, error) {
	_, _, b, err := event.Decode(event.Line(e.Seq, e.Type, e.At, []byte(e.Body)))
	return b, err
}

// Log is the log as package relay wants it.
type Log struct{}

var _ relay.Log = Log{}

// Head is the number of the newest event, 0 for none.
func (Log) Head(rx *store.Rx) (int64, error) {
	_, head, err := end(rx)
	return head, err
}

// Each calls fn for the events from a number on, in order.
func (Log) Each(rx *store.Rx, from int64, fn func(line []byte) error) error {
	series, _, err := end(rx)
	if err != nil {
		return err
	}
	return each(rx, series, from, last, func(e Entry) error { return fn(event.Line(e.Seq, e.Type, e.At, []byte(e.Body))) })
}

// About returns what the log says about a booking, a pseudonym or a window,
// oldest first, earlier series included.
func About(rx *store.Rx, subject string) ([]Entry, error) { return about(rx, subject) }

// Forget removes what is older than [Keep] and known to the booking service.
func Forget(tx *store.Tx) (n int64, err error) {
	defer fault.Add(&err, "officelog.Forget")
	state, err := relay.Load(tx.Rx)
	if err != nil {
		return 0, err
	}
	series, head, err := end(tx.Rx)
	if err != nil {
		return 0, err
	}
	return deleteOld(tx, series, min(state.Acked, head-1), store.Stamp(tx.Now.Add(-Keep)))
}
