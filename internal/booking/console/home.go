package console

import (
	"net/http"

	"kofu/internal/booking/board"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
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
	ID      string `json:"id"`
	Name    string `json:"name"`
	Open    bool   `json:"open"`
	Web     Taken  `json:"web"`
	Office  Taken  `json:"office"`
	Booked  int    `json:"booked"` // still to come
	Visits  int    `json:"visits"` // all of the day but cancelled ones
	Persons int    `json:"persons"`
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
}

func (s *server) homeRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/home", Permission: staff.SignedIn, Handle: s.getHome, Out: Home{}},
	}
}

// getHome shows the day of the windows that the person may see. Who may see no
// bookings, such as the system administrator, finds the alarms only.
func (s *server) getHome(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := Home{Tasks: []Task{}, Windows: []WindowToday{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if out.Windows, err = s.windowsToday(rx, r); err != nil {
			return err
		}
		out.Tasks, err = s.tasks(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
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
	seats, err := board.SeatsOf(rx, s.Tenant, window.ID, day)
	if err != nil {
		return one, err
	}
	one = WindowToday{
		ID: window.ID, Name: window.Name, Open: seats.WebCap+seats.OfficeCap > 0,
		Web: Taken{seats.WebTaken, seats.WebCap}, Office: Taken{seats.OfficeTaken, seats.OfficeCap},
	}
	visits, err := board.Day(rx, s.Tenant, window.ID, day)
	for _, v := range visits {
		if v.Persons == 0 {
			continue
		}
		one.Visits++
		one.Persons += v.Persons
	}
	return one, err
}

// tasks are the alarms. Each number has the list with the same rows behind it,
// where there is one.
func (s *server) tasks(rx *store.Rx) ([]Task, error) {
	over, err := board.Over(rx, s.Tenant)
	if err != nil {
		return nil, err
	}
	pressure, err := member.Pressure(rx, s.Tenant)
	if err != nil {
		return nil, err
	}
	all := []Task{
		{Key: "over", Count: len(over), Unit: "items", Tone: staffweb.ToneWarn},
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

// alarmPercent of the attempts that the service takes: the city hears of it
// before the door closes.
const alarmPercent = 50
