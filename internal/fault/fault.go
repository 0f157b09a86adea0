// Package fault holds the failures that a caller can act on. A failure is
// either an [*Error] with a kind and a code, or internal: everything else that
// is wrapped and ends in the log. Codes are keys of the message catalogue
// (package message), so that no sentence for people stands in Go code.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says what a caller can do about a failure. Its order has no meaning.
type Kind int

// The kinds of failure and what they ask of the caller.
const (
	Internal        Kind = iota // a fault of the program or the machine: see the log
	BadRequest                  // the request itself is malformed
	Invalid                     // the input breaks a rule: correct it
	Unauthenticated             // sign in first
	Forbidden                   // the account lacks the permission
	NotFound                    // there is no such thing
	Conflict                    // the state does not allow it, or changed meanwhile: look again
	TooLarge                    // the input exceeds a limit
	TooMany                     // too often: wait
	Unavailable                 // cannot be served at the moment: try later
)

// Detail names one place and reason of a failure. Row counts the lines of the
// source from 1, 0 meaning «no row»; Column is the heading or field as people
// know it; Value is the offending value as received.
type Detail struct {
	Code   string
	Row    int
	Column string
	Value  string
	Args   map[string]string
}

// Error is a failure that a caller can act on.
type Error struct {
	Kind    Kind
	Code    string
	Args    map[string]string
	Details []Detail
	Err     error // the cause, for the log only
}

// New returns an error of the kind with the code. args are pairs of name and
// value that fill the places of the message.
func New(kind Kind, code string, args ...string) *Error {
	return &Error{Kind: kind, Code: code, Args: Args(args...)}
}

// Args turns pairs of name and value into a map. A name without a value is
// ignored; without pairs the map is nil.
func Args(pairs ...string) map[string]string {
	if len(pairs) < 2 {
		return nil
	}
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// With returns a copy of e with the details added.
func (e *Error) With(details ...Detail) *Error {
	c := *e
	c.Details = append(slices.Clip(e.Details), details...)
	return &c
}

// Because returns a copy of e with the cause err, which goes to the log and
// never to a person.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// Error describes the failure for the log, without the values of its details,
// which may be personal data.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if n := len(e.Details); n > 0 {
		fmt.Fprintf(&b, " (%d details, first %s", n, e.Details[0].Code)
		if row := e.Details[0].Row; row > 0 {
			fmt.Fprintf(&b, " row %d", row)
		}
		b.WriteString(")")
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// As finds the [*Error] in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether err is a failure of the kind with the code.
func Is(err error, kind Kind, code string) bool {
	e, ok := As(err)
	return ok && e.Kind == kind && e.Code == code
}

// Add puts what was attempted in front of *err, if there is one, so that an
// error reads like a call trace. It is deferred at the top of exported
// functions that do I/O.
func Add(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
