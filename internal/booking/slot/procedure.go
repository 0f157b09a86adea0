package slot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// ProcedureTerms are the terms on which a procedure can be booked. Its names
// and what to bring are texts of the tenant (package terms).
type ProcedureTerms struct {
	Code         Procedure
	Place        int // in lists, ascending; 0 is the usual one
	On           bool
	Windows      []string // where; empty for everywhere
	Modes        []string // how residents may identify themselves, as terms.Mode has it; empty for the usual ones
	Units        int      // seats that one person needs
	SystemCutoff int      // last start, minute of the day, that fits the hours of the national system; 1440 for any
	// Book, Change and Cancel are deadlines of its own, nil for those of the window.
	Book, Change, Cancel *Deadline
}

// keyMode is the mode that needs no code from the office.
const keyMode = "accesskey"

// Allows reports whether residents may book the procedure by a mode. Without
// modes of its own 受取 needs a code, the others take any.
func (p ProcedureTerms) Allows(mode string) bool {
	if len(p.Modes) == 0 {
		return p.Code != Receive || mode != keyMode
	}
	return slices.Contains(p.Modes, mode)
}

// At reports whether the procedure is offered at a window.
func (p ProcedureTerms) At(windowID string) bool {
	return p.On && (len(p.Windows) == 0 || slices.Contains(p.Windows, windowID))
}

// usualOrder is that of lists in a tenant that has saved nothing.
var usualOrder = []Procedure{Receive, Renew, Apply, PIN, Address}

func (p *ProcedureTerms) check() error {
	bad := func(field string) error {
		return fault.New(fault.Invalid, "slot.bad_procedure", "procedure", string(p.Code), "field", field)
	}
	if _, err := ParseProcs(p.Code); err != nil {
		return err
	}
	if p.Place == 0 {
		p.Place = slices.Index(usualOrder, p.Code) + 1
	}
	slices.Sort(p.Windows)
	slices.Sort(p.Modes)
	p.Windows, p.Modes = slices.Compact(p.Windows), slices.Compact(p.Modes)
	for _, mode := range p.Modes {
		if mode == "" || strings.Trim(mode, idText+"+") != "" {
			return bad("@slot.field.modes")
		}
	}
	switch {
	case !within(p.Units, 1, 20):
		return bad("@slot.field.units")
	case !within(p.SystemCutoff, 0, 1440):
		return bad("@slot.field.system_hours")
	case !within(p.Place, 0, 1000):
		return bad("@slot.field.place")
	}
	for _, d := range []*Deadline{p.Book, p.Change, p.Cancel} {
		if d != nil && !d.good() {
			return bad("@slot.field.deadline")
		}
	}
	return nil
}

// ProcedureList returns the terms of every procedure in the order of lists. What
// the tenant has not saved is on, everywhere, for one seat a person.
func ProcedureList(rx *store.Rx, tenant int) ([]ProcedureTerms, error) {
	saved, err := proceduresOf(rx, tenant)
	return completed(saved), err
}

// completed adds the usual terms of procedures that have not been saved.
func completed(list []ProcedureTerms) []ProcedureTerms {
	for i, code := range usualOrder {
		if !slices.ContainsFunc(list, func(p ProcedureTerms) bool { return p.Code == code }) {
			list = append(list, ProcedureTerms{Code: code, Place: i + 1, On: true, Units: 1, SystemCutoff: 1440})
		}
	}
	slices.SortStableFunc(list, func(a, b ProcedureTerms) int {
		if a.Place != b.Place {
			return a.Place - b.Place
		}
		return slices.Index(usualOrder, a.Code) - slices.Index(usualOrder, b.Code)
	})
	return list
}

// Units is how many seats one person with these procedures needs: those of the
// largest, or all together where the tenant adds them up.
func Units(list []ProcedureTerms, procs Procs, sum bool) (units int) {
	for _, p := range list {
		switch {
		case !procs.Has(p.Code):
		case sum:
			units += p.Units
		default:
			units = max(units, p.Units)
		}
	}
	return max(units, 1)
}

// SaveProcedure changes the terms of a procedure and brings the slots of all
// windows into line. Errors: fault.Invalid "slot.procedure_unknown",
// "slot.bad_procedure"; fault.NotFound "slot.window_unknown"; fault.Conflict
// "slot.has_bookings" as [SetPattern].
func SaveProcedure(ctx context.Context, db *store.DB, actor store.Actor, tenant int, p ProcedureTerms) (report Report, err error) {
	defer fault.Add(&err, "slot.SaveProcedure(%d, %q)", tenant, p.Code)
	if err := p.check(); err != nil {
		return Report{}, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		known, err := windowIDs(tx.Rx, tenant)
		if err != nil {
			return err
		}
		for _, id := range p.Windows {
			if !slices.Contains(known, id) {
				return unknownWindow(id)
			}
		}
		list, err := ProcedureList(tx.Rx, tenant)
		if err != nil {
			return err
		}
		before := list[slices.IndexFunc(list, func(q ProcedureTerms) bool { return q.Code == p.Code })]
		if err := saveProcedure(tx, tenant, p); err != nil {
			return err
		}
		if err := beginEdit(tx, tenant, "procedure").note("", procedureObject+string(p.Code), before, p); err != nil {
			return err
		}
		if report, err = reconcileFor(tx, tenant, ""); err != nil {
			return err
		}
		if err := report.refusal(); err != nil {
			return err
		}
		return audit.Append(tx, "slot.procedure_saved", fmt.Sprintf("tenant/%d/procedure/%s", tenant, p.Code),
			map[string]any{"before": before, "after": p, "slots": report})
	})
	return report, err
}

// offered are the procedures of a planned slot that the tenant's terms leave:
// switched on, at this window, early enough for the national system. all is true
// if none of those that exist is missing.
func (r rules) offered(p planned) (left Procs, all bool) {
	var list []Procedure
	for _, t := range r.procedures {
		if p.procs.allows(Procs(t.Code)) && t.At(r.window.ID) && p.minute <= t.SystemCutoff {
			list = append(list, t.Code)
		}
	}
	left, _ = ParseProcs(list...) // known ones
	return left, len(list) == len(Procedures)
}

// Until are the deadlines of residents for one procedure of a slot.
type Until struct{ Book, Change, Cancel time.Time }

// ownText writes the deadlines of a slot whose procedures have different ones:
// «pin 2026-12-14T08:00:00.000Z …», one line for each procedure.
func ownText(own map[Procedure]Until) string {
	var lines []string
	for _, code := range Procedures {
		if u, known := own[code]; known {
			lines = append(lines, strings.Join([]string{string(code), store.Stamp(u.Book), store.Stamp(u.Change), store.Stamp(u.Cancel)}, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// Until returns the deadlines for somebody with these procedures: the earliest
// of each. Without procedures they are the latest that anybody has.
func (s Slot) Until(procs Procs) Until {
	all := Until{s.BookUntil, s.ChangeUntil, s.CancelUntil}
	if s.Own == "" || procs == "" {
		return all
	}
	for line := range strings.Lines(s.Own) {
		fields := strings.Fields(line)
		if len(fields) != 4 || !procs.Has(Procedure(fields[0])) {
			continue
		}
		for i, to := range []*time.Time{&all.Book, &all.Change, &all.Cancel} {
			if t, err := store.ParseStamp(fields[i+1]); err != nil || t.Before(*to) { // unreadable is past
				*to = t
			}
		}
	}
	return all
}
