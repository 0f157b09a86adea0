package accesslog_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/accesslog"
	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// records are those of the access log, newest first.
func records(t *testing.T, db *store.DB) (all []audit.Record) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		all, _, err = audit.List(rx, audit.Filter{Action: "access.", Limit: 100})
		return err
	})
	return all
}

func note(t *testing.T, db *store.DB, how func(*store.Tx, accesslog.Look) error, l accesslog.Look) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return how(tx, l) })
}

func detail(t *testing.T, r audit.Record) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(r.Detail, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBK403_OpeningOneRecordWritesOne(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		db = db.For(3)
		if err := note(t, db, accesslog.Viewed, accesslog.Look{Screen: "booking", Object: "booking/01J", Reason: " 電話の照会 "}); err != nil {
			t.Fatal(err)
		}
		all := records(t, db)
		if len(all) != 1 {
			t.Fatalf("%d records, want 1", len(all))
		}
		r := all[0]
		if r.Action != "access.viewed" || r.Object != "booking/01J" || r.Actor != testkit.Clerk.ID || r.Name != testkit.Clerk.Name ||
			r.Terminal != testkit.Clerk.Terminal || r.At != store.Stamp(testkit.Now) || r.Result != audit.OK {
			t.Errorf("record %+v", r)
		}
		if diff := cmp.Diff(map[string]any{"screen": "booking", "reason": "電話の照会"}, detail(t, r)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestBK403_SearchesAndFilesAreNotedWithoutPersonalData(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		search := accesslog.Look{
			Screen: "booking", Rows: 12, Personal: []string{"name", "phone"},
			Condition: map[string]string{"day": "2026-11-24", "name": "山田", "state": "", "q": "123456789018"},
		}
		for _, how := range []func(*store.Tx, accesslog.Look) error{accesslog.Searched, accesslog.Exported, accesslog.Printed, accesslog.Revealed} {
			if err := note(t, db, how, search); err != nil {
				t.Fatal(err)
			}
		}
		all := records(t, db)
		var actions []string
		for _, r := range all {
			actions = append(actions, r.Action)
			if r.Object != "screen/booking" || strings.Contains(string(r.Detail), "山田") || strings.Contains(string(r.Detail), "123456789018") {
				t.Errorf("%s %s", r.Object, r.Detail)
			}
		}
		if diff := cmp.Diff([]string{"access.revealed", "access.printed", "access.exported", "access.searched"}, actions); diff != "" {
			t.Errorf("actions (-want +got):\n%s", diff)
		}
		d := detail(t, all[0])
		delete(d["condition"].(map[string]any), "q")
		want := map[string]any{
			"screen": "booking", "rows": 12.0, "by": []any{"name", "phone"}, "condition": map[string]any{"day": "2026-11-24"},
		}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestBK403_ReasonWhereTheMunicipalityAsks(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := staff.SaveAccess(tx, staff.Access{IdleMinutes: 15, ReasonScreens: []string{"resident"}}, 0, netip.Addr{})
			return err
		})
		before := testkit.Dump(t, db)
		look := accesslog.Look{Screen: "resident", Object: "booking/01J"}
		testkit.WantFault(t, note(t, db, accesslog.Viewed, look), fault.Invalid, "accesslog.reason_missing")
		look.Reason = "本人から 123456789018 の照会"
		testkit.WantFault(t, note(t, db, accesslog.Viewed, look), fault.Invalid, "entry.my_number")
		testkit.WantFault(t, note(t, db, accesslog.Viewed, accesslog.Look{Screen: "booking", Ask: true}), fault.Invalid, "accesslog.reason_missing")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused look (-want +got):\n%s", diff)
		}
		look.Reason = "本人からの照会"
		if err := note(t, db, accesslog.Viewed, look); err != nil {
			t.Error(err)
		}
		if err := note(t, db, accesslog.Viewed, accesslog.Look{Screen: "booking", Object: "booking/01J"}); err != nil {
			t.Errorf("a screen without reasons: %v", err)
		}
	})
}

func TestBK403_ADeletedRowShows(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		db = db.For(3)
		ring := keyring.ForTest(1)
		for range 3 {
			if err := note(t, db, accesslog.Viewed, accesslog.Look{Screen: "booking", Object: "booking/01J"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := audit.Sequence(t.Context(), db, testkit.Supervisor); err != nil {
			t.Fatal(err)
		}
		verify := func() error {
			return db.Read(t.Context(), func(rx *store.Rx) error {
				_, err := audit.Verify(rx, ring.Verifier())
				return err
			})
		}
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
			_, err := tx.Exec("DELETE FROM audit_body WHERE tenant = 3 AND seq = 1")
			return err
		})
		testkit.WantFault(t, verify(), fault.Conflict, "audit.body_changed")
	})
}
