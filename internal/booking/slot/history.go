package slot

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// The names of what a change is about.
const (
	windowObject    = "window"
	patternObject   = "pattern"
	exceptionObject = "exception/"
	procedureObject = "procedure/"
	holidayObject   = "holiday/"
)

// edit is one act that changes opening hours, as the history tells it.
type edit struct {
	tx     *store.Tx
	tenant int
	id     string
	act    string
	n      int
}

func beginEdit(tx *store.Tx, tenant int, act string) *edit {
	return &edit{tx: tx, tenant: tenant, id: ulid.New(tx.Now), act: act}
}

// note writes down that something was one thing and became another; nil stands
// for what is not there.
func (e *edit) note(windowID, object string, was, became any) error {
	c := change{Change: Change{WindowID: windowID, Object: object}}
	for _, side := range []struct {
		value any
		to    *json.RawMessage
	}{{was, &c.Was}, {became, &c.Became}} {
		if side.value == nil {
			continue
		}
		body, err := json.Marshal(side.value)
		if err != nil {
			return err
		}
		*side.to = body
	}
	e.n++
	return insertChange(e.tx, e, c)
}

// Change is one thing that an edit changed, in the form in which it is stored.
type Change struct {
	WindowID    string // '' for all windows
	Object      string // window, pattern, exception/…, procedure/…, holiday/…
	Was, Became json.RawMessage
}

// change is a Change with its edit.
type change struct {
	Change
	Edit    string
	At      time.Time
	ActorID string
	Actor   string
	Act     string
}

// Edit is one act of the history with what it did to a day.
type Edit struct {
	ID             string
	At             time.Time
	ActorID, Actor string
	// Act is window, pattern, exception, exception_removed, procedure, holidays,
	// file, copy or undo.
	Act           string
	Changes       []Change
	Before, After Plan
}

// Opening is a run of slots of the same kind.
type Opening struct {
	FromMinute, ToMinute int
	SlotMinutes          int
	WebCap, OfficeCap    int
	Procs                Procs
	PhoneOnly            bool
}

// Plan is the opening of a day as the rules want it.
type Plan struct {
	Openings []Opening
	Reason   string // why there are none, or why some are missing
}

func (p Plan) equal(o Plan) bool { return p.Reason == o.Reason && slices.Equal(p.Openings, o.Openings) }

// openings joins slots that follow one another and are alike.
func openings(slots []planned) (list []Opening) {
	for _, p := range slots {
		one := Opening{p.minute, p.minute + p.minutes, p.minutes, p.webCap, p.officeCap, p.procs, p.phoneOnly}
		if n := len(list); n > 0 && list[n-1].ToMinute == p.minute {
			longer := list[n-1]
			longer.FromMinute, longer.ToMinute = one.FromMinute, one.ToMinute
			if longer == one {
				list[n-1].ToMinute = one.ToMinute
				continue
			}
		}
		list = append(list, one)
	}
	return list
}

// day is the opening of a day.
func (r rules) day(day jpdate.Day) Plan {
	p := Plan{Openings: openings(r.plan(day))}
	if reason, closed := r.closing(day); closed {
		p.Reason = reason
	} else if len(p.Openings) == 0 {
		p.Reason = r.reason(day)
	}
	return p
}

// DayPlan returns the opening of a day as the rules want it now. Errors:
// fault.NotFound "slot.window_unknown".
func DayPlan(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (Plan, error) {
	r, err := rulesOf(rx, tenant, windowID)
	return r.day(day), err
}

// History returns every edit that touched a day of a window, the oldest first,
// each with the opening of the day before and after it.
func History(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (list []Edit, err error) {
	defer fault.Add(&err, "slot.History(%d, %q, %q)", tenant, windowID, day)
	p := newPast(windowID)
	before := Plan{}
	var one Edit
	finish := func() {
		after := p.rules().day(day)
		if touches(one, windowID, day) || one.ID != "" && !after.equal(before) {
			one.Before, one.After = before, after
			list = append(list, one)
		}
		before = after
	}
	err = changes(rx, tenant, windowID, func(c change) error {
		if c.Edit != one.ID {
			finish()
			one = Edit{ID: c.Edit, At: c.At, ActorID: c.ActorID, Actor: c.Actor, Act: c.Act}
		}
		one.Changes = append(one.Changes, c.Change)
		return p.take(c)
	})
	finish()
	return list, err
}

// touches reports whether an edit is about a day by name.
func touches(e Edit, windowID string, day jpdate.Day) bool {
	return slices.ContainsFunc(e.Changes, func(c Change) bool {
		if c.Object == holidayObject+string(day) {
			return true
		}
		if !strings.HasPrefix(c.Object, exceptionObject) {
			return false
		}
		for _, body := range []json.RawMessage{c.Was, c.Became} {
			var x Exception
			if len(body) > 0 && json.Unmarshal(body, &x) == nil && x.covers(windowID, day) {
				return true
			}
		}
		return false
	})
}

// PlanAt returns the opening of a day as the rules wanted it at a moment.
func PlanAt(rx *store.Rx, tenant int, windowID string, day jpdate.Day, moment time.Time) (_ Plan, err error) {
	defer fault.Add(&err, "slot.PlanAt(%d, %q, %q)", tenant, windowID, day)
	p := newPast(windowID)
	err = changes(rx, tenant, windowID, func(c change) error {
		if c.At.After(moment) {
			return nil
		}
		return p.take(c)
	})
	if err != nil {
		return Plan{}, err
	}
	return p.rules().day(day), nil
}

// past puts the rules of a window together from their changes.
type past struct {
	window     Window
	patterns   []Pattern
	exceptions map[string]Exception
	procedures map[Procedure]ProcedureTerms
	holidays   map[jpdate.Day]string
}

func newPast(windowID string) *past {
	p := &past{
		window:     Window{ID: windowID, ClosesOn: "0001-01-01"}, // not there yet
		exceptions: map[string]Exception{}, procedures: map[Procedure]ProcedureTerms{}, holidays: map[jpdate.Day]string{},
	}
	return p
}

func (p *past) take(c change) error {
	name, key, _ := strings.Cut(c.Object, "/")
	switch name + "/" {
	case exceptionObject:
		if c.Became == nil {
			delete(p.exceptions, key)
			return nil
		}
		var e Exception
		err := json.Unmarshal(c.Became, &e)
		p.exceptions[key] = e
		return err
	case procedureObject:
		var t ProcedureTerms
		err := json.Unmarshal(c.Became, &t)
		p.procedures[t.Code] = t
		return err
	case holidayObject:
		if c.Became == nil {
			delete(p.holidays, jpdate.Day(key))
			return nil
		}
		var text string
		err := json.Unmarshal(c.Became, &text)
		p.holidays[jpdate.Day(key)] = text
		return err
	case windowObject + "/":
		p.window = Window{}
		return json.Unmarshal(c.Became, &p.window)
	default:
		p.patterns = nil
		return json.Unmarshal(c.Became, &p.patterns)
	}
}

func (p *past) rules() rules {
	r := rules{window: p.window, patterns: p.patterns, holidays: jpdate.Calendar{Holidays: p.holidays}}
	for _, e := range p.exceptions {
		r.exceptions = append(r.exceptions, e)
	}
	slices.SortFunc(r.exceptions, func(a, b Exception) int { return cmp.Compare(a.ID, b.ID) })
	var saved []ProcedureTerms
	for _, t := range p.procedures {
		saved = append(saved, t)
	}
	r.procedures = completed(saved)
	return r
}
