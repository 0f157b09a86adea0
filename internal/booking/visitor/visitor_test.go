package visitor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/visitor"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}

func find(t *testing.T, db *store.DB, tenant int, token string) (s visitor.Session, found bool) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		s, found, err = visitor.Find(rx, tenant, token)
		return err
	})
	return s, found
}

// A session lives twelve hours from its last use; its token rests nowhere, and
// it opens nothing in another municipality.
func TestSession(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		for id, host := range map[int]string{1: "a.example", 2: "b.example"} {
			if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: id, Host: host, Name: "甲府市", PartyMax: 4, UntilMinute: 1440}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, one := t.Context(), db.For(1)
		s, err := visitor.Start(ctx, one, resident, 1, "00000000000000a1", 1)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(testkit.Dump(t, db), s.Token) || len(s.Token) < 43 {
			t.Errorf("the token %q came to rest or is short", s.Token)
		}
		if err := visitor.SetParty(ctx, one, resident, 1, s, []string{"00000000000000a2", s.Link}); err != nil {
			t.Fatal(err)
		}
		got, found := find(t, one, 1, s.Token)
		if !found || got.Link != s.Link || !slices.Equal(got.People(), []string{s.Link, "00000000000000a2"}) {
			t.Errorf("%+v, %v", got, found)
		}
		for _, token := range []string{"", "x", s.Token + "x"} {
			if _, found := find(t, one, 1, token); found {
				t.Errorf("token %q opens", token)
			}
		}
		if _, found := find(t, db.For(2), 2, s.Token); found {
			t.Error("the session opens in another municipality")
		}

		clock.Advance(11 * time.Hour)
		if got, _ := find(t, one, 1, s.Token); !got.Stale(clock.Now()) {
			t.Error("the use is not noted")
		}
		if err := visitor.Touch(ctx, one, resident, 1, s); err != nil {
			t.Fatal(err)
		}
		clock.Advance(11 * time.Hour)
		if _, found := find(t, one, 1, s.Token); !found {
			t.Error("a session in use has ended")
		}
		clock.Advance(time.Hour)
		if _, found := find(t, one, 1, s.Token); found {
			t.Error("a session has outlived twelve hours")
		}
		clock.Advance(time.Second)
		if err := visitor.Forget(ctx, one, resident, 1); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(testkit.Dump(t, db), "00000000000000a1") {
			t.Error("a session is left")
		}
	})
}

func TestEnd(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		one := db.For(1)
		s, err := visitor.Start(t.Context(), one, resident, 1, "00000000000000a1", 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := visitor.End(t.Context(), one, resident, 1, s.Token); err != nil {
			t.Fatal(err)
		}
		if _, found := find(t, one, 1, s.Token); found {
			t.Error("an ended session opens")
		}
	})
}
