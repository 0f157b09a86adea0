package reserve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A storm is many goroutines that book, change and cancel on few slots with few
// codes, every request sent twice. It says on a pipe what it is about to do and
// what was acknowledged:
//
//	b TOKEN MEMBER SLOT    about to book
//	B TOKEN BOOKING        booked
//	r TOKEN                refused
//	c BOOKING              about to cancel
//	C BOOKING              cancelled
//	n COUNT                a request was answered, after so many attempts
//	w                      the database was busy for too long: come again
//	X TEXT                 something that must not happen
//
// The test starts this program again as a process that does nothing else, and
// kills it.

const (
	stormMembers = 40
	stormSlots   = 5
	stormSeats   = 3
	goroutines   = 8
)

const stormVariable = "KOFU_TEST_STORM" // DSN, a space, the name of the process

func TestMain(m *testing.M) {
	dsn, name, isStorm := strings.Cut(os.Getenv(stormVariable), " ")
	if !isStorm {
		os.Exit(m.Run())
	}
	if err := stormProcess(dsn, name); err != nil {
		fmt.Fprintf(os.Stdout, "X %v\n", err)
		os.Exit(1)
	}
}

// stormProcess goes on until it is killed or its parent is gone.
func stormProcess(dsn, name string) error {
	files, err := migrations.Booking()
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), dsn, store.Options{Clock: testkit.NewClock().Now, Migrations: files, KeepSchema: true})
	if err != nil {
		return err
	}
	storm(context.Background(), db.For(tenant), name, os.Stdout, -1)
	return nil
}

// storm runs so many requests on each goroutine, or endlessly for -1.
func storm(ctx context.Context, db *store.DB, name string, out io.Writer, requests int) {
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			seed := uint64(g)
			for _, r := range name {
				seed = seed*31 + uint64(r) //nolint:gosec // a seed
			}
			w := &caller{ctx: ctx, db: db, out: out, name: fmt.Sprintf("%s-%d", name, g), rand: rand.New(rand.NewPCG(seed, 7))} //nolint:gosec // repeatable on purpose
			for i := 0; i != requests; i++ {
				if w.request(i) != nil {
					return // nobody listens any more
				}
			}
		})
	}
	all.Wait()
}

// caller is one goroutine of a storm.
type caller struct {
	ctx  context.Context
	db   *store.DB
	out  io.Writer
	name string
	rand *rand.Rand
	sent int // attempts of the request that runs
}

func (w *caller) say(format string, args ...any) error {
	_, err := fmt.Fprintf(w.out, format+"\n", args...)
	return err
}

func stormSlot(n int) string { return fmt.Sprintf("W1@2026-12-08T%02d:%02d", 9+n/2, n%2*30) }

// request makes one request, twice.
func (w *caller) request(i int) error {
	tok := fmt.Sprintf("storm-%016s-%08d", w.name, i)
	member := w.rand.IntN(stormMembers)
	to := stormSlot(min(w.rand.IntN(stormSlots), w.rand.IntN(stormSlots))) // the early ones more often
	w.sent = 0
	var err error
	switch w.rand.IntN(10) {
	case 0, 1, 2:
		err = w.cancel(tok, member)
	case 3, 4:
		err = w.change(tok, member, to)
	default:
		err = w.book(tok, member, to)
	}
	if err != nil {
		return err
	}
	return w.say("n %d", w.sent)
}

// stormRequest is a party of two for every third member, so that locks of
// several members meet.
func stormRequest(tok string, member int, to string) reserve.Request {
	r := ask(0, to, member)
	if member%3 == 0 {
		r = ask(0, to, member, (member+1)%stormMembers)
	}
	r.Token, r.Adjacent = tok, member%2 == 0
	return r
}

func (w *caller) book(tok string, member int, to string) error {
	if err := w.say("b %s %d %s", tok, member, to); err != nil {
		return err
	}
	w.sent++
	b, err := reserve.Book(w.ctx, w.db, resident, stormRequest(tok, member, to))
	if _, told := fault.As(err); told && !busy(err) {
		return w.say("r %s", tok)
	}
	if err != nil {
		return w.refusal(err) // perhaps to be sent again
	}
	if err := w.say("B %s %s", tok, b.ID); err != nil {
		return err
	}
	w.sent++
	again, err := reserve.Book(w.ctx, w.db, resident, stormRequest(tok, member, to))
	if err != nil {
		return w.refusedAgain(err)
	}
	if again.ID != b.ID {
		return w.say("X booked %s, then %s", b.ID, again.ID)
	}
	return nil
}

func (w *caller) cancel(tok string, member int) error {
	b, err := w.live(member)
	if err != nil {
		return w.refusal(err)
	}
	if b.ID == "" {
		return nil
	}
	if err := w.say("c %s", b.ID); err != nil {
		return err
	}
	act := by(0, b, member)
	act.Token = tok
	w.sent++
	if _, err := reserve.Cancel(w.ctx, w.db, resident, act); err != nil {
		return w.refusal(err)
	}
	if err := w.say("C %s", b.ID); err != nil {
		return err
	}
	w.sent++
	again, err := reserve.Cancel(w.ctx, w.db, resident, act)
	if err != nil {
		return w.refusedAgain(err)
	}
	if again.State != reserve.Cancelled {
		return w.say("X cancelled %s, then %v", b.ID, again.State)
	}
	return nil
}

func (w *caller) change(tok string, member int, to string) error {
	b, err := w.live(member)
	if err != nil {
		return w.refusal(err)
	}
	if b.ID == "" {
		return nil
	}
	act := by(0, b, member)
	act.Token = tok
	w.sent++
	if _, err := reserve.Change(w.ctx, w.db, resident, act, to, member%2 == 0); err != nil {
		return w.refusal(err)
	}
	w.sent++
	if _, err := reserve.Change(w.ctx, w.db, resident, act, to, member%2 == 0); err != nil {
		return w.refusedAgain(err)
	}
	return nil
}

func (w *caller) live(member int) (b reserve.Booking, err error) {
	err = w.db.Read(w.ctx, func(rx *store.Rx) error {
		b, _, err = reserve.LiveOf(rx, tenant, link(member))
		return err
	})
	return b, err
}

// refusal lets pass what a resident can be told; anything else is a finding.
// Several processes on one SQLite file may find it locked for longer than they
// wait: that is an answer without a promise, as a kill is.
func (w *caller) refusal(err error) error {
	if busy(err) {
		return w.say("w")
	}
	if _, told := fault.As(err); told {
		return nil
	}
	return w.say("X %v", err)
}

func busy(err error) bool { return strings.Contains(err.Error(), "SQLITE_BUSY") }

// refusedAgain is the answer to the second of two equal requests, of which the
// first was granted: it cannot be refused.
func (w *caller) refusedAgain(err error) error {
	if _, told := fault.As(err); told && !busy(err) {
		return w.say("X granted, then refused: %v", err)
	}
	return w.refusal(err)
}

// heard is what storms have said.
type heard struct {
	mu        sync.Mutex
	attempts  int
	busy      int
	intended  map[string]reserve.Request // by token, as long as unanswered
	booked    map[string]string          // token → booking
	cancels   map[string]bool            // somebody was about to cancel it
	cancelled map[string]bool
	seen      map[string]bool // found cancelled for good
	wrong     []string
}

func newHeard() *heard {
	return &heard{intended: map[string]reserve.Request{}, booked: map[string]string{}, cancels: map[string]bool{}, cancelled: map[string]bool{}, seen: map[string]bool{}}
}

// listen reads a storm until it ends or enough requests were answered. A line
// that was cut by a kill counts as not said.
func (h *heard) listen(lines *bufio.Reader, enough int) {
	for n := 0; n < enough; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if h.take(strings.TrimSuffix(line, "\n")) {
			n++
		}
	}
}

func (h *heard) take(line string) (answered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	switch kind {
	case "n":
		sent, _ := strconv.Atoi(rest) // written above
		h.attempts += sent
		return true
	case "b":
		member, _ := strconv.Atoi(words[1]) // written above
		h.intended[words[0]] = stormRequest(words[0], member, words[2])
	case "B":
		h.booked[words[0]] = words[1]
		delete(h.intended, words[0])
	case "w":
		h.busy++
	case "r":
		delete(h.intended, words[0])
	case "c":
		h.cancels[rest] = true
	case "C":
		h.cancelled[rest] = true
	default:
		h.wrong = append(h.wrong, line)
	}
	return false
}

// replay sends once more what was never answered, as a browser does. Either
// answer is right, but it must stay the same.
func (h *heard) replay(t *testing.T, db *store.DB) (replayed int) {
	t.Helper()
	for tok, r := range h.intended {
		replayed++
		first, err := reserve.Book(t.Context(), db, resident, r)
		second, err2 := reserve.Book(t.Context(), db, resident, r)
		if (err == nil) != (err2 == nil) || first.ID != second.ID {
			t.Errorf("%s answered %s %v, then %s %v", tok, first.ID, err, second.ID, err2)
		}
	}
	h.intended = map[string]reserve.Request{}
	return replayed
}

// lost names every acknowledgement that the database contradicts. Bookings that
// were found cancelled are looked at again only at the end.
func (h *heard) lost(t *testing.T, db *store.DB, all bool) (lost []string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		for _, id := range h.booked {
			if h.seen[id] && !all {
				continue
			}
			b, found, err := reserve.ByID(rx, tenant, id)
			switch {
			case err != nil:
				return err
			case !found:
				lost = append(lost, "booking "+id)
			case h.cancelled[id] && b.State == reserve.Cancelled:
				h.seen[id] = true
			case h.cancelled[id] && b.State != reserve.Cancelled:
				lost = append(lost, "cancellation of "+id)
			case !h.cancels[id] && b.State != reserve.Active:
				lost = append(lost, "nobody cancelled "+id)
			}
		}
		return nil
	})
	return lost
}

// overfull names slots with more people than the most seats they ever had. It
// asks neither the counters nor the program.
func overfull(t *testing.T, db *store.DB, most int) (found []string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		return rx.Query(func(scan func(...any) error) error {
			var id string
			var n int
			err := scan(&id, &n)
			found = append(found, fmt.Sprintf("%s: %d", id, n))
			return err
		}, `
SELECT slot_id, COUNT(*) FROM booking_person WHERE tenant = $1 AND state = 'active' GROUP BY slot_id HAVING COUNT(*) > $2`, tenant, most)
	})
	return found
}
