package slot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Tenant is one municipality.
type Tenant struct {
	ID       int
	Host     string // the host name by which its residents reach it
	Name     string
	PartyMax int // people in one booking
	// FromMinute and UntilMinute are the hours of the day at which the site
	// takes bookings, as minutes since midnight.
	FromMinute, UntilMinute int
	FewPercent              int // at most this share of the seats free reads «few left»
}

// Takes reports whether the site takes bookings at a minute of the day.
func (t Tenant) Takes(minute int) bool { return t.FromMinute <= minute && minute < t.UntilMinute }

// Deadline is a time of day so many business days before.
type Deadline struct{ Days, Minute int }

// Step releases a share of the seats from so many days before.
type Step struct{ DaysBefore, Percent int }

// Window is a counter of the office (交付窓口) with its terms.
type Window struct {
	ID, Name, Address, Phone string
	OpensOn, ClosesOn        jpdate.Day // of a temporary window, empty without
	HorizonDays              int        // how long before a day it can be booked
	Book, Change, Cancel     Deadline
	LastStart, LastEnd       int    // minutes of the day: hours of the national system
	Release                  []Step // without steps all seats are released at once
}

// idText are letters that may stand in an identifier chosen by the office.
const idText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

func (w Window) check() error {
	bad := func(field string) error {
		return fault.New(fault.Invalid, "slot.bad_window", "window", w.ID, "field", field)
	}
	within := func(n, from, to int) bool { return from <= n && n <= to }
	switch {
	case w.ID == "" || len(w.ID) > 20 || strings.Trim(w.ID, idText) != "":
		return bad("@slot.field.code")
	case strings.TrimSpace(w.Name) == "":
		return bad("@slot.field.name")
	case w.OpensOn != "" && !w.OpensOn.Valid(), w.ClosesOn != "" && !w.ClosesOn.Valid(), w.ClosesOn != "" && w.ClosesOn < w.OpensOn:
		return bad("@slot.field.period")
	case !within(w.HorizonDays, 1, 366):
		return bad("@slot.field.horizon")
	case !within(w.LastStart, 0, 1440), !within(w.LastEnd, 0, 1440):
		return bad("@slot.field.system_hours")
	}
	for _, d := range []Deadline{w.Book, w.Change, w.Cancel} {
		if !within(d.Days, 0, 60) || !within(d.Minute, 0, 1440) {
			return bad("@slot.field.deadline")
		}
	}
	for _, text := range []string{w.Name, w.Address, w.Phone} {
		if err := entry.Check(text); err != nil {
			return err
		}
	}
	for i, s := range w.Release {
		if !within(s.DaysBefore, 0, 366) || !within(s.Percent, 0, 100) ||
			i > 0 && (s.DaysBefore >= w.Release[i-1].DaysBefore || s.Percent < w.Release[i-1].Percent) {
			return bad("@slot.field.release")
		}
	}
	return nil
}

// AddTenant registers a municipality; the entry stands in its own log, whatever
// tenant db is for. Errors: fault.Invalid "slot.bad_tenant",
// fault.Conflict "slot.tenant_exists"; those of [entry.Check].
func AddTenant(ctx context.Context, db *store.DB, actor store.Actor, t Tenant) (err error) {
	defer fault.Add(&err, "slot.AddTenant(%d)", t.ID)
	t.Host = strings.ToLower(strings.TrimSpace(t.Host))
	if t.ID < 1 || t.Host == "" || t.Name == "" || t.PartyMax < 1 || t.PartyMax > 20 ||
		t.FromMinute < 0 || t.UntilMinute > 1440 || t.FromMinute >= t.UntilMinute || t.FewPercent < 0 || t.FewPercent > 100 {
		return fault.New(fault.Invalid, "slot.bad_tenant")
	}
	if err := entry.Check(t.Name); err != nil {
		return err
	}
	err = db.For(t.ID).Write(ctx, actor, func(tx *store.Tx) error {
		if err := insertTenant(tx, t); err != nil {
			return err
		}
		return audit.Append(tx, "slot.tenant_added", fmt.Sprintf("tenant/%d", t.ID), t)
	})
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "slot.tenant_exists", "host", t.Host).Because(err)
	}
	return err
}

// SaveWindow adds or changes a window and brings its slots into line. Errors:
// fault.Invalid "slot.bad_window"; those of [entry.Check] and [SetPattern].
func SaveWindow(ctx context.Context, db *store.DB, actor store.Actor, tenant int, w Window) (report Report, err error) {
	defer fault.Add(&err, "slot.SaveWindow(%d, %q)", tenant, w.ID)
	w.Release = slices.SortedFunc(slices.Values(w.Release), func(a, b Step) int { return b.DaysBefore - a.DaysBefore })
	if err := w.check(); err != nil {
		return Report{}, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		before, known, err := window(tx.Rx, tenant, w.ID)
		if err != nil {
			return err
		}
		if err := saveWindow(tx, tenant, w); err != nil {
			return err
		}
		report, err = reconcile(tx, tenant, w.ID)
		if err != nil {
			return err
		}
		if err := report.refusal(); err != nil {
			return err
		}
		detail := map[string]any{"after": w, "slots": report}
		if known {
			detail["before"] = before
		}
		return audit.Append(tx, "slot.window_saved", object(tenant, w.ID), detail)
	})
	return report, err
}

// object names a window in the log, or all windows of a tenant for "".
func object(tenant int, window string) string {
	if window == "" {
		return fmt.Sprintf("tenant/%d", tenant)
	}
	return fmt.Sprintf("tenant/%d/window/%s", tenant, window)
}
