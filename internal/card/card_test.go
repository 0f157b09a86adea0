package card_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func facts(no string) card.Facts {
	return card.Facts{DeliveryID: 1, NoticeNo: no, Name: "髙﨑 花子", NameKey: "高崎花子", Birth: "1965-04-01", ExpiresOn: "2036-04-01", DeliveryMethod: "1"}
}

func listed(t *testing.T, db *store.DB, f card.Facts) (id int64) {
	t.Helper()
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		id, err = card.List(tx, f, "import-1")
		return err
	})
	return id
}

func try(db *store.DB, actor store.Actor, t *testing.T, id int64, act card.Act, in card.Input) (c card.Change, err error) {
	err = db.Write(t.Context(), actor, func(tx *store.Tx) error {
		var err error
		c, err = card.Do(tx, id, act, in)
		return err
	})
	return c, err
}

func do(t *testing.T, db *store.DB, id int64, act card.Act, in card.Input) card.Change {
	t.Helper()
	c, err := try(db, testkit.Clerk, t, id, act, in)
	if err != nil {
		t.Fatalf("%s: %v", act, err)
	}
	return c
}

func get(t *testing.T, db *store.DB, id int64) (c card.Card) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		c, err = card.ByID(rx, id)
		return err
	})
	return c
}

// atCounter leads a card along the trunk until it lies at the counter.
func atCounter(t *testing.T, db *store.DB, id int64) {
	t.Helper()
	do(t, db, id, card.ActReceive, card.Input{})
	do(t, db, id, card.ActInspect, card.Input{})
	do(t, db, id, card.ActPreset, card.Input{})
	do(t, db, id, card.ActShelve, card.Input{PlaceID: 7, Position: 3})
	do(t, db, id, card.ActPrint, card.Input{})
	do(t, db, id, card.ActPost, card.Input{Day: "2026-11-24", Deadline: "2027-02-24"})
	do(t, db, id, card.ActPick, card.Input{})
	do(t, db, id, card.ActToCounter, card.Input{})
}

func TestTrunk_FromTheListToTheHolder(t *testing.T) {
	db := testkit.DB(t)
	id := listed(t, db, facts("A1B-000123"))
	steps := []struct {
		act    card.Act
		in     card.Input
		status card.Status
	}{
		{card.ActReceive, card.Input{}, card.StatusReceived},
		{card.ActInspect, card.Input{}, card.StatusInspecting},
		{card.ActPreset, card.Input{}, card.StatusInspecting},
		{card.ActShelve, card.Input{PlaceID: 7, Position: 3}, card.StatusReady},
		{card.ActPrint, card.Input{}, card.StatusReady},
		{card.ActPost, card.Input{Day: "2026-11-24", Deadline: "2027-02-24"}, card.StatusNotified},
		{card.ActPick, card.Input{}, card.StatusNotified},
		{card.ActToCounter, card.Input{}, card.StatusNotified},
		{card.ActHandOver, card.Input{}, card.StatusHandedOver},
	}
	for _, step := range steps {
		if got := do(t, db, id, step.act, step.in).Card.Status; got != step.status {
			t.Errorf("after %s: status %s, want %s", step.act, got, step.status)
		}
	}
	c := get(t, db, id)
	want := card.State{
		Procedure: card.HandedOver, Custody: card.WithHolder, Notice: card.Posted, ReceivedOn: "2026-11-24", ReadyOn: "2026-11-24",
		NoticeOn: "2026-11-24", Deadline: "2027-02-24", HandedOverOn: "2026-11-24",
	}
	if diff := cmp.Diff(want, c.State); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if c.Version != len(steps)+1 {
		t.Errorf("version %d after %d events", c.Version, len(steps)+1)
	}
}

func TestPreset_InTheVaultMakesReady(t *testing.T) {
	db := testkit.DB(t)
	id := listed(t, db, facts("A1B-000123"))
	do(t, db, id, card.ActReceive, card.Input{})
	do(t, db, id, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	do(t, db, id, card.ActInspect, card.Input{})
	if c := do(t, db, id, card.ActPreset, card.Input{}).Card; c.Procedure != card.Ready || c.ReadyOn != "2026-11-24" {
		t.Errorf("procedure %s on %q, want READY today", c.Procedure, c.ReadyOn)
	}
}

// refused expects the act to be refused with the code and to change nothing.
func refused(t *testing.T, db *store.DB, actor store.Actor, id int64, act card.Act, in card.Input, kind fault.Kind, code string) {
	t.Helper()
	before := testkit.Dump(t, db)
	_, err := try(db, actor, t, id, act, in)
	testkit.WantFault(t, err, kind, code)
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a refused act changed the database (-want +got):\n%s", diff)
	}
}

func TestGuards(t *testing.T) {
	db := testkit.DB(t)
	id := listed(t, db, facts("A1B-000123"))
	refused(t, db, testkit.Clerk, id, card.ActInspect, card.Input{}, fault.Conflict, "card.wrong_state")
	refused(t, db, testkit.Clerk, id, card.ActReceive, card.Input{Seen: 9}, fault.Conflict, "card.changed_meanwhile")
	refused(t, db, testkit.Clerk, id, card.ActWithdraw, card.Input{}, fault.Invalid, "card.reason_missing")
	refused(t, db, testkit.Clerk, id, "no_such_act", card.Input{}, fault.Invalid, "card.unknown_act")
	refused(t, db, testkit.Clerk, 999, card.ActReceive, card.Input{}, fault.NotFound, "card.not_found")
	do(t, db, id, card.ActReceive, card.Input{})
	refused(t, db, testkit.Clerk, id, card.ActReceive, card.Input{}, fault.Conflict, "card.wrong_state")
	refused(t, db, testkit.Clerk, id, card.ActShelve, card.Input{}, fault.Conflict, "card.no_place")
	refused(t, db, testkit.Clerk, id, card.ActPick, card.Input{}, fault.Conflict, "card.wrong_custody")
	do(t, db, id, card.ActInspect, card.Input{})
	do(t, db, id, card.ActPreset, card.Input{})
	do(t, db, id, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	refused(t, db, testkit.Clerk, id, card.ActPost, card.Input{Day: "2026-11-24", Deadline: "2027-02-24"}, fault.Conflict, "card.not_printed")
	do(t, db, id, card.ActPrint, card.Input{})
	refused(t, db, testkit.Clerk, id, card.ActPost, card.Input{}, fault.Conflict, "card.no_posting_day")
	refused(t, db, testkit.Clerk, id, card.ActHandOver, card.Input{}, fault.Conflict, "card.not_at_counter")
	do(t, db, id, card.ActPick, card.Input{})
	do(t, db, id, card.ActToCounter, card.Input{})
	refused(t, db, testkit.Contractor, id, card.ActHandOver, card.Input{}, fault.Conflict, "card.employees_only")
}

func TestHandOver_ExpiredCard(t *testing.T) {
	db := testkit.DB(t)
	f := facts("A1B-000123")
	f.ExpiresOn = "2026-11-23"
	id := listed(t, db, f)
	atCounter(t, db, id)
	refused(t, db, testkit.Clerk, id, card.ActHandOver, card.Input{}, fault.Conflict, "card.expired")
	f.NoticeNo, f.ExpiresOn = "A1B-000124", "2026-11-24" // valid on its last day
	last := listed(t, db, f)
	do(t, db, last, card.ActReceive, card.Input{})
	do(t, db, last, card.ActInspect, card.Input{})
	do(t, db, last, card.ActPreset, card.Input{})
	do(t, db, last, card.ActShelve, card.Input{PlaceID: 7, Position: 4})
	do(t, db, last, card.ActPick, card.Input{})
	do(t, db, last, card.ActToCounter, card.Input{})
	do(t, db, last, card.ActHandOver, card.Input{})
}

func TestShelve_OnePositionOneCard(t *testing.T) {
	db := testkit.DB(t)
	first, second := listed(t, db, facts("A1B-000123")), listed(t, db, facts("A1B-000124"))
	do(t, db, first, card.ActReceive, card.Input{})
	do(t, db, second, card.ActReceive, card.Input{})
	do(t, db, first, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	refused(t, db, testkit.Clerk, second, card.ActShelve, card.Input{PlaceID: 7, Position: 1}, fault.Conflict, "card.position_taken")
}

func TestList_TheSameNumberInOneDelivery(t *testing.T) {
	db := testkit.DB(t)
	listed(t, db, facts("A1B-000123"))
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.List(tx, facts("A1B-000123"), "")
		return err
	})
	testkit.WantFault(t, err, fault.Conflict, "card.listed_twice")
	other := facts("A1B-000123") // the number may repeat in another year's delivery
	other.DeliveryID = 2
	listed(t, db, other)
}

func TestUndo_RestoresAndKeepsBoth(t *testing.T) {
	db := testkit.DB(t)
	id := listed(t, db, facts("A1B-000123"))
	atCounter(t, db, id)
	before := get(t, db, id)
	change := do(t, db, id, card.ActHandOver, card.Input{})
	undo := func(actor store.Actor, event int64, u card.Undoing) error {
		return db.Write(t.Context(), actor, func(tx *store.Tx) error {
			_, err := card.Undo(tx, event, u)
			return err
		})
	}
	testkit.WantFault(t, undo(testkit.Clerk, change.EventID, card.Undoing{Reason: "誤り"}), fault.Forbidden, "card.undo_handover_supervisor")
	testkit.WantFault(t, undo(testkit.Supervisor, change.EventID, card.Undoing{Any: true}), fault.Invalid, "card.reason_missing")
	if err := undo(testkit.Supervisor, change.EventID, card.Undoing{Reason: "別人に登録", Any: true}); err != nil {
		t.Fatal(err)
	}
	after := get(t, db, id)
	if diff := cmp.Diff(before.State, after.State); diff != "" {
		t.Errorf("state after undo (-want +got):\n%s", diff)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		events, err := card.EventsOf(rx, id)
		if err != nil {
			return err
		}
		last, undone := events[len(events)-1], events[len(events)-2]
		if last.Act != card.ActUndo || last.Undoes != undone.ID || undone.UndoneBy != last.ID || undone.Act != card.ActHandOver {
			t.Errorf("history ends with %+v, %+v", undone, last)
		}
		return nil
	})
	testkit.WantFault(t, undo(testkit.Supervisor, change.EventID, card.Undoing{Reason: "再", Any: true}), fault.Conflict, "card.undone_already")
}

func TestUndo_Limits(t *testing.T) {
	clock := testkit.NewClock()
	db := testkit.DBAt(t, clock)
	id := listed(t, db, facts("A1B-000123"))
	received := do(t, db, id, card.ActReceive, card.Input{})
	inspected := do(t, db, id, card.ActInspect, card.Input{})
	undo := func(actor store.Actor, event int64, u card.Undoing) error {
		return db.Write(t.Context(), actor, func(tx *store.Tx) error {
			_, err := card.Undo(tx, event, u)
			return err
		})
	}
	testkit.WantFault(t, undo(testkit.Clerk, received.EventID, card.Undoing{}), fault.Conflict, "card.undo_not_last")
	testkit.WantFault(t, undo(testkit.Contractor, inspected.EventID, card.Undoing{}), fault.Forbidden, "card.undo_others")
	clock.Advance(31 * time.Minute)
	testkit.WantFault(t, undo(testkit.Clerk, inspected.EventID, card.Undoing{}), fault.Forbidden, "card.undo_too_late")
	if err := undo(testkit.Supervisor, inspected.EventID, card.Undoing{Any: true}); err != nil {
		t.Fatal(err)
	}
	if err := undo(testkit.Supervisor, received.EventID, card.Undoing{Any: true}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, db, id).Procedure; got != card.Listed {
		t.Errorf("procedure %s, want LISTED", got)
	}
}

func TestUndo_PositionTakenMeanwhile(t *testing.T) {
	db := testkit.DB(t)
	first, second := listed(t, db, facts("A1B-000123")), listed(t, db, facts("A1B-000124"))
	for _, id := range []int64{first, second} {
		do(t, db, id, card.ActReceive, card.Input{})
	}
	do(t, db, first, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	picked := do(t, db, first, card.ActPick, card.Input{})
	do(t, db, second, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Undo(tx, picked.EventID, card.Undoing{})
		return err
	})
	testkit.WantFault(t, err, fault.Conflict, "card.position_taken")
}

func TestUndoGroup_AllOrNothing(t *testing.T) {
	db := testkit.DB(t)
	var ids []int64
	for _, no := range []string{"A1B-000001", "A1B-000002", "A1B-000003"} {
		id := listed(t, db, facts(no))
		do(t, db, id, card.ActReceive, card.Input{})
		do(t, db, id, card.ActInspect, card.Input{Group: "bulk-1"})
		ids = append(ids, id)
	}
	later := do(t, db, ids[1], card.ActPreset, card.Input{})
	undo := func() (n int, err error) {
		err = db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			n, err = card.UndoGroup(tx, "bulk-1", card.Undoing{})
			return err
		})
		return n, err
	}
	before := testkit.Dump(t, db)
	_, err := undo()
	testkit.WantFault(t, err, fault.Conflict, "card.undo_not_last")
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a refused group undo changed the database (-want +got):\n%s", diff)
	}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Undo(tx, later.EventID, card.Undoing{})
		return err
	})
	if n, err := undo(); err != nil || n != 3 {
		t.Fatalf("UndoGroup = %d, %v", n, err)
	}
	for _, id := range ids {
		if got := get(t, db, id).Procedure; got != card.Received {
			t.Errorf("card %d: procedure %s, want RECEIVED", id, got)
		}
	}
}
