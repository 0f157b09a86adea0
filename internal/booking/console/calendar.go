package console

import (
	"net/http"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// CalendarDay is a day of a window with its seats.
type CalendarDay struct {
	Day     string `json:"day"`
	Holiday string `json:"holiday"` // its name
	Reason  string `json:"reason"`  // why it is closed, or part of it
	Slots   int    `json:"slots"`   // open ones
	Web     Taken  `json:"web"`
	Office  Taken  `json:"office"`
	Over    int    `json:"over"`    // people beyond the seats
	Differs bool   `json:"differs"` // by an exception
}

// SlotRow is a slot with its seats.
type SlotRow struct {
	ID         string           `json:"id"`
	WindowID   string           `json:"windowId"`
	WindowName string           `json:"windowName"`
	Day        string           `json:"day"`
	Starts     string           `json:"starts"` // instant
	Minutes    int              `json:"minutes"`
	Open       bool             `json:"open"`
	PhoneOnly  bool             `json:"phoneOnly"`
	Procs      []slot.Procedure `json:"procs"` // empty for all
	Web        Taken            `json:"web"`
	Released   int              `json:"released"` // web seats that may be booked by now
	Office     Taken            `json:"office"`
	Over       int              `json:"over"`
}

// Opening is a run of slots of the same kind.
type Opening struct {
	FromMinute  int              `json:"fromMinute"`
	ToMinute    int              `json:"toMinute"`
	SlotMinutes int              `json:"slotMinutes"`
	WebCap      int              `json:"webCap"`
	OfficeCap   int              `json:"officeCap"`
	Procs       []slot.Procedure `json:"procs"`
	PhoneOnly   bool             `json:"phoneOnly"`
}

// DayPlan is the opening of a day as the rules want it.
type DayPlan struct {
	Openings []Opening `json:"openings"`
	Reason   string    `json:"reason"`
}

// DayEdit is one change of the opening of a day.
type DayEdit struct {
	At     string  `json:"at"`
	Actor  string  `json:"actor"`
	Act    string  `json:"act"`
	Before DayPlan `json:"before"`
	After  DayPlan `json:"after"`
}

// DayPage is a day of a window with its slots and their story.
type DayPage struct {
	Day   CalendarDay `json:"day"`
	Slots []SlotRow   `json:"slots"`
	Plan  DayPlan     `json:"plan"`
	Edits []DayEdit   `json:"edits"` // the oldest first
}

func (s *server) calendarRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/windows/{window}/month", Permission: staff.OpeningEdit, Handle: s.getMonth, Out: []CalendarDay{}},
		{Pattern: "GET /api/windows/{window}/days/{day}", Permission: staff.OpeningEdit, Handle: s.getDay, Out: DayPage{}},
		{Pattern: "GET /api/windows/{window}/days/{day}/plan", Permission: staff.OpeningEdit, Handle: s.getPlanAt, Out: DayPlan{}},
		{Pattern: "GET /api/over", Permission: staff.BookingView, Handle: s.getOver, Out: []SlotRow{}},
	}
}

// getMonth shows the month of the parameter month, such as 2026-12.
func (s *server) getMonth(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	first := jpdate.Day(r.URL.Query().Get("month") + "-01")
	if !first.Valid() {
		return fault.New(fault.BadRequest, "web.day", "value", r.URL.Query().Get("month"))
	}
	return answer(s, w, r, func(rx *store.Rx) ([]CalendarDay, error) {
		list := []CalendarDay{}
		look, err := s.calendarOf(rx, window, first)
		if err != nil {
			return list, err
		}
		for day := first; day[:7] == first[:7]; day = day.AddDays(1) {
			one, _, err := look(day)
			if err != nil {
				return list, err
			}
			list = append(list, one)
		}
		return list, nil
	})
}

// calendarOf returns what reads the days of a window from a day on.
func (s *server) calendarOf(rx *store.Rx, window string, from jpdate.Day) (func(jpdate.Day) (CalendarDay, []slot.Slot, error), error) {
	calendar, err := slot.CalendarOf(rx, s.Tenant, window)
	if err != nil {
		return nil, err
	}
	exceptions, err := slot.Exceptions(rx, s.Tenant, window, from)
	if err != nil {
		return nil, err
	}
	return func(day jpdate.Day) (CalendarDay, []slot.Slot, error) {
		one := CalendarDay{Day: string(day)}
		one.Holiday, _ = calendar.Holiday(day)
		slots, err := slot.OnDay(rx, s.Tenant, window, day)
		for _, each := range slots {
			one.add(each)
		}
		for _, e := range exceptions {
			if e.From <= day && day <= e.To {
				one.Differs = true
				if e.Reason != "" {
					one.Reason = e.Reason
				}
			}
		}
		return one, slots, err
	}, nil
}

func (d *CalendarDay) add(s slot.Slot) {
	d.Over += s.WebOver + s.OfficeOver
	if !s.Open {
		return
	}
	d.Slots++
	d.Web.Taken, d.Web.Seats = d.Web.Taken+s.WebTaken, d.Web.Seats+s.WebCap
	d.Office.Taken, d.Office.Seats = d.Office.Taken+s.OfficeTaken, d.Office.Seats+s.OfficeCap
}

func slotRow(s slot.Slot) SlotRow {
	return SlotRow{
		ID: s.ID, WindowID: s.WindowID, Day: string(s.Day), Starts: store.Stamp(s.Starts), Minutes: s.Minutes, Open: s.Open, PhoneOnly: s.PhoneOnly,
		Procs: staffweb.OrEmpty(s.Procs.List()), Web: Taken{s.WebTaken, s.WebCap}, Released: s.WebOpen, Office: Taken{s.OfficeTaken, s.OfficeCap},
		Over: s.WebOver + s.OfficeOver,
	}
}

func (s *server) getDay(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window, day, err := windowDay(r)
	if err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) (DayPage, error) {
		page := DayPage{Slots: []SlotRow{}, Edits: []DayEdit{}}
		look, err := s.calendarOf(rx, window, day)
		if err != nil {
			return page, err
		}
		one, slots, err := look(day)
		if err != nil {
			return page, err
		}
		page.Day = one
		for _, each := range slots {
			page.Slots = append(page.Slots, slotRow(each))
		}
		plan, err := slot.DayPlan(rx, s.Tenant, window, day)
		if err != nil {
			return page, err
		}
		page.Plan = dayPlan(plan)
		edits, err := slot.History(rx, s.Tenant, window, day)
		for _, e := range edits {
			page.Edits = append(page.Edits, DayEdit{
				At: store.Stamp(e.At), Actor: e.Actor, Act: e.Act, Before: dayPlan(e.Before), After: dayPlan(e.After),
			})
		}
		return page, err
	})
}

// windowDay reads the window and the day of a path.
func windowDay(r *http.Request) (window string, day jpdate.Day, err error) {
	window, day = r.PathValue("window"), jpdate.Day(r.PathValue("day"))
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return "", "", err
	}
	if !day.Valid() {
		return "", "", fault.New(fault.BadRequest, "web.day", "value", string(day))
	}
	return window, day, nil
}

func dayPlan(p slot.Plan) DayPlan {
	out := DayPlan{Openings: []Opening{}, Reason: p.Reason}
	for _, o := range p.Openings {
		out.Openings = append(out.Openings, Opening{
			o.FromMinute, o.ToMinute, o.SlotMinutes, o.WebCap, o.OfficeCap, staffweb.OrEmpty(o.Procs.List()), o.PhoneOnly,
		})
	}
	return out
}

// getPlanAt shows the opening of a day as it was planned at the instant at.
func (s *server) getPlanAt(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window, day, err := windowDay(r)
	if err != nil {
		return err
	}
	moment, err := time.Parse(time.RFC3339, r.URL.Query().Get("at"))
	if err != nil {
		return fault.New(fault.BadRequest, "web.day", "value", r.URL.Query().Get("at"))
	}
	var plan slot.Plan
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		plan, err = slot.PlanAt(rx, s.Tenant, window, day, moment)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, dayPlan(plan))
}

// getOver lists the slots with more people than seats at the person's windows.
func (s *server) getOver(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var list []SlotRow
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		list, err = s.over(rx, r)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func (s *server) over(rx *store.Rx, r *http.Request) ([]SlotRow, error) {
	list := []SlotRow{}
	windows, err := s.windowsFor(rx, r, staff.BookingView)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, window := range windows {
		names[window.ID] = window.Name
	}
	all, err := slot.Over(rx, s.Tenant)
	for _, each := range all {
		if name, own := names[each.WindowID]; own {
			row := slotRow(each)
			row.WindowName = name
			list = append(list, row)
		}
	}
	return list, err
}
