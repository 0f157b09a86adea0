package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// WishBand is a time of day in minutes.
type WishBand struct {
	FromMinute int `json:"fromMinute"`
	ToMinute   int `json:"toMinute"`
}

// WishRow is an entry of the waiting list. Nobody is named.
type WishRow struct {
	ID         string        `json:"id"`
	MadeAt     string        `json:"madeAt"`
	Windows    []string      `json:"windows"` // names, none for all
	From       string        `json:"from"`
	To         string        `json:"to"`
	Weekdays   []int         `json:"weekdays"` // none for all
	Bands      []WishBand    `json:"bands"`    // none for the whole day
	Persons    int           `json:"persons"`
	Procs      []string      `json:"procs"`
	Notify     string        `json:"notify" ts:"'mail' | 'phone'"`
	State      string        `json:"state"` // in words
	Tone       staffweb.Tone `json:"tone"`
	OfferedAt  string        `json:"offeredAt"`
	Offer      *BookingRow   `json:"offer,omitempty"`
	AnswerTill string        `json:"answerTill"` // of the offer
}

// WishAnswer is what the resident said on the phone about an offer.
type WishAnswer struct {
	Token  string `json:"token"`
	Accept bool   `json:"accept"`
}

var wishTones = map[wish.State]staffweb.Tone{wish.Open: staffweb.ToneSame, wish.Offered: staffweb.ToneOther}

func (s *server) wishRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/wishes", Permission: staff.BookingView, Handle: s.getWishes, Out: []WishRow{}},
		{Pattern: "POST /api/wishes/{id}/answer", Permission: staff.BookingEdit, Handle: s.postWishAnswer, In: WishAnswer{}, Out: BookingRow{}},
		{Pattern: "POST /api/wishes/{id}/withdraw", Permission: staff.BookingEdit, Handle: s.postWishWithdraw},
	}
}

// getWishes lists who waits for a seat, the oldest first.
func (s *server) getWishes(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) ([]WishRow, error) {
		out := []WishRow{}
		list, err := wish.Live(rx, s.Tenant)
		if err != nil {
			return out, err
		}
		n, err := s.names(rx)
		if err != nil {
			return out, err
		}
		for _, each := range list {
			if !seesWish(r, each) {
				continue
			}
			row, err := s.wishRow(rx, n, each)
			if err != nil {
				return out, err
			}
			out = append(out, row)
		}
		return out, nil
	})
}

// seesWish reports whether a wish is about a window of the person. One about
// all windows is everybody's.
func seesWish(r *http.Request, w wish.Wish) bool {
	session, _ := gate.SessionOf(r.Context())
	return len(w.Windows) == 0 || slices.ContainsFunc(w.Windows, session.MayWindow)
}

func (s *server) wishRow(rx *store.Rx, n names, w wish.Wish) (WishRow, error) {
	row := WishRow{
		ID: w.ID, MadeAt: store.Stamp(w.MadeAt), Windows: []string{}, From: string(w.From), To: string(w.To), Weekdays: []int{}, Bands: []WishBand{},
		Persons: len(w.Guests), Procs: n.procs(w.Procs()), Notify: string(w.Notify), State: staffweb.Word("wish.state.", string(w.State)),
		Tone: wishTones[w.State], OfferedAt: stampOf(w.OfferedAt),
	}
	for _, id := range w.Windows {
		row.Windows = append(row.Windows, n.windows[id])
	}
	for _, d := range w.Weekdays {
		row.Weekdays = append(row.Weekdays, int(d))
	}
	for _, b := range w.Bands {
		row.Bands = append(row.Bands, WishBand(b))
	}
	if w.BookingID == "" {
		return row, nil
	}
	b, err := s.booking(rx, w.BookingID)
	offer := n.bookingRow(b)
	row.Offer, row.AnswerTill = &offer, stampOf(b.Until)
	return row, err
}

// wish finds the wish of the path, which the person may see.
func (s *server) wish(r *http.Request) (found wish.Wish, err error) {
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		one, known, err := wish.ByID(rx, s.Tenant, r.PathValue("id"))
		if err == nil && !known {
			err = fault.New(fault.NotFound, "wish.unknown")
		}
		found = one
		return err
	})
	if err == nil && !seesWish(r, found) {
		err = gate.AtWindow(r.Context(), found.Windows[0])
	}
	return found, err
}

// postWishAnswer accepts or declines an offer for somebody on the phone.
func (s *server) postWishAnswer(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[WishAnswer](r)
	if err != nil {
		return err
	}
	one, err := s.wish(r)
	if err != nil {
		return err
	}
	if one.State != wish.Offered || len(one.Guests) == 0 {
		return fault.New(fault.Conflict, "wish.over")
	}
	a := reserve.Act{Tenant: s.Tenant, Token: in.Token, BookingID: one.BookingID, By: reserve.By{Via: reserve.ByPhone, Link: one.Guests[0].Link}}
	act := s.desk.Decline
	if in.Accept {
		act = s.desk.Accept
	}
	b, err := act(r.Context(), actor, a)
	if err != nil {
		return err
	}
	return s.replyBooking(w, r, b)
}

func (s *server) postWishWithdraw(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	one, err := s.wish(r)
	if err != nil {
		return err
	}
	if err := wish.Withdraw(r.Context(), s.DB, actor, s.Tenant, one.ID, ""); err != nil {
		return err
	}
	return staffweb.Done(w)
}
