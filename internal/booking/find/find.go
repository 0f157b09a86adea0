// Package find searches bookings by what the staff ask for, and keeps searches
// under a name for one person or for all. It joins the tables of several
// packages; of its own it writes table saved_filter.
package find

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Filter chooses bookings. Empty fields choose all.
type Filter struct {
	MadeFrom  jpdate.Day        `json:"madeFrom"` // booked on these days, both inclusive
	MadeUntil jpdate.Day        `json:"madeUntil"`
	DayFrom   jpdate.Day        `json:"dayFrom"` // for visits on these days
	DayUntil  jpdate.Day        `json:"dayUntil"`
	TimeFrom  string            `json:"timeFrom"` // that begin at these times of day, such as 09:30
	TimeUntil string            `json:"timeUntil"`
	No        string            `json:"no"` // receipt number
	Window    string            `json:"window"`
	States    []reserve.State   `json:"states"` // of the booking
	Via       reserve.Via       `json:"via"`
	Operator  string            `json:"operator"` // staff id of who booked, or acted on it last
	Answers   map[string]string `json:"answers"`  // to fields of the tenant that say nothing of a person, by id

	// Link is the pseudonym of the code that was scanned. It is never kept.
	Link string `json:"-"`
	// Windows limits the search to these windows; nil for no limit.
	Windows []string `json:"-"`

	Offset int `json:"-"`
	Limit  int `json:"-"` // 0 for all
}

// Most is how many bookings one file or print may have.
const Most = 20_000

var clockForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// Check refuses what cannot be searched for. Errors: fault.Invalid "find.filter"
// with a detail for each field.
func (f Filter) Check() error {
	var details []fault.Detail
	wrong := func(field string) { details = append(details, fault.Detail{Code: "find.filter", Column: field}) }
	for _, days := range []struct {
		from, until jpdate.Day
		field       string
	}{{f.MadeFrom, f.MadeUntil, "madeUntil"}, {f.DayFrom, f.DayUntil, "dayUntil"}} {
		if days.from != "" && !days.from.Valid() || days.until != "" && !days.until.Valid() ||
			days.from != "" && days.until != "" && days.until < days.from {
			wrong(days.field)
		}
	}
	for field, at := range map[string]string{"timeFrom": f.TimeFrom, "timeUntil": f.TimeUntil} {
		if at != "" && !clockForm.MatchString(at) {
			wrong(field)
		}
	}
	if f.TimeFrom != "" && f.TimeUntil != "" && f.TimeUntil < f.TimeFrom {
		details = append(details, fault.Detail{Code: "find.times", Column: "timeUntil"})
	}
	for _, s := range f.States {
		if !slices.Contains(reserve.States, s) {
			wrong("states")
		}
	}
	if len(details) > 0 {
		return fault.New(fault.Invalid, "find.filter").With(details...)
	}
	return nil
}

// Condition names the fields that are set with their values, for the access log.
func (f Filter) Condition() map[string]string {
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	c := map[string]string{
		"madeFrom": string(f.MadeFrom), "madeUntil": string(f.MadeUntil), "dayFrom": string(f.DayFrom), "dayUntil": string(f.DayUntil),
		"timeFrom": f.TimeFrom, "timeUntil": f.TimeUntil, "no": f.No, "window": f.Window, "states": strings.Join(states, " "),
		"via": string(f.Via), "operator": f.Operator,
	}
	for field, answer := range f.Answers {
		c["answer/"+field] = answer
	}
	return c
}

// Row is a booking that was found. A party is one row.
type Row struct {
	ID       string
	No       string
	MadeAt   time.Time
	Starts   time.Time
	WindowID string
	State    reserve.State
	Via      reserve.Via
	Side     slot.Side
	Operator string // who acted on it last, or else who booked: staff id or part of the program
	Persons  int
	Procs    slot.Procs
}

// Search returns the bookings that match, the latest visit first, and how many
// there are. Errors: those of [Filter.Check].
func Search(rx *store.Rx, tenant int, f Filter) (list []Row, total int, err error) {
	defer fault.Add(&err, "find.Search(%d)", tenant)
	if err := f.Check(); err != nil {
		return nil, 0, err
	}
	if f.Windows != nil && len(f.Windows) == 0 {
		return nil, 0, nil
	}
	return search(rx, tenant, f)
}

// utc turns a time of day in Japan into the one that instants have.
func utc(clock string) (string, error) {
	t, err := time.Parse("15:04", clock)
	return t.Add(-9 * time.Hour).Format("15:04"), err
}
