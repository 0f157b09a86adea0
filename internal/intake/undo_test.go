package intake_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func undo(t testing.TB, db *store.DB, id int64) intake.Run {
	t.Helper()
	run, err := intake.Undo(t.Context(), db, testkit.Supervisor, id, "別の市のファイル")
	if err != nil {
		t.Fatalf("undo: %v", err)
	}
	return run
}

func TestUndo_DeliveryThenTheSameFileAgain(t *testing.T) {
	db := testkit.DB(t)
	file := deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"))
	run := apply(t, db, "納品一覧.csv", file)
	if run = undo(t, db, run.ID); run.State != intake.Undone {
		t.Errorf("state %s", run.State)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		all, err := delivery.All(rx)
		if len(all) != 0 {
			t.Errorf("deliveries left: %+v", all)
		}
		return err
	})
	if again := apply(t, db, "納品一覧.csv", file); again.Counts.New != 1 {
		t.Errorf("the file again: %+v", again.Counts)
	}
	_, err := intake.Undo(t.Context(), db, testkit.Supervisor, run.ID, "もう一度")
	testkit.WantFault(t, err, fault.Conflict, "import.not_applied")
}

func TestUndo_DeliveryThatHasBegun(t *testing.T) {
	db := testkit.DB(t)
	run := apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"), cardLine(2, "佐藤 一", "19800505")))
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		found, err := card.ByNoticeNo(tx.Rx, "A1B-000002")
		if err != nil {
			return err
		}
		_, err = card.Do(tx, found[0].ID, card.ActReceive, card.Input{})
		return err
	})
	before := testkit.Dump(t, db)
	_, err := intake.Undo(t.Context(), db, testkit.Supervisor, run.ID, "間違い")
	testkit.WantFault(t, err, fault.Conflict, "delivery.begun")
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a refused undo changed the database (-want +got):\n%s", diff)
	}
}

func TestUndo_RegistryTakesLinksAndHoldsBack(t *testing.T) {
	db := testkit.DB(t)
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	dead := legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "20261120", "S1", "○○市△△町1-2-3"})
	run := apply(t, db, "住記抽出.csv", dead)
	if c := cards(t, db, "A1B-000001")[0]; c.Stops != 1 || c.ResidentID == 0 {
		t.Fatalf("before: %+v, want a linked card with a stop", c)
	}
	undo(t, db, run.ID)
	if c := cards(t, db, "A1B-000001")[0]; c.Stops != 0 || c.ResidentID != 0 || c.Kana != "" {
		t.Errorf("after: %+v, want no link and no stop", c)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		if n, err := resident.Count(rx); err != nil || n != 0 {
			t.Errorf("%d people left (%v)", n, err)
		}
		return nil
	})
	again := apply(t, db, "住記抽出.csv", dead)
	if want := (intake.Counts{New: 1, Events: 1, Linked: 1, HoldsOpened: 1}); again.Counts != want {
		t.Errorf("the file again: %+v, want %+v", again.Counts, want)
	}
}

func TestUndo_CancelledMoveStopsAgain(t *testing.T) {
	db := testkit.DB(t)
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	apply(t, db, "住記抽出1.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "20261120", "T3", "○○市"}))
	run := apply(t, db, "住記抽出2.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "20261121", "C2", "○○市"}))
	if c := cards(t, db, "A1B-000001")[0]; c.Stops != 0 || run.Counts.HoldsClosed != 1 {
		t.Fatalf("the cancellation of 転出 left %d stops, counts %+v", c.Stops, run.Counts)
	}
	undo(t, db, run.ID)
	if c := cards(t, db, "A1B-000001")[0]; c.Stops != 1 {
		t.Errorf("after the undo %d stops, want the 転出 back", c.Stops)
	}
}

func TestUndo_RegistryChangedLater(t *testing.T) {
	db := testkit.DB(t)
	first := apply(t, db, "住記抽出1.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "", "", "○○市1"}))
	second := apply(t, db, "住記抽出2.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "", "", "○○市2"}))
	_, err := intake.Undo(t.Context(), db, testkit.Supervisor, first.ID, "間違い")
	testkit.WantFault(t, err, fault.Conflict, "registry.changed_later")
	undo(t, db, second.ID)
	undo(t, db, first.ID)
}

func TestApply_WhatTheClerkSawIsWhatHappens(t *testing.T) {
	db := testkit.DB(t)
	waiting := preview(t, db, "住記抽出1.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "", "", "○○市1"}))
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	_, err := intake.Apply(t.Context(), db, testkit.Clerk, waiting.ID, nil)
	testkit.WantFault(t, err, fault.Conflict, "import.preview_stale")
	var now intake.Run
	testkit.Read(t, db, func(rx *store.Rx) error {
		now, err = intake.ByID(rx, waiting.ID)
		return err
	})
	if now.State != intake.Previewed || now.Counts != (intake.Counts{New: 1, Linked: 1}) || len(now.Warnings) != 1 {
		t.Errorf("the preview is now %+v", now)
	}
	if _, err := intake.Apply(t.Context(), db, testkit.Clerk, waiting.ID, nil); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestApply_OtherCardsDoNotSpoilAPreview(t *testing.T) {
	db := testkit.DB(t)
	waiting := preview(t, db, "住記抽出1.csv", legacy(t, [6]string{"0001234567", "髙﨑 花子", "19650401", "", "", "○○市1"}))
	apply(t, db, "番号.txt", cp932(t, "A1B-000123"))
	run, err := intake.Apply(t.Context(), db, testkit.Clerk, waiting.ID, nil)
	if err != nil || run.Counts != (intake.Counts{New: 1, Unlinked: 1}) {
		t.Errorf("counts %+v, error %v", run.Counts, err)
	}
}

func TestApply_CancelledLeavesEverything(t *testing.T) {
	db := testkit.DB(t)
	var rows [][6]string
	for i := range 2000 {
		rows = append(rows, [6]string{fmt.Sprintf("%010d", i+1), "髙﨑 花子", "19650401", "", "", "○○市1"})
	}
	run := preview(t, db, "住記抽出.csv", legacy(t, rows...))
	before := testkit.Dump(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := intake.Apply(ctx, db, testkit.Clerk, run.ID, func(done, total int) {
		if done >= 1000 && total == 2000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancelled context", err)
	}
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a cancelled import changed the database (-want +got):\n%s", diff)
	}
	if _, err := intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil); err != nil {
		t.Errorf("applying it after all: %v", err)
	}
}

func TestJobs_OneAtATimeAndCancel(t *testing.T) {
	db := testkit.DB(t)
	var rows [][6]string
	for i := range 3000 {
		rows = append(rows, [6]string{fmt.Sprintf("%010d", i+1), "髙﨑 花子", "19650401", "", "", "○○市1"})
	}
	long := preview(t, db, "住記抽出.csv", legacy(t, rows...))
	other := preview(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	jobs := intake.NewJobs(t.Context(), db)
	if err := jobs.Start(t.Context(), testkit.Clerk, long.ID); err != nil {
		t.Fatal(err)
	}
	testkit.WantFault(t, jobs.Start(t.Context(), testkit.Clerk, other.ID), fault.Conflict, "import.busy")
	for p, running := jobs.Status(long.ID); running && p.Done == 0; p, running = jobs.Status(long.ID) {
		runtime.Gosched()
	}
	if !jobs.Cancel(long.ID) {
		t.Error("nothing to cancel")
	}
	jobs.Wait()
	testkit.Read(t, db, func(rx *store.Rx) error {
		run, err := intake.ByID(rx, long.ID)
		if run.State != intake.Cancelled || run.Reason != "import.cancelled" {
			t.Errorf("import %+v, want it cancelled", run)
		}
		if n, _ := resident.Count(rx); n != 0 {
			t.Errorf("%d people, want none", n)
		}
		return err
	})
	if err := jobs.Start(t.Context(), testkit.Clerk, other.ID); err != nil {
		t.Fatal(err)
	}
	jobs.Wait()
	if len(cards(t, db, "A1B-000001")) != 1 {
		t.Error("the second job did nothing")
	}
	if left := spool(t, db); len(left) != 0 {
		t.Errorf("left in the spool folder: %s", strings.Join(left, ", "))
	}
}
