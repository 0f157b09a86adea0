package reserve_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const benchClients, benchSlots, mostSeats = 200, 50, 1000

// BenchmarkBook is the rush of G18: 200 clients book one seat each in 50 slots
// that do not fill, then as many are refused because all are full (G20). Take
// -benchtime 5000x for slots of 100.
func BenchmarkBook(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine, func(b *testing.B) {
			seats := b.N/benchSlots + 1
			if seats > mostSeats {
				b.Fatalf("at most %d bookings: -benchtime", benchSlots*mostSeats)
			}
			db := open(b, testkit.BookingDSN(b, engine), bookingFiles(b))
			late := b.N + benchSlots // members who come when all is full
			office(b, db, tenant, seats, late+b.N)
			slots := upcoming(b, db, benchSlots)
			rush := func(name string, n int, request func(i int) reserve.Request, want func(err error) bool) {
				times, elapsed := atOnce(n, func(i int) {
					if _, err := reserve.Book(b.Context(), db, resident, request(i)); !want(err) {
						b.Errorf("%s: %v", name, err)
					}
				})
				b.ReportMetric(float64(n)/elapsed.Seconds(), name+"/s")
				b.ReportMetric(quantile(times, 0.5), name+"-p50-ms")
				b.ReportMetric(quantile(times, 0.99), name+"-p99-ms")
			}
			b.ResetTimer()
			rush("booked", b.N, func(i int) reserve.Request { return ask(i, slots[i%benchSlots], i) }, func(err error) bool { return err == nil })
			b.StopTimer()
			for i, id := range slots { // the last seats, if one is left
				_, _ = reserve.Book(b.Context(), db, resident, ask(b.N+i, id, b.N+i))
			}
			full := func(err error) bool { return fault.Is(err, fault.Conflict, "slot.full") }
			rush("refused", b.N, func(i int) reserve.Request { return ask(late+i, slots[i%benchSlots], late+i) }, full)
			sound(b, db)
		})
	}
}

// upcoming returns the next slots that residents can book.
func upcoming(tb testing.TB, db *store.DB, n int) (ids []string) {
	tb.Helper()
	testkit.Read(tb, db, func(rx *store.Rx) error {
		for day := jpdate.Day("2026-11-26"); len(ids) < n; day = day.AddDays(1) {
			list, err := slot.OnDay(rx, tenant, "W1", day)
			if err != nil || day > "2026-12-31" {
				return fmt.Errorf("only %d slots: %w", len(ids), err)
			}
			for _, s := range list {
				ids = append(ids, s.ID)
			}
		}
		return nil
	})
	return ids[:n]
}

// atOnce runs do for 0 … n-1 with all clients and returns how long each took.
func atOnce(n int, do func(i int)) (times []time.Duration, elapsed time.Duration) {
	times = make([]time.Duration, n)
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range benchClients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				do(i)
				times[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	return times, time.Since(start)
}

func quantile(times []time.Duration, q float64) float64 {
	slices.Sort(times)
	return float64(times[int(q*float64(len(times)-1))]) / float64(time.Millisecond)
}
