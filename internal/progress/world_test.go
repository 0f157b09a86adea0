package progress_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/keyring"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// world is an office in the middle of its work, made by the acts of the domains.
type world struct {
	*store.DB
	lots  []int64
	boxes []vault.Place
	shelf vault.Place
	cards []int64
}

var (
	families = []string{"髙﨑", "高崎", "𠮷田", "吉田", "渡邉", "佐藤"}
	readings = []string{"タカサキ", "タカサキ", "ヨシダ", "ヨシダ", "ワタナベ", "サトウ"}
	firsts   = []string{"花子", "太郎", "次郎"}
	firstsIn = []string{"ハナコ", "タロウ", "ジロウ"}
)

// newWorld makes deliveries of n cards and lets chance do the clerks' work.
func newWorld(t testing.TB, n int, seed uint64) *world {
	t.Helper()
	w := &world{DB: testkit.DB(t)}
	dice := rand.New(rand.NewPCG(seed, 1))
	w.makeVault(t, n)
	for lot := range 3 {
		a := delivery.Announcement{LotNo: fmt.Sprintf("2026111%d-01", lot), ShippedOn: "2026-11-18"}
		for i := range n / 3 {
			name := families[dice.IntN(len(families))] + "　" + firsts[dice.IntN(len(firsts))]
			a.Cards = append(a.Cards, card.Facts{
				NoticeNo: fmt.Sprintf("A1%c-%06d", 'B'+rune(dice.IntN(2)), i), BoxNo: fmt.Sprintf("%03d", i/10), Name: name, Address: "○○市△△町1-2", Birth: "1965-04-01",
				ApplicationID: fmt.Sprintf("%023d", lot*1000+i), NameKey: jptext.SearchKey(name), ExpiresOn: "2036-04-01",
			})
			if dice.IntN(40) == 0 {
				a.Cards[i].Address = ""
			}
		}
		d, err := delivery.Register(t.Context(), w.DB, testkit.Clerk, a)
		if err != nil {
			t.Fatal(err)
		}
		w.lots = append(w.lots, d.ID)
	}
	testkit.Read(t, w.DB, func(rx *store.Rx) error {
		for _, lot := range w.lots {
			cards, err := card.OfDelivery(rx, lot)
			if err != nil {
				return err
			}
			for _, c := range cards {
				w.cards = append(w.cards, c.ID)
			}
		}
		return nil
	})
	testkit.Write(t, w.DB, testkit.Supervisor, func(tx *store.Tx) error {
		for i, id := range w.cards {
			if err := w.live(tx, dice, i, id); err != nil {
				return err
			}
		}
		return nil
	})
	w.plan(t)
	return w
}

func (w *world) makeVault(t testing.TB, n int) {
	t.Helper()
	parent := int64(0)
	for _, p := range []vault.New{
		{Kind: vault.Office, Name: "本庁"},
		{Kind: vault.Room, Name: "保管庫"},
		{Kind: vault.Shelf, Name: "棚A"},
		{Kind: vault.Box, Name: "箱", Capacity: n, Count: 2},
	} {
		p.ParentID = parent
		made, err := vault.Add(t.Context(), w.DB, testkit.Supervisor, p)
		if err != nil {
			t.Fatal(err)
		}
		parent = made[0].ID
		if p.Kind == vault.Shelf {
			w.shelf = made[0]
		}
		if p.Kind == vault.Box {
			w.boxes = made
		}
	}
}

// live leads a card some way along its life.
func (w *world) live(tx *store.Tx, dice *rand.Rand, i int, id int64) error {
	if dice.IntN(2) == 0 {
		if err := link(tx, dice, i, id); err != nil {
			return err
		}
	}
	trunk := []card.Act{card.ActReceive, card.ActInspect, card.ActPreset, card.ActShelve, card.ActPrint, card.ActPost, card.ActPick, card.ActToCounter, card.ActHandOver}
	for _, act := range trunk[:dice.IntN(len(trunk)+1)] {
		in := card.Input{Reason: "理由", Day: "2026-08-20", Deadline: []string{"2026-11-20", "2026-11-24", "2027-02-20"}[dice.IntN(3)]}
		if act == card.ActShelve {
			if _, err := vault.PutAway(tx, id, w.boxes[dice.IntN(len(w.boxes))]); err != nil {
				return err
			}
			continue
		}
		if _, err := card.Do(tx, id, act, in); err != nil {
			return err
		}
	}
	aside := map[int]card.Act{0: card.ActReportMissing, 1: card.ActWithdraw, 2: card.ActVoid, 3: card.ActFailInspection}
	if act, ok := aside[dice.IntN(20)]; ok {
		if _, err := card.Do(tx, id, act, card.Input{Reason: "理由"}); err != nil {
			return orRefused(err)
		}
	}
	if dice.IntN(5) == 0 {
		_, err := card.OpenHold(tx, id, []card.Severity{card.Stop, card.Warn}[dice.IntN(2)], "確認中")
		if err != nil || dice.IntN(3) > 0 {
			return orRefused(err)
		}
		holds, err := card.HoldsOf(tx.Rx, id)
		if err == nil {
			_, err = card.CloseHold(tx, holds[0].ID, "確認済み")
		}
		return err
	}
	return nil
}

// link gives the card a resident who may have moved away, died or changed name.
func link(tx *store.Tx, dice *rand.Rand, i int, id int64) error {
	k := dice.IntN(len(families))
	p := resident.Resident{
		No: fmt.Sprintf("%010d", i), State: []string{"1", "1", "1", "2", "3", "9"}[dice.IntN(6)], Birth: "1965-04-01", Kind: "1",
		Name: families[k] + "　" + firsts[i%3], Kana: readings[k] + " " + firstsIn[i%3], Address: []string{"○○市△△町3-4", ""}[dice.IntN(2)],
	}
	row := resident.Row{Resident: p}
	for _, f := range []resident.Field{resident.State, resident.Name, resident.Kana, resident.Birth, resident.Address} {
		row.Has = row.Has.With(f)
	}
	out, err := resident.Put(tx, 1, &row)
	if err != nil {
		return err
	}
	return card.Link(tx, id, card.Person{ResidentID: out.ID, Kana: p.Kana})
}

// orRefused lets an act pass that the rules refuse.
func orRefused(err error) error {
	if _, refused := fault.As(err); refused {
		return nil
	}
	return err
}

// plan puts some of the due cards into a print run that stays open.
func (w *world) plan(t testing.TB) {
	t.Helper()
	var due []int64
	testkit.Read(t, w.DB, func(rx *store.Rx) error {
		all, _, err := notice.Due(rx, testkit.Clerk)
		for _, c := range all[:len(all)/3] {
			due = append(due, c.Card.ID)
		}
		return err
	})
	if len(due) == 0 {
		return
	}
	_, err := notice.Plan(t.Context(), notice.Office{DB: w.DB, Ring: keyring.ForTest(1)}, testkit.Clerk,
		notice.Order{Cards: due, Stock: "a4-12", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		t.Fatal(err)
	}
}
