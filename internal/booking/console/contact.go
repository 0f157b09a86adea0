package console

import (
	"net/http"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/reserve"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ContactValue is what a resident left, masked or shown.
type ContactValue struct {
	Field  string `json:"field"`
	Label  string `json:"label"`
	Value  string `json:"value"`
	Masked bool   `json:"masked"`
}

// RevealReason is why masked values are shown.
type RevealReason struct {
	Reason string `json:"reason"`
}

func (s *server) contactRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/bookings/{id}/contact/reveal", Permission: staff.ResidentReveal, Handle: s.postReveal, In: RevealReason{}, Out: []ContactValue{}},
	}
}

// fieldPermissions are what each field asks for besides the permission of the
// deed. Fields of the municipality's own have one together.
var fieldPermissions = map[string]staff.Permission{
	contact.Mail: staff.FieldMail, contact.Phone: staff.FieldPhone, contact.Name: staff.FieldName, contact.Kana: staff.FieldName,
	contact.Birth: staff.FieldBirth, contact.Sex: staff.FieldSex, contact.Address: staff.FieldAddress,
}

// mayField says which fields the person may see at a window.
func mayField(r *http.Request, window string) func(field string) bool {
	session, _ := gate.SessionOf(r.Context())
	return func(field string) bool {
		p, known := fieldPermissions[field]
		if !known {
			p = staff.FieldOwn
		}
		return session.MayAt(p, window)
	}
}

func contactValues(all []contact.Shown) []ContactValue {
	list := []ContactValue{}
	for _, v := range all {
		label, value := v.Label, v.Value
		if !v.Own {
			label = message.Text("contact.field."+v.Field, nil)
			if v.Field == contact.Sex && !v.Masked {
				value = staffweb.Word("contact.sex.", v.Value)
			}
		}
		list = append(list, ContactValue{v.Field, label, value, v.Masked})
	}
	return list
}

// masked is what was left with a booking as the person may see it without a
// reason. Without the permission that is what says nothing of a person.
func (s *server) masked(rx *store.Rx, r *http.Request, n names, b reserve.Booking) ([]ContactValue, error) {
	may := func(string) bool { return false }
	if session, _ := gate.SessionOf(r.Context()); session.MayAt(staff.ResidentView, b.WindowID) {
		may = mayField(r, b.WindowID)
	}
	all, err := contact.View(rx, s.Ring, s.Tenant, n.terms, b.ID, may)
	return contactValues(all), err
}

// postReveal shows the values themselves, for a reason.
func (s *server) postReveal(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[RevealReason](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) ([]ContactValue, error) {
		b, err := s.bookingHere(tx.Rx, r)
		if err != nil {
			return nil, err
		}
		n, err := s.names(tx.Rx)
		if err != nil {
			return nil, err
		}
		all, err := contact.Reveal(tx, s.Ring, s.Tenant, n.terms, contact.Wanted{BookingID: b.ID, Reason: in.Reason, May: mayField(r, b.WindowID)})
		return contactValues(all), err
	})
}
