package console

import (
	"net/http"

	"kofu/internal/booking/contact"
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
		{Pattern: "GET /api/bookings/{id}/contact", Permission: staff.ResidentView, Handle: s.getContact, Out: []ContactValue{}},
		{Pattern: "POST /api/bookings/{id}/contact/reveal", Permission: staff.ResidentReveal, Handle: s.postReveal, In: RevealReason{}, Out: []ContactValue{}},
	}
}

// everyField allows all fields: who may see contact data is a permission of its
// own, and who has it sees all that the municipality takes.
func everyField(string) bool { return true }

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

// getContact shows what was left with a booking, masked.
func (s *server) getContact(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var all []contact.Shown
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		b, err := s.booking(rx, r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := gate.AtWindow(r.Context(), b.WindowID); err != nil {
			return err
		}
		n, err := s.names(rx)
		if err != nil {
			return err
		}
		all, err = contact.View(rx, s.Ring, s.Tenant, n.terms, b.ID, everyField)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, contactValues(all))
}

// postReveal shows the values themselves, for a reason.
func (s *server) postReveal(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[RevealReason](r)
	if err != nil {
		return err
	}
	var n names
	id := r.PathValue("id")
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		b, err := s.booking(rx, id)
		if err != nil {
			return err
		}
		if err := gate.AtWindow(r.Context(), b.WindowID); err != nil {
			return err
		}
		n, err = s.names(rx)
		return err
	})
	if err != nil {
		return err
	}
	all, err := contact.Reveal(r.Context(), s.DB, actor, s.Ring, s.Tenant, n.terms, id, in.Reason, everyField)
	if err != nil {
		return err
	}
	return staffweb.OK(w, contactValues(all))
}
