package console

import (
	"net/http"

	"kofu/internal/booking/intake"
	"kofu/internal/booking/reserve"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// AsideRow is something that the office told and that could not be carried out.
type AsideRow struct {
	ID     string `json:"id"`
	Event  string `json:"event"` // in words
	About  string `json:"about"` // the booking's number, or the pseudonym of a code
	Reason string `json:"reason"`
	At     string `json:"at"`
}

// AsideDrop is why something that was set aside is put away.
type AsideDrop struct {
	Reason string `json:"reason"`
}

func (s *server) asideRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/exchange/asides", Permission: staff.ExchangeWork, Handle: s.getAsides, Out: []AsideRow{}},
		{Pattern: "POST /api/exchange/asides/{id}/retry", Permission: staff.ExchangeWork, Handle: s.postAsideRetry},
		{Pattern: "POST /api/exchange/asides/{id}/drop", Permission: staff.ExchangeWork, Handle: s.postAsideDrop, In: AsideDrop{}},
	}
}

func (s *server) getAsides(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	const most = 500
	return answer(s, w, r, func(rx *store.Rx) ([]AsideRow, error) {
		rows := []AsideRow{}
		list, err := intake.Asides(rx, s.Tenant, most)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			about := a.Subject
			b, found, err := reserve.ByID(rx, s.Tenant, a.Subject)
			if err != nil {
				return nil, err
			}
			if found {
				about = b.No
			}
			rows = append(rows, AsideRow{a.ID, eventLabel(a.Type), about, asideReason(a.Reason), a.At})
		}
		return rows, nil
	})
}

// asideReason says what stood in the way, and what to do.
func asideReason(code string) string {
	if message.Has("bexchange.aside." + code) {
		return message.Text("bexchange.aside."+code, nil)
	}
	return message.Text(code, nil)
}

// postAsideRetry carries out what is possible by now. Errors: those of
// [intake.End.Retry].
func (s *server) postAsideRetry(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.Retry(r.Context(), actor, r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

func (s *server) postAsideDrop(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[AsideDrop](r)
	if err != nil {
		return err
	}
	end, err := s.End()
	if err == nil {
		err = end.Drop(r.Context(), actor, r.PathValue("id"), in.Reason)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}
