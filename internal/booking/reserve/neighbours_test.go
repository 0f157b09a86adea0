package reserve_test

import (
	"testing"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A party that moves on by one slot keeps as many seats in the slot between, but
// other persons sit there now. It locks that slot, too: with the lock of their
// references alone, PostgreSQL would let others change the slot meanwhile, and
// fail with «new multixact has more than one updating member» when one of those
// gives up at the wrong moment.
func TestBK204_ASlotThatKeepsItsSeatsIsLocked(t *testing.T) {
	db := open(t, testkit.BookingDSN(t, "postgres"), bookingFiles(t))
	office(t, db, tenant, 1, 2)
	r := ask(1, nine, 0, 1)
	r.Adjacent = true
	b := book(t, db, r)
	if b.Persons[0].SlotID != nine || b.Persons[1].SlotID != half {
		t.Fatalf("seats %+v", b.Persons)
	}
	ended := make(chan error, 1)
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		if _, err := tx.Exec("UPDATE slot SET phone_only = phone_only WHERE tenant = $1 AND slot_id = $2", tenant, half); err != nil {
			return err
		}
		go func() {
			_, err := reserve.Change(t.Context(), db, resident, by(2, b, 0), half, true)
			ended <- err
		}()
		for waiting := 0; waiting == 0; time.Sleep(5 * time.Millisecond) {
			select {
			case err := <-ended:
				t.Errorf("the change did not wait: %v", err)
				ended <- err
				return nil
			default:
			}
			if err := tx.Row("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting); err != nil {
				return err
			}
		}
		return nil
	})
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if taken(t, db, nine) != 0 || taken(t, db, half) != 1 {
		t.Error("seats after the change")
	}
	sound(t, db)
}
