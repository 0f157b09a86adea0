package notice_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func person(no string, change func(*resident.Resident)) resident.Resident {
	r := resident.Resident{
		No: no, Kind: "1", State: "1", Name: "山田　太郎", Kana: "ヤマダ タロウ", Birth: "1965-04-01", PostalCode: "1020075", Address: "東京都千代田区三番町６番地３",
	}
	if change != nil {
		change(&r)
	}
	return r
}

func TestDue_EveryObstacleHasItsReason(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(11)
	o.link(ids[1], person("0001", func(r *resident.Resident) { r.State = "2" }))
	o.link(ids[2], person("0002", func(r *resident.Resident) { r.State = "3" }))
	o.link(ids[3], person("0003", func(r *resident.Resident) { r.State = "9" }))
	o.hold(ids[4], card.Stop)
	o.hold(ids[5], card.Warn) // a warning stops no letter
	o.link(ids[6], person("0006", func(r *resident.Resident) { r.Name = "" }))
	noAddress := o.ready(facts("A1B-000099", "山田 太郎", ""), 1, 1)
	run := o.plan(ids[8])
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, ids[9], 0, "辞退") })
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error { // never shelved: not due, and no reason to say so
		_, err := card.List(tx, facts("A1B-000098", "山田 花子", "東京都"), "")
		return err
	})
	due, excluded := o.due()
	if diff := cmp.Diff([]int64{ids[0], ids[5], ids[7], ids[10]}, due); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	want := map[int64]string{
		ids[1]: "notice.moved_out", ids[2]: "notice.dead", ids[3]: "notice.deleted", ids[4]: "card.stopped",
		ids[6]: "notice.no_name", noAddress: "notice.no_address", ids[8]: "notice.in_open_run",
	}
	if diff := cmp.Diff(want, excluded); diff != "" {
		t.Errorf("excluded (-want +got):\n%s", diff)
	}
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		_, out, err := notice.Due(rx, testkit.Clerk)
		for _, e := range out {
			if e.CardID == ids[8] && e.Args["run"] != run.No {
				t.Errorf("in run %q, want %q", e.Args["run"], run.No)
			}
		}
		return err
	})
}

func TestPlan_TheRegistryIsNewerThanTheList(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(2)
	o.link(ids[1], person("0001", func(r *resident.Resident) {
		r.Name, r.Alias, r.NamePriority = "LI JING", "高井　静", "09"
		r.Address, r.Building, r.GaijiSet, r.PostalCode = "東京都中央区八丁堀二丁目８番１号", "\ue001荘", "juki", "1040032"
	}))
	run := o.plan()
	if run.No != "2026-1124-01" || run.State != notice.Draft || run.Deadline != "2027-02-24" || run.Pieces != 2 || run.CreatedBy != testkit.Clerk.Name {
		t.Errorf("run %+v", run)
	}
	pieces := o.pieces(run)
	for i := range pieces {
		if pieces[i].LinkID == 0 {
			t.Errorf("piece %d has no link code", i+1)
		}
		pieces[i].ID, pieces[i].LinkID = 0, 0
	}
	want := []notice.Piece{
		{Seq: 1, CardID: ids[0], NoticeNo: "A1B-000001", Name: "山田 太郎", PostalCode: "1020075", Address: "東京都千代田区三番町6番地3"},
		{
			Seq: 2, CardID: ids[1], NoticeNo: "A1B-000002", Name: "高井　静", PostalCode: "1040032",
			Address: "東京都中央区八丁堀二丁目８番１号", Building: "\ue001荘", GaijiSet: "juki",
		},
	}
	if diff := cmp.Diff(want, pieces); diff != "" {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
	if second := o.planAfterCancel(run); second.No != "2026-1124-02" {
		t.Errorf("the second run of the day is %s", second.No)
	}
}

func (o *office) planAfterCancel(run notice.Run) notice.Run {
	o.t.Helper()
	if _, err := notice.Cancel(o.t.Context(), o.DB, testkit.Clerk, run.ID, "やり直し"); err != nil {
		o.t.Fatal(err)
	}
	return o.plan()
}

// Every order is the same each time, whatever the order in which cards are
// named; ties go by the notice number.
func TestPlan_Orders(t *testing.T) {
	o := newOffice(t)
	a := o.ready(facts("A1B-000003", "安藤", "東京都千代田区三番町6番地3"), 0, 2)
	b := o.ready(facts("A1B-000001", "馬場", "東京都千代田区三番町10番地"), 1, 1)
	c := o.ready(facts("A1B-000004", "千葉", "東京都中央区八丁堀二丁目8番1号"), 0, 1)
	d := o.ready(facts("A1B-000002", "土井", "東京都千代田区三番町6番地3"), 0, 10)
	for id, kana := range map[int64]string{a: "アンドウ", b: "ババ", c: "チバ", d: "アンドウ"} {
		testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error { return card.Link(tx, id, card.Person{Kana: kana}) })
	}
	for _, c := range []struct {
		sort notice.Sort
		want []int64
	}{
		{notice.ByShelf, []int64{c, a, d, b}},
		{notice.ByPost, []int64{d, a, b, c}}, // house numbers as numbers: 6 before 10
		{notice.ByKana, []int64{d, a, c, b}},
		{notice.ByNumber, []int64{b, d, a, c}},
	} {
		for _, named := range [][]int64{nil, {d, a, b, c.want[0], a}, {a, b, c.want[3], c.want[2], c.want[1], c.want[0]}} {
			in := order(named...)
			if len(named) > 0 {
				in.Cards = append(in.Cards, c.want...)
			}
			in.Sort = c.sort
			run, err := notice.Plan(t.Context(), o.notice(), testkit.Clerk, in)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for i, p := range o.pieces(run) {
				if p.Seq != i+1 {
					t.Errorf("piece %d has number %d", i+1, p.Seq)
				}
				got = append(got, p.CardID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s of %v (-want +got):\n%s", c.sort, named, diff)
			}
			if _, err := notice.Cancel(t.Context(), o.DB, testkit.Clerk, run.ID, "並べ直し"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPlan_Refusals(t *testing.T) {
	o := newOffice(t)
	plan := func(change func(*notice.Order)) func() error {
		return func() error {
			in := order()
			change(&in)
			_, err := notice.Plan(t.Context(), o.notice(), testkit.Clerk, in)
			return err
		}
	}
	o.refused(fault.Conflict, "notice.nothing_due", plan(func(*notice.Order) {}))
	ids := o.cards(1)
	o.refused(fault.Invalid, "notice.bad_order", plan(func(o *notice.Order) { o.Stock = "" }))
	o.refused(fault.Invalid, "notice.bad_order", plan(func(o *notice.Order) { o.StartCell = 0 }))
	o.refused(fault.Invalid, "notice.bad_order", plan(func(o *notice.Order) { o.Sort = "size" }))
	o.refused(fault.NotFound, "card.not_found", plan(func(o *notice.Order) { o.Cards = []int64{999} }))
	hold := o.hold(ids[0], card.Stop)
	if e := o.refused(fault.Conflict, "notice.nothing_due", plan(func(*notice.Order) {})); e.Args["count"] != "1" {
		t.Errorf("%v excluded, want 1", e.Args)
	}
	testkit.Write(t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.CloseHold(tx, hold, "解決")
		return err
	})
	o.plan(ids[0], ids[0]) // named twice: one letter
	o.refused(fault.Conflict, "notice.nothing_due", plan(func(*notice.Order) {}))
}

func TestLinkCodes_SealedUniqueAndOldOnesDie(t *testing.T) {
	o := newOffice(t)
	ids := o.cards(3)
	run := o.print(o.plan())
	seen := map[string]bool{}
	dump := testkit.Dump(t, o.DB)
	for _, id := range ids {
		code := o.code(run, id)
		if !o.lives(code, id) || seen[string(code)] || len(code) != 16 {
			t.Errorf("code of card %d: lives %t, seen %t, %d digits", id, o.lives(code, id), seen[string(code)], len(code))
		}
		if strings.Contains(dump, string(code)) || strings.Contains(dump, code.Format()) {
			t.Errorf("the code of card %d lies open in the database", id)
		}
		seen[string(code)] = true
	}
	o.post(run)
	old := o.code(run, ids[0])
	again := o.plan(ids[0]) // a second letter to the same holder
	if o.lives(old, ids[0]) || !o.lives(o.code(again, ids[0]), ids[0]) || !o.lives(o.code(run, ids[1]), ids[1]) {
		t.Error("the second letter's code does not replace that of the first, and that alone")
	}
	if _, err := notice.Cancel(t.Context(), o.DB, testkit.Clerk, again.ID, "不要"); err != nil {
		t.Fatal(err)
	}
	if !o.lives(old, ids[0]) || o.lives(o.code(again, ids[0]), ids[0]) {
		t.Error("the letter in the holder's hands is dead though the second one was given up")
	}
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		if _, _, known, err := notice.CardOfCode(rx, o.Ring, "1234567890123452"); known || err != nil {
			t.Errorf("a foreign code is known: %v", err)
		}
		letters, err := notice.LettersOf(rx, ids[0])
		want := []notice.OfCard{
			{RunID: again.ID, RunNo: again.No, State: notice.Cancelled, At: again.CreatedAt, CodeState: "closed"},
			{RunID: run.ID, RunNo: run.No, State: notice.Posted, At: today, CodeState: "issued"},
		}
		if diff := cmp.Diff(want, letters); diff != "" {
			t.Errorf("letters (-want +got):\n%s", diff)
		}
		return err
	})
}
