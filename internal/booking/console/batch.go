package console

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"kofu/internal/booking/openfile"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// CopyRequest copies the opening of a week or month. DryRun changes nothing.
type CopyRequest struct {
	FromWindow string    `json:"fromWindow"`
	ToWindow   string    `json:"toWindow"`
	From       string    `json:"from"` // first day; of a month any day of it
	To         string    `json:"to"`
	Span       slot.Span `json:"span" ts:"'week' | 'month'"`
	DryRun     bool      `json:"dryRun"`
}

// DayDifference is what changes on a day of a window, in slots.
type DayDifference struct {
	WindowID  string   `json:"windowId"`
	Day       string   `json:"day"`
	Added     int      `json:"added"`
	Changed   int      `json:"changed"`
	Removed   int      `json:"removed"`
	Conflicts []string `json:"conflicts"` // slots that would go although somebody has booked them
	Before    DayPlan  `json:"before"`
	After     DayPlan  `json:"after"`
}

// Skipped is a day that a copy leaves as it is.
type Skipped struct {
	From  string         `json:"from"`
	To    string         `json:"to"`
	Cause slot.SkipCause `json:"cause"`
	Name  string         `json:"name"` // of the holiday
}

// Outcome is what a file or copy does, or has done.
type Outcome struct {
	BatchID     string          `json:"batchId"` // empty for a dry run and where nothing changed
	Added       int             `json:"added"`
	Changed     int             `json:"changed"`
	Removed     int             `json:"removed"`
	Conflicting int             `json:"conflicting"`
	Over        []string        `json:"over"`
	Days        []DayDifference `json:"days"`
	Skipped     []Skipped       `json:"skipped"`
}

// Batch is what was set by a file or a copy.
type Batch struct {
	ID       string         `json:"id"`
	Kind     slot.BatchKind `json:"kind" ts:"'file' | 'copy'"`
	Name     string         `json:"name"`
	MadeAt   string         `json:"madeAt"`
	Days     int            `json:"days"`
	Added    int            `json:"added"`
	Changed  int            `json:"changed"`
	Removed  int            `json:"removed"`
	UndoneAt string         `json:"undoneAt"`
}

// HolidayName is a national holiday.
type HolidayName struct {
	Day  string `json:"day"`
	Name string `json:"name"`
}

// Holidays are what a list of holidays differs in from what held before.
type Holidays struct {
	FirstYear int           `json:"firstYear"`
	LastYear  int           `json:"lastYear"`
	Added     []HolidayName `json:"added"`
	Removed   []HolidayName `json:"removed"`
	Slots     SlotReport    `json:"slots"`
}

func (s *server) batchRoutes() []gate.Route {
	const mebi = 1 << 20
	return []gate.Route{
		{Pattern: "POST /api/copies", Permission: staff.OpeningEdit, Handle: s.postCopy, In: CopyRequest{}, Out: Outcome{}},
		{Pattern: "POST /api/opening-files", Permission: staff.OpeningEdit, Handle: s.postOpeningFile, Out: Outcome{}, Limit: 16 * mebi},
		{Pattern: "GET /api/batches", Permission: staff.OpeningEdit, Handle: s.getBatches, Out: []Batch{}},
		{Pattern: "POST /api/batches/{id}/undo", Permission: staff.OpeningEdit, Handle: s.postBatchUndo, Out: SlotReport{}},
		{Pattern: "GET /api/holidays", Permission: staff.OpeningEdit, Handle: s.getHolidays, Out: []HolidayName{}},
		{Pattern: "POST /api/holidays", Permission: staff.OpeningEdit, Handle: s.postHolidays, Out: Holidays{}, Limit: 4 * mebi},
	}
}

func (s *server) postCopy(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[CopyRequest](r)
	if err != nil {
		return err
	}
	if err := gate.AtWindow(r.Context(), in.ToWindow); err != nil {
		return err
	}
	order := slot.CopyOrder{FromWindow: in.FromWindow, ToWindow: in.ToWindow, From: jpdate.Day(in.From), To: jpdate.Day(in.To), Span: in.Span}
	act := slot.Copy
	if in.DryRun {
		act = slot.PreviewCopy
	}
	o, err := act(r.Context(), s.DB, actor, s.Tenant, order)
	if err != nil {
		return err
	}
	return staffweb.OK(w, outcome(o))
}

func outcome(o slot.Outcome) Outcome {
	out := Outcome{
		BatchID: o.BatchID, Added: o.Added, Changed: o.Changed, Removed: o.Removed, Conflicting: o.Conflicting,
		Over: staffweb.OrEmpty(o.Over), Days: []DayDifference{}, Skipped: []Skipped{},
	}
	for _, d := range o.Days {
		if d.Same() {
			continue
		}
		out.Days = append(out.Days, DayDifference{
			d.WindowID, string(d.Day), d.Added, d.Changed, d.Removed, staffweb.OrEmpty(d.Conflicts), dayPlan(d.Before), dayPlan(d.After),
		})
	}
	for _, skip := range o.Skipped {
		out.Skipped = append(out.Skipped, Skipped{string(skip.From), string(skip.To), skip.Cause, skip.Name})
	}
	return out
}

// fileOf is the file of a form.
func fileOf(r *http.Request) (name string, file io.Reader, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, fault.New(fault.BadRequest, "import.bad_form").Because(err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil, fault.New(fault.Invalid, "import.no_file")
		case err != nil:
			return "", nil, fault.New(fault.BadRequest, "import.bad_form").Because(err)
		case part.FormName() == "file":
			return part.FileName(), part, nil
		}
	}
}

// postOpeningFile applies a file of openings, or only shows what it would do,
// with dry=1.
func (s *server) postOpeningFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	name, file, err := fileOf(r)
	if err != nil {
		return err
	}
	lines, err := openfile.Read(r.Context(), file)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := gate.AtWindow(r.Context(), line.WindowID); err != nil {
			return err
		}
	}
	act := slot.ApplyBatch
	if r.URL.Query().Get("dry") == "1" {
		act = slot.PreviewBatch
	}
	o, err := act(r.Context(), s.DB, actor, s.Tenant, slot.Batch{Kind: slot.FromFile, Name: name, Lines: lines})
	if err != nil {
		return err
	}
	return staffweb.OK(w, outcome(o))
}

func (s *server) getBatches(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) ([]Batch, error) {
		list := []Batch{}
		all, err := slot.Batches(rx, s.Tenant)
		for _, b := range all {
			list = append(list, Batch{b.ID, b.Kind, b.Name, b.MadeAt, b.Days, b.Added, b.Changed, b.Removed, b.UndoneAt})
		}
		return list, err
	})
}

// postBatchUndo takes a file or copy back. Who may change some windows only can
// undo what they made themselves.
func (s *server) postBatchUndo(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id := r.PathValue("id")
	var all []slot.Applied
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		all, err = slot.Batches(rx, s.Tenant)
		return err
	})
	if err != nil {
		return err
	}
	mine := slices.ContainsFunc(all, func(b slot.Applied) bool { return b.ID == id && b.MadeBy == actor.ID })
	if err := gate.AtWindow(r.Context(), ""); err != nil && !mine {
		return err
	}
	report, err := slot.UndoBatch(r.Context(), s.DB, actor, s.Tenant, id)
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}

// getHolidays lists the national holidays of the year.
func (s *server) getHolidays(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	list := []HolidayName{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		today, _, _ := jpdate.Day(rx.Today()).Parts()
		year, err := staffweb.Number(r, "year", today)
		if err != nil {
			return err
		}
		all, err := slot.HolidayList(rx, s.Tenant, year)
		list = holidays(all)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func holidays(all []jpdate.Holiday) []HolidayName {
	list := []HolidayName{}
	for _, h := range all {
		list = append(list, HolidayName{string(h.Day), h.Name})
	}
	return list
}

// postHolidays takes over the list of the Cabinet Office, or only shows what it
// would change, with dry=1. It concerns every window.
func (s *server) postHolidays(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := gate.AtWindow(r.Context(), ""); err != nil {
		return err
	}
	_, file, err := fileOf(r)
	if err != nil {
		return err
	}
	a, err := slot.ImportHolidays(r.Context(), s.DB, actor, s.Tenant, file, r.URL.Query().Get("dry") == "1")
	if err != nil {
		return err
	}
	return staffweb.OK(w, Holidays{a.FirstYear, a.LastYear, holidays(a.Added), holidays(a.Removed), slotReport(a.Slots)})
}
