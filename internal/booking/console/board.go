package console

import (
	"net/http"
	"time"

	"kofu/internal/booking/board"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Counts are visits by how far they are.
type Counts struct {
	Booked  int `json:"booked"`
	Late    int `json:"late"`
	Arrived int `json:"arrived"`
	Serving int `json:"serving"`
	Done    int `json:"done"`
	Missed  int `json:"missed"`
}

func (c *Counts) add(stage board.Stage) {
	switch stage {
	case board.Booked:
		c.Booked++
	case board.Late:
		c.Late++
	case board.Arrived:
		c.Arrived++
	case board.Serving:
		c.Serving++
	case board.Done:
		c.Done++
	case board.Missed:
		c.Missed++
	case board.None:
	}
}

// HalfHour is one line of a board.
type HalfHour struct {
	Minute int `json:"minute"` // of the day, at which it begins
	Counts
}

// BoardWindow is a window on the board.
type BoardWindow struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Total Counts     `json:"total"`
	Rows  []HalfHour `json:"rows"`
}

// Board is today at the windows that the person may see.
type Board struct {
	At      string        `json:"at"`
	Windows []BoardWindow `json:"windows"`
}

// VisitRow is one line of the list of a day. A party is one line.
type VisitRow struct {
	ID         string        `json:"id"`
	No         string        `json:"no"`
	Day        string        `json:"day"`
	Starts     string        `json:"starts"`
	Stage      board.Stage   `json:"stage" ts:"'' | 'booked' | 'late' | 'arrived' | 'serving' | 'done' | 'missed'"`
	State      reserve.State `json:"state"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	Counter    string        `json:"counter"`
	ArrivedAt  string        `json:"arrivedAt"`
	Persons    int           `json:"persons"`
	Procs      []string      `json:"procs"`
	Via        string        `json:"via"`
}

// Missing are those who did not come to a window.
type Missing struct {
	Provisional  []VisitRow `json:"provisional"`
	NoShow       []VisitRow `json:"noShow"`
	Unreconciled []VisitRow `json:"unreconciled"`
}

// DayClose closes a day of a window.
type DayClose struct {
	Day string `json:"day"`
}

// DayClosed is what the close of a day did.
type DayClosed struct {
	NoShow       int `json:"noShow"`
	Unreconciled int `json:"unreconciled"`
}

func (s *server) boardRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/board", Permission: staff.BookingView, Handle: s.getBoard, Out: Board{}},
		{Pattern: "GET /api/windows/{window}/visits", Permission: staff.BookingView, Handle: s.getVisits, Out: []VisitRow{}},
		{Pattern: "GET /api/windows/{window}/missing", Permission: staff.BookingView, Handle: s.getMissing, Out: Missing{}},
		{Pattern: "POST /api/windows/{window}/day-close", Permission: staff.ReceptionWork, Handle: s.postDayClose, In: DayClose{}, Out: DayClosed{}},
	}
}

func (s *server) getBoard(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) (Board, error) {
		out := Board{Windows: []BoardWindow{}}
		out.At = store.Stamp(rx.Now)
		windows, err := s.windowsFor(rx, r, staff.BookingView)
		if err != nil {
			return out, err
		}
		for _, window := range windows {
			visits, err := board.Day(rx, s.Tenant, window.ID, jpdate.Day(rx.Today()))
			if err != nil {
				return out, err
			}
			if one := boardOf(window, visits, rx.Now); len(one.Rows) > 0 || window.OpenOn(jpdate.Day(rx.Today())) {
				out.Windows = append(out.Windows, one)
			}
		}
		return out, nil
	})
}

// boardOf counts the visits of a window by half-hours.
func boardOf(window slot.Window, visits []board.Visit, now time.Time) BoardWindow {
	out := BoardWindow{ID: window.ID, Name: window.Name, Rows: []HalfHour{}}
	for _, v := range visits {
		stage := v.Stage(now, window.LateMinutes)
		if stage == board.None {
			continue
		}
		local := v.Starts.In(store.Tokyo)
		minute := (local.Hour()*60 + local.Minute()) / 30 * 30
		if n := len(out.Rows); n == 0 || out.Rows[n-1].Minute != minute { // they come in order
			out.Rows = append(out.Rows, HalfHour{Minute: minute})
		}
		out.Rows[len(out.Rows)-1].add(stage)
		out.Total.add(stage)
	}
	return out
}

// getVisits lists a day of a window, today without the parameter day.
func (s *server) getVisits(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), id); err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) ([]VisitRow, error) {
		list := []VisitRow{}
		day := jpdate.Day(r.URL.Query().Get("day"))
		if day == "" {
			day = jpdate.Day(rx.Today())
		}
		if !day.Valid() {
			return list, fault.New(fault.BadRequest, "web.day", "value", string(day))
		}
		n, late, err := s.namesAt(rx, id)
		if err != nil {
			return list, err
		}
		visits, err := board.Day(rx, s.Tenant, id, day)
		for _, v := range visits {
			list = append(list, n.visitRow(v, rx.Now, late))
		}
		return list, err
	})
}

// namesAt are the words of lists, with the minutes of grace of a window.
func (s *server) namesAt(rx *store.Rx, windowID string) (names, int, error) {
	window, found, err := slot.WindowByID(rx, s.Tenant, windowID)
	if err != nil {
		return names{}, 0, err
	}
	if !found {
		return names{}, 0, fault.New(fault.NotFound, "slot.window_unknown", "window", windowID)
	}
	n, err := s.names(rx)
	return n, window.LateMinutes, err
}

func (n names) visitRow(v board.Visit, now time.Time, late int) VisitRow {
	return VisitRow{
		ID: v.BookingID, No: v.No, Day: store.Day(v.Starts), Starts: store.Stamp(v.Starts), Stage: v.Stage(now, late), State: v.State,
		StateLabel: stateLabel(v.State), Tone: stateTones[v.State], Counter: v.Counter, ArrivedAt: stampOf(v.ArrivedAt), Persons: v.Persons,
		Procs: n.procs(v.Procs), Via: message.Text("booking.via."+string(v.Via), nil),
	}
}

// getMissing lists those who did not come, the newest first.
func (s *server) getMissing(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	const most = 500
	id := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), id); err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) (Missing, error) {
		out := Missing{Provisional: []VisitRow{}, NoShow: []VisitRow{}, Unreconciled: []VisitRow{}}
		n, late, err := s.namesAt(rx, id)
		if err != nil {
			return out, err
		}
		for state, list := range map[reserve.State]*[]VisitRow{
			reserve.Missed: &out.Provisional, reserve.NoShow: &out.NoShow, reserve.Unreconciled: &out.Unreconciled,
		} {
			visits, err := board.Unsettled(rx, s.Tenant, id, state, most)
			if err != nil {
				return out, err
			}
			for _, v := range visits {
				*list = append(*list, n.visitRow(v, rx.Now, late))
			}
		}
		return out, nil
	})
}

// postDayClose closes a day where reception works with this service. Where the
// appliance receives people, its own close decides.
func (s *server) postDayClose(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	in, err := staffweb.Decode[DayClose](r)
	if err != nil {
		return err
	}
	day := jpdate.Day(in.Day)
	if !day.Valid() {
		return fault.New(fault.BadRequest, "web.day", "value", in.Day)
	}
	var closed reserve.Closed
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		n, _, err := s.namesAt(tx.Rx, window)
		if err != nil {
			return err
		}
		if n.terms.Policy.Reception != receptionHere {
			return fault.New(fault.Conflict, "console.reception_elsewhere")
		}
		if day > jpdate.Day(tx.Today()) {
			return fault.New(fault.Invalid, "console.day_to_come", "day", in.Day)
		}
		closed, err = reserve.CloseDay(tx, s.Tenant, window, day)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, DayClosed{closed.NoShow, closed.Unreconciled})
}

// receptionHere is the policy's word for a reception that works with this
// service.
const receptionHere = "cloud"
