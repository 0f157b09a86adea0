// Package officelog keeps the log of what the booking service has to hear: one
// event for each thing that the office decided about a card, a booking or a day.
// An act writes its events in its own transaction; the appliance has one writer
// at a time, so they are numbered at once. [Log] hands them to package relay.
// Writes table office_event.
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

// Put writes events in the order given.
func Put(tx *store.Tx, bodies ...event.Body) (err error) {
	defer fault.Add(&err, "officelog.Put")
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
// restored, and the numbers that it has forgotten must not be used again. The
// epoch of the log is renewed by the caller in the same transaction.
func Restart(tx *store.Tx, first event.Body) (err error) {
	defer fault.Add(&err, "officelog.Restart")
	series, _, err := end(tx.Rx)
	if err != nil {
		return err
	}
	return write(tx, series+1, 0, []event.Body{first})
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
	return each(rx, series, from, func(e Entry) error { return fn(event.Line(e.Seq, e.Type, e.At, []byte(e.Body))) })
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
