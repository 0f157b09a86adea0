package staffweb

import (
	"net/http"

	"kofu/internal/staff"
	"kofu/internal/store"
)

// FactorState is the second factor of who is signed in.
type FactorState struct {
	On       bool   `json:"on"`
	Since    string `json:"since,omitempty"`
	Recovery int    `json:"recovery"` // recovery codes that are left
}

// FactorRequest begins to set up a second factor.
type FactorRequest struct {
	Password string `json:"password"`
}

// Factor is a second factor as the app takes it, shown this once.
type Factor struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	QRSVG  string `json:"qrSvg"`
}

// FactorConfirm is the first code of the app.
type FactorConfirm struct {
	Code string `json:"code"`
}

// FactorRecovery are the codes that stand in for a lost app, shown this once.
type FactorRecovery struct {
	Codes []string `json:"codes"`
}

func (s *Staff) getFactor(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var state staff.FactorState
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		state, err = staff.TOTPState(rx, actor.ID)
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, FactorState(state))
}

func (s *Staff) postFactor(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := Decode[FactorRequest](r)
	if err != nil {
		return err
	}
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	issuer := "Kofu"
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		office, err := s.About(rx)
		if office.Organization != "" {
			issuer += " " + office.Organization
		}
		return err
	})
	if err != nil {
		return err
	}
	factor, err := staff.StartTOTP(r.Context(), s.DB, s.Hasher, session, in.Password, issuer)
	if err != nil {
		return err
	}
	return OK(w, Factor(factor))
}

func (s *Staff) confirmFactor(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := Decode[FactorConfirm](r)
	if err != nil {
		return err
	}
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	codes, err := staff.ConfirmTOTP(r.Context(), s.DB, s.Hasher, session, in.Code)
	if err != nil {
		return err
	}
	return OK(w, FactorRecovery{Codes: codes})
}
