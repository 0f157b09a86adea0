package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// WindowName is a window to choose.
type WindowName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *server) windowRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/window-names", Permission: staff.SignedIn, Handle: s.getWindowNames, Out: []WindowName{}},
	}
}

// windowsFor are the windows at which the person of a request has a permission.
func (s *server) windowsFor(rx *store.Rx, r *http.Request, p staff.Permission) ([]slot.Window, error) {
	session, _ := gate.SessionOf(r.Context())
	if !session.May(p) {
		return nil, nil
	}
	all, err := slot.Windows(rx, s.Tenant)
	return slices.DeleteFunc(all, func(w slot.Window) bool { return !session.MayAt(p, w.ID) }), err
}

// getWindowNames lists all windows, for names and choices.
func (s *server) getWindowNames(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	list := []WindowName{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := slot.Windows(rx, s.Tenant)
		for _, window := range all {
			list = append(list, WindowName{window.ID, window.Name})
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}
