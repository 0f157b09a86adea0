package web

import (
	"net/http"

	"kofu/internal/exchange"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Standing is what the head of every screen shows of the exchange with the booking
// service, and what waits for this person.
type Standing struct {
	Begun    bool   `json:"begun"`    // nothing is shown before
	HeardAt  string `json:"heardAt"`  // '' for never
	OldAt    string `json:"oldAt"`    // the state of the booking service is old from then on
	TooOldAt string `json:"tooOldAt"` // and too old to work with
	Gap      bool   `json:"gap"`      // a bundle is missing
	PutBack  bool   `json:"putBack"`  // the booking service was put back to an older state
	Restore  string `json:"restore" ts:"'' | 'office' | 'cloud'"`
	Cases    int    `json:"cases"` // that wait, for who may decide them
}

func (s *server) standingRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/standing", Permission: staff.SignedIn, Handle: s.getStanding, Out: Standing{}},
	}
}

func (s *server) getStanding(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var out Standing
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		f, err := exchange.Fresh(rx)
		if err != nil {
			return err
		}
		out = Standing{
			Begun: f.Begun, HeardAt: f.HeardAt, OldAt: f.OldAt, TooOldAt: f.TooOldAt, Gap: f.Gap, PutBack: f.PutBack, Restore: f.Restore,
		}
		if staffweb.May(r, staff.ExchangeDecide) {
			out.Cases, err = exchange.CountOpen(rx)
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}
