// Package slot knows when windows (窓口) are open and how many people fit. A
// weekly pattern, exceptions to it, national holidays and the hours of the
// national system give the slots of every day; each slot counts its seats for
// the web and for the office apart. A seat is taken by one statement that names
// the seats left, so no slot can hold more people than it has seats. A capacity
// that is lowered below what is taken cancels nobody: the excess is counted as
// «over» until it has gone. Writes tables tenant, office_window,
// window_text, procedure_terms, opening_pattern, opening_exception, release_step,
// holiday and slot.
package slot

import (
	"slices"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Procedure is one kind of business at a window (手続).
type Procedure string

// The procedures that share one calendar.
const (
	Receive Procedure = "receive" // カードの受取; the only one for which the card must be ready
	Renew   Procedure = "renew"   // 更新
	Apply   Procedure = "apply"   // 申請
	PIN     Procedure = "pin"     // 暗証番号
	Address Procedure = "address" // 住所変更
)

// Procedures lists all of them.
var Procedures = []Procedure{Address, Apply, PIN, Receive, Renew}

// Procs is a set of procedures as it is stored: in order, with spaces between.
type Procs string

// ParseProcs makes a set. An unknown procedure is fault.Invalid
// "slot.procedure_unknown".
func ParseProcs(list ...Procedure) (Procs, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(list)))
	names := make([]string, len(sorted))
	for i, p := range sorted {
		if !slices.Contains(Procedures, p) {
			return "", fault.New(fault.Invalid, "slot.procedure_unknown", "procedure", string(p))
		}
		names[i] = string(p)
	}
	return Procs(strings.Join(names, " ")), nil
}

// List returns the procedures of the set.
func (p Procs) List() []Procedure {
	var list []Procedure
	for _, name := range strings.Fields(string(p)) {
		list = append(list, Procedure(name))
	}
	return list
}

// Has reports whether the set contains a procedure.
func (p Procs) Has(one Procedure) bool { return slices.Contains(p.List(), one) }

// Covers reports whether the set contains every procedure of another.
func (p Procs) Covers(other Procs) bool {
	return !slices.ContainsFunc(other.List(), func(one Procedure) bool { return !p.Has(one) })
}

// allows reports whether a slot limited to p serves other. An empty set is no
// limit.
func (p Procs) allows(other Procs) bool { return p == "" || p.Covers(other) }

// Side says from which of the two counters of a slot a seat is taken.
type Side string

// The sides of a slot.
const (
	Web    Side = "web"
	Office Side = "office"
)

// Slot is one beginning at one window with its seats.
type Slot struct {
	ID       string
	WindowID string
	Day      jpdate.Day
	Starts   time.Time
	Minutes  int
	Procs    Procs // '' for every procedure
	Open     bool
	Ended    bool // the office has closed its day: residents get no more of it

	OpensAt     time.Time // from here on it can be booked
	BookUntil   time.Time // deadlines for residents; the office may go beyond them.
	ChangeUntil time.Time // These are the latest of all procedures; Until knows
	CancelUntil time.Time // those of some.
	Own         string    // deadlines of each procedure, where they differ
	PhoneOnly   bool      // residents ring up; the office gives the seats away

	WebCap, WebOpen, WebOver, WebTaken int
	OfficeCap, OfficeOver, OfficeTaken int
}

// Free is the number of seats that the web can still take, 0 for a slot that
// cannot be booked at the instant.
func (s Slot) Free(now time.Time) int {
	if !s.Open || s.Ended || s.PhoneOnly || now.Before(s.OpensAt) || !now.Before(s.BookUntil) || !now.Before(s.Starts) {
		return 0
	}
	return max(0, s.WebOpen-s.WebTaken)
}

// OfficeFree is the number of office seats that are left.
func (s Slot) OfficeFree() int {
	if !s.Open {
		return 0
	}
	return max(0, s.OfficeCap-s.OfficeTaken)
}

// at is an instant of a day in Japan.
func at(day jpdate.Day, minute int) time.Time {
	year, month, d := day.Parts()
	return time.Date(year, time.Month(month), d, 0, minute, 0, 0, store.Tokyo).UTC()
}

// clock writes minutes since midnight as 09:30.
func clock(minute int) string {
	return time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC).Format("15:04")
}

// idOf is the identifier of a slot: whoever generates it finds the same one.
func idOf(window string, day jpdate.Day, minute int) string {
	return window + "@" + string(day) + "T" + clock(minute)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s Slot) ends() time.Time { return s.Starts.Add(time.Duration(s.Minutes) * time.Minute) }
