package web

import (
	"net/http"

	"kofu/internal/counter"
	"kofu/internal/exchange"
	"kofu/internal/gate"
	"kofu/internal/link"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Linkage is what an office sets about link codes and the exchange.
type Linkage struct {
	LinkVersion int         `json:"linkVersion"` // of the two documents that were seen
	Version     int         `json:"version"`
	Link        link.Policy `json:"link"`
	FreshDays   int         `json:"freshDays"` // business days
}

// LinkagePage is that with what the booking service decides.
type LinkagePage struct {
	Linkage
	Windows []LinkageWindow `json:"windows"`
}

// LinkageWindow is a window as the booking service describes it.
type LinkageWindow struct {
	CounterWindow
	Late   int  `json:"late"` // minutes after which somebody counts as missed
	Closed bool `json:"closed"`
}

func (s *server) linkageRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/linkage", Permission: staff.SettingsManage, Handle: s.getLinkage, Out: LinkagePage{}},
		{Pattern: "PUT /api/linkage", Permission: staff.SettingsManage, Handle: s.putLinkage, In: Linkage{}, Out: LinkagePage{}},
	}
}

func (s *server) getLinkage(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := LinkagePage{Windows: []LinkageWindow{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if out.Linkage, err = linkage(rx); err != nil {
			return err
		}
		windows, err := counter.Windows(rx)
		for _, one := range windows {
			out.Windows = append(out.Windows, LinkageWindow{CounterWindow{one.ID, one.Name, string(one.Seats)}, one.LateMinutes, one.Closed})
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func linkage(rx *store.Rx) (l Linkage, err error) {
	if l.Link, l.LinkVersion, err = link.LoadPolicy(rx); err != nil {
		return l, err
	}
	own, version, err := exchange.LoadSettings(rx)
	l.FreshDays, l.Version = own.FreshDays, version
	return l, err
}

// putLinkage saves what differs, both documents in one act.
func (s *server) putLinkage(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Linkage](r)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		now, err := linkage(tx.Rx)
		if err != nil {
			return err
		}
		if in.Link != now.Link || in.LinkVersion != now.LinkVersion {
			if _, err := link.SavePolicy(tx, in.Link, in.LinkVersion); err != nil {
				return err
			}
		}
		if in.FreshDays != now.FreshDays || in.Version != now.Version {
			_, err = exchange.SaveSettings(tx, exchange.Settings{FreshDays: in.FreshDays}, in.Version)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.getLinkage(w, r, actor)
}
