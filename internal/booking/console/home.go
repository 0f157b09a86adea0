package console

import (
	"net/http"

	"kofu/internal/booking/board"
	"kofu/internal/booking/find"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/jobs"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/relay"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Task is something that waits for somebody, with the list behind it.
type Task struct {
	Key   string        `json:"key"`
	Label string        `json:"label"`
	Count int           `json:"count"`
	Unit  string        `json:"unit" ts:"'items' | 'percent'"`
	Href  string        `json:"href"` // empty without a list
	Tone  staffweb.Tone `json:"tone"`
}

// WindowToday is how a window stands today, in visits.
type WindowToday struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Open   bool   `json:"open"`
	Web    Taken  `json:"web"`
	Office Taken  `json:"office"`
	Counts
}

// JobRow is something that the service does by itself.
type JobRow struct {
	ID        string        `json:"id"`
	Label     string        `json:"label"`
	Running   bool          `json:"running"`
	StartedAt string        `json:"startedAt"` // of the last run
	EndedAt   string        `json:"endedAt"`
	DueAt     string        `json:"dueAt"`
	Tone      staffweb.Tone `json:"tone"`
	Problem   string        `json:"problem"` // of the last run, in words
}

// Taken are the seats of one side.
type Taken struct {
	Taken int `json:"taken"`
	Seats int `json:"seats"`
}

// Home is the first screen of the day.
type Home struct {
	Tasks   []Task        `json:"tasks"`
	Windows []WindowToday `json:"windows"`
	Jobs    []JobRow      `json:"jobs"`
	Heard   *Heard        `json:"heard"` // from the office; nil where no exchange is set up, or for who may not see it
}

func (s *server) homeRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/home", Permission: staff.SignedIn, Handle: s.getHome, Out: Home{}},
	}
}

// getHome shows the day of the windows that the person may see. Who may see no
// bookings, such as the system administrator, finds the alarms only.
func (s *server) getHome(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) (out Home, err error) {
		if out.Windows, err = s.windowsToday(rx, r); err != nil {
			return out, err
		}
		if out.Tasks, err = s.tasks(rx, r); err != nil {
			return out, err
		}
		if out.Jobs, err = s.jobRows(rx); err != nil {
			return out, err
		}
		out.Heard, err = s.heardAtHome(rx, r)
		return out, err
	})
}

func (s *server) windowsToday(rx *store.Rx, r *http.Request) ([]WindowToday, error) {
	list := []WindowToday{}
	all, err := s.windowsFor(rx, r, staff.BookingView)
	if err != nil {
		return nil, err
	}
	today := jpdate.Day(rx.Today())
	for _, window := range all {
		if !window.OpenOn(today) {
			continue
		}
		one, err := s.windowToday(rx, window, today)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (s *server) windowToday(rx *store.Rx, window slot.Window, day jpdate.Day) (one WindowToday, err error) {
	slots, err := slot.OnDay(rx, s.Tenant, window.ID, day)
	if err != nil {
		return one, err
	}
	var seats CalendarDay
	for _, each := range slots {
		seats.add(each)
	}
	one = WindowToday{ID: window.ID, Name: window.Name, Open: seats.Slots > 0, Web: seats.Web, Office: seats.Office}
	visits, err := board.Day(rx, s.Tenant, window.ID, day)
	one.Counts = boardOf(window, visits, rx.Now).Total
	return one, err
}

// tasks are what waits for somebody. Each number has the list with the same rows
// behind it, where there is one.
func (s *server) tasks(rx *store.Rx, r *http.Request) ([]Task, error) {
	all, err := s.lists(rx, r)
	if err != nil {
		return nil, err
	}
	exchange, err := s.exchangeTasks(rx, r)
	if err != nil {
		return nil, err
	}
	all = append(all, exchange...)
	pressure, err := member.Pressure(rx, s.Tenant)
	if err != nil {
		return nil, err
	}
	if pressure >= alarmPercent {
		all = append(all, Task{Key: "pressure", Count: pressure, Unit: "percent", Tone: staffweb.ToneError})
	}
	for i := range all {
		all[i].Label = message.Text("console.task."+all[i].Key, nil)
		if all[i].Count == 0 {
			all[i].Tone = staffweb.ToneOK
		}
	}
	return all, nil
}

// heardAtHome is how old what is known of the office is.
func (s *server) heardAtHome(rx *store.Rx, r *http.Request) (*Heard, error) {
	if !staffweb.May(r, staff.BookingView) && !staffweb.May(r, staff.ExchangeWork) {
		return nil, nil //nolint:nilnil // not for this person
	}
	state, err := relay.Load(rx)
	if err != nil || state.Epoch == "" {
		return nil, err
	}
	h, err := s.heard(rx, state)
	return &h, err
}

// exchangeTasks are what waits for those who carry bundles.
func (s *server) exchangeTasks(rx *store.Rx, r *http.Request) ([]Task, error) {
	if !staffweb.May(r, staff.ExchangeWork) {
		return nil, nil
	}
	n, err := intake.CountAsides(rx, s.Tenant)
	return []Task{{Key: "asides", Count: n, Unit: "items", Href: "/exchange/asides", Tone: staffweb.ToneWarn}}, err
}

// lists count the lists that the person may see.
func (s *server) lists(rx *store.Rx, r *http.Request) ([]Task, error) {
	if !staffweb.May(r, staff.BookingView) {
		return []Task{}, nil
	}
	over, err := s.over(rx, r)
	if err != nil {
		return nil, err
	}
	calls, err := s.phoneTasks(rx, r, false)
	if err != nil {
		return nil, err
	}
	unreconciled := settledFilter(rx, r, reserve.Unreconciled)
	unreconciled.Limit = 1
	_, unsure, err := find.Search(rx, s.Tenant, unreconciled)
	if err != nil {
		return nil, err
	}
	mails, err := mail.Counts(rx, s.Tenant, mailWindows(r))
	return []Task{
		{Key: "over", Count: len(over), Unit: "items", Href: "/over", Tone: staffweb.ToneWarn},
		{Key: "calls", Count: len(calls), Unit: "items", Href: "/mails?list=calls", Tone: staffweb.ToneWarn},
		{Key: "unreconciled", Count: unsure, Unit: "items", Href: "/reconciliation", Tone: staffweb.ToneWarn},
		{Key: "rejected", Count: mails[mail.Rejected], Unit: "items", Href: "/mails?state=rejected", Tone: staffweb.ToneError},
		{Key: "unknown", Count: mails[mail.Unknown], Unit: "items", Href: "/mails?state=unknown", Tone: staffweb.ToneError},
		{Key: "stuck", Count: mails[mail.Stuck], Unit: "items", Href: "/mails?state=stuck", Tone: staffweb.ToneWarn},
	}, err
}

// jobRows are the jobs of the service with their last runs.
func (s *server) jobRows(rx *store.Rx) ([]JobRow, error) {
	list := []JobRow{}
	all, err := jobs.List(rx, s.Tenant)
	for _, j := range all {
		row := JobRow{
			ID: j.ID, Label: staffweb.Word("job.", j.ID), Running: j.Running, StartedAt: j.StartedAt, EndedAt: j.EndedAt, DueAt: j.DueAt,
			Tone: staffweb.ToneOK,
		}
		if j.Failed {
			row.Tone, row.Problem = staffweb.ToneError, message.Text("internal", nil)
			if j.Code != "" {
				row.Problem = message.Text(j.Code, nil)
			}
		}
		list = append(list, row)
	}
	return list, err
}

// alarmPercent of the attempts that the service takes: the city hears of it
// before the door closes.
const alarmPercent = 50
