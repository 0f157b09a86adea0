package staffweb

import (
	"net/http"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// StaffRow is one account.
type StaffRow struct {
	ID          string   `json:"id"`
	Version     int      `json:"version"`
	Login       string   `json:"login"`
	Name        string   `json:"name"`
	Roles       []string `json:"roles"`
	Employee    bool     `json:"employee"`
	EndsOn      string   `json:"endsOn"`
	Disabled    bool     `json:"disabled"`
	Locked      bool     `json:"locked"` // by failed sign-ins; enabling unlocks
	LastLoginAt string   `json:"lastLoginAt,omitempty"`
	Windows     []string `json:"windows"` // ids of the own windows, in the booking service
	AllWindows  bool     `json:"allWindows"`
	TOTP        bool     `json:"totp"` // sign-in asks for a one-time code
}

// NewStaff is a new account.
type NewStaff struct {
	Login    string   `json:"login"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Employee bool     `json:"employee"`
	EndsOn   string   `json:"endsOn,omitempty"`

	Windows    []string `json:"windows,omitempty"`
	AllWindows bool     `json:"allWindows,omitempty"`
}

// StaffChange changes an account. Version is the one that was seen.
type StaffChange struct {
	Version  int      `json:"version"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Employee bool     `json:"employee"`
	EndsOn   string   `json:"endsOn,omitempty"`

	Windows    []string `json:"windows,omitempty"`
	AllWindows bool     `json:"allWindows,omitempty"`
}

// StaffCreated is a new account with its password, which is shown this once.
type StaffCreated struct {
	StaffRow
	InitialPassword string `json:"initialPassword"`
}

// StaffReset is the new password of an account, which is shown this once.
type StaffReset struct {
	InitialPassword string `json:"initialPassword"`
}

// Role is a named set of permissions.
type Role struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Permissions []staff.Permission `json:"permissions"`
	Own         []staff.Permission `json:"own"` // those of permissions that hold at the own windows only
}

// RoleChange is what an administrator may change of a role. An empty name takes
// that of the catalogue.
type RoleChange struct {
	Name        string             `json:"name"`
	Permissions []staff.Permission `json:"permissions"`
	Own         []staff.Permission `json:"own"`
}

// AccountRoutes manage the accounts of the staff.
func (s *Staff) AccountRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/staff", Permission: staff.StaffManage, Handle: s.getStaff, Out: []StaffRow{}},
		{Pattern: "POST /api/staff", Permission: staff.StaffManage, Handle: s.postStaff, In: NewStaff{}, Out: StaffCreated{}},
		{Pattern: "PUT /api/staff/{id}", Permission: staff.StaffManage, Handle: s.putStaff, In: StaffChange{}, Out: StaffRow{}},
		{Pattern: "POST /api/staff/{id}/reset", Permission: staff.StaffManage, Handle: s.postStaffReset, Out: StaffReset{}},
		{Pattern: "POST /api/staff/{id}/disable", Permission: staff.StaffManage, Handle: s.postStaffDisable, Out: StaffRow{}},
		{Pattern: "POST /api/staff/{id}/enable", Permission: staff.StaffManage, Handle: s.postStaffEnable, Out: StaffRow{}},
		{Pattern: "DELETE /api/staff/{id}/totp", Permission: staff.StaffManage, Handle: s.deleteStaffTOTP, Out: StaffRow{}},
		{Pattern: "GET /api/permissions", Permission: staff.StaffManage, Handle: s.getPermissions, Out: []staff.Permission{}},
		{Pattern: "GET /api/roles", Permission: staff.StaffManage, Handle: s.getRoles, Out: []Role{}},
		{Pattern: "PUT /api/roles/{id}", Permission: staff.StaffManage, Handle: s.putRole, In: RoleChange{}},
	}
}

func staffRow(a staff.Account) StaffRow {
	return StaffRow{
		ID: a.ID, Version: a.Version, Login: a.Login, Name: a.Name, Roles: OrEmpty(a.Roles), Employee: a.Employee,
		EndsOn: a.EndsOn, Disabled: a.DisabledAt != "", Locked: a.Locked, LastLoginAt: a.LastLoginAt,
		Windows: OrEmpty(a.Windows), AllWindows: a.AllWindows, TOTP: a.TOTP,
	}
}

func (s *Staff) getStaff(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	rows := []StaffRow{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := staff.List(rx, s.Hasher)
		for _, a := range all {
			rows = append(rows, staffRow(a))
		}
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, rows)
}

func (s *Staff) postStaff(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := Decode[NewStaff](r)
	if err != nil {
		return err
	}
	account, initial, err := staff.Create(r.Context(), s.DB, s.Hasher, actor,
		staff.New(in))
	if err != nil {
		return err
	}
	return Reply(w, http.StatusCreated, StaffCreated{StaffRow: staffRow(account), InitialPassword: initial})
}

func (s *Staff) putStaff(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := Decode[StaffChange](r)
	if err != nil {
		return err
	}
	change := staff.Change{Name: in.Name, Roles: in.Roles, Employee: in.Employee, EndsOn: in.EndsOn, Windows: in.Windows, AllWindows: in.AllWindows}
	if err := staff.Update(r.Context(), s.DB, actor, r.PathValue("id"), in.Version, change); err != nil {
		return err
	}
	return s.replyStaff(w, r)
}

func (s *Staff) postStaffReset(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	initial, err := staff.Reset(r.Context(), s.DB, s.Hasher, actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return OK(w, StaffReset{InitialPassword: initial})
}

func (s *Staff) postStaffDisable(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staff.Disable(r.Context(), s.DB, actor, r.PathValue("id")); err != nil {
		return err
	}
	return s.replyStaff(w, r)
}

func (s *Staff) postStaffEnable(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staff.Enable(r.Context(), s.DB, s.Hasher, actor, r.PathValue("id")); err != nil {
		return err
	}
	return s.replyStaff(w, r)
}

// replyStaff answers with the account of the path as it is now.
func (s *Staff) replyStaff(w http.ResponseWriter, r *http.Request) error {
	var account staff.Account
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		account, err = staff.Find(rx, s.Hasher, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, staffRow(account))
}

func (s *Staff) getRoles(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	rows := []Role{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		roles, err := staff.Roles(rx)
		for _, role := range roles {
			rows = append(rows, Role{ID: role.ID, Name: role.Name, Permissions: role.Permissions, Own: role.Own})
		}
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, rows)
}

func (s *Staff) getPermissions(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	grants := s.Grants
	if grants == nil {
		grants = staff.Permissions()
	}
	return OK(w, grants)
}

func (s *Staff) putRole(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := Decode[RoleChange](r)
	if err != nil {
		return err
	}
	role := staff.Role{ID: r.PathValue("id"), Name: in.Name, Permissions: in.Permissions, Own: in.Own}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error { return staff.ChangeRole(tx, role) })
	if err != nil {
		return err
	}
	return Done(w)
}

func (s *Staff) deleteStaffTOTP(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staff.EndTOTP(r.Context(), s.DB, actor, r.PathValue("id")); err != nil {
		return err
	}
	return s.replyStaff(w, r)
}
