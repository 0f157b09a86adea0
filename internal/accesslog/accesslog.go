// Package accesslog notes who has looked at what: which record somebody opened,
// what was searched for by which condition, how many rows left as a file or on
// paper, and why. The notes are records of the audit log, so that one taken away
// shows. Values that are personal data never get into them: a search by name is
// noted as a search by name. Writes no tables of its own.
package accesslog

import (
	"maps"
	"slices"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/mynumber"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// Look is one look at data.
type Look struct {
	Screen string // code of the screen, such as booking
	Object string // what was opened, such as booking/01J…; empty for a list
	// Condition is what was searched for: names of fields and their values, such
	// as days, windows and states.
	Condition map[string]string
	// Personal names the fields that were searched by personal data, whose values
	// are kept nowhere.
	Personal []string
	Rows     int    // in the list, the file or on the paper
	Reason   string // as the person typed it
	// Ask asks for a reason whatever the municipality has decided about the screen.
	Ask bool
}

// Viewed notes that one record was opened. Errors of this and the functions
// below: fault.Invalid "accesslog.reason_missing" where a reason is asked for,
// and those of entry.Check for the reason.
func Viewed(tx *store.Tx, l Look) error {
	return l.note(tx, func(o string, d any) error { return audit.Append(tx, "access.viewed", o, d) })
}

// Revealed notes that masked contact data were shown.
func Revealed(tx *store.Tx, l Look) error {
	return l.note(tx, func(o string, d any) error { return audit.Append(tx, "access.revealed", o, d) })
}

// Searched notes a search and how many rows it found.
func Searched(tx *store.Tx, l Look) error {
	return l.note(tx, func(o string, d any) error { return audit.Append(tx, "access.searched", o, d) })
}

// Exported notes a file and how many rows it has.
func Exported(tx *store.Tx, l Look) error {
	return l.note(tx, func(o string, d any) error { return audit.Append(tx, "access.exported", o, d) })
}

// Printed notes a paper and how many rows it has.
func Printed(tx *store.Tx, l Look) error {
	return l.note(tx, func(o string, d any) error { return audit.Append(tx, "access.printed", o, d) })
}

// ReasonAsked reports whether the municipality asks for a reason before the
// screen shows a record.
func ReasonAsked(rx *store.Rx, screen string) (bool, error) {
	access, _, err := staff.LoadAccess(rx)
	return slices.Contains(access.ReasonScreens, screen), err
}

// note checks the reason and writes the record.
func (l Look) note(tx *store.Tx, write func(object string, detail any) error) error {
	asked, err := ReasonAsked(tx.Rx, l.Screen)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(l.Reason)
	if reason == "" && (asked || l.Ask) {
		return fault.New(fault.Invalid, "accesslog.reason_missing").With(fault.Detail{Code: "accesslog.reason_missing", Column: "reason"})
	}
	if err := entry.Check(reason); err != nil {
		return err
	}
	object := l.Object
	if object == "" {
		object = "screen/" + l.Screen
	}
	return write(object, l.detail(reason))
}

// detail is what the record says beside who, when and where.
func (l Look) detail(reason string) map[string]any {
	d := map[string]any{"screen": l.Screen}
	condition := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(l.Condition)) {
		if value := l.Condition[field]; value != "" && !slices.Contains(l.Personal, field) {
			condition[field] = mynumber.Mask(value)
		}
	}
	if len(condition) > 0 {
		d["condition"] = condition
	}
	if len(l.Personal) > 0 {
		d["by"] = slices.Sorted(slices.Values(l.Personal))
	}
	if l.Object == "" || l.Rows > 0 {
		d["rows"] = l.Rows
	}
	if reason != "" {
		d["reason"] = reason
	}
	return d
}
