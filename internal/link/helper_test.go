package link_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/jpaddr"
	"kofu/internal/keyring"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/officelog"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// office is a city hall with one vault and the keys of its codes.
type office struct {
	t     *testing.T
	DB    *store.DB
	Clock *testkit.Clock
	Keys  link.Keys
	box   vault.Place
	cards int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	codes, err := keyring.OpenOfficeCodes(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codes.Make(rand.Reader); err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, Clock: testkit.NewClock(), Keys: link.Keys{Ring: keyring.ForTest(1), Codes: codes}}
	o.DB = testkit.DBAt(t, o.Clock)
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"}, {Kind: vault.Room, Name: "保管庫"}, {Kind: vault.Shelf, Name: "棚"}, {Kind: vault.Box, Name: "箱", Capacity: 100, Count: 1},
	} {
		n.ParentID = parent
		places, err := vault.Add(t.Context(), o.DB, testkit.Supervisor, n)
		if err != nil {
			t.Fatal(err)
		}
		parent, o.box = places[0].ID, places[0]
	}
	return o
}

// card leads a new card of a resident along the trunk until its letter is due.
func (o *office) card(no, household string) (id int64) {
	o.t.Helper()
	o.cards++
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		id, err = card.List(tx, card.Facts{
			DeliveryID: 1, NoticeNo: fmt.Sprintf("A1B-%06d", o.cards), Name: "山田 太郎", NameKey: "山田太郎", Address: "東京都千代田区三番町6番地3",
			Birth: "1965-04-01", ExpiresOn: "2036-04-01", DeliveryMethod: "1",
		}, "")
		if err != nil {
			return err
		}
		if no != "" {
			if err := o.join(tx, id, no, household, "1965-04-01"); err != nil {
				return err
			}
		}
		for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
			if _, err := card.Do(tx, id, act, card.Input{}); err != nil {
				return err
			}
		}
		_, err = card.Do(tx, id, card.ActShelve, card.Input{PlaceID: o.box.ID, Position: o.cards})
		return err
	})
	return id
}

func (o *office) join(tx *store.Tx, cardID int64, no, household, birth string) error {
	var all resident.Fields
	for f := resident.HouseholdNo; f <= resident.GaijiSet; f++ {
		all = all.With(f)
	}
	r := resident.Resident{No: no, HouseholdNo: household, State: "1", Name: "山田 太郎", Birth: birth, Address: "東京都千代田区三番町6番地3", PostalCode: "1020075"}
	if _, err := resident.Put(tx, 1, &resident.Row{Resident: r, Has: all}); err != nil {
		return err
	}
	made, _, err := resident.ByNo(tx.Rx, no)
	if err != nil {
		return err
	}
	return card.Link(tx, cardID, card.Person{ResidentID: made.ID})
}

func (o *office) do(id int64, act card.Act, in card.Input) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Do(tx, id, act, in)
		return err
	})
}

func (o *office) plan(cards ...int64) notice.Run {
	o.t.Helper()
	run, err := notice.Plan(o.t.Context(), notice.Office{DB: o.DB, Ring: o.Keys.Ring, Towns: jpaddr.LoadNational()}, testkit.Clerk,
		notice.Order{Cards: cards, Stock: "a", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

// printed makes the letters of some cards.
func (o *office) printed(cards ...int64) notice.Run {
	o.t.Helper()
	run, err := notice.MarkReady(o.t.Context(), o.DB, testkit.Clerk, o.plan(cards...).ID, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

func (o *office) post(run notice.Run) {
	o.t.Helper()
	if _, err := notice.Post(o.t.Context(), o.DB, testkit.Clerk, run.ID, store.Day(o.Clock.Now()), false); err != nil {
		o.t.Fatal(err)
	}
}

var terms = link.Terms{From: testkit.Now.Add(time.Hour), Svc: []string{"receive", "pin"}, Windows: []string{"W1"}}

func (o *office) release(run notice.Run) link.Released {
	o.t.Helper()
	done, err := link.Release(o.t.Context(), o.DB, o.Keys, testkit.Clerk, run.ID, terms)
	if err != nil {
		o.t.Fatal(err)
	}
	return done
}

// posted releases the codes of letters that are on their way, and returns what
// the log says of them.
func (o *office) posted(cards ...int64) []event.Body {
	o.t.Helper()
	run := o.printed(cards...)
	o.post(run)
	o.release(run)
	return o.log()
}

func (o *office) collect() []event.Body {
	o.t.Helper()
	before := len(o.log())
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := link.Collect(tx, o.Keys)
		return err
	})
	return o.log()[before:]
}

func (o *office) log() (all []event.Body) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) error {
		return officelog.Log{}.Each(rx, 1, func(line []byte) error {
			_, _, b, err := event.Decode(line)
			all = append(all, b)
			return err
		})
	})
	return all
}

func (o *office) link(cardID int64) (l link.Link) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) (err error) {
		l, _, err = link.ByCard(rx, cardID)
		return err
	})
	return l
}

func (o *office) shield(cardID int64, on bool) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		c, err := card.ByID(tx.Rx, cardID)
		if err != nil {
			return err
		}
		if !on {
			return resident.Unshield(tx, c.ResidentID, "終了の届出")
		}
		return resident.Shield(tx, c.ResidentID, resident.Mark{From: "2026-11-01", Until: "2027-10-31", Reason: "申出"})
	})
}

func (o *office) policy(change func(*link.Policy)) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		p, version, err := link.LoadPolicy(tx.Rx)
		if err != nil {
			return err
		}
		change(&p)
		_, err = link.SavePolicy(tx, p, version)
		return err
	})
}

// types are the kinds of events, for comparing.
func types(list []event.Body) (names []string) {
	for _, b := range list {
		names = append(names, string(b.Type()))
	}
	return names
}
