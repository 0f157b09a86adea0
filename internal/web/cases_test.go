package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func init() { seeds["cases"] = seedCases }

const (
	stoppedBooking = "01JD0000000000000000000011"
	doubleBooking  = "01JD0000000000000000000012"
	strayBooking   = "01JD0000000000000000000013"
)

// seedCases has a case of each kind of screen: a booking whose card was stopped,
// one beside a booking by phone, a code that is not known, a slot that is taken too
// often, and a window that is closed at the time of a booking by phone.
func seedCases(t *testing.T, f *fixture) {
	seedCards(t, f)
	f.shelve(1, 2, 3)
	f.windows()
	f.released(1, 2, 3)
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, 1, card.Stop, "確認中")
		return err
	})
	for _, id := range []int64{2, 3} {
		minute := map[int64]time.Duration{2: 0, 3: 30}[id]
		testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
			_, err := counter.Book(tx, counter.New{
				WindowID: "A", Starts: time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC).Add(minute * time.Minute), Via: counter.ByPhone,
				Guests: []counter.Guest{{CardID: id, Procs: []string{"receive"}}},
			})
			return err
		})
	}
	member := func(id int64) event.Member {
		return event.Member{Link: f.pseudonym(id), Gen: 1, Svc: []string{"receive"}}
	}
	booked := func(bk, no, start string, m event.Member) event.BookingCreated {
		return event.BookingCreated{Booking: bk, No: no, Window: "A", Start: start, Min: 30, Party: 1, Units: 1, Seat: "web", Via: "web", Members: []event.Member{m}}
	}
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		if err := f.Server.exchange().Settle(tx); err != nil { // the stop of card 1 is in the log
			return err
		}
		return f.Server.exchange().Rehearse(tx,
			booked(stoppedBooking, "11-0051", "2026-11-24T10:00:00+09:00", member(1)),
			booked(doubleBooking, "11-0052", "2026-11-25T10:30:00+09:00", member(2)),
			booked(strayBooking, "11-0053", "2026-11-25T10:30:00+09:00", event.Member{Link: "00000000000000ee", Gen: 1, Svc: []string{"receive"}}),
			event.CapacityOver{Window: "A", Start: "2026-11-25T10:30:00+09:00", Over: 1},
			event.ConfigCapacity{Window: "A", Date: "2026-11-25", Slots: []event.SlotSeats{{Start: "2026-11-25T10:30:00+09:00", Min: 30, Web: 2, Office: 2}}},
		)
	})
}

// released prints and posts the letters of cards and makes their codes known.
func (f *fixture) released(ids ...int64) {
	t := f.T
	t.Helper()
	run := f.printed(ids...)
	if _, err := notice.Post(t.Context(), f.DB, testkit.Clerk, run, "2026-11-24", false); err != nil {
		t.Fatal(err)
	}
	keys := f.codeKeys()
	if _, err := link.Release(t.Context(), f.DB, keys, testkit.Clerk, run, link.Terms{From: f.Clock.Now().Add(-time.Hour), Svc: []string{"receive"}}); err != nil {
		t.Fatal(err)
	}
}

// printed prints the letters of cards.
func (f *fixture) printed(ids ...int64) (run int64) {
	t := f.T
	t.Helper()
	planned, err := notice.Plan(t.Context(), notice.Office{DB: f.DB, Ring: f.Ring}, testkit.Clerk, notice.Order{Cards: ids, Stock: "a", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := notice.MarkReady(t.Context(), f.DB, testkit.Clerk, planned.ID, nil); err != nil {
		t.Fatal(err)
	}
	return planned.ID
}

// codeKeys are the keys under which codes are hashed, made where there are none.
func (f *fixture) codeKeys() link.Keys {
	f.T.Helper()
	keys, err := f.Server.exchange().Links()
	if err != nil {
		f.T.Fatal(err)
	}
	if _, _, ok := keys.Codes.Newest(); !ok {
		if _, err := keys.Codes.Make(rand.Reader); err != nil {
			f.T.Fatal(err)
		}
	}
	return keys
}

func (f *fixture) pseudonym(cardID int64) (id string) {
	f.T.Helper()
	testkit.Read(f.T, f.DB, func(rx *store.Rx) error {
		l, _, err := link.ByCard(rx, cardID)
		id = l.ID
		return err
	})
	return id
}

func (f *fixture) openCases() (list []exchange.Case) {
	f.T.Helper()
	testkit.Read(f.T, f.DB, func(rx *store.Rx) (err error) {
		list, err = exchange.OpenCases(rx, 0)
		return err
	})
	return list
}

// Case 9 at the office: the time by phone that is offered instead takes the
// booking, and the case goes away by itself when the window opens again.
func TestCase09_TheWindowOpensAgain(t *testing.T) {
	f := newFixture(t)
	seedCases(t, f)
	shut := func() (n int) {
		for _, c := range f.openCases() {
			if c.Kind == agree.CaseShut {
				n++
			}
		}
		return n
	}
	if n := shut(); n != 1 {
		t.Fatalf("%d bookings at a time at which the window is closed", n)
	}
	f.windows()
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error { return f.Server.exchange().Settle(tx) })
	if n := shut(); n != 0 {
		t.Errorf("the window is open again, and %d cases stand", n)
	}
}

// Moving the booking and closing its case are one act: what is refused changes
// neither, and who closes cases but moves no bookings does not get there.
func TestCase09_MovesAndClosesTogether(t *testing.T) {
	f := newFixture(t)
	seedCases(t, f)
	const clerk = "exchange.decide+visit.handover"
	c := answerOf[CaseList](t, f.Do("GET", "/api/cases?kind=9", clerk, "")).Rows[0]
	place := func() (where string) {
		testkit.Read(t, f.DB, func(rx *store.Rx) error {
			b, err := counter.ByID(rx, c.Booking.BK)
			where = b.WindowID + " " + store.Stamp(b.Starts)
			return err
		})
		return where
	}
	address, was, open := fmt.Sprintf("/api/cases/%d/move", c.ID), place(), len(f.openCases())
	seat := func(start, note string) string {
		return fmt.Sprintf(`{"windowId":%q,"start":%q,"note":%q}`, c.Seats[0].WindowID, start, note)
	}
	free := seat(c.Seats[0].Start, "電話で了解")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"may not move":  f.Do("POST", address, "exchange.decide", free),
		"may not close": f.Do("POST", address, "visit.handover", free),
		"no such time":  f.Do("POST", address, clerk, seat("2026-11-25T03:33:00+09:00", "")),
		"my number":     f.Do("POST", address, clerk, seat(c.Seats[0].Start, "番号は 123456789018")),
		"another kind":  f.Do("POST", fmt.Sprintf("/api/cases/%d/move", f.openCases()[0].ID), clerk, free),
	} {
		if w.Code < 400 || place() != was || len(f.openCases()) != open {
			t.Errorf("%s: %d, at %s, %d cases: %s", name, w.Code, place(), len(f.openCases()), w.Body)
		}
	}
	if got := answerOf[ExchangeCase](t, f.exchangeAct(http.StatusOK, "POST", address, clerk, free)); got.Decision != "told" || got.Note != "電話で了解" {
		t.Errorf("%+v", got)
	}
	now := place()
	if now == was || len(f.openCases()) != open-1 {
		t.Errorf("at %s, %d cases", now, len(f.openCases()))
	}
	if w := f.Do("POST", address, clerk, free); w.Code != http.StatusConflict || place() != now {
		t.Errorf("a second time: %d, at %s", w.Code, place())
	}
}

// The file has the rows of the screen, and the home screen counts them.
func TestKT1000_CasesAsFileAndOnTheHomeScreen(t *testing.T) {
	f := newFixture(t)
	seedCases(t, f)
	f.exchangeAct(http.StatusForbidden, "GET", "/api/cases/file?format=csv&kind=3", "list.export", "")
	w := f.Do("GET", "/api/cases/file?format=csv&kind=3", "list.export+exchange.decide", "")
	if lines := strings.Count(strings.TrimSpace(w.Body.String()), "\n"); w.Code != http.StatusOK || lines != 1 || !strings.Contains(w.Body.String(), "𠮷田 太郎") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.Do("GET", "/api/home", "counter", ""); !strings.Contains(w.Body.String(), `"href":"/cases"`) {
		t.Errorf("home: %s", w.Body)
	}
	if w := f.Do("GET", "/api/home", "card.view", ""); strings.Contains(w.Body.String(), `"href":"/cases"`) {
		t.Errorf("home of somebody who may not decide: %s", w.Body)
	}
}
