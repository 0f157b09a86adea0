package slot

import (
	"context"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Pattern is one line of the weekly opening of a window.
type Pattern struct {
	Weekday              time.Weekday
	FromMinute, ToMinute int // minutes of the day
	SlotMinutes          int // 5–120
	WebCap, OfficeCap    int // seats of each slot
	Procs                Procs
}

// Kind says what an exception does.
type Kind string

// The kinds of exception. They hold in the order in which they were made,
// except Stopped, which nothing overrules.
const (
	Closed   Kind = "closed"   // no slots
	Extra    Kind = "open"     // slots of its own, also on a holiday
	Capacity Kind = "capacity" // other seats for the slots that begin in its time
	// PhoneOnly leaves the slots that begin in its time to the phone.
	PhoneOnly Kind = "phone"
	Stopped   Kind = "stopped" // the national system stands still (J-LIS のメンテナンス)
	// anew clears a day that a file or a copy fills with openings of its own.
	anew Kind = "day"
)

// Exception differs from the pattern on some days.
type Exception struct {
	ID                   string // given by AddException
	WindowID             string // '' for every window
	From, To             jpdate.Day
	FromMinute, ToMinute int
	Kind                 Kind
	SlotMinutes          int // of Extra
	WebCap, OfficeCap    int // of Extra and Capacity
	Procs                Procs
	Reason               string // as residents read it
	Batch                string // the file or copy that made it, '' for a single one
}

func (e Exception) covers(window string, day jpdate.Day) bool {
	return (e.WindowID == "" || e.WindowID == window) && e.From <= day && day <= e.To
}

const (
	maxCap  = 1000
	maxDays = 400 // of one exception
)

func (p Pattern) check() error {
	if p.Weekday < time.Sunday || p.Weekday > time.Saturday || !goodHours(p.FromMinute, p.ToMinute, p.SlotMinutes) || !goodCaps(p.WebCap, p.OfficeCap) {
		return fault.New(fault.Invalid, "slot.bad_pattern", "from", clock(p.FromMinute), "to", clock(p.ToMinute))
	}
	_, err := ParseProcs(p.Procs.List()...)
	return err
}

func goodHours(from, to, minutes int) bool {
	return 0 <= from && from < to && to <= 1440 && 5 <= minutes && minutes <= 120 && minutes <= to-from
}

func goodCaps(web, office int) bool {
	return 0 <= web && web <= maxCap && 0 <= office && office <= maxCap
}

func (e Exception) check() error {
	bad := fault.New(fault.Invalid, "slot.bad_exception", "from", string(e.From), "to", string(e.To))
	if !e.From.Valid() || !e.To.Valid() || e.To < e.From || e.From.DaysUntil(e.To) > maxDays ||
		e.FromMinute < 0 || e.ToMinute > 1440 || e.FromMinute >= e.ToMinute {
		return bad
	}
	if err := entry.Check(e.Reason); err != nil {
		return err
	}
	switch e.Kind {
	case Closed, Stopped, PhoneOnly:
		return nil
	case Extra:
		if !goodHours(e.FromMinute, e.ToMinute, e.SlotMinutes) || !goodCaps(e.WebCap, e.OfficeCap) {
			return bad
		}
	case Capacity:
		if !goodCaps(e.WebCap, e.OfficeCap) {
			return bad
		}
	default:
		return bad
	}
	_, err := ParseProcs(e.Procs.List()...)
	return err
}

// SetPattern replaces the weekly pattern of a window and brings its slots into
// line. Errors: fault.Invalid "slot.bad_pattern", "slot.pattern_overlaps";
// fault.NotFound "slot.window_unknown"; fault.Conflict "slot.has_bookings" with
// a detail for each slot that would go although somebody has booked it.
func SetPattern(ctx context.Context, db *store.DB, actor store.Actor, tenant int, windowID string, patterns []Pattern) (report Report, err error) {
	defer fault.Add(&err, "slot.SetPattern(%d, %q)", tenant, windowID)
	for i, p := range patterns {
		if err := p.check(); err != nil {
			return Report{}, err
		}
		if slices.ContainsFunc(patterns[:i], func(q Pattern) bool {
			return q.Weekday == p.Weekday && q.FromMinute < p.ToMinute && p.FromMinute < q.ToMinute
		}) {
			return Report{}, fault.New(fault.Invalid, "slot.pattern_overlaps", "from", clock(p.FromMinute), "to", clock(p.ToMinute))
		}
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		report, err = setPattern(tx, tenant, windowID, patterns)
		return err
	})
	return report, err
}

func setPattern(tx *store.Tx, tenant int, windowID string, patterns []Pattern) (report Report, err error) {
	before, err := patternsOf(tx.Rx, tenant, windowID)
	if err != nil {
		return Report{}, err
	}
	if err := replacePatterns(tx, tenant, windowID, patterns); err != nil {
		return Report{}, err
	}
	if err := beginEdit(tx, tenant, "pattern").note(windowID, patternObject, before, patterns); err != nil {
		return Report{}, err
	}
	if report, err = reconcile(tx, tenant, windowID); err != nil {
		return Report{}, err
	}
	if err := report.refusal(); err != nil {
		return Report{}, err
	}
	return report, audit.Append(tx, "slot.pattern_set", object(tenant, windowID),
		map[string]any{"before": before, "after": patterns, "slots": report})
}

// AddException changes the opening on some days and brings the slots into line.
// Errors: fault.Invalid "slot.bad_exception"; those of [entry.Check] for the
// reason and of [SetPattern].
func AddException(ctx context.Context, db *store.DB, actor store.Actor, tenant int, e Exception) (id string, report Report, err error) {
	defer fault.Add(&err, "slot.AddException(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if id, report, err = Except(tx, tenant, e); err != nil {
			return err
		}
		if err := report.refusal(); err != nil {
			return err
		}
		return audit.Append(tx, "slot.exception_added", object(tenant, e.WindowID), map[string]any{"after": e, "id": id, "slots": report})
	})
	if err != nil {
		return "", Report{}, err
	}
	return id, report, nil
}

// Except is AddException within a transaction of somebody who looks after the
// bookings of the slots that close: they are named in Report.Busy.
func Except(tx *store.Tx, tenant int, e Exception) (id string, report Report, err error) {
	if err := e.check(); err != nil {
		return "", Report{}, err
	}
	e.ID = ulid.New(tx.Now)
	if err := insertException(tx, tenant, e, ""); err != nil {
		return "", Report{}, err
	}
	if err := beginEdit(tx, tenant, "exception").note(e.WindowID, exceptionObject+e.ID, nil, e); err != nil {
		return "", Report{}, err
	}
	report, err = reconcileFor(tx, tenant, e.WindowID)
	return e.ID, report, err
}

// RemoveException takes an exception back. Errors: fault.NotFound
// "slot.exception_unknown"; fault.Conflict "slot.has_bookings" for an extra
// opening that has been booked.
func RemoveException(ctx context.Context, db *store.DB, actor store.Actor, tenant int, id string) (report Report, err error) {
	defer fault.Add(&err, "slot.RemoveException(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		e, found, err := exception(tx.Rx, tenant, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "slot.exception_unknown")
		}
		if err := deleteException(tx, tenant, id); err != nil {
			return err
		}
		if err := beginEdit(tx, tenant, "exception_removed").note(e.WindowID, exceptionObject+id, e, nil); err != nil {
			return err
		}
		if report, err = reconcileFor(tx, tenant, e.WindowID); err != nil {
			return err
		}
		if err := report.refusal(); err != nil {
			return err
		}
		return audit.Append(tx, "slot.exception_removed", object(tenant, e.WindowID), map[string]any{"before": e, "slots": report})
	})
	return report, err
}
