package upkeep_test

import (
	"testing"
	"time"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/exchange"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/upkeep"
)

func TestRound_DatedHoldsAndCheckpoints(t *testing.T) {
	clock, ring := testkit.NewClock(), keyring.ForTest(1)
	db := testkit.DBAt(t, clock)
	var id int64
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		if _, err := tx.Exec("INSERT INTO resident (id, resident_no, name, name_key, digest, added_by, import_id, updated_at) VALUES (1, '1', 'n', 'n', '', 1, 1, '')"); err != nil {
			return err
		}
		if id, err = card.List(tx, card.Facts{DeliveryID: 1, NoticeNo: "A1B-000001"}, ""); err != nil {
			return err
		}
		if err := card.Link(tx, id, card.Person{ResidentID: 1}); err != nil {
			return err
		}
		if _, _, err := card.ApplyEvent(tx, card.RegistryEvent{ResidentID: 1, EventID: 1, Code: "21", HappenedOn: "2026-11-25"}, 0); err != nil {
			return err
		}
		return audit.Append(tx, "test", "card/1", nil)
	})
	round := func() audit.Checkpoint {
		t.Helper()
		if _, err := upkeep.Round(t.Context(), exchange.Office{DB: db, Ring: ring, Keys: t.TempDir(), Spool: t.TempDir()}); err != nil {
			t.Fatal(err)
		}
		var c audit.Checkpoint
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			c, err = audit.Latest(rx)
			return err
		})
		return c
	}
	first := round()
	if first.Size != 1 || stops(t, db, id) != 0 {
		t.Errorf("on the day before: checkpoint %d, %d stops", first.Size, stops(t, db, id))
	}
	clock.Advance(24 * time.Hour)
	if second := round(); second.At != first.At {
		t.Error("a log that has not grown got another checkpoint")
	}
	if stops(t, db, id) != 1 {
		t.Error("the moving-out of today does not stop the card")
	}
}

func stops(t *testing.T, db *store.DB, id int64) (n int) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		c, err := card.ByID(rx, id)
		n = c.Stops
		return err
	})
	return n
}
