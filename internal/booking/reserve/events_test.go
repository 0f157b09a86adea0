package reserve_test

import (
	"encoding/json"
	"fmt"
	stdsync "sync"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/sync"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// §5.5: with the clocks of two servers five seconds apart, 1,000 chains of
// booking, cancelling and booking again, spread over both, are numbered without
// gaps and in the order in which they happened to each person, while numbers are
// given all the time.
func TestEvents_CausalOrderOnTwoServers(t *testing.T) {
	const (
		chains  = 1000
		workers = 8
	)
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			dsn := testkit.BookingDSN(t, engine)
			ahead := testkit.NewClock()
			ahead.Advance(5 * time.Second)
			servers := []*store.DB{open(t, dsn, bookingFiles(t)).For(tenant), openAt(t, dsn, ahead).For(tenant)}
			office(t, servers[0], tenant, chains, chains)
			var numbering, all stdsync.WaitGroup
			stop := make(chan struct{})
			numbering.Go(func() { // while bookings come in
				for {
					select {
					case <-stop:
						return
					default:
						numberSome(t, servers[1])
					}
				}
			})
			for w := range workers {
				all.Go(func() {
					for n := w; n < chains; n += workers {
						chain(t, servers, n)
					}
				})
			}
			all.Wait()
			close(stop)
			numbering.Wait()
			numberSome(t, servers[0])
			inOrder(t, servers[0], chains)
			sound(t, servers[0])
		})
	}
}

func numberSome(t *testing.T, db *store.DB) {
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { _, err := sync.Number(tx, tenant, 1<<20); return err })
	if err != nil {
		t.Errorf("numbering: %v", err)
	}
}

func openAt(t testing.TB, dsn string, clock *testkit.Clock) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{Clock: clock.Now, Migrations: bookingFiles(t)})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() }) // nothing is left to be written
	return db
}

// chain books, cancels and books again, each on the other server.
func chain(t *testing.T, servers []*store.DB, n int) {
	first, second := servers[n%2], servers[(n+1)%2]
	request := func(i int) reserve.Request {
		r := ask(0, nine, n)
		r.Token = fmt.Sprintf("chain-%08d-%08d", n, i)
		return r
	}
	b, err := reserve.Book(t.Context(), first, resident, request(1))
	if err != nil {
		t.Errorf("chain %d: %v", n, err)
		return
	}
	act := by(0, b, n)
	act.Token = fmt.Sprintf("chain-%08d-cancel", n)
	if _, err := reserve.Cancel(t.Context(), second, resident, act); err != nil {
		t.Errorf("chain %d: %v", n, err)
	}
	if _, err := reserve.Book(t.Context(), first, resident, request(2)); err != nil {
		t.Errorf("chain %d: %v", n, err)
	}
}

// inOrder reads the numbered log as the office does.
func inOrder(t *testing.T, db *store.DB, chains int) {
	t.Helper()
	var log []sync.Event
	testkit.Read(t, db, func(rx *store.Rx) (err error) { log, err = sync.Since(rx, tenant, 0, 1<<20); return err })
	if len(log) != 3*chains {
		t.Fatalf("%d events, want %d", len(log), 3*chains)
	}
	open, owner, seen := map[string]string{}, map[string]string{}, map[string]int{}
	for i, e := range log {
		if e.Seq != i+1 {
			t.Fatalf("number %d stands at place %d", e.Seq, i+1)
		}
		var body struct {
			Booking string `json:"bk"`
			Members []struct {
				Link string `json:"link"`
			} `json:"members"`
		}
		must(t, json.Unmarshal(e.Body, &body))
		switch e.Type {
		case "booking.created":
			l := body.Members[0].Link
			if open[l] != "" {
				t.Fatalf("%s books again at %d before the office hears that %s has ended", l, e.Seq, open[l])
			}
			open[l], owner[body.Booking] = body.Booking, l
			seen[l]++
		case "booking.cancelled":
			l := owner[body.Booking]
			if l == "" || open[l] != body.Booking {
				t.Fatalf("%s ends at %d before it was made", body.Booking, e.Seq)
			}
			open[l] = ""
		}
	}
	if len(seen) != chains {
		t.Errorf("%d persons in the log", len(seen))
	}
}

// What stands in the events: the ones of a party that moves, loses a person and
// ends, and the first sign-in of a code.
func TestEvents_Bodies(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 2, 4)
		r := ask(1, nine, 0, 1, 2)
		r.Adjacent, r.Lang, r.Guests[0].Procs = true, "en", "pin receive"
		b := book(t, db, r)
		if _, err := reserve.Change(t.Context(), db, resident, by(2, b, 0), ten, true); err != nil {
			t.Fatal(err)
		}
		if _, err := reserve.Leave(t.Context(), db, resident, by(3, b, 1), link(1)); err != nil {
			t.Fatal(err)
		}
		if _, err := reserve.Cancel(t.Context(), db, testkit.Clerk, byOffice(4, b, "")); err != nil {
			t.Fatal(err)
		}
		var got []string
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := sync.About(rx, tenant, b.ID)
			for _, e := range list {
				got = append(got, fmt.Sprintf("%s %s", e.Type, e.Body))
			}
			return err
		})
		member := func(n int, svc, more string) string {
			return fmt.Sprintf(`{"link":"%s","gen":1,"svc":[%s],"units":1%s}`, link(n), svc, more)
		}
		placed := func(kind, start, next string) string {
			return fmt.Sprintf(`%s {"bk":"%s","no":"11-0001","members":[%s,%s,%s],"window":"W1","start":"2026-12-08T%s:00+09:00","min":30,"party":3,"units":3,"seat":"web","via":"web","lang":"en"}`,
				kind, b.ID, member(0, `"pin","receive"`, ""), member(1, `"receive"`, ""), member(2, `"receive"`, `,"start":"2026-12-08T`+next+`:00+09:00"`), start)
		}
		want := []string{
			placed("booking.created", "09:00", "09:30"),
			placed("booking.moved", "10:00", "10:30"),
			fmt.Sprintf(`booking.left {"bk":"%s","link":"%s","by":"resident"}`, b.ID, link(1)),
			fmt.Sprintf(`booking.cancelled {"bk":"%s","by":"office"}`, b.ID),
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("event %d of\n%v, want\n%s", i, got, want[i])
			}
		}
	})
}

// BK-603: before a year the code stands in the booking, after it does not; the
// totals stay the same and the report counts what was removed.
func TestBK603_Anonymise(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, tenant, 3, 3)
		b, ended := book(t, db, ask(1, nine, 0, 1)), book(t, db, ask(2, half, 2))
		if _, err := reserve.Cancel(t.Context(), db, resident, by(3, ended, 2)); err != nil {
			t.Fatal(err)
		}
		to(t, clock, "2026-12-08 09:00")
		must(t, func() error { _, err := arrive(t, db, at(b, link(0))); return err }())
		must(t, within(t, db, func(tx *store.Tx) error {
			_, err := reserve.Finish(tx, at(b, link(0)), reserve.Handled{Memo: "memo", Codes: []string{"card"}})
			return err
		}))
		totals := func() (text string) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				return rx.Query(func(scan func(...any) error) error {
					var state, procs string
					var n, units int
					err := scan(&state, &procs, &n, &units)
					text += fmt.Sprintln(state, procs, n, units)
					return err
				}, "SELECT state, procs, COUNT(*), SUM(units) FROM booking_person WHERE tenant = $1 GROUP BY state, procs ORDER BY state", tenant)
			})
			return text
		}
		before := totals()
		anonymise := func() reserve.Anonymised {
			a, err := reserve.Anonymise(t.Context(), db, testkit.Clerk, tenant, 365*24*time.Hour)
			must(t, err)
			return a
		}
		to(t, clock, "2027-11-23 09:30") // 364 days after the cancellation
		if a := anonymise(); a.Bookings != 0 || stateOf(t, db, ended.ID).Persons[0].Link == "" {
			t.Errorf("too early: %+v", a)
		}
		to(t, clock, "2027-11-25 09:31")
		if a := anonymise(); a.Bookings != 1 || a.Persons != 1 || stateOf(t, db, ended.ID).Persons[0].Link != "" || stateOf(t, db, b.ID).Persons[0].Link == "" {
			t.Errorf("the cancelled one: %+v", a)
		}
		to(t, clock, "2027-12-07 09:00") // 364 days after the visit
		if a := anonymise(); a.Bookings != 0 {
			t.Errorf("too early: %+v", a)
		}
		to(t, clock, "2027-12-09 09:01")
		a := anonymise()
		if now := stateOf(t, db, b.ID); a.Bookings != 1 || a.Persons != 2 || now.Persons[0].Link != "" || now.Persons[0].Handled.Memo != "" || now.Persons[0].Handled.Codes == nil {
			t.Errorf("%+v, %+v", a, now)
		}
		if totals() != before {
			t.Errorf("totals %s, were %s", totals(), before)
		}
		to(t, clock, "2028-03-01 09:00") // the codes ended a year ago
		if a := anonymise(); a.Members != 3 {
			t.Errorf("codes: %+v", a)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			if _, found, err := member.ByLink(rx, tenant, link(0)); found || err != nil {
				t.Errorf("the code is still known: %v", err)
			}
			return nil
		})
		sound(t, db)
	})
}
