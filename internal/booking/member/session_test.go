package member_test

import (
	"testing"

	"kofu/internal/booking/member"
	sessions "kofu/internal/booking/visitor"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-106: whoever came in by the old password is out when a new one is chosen, in
// sessions of their own and in the parties of others; other people stay.
func TestBK106_ANewPasswordEndsOlderSessions(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		second := "00000000000000f2"
		city(t, db, withoutBirth(code, link), withoutBirth(other, second))
		h := hasher()
		if err := member.ChoosePassword(t.Context(), db, visitor, h, tenant, link, code, right); err != nil {
			t.Fatal(err)
		}
		start := func(of string, party ...string) sessions.Session {
			s, err := sessions.Start(t.Context(), db, visitor, tenant, of, 1)
			if err == nil {
				err = sessions.SetParty(t.Context(), db, visitor, tenant, s, party)
			}
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		find := func(s sessions.Session) (found sessions.Session, ok bool) {
			testkit.Read(t, db, func(rx *store.Rx) (err error) {
				found, ok, err = sessions.Find(rx, tenant, s.Token)
				return err
			})
			return found, ok
		}
		for name, reset := range map[string]func() error{
			"link of a mail": func() error {
				token := secretOf(t, db, member.ResetToken)
				return member.ResetPassword(t.Context(), db, visitor, keys, h, tenant, token, "ringo-to-violin")
			},
			"number of the office": func() error {
				pin := secretOf(t, db, member.ResetPIN)
				return member.ResetByPIN(t.Context(), db, visitor, keys, h, member.Attempt{Tenant: tenant, Code: code, Address: home}, pin, "kumo-no-ue-de")
			},
		} {
			own, another, theirs := start(link), start(link, second), start(second, link)
			if err := reset(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, s := range []sessions.Session{own, another} {
				if _, open := find(s); open {
					t.Errorf("%s: an older session is open", name)
				}
			}
			if s, open := find(theirs); !open || len(s.Party) != 0 {
				t.Errorf("%s: the session of another code: %v, party %v", name, open, s.Party)
			}
			if _, open := find(start(link)); !open {
				t.Errorf("%s: a new session does not open", name)
			}
		}
	})
}

func secretOf(t *testing.T, db *store.DB, issue func(*store.Tx, int, member.Keys, string) (string, error)) (secret string) {
	t.Helper()
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		secret, err = issue(tx, tenant, keys, link)
		return err
	})
	return secret
}
