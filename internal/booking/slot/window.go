package slot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/event"
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
	// OpensOn and ClosesOn are the first and last day on which the site takes
	// bookings at all; empty without a bound.
	OpensOn, ClosesOn jpdate.Day
}

// Takes reports whether the site takes bookings at a minute of the day.
func (t Tenant) Takes(minute int) bool { return t.FromMinute <= minute && minute < t.UntilMinute }

// Admit refuses bookings at an instant outside the period or the daily hours of
// the site. Errors: fault.Unavailable "booking.closed_period",
// "booking.closed_hours" with the hours.
func (t Tenant) Admit(now time.Time) error {
	local := now.In(store.Tokyo)
	today := jpdate.Day(store.Day(now))
	switch {
	case t.OpensOn != "" && today < t.OpensOn, t.ClosesOn != "" && today > t.ClosesOn:
		return fault.New(fault.Unavailable, "booking.closed_period", "from", string(t.OpensOn), "until", string(t.ClosesOn))
	case !t.Takes(local.Hour()*60 + local.Minute()):
		return fault.New(fault.Unavailable, "booking.closed_hours", "from", hour(t.FromMinute), "until", hour(t.UntilMinute))
	}
	return nil
}

// hour writes minutes since midnight as people say them, 24:00 included.
func hour(minute int) string { return fmt.Sprintf("%d:%02d", minute/60, minute%60) }

// Deadline is a time of day so many business days before.
type Deadline struct{ Days, Minute int }

// Step releases a share of the seats from so many days before.
type Step struct{ DaysBefore, Percent int }

// Text is what residents read of a window in one language.
type Text struct {
	Name, Address, Phone string
	PhoneHours           string // when somebody answers the phone
	Note                 string // how to find it, which entrance is open
}

// Owner says who gives the office seats of a window away (booking.md §3.6),
// never both.
type Owner string

// The owners of office seats.
const (
	AtOffice Owner = "office" // the program at the office, also when the line is cut
	InCloud  Owner = "cloud"  // a call centre through this service
)

// DayKind is a weekday or «holiday».
type DayKind string

// The kinds of day. A holiday is a holiday whatever its weekday.
const (
	Sundays    DayKind = "sun"
	Mondays    DayKind = "mon"
	Tuesdays   DayKind = "tue"
	Wednesdays DayKind = "wed"
	Thursdays  DayKind = "thu"
	Fridays    DayKind = "fri"
	Saturdays  DayKind = "sat"
	OnHolidays DayKind = "holiday"
)

// DayKinds lists all of them, the weekdays as time.Weekday numbers them.
var DayKinds = []DayKind{Sundays, Mondays, Tuesdays, Wednesdays, Thursdays, Fridays, Saturdays, OnHolidays}

// Window is a counter of the office (交付窓口) with its terms.
type Window struct {
	ID                   string
	Name, Address, Phone string          // in Japanese, as are
	PhoneHours, Note     string          // these
	Texts                map[string]Text // in other languages; what is empty there is as in Japanese
	MapLink              string          // https address of a map
	OpensOn, ClosesOn    jpdate.Day      // of a temporary window, empty without
	HorizonDays          int             // how long before a day it can be booked
	Book, Change, Cancel Deadline
	LastStart, LastEnd   int    // minutes of the day: hours of the national system
	Release              []Step // without steps all seats are released at once
	Counters             int    // desks that serve at the same time; 0 is 1
	LateMinutes          int    // after which others go first
	// PhoneOnlyDays are kinds of day whose seats residents get by phone alone.
	PhoneOnlyDays []DayKind
	OfficeSeats   Owner // '' is AtOffice
}

// In returns the texts of the window in a language: what has not been
// translated is as in やさしい日本語, and then as in Japanese.
func (w Window) In(lang string) Text {
	t := Text{w.Name, w.Address, w.Phone, w.PhoneHours, w.Note}
	for _, l := range []string{"ja-easy", lang} {
		other := w.Texts[l]
		if lang == "ja" {
			break
		}
		t = Text{
			cmp.Or(other.Name, t.Name), cmp.Or(other.Address, t.Address), cmp.Or(other.Phone, t.Phone),
			cmp.Or(other.PhoneHours, t.PhoneHours), cmp.Or(other.Note, t.Note),
		}
	}
	return t
}

// OpenOn reports whether the window exists on a day.
func (w Window) OpenOn(day jpdate.Day) bool {
	return (w.OpensOn == "" || day >= w.OpensOn) && (w.ClosesOn == "" || day <= w.ClosesOn)
}

// phoneOnly reports whether a kind of day is booked by phone alone.
func (w Window) phoneOnly(day jpdate.Day, holiday bool) bool {
	return slices.Contains(w.PhoneOnlyDays, DayKinds[day.Weekday()]) || holiday && slices.Contains(w.PhoneOnlyDays, OnHolidays)
}

// tidy puts lists in order and fills in what may be left out.
func (w *Window) tidy() {
	w.Release = slices.SortedFunc(slices.Values(w.Release), func(a, b Step) int { return b.DaysBefore - a.DaysBefore })
	w.PhoneOnlyDays = slices.DeleteFunc(slices.Clone(DayKinds), func(k DayKind) bool { return !slices.Contains(w.PhoneOnlyDays, k) })
	w.OfficeSeats = cmp.Or(w.OfficeSeats, AtOffice)
	w.Counters = max(w.Counters, 1)
	texts := map[string]Text{}
	for lang, t := range w.Texts {
		if t != (Text{}) && lang != "ja" {
			texts[lang] = t
		}
	}
	w.Texts = texts
}

// idText are letters that may stand in an identifier chosen by the office.
const idText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

func within(n, from, to int) bool { return from <= n && n <= to }

func (w Window) check() error {
	bad := func(field string) error {
		return fault.New(fault.Invalid, "slot.bad_window", "window", w.ID, "field", field)
	}
	switch {
	case !event.Forms["window"](w.ID):
		return bad("@slot.field.code")
	case strings.TrimSpace(w.Name) == "":
		return bad("@slot.field.name")
	case w.OpensOn != "" && !w.OpensOn.Valid(), w.ClosesOn != "" && !w.ClosesOn.Valid(), w.ClosesOn != "" && w.ClosesOn < w.OpensOn:
		return bad("@slot.field.period")
	case !within(w.HorizonDays, 1, 366):
		return bad("@slot.field.horizon")
	case !within(w.LastStart, 0, 1440), !within(w.LastEnd, 0, 1440):
		return bad("@slot.field.system_hours")
	case w.MapLink != "" && !strings.HasPrefix(w.MapLink, "https://"):
		return bad("@slot.field.map")
	case !within(w.Counters, 1, 100), !within(w.LateMinutes, 0, 240):
		return bad("@slot.field.counters")
	case w.OfficeSeats != AtOffice && w.OfficeSeats != InCloud:
		return bad("@slot.field.office_seats")
	case !w.goodRelease():
		return bad("@slot.field.release")
	}
	for _, d := range []Deadline{w.Book, w.Change, w.Cancel} {
		if !d.good() {
			return bad("@slot.field.deadline")
		}
	}
	return w.checkTexts()
}

func (d Deadline) good() bool { return within(d.Days, 0, 60) && within(d.Minute, 0, 1440) }

func (w Window) goodRelease() bool {
	for i, s := range w.Release {
		if !within(s.DaysBefore, 0, 366) || !within(s.Percent, 0, 100) ||
			i > 0 && (s.DaysBefore >= w.Release[i-1].DaysBefore || s.Percent < w.Release[i-1].Percent) {
			return false
		}
	}
	return true
}

func (w Window) checkTexts() error {
	all := []Text{{w.Name, w.Address, w.Phone, w.PhoneHours, w.Note}}
	for lang, t := range w.Texts {
		if len(lang) > 10 || strings.Trim(lang, idText) != "" {
			return fault.New(fault.Invalid, "slot.bad_window", "window", w.ID, "field", "@slot.field.language")
		}
		all = append(all, t)
	}
	for _, t := range all {
		for _, text := range []string{t.Name, t.Address, t.Phone, t.PhoneHours, t.Note, w.MapLink} {
			if err := entry.Check(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// check puts the host name into lower case and refuses what cannot be.
func (t *Tenant) check() error {
	t.Host = strings.ToLower(strings.TrimSpace(t.Host))
	if t.ID < 1 || t.Host == "" || t.Name == "" || !within(t.PartyMax, 1, 20) ||
		t.FromMinute < 0 || t.UntilMinute > 1440 || t.FromMinute >= t.UntilMinute || !within(t.FewPercent, 0, 100) ||
		t.OpensOn != "" && !t.OpensOn.Valid() || t.ClosesOn != "" && (!t.ClosesOn.Valid() || t.ClosesOn < t.OpensOn) {
		return fault.New(fault.Invalid, "slot.bad_tenant")
	}
	return entry.Check(t.Name)
}

// AddTenant registers a municipality; the entry stands in its own log, whatever
// tenant db is for. Errors: fault.Invalid "slot.bad_tenant",
// fault.Conflict "slot.tenant_exists"; those of [entry.Check].
func AddTenant(ctx context.Context, db *store.DB, actor store.Actor, t Tenant) (err error) {
	defer fault.Add(&err, "slot.AddTenant(%d)", t.ID)
	if err := t.check(); err != nil {
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

// SaveTenant changes the terms of a municipality. Errors: as [AddTenant];
// fault.NotFound "slot.tenant_unknown".
func SaveTenant(ctx context.Context, db *store.DB, actor store.Actor, t Tenant) (err error) {
	defer fault.Add(&err, "slot.SaveTenant(%d)", t.ID)
	if err := t.check(); err != nil {
		return err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		before, found, err := TenantByID(tx.Rx, t.ID)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "slot.tenant_unknown")
		}
		if before == t {
			return nil
		}
		if err := updateTenant(tx, t); err != nil {
			return err
		}
		return audit.Append(tx, "slot.tenant_saved", fmt.Sprintf("tenant/%d", t.ID), map[string]any{"before": before, "after": t})
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
	w.tidy()
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
		var was any
		if known {
			was = before
		}
		if err := beginEdit(tx, tenant, "window").note(w.ID, windowObject, was, w); err != nil {
			return err
		}
		if report, err = reconcile(tx, tenant, w.ID); err != nil {
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
