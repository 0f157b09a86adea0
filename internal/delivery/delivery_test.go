package delivery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func announcement(lot string, numbers ...string) delivery.Announcement {
	a := delivery.Announcement{LotNo: lot, ShippedOn: "2026-11-18"}
	for i, no := range numbers {
		a.Cards = append(a.Cards, card.Facts{NoticeNo: no, BoxNo: fmt.Sprintf("%03d", 1+i/2), BoxSeq: fmt.Sprintf("%04d", i+1)})
	}
	return a
}

func register(t *testing.T, db *store.DB, lot string, numbers ...string) delivery.Delivery {
	t.Helper()
	d, err := delivery.Register(t.Context(), db, testkit.Clerk, announcement(lot, numbers...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func scan(t *testing.T, db *store.DB, id int64, entry string) delivery.Outcome {
	t.Helper()
	o, err := delivery.Scan(t.Context(), db, testkit.Clerk, id, entry)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestScan_CountsDown(t *testing.T) {
	db := testkit.DB(t)
	d := register(t, db, "20261118-01", "A1B-000001", "A1B-000002", "A1B-000003")
	if d.Expected != 3 || d.Missing != 3 {
		t.Errorf("registered %+v", d)
	}
	o := scan(t, db, d.ID, "ａ１ｂ０００００１")
	if o.Result != delivery.Received || o.Delivery.Received != 1 || o.Delivery.Missing != 2 || o.Box != (delivery.Box{No: "001", Expected: 2, Received: 1}) {
		t.Errorf("first scan: %+v", o)
	}
	if o := scan(t, db, d.ID, "A1B-000001"); o.Result != delivery.Twice || o.Delivery.Received != 1 {
		t.Errorf("second scan of the same: %+v", o)
	}
	if o := scan(t, db, d.ID, "A1B-000002"); o.Box.Received != o.Box.Expected {
		t.Errorf("box is not complete: %+v", o.Box)
	}
	closed, err := delivery.Close(t.Context(), db, testkit.Supervisor, d.ID)
	if err != nil || closed.Missing != 1 || closed.State != delivery.Closed {
		t.Fatalf("Close = %+v, %v", closed, err)
	}
	_, err = delivery.Close(t.Context(), db, testkit.Supervisor, d.ID)
	testkit.WantFault(t, err, fault.Conflict, "delivery.not_open")
	if o := scan(t, db, d.ID, "A1B-000003"); o.Result != delivery.Received || o.Delivery.Missing != 0 {
		t.Errorf("a missing card turned up: %+v", o)
	}
}

func TestScan_WhatDoesNotBelong(t *testing.T) {
	db := testkit.DB(t)
	first := register(t, db, "20261118-01", "A1B-000001")
	second := register(t, db, "20261119-01", "A1B-000002")
	if o := scan(t, db, first.ID, "A1B-000002"); o.Result != delivery.NotInLot || o.OtherLot != "20261119-01" || o.EventID != 0 {
		t.Errorf("foreign card: %+v", o)
	}
	if o := scan(t, db, second.ID, "A1B-000002"); o.Result != delivery.Received {
		t.Errorf("in its own delivery: %+v", o)
	}
	if o := scan(t, db, first.ID, "ZZZ-000001"); o.Result != delivery.Strange {
		t.Errorf("unknown card: %+v", o)
	}
	for _, entry := range []string{"621498320257", "６２１４９８３２０２５７"} {
		before := testkit.Dump(t, db)
		_, err := delivery.Scan(t.Context(), db, testkit.Clerk, first.ID, entry)
		testkit.WantFault(t, err, fault.Invalid, "scan.individual_number")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a 12-digit number left a trace:\n%s", diff)
		}
	}
	_, err := delivery.Scan(t.Context(), db, testkit.Clerk, first.ID, "  ")
	testkit.WantFault(t, err, fault.Invalid, "scan.empty")
}

func TestScan_TheNumberOfAnEarlierYear(t *testing.T) {
	db := testkit.DB(t)
	old := register(t, db, "20251118-01", "A1B-000001")
	scan(t, db, old.ID, "A1B-000001")
	now := register(t, db, "20261118-01", "A1B-000001")
	if o := scan(t, db, now.ID, "A1B-000001"); o.Result != delivery.Received || o.Card.DeliveryID != now.ID {
		t.Errorf("scan took the card of %d: %+v", o.Card.DeliveryID, o)
	}
}

func TestScan_HeldAndWithdrawnAreReceivedWithAWarning(t *testing.T) {
	db := testkit.DB(t)
	d := register(t, db, "20261118-01", "A1B-000001", "A1B-000002")
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		held, _, err := card.InDelivery(tx.Rx, d.ID, "A1B-000001")
		if err != nil {
			return err
		}
		if _, err := card.OpenHold(tx, held.ID, card.Stop, "確認中"); err != nil {
			return err
		}
		gone, _, err := card.InDelivery(tx.Rx, d.ID, "A1B-000002")
		if err != nil {
			return err
		}
		_, err = card.Do(tx, gone.ID, card.ActWithdraw, card.Input{Reason: "辞退"})
		return err
	})
	if o := scan(t, db, d.ID, "A1B-000001"); o.Result != delivery.Held || o.Card.Procedure != card.Received {
		t.Errorf("held card: %+v", o)
	}
	o := scan(t, db, d.ID, "A1B-000002")
	if o.Result != delivery.Withdrawn || o.Card.Procedure != card.Withdrawn || o.Card.Custody != card.OnDesk || o.Delivery.Missing != 0 {
		t.Errorf("withdrawn card: %+v", o)
	}
}

func TestAnnounce_TwiceAndEmpty(t *testing.T) {
	db := testkit.DB(t)
	register(t, db, "20261118-01", "A1B-000001")
	for _, c := range []struct {
		a    delivery.Announcement
		kind fault.Kind
		code string
	}{
		{announcement("20261118-01", "A1B-000009"), fault.Conflict, "delivery.lot_exists"},
		{announcement("20261118-02", "A1B-000009", "A1B-000009"), fault.Conflict, "card.listed_twice"},
		{announcement("20261118-02"), fault.Invalid, "delivery.empty"},
		{announcement("", "A1B-000009"), fault.Invalid, "delivery.empty"},
	} {
		before := testkit.Dump(t, db)
		_, err := delivery.Register(t.Context(), db, testkit.Clerk, c.a)
		testkit.WantFault(t, err, c.kind, c.code)
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("%s changed the database:\n%s", c.code, diff)
		}
	}
}

func TestRevoke_OnlyWhileUntouched(t *testing.T) {
	db := testkit.DB(t)
	d := register(t, db, "20261118-01", "A1B-000001", "A1B-000002")
	revoke := func(id int64) error {
		return db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error { return delivery.Revoke(tx, id, "誤り", "g") })
	}
	scan(t, db, d.ID, "A1B-000002")
	testkit.WantFault(t, revoke(d.ID), fault.Conflict, "delivery.begun")
	other := register(t, db, "20261118-02", "A1B-000003")
	if err := revoke(other.ID); err != nil {
		t.Fatal(err)
	}
	register(t, db, "20261118-02", "A1B-000003") // may come again
	_, err := delivery.Scan(t.Context(), db, testkit.Clerk, other.ID, "A1B-000003")
	testkit.WantFault(t, err, fault.Conflict, "delivery.voided")
}

// Any order of scans, right, foreign, repeated or nonsense: received + missing
// is always what was announced, and every accepted scan is received once.
func TestScan_TheSumAlwaysHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := testkit.DB(t)
		var numbers []string
		for i := range 8 {
			numbers = append(numbers, fmt.Sprintf("A1B-%06d", i))
		}
		d := register(t, db, "L-1", numbers[:6]...)
		register(t, db, "L-2", numbers[6:]...)
		seen := map[string]bool{}
		for _, no := range rapid.SliceOfN(rapid.SampledFrom(append(numbers, "ZZZ-000000", "?")), 1, 30).Draw(rt, "scans") {
			o := scan(t, db, d.ID, strings.ToLower(no))
			if want := strings.HasPrefix(no, "A1B") && no < "A1B-000006" && !seen[no]; (o.Result == delivery.Received) != want {
				rt.Fatalf("scan of %s: %s", no, o.Result)
			}
			seen[no] = true
			if o.Delivery.Received+o.Delivery.Missing != 6 {
				rt.Fatalf("received %d + missing %d", o.Delivery.Received, o.Delivery.Missing)
			}
		}
	})
}

func TestAnnounce_LotThatMustNotBeKept(t *testing.T) {
	db := testkit.DB(t)
	for _, lot := range []string{"123456789018", "１２３４５６７８９０１８", strings.Repeat("1", 41), "1\x00", "a\u202eb"} {
		_, err := delivery.Register(t.Context(), db, testkit.Clerk, announcement(lot, "A1B-000001"))
		testkit.WantFault(t, err, fault.Invalid, "delivery.bad_lot")
	}
	register(t, db, "20261118-01", "A1B-000001")
}
