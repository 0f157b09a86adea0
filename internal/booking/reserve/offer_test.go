package reserve_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func offer(t testing.TB, db *store.DB, slotID string, until time.Time, members ...int) (b reserve.Booking, err error) {
	t.Helper()
	r := ask(0, slotID, members...)
	err = within(t, db, func(tx *store.Tx) error {
		b, err = reserve.OfferIn(tx, reserve.Offer{Tenant: tenant, By: r.By, Guests: r.Guests, SlotID: slotID, Until: until})
		return err
	})
	return b, err
}

func accept(t testing.TB, db *store.DB, a reserve.Act) (b reserve.Booking, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error {
		b, _, err = reserve.AcceptIn(tx, a)
		return err
	})
	return b, err
}

func decline(t testing.TB, db *store.DB, a reserve.Act) (b reserve.Booking, err error) {
	t.Helper()
	err = within(t, db, func(tx *store.Tx) error {
		b, _, err = reserve.DeclineIn(tx, a)
		return err
	})
	return b, err
}

// BK-212, the seats: an offer holds them, the earlier booking is kept until the
// offer is accepted and ends with that; after expiry the seats are free for the
// next. The office hears of acceptance only.
func TestBK212_Offers(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 1, 6)
		until := clock.Now().Add(24 * time.Hour)
		old := book(t, db, ask(1, ten, 0))
		first, err := offer(t, db, nine, until, 0)
		if err != nil || first.State != reserve.Offered || taken(t, db, nine) != 1 {
			t.Fatalf("%+v, %v", first, err)
		}
		refusedBooking(t, db, ask(2, nine, 1), fault.Conflict, "slot.full") // × for the public
		refused(t, db, fault.Conflict, "booking.offer_exists", func() error { _, err := offer(t, db, half, until, 0); return err })
		refused(t, db, fault.NotFound, "booking.unknown", func() error { _, err := accept(t, db, by(3, first, 1)); return err })

		clock.Advance(24 * time.Hour)
		refused(t, db, fault.Conflict, "booking.offer_late", func() error { _, err := accept(t, db, by(4, first, 0)); return err })
		gone, err := reserve.ExpireOffers(t.Context(), db, testkit.Clerk, tenant)
		if err != nil || len(gone) != 1 || gone[0].ID != first.ID || gone[0].State != reserve.Expired || taken(t, db, nine) != 0 {
			t.Errorf("expired: %+v, %v", gone, err)
		}
		refused(t, db, fault.Conflict, "booking.offer_late", func() error { _, err := accept(t, db, by(5, first, 0)); return err })
		if taken(t, db, ten) != 1 || len(events(t, db, first.ID)) != 0 {
			t.Error("the booking was lost by not answering, or the office heard of the offer")
		}

		until = clock.Now().Add(2 * time.Hour)
		second, err := offer(t, db, nine, until, 0) // served again
		must(t, err)
		got, err := accept(t, db, by(6, second, 0))
		if err != nil || got.State != reserve.Active || !got.Until.IsZero() || taken(t, db, nine) != 1 || taken(t, db, ten) != 0 {
			t.Errorf("accepted: %+v, %v", got, err)
		}
		if again, err := accept(t, db, by(6, second, 0)); err != nil || again.ID != got.ID {
			t.Errorf("sent twice: %+v, %v", again, err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			now, _, err := reserve.ByID(rx, tenant, old.ID)
			live, _, _ := reserve.LiveOf(rx, tenant, link(0))
			if now.State != reserve.Cancelled || live.ID != second.ID {
				t.Errorf("the earlier booking: %+v", now)
			}
			return err
		})
		if fmt.Sprint(events(t, db, second.ID), events(t, db, old.ID)) != fmt.Sprint([]event.Type{"booking.moved"}, []event.Type{"booking.created"}) {
			t.Errorf("the office hears %v %v", events(t, db, old.ID), events(t, db, second.ID))
		}
		third, err := offer(t, db, half, until, 1)
		must(t, err)
		if no, err := decline(t, db, by(7, third, 1)); err != nil || no.State != reserve.Cancelled || taken(t, db, half) != 0 {
			t.Errorf("declined: %+v, %v", no, err)
		}
		sound(t, db)
	})
}

// One of a party accepts for himself: he leaves the party, the others stay.
func TestBK212_AnOfferForOneOfAParty(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 3)
		party := book(t, db, ask(1, ten, 0, 1))
		o, err := offer(t, db, nine, clock.Now().Add(time.Hour), 1)
		must(t, err)
		if _, err := accept(t, db, by(2, o, 1)); err != nil {
			t.Fatal(err)
		}
		if taken(t, db, ten) != 1 || taken(t, db, nine) != 1 {
			t.Error("seats after one of the party has accepted")
		}
		if got := fmt.Sprint(events(t, db, party.ID), events(t, db, o.ID)); got != "[booking.created booking.left] [booking.created]" {
			t.Errorf("the office hears %s", got)
		}
		sound(t, db)
	})
}

// BK-212: accepting and expiry at the same moment have exactly one winner, and
// the counters stay right.
func TestBK212_AcceptOrExpire(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 1)
		accepted, expired := 0, 0
		for round := range 25 {
			until := clock.Now().Add(time.Hour)
			o, err := offer(t, db, nine, until, 0)
			must(t, err)
			clock.Advance(time.Hour - time.Millisecond)
			var both sync.WaitGroup
			var yes error
			var gone []reserve.Booking
			start := make(chan struct{})
			both.Go(func() {
				<-start
				yes = db.Write(t.Context(), resident, func(tx *store.Tx) error {
					_, _, err := reserve.AcceptIn(tx, by(100+round, o, 0))
					return err
				})
			})
			both.Go(func() {
				<-start
				clock.Advance(time.Millisecond) // now it is over
				var err error
				if gone, err = reserve.ExpireOffers(t.Context(), db, testkit.Clerk, tenant); err != nil {
					t.Error(err)
				}
			})
			close(start)
			both.Wait()
			if (yes == nil) == (len(gone) == 1) {
				t.Fatalf("round %d: accepted %v, expired %d", round, yes, len(gone))
			}
			if yes == nil {
				accepted++
				if taken(t, db, nine) != 1 {
					t.Fatalf("%d taken after acceptance", taken(t, db, nine))
				}
				must(t, func() error { _, err := reserve.Cancel(t.Context(), db, resident, by(1000+round, o, 0)); return err }())
			} else {
				testkit.WantFault(t, yes, fault.Conflict, "booking.offer_late")
				expired++
			}
			if taken(t, db, nine) != 0 {
				t.Fatalf("%d taken", taken(t, db, nine))
			}
			sound(t, db)
		}
		t.Logf("%d accepted, %d expired", accepted, expired)
	})
}

// Whoever has come with a booking cannot accept an offer any more.
func TestAccept_WhoHasCome(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 3)
		b := book(t, db, ask(1, nine, 0))
		to(t, clock, "2026-12-08 09:00")
		o, err := offer(t, db, "W1@2026-12-10T09:00", clock.Now().Add(time.Hour), 0, 1)
		must(t, err)
		must(t, func() error { _, err := arrive(t, db, at(b)); return err }())
		refused(t, db, fault.Conflict, "booking.exists", func() error { _, err := accept(t, db, by(2, o, 1)); return err })
		must(t, func() error { _, err := decline(t, db, by(3, o, 1)); return err }())
		sound(t, db)
	})
}

// Cancelling is for what is booked: an offer is declined, and whoever has come or
// has had an answer has nothing to cancel, at the counter neither.
func TestCancel_NeitherOffersNorWhoHasCome(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 2)
		o, err := offer(t, db, "W1@2026-12-10T09:00", clock.Now().Add(time.Hour), 1)
		must(t, err)
		cancel := func(actor store.Actor, a reserve.Act) func() error {
			return func() error { _, err := reserve.Cancel(t.Context(), db, actor, a); return err }
		}
		refused(t, db, fault.Conflict, "booking.gone", cancel(resident, by(1, o, 1)))
		b := book(t, db, ask(2, nine, 0))
		to(t, clock, "2026-12-08 09:00")
		must(t, func() error { _, err := arrive(t, db, at(b)); return err }())
		refused(t, db, fault.Conflict, "booking.gone", cancel(testkit.Clerk, byOffice(3, b, "")))
		sound(t, db)
	})
}
