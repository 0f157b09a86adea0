package slot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/store"
)

// Line is one opening or closing of one day, as a file or a copy has it.
type Line struct {
	Row                  int // of the file, for messages; 0 without one
	WindowID             string
	Day                  jpdate.Day
	FromMinute, ToMinute int // of a closing 0 and 1440 for the whole day
	SlotMinutes          int
	WebCap, OfficeCap    int
	Procs                Procs
	PhoneOnly            bool
	Closed               bool
	Reason               string // as residents read it
}

func (l Line) wholeDay() bool { return l.Closed && l.FromMinute == 0 && l.ToMinute == 1440 }

// exceptions are what the line amounts to.
func (l Line) exceptions() []Exception {
	e := Exception{WindowID: l.WindowID, From: l.Day, To: l.Day, FromMinute: l.FromMinute, ToMinute: l.ToMinute, Kind: Closed, Reason: l.Reason}
	if l.Closed {
		return []Exception{e}
	}
	e.Kind, e.SlotMinutes, e.WebCap, e.OfficeCap, e.Procs = Extra, l.SlotMinutes, l.WebCap, l.OfficeCap, l.Procs
	list := []Exception{e}
	if l.PhoneOnly {
		e.Kind, e.SlotMinutes, e.WebCap, e.OfficeCap, e.Procs = PhoneOnly, 0, 0, 0, ""
		list = append(list, e)
	}
	return list
}

// BatchKind says where a batch comes from.
type BatchKind string

// The kinds of batch.
const (
	FromFile BatchKind = "file"
	ByCopy   BatchKind = "copy"
)

// Batch sets the opening of many days at once. On each of its days the lines
// replace what was open before, exceptions made earlier included; a day that has
// only closings of hours keeps the rest.
type Batch struct {
	Kind  BatchKind
	Name  string // of the file, or of what is copied
	Lines []Line
}

// Outcome is what a batch does or has done, counted in slots.
type Outcome struct {
	BatchID                              string // '' of a preview and where nothing changed
	Added, Changed, Removed, Conflicting int
	Over                                 []string // slots with more people than seats afterwards
	Days                                 []DayDifference
	Skipped                              []Skip // of a copy
}

// DayDifference is what changes on a day of a window, for the calendar.
type DayDifference struct {
	WindowID                string
	Day                     jpdate.Day
	Added, Changed, Removed int      // slots
	Conflicts               []string // slots that would go although somebody has booked them
	Before, After           Plan
}

// Same reports whether nothing changes.
func (d DayDifference) Same() bool {
	return d.Added+d.Changed+d.Removed == 0 && d.Before.equal(d.After)
}

// errPreview rolls a preview back.
var errPreview = errors.New("only a preview")

// PreviewBatch does what [ApplyBatch] does and takes all of it back. What stands
// in the way, such as bookings in slots that would go, is counted.
func PreviewBatch(ctx context.Context, db *store.DB, actor store.Actor, tenant int, b Batch) (o Outcome, err error) {
	defer fault.Add(&err, "slot.PreviewBatch(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if o, err = b.apply(tx, tenant); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	o.BatchID = ""
	return o, err
}

// ApplyBatch sets the opening of all days of the batch, or of none. Days that
// already are as it says stay untouched, so that repeating it changes nothing.
// Errors: fault.Invalid "slot.bad_batch" with a detail for every bad line,
// naming row, column, value and reason; fault.Conflict "slot.has_bookings" as
// [SetPattern].
func ApplyBatch(ctx context.Context, db *store.DB, actor store.Actor, tenant int, b Batch) (o Outcome, err error) {
	defer fault.Add(&err, "slot.ApplyBatch(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if o, err = b.apply(tx, tenant); err != nil || o.BatchID == "" {
			return err
		}
		if err := o.refusal(); err != nil {
			return err
		}
		return audit.Append(tx, "slot.batch_applied", batchObject(tenant, o.BatchID), o.trace(b.Kind))
	})
	if err != nil {
		return Outcome{}, err
	}
	return o, nil
}

func batchObject(tenant int, id string) string { return fmt.Sprintf("tenant/%d/batch/%s", tenant, id) }

func (o Outcome) trace(kind BatchKind) map[string]any {
	return map[string]any{"kind": kind, "days": len(o.Days), "added": o.Added, "changed": o.Changed, "removed": o.Removed}
}

func (o Outcome) refusal() error {
	r := Report{}
	for _, d := range o.Days {
		r.Busy = append(r.Busy, d.Conflicts...)
	}
	return r.refusal()
}

// apply does the batch without refusing conflicts.
func (b Batch) apply(tx *store.Tx, tenant int) (o Outcome, err error) {
	windows, err := windowIDs(tx.Rx, tenant)
	if err != nil {
		return Outcome{}, err
	}
	if err := b.check(windows, jpdate.Day(tx.Today())); err != nil {
		return Outcome{}, err
	}
	id := ulid.New(tx.Now)
	a := &applying{edit: beginEdit(tx, tenant, string(b.Kind)), batch: id, out: &o}
	byWindow := map[string][]Line{}
	for _, l := range b.Lines {
		byWindow[l.WindowID] = append(byWindow[l.WindowID], l)
	}
	for _, windowID := range slices.Sorted(maps.Keys(byWindow)) {
		if err := a.window(windowID, byWindow[windowID]); err != nil {
			return Outcome{}, err
		}
	}
	if a.edit.n == 0 {
		return o, nil
	}
	o.BatchID = id
	return o, insertBatch(tx, tenant, b, o)
}

// applying is a batch under way.
type applying struct {
	edit  *edit
	batch string
	out   *Outcome
}

// window sets the days of one window and brings its slots into line.
func (a *applying) window(windowID string, lines []Line) error {
	tx, tenant := a.edit.tx, a.edit.tenant
	if err := lockWindow(tx, tenant, windowID); err != nil {
		return err
	}
	r, err := rulesOf(tx.Rx, tenant, windowID)
	if err != nil {
		return err
	}
	byDay := map[jpdate.Day][]Line{}
	for _, l := range lines {
		byDay[l.Day] = append(byDay[l.Day], l)
	}
	first := len(a.out.Days)
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		if err := a.day(r, day, byDay[day]); err != nil {
			return err
		}
	}
	report, err := reconcile(tx, tenant, windowID)
	if err != nil {
		return err
	}
	a.out.Over = append(a.out.Over, report.Over...)
	for _, id := range report.Busy {
		a.out.Conflicting++
		for i := first; i < len(a.out.Days); i++ {
			if d := &a.out.Days[i]; strings.HasPrefix(id, windowID+"@"+string(d.Day)+"T") {
				d.Conflicts = append(d.Conflicts, id)
			}
		}
	}
	return nil
}

// day sets one day, unless it already is as the lines say.
func (a *applying) day(r rules, day jpdate.Day, lines []Line) error {
	slices.SortFunc(lines, func(x, y Line) int { // openings first, then what closes parts of them
		if x.Closed != y.Closed {
			return flag(x.Closed) - flag(y.Closed)
		}
		return x.FromMinute - y.FromMinute
	})
	replace := !lines[0].Closed || lines[0].wholeDay()
	next := r
	next.exceptions = slices.Clone(r.exceptions)
	var ended []Exception
	var made []Exception
	if replace {
		next.exceptions = slices.DeleteFunc(next.exceptions, func(e Exception) bool {
			old := e.Batch != "" && e.From == day
			if old {
				ended = append(ended, e)
			}
			return old
		})
		made = append(made, Exception{WindowID: r.window.ID, From: day, To: day, ToMinute: 1440, Kind: anew})
	}
	for _, l := range lines {
		made = append(made, l.exceptions()...)
	}
	for i := range made {
		made[i].ID, made[i].Batch = ulid.New(a.edit.tx.Now), a.batch
	}
	next.exceptions = append(next.exceptions, made...)
	d := difference(r, next, day)
	a.out.Days = append(a.out.Days, d)
	if d.Same() {
		return nil
	}
	a.out.Added, a.out.Changed, a.out.Removed = a.out.Added+d.Added, a.out.Changed+d.Changed, a.out.Removed+d.Removed
	return a.write(ended, made)
}

// write stores what a day gains and loses.
func (a *applying) write(ended, made []Exception) error {
	for _, e := range ended {
		if err := endException(a.edit.tx, a.edit.tenant, e.ID, a.batch); err != nil {
			return err
		}
		if err := a.edit.note(e.WindowID, exceptionObject+e.ID, e, nil); err != nil {
			return err
		}
	}
	for _, e := range made {
		if err := insertException(a.edit.tx, a.edit.tenant, e, a.batch); err != nil {
			return err
		}
		if err := a.edit.note(e.WindowID, exceptionObject+e.ID, nil, e); err != nil {
			return err
		}
	}
	return nil
}

// difference compares the slots of a day under two sets of rules.
func difference(r, next rules, day jpdate.Day) DayDifference {
	d := DayDifference{WindowID: r.window.ID, Day: day, Before: r.day(day), After: next.day(day)}
	had := map[int]planned{}
	for _, p := range r.plan(day) {
		had[p.minute] = p
	}
	for _, p := range next.plan(day) {
		old, known := had[p.minute]
		delete(had, p.minute)
		switch {
		case !known:
			d.Added++
		case old != p:
			d.Changed++
		}
	}
	d.Removed = len(had)
	return d
}

// check refuses a batch with bad lines and names all of them.
func (b Batch) check(windows []string, today jpdate.Day) error {
	if err := entry.Check(b.Name); err != nil {
		return err
	}
	refused := fault.New(fault.Invalid, "slot.bad_batch")
	if len(b.Lines) == 0 {
		return refused
	}
	byDay := map[string][]Line{}
	for _, l := range b.Lines {
		detail := l.bad(windows, today)
		for _, other := range byDay[l.WindowID+string(l.Day)] {
			if detail.Code == "" && l.collides(other) {
				detail = l.detail("slot.line_overlaps", "slot.column.from", hour(l.FromMinute), "other", fmt.Sprint(other.Row))
			}
		}
		if detail.Code != "" {
			refused = refused.With(detail)
		}
		byDay[l.WindowID+string(l.Day)] = append(byDay[l.WindowID+string(l.Day)], l)
	}
	if len(refused.Details) > 0 {
		return refused
	}
	return nil
}

func (l Line) collides(o Line) bool {
	return l.wholeDay() || o.wholeDay() || l.Closed == o.Closed && l.FromMinute < o.ToMinute && o.FromMinute < l.ToMinute
}

// detail names row, column and value of a bad line.
func (l Line) detail(code, column, value string, args ...string) fault.Detail {
	return fault.Detail{Code: code, Row: l.Row, Column: message.Text(column, nil), Value: value, Args: fault.Args(args...)}
}

// longestAhead is how far ahead a line may set a day.
const longestAhead = 731

// bad returns what is wrong with a line, or a detail without code.
func (l Line) bad(windows []string, today jpdate.Day) fault.Detail {
	switch {
	case !slices.Contains(windows, l.WindowID):
		return l.detail("slot.line_window", "slot.column.window", l.WindowID)
	case !l.Day.Valid() || l.Day < today || today.DaysUntil(l.Day) > longestAhead:
		return l.detail("slot.line_day", "slot.column.day", string(l.Day))
	case l.FromMinute < 0 || l.FromMinute >= 1440:
		return l.detail("slot.line_hours", "slot.column.from", hour(l.FromMinute))
	case l.ToMinute > 1440 || l.ToMinute <= l.FromMinute:
		return l.detail("slot.line_hours", "slot.column.to", hour(l.ToMinute))
	case !l.Closed && !goodHours(l.FromMinute, l.ToMinute, l.SlotMinutes):
		return l.detail("slot.line_minutes", "slot.column.minutes", fmt.Sprint(l.SlotMinutes))
	case !l.Closed && !within(l.WebCap, 0, maxCap):
		return l.detail("slot.line_seats", "slot.column.web", fmt.Sprint(l.WebCap))
	case !l.Closed && !within(l.OfficeCap, 0, maxCap):
		return l.detail("slot.line_seats", "slot.column.office", fmt.Sprint(l.OfficeCap))
	}
	if _, err := ParseProcs(l.Procs.List()...); err != nil {
		return l.detail("slot.line_seats", "slot.column.office", string(l.Procs))
	}
	if err := entry.Check(l.Reason); err != nil {
		f, _ := fault.As(err)
		return fault.Detail{Code: f.Code, Row: l.Row, Column: message.Text("slot.column.reason", nil), Args: f.Args}
	}
	return fault.Detail{}
}

// Applied is a batch that was applied.
type Applied struct {
	ID                            string
	Kind                          BatchKind
	Name                          string
	MadeAt                        string // instant
	MadeBy                        string // staff id
	Days, Added, Changed, Removed int
	UndoneAt                      string // instant, '' if it holds
}

// UndoBatch takes a batch back: the openings of before hold again. Edits made
// since stay. Errors: fault.NotFound "slot.batch_unknown"; fault.Conflict
// "slot.batch_undone", "slot.batch_replaced" when a later batch has replaced some
// of its days, "slot.has_bookings" as [SetPattern].
func UndoBatch(ctx context.Context, db *store.DB, actor store.Actor, tenant int, id string) (report Report, err error) {
	defer fault.Add(&err, "slot.UndoBatch(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		report = Report{}
		undone, err := markUndone(tx, tenant, id)
		if err != nil {
			return err
		}
		if !undone {
			return undoRefused(tx.Rx, tenant, id)
		}
		made, replaced, err := exceptionsOfBatch(tx.Rx, tenant, id)
		if err != nil {
			return err
		}
		if replaced > 0 {
			return fault.New(fault.Conflict, "slot.batch_replaced")
		}
		restored, err := exceptionsEndedBy(tx.Rx, tenant, id)
		if err != nil {
			return err
		}
		if err := takeBack(tx, tenant, id); err != nil {
			return err
		}
		touched := map[string]bool{}
		undo := beginEdit(tx, tenant, "undo")
		for _, e := range made {
			touched[e.WindowID] = true
			if err := undo.note(e.WindowID, exceptionObject+e.ID, e, nil); err != nil {
				return err
			}
		}
		for _, e := range restored {
			if err := undo.note(e.WindowID, exceptionObject+e.ID, nil, e); err != nil {
				return err
			}
		}
		for _, windowID := range slices.Sorted(maps.Keys(touched)) {
			one, err := reconcile(tx, tenant, windowID)
			if err != nil {
				return err
			}
			report.add(one)
		}
		if err := report.refusal(); err != nil {
			return err
		}
		return audit.Append(tx, "slot.batch_undone", batchObject(tenant, id), report)
	})
	return report, err
}

func undoRefused(rx *store.Rx, tenant int, id string) error {
	list, err := Batches(rx, tenant)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(b Applied) bool { return b.ID == id }) {
		return fault.New(fault.Conflict, "slot.batch_undone")
	}
	return fault.New(fault.NotFound, "slot.batch_unknown")
}
