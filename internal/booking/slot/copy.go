package slot

import (
	"cmp"
	"context"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/store"
)

// Span is how much is copied.
type Span string

// The spans.
const (
	Week  Span = "week"  // seven days from the first
	Month Span = "month" // the month of the first day, weekday by weekday: second Monday to second Monday
)

// CopyOrder copies the opening of a week or month, of one window to the same or
// another.
type CopyOrder struct {
	FromWindow, ToWindow string
	From, To             jpdate.Day // first days; of a month any day of it
	Span                 Span
}

// Skip is a day that a copy left as it was.
type Skip struct {
	From, To jpdate.Day // either may be empty
	Cause    SkipCause
	Name     string // of the holiday
}

// SkipCause says why.
type SkipCause string

// The causes.
const (
	SourceHoliday SkipCause = "source_holiday" // the day to copy from is a holiday
	TargetHoliday SkipCause = "target_holiday" // the day to copy to is one
	NoSource      SkipCause = "no_source"      // no such weekday in the month to copy from
	NoTarget      SkipCause = "no_target"      // none in the month to copy to
	PastDay       SkipCause = "past"           // the day to copy to has gone
)

// PreviewCopy does what [Copy] does and takes all of it back.
func PreviewCopy(ctx context.Context, db *store.DB, actor store.Actor, tenant int, c CopyOrder) (o Outcome, err error) {
	defer fault.Add(&err, "slot.PreviewCopy(%d)", tenant)
	b, skipped, err := c.batch(ctx, db, tenant)
	if err == nil && len(b.Lines) > 0 {
		o, err = PreviewBatch(ctx, db, actor, tenant, b)
	}
	o.Skipped = skipped
	return o, err
}

// Copy gives the days of one week or month the slots of another, holidays left
// out and reported. A maintenance of the national system is not copied. It can
// be undone by [UndoBatch]; repeating it changes nothing. Errors: fault.Invalid
// "slot.bad_copy"; fault.NotFound "slot.window_unknown"; those of [ApplyBatch].
func Copy(ctx context.Context, db *store.DB, actor store.Actor, tenant int, c CopyOrder) (o Outcome, err error) {
	defer fault.Add(&err, "slot.Copy(%d)", tenant)
	b, skipped, err := c.batch(ctx, db, tenant)
	if err == nil && len(b.Lines) > 0 {
		o, err = ApplyBatch(ctx, db, actor, tenant, b)
	}
	o.Skipped = skipped
	return o, err
}

// pair is a day with the one that is copied to it.
type pair struct{ from, to jpdate.Day }

func (c CopyOrder) batch(ctx context.Context, db *store.DB, tenant int) (b Batch, skipped []Skip, err error) {
	if !c.From.Valid() || !c.To.Valid() || c.Span != Week && c.Span != Month {
		return Batch{}, nil, fault.New(fault.Invalid, "slot.bad_copy")
	}
	pairs := c.week()
	if c.Span == Month {
		pairs = c.month()
	}
	b = Batch{Kind: ByCopy}
	err = db.Read(ctx, func(rx *store.Rx) error {
		from, err := rulesOf(rx, tenant, c.FromWindow)
		if err != nil {
			return err
		}
		to, err := rulesOf(rx, tenant, c.ToWindow)
		if err != nil {
			return err
		}
		b.Name = message.Text("slot.copy_name."+string(c.Span), map[string]string{
			"from": c.From.Japanese(), "from_window": from.window.Name, "to": c.To.Japanese(), "to_window": to.window.Name,
		})
		from.exceptions = slices.DeleteFunc(from.exceptions, func(e Exception) bool { return e.Kind == Stopped })
		from.window.PhoneOnlyDays = nil // the other window has its own
		for _, p := range pairs {
			if skip, skips := p.skip(from, to, jpdate.Day(rx.Today())); skips {
				skipped = append(skipped, skip)
				continue
			}
			b.Lines = append(b.Lines, p.lines(from, to)...)
		}
		return nil
	})
	return b, skipped, err
}

func (c CopyOrder) week() (pairs []pair) {
	for i := range 7 {
		pairs = append(pairs, pair{c.From.AddDays(i), c.To.AddDays(i)})
	}
	return pairs
}

// month pairs the first Monday with the first Monday, and so on.
func (c CopyOrder) month() (pairs []pair) {
	target := map[[2]int]jpdate.Day{}
	for _, d := range daysOfMonth(c.To) {
		target[place(d)] = d
	}
	for _, d := range daysOfMonth(c.From) {
		pairs = append(pairs, pair{d, target[place(d)]})
		delete(target, place(d))
	}
	for _, d := range daysOfMonth(c.To) {
		if target[place(d)] == d {
			pairs = append(pairs, pair{"", d})
		}
	}
	return pairs
}

// place is the weekday of a day and its number within the month.
func place(d jpdate.Day) [2]int {
	_, _, n := d.Parts()
	return [2]int{int(d.Weekday()), (n - 1) / 7}
}

func daysOfMonth(d jpdate.Day) (days []jpdate.Day) {
	year, month, _ := d.Parts()
	for n := 1; n <= 31; n++ {
		if one := jpdate.DayOf(year, month, n); one != "" {
			days = append(days, one)
		}
	}
	return days
}

// skip says why a pair is left out, if it is.
func (p pair) skip(from, to rules, today jpdate.Day) (Skip, bool) {
	s := Skip{From: p.from, To: p.to}
	switch {
	case p.to == "":
		s.Cause = NoTarget
	case p.from == "":
		s.Cause = NoSource
	case p.to < today:
		s.Cause = PastDay
	default:
		if name, holiday := to.holiday(p.to); holiday {
			s.Cause, s.Name = TargetHoliday, name
		} else if name, holiday := from.holiday(p.from); holiday {
			s.Cause, s.Name = SourceHoliday, name
		}
	}
	return s, s.Cause != ""
}

// lines are what gives the target the slots of the source; a day without any
// closes the target, with the same reason.
func (p pair) lines(from, to rules) (lines []Line) {
	source := from.day(p.from)
	for _, o := range source.Openings {
		lines = append(lines, Line{
			WindowID: to.window.ID, Day: p.to, FromMinute: o.FromMinute, ToMinute: o.ToMinute, SlotMinutes: o.SlotMinutes,
			WebCap: o.WebCap, OfficeCap: o.OfficeCap, Procs: o.Procs, PhoneOnly: o.PhoneOnly,
		})
	}
	if len(lines) == 0 && len(to.plan(p.to)) > 0 {
		lines = append(lines, Line{WindowID: to.window.ID, Day: p.to, ToMinute: 1440, Closed: true, Reason: source.Reason})
	}
	return lines
}

// CopyPattern gives a window the weekly pattern of another. Repeating it changes
// nothing. Errors: fault.NotFound "slot.window_unknown"; those of [SetPattern].
func CopyPattern(ctx context.Context, db *store.DB, actor store.Actor, tenant int, fromWindow, toWindow string) (report Report, err error) {
	defer fault.Add(&err, "slot.CopyPattern(%d, %q, %q)", tenant, fromWindow, toWindow)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if _, known, err := window(tx.Rx, tenant, fromWindow); err != nil || !known {
			return cmp.Or(err, unknownWindow(fromWindow))
		}
		source, err := patternsOf(tx.Rx, tenant, fromWindow)
		if err != nil {
			return err
		}
		present, err := patternsOf(tx.Rx, tenant, toWindow)
		if err != nil || slices.Equal(source, present) {
			return err
		}
		if report, err = setPattern(tx, tenant, toWindow, source); err != nil {
			return err
		}
		return audit.Append(tx, "slot.pattern_copied", object(tenant, toWindow), map[string]any{"from": fromWindow})
	})
	return report, err
}
