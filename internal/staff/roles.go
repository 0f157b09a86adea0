package staff

import (
	"slices"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Permission is something that an account may do.
type Permission string

// What roles can grant in the appliance.
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
	ResidentShield  Permission = "resident.shield"  // see, set and take off marks of protection (支援措置)
	ExchangeDecide  Permission = "exchange.decide"  // 要連絡: see the cases of the exchange and decide about them
	ExchangeCarry   Permission = "exchange.carry"   // carry bundles to the booking service and back
	SettingsManage  Permission = "settings.manage"
)

// What roles can grant in both programs.
const (
	StaffManage  Permission = "staff.manage"
	AuditView    Permission = "audit.view"
	ExchangeKeys Permission = "exchange_keys.manage" // keys of the exchange, and what follows a restore of either side
)

// What roles can grant in the booking service: a matrix of function and deed.
const (
	BookingView    Permission = "booking.view"   // find and open bookings
	BookingEdit    Permission = "booking.edit"   // book, change and cancel for residents
	BookingExport  Permission = "booking.export" // take lists of bookings out as files
	BookingPrint   Permission = "booking.print"  // print lists of bookings
	ReceptionWork  Permission = "reception.work" // receive those who come
	OpeningEdit    Permission = "opening.edit"   // windows, opening hours, closed days
	ResidentView   Permission = "resident.view"  // see that contact data exist, masked
	ResidentReveal Permission = "resident.reveal"
	PasswordEdit   Permission = "password.edit" // tell a resident who has forgotten the password a number
	InquiryEdit    Permission = "inquiry.edit"
	ReportView     Permission = "report.view"
	ReportExport   Permission = "report.export"
	ReportPrint    Permission = "report.print"
	MasterEdit     Permission = "master.edit" // procedures, wording, templates, policy

	ExchangeWork Permission = "exchange.work" // bundles from and to the office, and what could not be carried out
)

// Which contact data an account may see at all, masked or revealed: one
// permission for each field (BK-601).
const (
	FieldMail    Permission = "field_mail.view"
	FieldPhone   Permission = "field_phone.view"
	FieldName    Permission = "field_name.view" // and its kana
	FieldBirth   Permission = "field_birth.view"
	FieldSex     Permission = "field_sex.view"
	FieldAddress Permission = "field_address.view"
	FieldOwn     Permission = "field_own.view" // typed into fields of the municipality's own
)

// ContactFields lists the permissions of the fields.
var ContactFields = []Permission{FieldMail, FieldPhone, FieldName, FieldBirth, FieldSex, FieldAddress, FieldOwn}

// What a route can ask for that no role grants.
const (
	Public   Permission = "public"    // nothing: also without a session
	SignedIn Permission = "signed_in" // any session
	Own      Permission = "own"       // any session, also one whose password must be changed first
)

// AppliancePermissions lists what roles can grant in the appliance, in the
// order of the screens.
func AppliancePermissions() []Permission {
	return []Permission{
		ImportRun, DeliveryReceive, CardView, CardWork, CardWithdraw, PlaceManage, NoticePrint,
		VisitHandover, ExchangeDecide, ResidentShield, ListExport, UndoAny, ExchangeCarry, ExchangeKeys, StaffManage, SettingsManage, AuditView,
	}
}

// BookingPermissions lists what roles can grant in the booking service, in the
// order of the screens.
func BookingPermissions() []Permission {
	return slices.Concat(
		[]Permission{BookingView, BookingEdit, BookingExport, BookingPrint, ReceptionWork, OpeningEdit, ResidentView, ResidentReveal},
		ContactFields,
		[]Permission{PasswordEdit, InquiryEdit, ReportView, ReportExport, ReportPrint, MasterEdit, ExchangeWork, ExchangeKeys, StaffManage, AuditView},
	)
}

// Permissions lists what roles can grant in either program, each once.
func Permissions() []Permission {
	all := AppliancePermissions()
	for _, p := range BookingPermissions() {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

func known(p Permission) bool { return slices.Contains(Permissions(), p) }

// The roles that every appliance has.
const (
	RoleReceiver   = "receiver"   // 受入担当
	RoleMedia      = "media"      // 媒体担当
	RoleNotice     = "notice"     // 通知担当
	RoleCounter    = "counter"    // 窓口担当
	RoleSupervisor = "supervisor" // 管理者
	RoleAuditor    = "auditor"    // 監査, in the booking service too
	RoleAdmin      = "admin"      // システム管理者, in the booking service too
)

// The roles that every municipality has in the booking service, beside
// RoleAdmin and RoleAuditor.
const (
	RoleViewer     = "viewer"     // 閲覧
	RoleReception  = "reception"  // 受付
	RoleBooker     = "booker"     // 予約担当
	RoleLead       = "lead"       // 窓口責任者
	RoleStatistics = "statistics" // 統計
)

// ApplianceRoles are the roles with which an appliance begins.
var ApplianceRoles = []Role{
	{ID: RoleReceiver, Permissions: []Permission{ImportRun, DeliveryReceive, CardView, CardWork}},
	{ID: RoleMedia, Permissions: []Permission{ImportRun, CardView, ExchangeCarry}},
	{ID: RoleNotice, Permissions: []Permission{CardView, CardWork, NoticePrint, ExchangeDecide}},
	{ID: RoleCounter, Permissions: []Permission{CardView, CardWork, VisitHandover, ExchangeDecide}},
	{ID: RoleSupervisor, Permissions: []Permission{
		ImportRun, DeliveryReceive, CardView, CardWork, CardWithdraw, PlaceManage, NoticePrint, VisitHandover,
		ExchangeDecide, ResidentShield, ListExport, UndoAny, ExchangeCarry, ExchangeKeys, AuditView,
	}},
	{ID: RoleAuditor, Permissions: []Permission{AuditView}},
	{ID: RoleAdmin, Permissions: []Permission{ExchangeCarry, ExchangeKeys, StaffManage, SettingsManage, AuditView}},
}

// BookingRoles are the roles with which a municipality begins in the booking
// service. Reception works at its own windows; 予約担当, who answer the phone,
// book at all of them.
var BookingRoles = []Role{
	{ID: RoleViewer, Permissions: []Permission{BookingView}, Own: []Permission{BookingView}},
	{
		ID: RoleReception, Permissions: with(ContactFields, BookingView, ReceptionWork, ResidentView),
		Own: with(ContactFields, BookingView, ReceptionWork, ResidentView),
	},
	{
		ID: RoleBooker, Permissions: with(ContactFields,
			BookingView, BookingEdit, BookingPrint, ResidentView, ResidentReveal, PasswordEdit, InquiryEdit),
		Own: []Permission{BookingPrint},
	},
	{
		ID: RoleLead, Permissions: with(ContactFields,
			BookingView, BookingEdit, BookingExport, BookingPrint, ReceptionWork, OpeningEdit, ResidentView, ResidentReveal,
			PasswordEdit, InquiryEdit, ReportView, ReportExport, ReportPrint, ExchangeWork, ExchangeKeys),
		Own: with(ContactFields,
			BookingExport, BookingPrint, ReceptionWork, OpeningEdit, ResidentView, ResidentReveal,
			InquiryEdit, ReportExport, ReportPrint),
	},
	{ID: RoleStatistics, Permissions: []Permission{ReportView, ReportExport, ReportPrint}},
	{ID: RoleAdmin, Permissions: []Permission{OpeningEdit, MasterEdit, ExchangeWork, ExchangeKeys, StaffManage, AuditView}},
	{ID: RoleAuditor, Permissions: []Permission{AuditView}},
}

// with is a list with more permissions.
func with(list []Permission, more ...Permission) []Permission { return slices.Concat(list, more) }

// Seed makes those of the roles that are missing, in their order. Roles that
// exist stay as the staff have changed them.
func Seed(tx *store.Tx, roles []Role) (err error) {
	defer fault.Add(&err, "staff.Seed")
	if err := alone(tx); err != nil {
		return err
	}
	present, err := Roles(tx.Rx)
	if err != nil {
		return err
	}
	made := []string{}
	for _, role := range roles {
		if slices.ContainsFunc(present, func(r Role) bool { return r.ID == role.ID }) {
			continue
		}
		if err := replaceRole(tx, role); err != nil {
			return err
		}
		made = append(made, role.ID)
	}
	if len(made) == 0 {
		return nil
	}
	return audit.Append(tx, "staff.roles_made", "role", map[string]any{"roles": made})
}
