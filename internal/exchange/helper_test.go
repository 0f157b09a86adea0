package exchange_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/officelog"
	"kofu/internal/peertest"
	"kofu/internal/relay"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// world is an office and a booking service that only speaks the words of the
// exchange.
type world struct {
	t      *testing.T
	Clock  *testkit.Clock
	DB     *store.DB
	Office exchange.Office
	Cloud  *peertest.Peer
	cards  int
	box    vault.Place
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := testkit.NewClock()
	w := &world{t: t, Clock: clock, DB: testkit.DBAt(t, clock)}
	w.Office = exchange.Office{DB: w.DB, Ring: keyring.ForTest(1), Keys: t.TempDir(), Spool: t.TempDir()}
	w.Cloud = peertest.NewService(t, testkit.DBAt(t, clock), "7", clock.Now)
	must(t, w.Office.MakeKeys(t.Context(), testkit.Supervisor, "7"))
	w.introduce()
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"}, {Kind: vault.Room, Name: "保管庫"}, {Kind: vault.Shelf, Name: "棚"}, {Kind: vault.Box, Name: "箱", Capacity: 100, Count: 1},
	} {
		n.ParentID = parent
		places, err := vault.Add(t.Context(), w.DB, testkit.Supervisor, n)
		must(t, err)
		parent, w.box = places[0].ID, places[0]
	}
	return w
}

// introduce lets both sides know each other's present keys.
func (w *world) introduce() {
	w.t.Helper()
	_, err := w.Office.Offer(w.t.Context(), testkit.Clerk, w.Cloud.Public())
	must(w.t, err)
	if s, err := w.book().State(); err == nil && s.Offered != nil {
		for _, a := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
			_, err := w.Office.Confirm(w.t.Context(), a, w.Cloud.Fingerprint())
			must(w.t, err)
		}
	}
	_, kpub, err := w.Office.Kpub()
	must(w.t, err)
	w.Cloud.Meet(kpub)
}

func (w *world) book() *keybook.Book {
	w.t.Helper()
	b, err := w.Office.Book()
	must(w.t, err)
	return b
}

// card makes a card whose letter is posted and whose code is released, and
// returns its pseudonym.
func (w *world) card() (cardID int64, l link.Link) {
	w.t.Helper()
	w.cards++
	testkit.Write(w.t, w.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		cardID, err = card.List(tx, card.Facts{
			DeliveryID: 1, NoticeNo: fmt.Sprintf("A1B-%06d", w.cards), Name: canary, NameKey: "x", Address: "カナリア町6番地3",
			Birth: "1965-04-01", ExpiresOn: "2036-04-01", DeliveryMethod: "1",
		}, "")
		if err != nil {
			return err
		}
		for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
			if _, err := card.Do(tx, cardID, act, card.Input{}); err != nil {
				return err
			}
		}
		_, err = card.Do(tx, cardID, card.ActShelve, card.Input{PlaceID: w.box.ID, Position: w.cards})
		return err
	})
	run, err := notice.Plan(w.t.Context(), notice.Office{DB: w.DB, Ring: w.Office.Ring}, testkit.Clerk,
		notice.Order{Cards: []int64{cardID}, Stock: "a", StartCell: 1, Sort: notice.ByNumber})
	must(w.t, err)
	_, err = notice.MarkReady(w.t.Context(), w.DB, testkit.Clerk, run.ID, nil)
	must(w.t, err)
	_, err = notice.Post(w.t.Context(), w.DB, testkit.Clerk, run.ID, store.Day(w.Clock.Now()), false)
	must(w.t, err)
	keys, err := w.Office.Links()
	must(w.t, err)
	_, err = link.Release(w.t.Context(), w.DB, keys, testkit.Clerk, run.ID, link.Terms{From: w.Clock.Now().Add(time.Hour), Svc: []string{"receive"}})
	must(w.t, err)
	return cardID, w.link(cardID)
}

const canary = "夏南利 亜子"

func (w *world) link(cardID int64) (l link.Link) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) (err error) {
		l, _, err = link.ByCard(rx, cardID)
		return err
	})
	return l
}

func (w *world) withdraw(cardID int64) {
	w.t.Helper()
	testkit.Write(w.t, w.DB, testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, cardID, 0, "本人の希望") })
}

// send carries a bundle of the office to the booking service.
func (w *world) send() []byte {
	w.t.Helper()
	file := w.export()
	w.deliver(file)
	return file
}

// deliver lets the booking service take a bundle in.
func (w *world) deliver(file []byte) {
	w.t.Helper()
	_, err := w.Cloud.Take(file)
	must(w.t, err)
}

func (w *world) export() []byte {
	w.t.Helper()
	var file bytes.Buffer
	_, err := w.Office.Export(w.t.Context(), testkit.Clerk, &file)
	must(w.t, err)
	return file.Bytes()
}

func (w *world) take(file []byte) (exchange.Taken, error) {
	return w.Office.Import(w.t.Context(), testkit.Clerk, bytes.NewReader(file), exchange.ByFile, exchange.Medium{})
}

func (w *world) accept(file []byte) (exchange.Taken, error) {
	return w.Office.Accept(w.t.Context(), testkit.Supervisor, bytes.NewReader(file), exchange.ByFile, exchange.Medium{})
}

// back carries a bundle of the booking service to the office.
func (w *world) back() exchange.Taken {
	w.t.Helper()
	taken, err := w.take(w.Cloud.Bundle())
	must(w.t, err)
	return taken
}

func (w *world) cases() (list []exchange.Case) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) (err error) {
		list, err = exchange.OpenCases(rx, 0)
		return err
	})
	return list
}

// officeLog is what the office has said.
func (w *world) officeLog() (all []event.Body) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) error {
		return officelog.Log{}.Each(rx, 1, func(line []byte) error {
			_, _, b, err := event.Decode(line)
			all = append(all, b)
			return err
		})
	})
	return all
}

const (
	bk  = "01JDEWZ8R0ABCDEFGHJKMNPQRS"
	bk2 = "01JDEWZ8R0ABCDEFGHJKMNPQRT"
)

// placed is a booking of the booking service for the next day at 10:00.
func placed(links ...link.Link) event.BookingCreated {
	e := event.BookingCreated{
		Booking: bk, No: "11-0042", Window: "A", Start: "2026-11-25T10:00:00+09:00", Min: 30, Party: len(links), Units: len(links), Seat: "web", Via: "web",
	}
	for _, l := range links {
		e.Members = append(e.Members, event.Member{Link: l.ID, Gen: l.Gen, Svc: []string{"receive"}})
	}
	return e
}

func (w *world) hold(id int64) {
	w.t.Helper()
	testkit.Write(w.t, w.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, id, card.Stop, "確認中")
		return err
	})
}

func (w *world) unhold(id int64) {
	w.t.Helper()
	testkit.Write(w.t, w.DB, testkit.Clerk, func(tx *store.Tx) error {
		holds, err := card.HoldsOf(tx.Rx, id)
		if err != nil {
			return err
		}
		_, err = card.CloseHold(tx, holds[0].ID, "確認済み")
		return err
	})
}

// epoch is that of the office's log.
func (w *world) epoch() (epoch string) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) error {
		s, err := relay.Load(rx)
		epoch = s.Epoch
		return err
	})
	return epoch
}
