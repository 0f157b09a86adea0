package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/relay"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// CounterWindow is a window of the office.
type CounterWindow struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Seats string `json:"seats" ts:"'office' | 'cloud'"` // who gives the office seats away
}

// Counters is what the screens of the counter begin with.
type Counters struct {
	Windows    []CounterWindow   `json:"windows"`
	Procedures []staffweb.Choice `json:"procedures"`
	Today      string            `json:"today"`
	Next       string            `json:"next"`    // day for which cards are fetched, '' for none
	HeardAt    string            `json:"heardAt"` // when the newest bundle of the booking service was made, '' for never
}

// VisitPerson is one person of a booking.
type VisitPerson struct {
	Ord        int           `json:"ord"`
	CardID     int64         `json:"cardId"`
	NoticeNo   string        `json:"noticeNo"`
	Name       string        `json:"name"`
	GaijiSet   string        `json:"gaijiSet"`
	Procs      []string      `json:"procs"` // in words
	State      string        `json:"state"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	Custody    string        `json:"custody"` // of the card, in words
	Place      string        `json:"place"`
	Stopped    bool          `json:"stopped"` // a hold stops the card
	Given      bool          `json:"given"`   // the card was handed over on this visit
	Collects   bool          `json:"collects"`
	ArrivedAt  string        `json:"arrivedAt"`
	DoneAt     string        `json:"doneAt"`
	Acts       []string      `json:"acts"`
}

// CounterBooking is a booking or a visit with its persons.
type CounterBooking struct {
	BK          string        `json:"bk"`
	No          string        `json:"no"`
	Source      string        `json:"source" ts:"'cloud' | 'office' | 'visit'"`
	SourceLabel string        `json:"sourceLabel"`
	WindowID    string        `json:"windowId"`
	Window      string        `json:"window"`
	Day         string        `json:"day"`
	Start       string        `json:"start"` // 09:30
	Elsewhere   bool          `json:"elsewhere"`
	State       string        `json:"state"`
	StateLabel  string        `json:"stateLabel"`
	Tone        staffweb.Tone `json:"tone"`
	Persons     []VisitPerson `json:"persons"`
	Acts        []string      `json:"acts"` // with everybody
}

// VisitCounts are persons.
type VisitCounts struct {
	Coming int `json:"coming"`
	Here   int `json:"here"`
	Done   int `json:"done"`
	Missed int `json:"missed"`
}

// VisitDay is who comes to a window on a day.
type VisitDay struct {
	Rows     []CounterBooking `json:"rows"`
	Counts   VisitCounts      `json:"counts"`
	ClosedAt string           `json:"closedAt"`
}

func (s *server) counterRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/counter", Permission: staff.CardView, Handle: s.getCounters, Out: Counters{}},
		{Pattern: "GET /api/counter/visits", Permission: staff.VisitHandover, Handle: s.getVisits, Out: VisitDay{}},
		{Pattern: "GET /api/counter/visits/file", Permission: staff.ListExport, Handle: s.getVisitsFile},
		{Pattern: "POST /api/counter/arrivals", Permission: staff.VisitHandover, Handle: s.postArrival, In: ArrivalRequest{}, Out: ArrivalResult{}},
		{Pattern: "POST /api/counter/walk-ins", Permission: staff.VisitHandover, Handle: s.postWalkIn, In: WalkInRequest{}, Out: CounterBooking{}},
		{Pattern: "POST /api/counter/bookings/{bk}/acts", Permission: staff.VisitHandover, Handle: s.postVisitAct, In: VisitAct{}, Out: CounterBooking{}},
		{Pattern: "GET /api/counter/seats", Permission: staff.VisitHandover, Handle: s.getSeats, Out: SeatDay{}},
		{Pattern: "POST /api/counter/guests", Permission: staff.VisitHandover, Handle: s.postGuest, In: GuestScan{}, Out: Guest{}},
		{Pattern: "POST /api/counter/bookings", Permission: staff.VisitHandover, Handle: s.postSeat, In: SeatRequest{}, Out: CounterBooking{}},
		{Pattern: "POST /api/counter/bookings/{bk}/move", Permission: staff.VisitHandover, Handle: s.postSeatMove, In: SeatMove{}, Out: CounterBooking{}},
		{Pattern: "GET /api/counter/picks", Permission: staff.CardWork, Handle: s.getPicks, Out: PickList{}},
		{Pattern: "GET /api/counter/picks.pdf", Permission: staff.CardWork, Handle: s.getPicksPDF},
		{Pattern: "POST /api/counter/picks", Permission: staff.CardWork, Handle: s.postPick, In: PickScan{}, Out: ScanResult{}},
		{Pattern: "GET /api/counter/returns", Permission: staff.CardWork, Handle: s.getReturns, Out: []ReturnRow{}},
		{Pattern: "POST /api/counter/returns", Permission: staff.CardWork, Handle: s.postReturn, In: PickScan{}, Out: ScanResult{}},
		{Pattern: "GET /api/counter/closing", Permission: staff.VisitHandover, Handle: s.getClosing, Out: []ClosingRow{}},
		{Pattern: "POST /api/counter/closing", Permission: staff.VisitHandover, Handle: s.postClosing, In: ClosingRequest{}, Out: DayClosed{}},
	}
}

// stateTones are the tones of the states of a person.
var stateTones = map[counter.State]staffweb.Tone{
	counter.Active: staffweb.ToneOther, counter.Arrived: staffweb.ToneOK, counter.Again: staffweb.ToneWarn, counter.Visited: staffweb.ToneSame,
	counter.Missed: staffweb.ToneWarn, counter.NoShow: staffweb.ToneError, counter.Unreconciled: staffweb.ToneWarn,
	counter.Cancelled: staffweb.ToneSame, counter.CancelledByOffice: staffweb.ToneSame,
}

var counterActs = []counter.Act{counter.ActArrive, counter.ActFinish, counter.ActAgain, counter.ActUndo, counter.ActLeave}

func procedureNames(codes []string) []string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = staffweb.Word("counter.procedure.", code)
	}
	return names
}

func procedureChoices() (list []staffweb.Choice) {
	for _, p := range counter.Procedures {
		list = append(list, staffweb.Choice{Code: string(p), Label: staffweb.Word("counter.procedure.", string(p))})
	}
	return list
}

func (s *server) getCounters(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := Counters{Windows: []CounterWindow{}, Procedures: procedureChoices()}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		windows, err := openWindows(rx)
		if err != nil {
			return err
		}
		for _, one := range windows {
			out.Windows = append(out.Windows, CounterWindow{one.ID, one.Name, string(one.Seats)})
		}
		out.Today = rx.Today()
		if out.Next, err = counter.NextDay(rx, rx.Today()); err != nil {
			return err
		}
		state, err := relay.Load(rx)
		out.HeardAt = state.HeardAt
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func openWindows(rx *store.Rx) ([]counter.Window, error) {
	all, err := counter.Windows(rx)
	return slices.DeleteFunc(all, func(w counter.Window) bool { return w.Closed }), err
}

// dayOr is the day that a query asks for, otherwise the one that is shown without.
// Whatever else stands there is refused before it is noted anywhere.
func dayOr(query url.Values, otherwise string) (string, error) {
	day := cmp.Or(query.Get("day"), otherwise)
	if !jpdate.Day(day).Valid() {
		return "", fault.New(fault.Invalid, "counter.day_unread")
	}
	return day, nil
}

func (s *server) getVisits(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window := r.URL.Query().Get("window")
	out := VisitDay{Rows: []CounterBooking{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		day, err := dayOr(r.URL.Query(), rx.Today())
		if err != nil {
			return err
		}
		if _, err := counter.WindowByID(rx, window); err != nil {
			return err
		}
		list, err := counter.OnDay(rx, window, day)
		if err != nil {
			return err
		}
		v, err := newVisits(rx, list)
		if err != nil {
			return err
		}
		for _, b := range list {
			row := v.row(rx, b)
			row.Elsewhere = b.Here != "" && b.Here != window
			out.Counts.add(row)
			out.Rows = append(out.Rows, row)
		}
		c, _, err := counter.ClosingOf(rx, window, day)
		out.ClosedAt = c.At
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func (c *VisitCounts) add(row CounterBooking) {
	for _, p := range row.Persons {
		switch counter.State(p.State) {
		case counter.Active:
			c.Coming++
		case counter.Arrived:
			c.Here++
		case counter.Visited, counter.Again:
			c.Done++
		case counter.Missed, counter.NoShow:
			c.Missed++
		}
	}
}

// visits turns bookings into rows, with the cards of their persons.
type visits struct {
	windows map[string]counter.Window
	cards   map[int64]progress.Row
	closed  map[string]bool // window and day
}

func newVisits(rx *store.Rx, list []counter.Booking) (v visits, err error) {
	v = visits{windows: map[string]counter.Window{}, cards: map[int64]progress.Row{}, closed: map[string]bool{}}
	windows, err := counter.Windows(rx)
	if err != nil {
		return v, err
	}
	for _, w := range windows {
		v.windows[w.ID] = w
	}
	var ids []int64
	for _, b := range list {
		key := b.WindowID + " " + b.Day
		if _, known := v.closed[key]; !known {
			if _, v.closed[key], err = counter.ClosingOf(rx, b.WindowID, b.Day); err != nil {
				return v, err
			}
		}
		for _, p := range b.Persons {
			if p.CardID != 0 {
				ids = append(ids, p.CardID)
			}
		}
	}
	for part := range slices.Chunk(ids, 500) {
		cards, err := progress.Cards(rx, progress.Filter{IDs: part})
		if err != nil {
			return v, err
		}
		for _, c := range cards.Rows {
			v.cards[c.ID] = c
		}
	}
	return v, nil
}

func (v visits) row(rx *store.Rx, b counter.Booking) CounterBooking {
	row := CounterBooking{
		BK: b.ID, No: b.No, Source: string(b.Source), SourceLabel: message.Text("counter.source."+string(b.Source), nil),
		WindowID: b.WindowID, Window: v.windows[b.WindowID].Name, Day: b.Day, Start: b.Starts.In(store.Tokyo).Format("15:04"),
		Persons: []VisitPerson{}, Acts: []string{},
	}
	state := b.State()
	for _, p := range b.Persons {
		one := v.person(rx, b, p)
		if counter.State(one.State) != p.State() && p.State() == state {
			state = counter.State(one.State)
		}
		row.Persons = append(row.Persons, one)
	}
	row.State, row.StateLabel, row.Tone = string(state), staffweb.Word("booking.state.", string(state)), stateTones[state]
	for _, a := range counterActs {
		if slices.ContainsFunc(b.Persons, func(p counter.Person) bool { return b.Can(p, a) }) {
			row.Acts = append(row.Acts, string(a))
		}
	}
	return row
}

func (v visits) person(rx *store.Rx, b counter.Booking, p counter.Person) VisitPerson {
	state := v.shown(b, p, rx.Now)
	codes := p.Procs.List()
	out := VisitPerson{
		Ord: p.Ord, CardID: p.CardID, Procs: procedureNames(codes), State: string(state), StateLabel: staffweb.Word("booking.state.", string(state)),
		Tone: stateTones[state], Given: p.Given != 0, Collects: p.Procs.Has(counter.Receive), ArrivedAt: p.ArrivedAt, DoneAt: p.DoneAt, Acts: []string{},
	}
	if p.Held {
		out.StateLabel, out.Tone = message.Text("counter.held", nil), staffweb.ToneError
	}
	for _, a := range counterActs {
		if b.Can(p, a) {
			out.Acts = append(out.Acts, string(a))
		}
	}
	if c, known := v.cards[p.CardID]; known {
		out.NoticeNo, out.Name, out.GaijiSet, out.Place, out.Stopped = c.NoticeNo, c.Name, c.GaijiSet, c.Place, c.Stops > 0
		out.Custody = staffweb.Word("custody.", string(c.Custody))
	}
	return out
}

// shown is the state that the screens show: who is late counts as missed until
// the day is closed, and as a no-show from then on, even before the booking
// service has said so.
func (v visits) shown(b counter.Booking, p counter.Person, now time.Time) counter.State {
	state := p.State()
	if state != counter.Active && state != counter.Missed || p.Held {
		return state
	}
	switch {
	case v.closed[b.WindowID+" "+b.Day]:
		return agree.NoShow
	case v.windows[b.WindowID].Late(b, p, now):
		return agree.Missed
	}
	return state
}

// replyBooking answers with a booking as it is now.
func (s *server) replyBooking(w http.ResponseWriter, r *http.Request, bk string) error {
	var out CounterBooking
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = bookingRow(rx, bk)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func bookingRow(rx *store.Rx, bk string) (CounterBooking, error) {
	b, err := counter.ByID(rx, bk)
	if err != nil {
		return CounterBooking{}, err
	}
	v, err := newVisits(rx, []counter.Booking{b})
	return v.row(rx, b), err
}
