// Package event holds the words in which office and booking service speak of
// cards that wait, people who book and visits: one struct for each kind of
// event, and how it is written as a line and read. A bundle is read strictly: an
// event that is not known, lacks a field or has one of another form makes the
// whole bundle unusable, because the two programs are then of different
// versions; fields that are not known are left aside. No field can hold a name,
// an address, a birth date, a phone number, the number of a card or a mark of
// protection: every text is of a closed form (see [Forms]). It writes no tables.
//
// Source: booking.md §3.3; security-reliability.md §7.3.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"kofu/internal/fault"
)

// Type is the name of a kind of event.
type Type string

// Body is what an event says besides its number and instant. The types of this
// package implement it by value. The first field of each says what it is about.
type Body interface {
	// Type is the name under which it is written.
	Type() Type
}

// Bodies lists one zero value of each kind of event.
var Bodies = []Body{
	ConfigWindow{},
	ConfigRules{},
	ConfigCapacity{},
	LinkIssue{},
	LinkReady{},
	LinkHold{},
	LinkWithdraw{},
	LinkRekey{},
	LinkClose{},
	LinkFirstUsed{},
	BookingCreated{},
	BookingMoved{},
	BookingLeft{},
	BookingCancelled{},
	BookingMissed{},
	BookingNoShow{},
	BookingUnreconciled{},
	BookingOffice{},
	BookingRefused{},
	VisitArrived{},
	VisitDone{},
	VisitAgain{},
	VisitUndo{},
	DayClosed{},
	CapacityOver{},
	LogRestored{},
	SnapshotBegin{},
	SnapshotLink{},
	SnapshotBooking{},
	SnapshotDay{},
	SnapshotEnd{},
}

var known = func() map[Type]reflect.Type {
	m := map[Type]reflect.Type{}
	for _, b := range Bodies {
		m[b.Type()] = reflect.TypeOf(b)
	}
	return m
}()

// Subject is what an event is about: a booking, a pseudonym, a window; empty
// where it is about none.
func Subject(b Body) string {
	if v := reflect.ValueOf(b).Field(0); v.Kind() == reflect.String {
		return v.String()
	}
	return ""
}

// Marshal writes what an event says as a JSON object, always in the same way. A
// body that breaks its form is a fault of the program that made it.
func Marshal(b Body) ([]byte, error) {
	v := reflect.New(reflect.TypeOf(b)).Elem()
	v.Set(reflect.ValueOf(b))
	whole(v)
	if where := check(v); where != "" {
		return nil, fmt.Errorf("event %s cannot be written: %s", b.Type(), where)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return nil, fmt.Errorf("event %s: %w", b.Type(), err)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// Line joins a number, an instant and a body that [Marshal] wrote to the line of
// a bundle.
func Line(seq int64, t Type, at string, body []byte) []byte {
	line := fmt.Appendf(nil, `{"seq":%d,"t":%q,"at":%q`, seq, t, at)
	if len(body) > len("{}") {
		line = append(line, ',')
	}
	return append(line, body[1:]...)
}

// Encode writes an event as the line of a bundle.
func Encode(seq int64, at string, b Body) ([]byte, error) {
	body, err := Marshal(b)
	if err != nil {
		return nil, err
	}
	return Line(seq, b.Type(), at, body), nil
}

// Decode reads a line. Errors: fault.Invalid "seal.E-SCHEMA" when the event is
// not known, a field is missing or breaks its form.
func Decode(line []byte) (seq int64, at string, b Body, err error) {
	var head struct {
		Seq int64  `json:"seq"`
		T   Type   `json:"t"`
		At  string `json:"at"`
	}
	fields, err := object(line)
	for name, to := range map[string]any{"seq": &head.Seq, "t": &head.T, "at": &head.At} {
		if err == nil {
			err = json.Unmarshal(fields[name], to)
		}
	}
	if err != nil {
		return 0, "", nil, foreign(err)
	}
	kind, is := known[head.T]
	if !is || head.Seq < 1 || !Forms["instant"](head.At) {
		return 0, "", nil, foreign(fmt.Errorf("event %d is not known", head.Seq))
	}
	v := reflect.New(kind).Elem()
	if err := read(fields, v); err != nil {
		return 0, "", nil, foreign(fmt.Errorf("event %d, %s: %w", head.Seq, head.T, err))
	}
	b, _ = v.Interface().(Body)
	return head.Seq, head.At, b, nil
}

// Unexpected is the refusal of a receiver for an event that the other side
// never writes.
func Unexpected(b Body) error { return foreign(fmt.Errorf("%s does not come from there", b.Type())) }

func foreign(because error) error {
	return fault.New(fault.Invalid, "seal.E-SCHEMA").Because(because)
}
