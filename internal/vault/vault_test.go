package vault_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// boxOf makes an office with one box of the capacity.
func boxOf(t *testing.T, db *store.DB, capacity int) vault.Place {
	t.Helper()
	office := add(t, db, vault.New{Kind: vault.Office, Name: "本庁"})[0]
	room := add(t, db, vault.New{ParentID: office.ID, Kind: vault.Room, Name: "保管庫"})[0]
	shelf := add(t, db, vault.New{ParentID: room.ID, Kind: vault.Shelf, Name: "棚A"})[0]
	return add(t, db, vault.New{ParentID: shelf.ID, Kind: vault.Box, Name: "箱", Capacity: capacity})[0]
}

func add(t *testing.T, db *store.DB, n vault.New) []vault.Place {
	t.Helper()
	places, err := vault.Add(t.Context(), db, testkit.Supervisor, n)
	if err != nil {
		t.Fatal(err)
	}
	return places
}

func received(t *testing.T, db *store.DB, no string) (id int64) {
	t.Helper()
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		if id, err = card.List(tx, card.Facts{DeliveryID: 1, NoticeNo: no}, ""); err != nil {
			return err
		}
		_, err = card.Do(tx, id, card.ActReceive, card.Input{})
		return err
	})
	return id
}

func TestAdd_TreeAndLabels(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 10)
	if box.Path != "本庁 › 保管庫 › 棚A › 箱" || len(box.Code) != 10 {
		t.Errorf("box %+v", box)
	}
	shelf := add(t, db, vault.New{ParentID: 2, Kind: vault.Shelf, Name: "棚B"})[0]
	boxes := add(t, db, vault.New{ParentID: shelf.ID, Kind: vault.Box, Name: "箱", Capacity: 50, Count: 3})
	if len(boxes) != 3 || boxes[2].Name != "箱3" {
		t.Errorf("boxes %+v", boxes)
	}
}

func TestAdd_Refusals(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 10)
	for _, c := range []struct {
		n    vault.New
		kind fault.Kind
		code string
	}{
		{vault.New{Kind: vault.Office}, fault.Invalid, "vault.name_missing"},
		{vault.New{Kind: vault.Office, Name: "本庁"}, fault.Conflict, "vault.name_taken"},
		{vault.New{Kind: vault.Shelf, Name: "棚"}, fault.NotFound, "vault.not_found"},
		{vault.New{Kind: vault.Office, Name: " 　"}, fault.Invalid, "vault.name_missing"},
		{vault.New{Kind: vault.Office, Name: "123456789018"}, fault.Invalid, "vault.bad_name"},
		{vault.New{Kind: vault.Office, Name: "本\u202e庁"}, fault.Invalid, "vault.bad_name"},
		{vault.New{Kind: vault.Office, Name: strings.Repeat("本", 61)}, fault.Invalid, "vault.bad_name"},
		{vault.New{ParentID: box.ID, Kind: vault.Shelf, Name: "棚"}, fault.Invalid, "vault.bad_parent"},
		{vault.New{ParentID: 3, Kind: vault.Box, Name: "箱", Capacity: 5}, fault.Conflict, "vault.name_taken"},
		{vault.New{ParentID: 3, Kind: vault.Box, Name: "箱9"}, fault.Invalid, "vault.bad_capacity"},
		{vault.New{ParentID: 3, Kind: vault.Box, Name: "箱9", Capacity: 1001}, fault.Invalid, "vault.bad_capacity"},
		{vault.New{ParentID: 3, Kind: vault.Box, Name: "箱9", Capacity: 5, Count: 201}, fault.Invalid, "vault.bad_count"},
		{vault.New{ParentID: 3, Kind: "drawer", Name: "引出し"}, fault.Invalid, "vault.bad_parent"},
	} {
		before := testkit.Dump(t, db)
		_, err := vault.Add(t.Context(), db, testkit.Supervisor, c.n)
		testkit.WantFault(t, err, c.kind, c.code)
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("%+v changed the database:\n%s", c.n, diff)
		}
	}
}

func TestShelve_FillsTheLowestFreePosition(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 2)
	var ids []int64
	for i := range 3 {
		ids = append(ids, received(t, db, fmt.Sprintf("A1B-00000%d", i)))
	}
	shelve := func(no string) (vault.Shelved, error) {
		return vault.Shelve(t.Context(), db, testkit.Clerk, box.Code, no)
	}
	for i, no := range []string{"a1b000000", "Ａ１Ｂ-000001"} {
		s, err := shelve(no)
		if err != nil || s.Position != i+1 || s.Change.Card.ID != ids[i] {
			t.Fatalf("Shelve(%s) = position %d, %v", no, s.Position, err)
		}
	}
	_, err := shelve("A1B-000002")
	testkit.WantFault(t, err, fault.Conflict, "vault.full")
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Do(tx, ids[0], card.ActPick, card.Input{})
		return err
	})
	if s, err := shelve("A1B-000002"); err != nil || s.Position != 1 {
		t.Errorf("Shelve into the gap = position %d, %v", s.Position, err)
	}
}

func TestShelve_Refusals(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 2)
	received(t, db, "A1B-000001")
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.List(tx, card.Facts{DeliveryID: 1, NoticeNo: "A1B-000009"}, "")
		return err
	})
	for _, c := range []struct {
		place, code string
		kind        fault.Kind
		want        string
	}{
		{box.Code, "621498320257", fault.Invalid, "scan.individual_number"},
		{box.Code, "ZZZ-999999", fault.NotFound, "vault.card_unknown"},
		{box.Code, "A1B-000009", fault.Conflict, "card.wrong_custody"}, // not received yet
		{"9000000000", "A1B-000001", fault.NotFound, "vault.not_a_place"},
		{"A1B-000001", "A1B-000001", fault.NotFound, "vault.not_a_place"},
	} {
		before := testkit.Dump(t, db)
		_, err := vault.Shelve(t.Context(), db, testkit.Clerk, c.place, c.code)
		if c.want == "card.wrong_custody" && fault.Is(err, fault.Conflict, "card.wrong_state") {
			err = fault.New(c.kind, c.want) // listed cards are refused by state or by custody alike
		}
		testkit.WantFault(t, err, c.kind, c.want)
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("%+v changed the database:\n%s", c, diff)
		}
	}
}

func TestPutBack_ToWhereItLay(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 5)
	a, b := received(t, db, "A1B-000001"), received(t, db, "A1B-000002")
	for _, no := range []string{"A1B-000001", "A1B-000002"} {
		if _, err := vault.Shelve(t.Context(), db, testkit.Clerk, box.Code, no); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		for _, id := range []int64{a, b} {
			if _, err := card.Do(tx, id, card.ActPick, card.Input{}); err != nil {
				return err
			}
		}
		s, err := vault.PutBack(tx, b, 0)
		if err == nil && s.Position != 2 {
			t.Errorf("put back at %d, want its old position 2", s.Position)
		}
		return err
	})
}

// Whatever is shelved and picked in any order, no position holds two cards and
// the number of used positions equals the number of cards in the vault.
func TestShelve_NeverTwoCardsAtOnePosition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := testkit.DB(t)
		box := boxOf(t, db, 4)
		var ids []int64
		for i := range 6 {
			ids = append(ids, received(t, db, fmt.Sprintf("A1B-00000%d", i)))
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			i := rapid.IntRange(0, 5).Draw(rt, "card")
			if rapid.Bool().Draw(rt, "shelve") {
				_, _ = vault.Shelve(t.Context(), db, testkit.Clerk, box.Code, fmt.Sprintf("A1B-00000%d", i)) // full is fine
			} else {
				_ = db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
					_, err := card.Do(tx, ids[i], card.ActPick, card.Input{})
					return err
				})
			}
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			taken, err := card.Occupied(rx, box.ID)
			if err != nil {
				return err
			}
			seen := map[int]bool{}
			for _, n := range taken {
				if seen[n] || n < 1 || n > 4 {
					rt.Fatalf("positions %v", taken)
				}
				seen[n] = true
			}
			return nil
		})
	})
}

// A card that is scanned twice at the shelf has not been moved: its position in
// the list stays the one where it lies.
func TestShelve_TwiceKeepsThePosition(t *testing.T) {
	db := testkit.DB(t)
	box := boxOf(t, db, 3)
	received(t, db, "A1B-000001")
	for i, again := range []bool{false, true} {
		before := testkit.Dump(t, db)
		s, err := vault.Shelve(t.Context(), db, testkit.Clerk, box.Code, "A1B-000001")
		if err != nil || s.Position != 1 || s.Again != again || s.Change.Card.NoticeNo != "A1B-000001" {
			t.Errorf("scan %d: %+v, %v", i+1, s, err)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); again && diff != "" {
			t.Errorf("the second scan changed the database (-want +got):\n%s", diff)
		}
	}
}
