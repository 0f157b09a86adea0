package staffweb

import (
	"net/http"
	"net/netip"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// AccessRules are what a municipality decides about the access of its staff.
type AccessRules struct {
	Version       int      `json:"version"`
	Networks      []string `json:"networks"` // from which the staff may ask; empty: from everywhere
	IdleMinutes   int      `json:"idleMinutes"`
	ReasonScreens []string `json:"reasonScreens"` // codes of the screens that ask for a reason
	Terminal      string   `json:"terminal"`      // address of who asks, of no account in a change
}

// AccessRoutes show and change from where the staff may ask, for the booking
// service. The program puts staff.Networks and staff.Idle into the
// configuration of its gate.
func (s *Staff) AccessRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/access", Permission: staff.StaffManage, Handle: s.getAccess, Out: AccessRules{}},
		{Pattern: "PUT /api/access", Permission: staff.StaffManage, Handle: s.putAccess, In: AccessRules{}, Out: AccessRules{}},
	}
}

func (s *Staff) getAccess(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := AccessRules{Terminal: gate.Terminal(r)}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		access, version, err := staff.LoadAccess(rx)
		out.Version, out.Networks, out.IdleMinutes, out.ReasonScreens = version, OrEmpty(access.Networks), access.IdleMinutes, OrEmpty(access.ReasonScreens)
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, out)
}

func (s *Staff) putAccess(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := Decode[AccessRules](r)
	if err != nil {
		return err
	}
	from, err := netip.ParseAddr(gate.Terminal(r))
	if err != nil {
		return err
	}
	access := staff.Access{Networks: in.Networks, IdleMinutes: in.IdleMinutes, ReasonScreens: in.ReasonScreens}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		_, err := staff.SaveAccess(tx, access, in.Version, from)
		return err
	})
	if err != nil {
		return err
	}
	return s.getAccess(w, r, actor)
}
