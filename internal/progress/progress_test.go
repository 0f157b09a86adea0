package progress_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/notice"
	"kofu/internal/progress"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// known is everything about a card that a filter can ask for.
type known struct {
	card.Card
	person resident.Resident
	flags  []card.Flag
	due    bool // by package notice
}

func (w *world) known(t testing.TB) (all []known) {
	t.Helper()
	testkit.Read(t, w.DB, func(rx *store.Rx) error {
		due, _, err := notice.Due(rx, testkit.Clerk)
		if err != nil {
			return err
		}
		for _, id := range w.cards {
			k := known{due: slices.ContainsFunc(due, func(c notice.Candidate) bool { return c.Card.ID == id })}
			if k.Card, err = card.ByID(rx, id); err != nil {
				return err
			}
			if k.person, _, err = resident.ByID(rx, k.ResidentID); err != nil {
				return err
			}
			holds, err := card.HoldsOf(rx, id)
			if err != nil {
				return err
			}
			for _, h := range holds {
				if h.ClosedAt == "" {
					k.flags = append(k.flags, h.Flag)
				}
			}
			all = append(all, k)
		}
		return nil
	})
	return all
}

// matches is the filter as a person would explain it.
func (k known) matches(f progress.Filter, w *world) bool {
	inPlace := f.Place == 0 || k.PlaceID != 0 && (f.Place == k.PlaceID || f.Place == w.shelf.ID)
	due := f.Due == "" || f.Due == progress.DueNotice && k.due ||
		f.Due == progress.Overdue && k.Procedure == card.Notified && k.Deadline < "2026-11-24"
	key := jptext.SearchKey(f.Query)
	named := key == "" || strings.Contains(k.NameKey, key) || strings.Contains(jptext.SearchKey(k.Kana), key) ||
		strings.HasPrefix(jptext.SearchKey(k.person.Name), key) ||
		strings.HasPrefix(strings.ReplaceAll(k.NoticeNo, "-", ""), strings.ReplaceAll(key, "-", ""))
	return (k.Procedure != card.Voided || f.Procedure == card.Voided || f.Status == card.StatusVoided) &&
		(f.Status == "" || f.Status == k.Status) && (f.Procedure == "" || f.Procedure == k.Procedure) &&
		(f.Custody == "" || f.Custody == k.Custody) && (f.Lot == 0 || f.Lot == k.DeliveryID) &&
		(f.Hold == "" || slices.Contains(k.flags, f.Hold)) && inPlace && due && named &&
		(f.Arrived == "" || (f.Arrived == progress.Arrived) == (k.ReceivedOn != "")) &&
		(len(f.IDs) == 0 || slices.Contains(f.IDs, k.ID))
}

// anyFilter draws some of the conditions.
func anyFilter(rt *rapid.T, w *world) (f progress.Filter) {
	one := func(name string) bool { return rapid.IntRange(0, 4).Draw(rt, name) == 0 }
	if one("by status") {
		f.Status = rapid.SampledFrom(card.Statuses()).Draw(rt, "status")
	}
	if one("by procedure") {
		f.Procedure = rapid.SampledFrom([]card.Procedure{card.Listed, card.Received, card.Ready, card.Notified, card.Voided}).Draw(rt, "procedure")
	}
	if one("by custody") {
		f.Custody = rapid.SampledFrom([]card.Custody{card.Expected, card.OnDesk, card.Vault, card.Counter, card.WithHolder}).Draw(rt, "custody")
	}
	if one("by hold") {
		f.Hold = rapid.SampledFrom([]card.Flag{card.Manual, card.Death}).Draw(rt, "hold")
	}
	if one("by lot") {
		f.Lot = rapid.SampledFrom(w.lots).Draw(rt, "lot")
	}
	if one("by place") {
		f.Place = rapid.SampledFrom([]int64{w.shelf.ID, w.boxes[0].ID}).Draw(rt, "place")
	}
	if one("by due") {
		f.Due = rapid.SampledFrom([]string{progress.DueNotice, progress.Overdue}).Draw(rt, "due")
	}
	if one("by arrival") {
		f.Arrived = rapid.SampledFrom([]string{progress.Arrived, progress.NotArrived}).Draw(rt, "arrived")
	}
	if one("by text") {
		f.Query = rapid.SampledFrom([]string{"高崎", "髙﨑", "ﾖｼﾀﾞ", "さとうはなこ", "a1b", "Ａ１Ｃ－０", "山"}).Draw(rt, "text")
	}
	if one("by id") {
		f.IDs = rapid.SliceOfN(rapid.SampledFrom(w.cards), 1, 9).Draw(rt, "ids")
	}
	f.Sort = rapid.SampledFrom(append(progress.Sorts(), "")).Draw(rt, "sort")
	return f
}

// less is the order that a sort promises.
func less(sort string, a, b card.Card) int {
	keys := func(c card.Card) []any {
		switch sort {
		case "-receivedAt":
			return []any{c.ReceivedOn, c.ID}
		case "kana":
			return []any{c.Kana, c.ID}
		case "status":
			return []any{string(c.Status), c.NoticeNo, c.ID}
		case "deadline":
			return []any{c.Deadline, c.ID}
		case "place":
			return []any{c.PlaceID, int64(c.Position), c.ID}
		case "lot":
			return []any{c.DeliveryID, c.NoticeNo, c.ID}
		}
		return []any{c.NoticeNo, c.ID}
	}
	ka, kb, sign := keys(a), keys(b), 1
	if sort == "-receivedAt" {
		sign = -1
	}
	for i := range ka {
		switch x := ka[i].(type) {
		case string:
			if c := strings.Compare(x, kb[i].(string)); c != 0 {
				return sign * c
			}
		case int64:
			if c := x - kb[i].(int64); c != 0 {
				return sign * int(c)
			}
		}
	}
	return 0
}

// Whatever is asked for: the pages together are the cards that a plain search
// finds, in the promised order, and every count agrees with them.
func TestCards_EqualAPlainSearch(t *testing.T) {
	w := newWorld(t, 240, 7)
	all := w.known(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := anyFilter(rt, w)
		var want []card.Card
		counts := map[card.Status]int{}
		unbound := f
		unbound.Status = ""
		for _, k := range all {
			if k.matches(f, w) {
				want = append(want, k.Card)
			}
			if k.matches(unbound, w) {
				counts[k.Status]++
			}
		}
		slices.SortFunc(want, func(a, b card.Card) int { return less(f.Sort, a, b) })
		got := w.pages(rt, t, f, len(want), counts)
		wantIDs := []int64{}
		for _, c := range want {
			wantIDs = append(wantIDs, c.ID)
		}
		if diff := cmp.Diff(wantIDs, got); diff != "" {
			rt.Errorf("%+v (-want +got):\n%s", f, diff)
		}
		var ids, each []int64
		testkit.Read(t, w.DB, func(rx *store.Rx) (err error) {
			if ids, err = progress.IDs(rx, f); err != nil {
				return err
			}
			return progress.Each(rx, f, func(r progress.Row) error { each = append(each, r.ID); return nil })
		})
		if !slices.Equal(ids, wantIDs) || !slices.Equal(each, wantIDs) {
			rt.Errorf("%+v: IDs %v and Each %v, want %v", f, ids, each, wantIDs)
		}
	})
}

// pages reads a list page by page.
func (w *world) pages(rt *rapid.T, t *testing.T, f progress.Filter, total int, counts map[card.Status]int) (ids []int64) {
	ids = []int64{}
	f.Limit = rapid.IntRange(15, 80).Draw(rt, "limit")
	for {
		var l progress.List
		testkit.Read(t, w.DB, func(rx *store.Rx) (err error) {
			l, err = progress.Cards(rx, f)
			return err
		})
		if l.Total != total {
			rt.Errorf("%+v: total %d, want %d", f, l.Total, total)
		}
		got := map[card.Status]int{}
		for _, c := range l.Statuses {
			got[c.Status] = c.Count
		}
		if diff := cmp.Diff(counts, got); diff != "" {
			rt.Errorf("%+v: statuses (-want +got):\n%s", f, diff)
		}
		for _, r := range l.Rows {
			ids = append(ids, r.ID)
		}
		if f.Offset += f.Limit; len(l.Rows) < f.Limit {
			return ids
		}
	}
}

func TestCards_BadFilter(t *testing.T) {
	db := testkit.DB(t)
	for _, f := range []progress.Filter{{Sort: "name; DROP TABLE card"}, {Due: "tomorrow"}} {
		err := db.Read(t.Context(), func(rx *store.Rx) error {
			_, err := progress.Cards(rx, f)
			return err
		})
		testkit.WantFault(t, err, fault.Invalid, "list.bad_filter")
	}
}

// search returns the notice numbers that a query finds.
func search(t *testing.T, db *store.DB, query string) (found []string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		return progress.Each(rx, progress.Filter{Query: query}, func(r progress.Row) error {
			found = append(found, r.NoticeNo)
			return nil
		})
	})
	return found
}

func TestSearch(t *testing.T) {
	db := testkit.DB(t)
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		for i, name := range []string{"髙﨑　花子", "高崎 太郎", "𠮷田 次郎"} {
			id, err := card.List(tx, card.Facts{
				DeliveryID: 1, NoticeNo: fmt.Sprintf("A1B-%06d", 123+i), ApplicationID: fmt.Sprintf("1234567890123456789012%d", i), Name: name, NameKey: jptext.SearchKey(name),
			}, "")
			if err != nil {
				return err
			}
			if i > 0 {
				continue
			}
			row := resident.Row{Resident: resident.Resident{No: "0001234567", State: "1", Name: "鈴木　花子", Kana: "スズキ　ハナコ"}}
			row.Has = row.Has.With(resident.State).With(resident.Name).With(resident.Kana)
			out, err := resident.Put(tx, 1, &row)
			if err != nil {
				return err
			}
			if err := card.Link(tx, id, card.Person{ResidentID: out.ID, Kana: "タカサキ　ハナコ"}); err != nil {
				return err
			}
		}
		return nil
	})
	both, first := []string{"A1B-000123", "A1B-000124"}, []string{"A1B-000123"}
	for query, want := range map[string][]string{
		"A1B-000123": first, "a1b000123": first, "Ａ１Ｂ－０００１２３": first, " ａ１ｂ 000123 ": first, // number in any form
		"12345678901234567890120": first, "１２３４５６７８９０１２３４５６７８９０１２０": first, // 申請書ID
		"91000000000107": first,                                                                 // our tag of card 1: 91, ten digits, check mod 97
		"高崎":             both, "髙﨑": both, "高﨑花子": first, "髙崎　花子": first, "吉田": {"A1B-000125"}, // variants and blanks
		"タカサキ": first, "ﾀｶｻｷ ﾊﾅｺ": first, "たかさき": first, "たかさき　はなこ": first, // readings
		"鈴木": first, "鈴木花": first, // the name of today in the registry
		"A1B": {"A1B-000123", "A1B-000124", "A1B-000125"}, "a1b-00012": {"A1B-000123", "A1B-000124", "A1B-000125"},
		"A1B-999999": nil, "田中": nil, "%": nil, "_": nil, "'": nil,
		"":  {"A1B-000123", "A1B-000124", "A1B-000125"},
		"　": {"A1B-000123", "A1B-000124", "A1B-000125"},
		// A 個人番号 is looked for nowhere, however it is written.
		"123456789018": nil, "1234-5678-9018": nil, "１２３４５６７８９０１８": nil,
	} {
		if diff := cmp.Diff(want, search(t, db, query)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}

// Each number of the first screen is the length of the list behind it.
func TestTasksNow_EqualTheirLists(t *testing.T) {
	for seed := range uint64(4) {
		w := newWorld(t, 150, seed)
		testkit.Read(t, w.DB, func(rx *store.Rx) error {
			got, err := progress.TasksNow(rx)
			if err != nil {
				return err
			}
			due, _, err := notice.Due(rx, testkit.Clerk)
			if err != nil {
				return err
			}
			want := progress.Tasks{ToNotify: len(due), OpenDeliveries: 3}
			for _, k := range w.known(t) {
				if k.Procedure == card.Voided {
					continue
				}
				add(&want.ToInspect, k.Procedure == card.Received)
				add(&want.ToPreset, k.Procedure == card.Inspected)
				add(&want.ToShelve, k.Procedure == card.Preset)
				add(&want.Stopped, k.Status == card.StatusHeld)
				add(&want.Missing, k.Status == card.StatusMissing)
				add(&want.Overdue, k.Procedure == card.Notified && k.Deadline < "2026-11-24")
				add(&want.AtCounter, k.Custody == card.Counter)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d (-want +got):\n%s", seed, diff)
			}
			return nil
		})
	}
}

func add(n *int, also bool) {
	if also {
		*n++
	}
}

// What came is here or handed over, after any history.
func TestBalance_AlwaysHolds(t *testing.T) {
	for seed := range uint64(6) {
		w := newWorld(t, 90, 100+seed)
		w.undoSome(t)
		testkit.Read(t, w.DB, func(rx *store.Rx) error {
			var want progress.Balance
			for _, k := range w.known(t) {
				add(&want.Received, k.ReceivedOn != "")
				add(&want.HandedOver, k.Procedure == card.HandedOver)
				add(&want.Held, k.Held())
			}
			got, err := progress.BalanceNow(rx)
			if got != want || !got.OK() || got.Received == 0 || got.HandedOver == 0 {
				t.Errorf("seed %d: balance %+v, want %+v", seed, got, want)
			}
			return err
		})
	}
}

func TestBalance_SeesALostCard(t *testing.T) {
	if (progress.Balance{Received: 3, HandedOver: 1, Held: 1}).OK() {
		t.Error("a card too few passed")
	}
}

// undoSome takes the last act of every third card back, hand-overs included.
func (w *world) undoSome(t *testing.T) {
	testkit.Write(t, w.DB, testkit.Supervisor, func(tx *store.Tx) error {
		for i := 0; i < len(w.cards); i += 3 {
			events, err := card.EventsOf(tx.Rx, w.cards[i])
			if err != nil {
				return err
			}
			_, err = card.Undo(tx, events[len(events)-1].ID, card.Undoing{Reason: "誤り", Any: true})
			if err = orRefused(err); err != nil {
				return err
			}
		}
		return nil
	})
}

// A row shows the place with its position and the open holds, and what the
// registry says now.
func TestCards_Row(t *testing.T) {
	w := newWorld(t, 3, 1)
	var row progress.Row
	testkit.Write(t, w.DB, testkit.Clerk, func(tx *store.Tx) error {
		id, err := card.List(tx, card.Facts{DeliveryID: w.lots[0], NoticeNo: "Z9Z-000001", Name: "山田 花子", Birth: "1965-04-01"}, "")
		if err != nil {
			return err
		}
		if _, err := card.Do(tx, id, card.ActReceive, card.Input{}); err != nil {
			return err
		}
		if _, err := vault.PutAway(tx, id, w.boxes[1]); err != nil {
			return err
		}
		if _, err := card.OpenHold(tx, id, card.Warn, "確認中"); err != nil {
			return err
		}
		l, err := progress.Cards(tx.Rx, progress.Filter{Query: "Z9Z-000001"})
		if err == nil {
			row = l.Rows[0]
		}
		return err
	})
	if row.LotNo != "20261110-01" || !strings.HasPrefix(row.Place, "本庁 › 保管庫 › 棚A › 箱") || !strings.HasSuffix(row.Place, fmt.Sprint(" › ", row.Position)) {
		t.Errorf("lot %q, place %q", row.LotNo, row.Place)
	}
	if len(row.Holds) != 1 || row.Holds[0].Flag != card.Manual || row.Holds[0].Severity != card.Warn {
		t.Errorf("holds %+v", row.Holds)
	}
}
