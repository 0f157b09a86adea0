package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/front"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Entry is what was scanned or typed: a code or a receipt number. It never
// stands in an address.
type Entry struct {
	Entry string `json:"entry"`
}

// Guest is somebody with a code, for whom the office may book. Nobody is named.
type Guest struct {
	Link      string            `json:"link"`
	Gen       int               `json:"gen"`
	Ordinal   int               `json:"ordinal"` // on the letter of a household, 0 without one
	State     string            `json:"state"`   // in words
	Tone      staffweb.Tone     `json:"tone"`
	MayBook   bool              `json:"mayBook"`
	From      string            `json:"from"`     // instants between which residents book with it
	Until     string            `json:"until"`    //
	Password  bool              `json:"password"` // a forgotten one can be renewed with a number
	Procs     []staffweb.Choice `json:"procs"`    // that can be booked
	Household []Guest           `json:"household"`
}

// Found is what an entry leads to.
type Found struct {
	Guest    *Guest       `json:"guest,omitempty"` // without one, the entry was a receipt number
	Bookings []BookingRow `json:"bookings"`        // the newest first
}

// NewBooking books for residents. Token is made by the screen, once for each
// form.
type NewBooking struct {
	Token    string       `json:"token"`
	Via      reserve.Via  `json:"via" ts:"'phone' | 'counter' | 'visit'"`
	Guests   []GuestProcs `json:"guests"`
	SlotID   string       `json:"slotId"`
	Side     slot.Side    `json:"side" ts:"'web' | 'office'"`
	Adjacent bool         `json:"adjacent"` // whom the slot does not hold may come in the next ones
	Override string       `json:"override"` // reason to go beyond a deadline, empty not to
	Lang     string       `json:"lang"`
}

// GuestProcs is one person of a booking with what they come for.
type GuestProcs struct {
	Link  string           `json:"link"`
	Gen   int              `json:"gen"`
	Procs []slot.Procedure `json:"procs"`
}

// BookingChange moves a booking.
type BookingChange struct {
	Token    string      `json:"token"`
	Via      reserve.Via `json:"via" ts:"'phone' | 'counter' | 'visit'"`
	SlotID   string      `json:"slotId"`
	Adjacent bool        `json:"adjacent"`
	Override string      `json:"override"`
}

// BookingCancel ends a booking, or takes one person out of it.
type BookingCancel struct {
	Token    string      `json:"token"`
	Via      reserve.Via `json:"via" ts:"'phone' | 'counter' | 'visit'"`
	Ord      int         `json:"ord"` // of the person who leaves, 0 for all
	Override string      `json:"override"`
}

func (s *server) proxyRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/find", Permission: staff.BookingEdit, Handle: s.postFind, In: Entry{}, Out: Found{}},
		{Pattern: "GET /api/windows/{window}/seats", Permission: staff.BookingEdit, Handle: s.getSeats, Out: []SlotRow{}},
		{Pattern: "POST /api/bookings", Permission: staff.BookingEdit, Handle: s.postBooking, In: NewBooking{}, Out: BookingRow{}},
		{Pattern: "POST /api/bookings/{id}/change", Permission: staff.BookingEdit, Handle: s.postBookingChange, In: BookingChange{}, Out: BookingRow{}},
		{Pattern: "POST /api/bookings/{id}/cancel", Permission: staff.BookingEdit, Handle: s.postBookingCancel, In: BookingCancel{}, Out: BookingRow{}},
	}
}

// postFind shows what an entry leads to and notes who has looked.
func (s *server) postFind(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Entry](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (out Found, err error) {
		f, err := s.find(tx.Rx, in.Entry)
		if err != nil {
			return out, err
		}
		n, err := s.names(tx.Rx)
		if err != nil {
			return out, err
		}
		out.Bookings = []BookingRow{}
		for _, b := range slices.Backward(f.list) {
			if gate.AtWindow(r.Context(), b.WindowID) == nil {
				out.Bookings = append(out.Bookings, n.bookingRow(b))
			}
		}
		if f.member != nil {
			guest, err := s.guest(tx.Rx, n, *f.member, true)
			if err != nil {
				return out, err
			}
			out.Guest = &guest
		} else if len(out.Bookings) == 0 {
			return out, gate.AtWindow(r.Context(), f.list[0].WindowID)
		}
		return out, f.viewed(tx, r, s.Tenant)
	})
}

// guest is what the office may do for a member, with the household or without.
func (s *server) guest(rx *store.Rx, n names, m member.Member, household bool) (Guest, error) {
	g := Guest{
		Link: m.Link, Gen: m.Gen, Ordinal: m.Ordinal, State: staffweb.Word("console.member.", string(m.State)), Tone: staffweb.ToneOK,
		MayBook: m.State == member.Ready || m.State == member.Issued, From: store.Stamp(m.From), Until: store.Stamp(m.Until),
		Procs: []staffweb.Choice{}, Household: []Guest{},
	}
	g.Password = g.MayBook && numbersHelp(n.terms.Policy)
	switch {
	case !g.MayBook:
		g.Tone = staffweb.ToneError
	case m.State == member.Issued:
		g.Tone = staffweb.ToneWarn
	}
	for _, p := range m.Procs.List() {
		if m.State == member.Ready || p != slot.Receive {
			g.Procs = append(g.Procs, staffweb.Choice{Code: string(p), Label: procedureName(n.terms, p)})
		}
	}
	if _, live, err := reserve.LiveOf(rx, s.Tenant, m.Link); err != nil || live {
		g.MayBook = false
		return g, err
	}
	if !household || n.terms.Policy.GroupMode == string(reserve.NoHousehold) {
		return g, nil
	}
	others, err := member.Household(rx, s.Tenant, m.Group)
	for _, o := range others {
		if err != nil || o.Link == m.Link {
			continue
		}
		var one Guest
		one, err = s.guest(rx, n, o, false)
		g.Household = append(g.Household, one)
	}
	return g, err
}

// getSeats lists the slots of a window from the day from on, so many days.
func (s *server) getSeats(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window, from := r.PathValue("window"), jpdate.Day(r.URL.Query().Get("from"))
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	if !from.Valid() {
		return fault.New(fault.BadRequest, "web.day", "value", string(from))
	}
	days, err := staffweb.Number(r, "days", 1)
	if err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) ([]SlotRow, error) {
		list := []SlotRow{}
		for i := range min(days, 62) {
			slots, err := slot.OnDay(rx, s.Tenant, window, from.AddDays(i))
			if err != nil {
				return list, err
			}
			for _, one := range slots {
				if one.Open && one.Starts.After(rx.Now) {
					list = append(list, slotRow(one))
				}
			}
		}
		return list, nil
	})
}

// atSlot makes sure that the person may book at the window of a slot, and that
// its office seats are given away here.
func (s *server) atSlot(r *http.Request, slotID string, side slot.Side) error {
	return s.DB.Read(r.Context(), func(rx *store.Rx) error {
		to, found, err := slot.ByID(rx, s.Tenant, slotID)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "slot.unknown")
		}
		if err := gate.AtWindow(r.Context(), to.WindowID); err != nil {
			return err
		}
		window, _, err := slot.WindowByID(rx, s.Tenant, to.WindowID)
		if err == nil && side == slot.Office && window.OfficeSeats != slot.InCloud {
			err = fault.New(fault.Conflict, "console.office_seats_elsewhere", "window", window.Name)
		}
		return err
	})
}

func (s *server) postBooking(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[NewBooking](r)
	if err != nil {
		return err
	}
	if err := s.atSlot(r, in.SlotID, in.Side); err != nil {
		return err
	}
	request := reserve.Request{
		Token: in.Token, By: reserve.By{Via: in.Via, Override: in.Override}, SlotID: in.SlotID, Side: in.Side, Adjacent: in.Adjacent,
	}
	for _, g := range in.Guests {
		procs, err := slot.ParseProcs(g.Procs...)
		if err != nil {
			return err
		}
		request.Guests = append(request.Guests, reserve.Guest{Link: g.Link, Gen: g.Gen, Procs: procs})
	}
	b, err := s.desk.Book(r.Context(), actor, front.Request{Request: request, Lang: in.Lang})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b)
}

// act is what the office does to a booking of the path. It asks whether the
// person may at the booking's window.
func (s *server) act(r *http.Request, token string, by reserve.By) (reserve.Act, reserve.Booking, error) {
	var b reserve.Booking
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		b, err = s.bookingHere(rx, r)
		return err
	})
	return reserve.Act{Tenant: s.Tenant, Token: token, BookingID: b.ID, By: by}, b, err
}

func (s *server) postBookingChange(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[BookingChange](r)
	if err != nil {
		return err
	}
	a, b, err := s.act(r, in.Token, reserve.By{Via: in.Via, Override: in.Override})
	if err != nil {
		return err
	}
	if err := s.atSlot(r, in.SlotID, b.Side); err != nil {
		return err
	}
	if b, err = s.desk.Change(r.Context(), actor, a, in.SlotID, in.Adjacent); err != nil {
		return err
	}
	return s.replyBooking(w, r, b)
}

func (s *server) postBookingCancel(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[BookingCancel](r)
	if err != nil {
		return err
	}
	a, b, err := s.act(r, in.Token, reserve.By{Via: in.Via, Override: in.Override})
	if err != nil {
		return err
	}
	if in.Ord == 0 {
		b, err = s.desk.Cancel(r.Context(), actor, a, "")
	} else if i := slices.IndexFunc(b.Persons, func(p reserve.Person) bool { return p.Ord == in.Ord }); i >= 0 {
		b, err = s.desk.Leave(r.Context(), actor, a, b.Persons[i].Link)
	} else {
		err = fault.New(fault.NotFound, "booking.unknown")
	}
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b)
}
