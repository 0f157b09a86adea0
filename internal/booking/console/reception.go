package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ArrivalScan is a scan at the reception of a window. Today brings a booking of
// another day or window here.
type ArrivalScan struct {
	WindowID string `json:"windowId"`
	Entry    string `json:"entry"`
	Today    bool   `json:"today"`
}

// ArrivalResult is the answer to a scan.
type ArrivalResult struct {
	Result  string        `json:"result" ts:"'arrived' | 'late' | 'again' | 'other' | 'none'"`
	Tone    staffweb.Tone `json:"tone"`
	Word    string        `json:"word"`
	Message string        `json:"message"`
	Code    string        `json:"code"` // receipt number, never what was scanned
	At      string        `json:"at"`
	Kept    bool          `json:"kept"` // something was written down
	Booking *BookingRow   `json:"booking,omitempty"`
}

// ReceptionAct is what happens to those who have come. Persons are named by
// their numbers, none for all whom the act can concern.
type ReceptionAct struct {
	Act     string   `json:"act" ts:"'finish' | 'return' | 'give_up' | 'undo'"`
	Persons []int    `json:"persons"`
	OldCard bool     `json:"oldCard"` // 住基カード was taken back
	Handled []string `json:"handled"` // codes
	Memo    string   `json:"memo"`
}

// CallRequest names the counter that calls.
type CallRequest struct {
	Counter string `json:"counter"`
}

func (s *server) receptionRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/handled", Permission: staff.ReceptionWork, Handle: s.getHandled, Out: []staffweb.Choice{}},
		{Pattern: "POST /api/arrivals", Permission: staff.ReceptionWork, Handle: s.postArrival, In: ArrivalScan{}, Out: ArrivalResult{}},
		{Pattern: "POST /api/bookings/{id}/reception", Permission: staff.ReceptionWork, Handle: s.postReception, In: ReceptionAct{}, Out: BookingRow{}},
		{Pattern: "POST /api/bookings/{id}/call", Permission: staff.ReceptionWork, Handle: s.postCall, In: CallRequest{}, Out: BookingRow{}},
		{Pattern: "POST /api/bookings/{id}/end-call", Permission: staff.ReceptionWork, Handle: s.postEndCall, In: CallRequest{}, Out: BookingRow{}},
	}
}

// getHandled lists what reception can write down as done (対応内容).
func (s *server) getHandled(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) ([]staffweb.Choice, error) {
		c, err := inquiry.LoadChoices(rx)
		list := []staffweb.Choice{}
		for _, one := range c.Handled {
			if !one.Retired {
				list = append(list, staffweb.Choice{Code: one.Code, Label: one.Name})
			}
		}
		return list, err
	})
}

// postArrival records that somebody has come.
func (s *server) postArrival(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ArrivalScan](r)
	if err != nil {
		return err
	}
	if err := gate.AtWindow(r.Context(), in.WindowID); err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (out ArrivalResult, err error) {
		f, err := s.find(tx.Rx, in.Entry)
		if err != nil {
			return out, err
		}
		if out, err = s.arrive(tx, in, f); err != nil || out.Kept {
			return out, err // the act stands in the log
		}
		return out, f.viewed(tx, r, s.Tenant)
	})
}

func (s *server) arrive(tx *store.Tx, in ArrivalScan, f found) (ArrivalResult, error) {
	n, err := s.names(tx.Rx)
	if err != nil {
		return ArrivalResult{}, err
	}
	b, is := f.coming(tx.Now)
	if !is {
		return arrival(tx, "none", staffweb.ToneError, nil, nil), nil
	}
	before := b.State
	if before == reserve.Arrived || before == reserve.Visited {
		row := n.bookingRow(b)
		return arrival(tx, "again", staffweb.ToneSame, &row, map[string]string{"state": row.StateLabel}), nil
	}
	a, err := reserve.Arrive(tx, reserve.Visit{Tenant: s.Tenant, BookingID: b.ID, WindowID: in.WindowID, Today: in.Today})
	if err != nil {
		return ArrivalResult{}, err
	}
	row := n.bookingRow(a.Booking)
	switch {
	case !a.Done:
		args := map[string]string{"window": row.WindowName, "day": jpdate.Day(store.Day(a.Booking.Starts)).Japanese(), "time": clockOf(a.Booking.Starts)}
		return arrival(tx, "other", staffweb.ToneWarn, &row, args), nil
	case before == reserve.Missed || before == reserve.NoShow || before == reserve.Unreconciled:
		return arrival(tx, "late", staffweb.ToneOther, &row, map[string]string{"state": stateLabel(before)}), nil
	}
	return arrival(tx, "arrived", staffweb.ToneOK, &row, map[string]string{"time": clockOf(a.Booking.Starts)}), nil
}

func arrival(tx *store.Tx, result string, tone staffweb.Tone, row *BookingRow, args map[string]string) ArrivalResult {
	out := ArrivalResult{
		Result: result, Tone: tone, Word: message.Text("console.arrival."+result+".word", nil),
		Message: message.Text("console.arrival."+result+".message", args), At: store.Stamp(tx.Now), Booking: row,
		Kept: result == "arrived" || result == "late",
	}
	if row != nil {
		out.Code = row.No
	}
	return out
}

// visit is the visit of the path, at a window where the person may work.
func (s *server) visit(r *http.Request, rx *store.Rx) (reserve.Visit, reserve.Booking, error) {
	b, err := s.bookingHere(rx, r)
	return reserve.Visit{Tenant: s.Tenant, BookingID: b.ID, WindowID: b.WindowID}, b, err
}

func (s *server) postReception(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ReceptionAct](r)
	if err != nil {
		return err
	}
	return s.onVisit(w, r, actor, func(tx *store.Tx, v reserve.Visit, b reserve.Booking) (reserve.Booking, error) {
		c, err := inquiry.LoadChoices(tx.Rx)
		if err != nil {
			return b, err
		}
		if slices.ContainsFunc(in.Handled, func(code string) bool { return !c.Handled.Live(code) }) {
			return b, fault.New(fault.Invalid, "booking.bad_handled")
		}
		ords := slices.Compact(slices.Sorted(slices.Values(in.Persons)))
		for _, p := range b.Persons {
			if slices.Contains(ords, p.Ord) {
				v.Links = append(v.Links, p.Link)
			}
		}
		if len(v.Links) != len(ords) { // nobody would stand for everybody
			return b, fault.New(fault.Invalid, "booking.bad_request")
		}
		handled := reserve.Handled{OldCard: in.OldCard, Codes: in.Handled, Memo: in.Memo}
		switch in.Act {
		case "finish":
			return reserve.Finish(tx, v, handled)
		case "return":
			return reserve.Return(tx, v, handled)
		case "give_up":
			return reserve.GiveUp(tx, v)
		case "undo":
			return reserve.Undo(tx, v)
		}
		return b, fault.New(fault.Invalid, "booking.bad_request")
	})
}

// onVisit runs an act of reception on the visit of the path.
func (s *server) onVisit(w http.ResponseWriter, r *http.Request, actor store.Actor,
	do func(*store.Tx, reserve.Visit, reserve.Booking) (reserve.Booking, error),
) error {
	var b reserve.Booking
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		v, before, err := s.visit(r, tx.Rx)
		if err != nil {
			return err
		}
		b, err = do(tx, v, before)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b)
}

func (s *server) postCall(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[CallRequest](r)
	if err != nil {
		return err
	}
	return s.onVisit(w, r, actor, func(tx *store.Tx, v reserve.Visit, _ reserve.Booking) (reserve.Booking, error) {
		return reserve.Call(tx, s.Tenant, v.BookingID, in.Counter)
	})
}

func (s *server) postEndCall(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[CallRequest](r)
	if err != nil {
		return err
	}
	return s.onVisit(w, r, actor, func(tx *store.Tx, v reserve.Visit, _ reserve.Booking) (reserve.Booking, error) {
		return reserve.EndCall(tx, s.Tenant, v.BookingID, in.Counter)
	})
}
