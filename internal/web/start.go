package web

import (
	"net/http"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// Texts is the catalogue for the screens.
type Texts struct {
	Version string            `json:"version"`
	Texts   map[string]string `json:"texts"`
}

// Setup says whether the appliance waits for its first set-up.
type Setup struct {
	Needed   bool `json:"needed"`
	Practice bool `json:"practice"`
}

// SetupRequest is the first set-up.
type SetupRequest struct {
	Code         string `json:"code"`
	Organization string `json:"organization"`
	Login        string `json:"login"`
	Name         string `json:"name"`
	Password     string `json:"password"`
}

// SignInRequest opens a session.
type SignInRequest struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

// PasswordRequest changes one's own password.
type PasswordRequest struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Me is who is signed in and what the screens need to begin.
type Me struct {
	ID                 string             `json:"id"`
	Login              string             `json:"login"`
	Name               string             `json:"name"`
	Roles              []string           `json:"roles"`
	RoleNames          []string           `json:"roleNames"`
	Permissions        []staff.Permission `json:"permissions"`
	Employee           bool               `json:"employee"`
	Token              string             `json:"token"` // for the header X-Kofu-Token
	Door               string             `json:"door" ts:"'desk' | 'lan'"`
	Practice           bool               `json:"practice"`
	Organization       string             `json:"organization"`
	Today              string             `json:"today"` // in Japan
	Version            string             `json:"version"`
	IdleMinutes        int                `json:"idleMinutes"`
	MustChangePassword bool               `json:"mustChangePassword"`
}

func (s *server) startRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/texts", Permission: staff.Public, Handle: s.getTexts, Out: Texts{}},
		{Pattern: "GET /api/openapi.json", Permission: staff.SignedIn, Handle: s.getOpenAPI},
		{Pattern: "GET /api/setup", Permission: staff.Public, Handle: s.getSetup, Out: Setup{}},
		{Pattern: "POST /api/setup", Permission: staff.Public, Handle: s.postSetup, In: SetupRequest{}, Out: Me{}},
		{Pattern: "POST /api/session", Permission: staff.Public, Handle: s.postSession, In: SignInRequest{}, Out: Me{}},
		{Pattern: "DELETE /api/session", Permission: staff.Own, Handle: s.deleteSession},
		{Pattern: "GET /api/me", Permission: staff.Own, Handle: s.getMe, Out: Me{}},
		{Pattern: "POST /api/me/password", Permission: staff.Own, Handle: s.postPassword, In: PasswordRequest{}},
	}
}

func (s *server) getTexts(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	return ok(w, Texts{Version: message.Version(), Texts: message.All()})
}

func (s *server) getSetup(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := Setup{Practice: s.DB.Practice()}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out.Needed, err = staff.SetupNeeded(rx)
		return err
	})
	if err != nil {
		return err
	}
	return ok(w, out)
}

func (s *server) postSetup(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := decode[SetupRequest](r)
	if err != nil {
		return err
	}
	session, err := staff.Setup(r.Context(), s.DB, s.hasher, gate.WhereOf(r), staff.First(in))
	if err != nil {
		return err
	}
	return s.enter(w, r, session)
}

func (s *server) postSession(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := decode[SignInRequest](r)
	if err != nil {
		return err
	}
	session, err := staff.SignIn(r.Context(), s.DB, s.hasher, gate.WhereOf(r), in.Login, in.Password)
	if err != nil {
		return err
	}
	return s.enter(w, r, session)
}

// enter hands a new session's cookie to the browser and ends the session that
// it had, so that no token from before sign-in stays good.
func (s *server) enter(w http.ResponseWriter, r *http.Request, session staff.Session) error {
	if before, found := gate.SessionOf(r.Context()); found {
		if err := staff.SignOut(r.Context(), s.DB, before); err != nil {
			return err
		}
	}
	me, err := s.me(r, session)
	if err != nil {
		return err
	}
	http.SetCookie(w, gate.Cookie(r.Context(), session.Token))
	return ok(w, me)
}

func (s *server) deleteSession(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	if err := staff.SignOut(r.Context(), s.DB, session); err != nil {
		return err
	}
	http.SetCookie(w, gate.Cookie(r.Context(), ""))
	return done(w)
}

func (s *server) getMe(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	me, err := s.me(r, session)
	if err != nil {
		return err
	}
	return ok(w, me)
}

func (s *server) postPassword(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := decode[PasswordRequest](r)
	if err != nil {
		return err
	}
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	if err := staff.ChangePassword(r.Context(), s.DB, s.hasher, session, in.Old, in.New); err != nil {
		return err
	}
	return done(w)
}

// ownSession is the session of a route that is not public.
func ownSession(r *http.Request) (staff.Session, error) {
	session, found := gate.SessionOf(r.Context())
	if !found {
		return staff.Session{}, fault.New(fault.Unauthenticated, "gate.sign_in_first")
	}
	return session, nil
}

func (s *server) me(r *http.Request, session staff.Session) (me Me, err error) {
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		config, err := settings.Load(rx)
		if err != nil {
			return err
		}
		a := session.Account
		me = Me{
			ID: a.ID, Login: a.Login, Name: a.Name, Roles: orEmpty(a.Roles), RoleNames: orEmpty(session.RoleNames),
			Permissions: orEmpty(session.Permissions), Employee: a.Employee, Token: session.CSRF(),
			Door: gate.DoorOf(r.Context()).Name, Practice: s.DB.Practice(), Organization: config.Organization.Name,
			Today: rx.Today(), Version: s.Version, IdleMinutes: config.IdleMinutes, MustChangePassword: a.MustChange,
		}
		return nil
	})
	return me, err
}
