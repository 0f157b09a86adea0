package staffweb

import (
	"net/http"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// Staff serves what every program with staff screens has: texts, sign-in,
// accounts, and the log of all acts. All fields are required.
type Staff struct {
	DB      *store.DB
	Hasher  *staff.Hasher
	Version string                         // of the program
	About   func(*store.Rx) (About, error) // whose staff works here
	// OperatorBegins tells that the operator makes the first account, so that
	// there is no first set-up on screen.
	OperatorBegins bool
	Grants         []staff.Permission // what the roles of the program can grant; none for all that there are
}

// About is what the screens say of the office.
type About struct {
	Organization string
	IdleMinutes  int // without a key or click, after which a screen locks
}

// Texts is the catalogue for the screens.
type Texts struct {
	Version string            `json:"version"`
	Texts   map[string]string `json:"texts"`
}

// Setup says whether the program waits for its first set-up.
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

// SignInRequest opens a session. Code is the second factor, where the account
// has one: the first try goes without it and is answered by the code
// staff.totp_needed when the password is right.
type SignInRequest struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"`
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
	Own                []staff.Permission `json:"own"`        // those that hold at the own windows only
	Windows            []string           `json:"windows"`    // ids of the own windows
	AllWindows         bool               `json:"allWindows"` // every window is an own one
	Employee           bool               `json:"employee"`
	Token              string             `json:"token"` // for the header X-Kofu-Token
	Door               string             `json:"door" ts:"'desk' | 'lan' | 'console'"`
	Practice           bool               `json:"practice"`
	Organization       string             `json:"organization"`
	Today              string             `json:"today"` // in Japan
	Version            string             `json:"version"`
	IdleMinutes        int                `json:"idleMinutes"`
	MustChangePassword bool               `json:"mustChangePassword"`
}

// StartRoutes are those that every screen begins with: the texts, whether
// somebody must set up first, sign-in, and the own account.
func (s *Staff) StartRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/texts", Permission: staff.Public, Handle: s.getTexts, Out: Texts{}},
		{Pattern: "GET /api/setup", Permission: staff.Public, Handle: s.getSetup, Out: Setup{}},
		{Pattern: "POST /api/session", Permission: staff.Public, Handle: s.postSession, In: SignInRequest{}, Out: Me{}},
		{Pattern: "DELETE /api/session", Permission: staff.Own, Handle: s.deleteSession},
		{Pattern: "GET /api/me", Permission: staff.Own, Handle: s.getMe, Out: Me{}},
		{Pattern: "GET /api/me/totp", Permission: staff.SignedIn, Handle: s.getFactor, Out: FactorState{}},
		{Pattern: "POST /api/me/totp", Permission: staff.SignedIn, Handle: s.postFactor, In: FactorRequest{}, Out: Factor{}},
		{Pattern: "POST /api/me/totp/confirm", Permission: staff.SignedIn, Handle: s.confirmFactor, In: FactorConfirm{}, Out: FactorRecovery{}},
		{Pattern: "POST /api/me/password", Permission: staff.Own, Handle: s.postPassword, In: PasswordRequest{}},
	}
}

// SetupRoutes are the first set-up on screen, of a program in which somebody
// with the installation code begins.
func (s *Staff) SetupRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/setup", Permission: staff.Public, Handle: s.postSetup, In: SetupRequest{}, Out: Me{}},
	}
}

func (s *Staff) getTexts(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	return OK(w, Texts{Version: message.Version(), Texts: message.All()})
}

func (s *Staff) getSetup(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := Setup{Practice: s.DB.Practice()}
	if s.OperatorBegins {
		return OK(w, out)
	}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out.Needed, err = staff.SetupNeeded(rx)
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, out)
}

func (s *Staff) postSetup(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := Decode[SetupRequest](r)
	if err != nil {
		return err
	}
	session, err := staff.Setup(r.Context(), s.DB, s.Hasher, gate.WhereOf(r), staff.First(in))
	if err != nil {
		return err
	}
	return s.enter(w, r, session)
}

func (s *Staff) postSession(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := Decode[SignInRequest](r)
	if err != nil {
		return err
	}
	session, err := staff.SignIn(r.Context(), s.DB, s.Hasher, gate.WhereOf(r), staff.Proof(in))
	if err != nil {
		return err
	}
	return s.enter(w, r, session)
}

// enter hands a new session's cookie to the browser and ends the session that
// it had, so that no token from before sign-in stays good.
func (s *Staff) enter(w http.ResponseWriter, r *http.Request, session staff.Session) error {
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
	return OK(w, me)
}

func (s *Staff) deleteSession(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	if err := staff.SignOut(r.Context(), s.DB, session); err != nil {
		return err
	}
	http.SetCookie(w, gate.Cookie(r.Context(), ""))
	return Done(w)
}

func (s *Staff) getMe(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	me, err := s.me(r, session)
	if err != nil {
		return err
	}
	return OK(w, me)
}

func (s *Staff) postPassword(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := Decode[PasswordRequest](r)
	if err != nil {
		return err
	}
	session, err := ownSession(r)
	if err != nil {
		return err
	}
	if err := staff.ChangePassword(r.Context(), s.DB, s.Hasher, session, in.Old, in.New); err != nil {
		return err
	}
	return Done(w)
}

// ownSession is the session of a route that is not public.
func ownSession(r *http.Request) (staff.Session, error) {
	session, found := gate.SessionOf(r.Context())
	if !found {
		return staff.Session{}, fault.New(fault.Unauthenticated, "gate.sign_in_first")
	}
	return session, nil
}

func (s *Staff) me(r *http.Request, session staff.Session) (me Me, err error) {
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		about, err := s.About(rx)
		if err != nil {
			return err
		}
		a := session.Account
		me = Me{
			ID: a.ID, Login: a.Login, Name: a.Name, Roles: OrEmpty(a.Roles), RoleNames: OrEmpty(session.RoleNames),
			Permissions: OrEmpty(session.Permissions), Own: OrEmpty(session.Own),
			Windows: OrEmpty(a.Windows), AllWindows: a.AllWindows, Employee: a.Employee, Token: session.CSRF(),
			Door: gate.DoorOf(r.Context()).Name, Practice: s.DB.Practice(), Organization: about.Organization,
			Today: rx.Today(), Version: s.Version, IdleMinutes: about.IdleMinutes, MustChangePassword: a.MustChange,
		}
		return nil
	})
	return me, err
}
