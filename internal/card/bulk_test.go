package card_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func TestPerformAll_LeavesOutWhatRefusesAndUndoesTheRest(t *testing.T) {
	db := testkit.DB(t)
	var ids []int64
	for i, no := range []string{"A1B-000001", "A1B-000002", "A1B-000003"} {
		id := listed(t, db, facts(no))
		ids = append(ids, id)
		if i != 1 { // the second has not come
			do(t, db, id, card.ActReceive, card.Input{})
		}
	}
	before := testkit.Dump(t, db)
	var preview card.Bulk
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		preview, err = card.PreviewAll(rx, testkit.Clerk, ids, card.ActInspect, card.Input{})
		return err
	})
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a preview changed the database:\n%s", diff)
	}
	var done card.Bulk
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		done, err = card.PerformAll(tx, ids, card.ActInspect, card.Input{})
		return err
	})
	for name, b := range map[string]card.Bulk{"preview": preview, "act": done} {
		if b.Matched != 3 || b.Done != 2 || len(b.Refused) != 1 || b.Refused[0].Card.ID != ids[1] || !fault.Is(b.Refused[0].Err, fault.Conflict, "card.wrong_state") {
			t.Errorf("%s: %+v", name, b)
		}
	}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		records, n, err := audit.List(tx.Rx, audit.Filter{Action: "card.inspected", Limit: 5})
		if n != 1 || len(records) != 1 || records[0].Object != "group/"+done.Group {
			t.Errorf("%d audit lines of the bulk act: %+v", n, records)
		}
		if err != nil {
			return err
		}
		undone, err := card.UndoGroup(tx, done.Group, card.Undoing{})
		if undone != 2 {
			t.Errorf("undone %d", undone)
		}
		return err
	})
	if got := get(t, db, ids[0]).Procedure; got != card.Received {
		t.Errorf("after the undo: %s", got)
	}
}

func TestPerform_WritesItsLine(t *testing.T) {
	db := testkit.DB(t)
	id := listed(t, db, facts("A1B-000001"))
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		if _, err := card.Perform(tx, id, card.ActReceive, card.Input{}); err != nil {
			return err
		}
		_, n, err := audit.List(tx.Rx, audit.Filter{Action: "card.received", Limit: 1})
		if n != 1 {
			t.Errorf("%d lines", n)
		}
		return err
	})
}
