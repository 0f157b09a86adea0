package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// PersonRow is one person of a booking. Nobody is named: the number is that of
// the person within the booking.
type PersonRow struct {
	Ord        int           `json:"ord"`
	Procs      []string      `json:"procs"` // names
	Units      int           `json:"units"`
	State      reserve.State `json:"state"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	ArrivedAt  string        `json:"arrivedAt"`
	DoneAt     string        `json:"doneAt"`
	OldCard    bool          `json:"oldCard"`
	Handled    []string      `json:"handled"` // names
	Memo       string        `json:"memo"`
}

// BookingRow is a booking with its persons.
type BookingRow struct {
	ID         string        `json:"id"`
	No         string        `json:"no"`
	WindowID   string        `json:"windowId"`
	WindowName string        `json:"windowName"`
	SlotID     string        `json:"slotId"`
	Day        string        `json:"day"`
	Starts     string        `json:"starts"` // instant
	Minutes    int           `json:"minutes"`
	Side       slot.Side     `json:"side" ts:"'web' | 'office'"`
	Via        string        `json:"via"` // in words
	State      reserve.State `json:"state"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	Units      int           `json:"units"`
	MadeAt     string        `json:"madeAt"`
	Counter    string        `json:"counter"` // that has called the persons
	CalledAt   string        `json:"calledAt"`
	Procs      []string      `json:"procs"` // of all who have not left, in words
	Persons    []PersonRow   `json:"persons"`
}

// stateTones are the tones of the states.
var stateTones = map[reserve.State]staffweb.Tone{
	reserve.Pending: staffweb.ToneSame, reserve.Offered: staffweb.ToneSame, reserve.Active: staffweb.ToneOther, reserve.Arrived: staffweb.ToneOK,
	reserve.Again: staffweb.ToneWarn, reserve.Visited: staffweb.ToneOK, reserve.Missed: staffweb.ToneWarn, reserve.NoShow: staffweb.ToneError,
	reserve.Unreconciled: staffweb.ToneWarn, reserve.Cancelled: staffweb.ToneSame, reserve.CancelledByOffice: staffweb.ToneSame,
	reserve.Expired: staffweb.ToneSame,
}

func stateLabel(s reserve.State) string { return message.Text("booking.state."+string(s), nil) }

func (n names) bookingRow(b reserve.Booking) BookingRow {
	row := BookingRow{
		ID: b.ID, No: b.No, WindowID: b.WindowID, WindowName: n.windows[b.WindowID], SlotID: b.SlotID, Day: store.Day(b.Starts),
		Starts: store.Stamp(b.Starts), Minutes: b.Minutes, Side: b.Side, Via: message.Text("booking.via."+string(b.Via), nil),
		State: b.State, StateLabel: stateLabel(b.State), Tone: stateTones[b.State], Units: b.Units(), MadeAt: store.Stamp(b.MadeAt),
		Counter: b.Counter, CalledAt: stampOf(b.CalledAt), Procs: []string{}, Persons: []PersonRow{},
	}
	for _, p := range b.Persons {
		person := PersonRow{
			Ord: p.Ord, Procs: n.procs(p.Procs), Units: p.Units, State: p.State, StateLabel: stateLabel(p.State), Tone: stateTones[p.State],
			ArrivedAt: stampOf(p.ArrivedAt), DoneAt: stampOf(p.DoneAt), OldCard: p.Handled.OldCard, Handled: []string{}, Memo: p.Handled.Memo,
		}
		for _, code := range p.Handled.Codes {
			person.Handled = append(person.Handled, n.handled.Name(code))
		}
		row.Persons = append(row.Persons, person)
		if p.State.Ended() && !b.State.Ended() {
			continue
		}
		for _, name := range person.Procs {
			if !slices.Contains(row.Procs, name) {
				row.Procs = append(row.Procs, name)
			}
		}
	}
	return row
}

func (n names) slotRow(s slot.Slot) SlotRow {
	row := slotRow(s)
	row.WindowName = n.windows[s.WindowID]
	return row
}

// BookingPage is a booking as somebody opens it. Contact is what was left with
// it, masked, as far as the person may see.
type BookingPage struct {
	BookingRow
	Contact []ContactValue `json:"contact"`
}

func (s *server) bookingRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/bookings/{id}", Permission: staff.BookingView, Handle: s.getBooking, Out: BookingPage{}},
	}
}

// getBooking shows a booking and notes who has opened it.
func (s *server) getBooking(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return record(s, w, r, actor, func(tx *store.Tx) (page BookingPage, err error) {
		b, err := s.bookingHere(tx.Rx, r)
		if err != nil {
			return page, err
		}
		n, err := s.names(tx.Rx)
		if err != nil {
			return page, err
		}
		page.BookingRow = n.bookingRow(b)
		if page.Contact, err = s.masked(tx.Rx, r, n, b); err != nil {
			return page, err
		}
		return page, viewed(tx, r, reserve.Object(s.Tenant, b.ID))
	})
}

// bookingHere is the booking of the path, at a window where the person may.
func (s *server) bookingHere(rx *store.Rx, r *http.Request) (reserve.Booking, error) {
	b, err := s.booking(rx, r.PathValue("id"))
	if err == nil {
		err = gate.AtWindow(r.Context(), b.WindowID)
	}
	return b, err
}

// booking finds a booking. Errors: fault.NotFound "booking.unknown".
func (s *server) booking(rx *store.Rx, id string) (reserve.Booking, error) {
	b, found, err := reserve.ByID(rx, s.Tenant, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "booking.unknown")
	}
	return b, err
}

// replyBooking answers with a booking.
func (s *server) replyBooking(w http.ResponseWriter, r *http.Request, b reserve.Booking) error {
	return answer(s, w, r, func(rx *store.Rx) (BookingRow, error) {
		n, err := s.names(rx)
		return n.bookingRow(b), err
	})
}
