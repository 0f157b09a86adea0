package counter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/ulid"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

const (
	today    = "2026-11-24" // of testkit.Now, 9:30 in Japan
	tomorrow = "2026-11-25"
)

// office is a city hall with two boxes of cards that were notified, and a window
// that is open today and tomorrow from 9:00 to 12:00.
type office struct {
	t     *testing.T
	DB    *store.DB
	Clock *testkit.Clock
	Ring  *keyring.Ring
	boxes []vault.Place
	ids   []int64
	seq   int64 // of the booking service
}

func newOffice(t *testing.T, cards int) *office {
	t.Helper()
	o := &office{t: t, Clock: testkit.NewClock(), Ring: keyring.ForTest(1)}
	o.DB = testkit.DBAt(t, o.Clock)
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"},
		{Kind: vault.Room, Name: "保管庫"},
		{Kind: vault.Shelf, Name: "棚"},
		{Kind: vault.Box, Name: "箱", Capacity: 50, Count: 2},
	} {
		n.ParentID = parent
		places, err := vault.Add(t.Context(), o.DB, testkit.Supervisor, n)
		if err != nil {
			t.Fatal(err)
		}
		parent, o.boxes = places[0].ID, places
	}
	for i := range cards {
		o.ids = append(o.ids, o.shelved(i))
	}
	if cards > 0 {
		o.notify()
	}
	o.hear(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	o.hear(event.ConfigWindow{Window: "B", Name: "東支所", Owner: "cloud", Order: 2, Late: 5})
	for _, window := range []string{"A", "B"} {
		for _, day := range []string{today, tomorrow} {
			o.capacity(window, day, 2)
		}
	}
	return o
}

// capacity opens a window from 9:00 to 12:00 with so many office seats in each
// half hour.
func (o *office) capacity(window, day string, seats int) {
	o.t.Helper()
	e := event.ConfigCapacity{Window: window, Date: day, Slots: []event.SlotSeats{}}
	for i := range 6 {
		e.Slots = append(e.Slots, event.SlotSeats{Start: start(day, 9*60+30*i), Min: 30, Web: 3, Office: seats})
	}
	o.hear(e)
}

// start writes a minute of a day as events have it.
func start(day string, minute int) string {
	return fmt.Sprintf("%sT%02d:%02d:00+09:00", day, minute/60, minute%60)
}

// at is the instant of a minute of a day.
func at(day string, minute int) time.Time {
	t, err := time.Parse(time.RFC3339, start(day, minute))
	if err != nil {
		panic(err) // a mistake of the test
	}
	return t.UTC()
}

func number(i int) string { return fmt.Sprintf("A1B-%06d", i+1) }

// shelved makes a card that is ready; every other one lies in the second box, so
// that the order of their numbers is not the one of the way.
func (o *office) shelved(i int) (id int64) {
	o.t.Helper()
	o.write(func(tx *store.Tx) (err error) {
		id, err = card.List(tx, card.Facts{
			DeliveryID: 1, NoticeNo: number(i), Name: "山田 太郎", NameKey: "山田太郎", Address: "東京都千代田区三番町6番地3", Birth: "1965-04-01",
			ExpiresOn: "2036-04-01", ApplicationID: fmt.Sprintf("%023d", i+1), DeliveryMethod: "1",
		}, "")
		return err
	})
	for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
		o.act(id, act)
	}
	o.write(func(tx *store.Tx) error {
		_, err := vault.PutAway(tx, id, o.boxes[(i+1)%2])
		return err
	})
	return id
}

// notify posts the letters of all cards.
func (o *office) notify() {
	o.t.Helper()
	run, err := notice.Plan(o.t.Context(), notice.Office{DB: o.DB, Ring: o.Ring}, testkit.Clerk, notice.Order{Stock: "12up-84x42-aone-28187", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		o.t.Fatal(err)
	}
	if run, err = notice.MarkReady(o.t.Context(), o.DB, testkit.Clerk, run.ID, nil); err != nil {
		o.t.Fatal(err)
	}
	if _, err = notice.Post(o.t.Context(), o.DB, testkit.Clerk, run.ID, today, false); err != nil {
		o.t.Fatal(err)
	}
}

// code is the one on the letter of a card.
func (o *office) code(i int) (code string) {
	o.t.Helper()
	o.read(func(rx *store.Rx) error {
		pieces, err := notice.Pieces(rx, 1)
		if err != nil {
			return err
		}
		for _, p := range pieces {
			if p.CardID == o.ids[i] {
				c, err := notice.Code(rx, o.Ring, p)
				code = string(c)
				return err
			}
		}
		return fmt.Errorf("no letter of card %d", i)
	})
	return code
}

func (o *office) write(fn func(*store.Tx) error) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, fn)
}

func (o *office) read(fn func(*store.Rx) error) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, fn)
}

// refused expects a fault and that nothing has changed.
func (o *office) refused(kind fault.Kind, code string, fn func(*store.Tx) error) {
	o.t.Helper()
	before := testkit.Dump(o.t, o.DB)
	testkit.WantFault(o.t, o.DB.Write(o.t.Context(), testkit.Clerk, fn), kind, code)
	if diff := cmp.Diff(before, testkit.Dump(o.t, o.DB)); diff != "" {
		o.t.Errorf("a refused act changed the database (-want +got):\n%s", diff)
	}
}

func (o *office) act(id int64, acts ...card.Act) {
	o.t.Helper()
	for _, a := range acts {
		o.write(func(tx *store.Tx) error {
			_, err := card.Do(tx, id, a, card.Input{})
			return err
		})
	}
}

// hear takes an event of the booking service in, under the next number.
func (o *office) hear(b event.Body) (found []counter.Finding) {
	o.t.Helper()
	o.seq++
	o.write(func(tx *store.Tx) (err error) {
		var handled bool
		found, handled, err = counter.Hear(tx, o.seq, b)
		if err == nil && !handled {
			o.t.Errorf("%s is not handled", b.Type())
		}
		return err
	})
	return found
}

func pseudonym(i int) string { return fmt.Sprintf("%016x", i+1) }

// booked takes in a booking of the web for cards that have a code.
func (o *office) booked(no, day string, minute int, cards ...int) event.BookingCreated {
	o.t.Helper()
	e := event.BookingCreated{
		Booking: ulid.New(o.Clock.Now()), No: no, Window: "A", Start: start(day, minute), Min: 30, Party: len(cards), Units: len(cards), Seat: "web", Via: "web",
	}
	for _, i := range cards {
		e.Members = append(e.Members, event.Member{Link: pseudonym(i), Gen: 1, Svc: []string{"receive"}})
	}
	if found := o.hear(e); len(found) > 0 {
		o.t.Fatalf("the booking was judged: %+v", found)
	}
	return e
}

func (o *office) booking(bk string) (b counter.Booking) {
	o.t.Helper()
	o.read(func(rx *store.Rx) (err error) {
		b, err = counter.ByID(rx, bk)
		return err
	})
	return b
}

// states are those of the persons of a booking.
func (o *office) states(bk string) (list []counter.State) {
	o.t.Helper()
	for _, p := range o.booking(bk).Persons {
		list = append(list, p.State())
	}
	return list
}

func (o *office) wantStates(bk string, want ...counter.State) {
	o.t.Helper()
	if diff := cmp.Diff(want, o.states(bk)); diff != "" {
		o.t.Errorf("states of the persons (-want +got):\n%s", diff)
	}
}

func (o *office) arrive(entry string) (a counter.Arrival) {
	o.t.Helper()
	o.write(func(tx *store.Tx) (err error) {
		a, err = counter.Arrive(tx, o.Ring, counter.Visit{WindowID: "A", Entry: entry})
		return err
	})
	return a
}

func (o *office) do(bk string, a counter.Act, ords ...int) {
	o.t.Helper()
	o.write(func(tx *store.Tx) error {
		_, err := counter.Do(tx, bk, a, ords)
		return err
	})
}
