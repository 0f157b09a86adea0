package intake_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/terms"
	"kofu/internal/event"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const (
	tenant = 1
	nine   = "2026-12-08T09:00"
	half   = "2026-12-08T09:30"
	phone  = "01JDT0000000000000000000PH" // an office's booking
)

var resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}

// world is the booking service's end, with an office that a test speaks for.
type world struct {
	*intake.End
	t     *testing.T
	clock *testkit.Clock
	seq   int64
	token int
}

func open(t *testing.T, db *store.DB, clock *testkit.Clock) *world {
	t.Helper()
	dir := t.TempDir()
	ours, err := keyring.OpenOfficeCodes(dir)
	must(t, err)
	_, err = ours.Make(zeros{})
	must(t, err)
	codes, err := keyring.OpenCodes(dir)
	must(t, err)
	book, err := keybook.Open(dir, seal.Cloud)
	must(t, err)
	w := &world{t: t, clock: clock, End: &intake.End{
		Desk: &front.Desk{DB: db.For(tenant), Tenant: tenant, Ring: keyring.ForTest(1), Base: "https://yoyaku.city.example"},
		Book: book, Codes: codes,
	}}
	must(t, slot.AddTenant(t.Context(), w.Desk.DB, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	_, err = slot.SaveWindow(t.Context(), w.Desk.DB, testkit.Supervisor, tenant, slot.Window{
		ID: "W1", Name: "本庁 1番窓口", HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60, LateMinutes: 5,
	})
	must(t, err)
	var patterns []slot.Pattern
	for d := time.Monday; d <= time.Friday; d++ {
		patterns = append(patterns, slot.Pattern{Weekday: d, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, WebCap: 4, OfficeCap: 2})
	}
	_, err = slot.SetPattern(t.Context(), w.Desk.DB, testkit.Supervisor, tenant, "W1", patterns)
	must(t, err)
	p := terms.DefaultPolicy()
	p.SenderAddress, p.Phone, p.Hours, p.Reception = "yoyaku@city.example", "0120-000-000", "9時から17時", "appliance"
	testkit.Write(t, w.Desk.DB, testkit.Supervisor, func(tx *store.Tx) error { _, err := terms.SavePolicy(tx, tenant, p, 0); return err })
	for i := range 4 {
		w.tell(issue(i, 1), event.LinkReady{Link: link(i), Gen: 1})
	}
	return w
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func link(n int) string { return fmt.Sprintf("%016x", n+1) }

func code(n, version int) linkcode.Code { return linkcode.Code(fmt.Sprintf("%014d%02d", n, version)) }

func issue(n, gen int) event.LinkIssue {
	return event.LinkIssue{
		Link: link(n), Hash: base64.RawURLEncoding.EncodeToString(code(n, gen).Hash(make([]byte, 32))), Key: "o001", Gen: gen,
		Svc: []string{"pin", "receive"}, BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
	}
}

// tell carries out events of the office, each in a transaction of its own.
func (w *world) tell(events ...event.Body) {
	w.t.Helper()
	for _, b := range events {
		w.seq++
		line, err := event.Encode(w.seq, store.Stamp(w.clock.Now()), b)
		must(w.t, err)
		testkit.Write(w.t, w.Desk.DB, testkit.Clerk, func(tx *store.Tx) error {
			return w.Apply(tx, relay.Event{Seq: w.seq, Type: string(b.Type()), Line: line})
		})
	}
}

// book books on the web for persons, with an address.
func (w *world) book(at string, persons ...int) reserve.Booking {
	w.t.Helper()
	w.token++
	r := front.Request{Lang: "ja", Contact: contact.Contact{Mail: fmt.Sprintf("a%d@mail.example", persons[0])}, Request: reserve.Request{
		Token: fmt.Sprintf("token-%020d", w.token), By: reserve.By{Via: reserve.ByWeb, Link: link(persons[0])}, SlotID: "W1@" + at, Side: slot.Web,
	}}
	for _, n := range persons {
		r.Guests = append(r.Guests, reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"})
	}
	b, err := w.Desk.Book(w.t.Context(), resident, r)
	must(w.t, err)
	return b
}

func (w *world) now(id string) (b reserve.Booking) {
	w.t.Helper()
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) (err error) {
		b, _, err = reserve.ByID(rx, tenant, id)
		return err
	})
	return b
}

// states are those of the persons of a booking.
func (w *world) states(id string) string {
	var list []reserve.State
	for _, p := range w.now(id).Persons {
		list = append(list, p.State)
	}
	return fmt.Sprint(list)
}

func (w *world) wantStates(id, want string) {
	w.t.Helper()
	if got := w.states(id); got != want {
		w.t.Errorf("persons of the booking are %s, want %s", got, want)
	}
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if len(breaches) > 0 {
			w.t.Errorf("breaches %v", breaches)
		}
		return err
	})
}

// mails are the kinds of mails about a booking but the first.
func (w *world) mails(id string) string {
	var kinds []terms.MailKind
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) error {
		list, err := mail.List(rx, tenant, mail.None, nil, 100)
		for _, m := range list {
			if m.BookingID == id && m.Kind != terms.MailBooked {
				kinds = append(kinds, m.Kind)
			}
		}
		return err
	})
	return fmt.Sprint(kinds)
}

// seats are those taken of a slot, on the web and at the office.
func (w *world) seats(at string) string {
	var s slot.Slot
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) (err error) {
		s, _, err = slot.ByID(rx, tenant, "W1@"+at)
		return err
	})
	return fmt.Sprint(s.WebTaken, s.OfficeTaken)
}

// log are the events that the office hears, by kind, about a booking.
func (w *world) log(id string) string {
	var types []event.Type
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) error {
		list, err := sync.About(rx, tenant, id)
		for _, e := range list {
			types = append(types, e.Type)
		}
		return err
	})
	return fmt.Sprint(types)
}

func (w *world) number() int64 {
	_, err := sync.NumberAll(w.t.Context(), w.Desk.DB, testkit.Clerk, tenant)
	must(w.t, err)
	var head int64
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) (err error) { head, err = sync.Log{}.Head(rx); return err })
	return head
}

func (w *world) asides() (list []intake.Aside) {
	testkit.Read(w.t, w.Desk.DB, func(rx *store.Rx) (err error) { list, err = intake.Asides(rx, tenant, 10); return err })
	return list
}

func (w *world) to(local string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", local, store.Tokyo)
	must(w.t, err)
	w.clock.Advance(at.Sub(w.clock.Now()))
}

// byPhone is a booking of the office.
func byPhone(at string, persons ...int) event.BookingOffice {
	e := event.BookingOffice{
		Booking: phone, Window: "W1", Start: at + ":00+09:00", Min: 30, Party: len(persons), Units: len(persons), Via: "phone",
	}
	for _, n := range persons {
		e.Members = append(e.Members, event.Member{Link: link(n), Gen: 1, Svc: []string{"receive"}})
	}
	return e
}
