package slot

import (
	"context"
	_ "embed" // the format of the Cabinet Office's file
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

//go:embed holidays.toml
var holidaysFormat []byte

// holidaysProfile describes 国民の祝日 as the Cabinet Office publishes them.
var holidaysProfile = sync.OnceValue(func() tabfile.Profile {
	p, err := tabfile.ParseProfile(holidaysFormat)
	if err != nil {
		panic(err) // a table that does not parse; the tests fail first
	}
	return p
})

// Announced is what a list of holidays differs in from what held before.
type Announced struct {
	FirstYear, LastYear int
	Added, Removed      []jpdate.Holiday // a renamed day is in both
	Slots               Report
}

// HolidayList returns the holidays of a year as they hold for a tenant: the
// calculated ones, with what was imported since.
func HolidayList(rx *store.Rx, tenant, year int) ([]jpdate.Holiday, error) {
	announced, err := holidaysOf(rx, tenant)
	return holidaysIn(year, announced), err
}

func holidaysIn(year int, announced map[jpdate.Day]string) (list []jpdate.Holiday) {
	days := map[jpdate.Day]string{}
	for _, h := range jpdate.Holidays(year) {
		days[h.Day] = h.Name
	}
	for day, name := range announced {
		if y, _, _ := day.Parts(); y == year {
			days[day] = name
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if days[day] != "" {
			list = append(list, jpdate.Holiday{Day: day, Name: days[day]})
		}
	}
	return list
}

// ImportHolidays takes over the list of the Cabinet Office (内閣府
// syukujitsu.csv, CP932 or UTF-8) for this year and later ones: for every year in
// the file its days are the holidays, and no others. With dry set nothing is
// stored. Errors: those of [tabfile.Read]; fault.Invalid "slot.bad_holidays" with
// a detail for every bad row; fault.Conflict "slot.has_bookings" when a new
// holiday would close slots with bookings.
func ImportHolidays(ctx context.Context, db *store.DB, actor store.Actor, tenant int, file io.Reader, dry bool) (a Announced, err error) {
	defer fault.Add(&err, "slot.ImportHolidays(%d)", tenant)
	listed, err := readHolidays(ctx, file)
	if err != nil {
		return Announced{}, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if a, err = announce(tx, tenant, listed); err != nil {
			return err
		}
		if dry {
			return errPreview
		}
		if err := a.Slots.refusal(); err != nil || len(a.Added)+len(a.Removed) == 0 {
			return err
		}
		return audit.Append(tx, "slot.holidays_imported", fmt.Sprintf("tenant/%d", tenant), a)
	})
	if dry && err == errPreview { //nolint:errorlint // the very error of above
		err = nil
	}
	return a, err
}

// readHolidays returns the days of the file.
func readHolidays(ctx context.Context, file io.Reader) (map[jpdate.Day]string, error) {
	listed := map[jpdate.Day]string{}
	refused := fault.New(fault.Invalid, "slot.bad_holidays")
	report, err := tabfile.Read(ctx, file, holidaysProfile(), tabfile.Sink{Row: func(row tabfile.Row) error {
		d := row.Date("day")
		if d.Precision != jpdate.Full {
			refused = refused.With(fault.Detail{Code: "tabfile.date.format", Row: row.Line, Value: row.Raw("day"), Args: fault.Args("example", "2026/12/1")})
		}
		listed[jpdate.Day(d.ISO)] = strings.TrimSpace(row.Text("name"))
		return nil
	}})
	if err != nil {
		return nil, err
	}
	for _, f := range report.Findings {
		if f.Severity == tabfile.Reject {
			refused = refused.With(f.Detail())
		}
	}
	if len(refused.Details) > 0 {
		return nil, refused
	}
	return listed, nil
}

func announce(tx *store.Tx, tenant int, listed map[jpdate.Day]string) (a Announced, err error) {
	before, err := holidaysOf(tx.Rx, tenant)
	if err != nil {
		return Announced{}, err
	}
	thisYear, _, _ := jpdate.Day(tx.Today()).Parts()
	years := map[int]bool{}
	for day := range listed {
		if y, _, _ := day.Parts(); y >= thisYear {
			years[y] = true
		}
	}
	e := beginEdit(tx, tenant, "holidays")
	for _, year := range slices.Sorted(maps.Keys(years)) {
		if a.FirstYear == 0 {
			a.FirstYear = year
		}
		a.LastYear = year
		if err := a.year(e, year, listed, before); err != nil {
			return Announced{}, err
		}
	}
	if e.n > 0 {
		a.Slots, err = reconcileFor(tx, tenant, "")
	}
	return a, err
}

// year stores what of a year differs from the calculated holidays.
func (a *Announced) year(e *edit, year int, listed, before map[jpdate.Day]string) error {
	days := map[jpdate.Day]bool{}
	calculated := map[jpdate.Day]string{}
	for _, h := range jpdate.Holidays(year) {
		calculated[h.Day], days[h.Day] = h.Name, true
	}
	for _, list := range []map[jpdate.Day]string{listed, before} {
		for day := range list {
			if y, _, _ := day.Parts(); y == year {
				days[day] = true
			}
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		was, stored := before[day]
		if !stored {
			was = calculated[day]
		}
		name := listed[day]
		if was == name {
			continue
		}
		if was != "" {
			a.Removed = append(a.Removed, jpdate.Holiday{Day: day, Name: was})
		}
		if name != "" {
			a.Added = append(a.Added, jpdate.Holiday{Day: day, Name: name})
		}
		if err := saveHoliday(e.tx, e.tenant, day, name); err != nil {
			return err
		}
		if err := e.note("", holidayObject+string(day), was, name); err != nil {
			return err
		}
	}
	return nil
}
