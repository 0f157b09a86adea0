package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// WindowName is a window to choose.
type WindowName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Choices are what forms offer: windows, procedures in the tenant's words, and
// the languages that it translates into.
type Choices struct {
	Windows    []WindowName      `json:"windows"`
	Procedures []staffweb.Choice `json:"procedures"`
	Languages  []string          `json:"languages"`
	PartyMax   int               `json:"partyMax"`
	Reception  string            `json:"reception" ts:"'cloud' | 'appliance'"` // where arrivals are recorded
}

// Deadline is a time of day so many business days before.
type Deadline struct {
	Days   int `json:"days"`
	Minute int `json:"minute"`
}

// ReleaseStep releases a share of the seats from so many days before.
type ReleaseStep struct {
	DaysBefore int `json:"daysBefore"`
	Percent    int `json:"percent"`
}

// WindowText is what residents read of a window in one language.
type WindowText struct {
	Name       string `json:"name"`
	Address    string `json:"address"`
	Phone      string `json:"phone"`
	PhoneHours string `json:"phoneHours"`
	Note       string `json:"note"`
}

// Window is a window with its terms. Minutes are those of the day.
type Window struct {
	ID string `json:"id"`
	WindowText
	Texts         map[string]WindowText `json:"texts"` // by language
	MapLink       string                `json:"mapLink"`
	OpensOn       string                `json:"opensOn"`
	ClosesOn      string                `json:"closesOn"`
	HorizonDays   int                   `json:"horizonDays"`
	Book          Deadline              `json:"book"`
	Change        Deadline              `json:"change"`
	Cancel        Deadline              `json:"cancel"`
	LastStart     int                   `json:"lastStart"`
	LastEnd       int                   `json:"lastEnd"`
	Release       []ReleaseStep         `json:"release"`
	Counters      int                   `json:"counters"`
	LateMinutes   int                   `json:"lateMinutes"`
	PhoneOnlyDays []slot.DayKind        `json:"phoneOnlyDays"`
	OfficeSeats   slot.Owner            `json:"officeSeats" ts:"'office' | 'cloud'"`
}

// SlotReport says what bringing slots into line has changed.
type SlotReport struct {
	Added   int      `json:"added"`
	Changed int      `json:"changed"`
	Closed  int      `json:"closed"`
	Over    []string `json:"over"` // slots with more people than seats
}

func slotReport(r slot.Report) SlotReport {
	return SlotReport{r.Added, r.Changed, r.Closed, staffweb.OrEmpty(r.Over)}
}

func (s *server) windowRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/choices", Permission: staff.SignedIn, Handle: s.getChoices, Out: Choices{}},
		{Pattern: "GET /api/windows", Permission: staff.OpeningEdit, Handle: s.getWindows, Out: []Window{}},
		{Pattern: "PUT /api/windows/{window}", Permission: staff.OpeningEdit, Handle: s.putWindow, In: Window{}, Out: SlotReport{}},
	}
}

// windowsFor are the windows at which the person of a request has a permission.
func (s *server) windowsFor(rx *store.Rx, r *http.Request, p staff.Permission) ([]slot.Window, error) {
	session, _ := gate.SessionOf(r.Context())
	if !session.May(p) {
		return nil, nil
	}
	all, err := slot.Windows(rx, s.Tenant)
	return slices.DeleteFunc(all, func(w slot.Window) bool { return !session.MayAt(p, w.ID) }), err
}

// getChoices lists all windows, for names and choices.
func (s *server) getChoices(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) (Choices, error) {
		out := Choices{Windows: []WindowName{}, Procedures: []staffweb.Choice{}}
		all, err := slot.Windows(rx, s.Tenant)
		if err != nil {
			return out, err
		}
		for _, window := range all {
			out.Windows = append(out.Windows, WindowName{window.ID, window.Name})
		}
		t, err := terms.Load(rx, s.Tenant)
		if err != nil {
			return out, err
		}
		list, err := slot.ProcedureList(rx, s.Tenant)
		if err != nil {
			return out, err
		}
		for _, p := range list {
			if p.On {
				out.Procedures = append(out.Procedures, staffweb.Choice{Code: string(p.Code), Label: procedureName(t, p.Code)})
			}
		}
		out.Languages, out.Reception = t.Policy.Languages, t.Policy.Reception
		tenant, _, err := slot.TenantByID(rx, s.Tenant)
		out.PartyMax = tenant.PartyMax
		return out, err
	})
}

// getWindows lists the windows whose opening the person may change.
func (s *server) getWindows(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) ([]Window, error) {
		list := []Window{}
		all, err := s.windowsFor(rx, r, staff.OpeningEdit)
		for _, window := range all {
			list = append(list, wireWindow(window))
		}
		return list, err
	})
}

func (s *server) putWindow(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), id); err != nil {
		return err
	}
	in, err := staffweb.Decode[Window](r)
	if err != nil {
		return err
	}
	if in.ID != id {
		return fault.New(fault.BadRequest, "gate.bad_json", "field", "id")
	}
	report, err := slot.SaveWindow(r.Context(), s.DB, actor, s.Tenant, in.slot())
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}

func wireWindow(w slot.Window) Window {
	out := Window{
		ID: w.ID, WindowText: WindowText{w.Name, w.Address, w.Phone, w.PhoneHours, w.Note}, Texts: map[string]WindowText{}, MapLink: w.MapLink,
		OpensOn: string(w.OpensOn), ClosesOn: string(w.ClosesOn), HorizonDays: w.HorizonDays,
		Book: Deadline(w.Book), Change: Deadline(w.Change), Cancel: Deadline(w.Cancel), LastStart: w.LastStart, LastEnd: w.LastEnd,
		Release: []ReleaseStep{}, Counters: max(1, w.Counters), LateMinutes: w.LateMinutes, PhoneOnlyDays: staffweb.OrEmpty(w.PhoneOnlyDays), OfficeSeats: w.OfficeSeats,
	}
	for lang, text := range w.Texts {
		out.Texts[lang] = WindowText(text)
	}
	for _, step := range w.Release {
		out.Release = append(out.Release, ReleaseStep(step))
	}
	if out.OfficeSeats == "" {
		out.OfficeSeats = slot.AtOffice
	}
	return out
}

func (w Window) slot() slot.Window {
	out := slot.Window{
		ID: w.ID, Name: w.Name, Address: w.Address, Phone: w.Phone, PhoneHours: w.PhoneHours, Note: w.Note,
		Texts: map[string]slot.Text{}, MapLink: w.MapLink, OpensOn: jpdate.Day(w.OpensOn), ClosesOn: jpdate.Day(w.ClosesOn),
		HorizonDays: w.HorizonDays, Book: slot.Deadline(w.Book), Change: slot.Deadline(w.Change), Cancel: slot.Deadline(w.Cancel),
		LastStart: w.LastStart, LastEnd: w.LastEnd, Counters: w.Counters, LateMinutes: w.LateMinutes, PhoneOnlyDays: w.PhoneOnlyDays,
		OfficeSeats: w.OfficeSeats,
	}
	for lang, text := range w.Texts {
		out.Texts[lang] = slot.Text(text)
	}
	for _, step := range w.Release {
		out.Release = append(out.Release, slot.Step(step))
	}
	return out
}
