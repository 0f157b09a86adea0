package agreetest

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kofu/internal/agree"
	"kofu/internal/event"
)

// history is one run of the simulator.
type history struct {
	r        *rand.Rand
	sides    [2]*Node
	backups  [2][]*Node
	underway []*Bundle
	epochs   int
}

func newHistory(seed uint64, rules Rules) *history {
	h := &history{r: rand.New(rand.NewPCG(seed, 3)), epochs: 1} //nolint:gosec // repeatable on purpose
	for i := range h.sides {
		h.sides[i] = NewNode(agree.Side(i), rules)
	}
	return h
}

// step is one thing that happens.
func (h *history) step(restores bool) {
	n := h.sides[h.r.IntN(2)]
	switch k := h.r.IntN(1000); {
	case k < 640:
		n.Step(h.r)
	case k < 800:
		h.underway = append(h.underway, n.export())
	case k < 970:
		h.deliver()
	case k < 980:
		n.accept()
	case k < 985: // a key is rotated; the peer hears of it by another way
		n.key++
		h.other(n).peerKey = n.key
	case k < 995:
		if !n.recovering {
			h.backups[n.side] = append(h.backups[n.side], n.copy())
		}
	default:
		if old := h.backups[n.side]; restores && len(old) > 0 && !n.recovering && !h.other(n).recovering {
			h.epochs++
			h.sides[n.side] = restore(old[h.r.IntN(len(old))], h.epochs)
			h.sides[n.side].key, h.sides[n.side].peerKey = n.key, n.peerKey
		}
	}
}

func (h *history) other(n *Node) *Node { return h.sides[1-n.side] }

// deliver brings a bundle over, which may be brought again, or loses it.
func (h *history) deliver() {
	if len(h.underway) == 0 {
		return
	}
	i := h.r.IntN(len(h.underway))
	b := h.underway[i]
	if k := h.r.IntN(10); k < 6 {
		h.sides[1-b.from].take(b)
	}
	if h.r.IntN(3) > 0 {
		h.underway = slices.Delete(h.underway, i, i+1)
	}
}

const undisturbed = 6

// settle ends the history with undisturbed exchanges.
func (h *history) settle() {
	for range undisturbed {
		for i, n := range h.sides {
			h.sides[1-i].take(n.export())
			h.sides[1-i].accept()
		}
	}
}

// disagreements compares the two sides.
func (h *history) disagreements() (list []string) {
	bad := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	office, cloud := h.sides[0], h.sides[1]
	for _, n := range h.sides {
		if n.recovering || n.acked != int64(len(n.log)) || n.need != 0 {
			bad("side %d: recovering %v, %d of %d acknowledged", n.side, n.recovering, n.acked, len(n.log))
		}
		if n.quarantine > 0 {
			bad("side %d: %d events about what is not known", n.side, n.quarantine)
		}
	}
	for i := range office.links {
		if office.links[i] != cloud.links[i] {
			bad("link %d: %v, %v", i, office.links[i], cloud.links[i])
		}
	}
	if office.closed != cloud.closed {
		bad("days: %v, %v", office.closed, cloud.closed)
	}
	ids := map[string]bool{}
	for _, n := range h.sides {
		for _, b := range n.bookings {
			ids[b.id] = true
		}
	}
	for id := range ids {
		a, b := picture(office.byID[id]), picture(cloud.byID[id])
		if a != b {
			bad("booking %s:\n\toffice %s\n\tcloud  %s", id, a, b)
		}
		if b := cloud.byID[id]; b != nil {
			for i := range b.persons {
				if what := h.wrong(b, &b.persons[i]); what != "" {
					bad("booking %s: person %d %s", id, b.persons[i].link, what)
				}
			}
		}
	}
	return list
}

// wrong says what two sides that agree may not agree about.
func (h *history) wrong(b *booking, p *person) string {
	l, s := h.sides[0].links[p.link], p.State()
	switch {
	case s == agree.NoShow && !b.office && h.sides[0].byID[b.id].late:
		return "is accused of not having come, and the office did not know"
	case s != agree.Active:
		return ""
	case h.sides[0].closed[b.day]:
		return "is expected on a day that is closed"
	case l.State == agree.Withdrawn, l.Gen > p.gen, l.State == agree.Closed && slices.Contains(p.svc, agree.Receive):
		return "is expected with a dead code"
	case !b.office && h.sides[1].expected(p.link, true):
		return "is expected twice"
	}
	return ""
}

const (
	histories = 10000
	stepsEach = 400
)

// simulate runs histories until one disagrees, and returns its number and how.
func simulate(count int, rules Rules) (seed int64, how []string) {
	var next, failed atomic.Int64
	failed.Store(int64(count))
	found := make([][]string, count)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= int64(count) || seed > failed.Load() {
					return
				}
				h := newHistory(uint64(seed), rules) //nolint:gosec // from 0
				for range stepsEach {
					h.step(true)
				}
				h.settle()
				if found[seed] = h.disagreements(); len(found[seed]) > 0 {
					for now := failed.Load(); seed < now && !failed.CompareAndSwap(now, seed); now = failed.Load() {
					}
				}
			}
		})
	}
	all.Wait()
	if at := failed.Load(); at < int64(count) {
		return at, found[at]
	}
	return -1, nil
}

// KT1000: 10,000 random histories with parties, offers, bookings by phone,
// restores and rotated keys leave no disagreement.
func TestKT1000_Simulation(t *testing.T) {
	if seed, how := simulate(histories, Rules{}); len(how) > 0 {
		t.Errorf("history %d:\n%s", seed, strings.Join(how, "\n"))
	}
}

// Without either of the two rules the simulator finds a disagreement, and soon.
func TestKT1000_SimulationFindsMissingRules(t *testing.T) {
	const soon = 2000
	if _, how := simulate(soon, Rules{NoRefused: true}); len(how) == 0 {
		t.Error("booking.refused is not missed")
	}
	if _, how := simulate(soon, Rules{NoSeen: true}); len(how) == 0 {
		t.Error("day.closed.seen is not missed")
	}
}

// The histories hold what they are said to hold.
func TestKT1000_SimulationMeetsEverything(t *testing.T) {
	met := map[string]int{}
	for seed := range uint64(200) {
		h := newHistory(seed, Rules{})
		for range stepsEach {
			h.step(true)
		}
		h.settle()
		met["restores"] += h.epochs - 1
		for _, n := range h.sides {
			met["rotations"] += n.key
			for what, times := range n.met {
				met[what] += times
			}
			if n.lost {
				met["lost facts"]++
			}
			for _, e := range n.log {
				met[string(e.Type())]++
				if r, is := e.(event.BookingRefused); is {
					met["refused: "+string(r.Code)]++
				}
			}
			for _, b := range n.bookings {
				if len(b.persons) > 1 {
					met["parties"]++
				}
			}
		}
	}
	for _, what := range []string{
		"restores", "rotations", "lost facts", "parties", "booking.created", "booking.moved", "booking.left", "booking.cancelled",
		"booking.noshow_provisional", "booking.noshow", "booking.unreconciled", "booking.office", "visit.arrived", "visit.done", "visit.again",
		"visit.undo", "day.closed", "link.issue", "link.ready", "link.hold", "link.withdraw", "link.rekey", "link.close", "snapshot.end",
		"refused: withdrawn", "refused: superseded", "refused: closed", "refused: office",
		"offer accepted", "offer let go", "E-GAP", "E-STALE", "E-EPOCH",
	} {
		if met[what] < 20 {
			t.Errorf("%s: %d times in 200 histories", what, met[what])
		}
	}
}
