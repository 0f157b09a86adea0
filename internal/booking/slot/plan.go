package slot

import (
	"cmp"
	"slices"
	"time"

	"kofu/internal/jpdate"
)

// planned is a slot as the rules of a window want it on a day.
type planned struct {
	minute, minutes   int
	webCap, officeCap int
	procs             Procs // as the rule has them
	left              Procs // of them, those that the tenant's terms leave; '' for all there are
	phoneOnly         bool
}

func (p planned) overlaps(from, to int) bool { return p.minute < to && from < p.minute+p.minutes }

// rules are everything that decides the slots of one window.
type rules struct {
	window     Window
	patterns   []Pattern
	exceptions []Exception // in the order in which they were made
	procedures []ProcedureTerms
	holidays   jpdate.Calendar // the national ones, as announced
}

// plan returns the slots of a day in order.
func (r rules) plan(day jpdate.Day) []planned {
	w := r.window
	if !w.OpenOn(day) {
		return nil
	}
	var slots []planned
	_, holiday := r.holiday(day)
	if !holiday {
		for _, p := range r.patterns {
			if p.Weekday == day.Weekday() {
				slots = append(slots, row(p.FromMinute, p.ToMinute, p.SlotMinutes, p.WebCap, p.OfficeCap, p.Procs)...)
			}
		}
	}
	for _, stopped := range []bool{false, true} {
		for _, e := range r.exceptions {
			if (e.Kind == Stopped) == stopped && e.covers(w.ID, day) {
				slots = e.apply(slots)
			}
		}
	}
	kept := slots[:0]
	for _, p := range slots {
		if p.minute > w.LastStart || p.minute+p.minutes > w.LastEnd {
			continue
		}
		left, all := r.offered(p)
		if left == "" {
			continue
		}
		if p.left = left; all {
			p.left = ""
		}
		p.phoneOnly = p.phoneOnly || w.phoneOnly(day, holiday)
		kept = append(kept, p)
	}
	slices.SortFunc(kept, func(a, b planned) int { return cmp.Compare(a.minute, b.minute) })
	return kept
}

// row cuts a time into slots; what is too short for one stays closed.
func row(from, to, minutes, web, office int, procs Procs) (slots []planned) {
	for m := from; m+minutes <= to; m += minutes {
		slots = append(slots, planned{minute: m, minutes: minutes, webCap: web, officeCap: office, procs: procs})
	}
	return slots
}

func (e Exception) apply(slots []planned) []planned {
	if e.Kind == Capacity || e.Kind == PhoneOnly {
		for i, p := range slots {
			switch {
			case p.minute < e.FromMinute || p.minute >= e.ToMinute:
			case e.Kind == PhoneOnly:
				slots[i].phoneOnly = true
			default:
				slots[i].webCap, slots[i].officeCap = e.WebCap, e.OfficeCap
			}
		}
		return slots
	}
	slots = slices.DeleteFunc(slots, func(p planned) bool { return p.overlaps(e.FromMinute, e.ToMinute) })
	if e.Kind == Extra {
		slots = append(slots, row(e.FromMinute, e.ToMinute, e.SlotMinutes, e.WebCap, e.OfficeCap, e.Procs)...)
	}
	return slots
}

// holiday says whether patterns rest on a day: national holidays and the days
// from 29 December to 3 January. Weekends rest unless a pattern names them.
func (r rules) holiday(day jpdate.Day) (reason string, closed bool) {
	if _, month, d := day.Parts(); month == 12 && d >= 29 || month == 1 && d <= 3 {
		return r.holidays.ClosedFor(day)
	}
	return r.holidays.Holiday(day)
}

// reason is why a day has no slots, for residents; ” when it just is no
// opening day.
func (r rules) reason(day jpdate.Day) string {
	if reason, closed := r.closing(day); closed {
		return reason
	}
	name, _ := r.holiday(day)
	return name
}

// closing returns the reason of the exception that closes a part of the day, if
// none has opened it again.
func (r rules) closing(day jpdate.Day) (reason string, closed bool) {
	var by Exception
	for _, stopped := range []bool{false, true} {
		for _, e := range r.exceptions {
			switch {
			case (e.Kind == Stopped) != stopped || !e.covers(r.window.ID, day):
			case e.Kind == Closed || e.Kind == Stopped:
				by, closed = e, true
			case e.Kind == anew || e.Kind == Extra && (by.wholeDay() || e.FromMinute <= by.FromMinute && by.ToMinute <= e.ToMinute):
				closed = false
			}
		}
	}
	if !closed {
		return "", false
	}
	return by.Reason, true
}

func (e Exception) wholeDay() bool { return e.FromMinute == 0 && e.ToMinute == 1440 }

// calendar is the one by which the deadlines of the window count: weekdays that
// are neither holidays nor closed for the whole day.
func (r rules) calendar() jpdate.Calendar {
	closed := map[jpdate.Day]string{}
	for _, stopped := range []bool{false, true} {
		for _, e := range r.exceptions {
			closes := (e.Kind == Closed || e.Kind == Stopped) && e.wholeDay()
			opens := e.Kind == Extra || e.Kind == anew
			if (e.Kind == Stopped) != stopped || !closes && !opens || e.WindowID != "" && e.WindowID != r.window.ID {
				continue
			}
			for d := e.From; d <= e.To && d != ""; d = d.AddDays(1) {
				if closes {
					closed[d] = e.Reason
				} else {
					delete(closed, d)
				}
			}
		}
	}
	return jpdate.Calendar{Holidays: r.holidays.Holidays, Closed: closed}
}

// slot gives a planned slot its identity, deadlines and released seats.
func (r rules) slot(p planned, day, today jpdate.Day, calendar jpdate.Calendar) Slot {
	w := r.window
	starts := at(day, p.minute)
	until := func(d Deadline) time.Time {
		if t := at(calendar.AddBusiness(day, -d.Days), d.Minute); t.Before(starts) {
			return t
		}
		return starts
	}
	s := Slot{
		ID: idOf(w.ID, day, p.minute), WindowID: w.ID, Day: day, Starts: starts, Minutes: p.minutes, Procs: p.left, Open: true,
		OpensAt: at(day.AddDays(-w.HorizonDays), 0), BookUntil: until(w.Book), ChangeUntil: until(w.Change), CancelUntil: until(w.Cancel),
		WebCap: p.webCap, WebOpen: released(w.Release, p.webCap, today.DaysUntil(day)), OfficeCap: p.officeCap, PhoneOnly: p.phoneOnly,
	}
	r.ownDeadlines(&s, until)
	return s
}

// ownDeadlines notes the deadlines of each procedure where they are not all
// those of the window; the slot's own then are the latest of them.
func (r rules) ownDeadlines(s *Slot, until func(Deadline) time.Time) {
	differs := false
	own := map[Procedure]Until{}
	latest := Until{}
	for _, t := range r.procedures {
		if !s.Procs.allows(Procs(t.Code)) {
			continue
		}
		u := Until{s.BookUntil, s.ChangeUntil, s.CancelUntil}
		for _, one := range []struct {
			own    *Deadline
			to     *time.Time
			latest *time.Time
		}{{t.Book, &u.Book, &latest.Book}, {t.Change, &u.Change, &latest.Change}, {t.Cancel, &u.Cancel, &latest.Cancel}} {
			if one.own != nil {
				*one.to = until(*one.own)
			}
			if one.to.After(*one.latest) {
				*one.latest = *one.to
			}
		}
		own[t.Code] = u
		differs = differs || u != (Until{s.BookUntil, s.ChangeUntil, s.CancelUntil})
	}
	if differs {
		s.Own, s.BookUntil, s.ChangeUntil, s.CancelUntil = ownText(own), latest.Book, latest.Change, latest.Cancel
	}
}

// released is how many of the seats the steps have released so many days
// before, rounded up.
func released(steps []Step, seats, daysBefore int) int {
	if len(steps) == 0 {
		return seats
	}
	percent := 0
	for _, s := range steps {
		if daysBefore <= s.DaysBefore {
			percent = max(percent, s.Percent)
		}
	}
	return (seats*percent + 99) / 100
}

// nextRelease is the day on which more seats of a slot will be released, or "".
func nextRelease(steps []Step, s Slot, today jpdate.Day) jpdate.Day {
	var next jpdate.Day
	for _, step := range steps {
		day := s.Day.AddDays(-step.DaysBefore)
		if day > today && released(steps, s.WebCap, step.DaysBefore) > s.WebOpen && (next == "" || day < next) {
			next = day
		}
	}
	return next
}
