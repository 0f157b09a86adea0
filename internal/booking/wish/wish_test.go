package wish_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const (
	tenant = 1
	slotID = "W1@2026-12-08T09:00" // a Tuesday
)

func link(n int) string { return fmt.Sprintf("%016x", n) }

func token(n int) string { return fmt.Sprintf("token-%020d", n) }

// office makes a window with one slot of one seat a weekday, and some members.
func office(t testing.TB, db *store.DB, members int) {
	t.Helper()
	err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{
		ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, FromMinute: 6 * 60, UntilMinute: 23 * 60, FewPercent: 25,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := slot.Window{
		ID: "W1", Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200,
		Book: slot.Deadline{Days: 1, Minute: 17 * 60}, Change: slot.Deadline{Days: 1, Minute: 17 * 60},
	}
	if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, w); err != nil {
		t.Fatal(err)
	}
	set(t, db, 1)
	var list []member.Member
	for n := range members {
		mac := make([]byte, 32)
		mac[0], mac[1] = byte(n), 1
		list = append(list, member.Member{
			Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac, Procs: "pin receive",
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(1, 0, 0), State: member.Ready,
		})
	}
	if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, list); err != nil {
		t.Fatal(err)
	}
}

// set gives every Tuesday one slot with so many seats.
func set(t testing.TB, db *store.DB, seats int) {
	t.Helper()
	_, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, "W1",
		[]slot.Pattern{{Weekday: time.Tuesday, FromMinute: 540, ToMinute: 570, SlotMinutes: 30, WebCap: seats}})
	if err != nil {
		t.Fatal(err)
	}
}

func guest(n int) reserve.Guest { return reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"} }

func book(t testing.TB, db *store.DB, tok, n int, id string) reserve.Booking {
	t.Helper()
	b, err := reserve.Book(t.Context(), db, testkit.Clerk, reserve.Request{
		Tenant: tenant, Token: token(tok), By: reserve.By{Via: reserve.ByWeb, Link: link(n)}, Guests: []reserve.Guest{guest(n)}, SlotID: id, Side: slot.Web,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wants(guests ...int) wish.Wish {
	w := wish.Wish{From: "2026-12-08", To: "2026-12-08", Notify: wish.ByMail, Lang: "ja"}
	for _, n := range guests {
		w.Guests = append(w.Guests, guest(n))
	}
	return w
}

func put(t testing.TB, db *store.DB, w wish.Wish) wish.Wish {
	t.Helper()
	made, err := wish.Put(t.Context(), db, testkit.Clerk, tenant, w)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func serve(t testing.TB, db *store.DB) wish.Served {
	t.Helper()
	s, err := wish.Serve(t.Context(), db, testkit.Clerk, tenant, wish.Terms{Answer: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func act(tok, n int, b string) reserve.Act {
	return reserve.Act{Tenant: tenant, Token: token(tok), BookingID: b, By: reserve.By{Via: reserve.ByWeb, Link: link(n)}}
}

func cancel(t testing.TB, db *store.DB, tok, n int, b reserve.Booking) {
	t.Helper()
	if _, err := reserve.Cancel(t.Context(), db, testkit.Clerk, act(tok, n, b.ID)); err != nil {
		t.Fatal(err)
	}
}

func accept(t testing.TB, db *store.DB, tok, n int, id string) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, _, err := reserve.AcceptIn(tx, act(tok, n, id))
		return err
	})
}

func state(t testing.TB, db *store.DB, id string) (w wish.Wish) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		var found bool
		var err error
		if w, found, err = wish.ByID(rx, tenant, id); err == nil && !found {
			t.Fatalf("no wish %s", id)
		}
		return err
	})
	return w
}

// day is what the public sees of the slot, and how many seats are taken.
func day(t testing.TB, db *store.DB, now time.Time) (seen slot.State, taken int) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		b, err := slot.ReadBoard(rx, tenant, "W1")
		if err != nil {
			return err
		}
		seen = b.Days(slot.Query{From: "2026-12-08", To: "2026-12-08", Party: 1}, now)[0].State
		s, _, err := slot.ByID(rx, tenant, slotID)
		taken = s.WebTaken
		return err
	})
	return seen, taken
}

// sound compares counters and bookings.
func sound(t testing.TB, db *store.DB) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if len(breaches) > 0 {
			t.Errorf("%+v", breaches)
		}
		return err
	})
}

// BK-212: two wishes, one freed seat: the first gets the offer, the seat is × for
// the public; after expiry the second gets it.
func TestBK212_TheOldestWishFirst(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, 4)
		holder := book(t, db, 1, 0, slotID)
		own := book(t, db, 2, 1, "W1@2026-12-15T09:00") // the first who waits has a booking
		first, second := put(t, db, wants(1)), put(t, db, wants(2))
		if s := serve(t, db); s.Offered != 0 {
			t.Errorf("nothing is free, but %+v", s)
		}
		cancel(t, db, 3, 0, holder)
		if s := serve(t, db); s.Offered != 1 {
			t.Errorf("%+v", s)
		}
		w := state(t, db, first.ID)
		if w.State != wish.Offered || state(t, db, second.ID).State != wish.Open {
			t.Errorf("first %+v", w)
		}
		if seen, taken := day(t, db, clock.Now()); seen != slot.Full || taken != 1 {
			t.Errorf("the public sees %s, %d taken", seen, taken)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			b, _, err := reserve.ByID(rx, tenant, w.BookingID)
			if b.State != reserve.Offered || !b.Until.Equal(clock.Now().Add(24*time.Hour)) {
				t.Errorf("%+v", b)
			}
			return err
		})
		if s := serve(t, db); s.Offered != 0 {
			t.Errorf("a second run offered again: %+v", s)
		}
		clock.Advance(24*time.Hour - time.Millisecond)
		if s := serve(t, db); s.Expired != 0 {
			t.Errorf("too early: %+v", s)
		}
		clock.Advance(time.Millisecond)
		if s := serve(t, db); s.Expired != 1 || s.Offered != 1 {
			t.Errorf("%+v", s)
		}
		if a, b := state(t, db, first.ID), state(t, db, second.ID); a.State != wish.Expired || b.State != wish.Offered {
			t.Errorf("first %s, second %s", a.State, b.State)
		}
		testkit.WantFault(t, accept(t, db, 4, 1, w.BookingID), fault.Conflict, "booking.offer_late")
		testkit.Read(t, db, func(rx *store.Rx) error { // who did not answer lost nothing
			b, found, err := reserve.LiveOf(rx, tenant, link(1))
			if !found || b.ID != own.ID || b.State != reserve.Active {
				t.Errorf("%+v", b)
			}
			return err
		})
		if err := accept(t, db, 5, 2, state(t, db, second.ID).BookingID); err != nil {
			t.Fatal(err)
		}
		if s := serve(t, db); s.Accepted != 1 || state(t, db, second.ID).State != wish.Accepted {
			t.Errorf("%+v", s)
		}
		if _, taken := day(t, db, clock.Now()); taken != 1 {
			t.Errorf("%d taken", taken)
		}
		sound(t, db)
	})
}

// BK-212: accepting at the same moment as expiry gives exactly one winner, and
// web_taken stays correct.
func TestBK212_AcceptanceAgainstExpiry(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const rounds = 10
		office(t, db, rounds+2)
		b := book(t, db, 1, 0, slotID)
		var waiting []wish.Wish
		for n := range rounds {
			w := wants(n + 1)
			waiting = append(waiting, put(t, db, w))
		}
		cancel(t, db, 2, 0, b)
		serve(t, db)
		for n, w := range waiting {
			w = state(t, db, w.ID)
			if w.State != wish.Offered {
				t.Fatalf("round %d: %s", n, w.State)
			}
			clock.Advance(until(t, db, w).Sub(clock.Now()) - time.Millisecond)
			var all sync.WaitGroup
			var accepted error
			all.Go(func() { accepted = accept(t, db, 100+n, n+1, w.BookingID) })
			all.Go(func() {
				clock.Advance(time.Millisecond)
				if _, err := wish.Serve(t.Context(), db, testkit.Clerk, tenant, wish.Terms{Answer: 2 * time.Hour}); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			serve(t, db)
			sound(t, db)
			got := state(t, db, w.ID).State
			want := 1 // theirs, or the offer to the next
			if n == rounds-1 && got == wish.Expired {
				want = 0
			}
			if _, taken := day(t, db, clock.Now()); taken != want {
				t.Fatalf("round %d: %d taken, want %d", n, taken, want)
			}
			if accepted == nil != (got == wish.Accepted) || accepted != nil && got != wish.Expired {
				t.Fatalf("round %d: accepting said %v, the wish is %s", n, accepted, got)
			}
			if accepted == nil { // free it for the next round
				testkit.Read(t, db, func(rx *store.Rx) (err error) {
					b, _, err = reserve.ByID(rx, tenant, w.BookingID)
					return err
				})
				cancel(t, db, 200+n, n+1, b)
				serve(t, db)
			}
		}
	})
}

func until(t testing.TB, db *store.DB, w wish.Wish) (at time.Time) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		b, _, err := reserve.ByID(rx, tenant, w.BookingID)
		at = b.Until
		return err
	})
	return at
}

// BK-212: accepting ends the earlier booking; declining and raised capacity serve
// the next; a wish fits by window, day, weekday, time, procedures and persons.
func TestBK212_FitsAndAnswers(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, 8)
		book(t, db, 1, 0, slotID)
		old := book(t, db, 2, 1, "W1@2026-12-15T09:00")
		elsewhen, party := wants(2), wants(3, 4)
		elsewhen.Bands = []wish.Band{{FromMinute: 600, ToMinute: 720}}
		monday := wants(5)
		monday.Weekdays = []time.Weekday{time.Monday}
		for _, w := range []wish.Wish{elsewhen, party, monday} {
			put(t, db, w)
		}
		first, next := put(t, db, wants(1)), put(t, db, wants(6))
		set(t, db, 2) // raised: one seat more
		if s := serve(t, db); s.Offered != 1 || state(t, db, first.ID).State != wish.Offered {
			t.Errorf("%+v", s)
		}
		offer := state(t, db, first.ID).BookingID
		if err := accept(t, db, 3, 1, offer); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			b, _, err := reserve.ByID(rx, tenant, old.ID)
			if b.State != reserve.Cancelled {
				t.Errorf("the earlier booking is %s", b.State)
			}
			return err
		})
		set(t, db, 3)
		if s := serve(t, db); s.Offered != 1 || s.Accepted != 1 {
			t.Errorf("%+v", s)
		}
		offer = state(t, db, next.ID).BookingID
		err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			_, _, err := reserve.DeclineIn(tx, act(4, 6, offer))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		set(t, db, 4) // with the seat that came back, two: enough for the party
		if s := serve(t, db); s.Declined != 1 || s.Offered != 1 {
			t.Errorf("%+v", s)
		}
		if _, taken := day(t, db, clock.Now()); taken != 4 {
			t.Errorf("%d taken", taken)
		}
		sound(t, db)
	})
}

// BK-212, Case05: the office closes the day of an offer before it was answered. The
// seat comes back at the next run, the wish waits again and is served on its other
// days: nobody could answer.
func TestBK212_DayClosedBeforeTheAnswer(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const week = "W1@2026-12-15T09:00"
		office(t, db, 3)
		holder, other := book(t, db, 1, 0, slotID), book(t, db, 2, 1, week)
		w := wants(2)
		w.To = "2026-12-15"
		w = put(t, db, w)
		cancel(t, db, 3, 0, holder)
		serve(t, db)
		offer := state(t, db, w.ID).BookingID
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
			_, err := reserve.DayClosed(tx, tenant, "W1", "2026-12-08", 0)
			return err
		})
		if s := serve(t, db); s != (wish.Served{}) {
			t.Errorf("nothing is free, but %+v", s)
		}
		got := state(t, db, w.ID)
		if _, taken := day(t, db, clock.Now()); got.State != wish.Open || got.BookingID != "" || taken != 0 {
			t.Errorf("%+v, %d taken on the closed day", got, taken)
		}
		testkit.WantFault(t, accept(t, db, 4, 2, offer), fault.Conflict, "booking.offer_late")
		cancel(t, db, 5, 1, other)
		if s := serve(t, db); s.Offered != 1 {
			t.Errorf("another day: %+v", s)
		}
		if err := accept(t, db, 6, 2, state(t, db, w.ID).BookingID); err != nil {
			t.Fatal(err)
		}
		serve(t, db)
		if got := state(t, db, w.ID).State; got != wish.Accepted {
			t.Errorf("the wish is %s", got)
		}
		sound(t, db)
	})
}

// BK-212: no offers inside the lead time, and none that leave less than two
// hours; while the site is closed nobody is woken.
func TestBK212_NoOfferTooLate(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, 3)
		b := book(t, db, 1, 0, slotID)
		w := put(t, db, wants(1))
		at := func(text string) {
			t.Helper()
			when, err := time.ParseInLocation("2006-01-02 15:04", text, store.Tokyo)
			if err != nil {
				t.Fatal(err)
			}
			clock.Advance(when.Sub(clock.Now()))
		}
		at("2026-12-07 03:00") // bookings until 17:00; the site opens at 6:00
		_, err := reserve.Cancel(t.Context(), db, testkit.Clerk, reserve.Act{Tenant: tenant, Token: token(2), BookingID: b.ID, By: reserve.By{Via: reserve.ByPhone, Override: "病気"}})
		if err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db)
		if s := serve(t, db); s.Offered != 0 {
			t.Errorf("at night: %+v", s)
		}
		at("2026-12-07 15:01")
		if s := serve(t, db); s.Offered != 0 {
			t.Errorf("less than two hours: %+v", s)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("no offer, but changed:\n%s", diff)
		}
		clock.Advance(-time.Minute)
		if s := serve(t, db); s.Offered != 1 || until(t, db, state(t, db, w.ID)).In(store.Tokyo).Format("02 15:04") != "07 17:00" {
			t.Errorf("exactly two hours: %+v", s)
		}
	})
}

// BK-212: the time to answer of those without mail runs from when somebody can ring them up.
func TestBK212_ByPhone(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, 3)
		w := wants(1)
		w.Notify = wish.ByPhone
		made := put(t, db, w)
		clock.Advance(3*24*time.Hour + 8*time.Hour) // Friday, 17:30
		serve(t, db)
		got := state(t, db, made.ID)
		if at := until(t, db, got).In(store.Tokyo).Format("01-02 15:04"); got.State != wish.Offered || at != "12-01 09:00" { // a day from Monday
			t.Errorf("%s until %s", got.State, at)
		}
	})
}

func TestPut_Refusals(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, 6)
		made := put(t, db, wants(0, 1))
		refuse := func(w wish.Wish, kind fault.Kind, code string) {
			t.Helper()
			before := testkit.Dump(t, db)
			_, err := wish.Put(t.Context(), db, testkit.Clerk, tenant, w)
			testkit.WantFault(t, err, kind, code)
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("a refused wish changed the database:\n%s", diff)
			}
		}
		refuse(wants(1), fault.Conflict, "wish.exists") // one wish per code
		refuse(wants(), fault.Invalid, "wish.bad")
		refuse(wants(1, 2, 3, 4, 5), fault.Invalid, "booking.party_max")
		refuse(wants(77), fault.Forbidden, "member.cannot_book")
		past, window, band := wants(2), wants(2), wants(2)
		past.From, past.To = "2026-11-01", "2026-11-20"
		window.Windows = []string{"W9"}
		band.Bands = []wish.Band{{FromMinute: 600, ToMinute: 600}}
		refuse(past, fault.Invalid, "wish.bad")
		refuse(window, fault.NotFound, "slot.window_unknown")
		refuse(band, fault.Invalid, "wish.bad")
		testkit.WantFault(t, wish.Withdraw(t.Context(), db, testkit.Clerk, tenant, made.ID, link(5)), fault.NotFound, "wish.unknown")
		if err := wish.Withdraw(t.Context(), db, testkit.Clerk, tenant, made.ID, link(1)); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, wish.Withdraw(t.Context(), db, testkit.Clerk, tenant, made.ID, ""), fault.Conflict, "wish.over")
		put(t, db, wants(1)) // and a new one
		clock.Advance(31 * 24 * time.Hour)
		if s := serve(t, db); s.Over != 1 {
			t.Errorf("its days have passed: %+v", s)
		}
		if err := wish.Forget(t.Context(), db, testkit.Clerk, tenant, 30*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := wish.List(rx, tenant)
			if len(list) != 1 || list[0].State != wish.Over {
				t.Errorf("%+v", list)
			}
			return err
		})
	})
}

// Never less than two hours, never ending between 21:00 and 8:00.
func TestBK212_Until(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, store.Tokyo)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct {
		now, deadline string
		hours         int
		want          string
	}{
		{"2026-12-01 09:30", "2026-12-10 17:00", 24, "2026-12-02 09:30"},
		{"2026-12-01 21:00", "2026-12-10 17:00", 24, "2026-12-02 21:00"},
		{"2026-12-01 21:01", "2026-12-10 17:00", 24, "2026-12-03 08:00"},
		{"2026-12-01 03:00", "2026-12-10 17:00", 24, "2026-12-02 08:00"},
		{"2026-12-01 18:30", "2026-12-10 17:00", 1, "2026-12-01 20:30"}, // at least two hours
		{"2026-12-01 19:30", "2026-12-10 17:00", 2, "2026-12-02 08:00"},
		{"2026-12-01 09:30", "2026-12-01 17:00", 24, "2026-12-01 17:00"}, // never beyond the deadline
		{"2026-12-01 09:30", "2026-12-02 00:00", 24, "2026-12-01 21:00"},
		{"2026-12-01 15:01", "2026-12-01 17:00", 24, ""},
		{"2026-12-01 19:30", "2026-12-02 07:00", 24, ""},
		{"2026-12-01 18:00", "2026-12-01 17:00", 24, ""},
	} {
		got, ok := wish.Until(at(c.now), at(c.deadline), time.Duration(c.hours)*time.Hour)
		if ok != (c.want != "") || ok && got.In(store.Tokyo).Format("2006-01-02 15:04") != c.want {
			t.Errorf("%s, %s, %d h: %s, %v, want %s", c.now, c.deadline, c.hours, got.In(store.Tokyo), ok, c.want)
		}
	}
}
