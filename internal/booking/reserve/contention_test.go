package reserve_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var engines = []string{"sqlite", "postgres"}

// More attempts for a longer look: make contention ATTEMPTS=1000000.
var attempts = flag.Int("attempts", 6000, "requests that the contention test sends to each engine, kills included")

// appServers is how many processes storm one database at a time: a file has two
// in the test so that they meet at all, and PostgreSQL three as in a big city.
var appServers = map[string]int{"sqlite": 2, "postgres": 3}

func open(t testing.TB, dsn string, files []migrations.File) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{Clock: testkit.NewClock().Now, Migrations: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.For(tenant)
}

func bookingFiles(t testing.TB) []migrations.File {
	t.Helper()
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestTB04_Contention: several processes storm a few slots while their capacity goes
// up and down, and are killed at random moments. Nobody is overbooked, nobody
// booked twice, nothing acknowledged is lost, and a request that was cut off can
// be sent again.
func TestTB04_Contention(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			dsn := testkit.BookingDSN(t, engine)
			db := open(t, dsn, bookingFiles(t))
			office(t, db, tenant, stormSeats, stormMembers)
			h := newHeard()
			chance := rand.New(rand.NewPCG(11, 22)) //nolint:gosec // repeatable on purpose
			processes := appServers[engine]
			least := max(300, min(*attempts/20, 10_000)) // of one process before it is killed
			replayed, killed := 0, 0
			for last := false; !last; {
				var ended sync.WaitGroup
				for p := range processes {
					name, enough := fmt.Sprintf("r%dp%d", killed/processes, p), least+chance.IntN(800)
					ended.Go(func() { runUntilKilled(t, dsn, name, h, enough) })
				}
				changeSeatsUntil(t, db, &ended)
				killed += processes
				sound(t, db)
				if last = h.attempts >= *attempts; !last {
					replayed += h.replay(t, db)
				}
				if lost := h.lost(t, db, last); len(lost) > 0 {
					t.Errorf("lost: %v", lost)
				}
				if over := overfull(t, db, stormSeats); len(over) > 0 {
					t.Errorf("overbooked: %v", over)
				}
				if t.Failed() {
					break
				}
				if killed%(4*processes) == 0 {
					t.Logf("%d attempts, %d booked, %d processes killed", h.attempts, len(h.booked), killed)
				}
			}
			sound(t, db)
			if len(h.wrong) > 0 {
				t.Errorf("%d findings, the first: %s", len(h.wrong), h.wrong[0])
			}
			if len(h.booked) < 100 || len(h.cancelled) < 50 || h.busy > h.attempts/100 {
				t.Errorf("the storm was none: %d attempts, %d booked, %d cancelled, %d times busy", h.attempts, len(h.booked), len(h.cancelled), h.busy)
			}
			t.Logf("%d attempts, %d booked, %d cancelled, %d processes killed, %d requests sent again, %d times busy",
				h.attempts, len(h.booked), len(h.cancelled), killed, replayed, h.busy)
		})
	}
}

// changeSeatsUntil lowers and raises the capacity until the storms have ended.
func changeSeatsUntil(t *testing.T, db *store.DB, ended *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { ended.Wait(); close(done) }()
	for {
		for _, seats := range []int{1, stormSeats} {
			_, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", patterns(seats))
			if err != nil && !busy(err) { // the next round sets them again
				t.Error(err)
			}
		}
		select {
		case <-done:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// runUntilKilled starts this test program as a storm and kills it in the middle
// of whatever it does after enough requests.
func runUntilKilled(t *testing.T, dsn, name string, h *heard, enough int) {
	cmd := exec.Command(os.Args[0], "-test.run=^$") //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), stormVariable+"="+dsn+" "+name)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Errorf("the storm did not begin: %v", err)
		return
	}
	said := bufio.NewReader(out)
	h.listen(said, enough)
	if err := cmd.Process.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	h.listen(said, 1<<30) // what it had said before
	_ = cmd.Wait()        // killed
}

// The same storm on a scratch copy without the unique index books codes twice,
// and the check finds it: the test above can fail.
func TestContention_WithoutTheIndexItFails(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := open(t, scratch(t, engine), without(t, "CREATE UNIQUE INDEX one_active ON booking_person (tenant, link, own) WHERE state = 'active';"))
			office(t, db, tenant, stormMembers, stormMembers) // seats for everybody, and more
			storm(t.Context(), db, "n", io.Discard, 40)
			if kinds := kindsOf(t, db); !kinds["twice"] {
				t.Errorf("nobody was booked twice, breaches only %v", kinds)
			}
		})
	}
}

// Counting first and inserting afterwards, as booking programs do that
// overbook: without the CHECK they do here as well, and the check finds it; with
// it the database refuses the excess. Only the guarded statement of package slot
// tells all but one politely that the slot is full.
func TestContention_WithoutTheGuardItFails(t *testing.T) {
	const check = "    CONSTRAINT web_bounds CHECK (web_over >= 0 AND web_taken BETWEEN 0 AND web_cap + web_over),\n"
	for _, engine := range engines {
		for name, files := range map[string][]migrations.File{"without the CHECK": without(t, check), "with it": bookingFiles(t)} {
			t.Run(engine+" "+name, func(t *testing.T) {
				db := open(t, scratch(t, engine), files)
				office(t, db, tenant, 1, goroutines)
				refusedByDatabase := bookAsOthersDo(t, db)
				kinds := kindsOf(t, db)
				if name == "with it" && (kinds["overbooked"] || refusedByDatabase != goroutines-1) {
					t.Errorf("breaches %v, %d refused", kinds, refusedByDatabase)
				}
				if name != "with it" && !kinds["overbooked"] {
					t.Errorf("nobody was overbooked, breaches only %v", kinds)
				}
			})
		}
	}
}

// bookAsOthersDo lets everybody look for a free seat first and take it then.
func bookAsOthersDo(t *testing.T, db *store.DB) (refused int) {
	t.Helper()
	var looked, done sync.WaitGroup
	var mu sync.Mutex
	looked.Add(goroutines)
	for g := range goroutines {
		done.Go(func() {
			var s slot.Slot
			err := db.Read(t.Context(), func(rx *store.Rx) (err error) {
				s, _, err = slot.ByID(rx, tenant, nine)
				return err
			})
			looked.Done()
			looked.Wait()
			if err != nil || s.Free(testkit.Now) < 1 {
				t.Errorf("no free seat for %d: %v", g, err)
				return
			}
			if err := db.Write(t.Context(), resident, func(tx *store.Tx) error { return insertUnguarded(tx, g) }); err != nil {
				mu.Lock()
				refused++
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return refused
}

func insertUnguarded(tx *store.Tx, g int) error {
	id := fmt.Sprintf("naive-%d", g)
	if _, err := tx.Exec("UPDATE slot SET web_taken = web_taken + 1 WHERE tenant = $1 AND slot_id = $2", tenant, nine); err != nil {
		return err
	}
	if _, err := tx.Exec(`
INSERT INTO booking (tenant, booking_id, year, no, window_id, slot_id, seat, via, owner, lang, state, until_at, counter, called_at,
                     made_at, made_by, changed_by, changed_at, placed_event, last_event)
VALUES ($1, $2, 2026, $3, 'W1', $4, 'web', 'web', 'cloud', '', 'active', '', '', '', '', '', '', '', '', '')`, tenant, id, id, nine); err != nil {
		return err
	}
	_, err := tx.Exec(`
INSERT INTO booking_person (tenant, booking_id, ord, link, own, gen, procs, units, slot_id, state, booked, visit_here, visit_there,
                            arrived_at, done_at, old_card, handled, memo)
VALUES ($1, $2, 1, $3, '', 1, 'pin', 1, $4, 'active', 'active', '', '', '', '', 0, '', '')`,
		tenant, id, link(g), nine)
	return err
}

// scratch is an empty database.
func scratch(t *testing.T, engine string) string {
	t.Helper()
	if engine == "postgres" {
		return testkit.EmptyPostgres(t)
	}
	return t.TempDir() + "/scratch.db"
}

// without are the migrations less one piece of text.
func without(t *testing.T, piece string) []migrations.File {
	t.Helper()
	files, found := bookingFiles(t), false
	for i, f := range files {
		if strings.Contains(f.SQL, piece) {
			files[i].SQL, found = strings.Replace(f.SQL, piece, "", 1), true
		}
	}
	if !found {
		t.Fatalf("no migration says %q", piece)
	}
	return files
}

func kindsOf(t *testing.T, db *store.DB) map[string]bool {
	t.Helper()
	kinds := map[string]bool{}
	testkit.Read(t, db, func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		for _, b := range breaches {
			kinds[b.Kind] = true
		}
		return err
	})
	return kinds
}

// BenchmarkContention is the storm of one process for measuring: attempts a
// second, refusals and repeats included.
func BenchmarkContention(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine, func(b *testing.B) {
			db := open(b, testkit.BookingDSN(b, engine), bookingFiles(b))
			office(b, db, tenant, stormSeats, stormMembers)
			h := newHeard()
			read, write := io.Pipe()
			var listening sync.WaitGroup
			listening.Go(func() { h.listen(bufio.NewReader(read), 1<<30) })
			b.ResetTimer()
			storm(b.Context(), db, "bench", write, max(1, b.N/goroutines))
			b.StopTimer()
			if err := write.Close(); err != nil {
				b.Fatal(err)
			}
			listening.Wait()
			sound(b, db)
			if len(h.wrong) > 0 {
				b.Fatal(h.wrong[0])
			}
			b.ReportMetric(float64(h.attempts)/max(b.Elapsed().Seconds(), time.Millisecond.Seconds()), "attempts/s")
		})
	}
}
