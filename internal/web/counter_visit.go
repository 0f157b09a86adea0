package web

import (
	"net/http"

	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ArrivalRequest is what was scanned at a window. Here receives a booking of
// another day or window at this one.
type ArrivalRequest struct {
	WindowID string `json:"windowId"`
	Entry    string `json:"entry"`
	Here     bool   `json:"here"`
}

// ArrivalResult is the answer to a scan at a window.
type ArrivalResult struct {
	Result  string          `json:"result" ts:"'arrived' | 'again' | 'other' | 'none'"`
	Tone    staffweb.Tone   `json:"tone"`
	Word    string          `json:"word"`
	Message string          `json:"message"`
	Code    string          `json:"code"` // receipt or notice number, never what was scanned
	At      string          `json:"at"`
	Kept    bool            `json:"kept"` // something was written down
	Booking *CounterBooking `json:"booking,omitempty"`
	Guest   *Guest          `json:"guest,omitempty"` // of a card without a booking
}

// postArrival receives who was scanned.
func (s *server) postArrival(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ArrivalRequest](r)
	if err != nil {
		return err
	}
	var out ArrivalResult
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) error {
		a, err := counter.Arrive(tx, s.Ring, counter.Visit{WindowID: in.WindowID, Entry: in.Entry, Here: in.Here})
		if err != nil {
			return err
		}
		out, err = arrivalResult(tx.Rx, a)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func arrivalResult(rx *store.Rx, a counter.Arrival) (out ArrivalResult, err error) {
	out = ArrivalResult{Result: "other", Tone: staffweb.ToneOther, At: store.Stamp(rx.Now)}
	if a.None {
		guest, err := guestOf(rx, a.Found)
		out.Result, out.Code, out.Guest = "none", guest.NoticeNo, &guest
		out.say("none", "no", guest.NoticeNo)
		return out, err
	}
	row, err := bookingRow(rx, a.Booking.ID)
	if err != nil {
		return out, err
	}
	out.Code, out.Booking = row.No, &row
	args := []string{"no", row.No, "window", row.Window, "start", row.Start, "day", row.Day}
	switch {
	case a.Done:
		out.Result, out.Tone, out.Kept = "arrived", staffweb.ToneOK, true
		out.say("arrived", args...)
	case a.Again:
		out.Result, out.Tone = "again", staffweb.ToneSame
		out.say("again", args...)
	case a.OtherDay:
		out.say("other_day", args...)
	default:
		out.say("other_window", args...)
	}
	return out, nil
}

func (a *ArrivalResult) say(code string, args ...string) {
	a.Word = message.Text("counter.arrival."+code+".word", nil)
	a.Message = message.Text("counter.arrival."+code, fault.Args(args...))
}

// WalkInRequest receives somebody without a booking.
type WalkInRequest struct {
	WindowID string   `json:"windowId"`
	CardID   int64    `json:"cardId"` // 0 for somebody without a card
	Procs    []string `json:"procs"`
}

func (s *server) postWalkIn(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[WalkInRequest](r)
	if err != nil {
		return err
	}
	var b counter.Booking
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) (err error) {
		b, err = counter.WalkIn(tx, in.WindowID, in.CardID, in.Procs...)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b.ID)
}

// VisitAct is an act of reception on persons of a booking; without any named, on
// everybody with whom it is possible.
type VisitAct struct {
	Act     string `json:"act" ts:"'arrive' | 'finish' | 'again' | 'undo' | 'leave'"`
	Persons []int  `json:"persons"`
}

func (s *server) postVisitAct(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[VisitAct](r)
	if err != nil {
		return err
	}
	bk := r.PathValue("bk")
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) error {
		_, err := counter.Do(tx, bk, counter.Act(in.Act), in.Persons)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, bk)
}
