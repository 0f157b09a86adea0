//go:build faultlab

package faultlab_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kofu/internal/faultlab"
)

// cardsOfLot and residents are sizes at which an import takes long enough to be
// killed in its middle.
const (
	cardsOfLot = 600
	residents  = 1000
)

// moment says when a round kills the program.
type moment int

const (
	anywhere    moment = iota // some time after the start
	insideLot                 // while it applies a delivery list
	insideNight               // while it applies a registry file
)

var moments = []moment{anywhere, insideLot, insideNight}

// batch is a delivery list under test; mu guards its acknowledgements.
type batch struct {
	mu sync.Mutex
	faultlab.Lot
	id int64 // of the delivery, once it is known
}

// lab keeps what the program acknowledged over all rounds.
type lab struct {
	t   *testing.T
	dir string

	mu       sync.Mutex
	lots     []*batch
	again    []*batch // their import was cut off; a clerk would try again
	touched  map[*batch]bool
	register faultlab.Register
	flying   moment                   // the import that is being applied, anywhere for none
	finished int                      // imports of this round that were acknowledged
	took     map[moment]time.Duration // how long the last acknowledged one took

	cut, arrived int // imports whose answer the kill cut off: not done, done
}

func newLab(t *testing.T, dir string) *lab {
	return &lab{
		t: t, dir: dir, touched: map[*batch]bool{}, took: map[moment]time.Duration{},
		register: faultlab.Register{Residents: residents, Applied: map[int]bool{}},
	}
}

// nextLot is a list whose import was cut off, or a new one.
func (lab *lab) nextLot() *batch {
	lab.mu.Lock()
	defer lab.mu.Unlock()
	if n := len(lab.again); n > 0 {
		l := lab.again[n-1]
		lab.again = lab.again[:n-1]
		return l
	}
	n := len(lab.lots) + 1
	l := &batch{Lot: faultlab.Lot{No: fmt.Sprintf("20261118-%03d", n), Received: map[string]bool{}, Tried: map[string]bool{}}}
	for i := range cardsOfLot {
		l.Numbers = append(l.Numbers, fmt.Sprintf("KFT-%03d%03d", n, i+1))
	}
	lab.lots = append(lab.lots, l)
	return l
}

// importLot imports a delivery list and notes the acknowledgement.
func (lab *lab) importLot(p *program, l *batch) error {
	lab.touch(l)
	run, err := lab.apply(p, insideLot, "納品一覧"+l.No+".csv", deliveryList(p.t, l.Lot))
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Applied, l.id = true, run.DeliveryID
	return nil
}

// importNight imports the registry file of the next night.
func (lab *lab) importNight(p *program) error {
	lab.mu.Lock()
	lab.register.Last++
	night := lab.register.Last
	lab.mu.Unlock()
	if _, err := lab.apply(p, insideNight, fmt.Sprintf("住記抽出%d.csv", night), registryFile(p.t, night)); err != nil {
		return err
	}
	lab.mu.Lock()
	defer lab.mu.Unlock()
	lab.register.Applied[night] = true
	return nil
}

// apply imports a file and notes when and how long it was applied.
func (lab *lab) apply(p *program, kind moment, name string, file []byte) (importRun, error) {
	run, err := p.upload(name, file)
	if err != nil {
		return run, err
	}
	start := time.Now()
	lab.fly(kind)
	if run, err = p.apply(run); err != nil {
		return run, err
	}
	lab.mu.Lock()
	defer lab.mu.Unlock()
	lab.flying, lab.took[kind] = anywhere, time.Since(start)
	lab.finished++
	return run, nil
}

func (lab *lab) fly(kind moment) {
	lab.mu.Lock()
	defer lab.mu.Unlock()
	lab.flying = kind
}

func (lab *lab) touch(l *batch) {
	lab.mu.Lock()
	defer lab.mu.Unlock()
	lab.touched[l] = true
}

// work imports in one thread and scans in two until the program, which is
// killed at the moment given, no longer answers.
func (lab *lab) work(p *program, at moment, chance *rand.Rand) {
	clear(lab.touched)
	lab.flying, lab.finished = anywhere, 0
	var all sync.WaitGroup
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
	night := at == insideNight
	run(func() error {
		night = !night
		if !night {
			return lab.importNight(p)
		}
		return lab.importLot(p, lab.nextLot())
	})
	for range 2 {
		turn := rand.New(rand.NewPCG(chance.Uint64(), 2))
		run(func() error {
			l, number := lab.pick(turn)
			if l == nil {
				return p.alive() // nothing to scan yet
			}
			lab.touch(l)
			return p.scan(l, number)
		})
	}
	lab.await(p, at, chance)
	p.kill()
	all.Wait()
}

// await returns at a random time within the moment.
func (lab *lab) await(p *program, at moment, chance *rand.Rand) {
	if at == anywhere {
		<-time.After(time.Duration(10+chance.IntN(600)) * time.Millisecond)
		return
	}
	before := chance.IntN(3) // imports that come through
	deadline := time.Now().Add(time.Minute)
	for now := range time.Tick(time.Millisecond) {
		lab.mu.Lock()
		hit, took := lab.flying == at && lab.finished >= before, lab.took[at]
		lab.mu.Unlock()
		if hit {
			<-time.After(time.Duration(chance.Int64N(int64(max(took, 50*time.Millisecond)))))
			return
		}
		if now.After(deadline) {
			p.t.Error("no import has begun")
			return
		}
	}
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

// compareWorked compares everything that the last round touched, and settles
// what became of the import that the kill cut off.
func (lab *lab) compareWorked(p *program) {
	lab.t.Helper()
	for l := range lab.touched {
		answered := l.Applied
		lab.compare(p, l)
		switch {
		case answered:
		case l.id == 0:
			lab.again = append(lab.again, l)
		default:
			l.Applied = true // it is there and has to stay
		}
		if !answered && lab.flying == insideLot {
			lab.count(l.id != 0)
		}
	}
	seen := lab.compareRegister()
	if last := lab.register.Last; lab.flying == insideNight {
		lab.count(seen.Residents[last] > 0)
		lab.register.Applied[last] = seen.Residents[last] > 0
	}
	maps.DeleteFunc(lab.register.Applied, func(_ int, applied bool) bool { return !applied })
}

func (lab *lab) count(done bool) {
	if done {
		lab.arrived++
	} else {
		lab.cut++
	}
}

func (lab *lab) compareAll(p *program) {
	lab.t.Helper()
	for _, l := range lab.lots {
		lab.compare(p, l)
	}
	lab.compareRegister()
}

func (lab *lab) compare(p *program, l *batch) {
	lab.t.Helper()
	for _, breach := range faultlab.Breaches(l.Lot, p.see(l)) {
		lab.t.Error(breach)
	}
}

func (lab *lab) compareRegister() faultlab.SeenRegister {
	lab.t.Helper()
	seen := seeRegister(lab.t, lab.dir)
	for _, breach := range faultlab.RegisterBreaches(lab.register, seen) {
		lab.t.Error(breach)
	}
	return seen
}

// done counts what was acknowledged.
func (lab *lab) done() (lots, scans int) {
	for _, l := range lab.lots {
		scans += len(l.Received)
		if l.Applied {
			lots++
		}
	}
	return lots, scans
}

// mustHaveWorked fails the test when the kills came too early or too late to
// prove anything.
func (lab *lab) mustHaveWorked(rounds int) {
	lab.t.Helper()
	lots, scans := lab.done()
	if lots < rounds/10 || len(lab.register.Applied) < rounds/10 || scans < rounds || lab.cut < rounds/10 {
		lab.t.Errorf("the rounds proved nothing: %s", lab)
	}
}

// String says what the rounds did.
func (lab *lab) String() string {
	lots, scans := lab.done()
	return fmt.Sprintf("%d lists of %d cards, %d nights of %d residents and %d receptions; killed inside an import: %d gone without a trace, %d done",
		lots, cardsOfLot, len(lab.register.Applied), residents, scans, lab.cut, lab.arrived)
}
