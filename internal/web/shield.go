package web

import (
	"net/http"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/link"
	"kofu/internal/resident"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ShieldMark is one mark of protection (支援措置).
type ShieldMark struct {
	From     string `json:"from"` // days
	Until    string `json:"until"`
	Reason   string `json:"reason"`
	At       string `json:"at"`
	By       string `json:"by"`
	Expired  bool   `json:"expired"` // its days are over, and it holds until somebody takes it off
	EndedAt  string `json:"endedAt"` // '' while it holds
	EndedBy  string `json:"endedBy"`
	EndedWhy string `json:"endedWhy"`
}

// Shield are the marks of the holder of a card, the newest first.
type Shield struct {
	Marks []ShieldMark `json:"marks"`
}

// ShieldRequest sets a mark.
type ShieldRequest struct {
	From   string `json:"from"`
	Until  string `json:"until"`
	Reason string `json:"reason"`
}

func (s *server) shieldRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/cards/{id}/shield/view", Permission: staff.ResidentShield, Handle: s.viewShield, Out: Shield{}},
		{Pattern: "POST /api/cards/{id}/shield", Permission: staff.ResidentShield, Handle: s.postShield, In: ShieldRequest{}, Out: Shield{}},
		{Pattern: "POST /api/cards/{id}/shield/end", Permission: staff.ResidentShield, Handle: s.postShieldEnd, In: Reason{}, Out: Shield{}},
	}
}

// viewShield shows the marks. Who looked is part of the audit log.
func (s *server) viewShield(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.shield(w, r, actor, func(tx *store.Tx, holder int64) error {
		return audit.Append(tx, "resident.shield_viewed", resident.Object(holder), nil)
	})
}

func (s *server) postShield(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ShieldRequest](r)
	if err != nil {
		return err
	}
	return s.shield(w, r, actor, func(tx *store.Tx, holder int64) error {
		if err := resident.Shield(tx, holder, resident.Mark{From: in.From, Until: in.Until, Reason: in.Reason}); err != nil {
			return err
		}
		if err := keepBookings(tx, holder); err != nil {
			return err
		}
		return s.exchange().Settle(tx)
	})
}

func (s *server) postShieldEnd(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Reason](r)
	if err != nil {
		return err
	}
	return s.shield(w, r, actor, func(tx *store.Tx, holder int64) error {
		if err := resident.Unshield(tx, holder, in.Reason); err != nil {
			return err
		}
		return s.exchange().Settle(tx)
	})
}

// keepBookings lets the bookings by phone of a resident stand whose code the
// booking service may know no longer.
func keepBookings(tx *store.Tx, holder int64) error {
	policy, _, err := link.LoadPolicy(tx.Rx)
	if err != nil || policy.Shielded != "never" {
		return err
	}
	list, err := link.OfResident(tx.Rx, holder)
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := counter.Detach(tx, l); err != nil {
			return err
		}
	}
	return nil
}

// shield runs an act on the holder of a card and answers with their marks. Without
// a holder there is nothing to act on.
func (s *server) shield(w http.ResponseWriter, r *http.Request, actor store.Actor, act func(*store.Tx, int64) error) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	out := Shield{Marks: []ShieldMark{}}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		c, err := card.ByID(tx.Rx, id)
		if err != nil {
			return err
		}
		if c.ResidentID == 0 {
			return fault.New(fault.Conflict, "resident.not_joined")
		}
		if err := act(tx, c.ResidentID); err != nil {
			return err
		}
		list, err := resident.Marks(tx.Rx, c.ResidentID)
		for _, m := range list {
			out.Marks = append(out.Marks, ShieldMark{m.From, m.Until, m.Reason, m.At, m.By, m.Expired(tx.Today()), m.EndedAt, m.EndedBy, m.EndedWhy})
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}
