//go:build faultlab

package faultlab_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kofu/internal/faultlab"
)

var (
	rounds = flag.Int("rounds", 50, "how often the program is killed")
	seed   = flag.Uint64("seed", 0, "repeats a run; 0 takes a new one")
)

const cardsOfLot = 60

// TestKill imports and scans until the program is killed, starts it again and
// compares, round after round on the same data folder.
func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("%d rounds, -seed %d", *rounds, *seed)
	chance := rand.New(rand.NewPCG(*seed, 1))
	binary := build(t)
	dir := t.TempDir()

	p := launch(t, binary, dir)
	p.setUp()
	lab := &lab{t: t}
	for round := range *rounds {
		worked := lab.work(p, time.Duration(10+chance.IntN(600))*time.Millisecond, chance)
		p = launch(t, binary, dir)
		p.signIn()
		for _, l := range worked {
			lab.compare(p, l)
		}
		p.idle()
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	imported, scanned := 0, 0
	for _, l := range lab.lots {
		lab.compare(p, l)
		scanned += len(l.Received)
		if l.Applied {
			imported++
		}
	}
	if imported < 5 || scanned < *rounds {
		t.Errorf("only %d imports and %d receptions were acknowledged: the rounds proved nothing", imported, scanned)
	}
	p.checkBalance()
	p.stop()
	verify(t, dir)
	t.Logf("%d lots, %d imports and %d receptions acknowledged", len(lab.lots), imported, scanned)
}

// TestKill_Control puts an old copy of the data in place of the killed
// program's: the comparison must notice what is lost.
func TestKill_Control(t *testing.T) {
	binary := build(t)
	dir := t.TempDir()
	p := launch(t, binary, dir)
	p.setUp()
	p.stop()
	before := filepath.Join(t.TempDir(), "kofu.db")
	copyFile(t, filepath.Join(dir, "kofu.db"), before)

	p = launch(t, binary, dir)
	p.signIn()
	lab := &lab{t: t}
	l := lab.newLot()
	if err := p.importLot(l); err != nil {
		t.Fatal(err)
	}
	p.kill()
	for _, name := range []string{"kofu.db-wal", "kofu.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	copyFile(t, before, filepath.Join(dir, "kofu.db"))
	p = launch(t, binary, dir)
	p.signIn()
	if found := faultlab.Breaches(l.Lot, p.see(l)); len(found) == 0 {
		t.Error("a lost import went unnoticed")
	}
}

// build makes the program without a window.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "kofu")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "kofu/app/kofu")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// batch is a delivery list under test; mu guards its acknowledgements.
type batch struct {
	mu sync.Mutex
	faultlab.Lot
	id int64 // of the delivery, once it is known
}

// lab keeps what the program acknowledged over all rounds.
type lab struct {
	t    *testing.T
	mu   sync.Mutex
	lots []*batch
}

func (lab *lab) newLot() *batch {
	lab.mu.Lock()
	defer lab.mu.Unlock()
	n := len(lab.lots) + 1
	l := &batch{Lot: faultlab.Lot{No: fmt.Sprintf("20261118-%03d", n), Received: map[string]bool{}, Tried: map[string]bool{}}}
	for i := range cardsOfLot {
		l.Numbers = append(l.Numbers, fmt.Sprintf("KFT-%03d%03d", n, i+1))
	}
	lab.lots = append(lab.lots, l)
	return l
}

// work imports in one thread and scans in two until the program, which is
// killed after the time given, no longer answers. It returns the lots touched.
func (lab *lab) work(p *program, life time.Duration, chance *rand.Rand) []*batch {
	var all sync.WaitGroup
	var mu sync.Mutex
	touched := map[*batch]bool{}
	touch := func(l *batch) { mu.Lock(); touched[l] = true; mu.Unlock() }
	run := func(step func() error) {
		all.Go(func() {
			for {
				if err := step(); err != nil {
					p.mustBeDead(err)
					return
				}
			}
		})
	}
	run(func() error {
		l := lab.newLot()
		touch(l)
		return p.importLot(l)
	})
	for range 2 {
		turn := rand.New(rand.NewPCG(chance.Uint64(), 2))
		run(func() error {
			l, number := lab.pick(turn)
			if l == nil {
				return p.alive() // nothing to scan yet
			}
			touch(l)
			return p.scan(l, number)
		})
	}
	timer := time.NewTimer(life)
	<-timer.C
	p.kill()
	all.Wait()
	var worked []*batch
	for l := range touched {
		worked = append(worked, l)
	}
	return worked
}

// pick chooses a card of an applied lot that nobody has scanned.
func (lab *lab) pick(turn *rand.Rand) (*batch, string) {
	lab.mu.Lock()
	defer lab.mu.Unlock()
	for range 20 {
		if len(lab.lots) == 0 {
			break
		}
		l := lab.lots[turn.IntN(len(lab.lots))]
		l.mu.Lock()
		number := l.Numbers[turn.IntN(len(l.Numbers))]
		good := l.id != 0 && !l.Tried[number]
		if good {
			l.Tried[number] = true
		}
		l.mu.Unlock()
		if good {
			return l, number
		}
	}
	return nil, ""
}

func (lab *lab) compare(p *program, l *batch) {
	lab.t.Helper()
	for _, breach := range faultlab.Breaches(l.Lot, p.see(l)) {
		lab.t.Error(breach)
	}
}
