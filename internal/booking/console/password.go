package console

import (
	"net/http"

	"kofu/internal/accesslog"
	"kofu/internal/booking/member"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// PasswordHelp asks for the number with which somebody who has forgotten the
// password can choose a new one. Reason says how they showed who they are.
type PasswordHelp struct {
	Link   string `json:"link"`
	Reason string `json:"reason"`
}

// ResetNumber is told to the resident. It is shown once and kept nowhere.
type ResetNumber struct {
	PIN   string `json:"pin"`
	Until string `json:"until"`
}

func (s *server) passwordRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/reset-numbers", Permission: staff.PasswordEdit, Handle: s.postResetNumber, In: PasswordHelp{}, Out: ResetNumber{}},
	}
}

// postResetNumber issues the number (BK-106). Numbers before it are dead.
// Errors: fault.Conflict "console.no_reset_numbers" where the municipality does
// not work with them; fault.NotFound "member.unknown" for a code that is unknown
// or over; those of the reason.
func (s *server) postResetNumber(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[PasswordHelp](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (out ResetNumber, err error) {
		p, err := terms.LoadPolicy(tx.Rx, s.Tenant)
		if err != nil {
			return out, err
		}
		if !numbersHelp(p) {
			return out, fault.New(fault.Conflict, "console.no_reset_numbers")
		}
		m, known, err := member.ByLink(tx.Rx, s.Tenant, in.Link)
		if err == nil && (!known || m.State != member.Ready && m.State != member.Issued) {
			err = fault.New(fault.NotFound, "member.unknown")
		}
		if err != nil {
			return out, err
		}
		look := accesslog.Look{Screen: "password", Object: member.Object(s.Tenant, m.Link), Reason: in.Reason, Ask: true}
		if err := accesslog.Revealed(tx, look); err != nil {
			return out, err
		}
		out.PIN, err = member.ResetPIN(tx, s.Tenant, s.codes(), m.Link)
		out.Until = store.Stamp(tx.Now.Add(member.PINLasts))
		return out, err
	})
}

// numbersHelp reports whether residents have passwords that a number renews.
func numbersHelp(p terms.Policy) bool {
	return p.CodeMode() == terms.LinkPassword && p.ResetBy == "pin"
}
