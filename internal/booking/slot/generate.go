package slot

import (
	"context"
	"errors"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Report says what bringing slots into line has changed.
type Report struct {
	Added, Changed, Closed int
	// Busy are slots that closed although somebody has booked them.
	Busy []string
	// Over are slots that hold more people than they have seats, because the
	// capacity was lowered.
	Over []string
}

func (r Report) changed() bool { return r.Added+r.Changed+r.Closed > 0 }

func (r *Report) add(o Report) {
	r.Added, r.Changed, r.Closed = r.Added+o.Added, r.Changed+o.Changed, r.Closed+o.Closed
	r.Busy, r.Over = append(r.Busy, o.Busy...), append(r.Over, o.Over...)
}

// refusal is the fault of an act that would close slots with bookings.
func (r Report) refusal() error {
	if len(r.Busy) == 0 {
		return nil
	}
	refused := fault.New(fault.Conflict, "slot.has_bookings")
	for _, id := range r.Busy {
		refused = refused.With(fault.Detail{Code: "slot.has_bookings_at", Value: id})
	}
	return refused
}

// ahead is how many days beyond the horizon slots are made, so that a program
// that stood still for some days loses nobody a seat.
const ahead = 7

// Generate makes the slots that the horizon of each window has reached and
// releases the seats whose day has come. It runs every night and may run at any
// time, on several servers at once: what is in line already stays as it is.
func Generate(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (report Report, err error) {
	defer fault.Add(&err, "slot.Generate(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		report, err = reconcileFor(tx, tenant, "")
		if err != nil || !report.changed() {
			return err
		}
		return audit.Append(tx, "slot.generated", object(tenant, ""), report)
	})
	return report, err
}

// reconcileFor brings one window into line, or all of them for "".
func reconcileFor(tx *store.Tx, tenant int, windowID string) (all Report, err error) {
	if windowID != "" {
		return reconcile(tx, tenant, windowID)
	}
	ids, err := windowIDs(tx.Rx, tenant)
	if err != nil {
		return Report{}, err
	}
	for _, id := range ids {
		one, err := reconcile(tx, tenant, id)
		if err != nil {
			return Report{}, err
		}
		all.add(one)
	}
	return all, nil
}

// reconcile makes the slots of a window from now on what its rules want.
func reconcile(tx *store.Tx, tenant int, windowID string) (report Report, err error) {
	if err := lockWindow(tx, tenant, windowID); err != nil {
		return Report{}, err
	}
	r, err := rulesOf(tx.Rx, tenant, windowID)
	if err != nil {
		return Report{}, err
	}
	today := jpdate.Day(tx.Today())
	present, err := slotsFrom(tx.Rx, tenant, windowID, today)
	if err != nil {
		return Report{}, err
	}
	last := today.AddDays(r.window.HorizonDays + ahead)
	have := map[string]Slot{}
	for _, s := range present {
		have[s.ID] = s
		last = max(last, s.Day)
	}
	calendar := r.calendar()
	for day := today; day <= last; day = day.AddDays(1) {
		for _, p := range r.plan(day) {
			want := r.slot(p, day, today, calendar)
			if !want.Starts.After(tx.Now) {
				continue
			}
			old, known := have[want.ID]
			delete(have, want.ID)
			if err := settle(tx, tenant, old, want, known, &report); err != nil {
				return Report{}, err
			}
		}
	}
	for _, s := range present { // in order, not as the map has them
		if _, unwanted := have[s.ID]; !unwanted || !s.Open || !s.Starts.After(tx.Now) {
			continue
		}
		taken, err := shut(tx, tenant, s.ID)
		if err != nil {
			return Report{}, err
		}
		report.Closed++
		if taken > 0 {
			report.Busy = append(report.Busy, s.ID)
		}
	}
	return report, nil
}

// settle adds or changes one slot.
func settle(tx *store.Tx, tenant int, old, want Slot, known bool, report *Report) error {
	if !known {
		report.Added++
		return insertSlot(tx, tenant, want)
	}
	want.WebTaken, want.OfficeTaken = old.WebTaken, old.OfficeTaken
	want.WebOver, want.OfficeOver = max(0, old.WebTaken-want.WebCap), max(0, old.OfficeTaken-want.OfficeCap)
	if want.WebOver+want.OfficeOver > 0 {
		report.Over = append(report.Over, want.ID)
	}
	if old == want {
		return nil
	}
	report.Changed++
	return updateSlot(tx, tenant, want)
}

// longestLead is how many days back a closing may still matter for a deadline.
const longestLead = 120

// window returns a window with its release steps.
func window(rx *store.Rx, tenant int, id string) (w Window, found bool, err error) {
	w, err = selectWindow(rx, tenant, id)
	if errors.Is(err, store.ErrNoRows) {
		return Window{}, false, nil
	}
	if err != nil {
		return Window{}, false, err
	}
	if w.Texts, err = textsOf(rx, tenant, id); err != nil {
		return Window{}, false, err
	}
	w.Release, err = steps(rx, tenant, id)
	return w, true, err
}

// WindowByID returns a window with its texts and terms.
func WindowByID(rx *store.Rx, tenant int, id string) (Window, bool, error) {
	return window(rx, tenant, id)
}

// Windows returns all windows in the order of their codes.
func Windows(rx *store.Rx, tenant int) (list []Window, err error) {
	ids, err := windowIDs(rx, tenant)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		w, _, err := window(rx, tenant, id)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}

// Patterns returns the weekly pattern of a window.
func Patterns(rx *store.Rx, tenant int, windowID string) ([]Pattern, error) {
	return patternsOf(rx, tenant, windowID)
}

// Exceptions returns the exceptions of a window, those of all windows included,
// that reach a day or a later one, in the order in which they hold.
func Exceptions(rx *store.Rx, tenant int, windowID string, from jpdate.Day) ([]Exception, error) {
	return exceptionsOf(rx, tenant, windowID, from)
}

func rulesOf(rx *store.Rx, tenant int, windowID string) (r rules, err error) {
	w, found, err := window(rx, tenant, windowID)
	if err != nil {
		return rules{}, err
	}
	if !found {
		return rules{}, unknownWindow(windowID)
	}
	r.window = w
	if r.procedures, err = ProcedureList(rx, tenant); err != nil {
		return rules{}, err
	}
	if r.holidays.Holidays, err = holidaysOf(rx, tenant); err != nil {
		return rules{}, err
	}
	if r.patterns, err = patternsOf(rx, tenant, windowID); err != nil {
		return rules{}, err
	}
	r.exceptions, err = exceptionsOf(rx, tenant, windowID, jpdate.Day(rx.Today()).AddDays(-longestLead))
	return r, err
}

func unknownWindow(id string) error {
	return fault.New(fault.NotFound, "slot.window_unknown", "window", id)
}
