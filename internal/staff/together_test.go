package staff_test

import (
	"sync"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// atOnce runs acts at the same time and returns their errors.
func atOnce(acts ...func() error) []error {
	failed := make([]error, len(acts))
	var all sync.WaitGroup
	for i, act := range acts {
		all.Go(func() { failed[i] = act() })
	}
	all.Wait()
	return failed
}

// succeeded counts the acts that did; every other one must fail with the code.
func succeeded(t *testing.T, failed []error, kind fault.Kind, code string) (n int) {
	t.Helper()
	for _, err := range failed {
		if err == nil {
			n++
			continue
		}
		testkit.WantFault(t, err, kind, code)
	}
	return n
}

func TestDisable_TwoAdministratorsEachOther(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		second := o.hire("second", "admin")
		failed := atOnce(
			func() error { return staff.Disable(t.Context(), o.db, o.boss.Actor(), second.ID) },
			func() error { return staff.Disable(t.Context(), o.db, store.Actor{ID: second.ID}, o.boss.Account.ID) },
		)
		if n := succeeded(t, failed, fault.Conflict, "staff.last_administrator"); n != 1 {
			t.Errorf("%d of the two were disabled", n)
		}
	})
}

func TestSetup_TwoAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		code, err := staff.NewInstallationCode(t.Context(), o.db, store.Actor{ID: "kofu"})
		if err != nil {
			t.Fatal(err)
		}
		try := func(login string) func() error {
			return func() error {
				_, err := staff.Setup(t.Context(), o.db, o.hasher, lan, staff.First{Code: code, Organization: "甲府市", Login: login, Name: "田中", Password: right})
				return err
			}
		}
		if n := succeeded(t, atOnce(try("first"), try("second"), try("third")), fault.Conflict, "staff.setup_done"); n != 1 {
			t.Errorf("%d first accounts", n)
		}
	})
}

func TestCreate_TheSameLoginAtOnce(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		create := func() error {
			_, _, err := staff.Create(t.Context(), o.db, o.hasher, o.boss.Actor(), staff.New{Login: "clerk", Name: "職員", Roles: []string{"counter"}})
			return err
		}
		if n := succeeded(t, atOnce(create, create, create, create), fault.Conflict, "staff.login_taken"); n != 1 {
			t.Errorf("%d accounts with one login name", n)
		}
	})
}

func TestSignIn_NoMoreSessionsThanTwoAtOnce(t *testing.T) {
	inOffices(t, func(t *testing.T, o *office) {
		account := o.hire("clerk", "counter")
		signIn := func() error {
			return o.db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
				_, err := staff.StartSession(tx, account.ID, lan)
				return err
			})
		}
		for _, err := range atOnce(signIn, signIn, signIn, signIn, signIn, signIn, signIn, signIn) {
			if err != nil {
				t.Error(err)
			}
		}
		testkit.Read(t, o.db, func(rx *store.Rx) error {
			var n int
			err := rx.Row("SELECT count(*) FROM staff_session WHERE staff_id = $1", account.ID).Scan(&n)
			if n != 2 {
				t.Errorf("%d sessions of one account, want 2", n)
			}
			return err
		})
	})
}
