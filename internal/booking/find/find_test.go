package find_test

import (
	"bytes"
	"testing"

	"kofu/internal/booking/daylist"
	"kofu/internal/booking/find"
	"kofu/internal/booking/report"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/paper"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func TestBK504_SavedSearchesAndEveryCondition(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = db.For(1)
		err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440})
		if err != nil {
			t.Fatal(err)
		}
		all := find.Filter{
			MadeFrom: "2026-11-01", MadeUntil: "2026-11-30", DayFrom: "2026-11-01", DayUntil: "2026-12-30", TimeFrom: "08:00", TimeUntil: "12:00",
			No: "11-0001", Window: "W1", States: nil, Via: "web", Operator: "x", Answers: map[string]string{"a": "b"},
		}
		if _, err := find.Keep(t.Context(), db, testkit.Supervisor, 1, find.Saved{Name: "午前", Shared: true, Filter: all}); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := find.List(rx, 1, testkit.Clerk.ID)
			if err != nil || len(list) != 1 || list[0].Filter.TimeFrom != "08:00" {
				t.Errorf("shared: %v %v", list, err)
			}
			if _, _, err := find.Search(rx, 1, all); err != nil {
				t.Error(err)
			}
			for _, k := range report.Kinds {
				if _, err := report.Make(rx, 1, report.Query{Kind: k, From: jpdate.Day(rx.Today()), Until: jpdate.Day(rx.Today()), All: true}); err != nil {
					t.Errorf("%s: %v", k, err)
				}
			}
			return nil
		})
		if _, err := daylist.Make(t.Context(), db, testkit.Supervisor, 1, (&paper.Shelf{}).Press); err != nil {
			t.Error(err)
		}
		d := report.Document{Title: "x", Made: testkit.Now, Sections: []report.Section{{Columns: []report.Column{{Heading: "y"}}}}}
		if err := d.Write(t.Context(), &bytes.Buffer{}, report.PDF, (&paper.Shelf{}).Press); err != nil {
			t.Error(err)
		}
	})
}
