package web

import (
	"cmp"
	"net/http"
	"time"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/progress"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// SeatSlot is one beginning of a day at a window that is still to come.
type SeatSlot struct {
	Start string   `json:"start"` // as a booking names it: 2026-11-25T10:00:00+09:00
	Time  string   `json:"time"`  // 10:00
	Procs []string `json:"procs"` // in words; none for all
	Seats int      `json:"seats"`
	Taken int      `json:"taken"`
	Free  int      `json:"free"`
}

// SeatsOfDay is a day with the office seats that are left.
type SeatsOfDay struct {
	Day  string `json:"day"`
	Free int    `json:"free"`
}

// SeatDay is a window with its days, and one of them in full.
type SeatDay struct {
	Seats    string           `json:"seats" ts:"'office' | 'cloud'"`
	Days     []SeatsOfDay     `json:"days"`
	Day      string           `json:"day"`
	Slots    []SeatSlot       `json:"slots"`
	Bookings []CounterBooking `json:"bookings"` // of the office seats
}

// Guest is somebody who can be booked, or received without a booking.
type Guest struct {
	CardID   int64           `json:"cardId"`
	NoticeNo string          `json:"noticeNo"`
	Name     string          `json:"name"`
	GaijiSet string          `json:"gaijiSet"`
	Status   string          `json:"status"` // of the card, in words
	Ready    bool            `json:"ready"`  // the card can be collected
	Booking  *CounterBooking `json:"booking,omitempty"`
}

const daysAhead = 62

func (s *server) getSeats(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id := r.URL.Query().Get("window")
	out := SeatDay{Days: []SeatsOfDay{}, Slots: []SeatSlot{}, Bookings: []CounterBooking{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		window, err := counter.WindowByID(rx, id)
		if err != nil {
			return err
		}
		out.Seats = string(window.Seats)
		days, err := counter.Days(rx, id, daysAhead)
		if err != nil {
			return err
		}
		free := ""
		for _, d := range days {
			out.Days = append(out.Days, SeatsOfDay{d.Day, d.Free})
			if free == "" && d.Free > 0 {
				free = d.Day
			}
		}
		if out.Day, err = dayOr(r.URL.Query(), cmp.Or(free, rx.Today())); err != nil {
			return err
		}
		return out.fill(rx, id)
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// fill adds the slots of the day and who holds its office seats.
func (d *SeatDay) fill(rx *store.Rx, window string) error {
	slots, err := counter.Slots(rx, window, d.Day)
	if err != nil {
		return err
	}
	for _, one := range slots {
		if !one.Starts.After(rx.Now) {
			continue
		}
		local := one.Starts.In(store.Tokyo)
		slot := SeatSlot{
			Start: local.Format(time.RFC3339), Time: local.Format("15:04"), Procs: procedureNames(one.Procs.List()),
			Seats: one.OfficeCap, Taken: one.OfficeTaken, Free: one.OfficeFree(),
		}
		d.Slots = append(d.Slots, slot)
	}
	list, err := counter.OnDay(rx, window, d.Day)
	if err != nil {
		return err
	}
	v, err := newVisits(rx, list)
	if err != nil {
		return err
	}
	for _, b := range list {
		if b.Source == counter.FromOffice {
			d.Bookings = append(d.Bookings, v.row(rx, b))
		}
	}
	return nil
}

// GuestScan is what was scanned or typed; it stands in no address.
type GuestScan struct {
	Code string `json:"code"`
}

// postGuest finds somebody by what was scanned or typed.
func (s *server) postGuest(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[GuestScan](r)
	if err != nil {
		return err
	}
	var out Guest
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		f, err := counter.Find(rx, s.Ring, in.Code)
		if err != nil {
			return err
		}
		if f.Card.ID == 0 && len(f.Booking.Persons) > 0 && f.Booking.Persons[0].CardID != 0 {
			if f.Card, err = card.ByID(rx, f.Booking.Persons[0].CardID); err != nil {
				return err
			}
		}
		if f.Card.ID == 0 {
			return fault.New(fault.NotFound, "counter.unknown_code", "code", f.Booking.No)
		}
		out, err = guestOf(rx, f)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func guestOf(rx *store.Rx, f counter.Found) (g Guest, err error) {
	list, err := progress.Cards(rx, progress.Filter{IDs: []int64{f.Card.ID}})
	if err != nil || len(list.Rows) == 0 {
		return g, err
	}
	c := list.Rows[0]
	g = Guest{
		CardID: c.ID, NoticeNo: c.NoticeNo, Name: c.Name, GaijiSet: c.GaijiSet, Status: stateWords(c.State),
		Ready: counter.Collectable(c.Card),
	}
	if f.Booking.ID != "" {
		row, err := bookingRow(rx, f.Booking.ID)
		if err != nil {
			return g, err
		}
		g.Booking = &row
	}
	return g, nil
}

// SeatGuest is one person to be booked.
type SeatGuest struct {
	CardID int64    `json:"cardId"`
	Procs  []string `json:"procs"`
}

// SeatRequest books office seats.
type SeatRequest struct {
	WindowID string      `json:"windowId"`
	Start    string      `json:"start"`
	Via      string      `json:"via" ts:"'phone' | 'counter'"`
	Guests   []SeatGuest `json:"guests"`
}

func (s *server) postSeat(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[SeatRequest](r)
	if err != nil {
		return err
	}
	starts, err := startOf(in.Start)
	if err != nil {
		return err
	}
	n := counter.New{WindowID: in.WindowID, Starts: starts, Via: in.Via}
	for _, g := range in.Guests {
		n.Guests = append(n.Guests, counter.Guest{CardID: g.CardID, Procs: g.Procs})
	}
	var b counter.Booking
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) (err error) {
		b, err = counter.Book(tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b.ID)
}

func startOf(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fault.New(fault.Invalid, "counter.no_slot").Because(err)
	}
	return t, nil
}

// SeatMove brings a booking of office seats to another slot.
type SeatMove struct {
	WindowID string `json:"windowId"`
	Start    string `json:"start"`
}

func (s *server) postSeatMove(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[SeatMove](r)
	if err != nil {
		return err
	}
	starts, err := startOf(in.Start)
	if err != nil {
		return err
	}
	bk := r.PathValue("bk")
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) error {
		_, err := counter.Move(tx, bk, in.WindowID, starts)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, bk)
}
