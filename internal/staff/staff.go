// Package staff knows who works with the appliance: personal accounts, roles
// and their permissions, passwords, sign-in with its limits, sessions, and the
// first set-up of a new machine. There are no shared and no default accounts.
// Every act is in the audit log, refused sign-ins too. Writes tables staff,
// staff_attempt, staff_guard, staff_installation, staff_member, staff_role,
// staff_role_permission and staff_session.
package staff

import (
	"context"
	"slices"

	"kofu/internal/message"
	"kofu/internal/store"
)

// Permission is something that an account may do.
type Permission string

// What roles can grant.
const (
	ImportRun       Permission = "import.run"       // check and take in files
	DeliveryReceive Permission = "delivery.receive" // receive cards by scan
	CardView        Permission = "card.view"        // see cards and lists
	CardWork        Permission = "card.work"        // inspect, preset, shelve, fetch, hold
	CardWithdraw    Permission = "card.withdraw"    // 交付取りやめ
	PlaceManage     Permission = "place.manage"     // make places and their labels
	NoticePrint     Permission = "notice.print"     // print and post letters
	VisitHandover   Permission = "visit.handover"   // hand cards over
	ListExport      Permission = "list.export"      // take lists out as files
	UndoAny         Permission = "undo.any"         // undo what others did
	StaffManage     Permission = "staff.manage"
	SettingsManage  Permission = "settings.manage"
	AuditView       Permission = "audit.view"
)

// Permissions lists what roles can grant, in the order of the screens.
func Permissions() []Permission {
	return []Permission{
		ImportRun, DeliveryReceive, CardView, CardWork, CardWithdraw, PlaceManage, NoticePrint,
		VisitHandover, ListExport, UndoAny, StaffManage, SettingsManage, AuditView,
	}
}

// What a route can ask for that no role grants.
const (
	Public   Permission = "public"    // nothing: also without a session
	SignedIn Permission = "signed_in" // any session
	Own      Permission = "own"       // any session, also one whose password must be changed first
)

// The roles that every appliance has.
const (
	RoleReceiver   = "receiver"   // 受入担当
	RoleMedia      = "media"      // 媒体担当
	RoleNotice     = "notice"     // 通知担当
	RoleCounter    = "counter"    // 窓口担当
	RoleSupervisor = "supervisor" // 管理者
	RoleAuditor    = "auditor"    // 監査
	RoleAdmin      = "admin"      // システム管理者
)

// Role is a named set of permissions.
type Role struct {
	ID          string
	Name        string // empty in the database: the name of the catalogue
	Permissions []Permission
}

// name is how people call the role.
func (r Role) name() string {
	if r.Name != "" {
		return r.Name
	}
	return message.Text("staff.role."+r.ID, nil)
}

// Account is one person who works with the appliance.
type Account struct {
	ID          string
	Version     int // grows with every change by an administrator
	Login       string
	Name        string
	Employee    bool   // city staff; contractors may not hand cards over
	EndsOn      string // last day, empty without an end
	DisabledAt  string // instant, empty while enabled
	MustChange  bool   // the password was given by the program and must be changed first
	CreatedAt   string
	LastLoginAt string
	Roles       []string // ids
	Locked      bool     // too many failed sign-ins; Enable unlocks
}

// usable reports whether the account may sign in on the day.
func (a Account) usable(today string) bool {
	return a.DisabledAt == "" && (a.EndsOn == "" || a.EndsOn >= today)
}

// Where is the place from which somebody speaks to the appliance.
type Where struct {
	Door     string // "desk" (window on this machine) or "lan"
	Terminal string // the PC
}

// anonymous acts while nobody has signed in.
func anonymous(w Where) store.Actor { return store.Actor{ID: "anonymous", Terminal: w.Terminal} }

// Anonymous is the actor of requests without a session.
func Anonymous(terminal string) store.Actor { return anonymous(Where{Terminal: terminal}) }

// object names an account in the audit log.
func object(id string) string { return "staff/" + id }

func known(p Permission) bool { return slices.Contains(Permissions(), p) }

// write runs fn while no other change of accounts runs. The limits of guessing,
// the last administrator, a password just changed: what fn has read of them
// must still hold when it writes.
func write(ctx context.Context, db *store.DB, actor store.Actor, fn func(*store.Tx) error) error {
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if err := alone(tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

func alone(tx *store.Tx) error { return tx.Lock("staff") }
