package staff_test

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var console = staff.Where{Door: "console", Terminal: "198.51.100.7", Rules: staff.BookingRules}

// inMunicipalities runs a test in municipality 3 of the booking service, with
// an administrator «boss» who has chosen a password.
func inMunicipalities(t *testing.T, fn func(t *testing.T, o *office)) {
	t.Helper()
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := &office{t: t, db: db.For(3), clock: clock, hasher: staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))}
		testkit.Write(t, o.db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.BookingRoles) })
		o.boss = o.begin(staff.New{Login: "boss", Name: "田中 一郎", Roles: []string{staff.RoleAdmin}, Employee: true})
		fn(t, o)
	})
}

// begin makes an account, chooses its password and signs in at the console.
func (o *office) begin(n staff.New) staff.Session {
	o.t.Helper()
	_, initial, err := staff.Create(o.t.Context(), o.db, o.hasher, testkit.Supervisor, n)
	if err != nil {
		o.t.Fatal(err)
	}
	s, err := o.enter(n.Login, initial, "")
	if err != nil {
		o.t.Fatal(err)
	}
	if !s.Account.MustChange {
		o.t.Error("the first password need not be changed")
	}
	if err := staff.ChangePassword(o.t.Context(), o.db, o.hasher, s, initial, right); err != nil {
		o.t.Fatal(err)
	}
	if s, err = o.enter(n.Login, right, ""); err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) enter(login, password, code string) (staff.Session, error) {
	return staff.SignIn(o.t.Context(), o.db, o.hasher, console, staff.Proof{Login: login, Password: password, Code: code})
}

func TestBK401_TenthWrongPasswordLocksWithOneEntry(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		o.begin(staff.New{Login: "clerk", Name: "職員", Roles: []string{staff.RoleReception}})
		for i := 1; i <= 10; i++ {
			if _, err := o.enter("clerk", other, ""); !fault.Is(err, fault.Unauthenticated, "staff.sign_in_refused") {
				t.Fatalf("try %d: %v", i, err)
			}
			want := 0
			if i == 10 {
				want = 1
			}
			if n := o.audited("staff.locked", audit.Denied); n != want {
				t.Errorf("after try %d there are %d entries of a lock, want %d", i, n, want)
			}
		}
		if n := o.audited("staff.sign_in", audit.Denied); n != 9 {
			t.Errorf("%d refused sign-ins beside the lock, want 9", n)
		}
		_, err := o.enter("clerk", right, "")
		testkit.WantFault(t, err, fault.TooMany, "staff.locked_hard")
		o.clock.Advance(48 * time.Hour) // a lock does not go away by itself
		_, err = o.enter("clerk", right, "")
		testkit.WantFault(t, err, fault.TooMany, "staff.locked_hard")
		if n := o.audited("staff.locked", audit.Denied); n != 1 {
			t.Errorf("%d entries of a lock, want 1", n)
		}
		clerk := o.account("clerk")
		if !clerk.Locked {
			t.Error("the administrator does not see the lock")
		}
		if err := staff.Enable(t.Context(), o.db, o.hasher, o.boss.Actor(), clerk.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.enter("clerk", right, ""); err != nil {
			t.Errorf("after the administrator unlocked it: %v", err)
		}
	})
}

func (o *office) account(login string) (a staff.Account) {
	o.t.Helper()
	testkit.Read(o.t, o.db, func(rx *store.Rx) error {
		all, err := staff.List(rx, o.hasher)
		for _, one := range all {
			if one.Login == login {
				a = one
			}
		}
		return err
	})
	return a
}

func TestBK401_SessionLastsEightHours(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		s, err := o.enter("boss", right, "")
		if err != nil {
			t.Fatal(err)
		}
		for range 8*12 - 1 {
			o.clock.Advance(5*time.Minute - time.Second) // always busy
			testkit.Write(t, o.db, s.Actor(), func(*store.Tx) error { return nil })
			if err := staff.Touch(t.Context(), o.db, s); err != nil {
				t.Fatal(err)
			}
		}
		if _, found := o.lives(s.Token, "console"); !found {
			t.Error("over before eight hours")
		}
		o.clock.Advance(s.EndsAt.Sub(o.clock.Now()) - time.Millisecond)
		if err := staff.Touch(t.Context(), o.db, s); err != nil {
			t.Fatal(err)
		}
		if _, found := o.lives(s.Token, "console"); !found {
			t.Error("over a millisecond before eight hours")
		}
		o.clock.Advance(time.Millisecond)
		if _, found := o.lives(s.Token, "console"); found || s.EndsAt.Sub(s.CreatedAt) != 8*time.Hour {
			t.Errorf("still good after %v", s.EndsAt.Sub(s.CreatedAt))
		}
	})
}

// factor sets up a second factor for a session and returns its secret and the
// recovery codes.
func (o *office) factor(s staff.Session) (secret string, recovery []string) {
	o.t.Helper()
	f, err := staff.StartTOTP(o.t.Context(), o.db, o.hasher, s, right, "Kofu 甲府市")
	if err != nil {
		o.t.Fatal(err)
	}
	uri, err := url.Parse(f.URI)
	if err != nil || uri.Query().Get("secret") != f.Secret || uri.Query().Get("issuer") != "Kofu 甲府市" || !strings.HasPrefix(f.QRSVG, "<svg") {
		o.t.Errorf("URI %q, %v", f.URI, err)
	}
	recovery, err = staff.ConfirmTOTP(o.t.Context(), o.db, o.hasher, s, o.code(f.Secret, 0))
	if err != nil {
		o.t.Fatal(err)
	}
	o.clock.Advance(time.Minute) // the code that confirmed is used up
	return f.Secret, recovery
}

// code is what the app shows some steps from now.
func (o *office) code(secret string, steps int) string {
	o.t.Helper()
	code, err := totp.GenerateCode(secret, o.clock.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		o.t.Fatal(err)
	}
	return code
}

func TestBK401_SecondFactor(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		secret, recovery := o.factor(o.boss)
		if len(recovery) != 10 {
			t.Errorf("%d recovery codes, want 10", len(recovery))
		}
		for _, code := range recovery {
			if len(strings.ReplaceAll(code, "-", "")) != 16 { // of 5 bits
				t.Errorf("a recovery code of the form %d characters", len(code))
			}
		}
		if dump := testkit.Dump(t, o.db); strings.Contains(dump, secret) || strings.Contains(dump, recovery[0]) {
			t.Error("the seed or a recovery code lies open in the database")
		}
		_, err := o.enter("boss", right, "")
		testkit.WantFault(t, err, fault.Unauthenticated, "staff.totp_needed")
		_, err = o.enter("boss", other, o.code(secret, 0))
		testkit.WantFault(t, err, fault.Unauthenticated, "staff.sign_in_refused")
		for _, c := range []struct {
			name  string
			steps int
			ok    bool
		}{
			{"two steps late", -2, false},
			{"one step late", -1, true},
			{"now", 0, true},
			{"now, a second time", 0, false},
			{"the step before, after that of now", -1, false},
			{"one step early", 1, true},
			{"now, after the one to come", 0, false},
			{"two steps early", 2, false},
		} {
			_, err := o.enter("boss", right, o.code(secret, c.steps))
			if (err == nil) != c.ok {
				t.Errorf("%s: %v", c.name, err)
			}
			if !c.ok && !fault.Is(err, fault.Unauthenticated, "staff.totp_wrong") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		spaced := " " + strings.ToUpper(recovery[3]) + " "
		if _, err := o.enter("boss", right, spaced); err != nil {
			t.Errorf("a recovery code: %v", err)
		}
		_, err = o.enter("boss", right, recovery[3])
		testkit.WantFault(t, err, fault.Unauthenticated, "staff.totp_wrong")
		testkit.Read(t, o.db, func(rx *store.Rx) error {
			state, err := staff.TOTPState(rx, o.boss.Account.ID)
			if !state.On || state.Recovery != 9 {
				t.Errorf("state %+v", state)
			}
			return err
		})
	})
}

// Who knows the password must not be able to go on guessing the code: the tenth
// wrong one locks, and asking for the code in between clears nothing.
func TestBK401_TenWrongCodesLock(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		secret, _ := o.factor(o.boss)
		for i := range 10 {
			_, err := o.enter("boss", right, "")
			testkit.WantFault(t, err, fault.Unauthenticated, "staff.totp_needed")
			_, err = o.enter("boss", right, o.code(secret, 10+i))
			testkit.WantFault(t, err, fault.Unauthenticated, "staff.totp_wrong")
		}
		_, err := o.enter("boss", right, o.code(secret, 0))
		testkit.WantFault(t, err, fault.TooMany, "staff.locked_hard")
		if n := o.audited("staff.locked", audit.Denied); n != 1 {
			t.Errorf("%d entries of a lock, want 1", n)
		}
	})
}

func TestBK401_SecondFactorIsSetUpByItsOwnerAndEndedByAnAdministrator(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		clerk := o.begin(staff.New{Login: "clerk", Name: "職員", Roles: []string{staff.RoleReception}})
		_, err := staff.ConfirmTOTP(t.Context(), o.db, o.hasher, clerk, "123456")
		testkit.WantFault(t, err, fault.Conflict, "staff.totp_not_started")
		_, err = staff.StartTOTP(t.Context(), o.db, o.hasher, clerk, other, "Kofu")
		testkit.WantFault(t, err, fault.Invalid, "staff.old_password_wrong")
		f, err := staff.StartTOTP(t.Context(), o.db, o.hasher, clerk, right, "Kofu")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.enter("clerk", right, ""); err != nil {
			t.Errorf("asked for a code before the app has shown one: %v", err)
		}
		_, err = staff.ConfirmTOTP(t.Context(), o.db, o.hasher, clerk, o.code(f.Secret, 9))
		testkit.WantFault(t, err, fault.Invalid, "staff.totp_wrong")
		if _, err := staff.ConfirmTOTP(t.Context(), o.db, o.hasher, clerk, o.code(f.Secret, 0)); err != nil {
			t.Fatal(err)
		}
		_, err = staff.StartTOTP(t.Context(), o.db, o.hasher, clerk, right, "Kofu")
		testkit.WantFault(t, err, fault.Conflict, "staff.totp_on")
		if !o.account("clerk").TOTP || o.account("boss").TOTP {
			t.Error("the list of accounts does not show who has a second factor")
		}
		if err := staff.EndTOTP(t.Context(), o.db, o.boss.Actor(), clerk.Account.ID); err != nil {
			t.Fatal(err)
		}
		if _, found := o.lives(clerk.Token, "console"); found {
			t.Error("a session outlives the second factor")
		}
		if _, err := o.enter("clerk", right, ""); err != nil {
			t.Errorf("after the factor has gone: %v", err)
		}
	})
}

func TestBK402_EveryCellOfTheMatrix(t *testing.T) {
	const none, own, all = "", "own", "all"
	matrix := map[string]map[staff.Permission]string{
		staff.RoleViewer:    {staff.BookingView: own},
		staff.RoleReception: {staff.BookingView: own, staff.ReceptionWork: own, staff.ResidentView: own},
		staff.RoleBooker: {
			staff.BookingView: all, staff.BookingEdit: all, staff.BookingPrint: own,
			staff.ResidentView: all, staff.ResidentReveal: all, staff.PasswordEdit: all, staff.InquiryEdit: all,
		},
		staff.RoleLead: {
			staff.BookingView: all, staff.BookingEdit: all, staff.BookingExport: own, staff.BookingPrint: own, staff.ReceptionWork: own,
			staff.OpeningEdit: own, staff.ResidentView: own, staff.ResidentReveal: own, staff.PasswordEdit: all, staff.InquiryEdit: own,
			staff.ReportView: all, staff.ReportExport: own, staff.ReportPrint: own, staff.ExchangeWork: all, staff.ExchangeKeys: all,
		},
		staff.RoleStatistics: {staff.ReportView: all, staff.ReportExport: all, staff.ReportPrint: all},
		staff.RoleAdmin: {
			staff.OpeningEdit: all, staff.MasterEdit: all, staff.ExchangeWork: all, staff.ExchangeKeys: all, staff.StaffManage: all, staff.AuditView: all,
		},
		staff.RoleAuditor: {staff.AuditView: all},
	}
	for role, scope := range map[string]string{staff.RoleReception: own, staff.RoleBooker: all, staff.RoleLead: own} {
		for _, field := range staff.ContactFields {
			matrix[role][field] = scope
		}
	}
	inMunicipalities(t, func(t *testing.T, o *office) {
		for role, cells := range matrix {
			s := o.begin(staff.New{Login: "as-" + role, Name: "職員", Roles: []string{role}, Windows: []string{"w-1"}})
			for _, p := range staff.Permissions() {
				want := cells[p]
				if s.May(p) != (want != none) || s.MayAt(p, "w-1") != (want != none) || s.MayAt(p, "w-2") != (want == all) {
					t.Errorf("%s, %s: may %v, at the own window %v, at another %v, want %q",
						role, p, s.May(p), s.MayAt(p, "w-1"), s.MayAt(p, "w-2"), want)
				}
			}
		}
	})
}

func TestBK402_OwnWindows(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		s := o.begin(staff.New{Login: "clerk", Name: "職員", Roles: []string{staff.RoleReception}, Windows: []string{"w-2", "w-1", "w-2"}})
		if diff := cmp.Diff([]string{"w-1", "w-2"}, s.Account.Windows); diff != "" {
			t.Errorf("windows (-want +got):\n%s", diff)
		}
		for window, want := range map[string]bool{"w-1": true, "w-2": true, "w-3": false, "": false} {
			s.Asked = staff.BookingView
			if s.MayWindow(window) != want {
				t.Errorf("window %q: %v", window, !want)
			}
			s.Asked = ""
			if s.MayWindow(window) != want {
				t.Errorf("window %q without a route: %v", window, !want)
			}
		}
		s.Asked = staff.BookingExport
		if s.MayWindow("w-1") {
			t.Error("may export, which the role does not grant")
		}
		// A second role without a limit lifts that of the first.
		change := staff.Change{Name: "職員", Roles: []string{staff.RoleReception, staff.RoleBooker}, Windows: []string{"w-1"}}
		if err := staff.Update(t.Context(), o.db, o.boss.Actor(), s.Account.ID, 1, change); err != nil {
			t.Fatal(err)
		}
		if s, err := o.enter("clerk", right, ""); err != nil || !s.MayAt(staff.BookingView, "w-9") || s.MayAt(staff.ReceptionWork, "w-2") {
			t.Errorf("two roles: %v %v, %v", s.Permissions, s.Own, err)
		}
		change.AllWindows = true
		if err := staff.Update(t.Context(), o.db, o.boss.Actor(), s.Account.ID, 2, change); err != nil {
			t.Fatal(err)
		}
		if s, err := o.enter("clerk", right, ""); err != nil || !s.MayAt(staff.ReceptionWork, "w-9") || s.MayAt(staff.BookingExport, "w-1") {
			t.Errorf("all windows: %v, %v", s.Account, err)
		}
	})
}

func TestBK402_ChangeRole(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		s := o.begin(staff.New{Login: "clerk", Name: "職員", Roles: []string{staff.RoleReception}, Windows: []string{"w-1"}})
		save := func(r staff.Role) error {
			return o.db.Write(t.Context(), o.boss.Actor(), func(tx *store.Tx) error { return staff.ChangeRole(tx, r) })
		}
		if err := save(staff.Role{ID: staff.RoleReception, Permissions: []staff.Permission{staff.BookingExport}}); err != nil {
			t.Fatal(err)
		}
		if now, found := o.lives(s.Token, "console"); !found || now.May(staff.ReceptionWork) || !now.MayAt(staff.BookingExport, "w-9") {
			t.Errorf("a running session does not see the change: %v", now.Permissions)
		}
		testkit.WantFault(t, save(staff.Role{ID: "made-up"}), fault.NotFound, "staff.no_such_role")
		testkit.WantFault(t, save(staff.Role{ID: staff.RoleViewer, Own: []staff.Permission{staff.BookingView}}), fault.Invalid, "staff.permission_unknown")
		testkit.WantFault(t, save(staff.Role{ID: staff.RoleViewer, Name: "123456789018"}), fault.Invalid, "staff.role_name_form")
		testkit.WantFault(t, save(staff.Role{ID: staff.RoleAdmin}), fault.Conflict, "staff.last_administrator")
	})
}

func TestAccess(t *testing.T) {
	inMunicipalities(t, func(t *testing.T, o *office) {
		inside := netip.MustParseAddr("10.1.2.3")
		save := func(version int, a staff.Access) error {
			return o.db.Write(t.Context(), o.boss.Actor(), func(tx *store.Tx) error {
				_, err := staff.SaveAccess(tx, a, version, inside)
				return err
			})
		}
		detail := func(err error) string {
			e, ok := fault.As(err)
			if !ok || len(e.Details) != 1 {
				return ""
			}
			return e.Details[0].Code
		}
		for _, c := range []struct {
			networks []string
			minutes  int
			want     string
		}{
			{[]string{"10.1.0.0/16", "ten"}, 15, "staff.network_form"},
			{[]string{"192.168.0.0/16"}, 15, "staff.network_without_you"},
			{nil, 0, "staff.idle_minutes"},
			{nil, 61, "staff.idle_minutes"},
		} {
			before := testkit.Dump(t, o.db)
			if got := detail(save(0, staff.Access{Networks: c.networks, IdleMinutes: c.minutes})); got != c.want {
				t.Errorf("%v: %q, want %q", c.networks, got, c.want)
			}
			if diff := cmp.Diff(before, testkit.Dump(t, o.db)); diff != "" {
				t.Errorf("a refused change (-want +got):\n%s", diff)
			}
		}
		if err := save(0, staff.Access{Networks: []string{" 10.1.2.3 ", "2001:db8::/32", ""}, IdleMinutes: 20}); err != nil {
			t.Fatal(err)
		}
		networks, err := staff.Networks(o.db)(context.Background())
		if want := []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("2001:db8::/32")}; err != nil || !cmp.Equal(want, networks, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })) {
			t.Errorf("networks %v, %v", networks, err)
		}
		if networks, err := staff.Networks(o.db.For(4))(context.Background()); err != nil || len(networks) != 0 {
			t.Errorf("another municipality has %v, %v", networks, err)
		}
	})
}
