package console

import (
	"context"
	"net/http"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ClosingPlan is a time to close with the bookings in it.
type ClosingPlan struct {
	Bookings []ClosingRow `json:"bookings"`
	Seats    []SlotRow    `json:"seats"` // where they may go: those proposed and the others with room
}

// ClosingRow is a booking that a closing touches.
type ClosingRow struct {
	Booking  BookingRow `json:"booking"`
	Here     bool       `json:"here"`     // somebody of it has come: nobody moves
	Proposed string     `json:"proposed"` // slot, empty when nothing is free
}

// ClosingRequest closes a time. Decisions name by booking the slot that it moves
// to, or an empty text to cancel it.
type ClosingRequest struct {
	Exception Exception         `json:"exception"`
	Decisions map[string]string `json:"decisions"`
}

// ClosingDone is what a closing did.
type ClosingDone struct {
	Moved     int `json:"moved"`
	Cancelled int `json:"cancelled"`
}

func (s *server) closingRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/closings/plan", Permission: staff.OpeningEdit, Handle: s.postClosingPlan, In: Exception{}, Out: ClosingPlan{}},
		{Pattern: "POST /api/closings", Permission: staff.OpeningEdit, Handle: s.postClosing, In: ClosingRequest{}, Out: ClosingDone{}},
	}
}

// postClosingPlan lists what a closing would touch. It changes nothing.
func (s *server) postClosingPlan(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[Exception](r)
	if err != nil {
		return err
	}
	if err := gate.AtWindow(r.Context(), in.WindowID); err != nil {
		return err
	}
	e, err := in.slot()
	if err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) (ClosingPlan, error) {
		plan := ClosingPlan{Bookings: []ClosingRow{}, Seats: []SlotRow{}}
		n, err := s.names(rx)
		if err != nil {
			return plan, err
		}
		list, err := reserve.PlanClosing(rx, s.Tenant, e)
		if err != nil {
			return plan, err
		}
		listed := map[string]bool{}
		for _, a := range list {
			plan.Bookings = append(plan.Bookings, ClosingRow{n.bookingRow(a.Booking), a.Here, a.Proposed})
			if a.Proposed == "" || listed[a.Proposed] {
				continue
			}
			listed[a.Proposed] = true
			to, _, err := slot.ByID(rx, s.Tenant, a.Proposed)
			if err != nil {
				return plan, err
			}
			plan.Seats = append(plan.Seats, n.slotRow(to))
		}
		return plan, nil
	})
}

func (s *server) postClosing(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ClosingRequest](r)
	if err != nil {
		return err
	}
	if err := gate.AtWindow(r.Context(), in.Exception.WindowID); err != nil {
		return err
	}
	if err := s.mayMoveTo(r.Context(), in.Decisions); err != nil {
		return err
	}
	e, err := in.Exception.slot()
	if err != nil {
		return err
	}
	done, err := s.desk.Close(r.Context(), actor, e, in.Decisions)
	if err != nil {
		return err
	}
	return staffweb.OK(w, ClosingDone{done.Moved, done.Cancelled})
}

// mayMoveTo refuses slots of windows at which the person may not work. One that
// is unknown is refused when it is taken.
func (s *server) mayMoveTo(ctx context.Context, decisions map[string]string) error {
	return s.DB.Read(ctx, func(rx *store.Rx) error {
		for _, id := range decisions {
			to, found, err := slot.ByID(rx, s.Tenant, id)
			if err == nil && found {
				err = gate.AtWindow(ctx, to.WindowID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
