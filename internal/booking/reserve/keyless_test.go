package reserve_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var keys = member.Keys{"k1": []byte("0123456789abcdef0123456789abcdef")}

// within runs fn in a transaction.
func within(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Clerk, fn)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func keyless(tok int, slotID string, persons int) reserve.Keyless {
	k := reserve.Keyless{
		Tenant: tenant, Token: token(tok), By: reserve.By{Via: reserve.ByWeb}, SlotID: slotID, Side: slot.Web, Keys: keys,
		Mail: fmt.Sprintf("m%d@example.jp", tok), Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(tok)}),
	}
	for range persons {
		k.Guests = append(k.Guests, "pin")
	}
	return k
}

func bookKeyless(t testing.TB, db *store.DB, k reserve.Keyless) (b reserve.Booking, key linkcode.Key, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error {
		b, key, _, err = reserve.BookKeylessIn(tx, k)
		return err
	})
	return b, key, err
}

func confirm(t testing.TB, db *store.DB, id string) (b reserve.Booking, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error {
		b, _, err = reserve.ConfirmIn(tx, tenant, id)
		return err
	})
	return b, err
}

func byKey(t testing.TB, db *store.DB, key linkcode.Key, no, from string) (reserve.Booking, string, error) {
	t.Helper()
	return reserve.SignInByKey(t.Context(), db, resident, keys, member.KeyAttempt{Tenant: tenant, Key: key, Address: netip.MustParseAddr(from)}, no)
}

func events(t testing.TB, db *store.DB, subject string) []event.Type {
	t.Helper()
	return eventsOf(t, db, tenant, subject)
}

func eventsOf(t testing.TB, db *store.DB, id int, subject string) (types []event.Type) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		list, err := sync.About(rx, id, subject)
		for _, e := range list {
			types = append(types, e.Type)
		}
		return err
	})
	return types
}

// BK-109: key and receipt number open the booking, the key alone does, too; only
// its hash is kept; ten wrong keys from one address close that address for
// fifteen minutes.
func TestBK109_AccessKey(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 4, 0)
		b, key, err := bookKeyless(t, db, keyless(1, nine, 2))
		must(t, err)
		again, same, err := bookKeyless(t, db, keyless(1, nine, 2)) // the page is sent twice
		if err != nil || again.ID != b.ID || same != key {
			t.Errorf("%s %v, want the same booking and key", again.ID, err)
		}
		for _, secret := range []string{string(key), key.Format(), token(1), "m1@example.jp"} {
			if strings.Contains(testkit.Dump(t, db), secret) {
				t.Errorf("%q came to rest in the database", secret)
			}
		}
		must(t, func() error { _, err := confirm(t, db, b.ID); return err }())
		for _, no := range []string{"", b.No} {
			found, link, err := byKey(t, db, key, no, "198.51.100.1")
			if err != nil || found.ID != b.ID || link == "" {
				t.Fatalf("with number %q: %+v, %v", no, found, err)
			}
			act := reserve.Act{Tenant: tenant, Token: token(10 + len(no)), BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link}}
			to := map[string]string{"": half, b.No: ten}[no]
			if moved, err := reserve.Change(t.Context(), db, resident, act, to, false); err != nil || moved.SlotID != to {
				t.Errorf("moving it: %+v, %v", moved, err)
			}
		}
		_, _, err = byKey(t, db, key, "11-9999", "198.51.100.2")
		testkit.WantFault(t, err, fault.NotFound, "booking.key_unknown")
		for n := range 10 {
			_, _, err := byKey(t, db, linkcode.KeyFor(keys["k1"], fmt.Sprint("no such", n)), "", "198.51.100.3")
			testkit.WantFault(t, err, fault.NotFound, "booking.key_unknown")
		}
		_, _, err = byKey(t, db, key, "", "198.51.100.3")
		testkit.WantFault(t, err, fault.TooMany, "member.locked")
		clock.Advance(15*time.Minute - time.Second)
		_, _, err = byKey(t, db, key, "", "198.51.100.3")
		testkit.WantFault(t, err, fault.TooMany, "member.locked")
		if _, _, err := byKey(t, db, key, "", "198.51.100.4"); err != nil {
			t.Errorf("another address: %v", err)
		}
		clock.Advance(time.Second)
		_, link, err := byKey(t, db, key, "", "198.51.100.3")
		must(t, err)
		act := reserve.Act{Tenant: tenant, Token: token(30), BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: link}}
		if ended, err := reserve.Cancel(t.Context(), db, resident, act); err != nil || ended.State != reserve.Cancelled || taken(t, db, ten) != 0 {
			t.Errorf("cancelling it: %+v, %v", ended, err)
		}
		// The key opens its booking and makes no other: that would go round the mail.
		r := ask(31, ten, 0)
		r.By.Link, r.Guests[0] = link, reserve.Guest{Link: link, Gen: 1, Procs: "pin"}
		refusedBooking(t, db, r, fault.Forbidden, "member.cannot_book")
		sound(t, db)
	})
}

// BK-109: the key opens the booking for all of its persons. Whoever of them
// leaves first, and whichever pseudonym the key stands for, the others can move
// and cancel by it; who had a code and has left cannot.
func TestBK109_TheKeyStaysWhenItsPersonLeaves(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 9, 2)
		for n := range 6 { // pseudonyms are random, so the key stands now for the first of the sorted ones, now for another
			k := keyless(n, nine, 3)
			b, key, err := bookKeyless(t, db, k)
			must(t, err)
			must(t, func() error { _, err := confirm(t, db, b.ID); return err }())
			_, owner, err := byKey(t, db, key, "", "198.51.100.1")
			must(t, err)
			shown := b.Persons[0].Link // the session of the page on which the key stood
			act := func(tok int, who string) reserve.Act {
				return reserve.Act{Tenant: tenant, Token: token(100*n + tok), BookingID: b.ID, By: reserve.By{Via: reserve.ByWeb, Link: who}}
			}
			if _, err := reserve.Leave(t.Context(), db, resident, act(50, owner), owner); err != nil {
				t.Fatal(err)
			}
			again, who, err := byKey(t, db, key, b.No, "198.51.100.1")
			if err != nil || again.ID != b.ID || len(again.Live()) != 2 {
				t.Fatalf("the key opens %+v, %v", again, err)
			}
			if moved, err := reserve.Change(t.Context(), db, resident, act(51, who), half, false); err != nil || moved.SlotID != half {
				t.Errorf("moving it by the key: %v", err)
			}
			if shown == owner {
				shown = again.Live()[0].Link
			}
			if left, err := reserve.Leave(t.Context(), db, resident, act(52, shown), shown); err != nil || len(left.Live()) != 1 {
				t.Errorf("the next one leaves: %v", err)
			}
			if ended, err := reserve.Cancel(t.Context(), db, resident, act(53, shown)); err != nil || ended.State != reserve.Cancelled {
				t.Errorf("cancelling it: %v", err)
			}
		}
		if taken(t, db, nine)+taken(t, db, half) != 0 {
			t.Error("seats are left")
		}
		r := ask(900, nine, 0, 1)
		b, err := reserve.Book(t.Context(), db, resident, r)
		must(t, err)
		must(t, func() error { _, err := reserve.Leave(t.Context(), db, resident, by(901, b, 0), link(0)); return err }())
		refused(t, db, fault.Conflict, "booking.gone", func() error { _, err := reserve.Cancel(t.Context(), db, resident, by(902, b, 0)); return err })
		sound(t, db)
	})
}

// Wrong keys from an address that many share close the door only within an hour.
func TestByKey_FailuresOfAnHour(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 1, 0)
		wrong := func(times int, gap time.Duration) {
			t.Helper()
			for n := range times {
				_, _, err := byKey(t, db, linkcode.KeyFor(keys["k1"], fmt.Sprint("no such", n)), "", "198.51.100.3")
				testkit.WantFault(t, err, fault.NotFound, "booking.key_unknown")
				clock.Advance(gap)
			}
		}
		wrong(30, 7*time.Minute)
		clock.Advance(time.Hour + time.Minute)
		wrong(10, 6*time.Minute)
		_, _, err := byKey(t, db, linkcode.KeyFor(keys["k1"], "no such"), "", "198.51.100.3")
		testkit.WantFault(t, err, fault.TooMany, "member.locked")
	})
}

// BK-110: an unconfirmed booking frees its seat at 30:00, and the late link says
// so, whether the job has run or not; a confirmed one stays and is told to the
// office only then.
func TestBK110_Unconfirmed(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 2, 0)
		late, _, err := bookKeyless(t, db, keyless(1, nine, 1))
		must(t, err)
		kept, _, err := bookKeyless(t, db, keyless(2, nine, 1))
		must(t, err)
		if late.State != reserve.Pending || taken(t, db, nine) != 2 || len(events(t, db, late.ID)) != 0 {
			t.Errorf("%+v", late)
		}
		kept, err = confirm(t, db, kept.ID)
		if err != nil || kept.State != reserve.Active || !kept.Until.IsZero() || fmt.Sprint(events(t, db, kept.ID)) != "[booking.created]" {
			t.Errorf("confirmed: %+v, %v", kept, err)
		}
		if again, err := confirm(t, db, kept.ID); err != nil || again.State != reserve.Active || len(events(t, db, kept.ID)) != 1 {
			t.Errorf("confirmed twice: %+v, %v", again, err)
		}
		expire := func() int {
			n, err := reserve.ExpirePending(t.Context(), db, testkit.Clerk, tenant)
			must(t, err)
			return n
		}
		clock.Advance(30*time.Minute - time.Millisecond)
		if n := expire(); n != 0 || taken(t, db, nine) != 2 {
			t.Errorf("%d ended before their time", n)
		}
		clock.Advance(time.Millisecond)
		refused(t, db, fault.Conflict, "booking.confirm_late", func() error { _, err := confirm(t, db, late.ID); return err })
		if n := expire(); n != 1 || taken(t, db, nine) != 1 || len(events(t, db, late.ID)) != 0 {
			t.Errorf("%d ended, %d seats taken", n, taken(t, db, nine))
		}
		refused(t, db, fault.Conflict, "booking.confirm_late", func() error { _, err := confirm(t, db, late.ID); return err })
		if n := expire(); n != 0 {
			t.Errorf("%d ended twice", n)
		}
		sound(t, db)
	})
}

// A booking that waits for its mail is the one booking of its person: the office
// makes no second one beside it.
func TestBK110_UnconfirmedIsTheOnlyOne(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 0)
		b, _, err := bookKeyless(t, db, keyless(1, nine, 1))
		must(t, err)
		r := ask(2, half, 0)
		r.By, r.Guests = reserve.By{Via: reserve.AtCounter}, []reserve.Guest{{Link: b.Persons[0].Link, Gen: 1, Procs: "pin"}}
		refusedBooking(t, db, r, fault.Conflict, "booking.exists")
		if b, err = confirm(t, db, b.ID); err != nil || b.State != reserve.Active {
			t.Errorf("%+v, %v", b, err)
		}
		sound(t, db)
	})
}

// BK-110 with pii=off: no mail is taken; such bookings are off, or stand
// unconfirmed where the municipality says so, within the limit of the address.
func TestBK110_WithoutPersonalData(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 9, 0)
		k := keyless(1, nine, 1)
		k.Rules.NoContact = true
		try := func() error { _, _, err := bookKeyless(t, db, k); return err }
		refused(t, db, fault.Invalid, "booking.no_contact", try)
		k.Mail = ""
		refused(t, db, fault.Forbidden, "booking.open_off", try)
		k.Rules.Unconfirmed = true
		b, _, err := bookKeyless(t, db, k)
		if err != nil || b.State != reserve.Active {
			t.Errorf("%+v, %v", b, err)
		}
		for n := range 4 { // five in all from one address
			k.Token = token(10 + n)
			must(t, try())
		}
		k.Token = token(20)
		refused(t, db, fault.TooMany, "booking.open_too_many", try)
		k.By = reserve.By{Via: reserve.ByPhone} // the office has no such limit
		must(t, try())
		k = keyless(30, nine, 1)
		k.Mail = ""
		refused(t, db, fault.Invalid, "booking.mail_needed", try)
		k = keyless(31, nine, 1)
		k.Guests = []slot.Procs{"receive"} // needs a code
		refused(t, db, fault.Forbidden, "booking.mode", try)
		sound(t, db)
	})
}

// TB-03: who has k codes holds at most k seats, and who has none as many as the
// limits of mail address, phone and network allow; changes are bounded, too.
func TestTB03_Hoarding(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 30, 3)
		for n := range 3 {
			book(t, db, ask(n, nine, n))
			refusedBooking(t, db, ask(10+n, ten, n), fault.Conflict, "booking.exists")
		}
		if taken(t, db, nine)+taken(t, db, ten) != 3 {
			t.Error("three codes hold more than three seats")
		}
		held := func(change func(n int, k *reserve.Keyless)) (bookings int) {
			for n := range 12 {
				k := keyless(100+n, half, 1)
				k.Token = fmt.Sprintf("%s-%p", token(n), &change)
				change(n, &k)
				if _, _, err := bookKeyless(t, db, k); err == nil {
					bookings++
				} else {
					testkit.WantFault(t, err, fault.TooMany, "booking.open_too_many")
				}
			}
			return bookings
		}
		if n := held(func(_ int, k *reserve.Keyless) { k.Mail = "one@example.jp" }); n != 2 {
			t.Errorf("one mail address holds %d bookings", n)
		}
		if n := held(func(n int, k *reserve.Keyless) { k.Mail, k.Phone = fmt.Sprintf("p%d@example.jp", n), "0551234567" }); n != 2 {
			t.Errorf("one phone holds %d bookings", n)
		}
		if n := held(func(n int, k *reserve.Keyless) {
			k.Mail, k.Address = fmt.Sprintf("q%d@example.jp", n), netip.MustParseAddr("2001:db8::1")
		}); n != 5 {
			t.Errorf("one network holds %d bookings", n)
		}

		var b reserve.Booking
		testkit.Read(t, db, func(rx *store.Rx) (err error) { b, _, err = reserve.LiveOf(rx, tenant, link(0)); return err })
		change := func(tok, n int) error {
			act := by(tok, b, 0)
			act.Rules.ChangesPerDay = reserve.StandardChangesPerDay
			_, err := reserve.Change(t.Context(), db, resident, act, []string{ten, half}[n%2], false)
			return err
		}
		for n := range 5 {
			must(t, change(200+n, n))
		}
		refused(t, db, fault.TooMany, "booking.too_many_changes", func() error { return change(210, 1) })
		if _, err := reserve.Change(t.Context(), db, testkit.Clerk, byOffice(211, b, ""), nine, false); err != nil {
			t.Errorf("the office moves it: %v", err)
		}
		clock.Advance(27 * time.Hour)
		must(t, change(212, 1))
		sound(t, db)
	})
}
