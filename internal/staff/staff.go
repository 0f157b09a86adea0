// Package staff knows who works with a program: personal accounts, roles and
// their permissions, passwords, second factors, sign-in with its limits,
// sessions, and the first set-up of a new machine. There are no shared and no
// default accounts. Every act is in the audit log, refused sign-ins too. The
// appliance and the booking service share it; they differ in their roles (see
// [Seed]) and their [Rules]. Writes tables staff, staff_attempt, staff_guard,
// staff_installation, staff_member, staff_recovery, staff_role,
// staff_role_permission, staff_session, staff_totp and staff_window.
package staff

import (
	"cmp"
	"context"
	"time"

	"kofu/internal/message"
	"kofu/internal/store"
)

// Role is a named set of permissions.
type Role struct {
	ID          string
	Name        string // empty in the database: the name of the catalogue
	Permissions []Permission
	Own         []Permission // those of Permissions that hold at the person's own windows only
}

// name is how people call the role.
func (r Role) name() string {
	if r.Name != "" {
		return r.Name
	}
	return message.Text("staff.role."+r.ID, nil)
}

// Account is one person who works with the program.
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
	Windows     []string // ids of the windows at which the person works, in the booking service
	AllWindows  bool     // every window is the person's own
	Locked      bool     // too many failed sign-ins; Enable unlocks
	TOTP        bool     // sign-in asks for a one-time code
}

// usable reports whether the account may sign in on the day.
func (a Account) usable(today string) bool {
	return a.DisabledAt == "" && (a.EndsOn == "" || a.EndsOn >= today)
}

// Where is the place from which somebody speaks to the program.
type Where struct {
	Door     string // "desk" (window on this machine), "lan" or "console" (booking service)
	Terminal string // the PC
	Rules    Rules
}

// Rules are the limits in which the programs differ. Where a field is 0, that
// of ApplianceRules holds.
type Rules struct {
	Session  time.Duration // a session ends then, however busy
	SoftLock int           // failures in a row until a login name waits 15 minutes
	HardLock int           // failures in a row until an administrator unlocks it
	Terminal int           // failures of one terminal within an hour
}

// ApplianceRules are the limits at the city hall, where every PC has an address
// of its own.
var ApplianceRules = Rules{Session: 10 * time.Hour, SoftLock: 5, HardLock: 10, Terminal: 20}

// BookingRules are the limits of the booking service, where all PCs of a city
// hall may come from one address.
var BookingRules = Rules{Session: 8 * time.Hour, SoftLock: 10, HardLock: 10, Terminal: 200}

// rules are the limits that hold at the place.
func (w Where) rules() Rules {
	return Rules{
		Session:  cmp.Or(w.Rules.Session, ApplianceRules.Session),
		SoftLock: cmp.Or(w.Rules.SoftLock, ApplianceRules.SoftLock),
		HardLock: cmp.Or(w.Rules.HardLock, ApplianceRules.HardLock),
		Terminal: cmp.Or(w.Rules.Terminal, ApplianceRules.Terminal),
	}
}

// anonymous acts while nobody has signed in.
func anonymous(w Where) store.Actor { return store.Actor{ID: "anonymous", Terminal: w.Terminal} }

// Anonymous is the actor of requests without a session.
func Anonymous(terminal string) store.Actor { return anonymous(Where{Terminal: terminal}) }

// object names an account in the audit log.
func object(id string) string { return "staff/" + id }

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
