package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/reserve"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// PhoneCall is what is known of a caller: bookings and past inquiries side by
// side.
type PhoneCall struct {
	Link      string       `json:"link"`
	Guest     *Guest       `json:"guest,omitempty"`
	Bookings  []BookingRow `json:"bookings"`
	Inquiries []InquiryRow `json:"inquiries"`
}

// postPhoneCall shows what is known of a caller by code or receipt number.
func (s *server) postPhoneCall(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Entry](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (PhoneCall, error) {
		f, err := s.find(tx.Rx, in.Entry)
		if err != nil {
			return PhoneCall{}, err
		}
		if err := f.viewed(tx, r, s.Tenant); err != nil {
			return PhoneCall{}, err
		}
		return s.phoneCall(tx.Rx, r, f)
	})
}

func (s *server) phoneCall(rx *store.Rx, r *http.Request, f found) (PhoneCall, error) {
	out := PhoneCall{Bookings: []BookingRow{}, Inquiries: []InquiryRow{}}
	n, err := s.names(rx)
	if err != nil {
		return out, err
	}
	if f.member != nil {
		out.Link = f.member.Link
		guest, err := s.guest(rx, n, *f.member, false)
		if err != nil {
			return out, err
		}
		out.Guest = &guest
	} else if len(f.list[0].Persons) > 0 {
		out.Link = f.list[0].Persons[0].Link
		if f.list, err = reserve.Of(rx, s.Tenant, out.Link); err != nil {
			return out, err
		}
	}
	session, _ := gate.SessionOf(r.Context())
	for _, b := range slices.Backward(f.list) {
		if session.MayAt(staff.BookingView, b.WindowID) {
			out.Bookings = append(out.Bookings, n.bookingRow(b))
		}
	}
	words, err := s.inquiryWords(rx)
	if err != nil || out.Link == "" {
		return out, err
	}
	past, err := inquiry.OfLink(rx, s.Tenant, out.Link)
	out.Inquiries = words.rows(past)
	return out, err
}
