package member_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/password"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const right = "tsukue-mado-hon7"

func hasher() *password.Hasher {
	ring := keyring.ForTest(1)
	return member.NewHasher(password.Cost{Memory: 64, Time: 1}, member.NewPool(), func(text string) string { return ring.MAC("resident-password", text) })
}

func withoutBirth(c linkcode.Code, l string) member.Member {
	m := issued(c, l)
	m.BirthMAC = nil
	return m
}

func enter(t testing.TB, db *store.DB, h *password.Hasher, c linkcode.Code, text string) (bool, error) {
	t.Helper()
	m, first, err := member.SignInWithPassword(t.Context(), db, visitor, keys, h, member.Attempt{Tenant: tenant, Code: c, Address: home}, text)
	if err == nil && m.Link == "" {
		t.Error("signed in as nobody")
	}
	return first, err
}

// BK-105: after the code the resident chooses a password; the second visit needs
// both; ten failures lock the code for fifteen minutes, known or not.
func TestBK105_Password(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, withoutBirth(code, link))
		h := hasher()
		first, err := enter(t, db, h, code, "")
		if err != nil || !first {
			t.Fatalf("the first visit: %v, %v", first, err)
		}
		choose := func(text string) error {
			return member.ChoosePassword(t.Context(), db, visitor, h, tenant, link, code, text)
		}
		for text, want := range map[string]string{
			"abc-123":                      "member.password_short",
			strings.Repeat("ab3-kzq9!", 8): "member.password_long",
			string(code):                   "member.password_code",
			"4492 0183 7750 2273 x":        "member.password_code",
			"6214-9832-0257":               "member.password_my_number",
			"watashi 621498320257":         "member.password_my_number",
			"１２３４５６７８９０１２":                 "member.password_my_number", // whatever its check digit
			"password":                     "member.password_common",
			"12345678":                     "member.password_common",
			"qwertyuiop":                   "member.password_common",
			"tsukue\x00mado":               "member.password_control",
		} {
			testkit.WantFault(t, choose(text), fault.Invalid, want)
		}
		if err := choose(right); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, choose("another-violin-9"), fault.Conflict, "member.password_set")
		if strings.Contains(testkit.Dump(t, db), right) {
			t.Error("the password came to rest")
		}
		_, err = enter(t, db, h, code, "")
		testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
		if first, err = enter(t, db, h, code, "ｔｓｕｋｕｅ-mado-hon7"); err != nil || first {
			t.Errorf("the second visit: %v, %v", first, err)
		}
		for _, c := range []linkcode.Code{code, other} { // the second one does not exist
			for n := range 10 {
				_, err := enter(t, db, h, c, fmt.Sprint("wrong", n))
				testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
			}
			_, err = enter(t, db, h, c, right)
			testkit.WantFault(t, err, fault.TooMany, "member.locked")
			if f, _ := fault.As(err); f.Args["minutes"] != "15" {
				t.Errorf("locked for %q minutes", f.Args["minutes"])
			}
		}
		clock.Advance(15*time.Minute - time.Second)
		_, err = enter(t, db, h, code, right)
		testkit.WantFault(t, err, fault.TooMany, "member.locked")
		clock.Advance(time.Second)
		if _, err = enter(t, db, h, code, right); err != nil {
			t.Errorf("after fifteen minutes: %v", err)
		}
		for n := range 9 { // a right one in between begins anew
			_, _ = enter(t, db, h, code, fmt.Sprint("wrong", n))
		}
		if _, err = enter(t, db, h, code, right); err != nil {
			t.Error(err)
		}
		clock.Advance(11 * time.Minute) // the budget of the address
		_, err = enter(t, db, h, code, "wrong")
		testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
	})
}

// Passwords tried at the same moment are counted before they are compared.
func TestBK105_AtTheSameMoment(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		city(t, db, withoutBirth(code, link))
		h := hasher()
		if err := member.ChoosePassword(t.Context(), db, visitor, h, tenant, link, code, right); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		tried := 0
		for n := range 25 {
			all.Go(func() {
				_, _, err := member.SignInWithPassword(t.Context(), db, visitor, keys, h, member.Attempt{Tenant: tenant, Code: code, Address: home}, fmt.Sprint("wrong", n))
				if fault.Is(err, fault.Forbidden, "member.cannot_book") {
					mu.Lock()
					tried++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if tried != 10 {
			t.Errorf("%d passwords were tried", tried)
		}
	})
}

// BK-106: the token of a mail works once and for an hour, looking at it uses
// nothing up; the PIN of the office works with the code, once, and wrong ones
// count.
func TestBK106_Reset(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, withoutBirth(code, link))
		h := hasher()
		if err := member.ChoosePassword(t.Context(), db, visitor, h, tenant, link, code, right); err != nil {
			t.Fatal(err)
		}
		issue := func(fn func(*store.Tx, int, member.Keys, string) (string, error)) (secret string) {
			err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) (err error) { secret, err = fn(tx, tenant, keys, link); return err })
			if err != nil || strings.Contains(testkit.Dump(t, db), secret) {
				t.Fatalf("secret %q at rest, or %v", secret, err)
			}
			return secret
		}
		isOpen := func(token string) (open bool) {
			testkit.Read(t, db, func(rx *store.Rx) (err error) { open, err = member.ResetOpen(rx, tenant, keys, token); return err })
			return open
		}
		reset := func(token, text string) error {
			return member.ResetPassword(t.Context(), db, visitor, keys, h, tenant, token, text)
		}
		dead := issue(member.ResetToken)
		token := issue(member.ResetToken) // the later one alone counts
		if isOpen(dead) || !isOpen(token) || !isOpen(token) || isOpen("no such token") {
			t.Error("looking at a token")
		}
		testkit.WantFault(t, reset(token, "password"), fault.Invalid, "member.password_common")
		if err := reset(token, "ringo-to-violin"); err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db)
		testkit.WantFault(t, reset(token, "ringo-to-viola"), fault.Conflict, "member.reset_dead")
		testkit.WantFault(t, reset(dead, "ringo-to-viola"), fault.Conflict, "member.reset_dead")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a dead token changed the database:\n%s", diff)
		}
		if _, err := enter(t, db, h, code, "ringo-to-violin"); err != nil {
			t.Error(err)
		}
		late := issue(member.ResetToken)
		clock.Advance(time.Hour)
		if isOpen(late) {
			t.Error("open after an hour")
		}
		testkit.WantFault(t, reset(late, "ringo-to-viola"), fault.Conflict, "member.reset_dead")

		pin := issue(member.ResetPIN)
		byPIN := func(c linkcode.Code, pin string) error {
			return member.ResetByPIN(t.Context(), db, visitor, keys, h, member.Attempt{Tenant: tenant, Code: c, Address: home}, pin, "kumo-no-ue-de")
		}
		wrong := "000000"
		if pin == wrong {
			wrong = "000001"
		}
		testkit.WantFault(t, byPIN(other, pin), fault.Conflict, "member.reset_dead")
		testkit.WantFault(t, byPIN(code, wrong), fault.Conflict, "member.reset_dead")
		if err := byPIN(code, pin); err != nil || len(pin) != 6 {
			t.Errorf("PIN %q: %v", pin, err)
		}
		testkit.WantFault(t, byPIN(code, pin), fault.Conflict, "member.reset_dead")
		if _, err := enter(t, db, h, code, "kumo-no-ue-de"); err != nil {
			t.Error(err)
		}
		for range 10 {
			testkit.WantFault(t, byPIN(code, wrong), fault.Conflict, "member.reset_dead")
		}
		testkit.WantFault(t, byPIN(code, wrong), fault.TooMany, "member.locked")
	})
}
