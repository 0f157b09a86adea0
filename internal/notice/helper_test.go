package notice_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jpaddr"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

const today = "2026-11-24" // of testkit.Now

// office is a city hall with one vault.
type office struct {
	t     *testing.T
	DB    *store.DB
	Clock *testkit.Clock
	Ring  *keyring.Ring
	boxes []vault.Place
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, Clock: testkit.NewClock(), Ring: keyring.ForTest(1)}
	o.DB = testkit.DBAt(t, o.Clock)
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"},
		{Kind: vault.Room, Name: "保管庫"},
		{Kind: vault.Shelf, Name: "棚"},
		{Kind: vault.Box, Name: "箱", Capacity: 100, Count: 2},
	} {
		n.ParentID = parent
		places, err := vault.Add(t.Context(), o.DB, testkit.Supervisor, n)
		if err != nil {
			t.Fatal(err)
		}
		parent, o.boxes = places[0].ID, places
	}
	return o
}

func (o *office) notice() notice.Office {
	return notice.Office{DB: o.DB, Ring: o.Ring, Towns: jpaddr.LoadNational()}
}

func facts(no, name, address string) card.Facts {
	return card.Facts{
		DeliveryID: 1, NoticeNo: no, Name: name, NameKey: name, Address: address, Birth: "1965-04-01", ExpiresOn: "2036-04-01", DeliveryMethod: "1",
	}
}

// ready leads a new card along the trunk until its letter is due.
func (o *office) ready(f card.Facts, box, position int) (id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		id, err = card.List(tx, f, "")
		return err
	})
	for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
		o.do(id, act, card.Input{})
	}
	o.do(id, card.ActShelve, card.Input{PlaceID: o.boxes[box].ID, Position: position})
	return id
}

// cards makes n cards that are due.
func (o *office) cards(n int) (ids []int64) {
	o.t.Helper()
	for i := range n {
		ids = append(ids, o.ready(facts(fmt.Sprintf("A1B-%06d", i+1), "山田 太郎", "東京都千代田区三番町6番地3"), 0, i+1))
	}
	return ids
}

func (o *office) do(id int64, act card.Act, in card.Input) (c card.Change) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		c, err = card.Do(tx, id, act, in)
		return err
	})
	return c
}

func (o *office) card(id int64) (c card.Card) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) (err error) {
		c, err = card.ByID(rx, id)
		return err
	})
	return c
}

// link gives a card its holder in the registry.
func (o *office) link(id int64, r resident.Resident) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		var all resident.Fields
		for f := resident.HouseholdNo; f <= resident.GaijiSet; f++ {
			all = all.With(f)
		}
		out, err := resident.Put(tx, 1, &resident.Row{Resident: r, Has: all})
		if err != nil {
			return err
		}
		return card.Link(tx, id, card.Person{ResidentID: out.ID, Kana: r.Kana})
	})
}

func (o *office) hold(id int64, severity card.Severity) (holdID int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		if _, err := card.OpenHold(tx, id, severity, "確認中"); err != nil {
			return err
		}
		holds, err := card.HoldsOf(tx.Rx, id)
		for _, h := range holds {
			if h.ClosedAt == "" {
				holdID = h.ID
			}
		}
		return err
	})
	return holdID
}

func order(cards ...int64) notice.Order {
	return notice.Order{Cards: cards, Stock: "12up-84x42-aone-28187", StartCell: 1, Sort: notice.ByNumber}
}

func (o *office) plan(cards ...int64) notice.Run {
	o.t.Helper()
	run, err := notice.Plan(o.t.Context(), o.notice(), testkit.Clerk, order(cards...))
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

func (o *office) print(run notice.Run) notice.Run {
	o.t.Helper()
	run, err := notice.MarkReady(o.t.Context(), o.DB, testkit.Clerk, run.ID, []string{"font"})
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

func (o *office) post(run notice.Run) notice.Run {
	o.t.Helper()
	run, err := notice.Post(o.t.Context(), o.DB, testkit.Clerk, run.ID, today, false)
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

func (o *office) pieces(run notice.Run) (pieces []notice.Piece) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) (err error) {
		pieces, err = notice.Pieces(rx, run.ID)
		return err
	})
	return pieces
}

// code opens the link code of the card's piece in the run.
func (o *office) code(run notice.Run, id int64) (code linkcode.Code) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) (err error) {
		pieces, err := notice.Pieces(rx, run.ID)
		for _, p := range pieces {
			if p.CardID == id && err == nil {
				code, err = notice.Code(rx, o.Ring, p)
			}
		}
		return err
	})
	return code
}

// lives reports whether the code invites the holder of the card.
func (o *office) lives(code linkcode.Code, id int64) (lives bool) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) error {
		cardID, live, known, err := notice.CardOfCode(rx, o.Ring, code)
		if !known || cardID != id {
			o.t.Errorf("code leads to card %d, %t; want card %d", cardID, known, id)
		}
		lives = live
		return err
	})
	return lives
}

func (o *office) due() (ids []int64, excluded map[int64]string) {
	o.t.Helper()
	excluded = map[int64]string{}
	testkit.Read(o.t, o.DB, func(rx *store.Rx) error {
		due, out, err := notice.Due(rx, testkit.Clerk)
		for _, c := range due {
			ids = append(ids, c.Card.ID)
		}
		for _, e := range out {
			excluded[e.CardID] = e.Code
		}
		return err
	})
	return ids, excluded
}

// refused expects the fault, and that nothing has changed.
func (o *office) refused(kind fault.Kind, code string, act func() error) fault.Error {
	o.t.Helper()
	before := testkit.Dump(o.t, o.DB)
	err := act()
	testkit.WantFault(o.t, err, kind, code)
	if diff := cmp.Diff(before, testkit.Dump(o.t, o.DB)); diff != "" {
		o.t.Errorf("a refused act changed the database (-want +got):\n%s", diff)
	}
	e, _ := fault.As(err)
	return *e
}
