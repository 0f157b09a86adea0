package card_test

import (
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const residentID = 50

// owned lists a card that belongs to a resident of the registry.
func owned(t *testing.T, db *store.DB, f card.Facts) int64 {
	t.Helper()
	id := listed(t, db, f)
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		if _, err := tx.Exec("INSERT OR IGNORE INTO resident (id, resident_no, name, name_key, digest, added_by, import_id, updated_at) VALUES ($1, '0001', 'n', 'n', '', 1, 1, '')", residentID); err != nil {
			return err
		}
		return card.Link(tx, id, card.Person{ResidentID: residentID, Kana: "タカサキ ハナコ"})
	})
	return id
}

func apply(t *testing.T, db *store.DB, e card.RegistryEvent) (opened, closed int) {
	t.Helper()
	e.ResidentID = residentID
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		opened, closed, err = card.ApplyEvent(tx, e, 0)
		return err
	})
	return opened, closed
}

func TestApplyEvent_DeathStopsLetterAndHandOver(t *testing.T) {
	db := testkit.DB(t)
	id := owned(t, db, facts("A1B-000123"))
	do(t, db, id, card.ActReceive, card.Input{})
	do(t, db, id, card.ActInspect, card.Input{})
	do(t, db, id, card.ActPreset, card.Input{})
	do(t, db, id, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	if opened, _ := apply(t, db, card.RegistryEvent{EventID: 1, Code: "23", HappenedOn: "2026-11-20"}); opened != 1 {
		t.Fatalf("opened %d holds, want 1", opened)
	}
	if opened, _ := apply(t, db, card.RegistryEvent{EventID: 1, Code: "23", HappenedOn: "2026-11-20"}); opened != 0 {
		t.Errorf("the same event opened %d more", opened)
	}
	if got := get(t, db, id).Status; got != card.StatusHeld {
		t.Errorf("status %s, want HELD", got)
	}
	refused(t, db, testkit.Clerk, id, card.ActPrint, card.Input{}, fault.Conflict, "card.stopped")
	do(t, db, id, card.ActPick, card.Input{}) // a stopped card can still be moved
	refused(t, db, testkit.Clerk, id, card.ActToCounter, card.Input{}, fault.Conflict, "card.stopped")
	if _, closed := apply(t, db, card.RegistryEvent{EventID: 2, Code: "28", HappenedOn: "2026-11-21"}); closed != 1 {
		t.Errorf("the cancellation closed %d holds, want 1", closed)
	}
	if got := get(t, db, id); got.Status != card.StatusReady || got.Stops != 0 {
		t.Errorf("status %s with %d stops after the cancellation", got.Status, got.Stops)
	}
}

func TestApplyEvent_RuleTable(t *testing.T) {
	for _, c := range []struct {
		event  card.RegistryEvent
		method string
		flag   card.Flag
		stops  int
		warns  int
	}{
		{card.RegistryEvent{Code: "21", HappenedOn: "2026-11-20"}, "1", card.MovedOut, 1, 0},
		{card.RegistryEvent{Code: "21", HappenedOn: "2026-12-10"}, "1", card.MovedOut, 0, 1}, // not gone yet
		{card.RegistryEvent{Code: "22", HappenedOn: "2026-11-20"}, "1", card.MovedOut, 1, 0},
		{card.RegistryEvent{Code: "26"}, "1", card.MissingInRegistry, 1, 0},
		{card.RegistryEvent{Code: "41"}, "1", card.AddressChanged, 0, 1},
		{card.RegistryEvent{Code: "41"}, "2", card.AddressChanged, 1, 0}, // the card itself is mailed
		{card.RegistryEvent{Code: "43", NameDiffers: true}, "1", card.NameChanged, 0, 1},
		{card.RegistryEvent{Code: "43"}, "1", "", 0, 0},
		{card.RegistryEvent{Code: "45"}, "1", card.NumberChanged, 1, 0},
		{card.RegistryEvent{Code: "57"}, "1", card.NameChanged, 0, 1},
		{card.RegistryEvent{Code: "50"}, "1", "", 0, 0},
		{card.RegistryEvent{Code: "07"}, "1", "", 0, 0},
	} {
		db := testkit.DB(t)
		f := facts("A1B-000123")
		f.DeliveryMethod = c.method
		id := owned(t, db, f)
		c.event.EventID = 1
		apply(t, db, c.event)
		got := get(t, db, id)
		if got.Stops != c.stops || got.Warns != c.warns {
			t.Errorf("event %s: %d stops, %d warns, want %d, %d", c.event.Code, got.Stops, got.Warns, c.stops, c.warns)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			holds, err := card.HoldsOf(rx, id)
			if err != nil {
				return err
			}
			if c.flag == "" && len(holds) != 0 || c.flag != "" && (len(holds) != 1 || holds[0].Flag != c.flag) {
				t.Errorf("event %s: holds %+v, want %q", c.event.Code, holds, c.flag)
			}
			return nil
		})
	}
}

func TestRefreshDay_MovingOutBeginsToStop(t *testing.T) {
	clock := testkit.NewClock()
	db := testkit.DBAt(t, clock)
	id := owned(t, db, facts("A1B-000123"))
	do(t, db, id, card.ActReceive, card.Input{})
	apply(t, db, card.RegistryEvent{EventID: 1, Code: "21", HappenedOn: "2026-11-26"})
	clock.Advance(48 * time.Hour)
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.RefreshDay(tx)
		return err
	})
	if got := get(t, db, id); got.Stops != 1 || got.Status != card.StatusHeld {
		t.Errorf("on the day itself: %d stops, status %s", got.Stops, got.Status)
	}
}

func TestCancel_LeavesWhatTheClerkOpened(t *testing.T) {
	db := testkit.DB(t)
	id := owned(t, db, facts("A1B-000123"))
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, id, card.Stop, "電話で確認中")
		return err
	})
	apply(t, db, card.RegistryEvent{EventID: 1, Code: "23"})
	apply(t, db, card.RegistryEvent{EventID: 2, Code: "28"})
	if got := get(t, db, id).Stops; got != 1 {
		t.Errorf("%d stops left, want the clerk's one", got)
	}
}

func TestCloseHold_OnceAndWithReason(t *testing.T) {
	db := testkit.DB(t)
	id := owned(t, db, facts("A1B-000123"))
	apply(t, db, card.RegistryEvent{EventID: 1, Code: "23"})
	var hold int64
	testkit.Read(t, db, func(rx *store.Rx) error {
		holds, err := card.HoldsOf(rx, id)
		hold = holds[0].ID
		return err
	})
	closeIt := func(reason string) error {
		return db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			_, err := card.CloseHold(tx, hold, reason)
			return err
		})
	}
	testkit.WantFault(t, closeIt(""), fault.Invalid, "card.reason_missing")
	if err := closeIt("戸籍で確認"); err != nil {
		t.Fatal(err)
	}
	testkit.WantFault(t, closeIt("もう一度"), fault.Conflict, "card.hold_closed_already")
}

func TestApplyEvent_LeavesHandedOverCardsAlone(t *testing.T) {
	db := testkit.DB(t)
	id := owned(t, db, facts("A1B-000123"))
	atCounter(t, db, id)
	do(t, db, id, card.ActHandOver, card.Input{})
	if opened, _ := apply(t, db, card.RegistryEvent{EventID: 1, Code: "23"}); opened != 0 {
		t.Errorf("opened %d holds on a card that is handed over", opened)
	}
}

// Reasons stay for years in the log: what a clerk writes by mistake must not.
func TestReasons_WithoutIndividualNumber(t *testing.T) {
	db := testkit.DB(t)
	id := owned(t, db, facts("A1B-000123"))
	const planted = "番号 123456789018" // made up, with a valid check digit
	acts := map[string]func(tx *store.Tx) error{
		"hold": func(tx *store.Tx) error { _, err := card.OpenHold(tx, id, card.Warn, planted); return err },
		"act": func(tx *store.Tx) error {
			_, err := card.Do(tx, id, card.ActWithdraw, card.Input{Reason: planted})
			return err
		},
		"undo": func(tx *store.Tx) error {
			_, err := card.Undo(tx, 1, card.Undoing{Any: true, Reason: planted})
			return err
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			testkit.WantFault(t, db.Write(t.Context(), testkit.Supervisor, act), fault.Invalid, "entry.my_number")
		})
	}
	blank := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, id, card.Warn, " 　")
		return err
	})
	testkit.WantFault(t, blank, fault.Invalid, "card.reason_missing")
}
