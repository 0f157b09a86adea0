package staff_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	right = "an apple and a violin"
	other = "seven boats, one harbour"
	idle  = 5 * time.Minute
)

var (
	desk = staff.Where{Door: "desk", Terminal: "127.0.0.1"}
	lan  = staff.Where{Door: "lan", Terminal: "192.0.2.7"}
)

// office is an appliance after its first set-up: one account «boss».
type office struct {
	t      *testing.T
	db     *store.DB
	clock  *testkit.Clock
	hasher *staff.Hasher
	boss   staff.Session
}

// onBothEngines runs a test in an office before its first set-up.
func onBothEngines(t *testing.T, fn func(t *testing.T, o *office)) {
	t.Helper()
	testkit.OnBothEnginesAt(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		fn(t, newOffice(t, db, clock))
	})
}

func newOffice(t *testing.T, db *store.DB, clock *testkit.Clock) *office {
	return &office{t: t, db: db, clock: clock, hasher: staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, keyring.ForTest(1))}
}

// inOffices runs a test in an office after its first set-up.
func inOffices(t *testing.T, fn func(t *testing.T, o *office)) {
	t.Helper()
	onBothEngines(t, func(t *testing.T, o *office) {
		o.setUp()
		fn(t, o)
	})
}

func (o *office) setUp() {
	t := o.t
	t.Helper()
	code, err := staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
	if err != nil {
		t.Fatal(err)
	}
	o.boss, err = staff.Setup(t.Context(), o.db, o.hasher, desk, staff.First{
		Code: code, Organization: "甲府市", Login: "boss", Name: "田中 一郎", Password: right,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hire makes an account that has chosen its password.
func (o *office) hire(login string, roles ...string) staff.Account {
	o.t.Helper()
	account, initial, err := staff.Create(o.t.Context(), o.db, o.hasher, o.boss.Actor(), staff.New{Login: login, Name: "職員", Roles: roles, Employee: true})
	if err != nil {
		o.t.Fatal(err)
	}
	session, err := o.signIn(login, initial)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := staff.ChangePassword(o.t.Context(), o.db, o.hasher, session, initial, right); err != nil {
		o.t.Fatal(err)
	}
	if err := staff.SignOut(o.t.Context(), o.db, session); err != nil {
		o.t.Fatal(err)
	}
	return account
}

func (o *office) signIn(login, password string) (staff.Session, error) {
	return staff.SignIn(o.t.Context(), o.db, o.hasher, lan, staff.Proof{Login: login, Password: password})
}

func (o *office) mustSignIn(login string) staff.Session {
	o.t.Helper()
	s, err := o.signIn(login, right)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

// lives reports whether the token is still good at the door.
func (o *office) lives(token, door string) (s staff.Session, found bool) {
	o.t.Helper()
	testkit.Read(o.t, o.db, func(rx *store.Rx) (err error) {
		s, found, err = staff.FindSession(rx, token, door, idle)
		return err
	})
	return s, found
}

// audited counts the records of an action and result.
func (o *office) audited(action string, result audit.Result) (n int) {
	o.t.Helper()
	testkit.Read(o.t, o.db, func(rx *store.Rx) error {
		records, _, err := audit.List(rx, audit.Filter{Action: action, Limit: 1000})
		for _, r := range records {
			if r.Result == result {
				n++
			}
		}
		return err
	})
	return n
}

func TestSetup_MakesTheFirstAccountOnce(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		if !o.boss.May(staff.StaffManage) || !o.boss.May(staff.CardWork) || o.boss.Account.MustChange || !o.boss.Account.Employee {
			t.Errorf("first account: %+v may %v", o.boss.Account, o.boss.Permissions)
		}
		testkit.Read(t, o.db, func(rx *store.Rx) error {
			config, err := settings.Load(rx)
			if config.Organization.Name != "甲府市" {
				t.Errorf("organization %q", config.Organization.Name)
			}
			return err
		})
		before := testkit.Dump(t, o.db)
		_, err := staff.Setup(t.Context(), o.db, o.hasher, desk, staff.First{Organization: "乙市", Login: "thief", Name: "泥棒", Password: right})
		testkit.WantFault(t, err, fault.Conflict, "staff.setup_done")
		_, err = staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
		testkit.WantFault(t, err, fault.Conflict, "staff.setup_done")
		if diff := cmp.Diff(before, testkit.Dump(t, o.db)); diff != "" {
			t.Errorf("a refused set-up changed the database (-want +got):\n%s", diff)
		}
	})
}

func TestSetup_AsksForTheCodeOfTheLastStart(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		first := staff.First{Organization: "甲府市", Login: "boss", Name: "田中 一郎", Password: right}
		try := func(code string) error {
			f := first
			f.Code = code
			_, err := staff.Setup(t.Context(), o.db, o.hasher, lan, f)
			return err
		}
		testkit.WantFault(t, try(""), fault.Forbidden, "staff.installation_code_wrong")
		old, err := staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
		if err != nil {
			t.Fatal(err)
		}
		code, err := staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(testkit.Dump(t, o.db), code) || strings.Contains(testkit.Dump(t, o.db), strings.ReplaceAll(code, "-", "")) {
			t.Error("the code itself is in the database")
		}
		testkit.WantFault(t, try(old), fault.Forbidden, "staff.installation_code_wrong")
		if n := o.audited("staff.setup", audit.Denied); n != 2 {
			t.Errorf("%d refused set-ups in the audit log, want 2", n)
		}
		if err := try(strings.ToLower(strings.ReplaceAll(code, "-", " "))); err != nil {
			t.Errorf("the code in lower case without hyphens: %v", err)
		}
	})
}

func TestSetup_GuessingEndsAfterTwentyTries(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		code, err := staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
		if err != nil {
			t.Fatal(err)
		}
		first := staff.First{Code: "AAAA-BBBB-CCCC", Organization: "甲府市", Login: "boss", Name: "田中 一郎", Password: right}
		for range 20 {
			_, err := staff.Setup(t.Context(), o.db, o.hasher, lan, first)
			testkit.WantFault(t, err, fault.Forbidden, "staff.installation_code_wrong")
		}
		first.Code = code
		_, err = staff.Setup(t.Context(), o.db, o.hasher, lan, first)
		testkit.WantFault(t, err, fault.TooMany, "staff.terminal_locked")
	})
}

func TestSignIn_TheDatabaseHoldsNeitherPasswordNorToken(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		session := o.mustSignIn("BOSS ")
		if session.Token == "" || len(session.Token) != 43 || session.Token == o.boss.Token {
			t.Errorf("token %q", session.Token)
		}
		if _, err := o.signIn("my secret passphrase", "boss"); err == nil {
			t.Error("signed in")
		}
		dump := testkit.Dump(t, o.db)
		for _, secret := range []string{right, session.Token, session.CSRF(), "my secret passphrase"} {
			if strings.Contains(dump, secret) {
				t.Errorf("the database holds %q", secret)
			}
		}
	})
}

func TestSignIn_AnswersUnknownNamesLikeWrongPasswords(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		ghost := o.hire("ghost", "counter")
		if err := staff.Disable(t.Context(), o.db, o.boss.Actor(), ghost.ID); err != nil {
			t.Fatal(err)
		}
		answers := map[string][]string{}
		for _, login := range []string{"boss", "nobody", "ghost"} {
			for i := range 12 {
				password := "wrong password " + login
				if login == "ghost" {
					password = right // of a disabled account
				}
				_, err := staff.SignIn(t.Context(), o.db, o.hasher, staff.Where{Door: "lan", Terminal: login}, staff.Proof{Login: login, Password: password})
				e, ok := fault.As(err)
				if !ok {
					t.Fatal(err)
				}
				answers[login] = append(answers[login], message.Of(e))
				if i >= 5 {
					o.clock.Advance(16 * time.Minute)
				}
			}
			o.clock.Advance(24 * time.Hour)
		}
		for _, login := range []string{"nobody", "ghost"} {
			if diff := cmp.Diff(answers["boss"], answers[login]); diff != "" {
				t.Errorf("%s is answered otherwise (-boss +%s):\n%s", login, login, diff)
			}
		}
		// Twelve tries each, of which the tenth stands in the log as the lock.
		if tries, locks := o.audited("staff.sign_in", audit.Denied), o.audited("staff.locked", audit.Denied); tries != 33 || locks != 3 {
			t.Errorf("%d refused sign-ins and %d locks in the audit log, want 33 and 3", tries, locks)
		}
	})
}

// A model of the lock against random walks of right and wrong passwords and
// of time: at most 5 tries, then a pause of 15 minutes, and no more than 10
// failures in a row until an administrator helps.
func TestSignIn_LockProperty(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		walks := 0
		rapid.Check(t, func(rt *rapid.T) {
			walks++
			login := fmt.Sprintf("clerk%d", walks)
			clerk := o.hire(login, "counter")
			failures, until := 0, time.Time{}
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				// Every step from another terminal: its limit is another test.
				where := staff.Where{Door: "lan", Terminal: rapid.StringMatching(`pc-[a-z]{8}`).Draw(rt, "terminal")}
				switch rapid.SampledFrom([]string{"wrong", "wrong", "wrong", "right", "wait", "enable"}).Draw(rt, "step") {
				case "wait":
					o.clock.Advance(time.Duration(rapid.IntRange(1, 20).Draw(rt, "minutes")) * time.Minute)
				case "enable":
					if err := staff.Enable(t.Context(), o.db, o.hasher, o.boss.Actor(), clerk.ID); err != nil {
						rt.Fatal(err)
					}
					failures, until = 0, time.Time{}
				case "right":
					_, err := staff.SignIn(t.Context(), o.db, o.hasher, where, staff.Proof{Login: login, Password: right})
					if want := lockedBy(failures, until, o.clock.Now()); want != "" {
						wantFault(rt, err, fault.TooMany, want)
					} else if err != nil {
						rt.Fatalf("the right password after %d failures: %v", failures, err)
					} else {
						failures, until = 0, time.Time{}
					}
				case "wrong":
					_, err := staff.SignIn(t.Context(), o.db, o.hasher, where, staff.Proof{Login: login, Password: other})
					if want := lockedBy(failures, until, o.clock.Now()); want != "" {
						wantFault(rt, err, fault.TooMany, want)
						continue
					}
					wantFault(rt, err, fault.Unauthenticated, "staff.sign_in_refused")
					if failures++; failures == 5 || failures == 10 {
						until = o.clock.Now().Add(15 * time.Minute)
					}
				}
			}
		})
	})
}

func lockedBy(failures int, until, now time.Time) string {
	switch {
	case failures >= 10:
		return "staff.locked_hard"
	case now.Before(until):
		return "staff.locked"
	}
	return ""
}

func wantFault(t *rapid.T, err error, kind fault.Kind, code string) {
	if !fault.Is(err, kind, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func TestSignIn_ParallelGuessesGainNothing(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		o.hire("clerk", "counter")
		var guesses sync.WaitGroup
		refused := make(chan error, 20)
		for range 20 {
			guesses.Go(func() {
				_, err := o.signIn("clerk", other)
				refused <- err
			})
		}
		guesses.Wait()
		close(refused)
		verified := 0
		for err := range refused {
			if fault.Is(err, fault.Unauthenticated, "staff.sign_in_refused") {
				verified++
			}
		}
		if verified != 5 {
			t.Errorf("%d guesses were answered, want 5", verified)
		}
	})
}

func TestSignIn_TerminalHasTwentyFailuresAnHour(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		guess := func(i int) error {
			_, err := o.signIn("name"+strings.Repeat("x", i), other) // another name each time
			return err
		}
		for i := range 20 {
			testkit.WantFault(t, guess(i), fault.Unauthenticated, "staff.sign_in_refused")
		}
		testkit.WantFault(t, guess(20), fault.TooMany, "staff.terminal_locked")
		_, err := o.signIn("boss", right)
		testkit.WantFault(t, err, fault.TooMany, "staff.terminal_locked")
		if _, err := staff.SignIn(t.Context(), o.db, o.hasher, staff.Where{Door: "lan", Terminal: "192.0.2.8"}, staff.Proof{Login: "boss", Password: right}); err != nil {
			t.Errorf("from another terminal: %v", err)
		}
		o.clock.Advance(time.Hour)
		if _, err := o.signIn("boss", right); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestSignIn_LastAdministratorGetsInAtTheMachineItself(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		for range 10 {
			if _, err := o.signIn("boss", other); err == nil {
				t.Fatal("signed in")
			}
			o.clock.Advance(16 * time.Minute)
		}
		_, err := o.signIn("boss", right)
		testkit.WantFault(t, err, fault.TooMany, "staff.locked_hard")
		if _, err := staff.SignIn(t.Context(), o.db, o.hasher, desk, staff.Proof{Login: "boss", Password: right}); err != nil {
			t.Errorf("at the machine itself: %v", err)
		}
	})
}

func TestSession_EndsByIdlenessAgeAndDoor(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		s := o.mustSignIn("boss")
		if _, found := o.lives(s.Token, "desk"); found {
			t.Error("a session of the office network is good at the window")
		}
		if _, found := o.lives(s.Token+"x", "lan"); found {
			t.Error("another token is good")
		}
		o.clock.Advance(idle - time.Millisecond)
		if _, found := o.lives(s.Token, "lan"); !found {
			t.Error("the session ended before its time")
		}
		o.clock.Advance(time.Millisecond)
		if _, found := o.lives(s.Token, "lan"); found {
			t.Error("the idle session goes on")
		}

		s = o.mustSignIn("boss")
		for range 149 { // 149 times 4 minutes: busy for 9 h 56 min
			o.clock.Advance(4 * time.Minute)
			now, found := o.lives(s.Token, "lan")
			if !found || !now.Stale(o.clock.Now()) {
				t.Fatal("the busy session ended")
			}
			if err := staff.Touch(t.Context(), o.db, now); err != nil {
				t.Fatal(err)
			}
		}
		o.clock.Advance(4*time.Minute - time.Millisecond)
		if _, found := o.lives(s.Token, "lan"); !found {
			t.Error("the session ended before ten hours")
		}
		o.clock.Advance(time.Millisecond)
		if _, found := o.lives(s.Token, "lan"); found {
			t.Error("the session goes on after ten hours")
		}
	})
}

func TestSession_EndsWithItsAccount(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(o *office, a staff.Account, s staff.Session) error
	}{
		{"sign-out", func(o *office, _ staff.Account, s staff.Session) error { return staff.SignOut(o.t.Context(), o.db, s) }},
		{"disabled", func(o *office, a staff.Account, _ staff.Session) error {
			return staff.Disable(o.t.Context(), o.db, o.boss.Actor(), a.ID)
		}},
		{"other roles", func(o *office, a staff.Account, _ staff.Session) error {
			return staff.Update(o.t.Context(), o.db, o.boss.Actor(), a.ID, 1, staff.Change{Name: "職員", Roles: []string{"notice"}})
		}},
		{"reset", func(o *office, a staff.Account, _ staff.Session) error {
			_, err := staff.Reset(o.t.Context(), o.db, o.hasher, o.boss.Actor(), a.ID)
			return err
		}},
		{"two more sign-ins", func(o *office, _ staff.Account, _ staff.Session) error {
			o.clock.Advance(time.Second)
			o.mustSignIn("clerk")
			o.clock.Advance(time.Second)
			o.mustSignIn("clerk")
			return nil
		}},
		{"other password", func(o *office, _ staff.Account, _ staff.Session) error {
			return staff.ChangePassword(o.t.Context(), o.db, o.hasher, o.mustSignIn("clerk"), right, other)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inOffices(t, func(t *testing.T, o *office) {
				clerk := o.hire("clerk", "counter")
				s := o.mustSignIn("clerk")
				if _, found := o.lives(s.Token, "lan"); !found {
					t.Fatal("the session does not begin")
				}
				if err := c.end(o, clerk, s); err != nil {
					t.Fatal(err)
				}
				if _, found := o.lives(s.Token, "lan"); found {
					t.Error("the session goes on")
				}
				if _, found := o.lives(o.boss.Token, "desk"); !found {
					t.Error("the session of somebody else ended")
				}
			})
		})
	}
}

func TestSession_EndsAfterTheLastDay(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		clerk := o.hire("clerk", "counter")
		if err := staff.Update(t.Context(), o.db, o.boss.Actor(), clerk.ID, 1, staff.Change{Name: "職員", Roles: []string{"counter"}, EndsOn: "2026-11-24"}); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(14*time.Hour + 29*time.Minute) // 23:59 in Japan
		s := o.mustSignIn("clerk")
		o.clock.Advance(time.Minute)
		if _, found := o.lives(s.Token, "lan"); found {
			t.Error("the session goes on after the last day")
		}
		_, err := o.signIn("clerk", right)
		testkit.WantFault(t, err, fault.Unauthenticated, "staff.sign_in_refused")
	})
}

func TestChangePassword(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		account, initial, err := staff.Create(t.Context(), o.db, o.hasher, o.boss.Actor(), staff.New{Login: "clerk", Name: "職員", Roles: []string{"counter"}})
		if err != nil {
			t.Fatal(err)
		}
		session, err := o.signIn("clerk", initial)
		if err != nil || !session.Account.MustChange {
			t.Fatalf("first sign-in: must change %v, %v", session.Account.MustChange, err)
		}
		change := func(old, next string) error {
			return staff.ChangePassword(t.Context(), o.db, o.hasher, session, old, next)
		}
		testkit.WantFault(t, change(other, right), fault.Invalid, "staff.old_password_wrong")
		testkit.WantFault(t, change(initial, initial), fault.Invalid, "staff.password_same")
		testkit.WantFault(t, change(initial, "short"), fault.Invalid, "staff.password_short")
		testkit.WantFault(t, change(initial, "clerk clerk clerk"), fault.Invalid, "staff.password_common")
		if err := change(initial, right); err != nil {
			t.Fatal(err)
		}
		now, found := o.lives(session.Token, "lan")
		if !found || now.Account.MustChange {
			t.Errorf("after the change: session %v, must change %v", found, now.Account.MustChange)
		}
		_, err = o.signIn("clerk", initial)
		testkit.WantFault(t, err, fault.Unauthenticated, "staff.sign_in_refused")
		if o.audited("staff.password_changed", audit.OK) != 1 || o.audited("staff.password_changed", audit.Denied) != 1 {
			t.Error("the changes are not in the audit log as they were")
		}
		initial, err = staff.Reset(t.Context(), o.db, o.hasher, o.boss.Actor(), account.ID)
		if err != nil {
			t.Fatal(err)
		}
		if session, err = o.signIn("clerk", initial); err != nil || !session.Account.MustChange {
			t.Errorf("after the reset: must change %v, %v", session.Account.MustChange, err)
		}
	})
}

func TestAccounts_SomebodyCanAlwaysManageThem(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		me := o.boss.Account
		before := testkit.Dump(t, o.db)
		testkit.WantFault(t, staff.Disable(t.Context(), o.db, o.boss.Actor(), me.ID), fault.Conflict, "staff.last_administrator")
		testkit.WantFault(t, staff.Update(t.Context(), o.db, o.boss.Actor(), me.ID, 1, staff.Change{Name: me.Name, Roles: []string{"counter"}}),
			fault.Conflict, "staff.last_administrator")
		err := o.db.Write(t.Context(), o.boss.Actor(), func(tx *store.Tx) error { return staff.SaveRole(tx, staff.Role{ID: "admin"}) })
		testkit.WantFault(t, err, fault.Conflict, "staff.last_administrator")
		if diff := cmp.Diff(before, testkit.Dump(t, o.db)); diff != "" {
			t.Errorf("a refused change changed the database (-want +got):\n%s", diff)
		}
		o.hire("second", "admin")
		if err := staff.Disable(t.Context(), o.db, o.boss.Actor(), me.ID); err != nil {
			t.Errorf("with a second administrator: %v", err)
		}
	})
}

func TestNames_EveryRoleAndPermissionHasAText(t *testing.T) {
	for _, p := range staff.Permissions() {
		if code := "staff.permission." + string(p); !message.Has(code) {
			t.Errorf("%s has no text", code)
		}
	}
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		for tenant, seeded := range [][]staff.Role{staff.ApplianceRoles, staff.BookingRoles} {
			db := db.For(tenant)
			for range 2 { // a second time changes nothing
				testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, seeded) })
			}
			testkit.Read(t, db, func(rx *store.Rx) error {
				roles, err := staff.Roles(rx)
				if len(roles) != 7 {
					t.Errorf("%d roles, want 7", len(roles))
				}
				for i, r := range roles {
					if strings.HasPrefix(r.Name, "staff.") || len(r.Permissions) == 0 || r.ID != seeded[i].ID {
						t.Errorf("role %s is called %q and grants %v", r.ID, r.Name, r.Permissions)
					}
				}
				return err
			})
		}
	})
}

// Without the work on a made-up hash an unknown name would be answered many
// times faster than a wrong password. The engine has no part in this.
func TestSignIn_UnknownNamesTakeAsLong(t *testing.T) {
	clock := testkit.NewClock()
	o := newOffice(t, testkit.DBAt(t, clock), clock)
	o.setUp()
	o.hasher = staff.NewHasher(staff.Cost{Memory: 32 << 10, Time: 3}, keyring.ForTest(1))
	o.mustSignIn("boss") // brings the stored hash to this cost
	// The shortest of some turns is what the machine's other work did not touch.
	fastest := map[string]time.Duration{"boss": time.Hour, "nobody": time.Hour}
	alike := func() bool {
		known, unknown := fastest["boss"], fastest["nobody"]
		return unknown >= known/4 && known >= unknown/4
	}
	for turn := 0; turn < 4 || turn < 9 && !alike(); turn++ {
		for login, before := range fastest {
			start := time.Now()
			if _, err := o.signIn(login, other); err == nil {
				t.Fatal("signed in")
			}
			fastest[login] = min(before, time.Since(start))
		}
		o.clock.Advance(time.Hour) // past the locks, so that every turn works on a hash
	}
	if !alike() {
		t.Errorf("a wrong password takes %v, an unknown name %v", fastest["boss"], fastest["nobody"])
	}
}
