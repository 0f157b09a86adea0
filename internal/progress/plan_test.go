package progress

import (
	"strings"
	"testing"

	"kofu/internal/card"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// filters are every condition alone and the usual pairs.
var filters = map[string]Filter{
	"all": {}, "status": {Status: card.StatusReady}, "procedure": {Procedure: card.Ready}, "custody": {Custody: card.Vault},
	"hold": {Hold: card.Death}, "lot": {Lot: 1}, "place": {Place: 1}, "due": {Due: DueNotice}, "overdue": {Due: Overdue},
	"arrived": {Arrived: Arrived}, "not arrived": {Arrived: NotArrived}, "name": {Query: "高崎"}, "number": {Query: "A1B-000123"},
	"application": {Query: "12345678901234567890123"}, "ids": {IDs: []int64{1, 2}}, "voided": {Status: card.StatusVoided},
	"status and lot": {Status: card.StatusReady, Lot: 1}, "status and custody": {Status: card.StatusReady, Custody: card.Vault},
	"custody and name": {Custody: card.Vault, Query: "高崎"}, "procedure and hold": {Procedure: card.Notified, Hold: card.MovedOut},
}

func planOf(t *testing.T, db *store.DB, text string, args ...any) (plan string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		return rx.Query(func(scan func(...any) error) error {
			var id, parent, unused int
			var detail string
			err := scan(&id, &parent, &unused, &detail)
			plan += detail + "\n"
			return err
		}, "EXPLAIN QUERY PLAN "+text, args...)
	})
	return plan
}

// Of many matches, every filter in every order walks along an index and sorts
// nothing. The one exception is a list of few cards (see few): to find them by
// their own index and sort them is quicker than to walk past all others.
func TestPlans_NoSortingOfManyCards(t *testing.T) {
	db := testkit.DB(t)
	for name, f := range filters {
		if name == "number" || name == "application" {
			continue
		}
		for _, sort := range append(Sorts(), "") {
			f.Sort, f.Limit, f.Offset = sort, 100, 5000
			var w where
			testkit.Read(t, db, func(rx *store.Rx) (err error) {
				w, err = f.where(rx)
				return err
			})
			page, args := idsText(f, w, few+1)
			for what, plan := range map[string]string{"page": planOf(t, db, page, args...), "file": planOf(t, db, eachText(f, w, few+1), w.args...)} {
				if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, " c USING ") {
					t.Errorf("%s of %s by %q:\n%s", what, name, sort, plan)
				}
			}
		}
	}
}

// Few matches are found without walking past all cards.
func TestPlans_FewAreSearchedFor(t *testing.T) {
	db := testkit.DB(t)
	for _, name := range []string{"status", "procedure", "custody", "hold", "lot", "place", "due", "overdue", "number", "application", "ids", "status and lot"} {
		f := filters[name]
		f.Sort, f.Limit = "kana", 100
		var w where
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			w, err = f.where(rx)
			return err
		})
		page, args := idsText(f, w, few)
		if plan := planOf(t, db, page, args...); !strings.Contains(plan, "SEARCH c USING") {
			t.Errorf("%s:\n%s", name, plan)
		}
		count := planOf(t, db, "SELECT count(*) FROM card c WHERE "+w.unordered(), w.args...)
		if !strings.Contains(count, "SEARCH c USING") {
			t.Errorf("count of %s:\n%s", name, count)
		}
	}
}

// A part of a name is looked for in an index that holds all that a name can be
// found by, not in the wide rows of the table.
func TestPlans_NamesWithoutTheTable(t *testing.T) {
	db := testkit.DB(t)
	for _, sort := range append(Sorts(), "") {
		f := Filter{Query: "高崎", Sort: sort, Limit: 100}
		var w where
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			w, err = f.where(rx)
			return err
		})
		count := planOf(t, db, statusesText(w), w.args...)
		if !strings.Contains(count, "SCAN c USING COVERING INDEX card_name") || !strings.Contains(count, "SEARCH s USING COVERING INDEX resident_name") {
			t.Errorf("count:\n%s", count)
		}
		if sort != "" && sort != "noticeNo" && sort != "kana" && sort != "status" {
			continue // these need a column that only the table has, for the few that match
		}
		page, args := idsText(f, w, few)
		if plan := planOf(t, db, page, args...); !strings.Contains(plan, "SCAN c USING COVERING INDEX card_name") {
			t.Errorf("%q:\n%s", sort, plan)
		}
	}
}

// What the first screen counts over all cards it reads off indexes alone.
func TestPlans_CountsOverAllCards(t *testing.T) {
	db := testkit.DB(t)
	for name, text := range map[string]string{
		"balance":  balance,
		"statuses": statusesText(where{terms: []term{{"", "c.status <> 'VOIDED'"}}}),
	} {
		if plan := planOf(t, db, text); !strings.Contains(plan, "COVERING INDEX") || strings.Contains(plan, "TEMP") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
