package web

import (
	"strconv"
	"testing"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/jptext"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

func init() {
	seeds["card"] = seedCards
	seeds["place"] = seedCards
	seeds["report"] = seedReissued
	seeds["handover"] = func(t *testing.T, f *fixture) {
		seedCards(t, f)
		f.shelve(1, 2, 3)
		f.act(card.Input{}, 1, card.ActPrint)
		f.act(card.Input{Day: "2026-11-20", Deadline: "2027-02-20"}, 1, card.ActPost, card.ActPick, card.ActToCounter)
	}
	seeds["notice"] = func(t *testing.T, f *fixture) {
		seedCards(t, f)
		f.shelve(1, 2, 3)
		testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
			_, err := card.OpenHold(tx, 3, card.Stop, "確認中")
			return err
		})
	}
}

// seedCards registers two parcels. Of the first, cards 1 to 3 (A1B-000123 to
// 125) were received and card 4 was not; A1B-000200 came twice over the years.
func seedCards(t *testing.T, f *fixture) {
	for lot, numbers := range [][]string{{"A1B-000123", "A1B-000124", "A1B-000125", "A1B-000126"}, {"A1B-000200"}, {"A1B-000200"}} {
		a := delivery.Announcement{LotNo: "2026111" + strconv.Itoa(lot) + "-01", ShippedOn: "2026-11-18"}
		for i, no := range numbers {
			name := []string{"髙﨑 花子", "𠮷田 太郎", "鈴木 次郎", "佐藤 三枝"}[i]
			a.Cards = append(a.Cards, card.Facts{NoticeNo: no, Name: name, NameKey: jptext.SearchKey(name), Birth: "1965-04-01", Address: "○○市△△町一丁目2番3号", ExpiresOn: "2036-04-01", BoxNo: "001"})
		}
		if _, err := delivery.Register(t.Context(), f.DB, testkit.Clerk, a); err != nil {
			t.Fatal(err)
		}
	}
	f.act(card.Input{}, 1, card.ActReceive)
	f.act(card.Input{}, 2, card.ActReceive)
	f.act(card.Input{}, 3, card.ActReceive)
}

// seedReissued gives one person the two cards numbered A1B-000200.
func seedReissued(t *testing.T, f *fixture) {
	seedCards(t, f)
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		row := resident.Row{Resident: resident.Resident{No: "0000000001", State: "1", Kind: "1", Name: "髙﨑 花子"}}
		row.Has = row.Has.With(resident.State).With(resident.Name)
		out, err := resident.Put(tx, 1, &row)
		if err != nil {
			return err
		}
		for _, id := range []int64{5, 6} {
			if err := card.Link(tx, id, card.Person{ResidentID: out.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	f.act(card.Input{}, 5, card.ActReceive)
	f.act(card.Input{}, 6, card.ActReceive)
}

// act performs acts on a card on behalf of a clerk.
func (f *fixture) act(in card.Input, id int64, acts ...card.Act) {
	f.T.Helper()
	for _, a := range acts {
		testkit.Write(f.T, f.DB, testkit.Clerk, func(tx *store.Tx) error {
			_, err := card.Do(tx, id, a, in)
			return err
		})
	}
}

// shelve sets cards up and puts them into a box.
func (f *fixture) shelve(ids ...int64) {
	f.T.Helper()
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"}, {Kind: vault.Room, Name: "保管庫"}, {Kind: vault.Shelf, Name: "棚A"}, {Kind: vault.Box, Name: "箱", Capacity: 10},
	} {
		n.ParentID = parent
		made, err := vault.Add(f.T.Context(), f.DB, testkit.Supervisor, n)
		if err != nil {
			f.T.Fatal(err)
		}
		parent = made[0].ID
	}
	for _, id := range ids {
		f.act(card.Input{}, id, card.ActInspect, card.ActPreset)
		testkit.Write(f.T, f.DB, testkit.Clerk, func(tx *store.Tx) error {
			box, err := vault.ByID(tx.Rx, parent)
			if err == nil {
				_, err = vault.PutAway(tx, id, box)
			}
			return err
		})
	}
}
