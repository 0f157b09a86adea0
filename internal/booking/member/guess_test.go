package member_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// TB-01: of refused codes, half of which exist, with a wrong birth date or
// withdrawn, the words do not tell which. Whether the times do is measured by
// BenchmarkTB01_Times.
func TestTB01_SameWords(t *testing.T) {
	g := newGuesses(t, 500)
	for n := range g.real {
		g.ask(g.real[n], n)
		g.ask(g.none[n], n)
	}
	if len(g.texts) != 1 {
		t.Errorf("%d different answers", len(g.texts))
	}
}

// TB-01: Welch's t of the times of 10,000 refused codes, half of which exist. Below
// 4.5 nobody can tell them apart; the control, with half more time for one half,
// lies far above. Only a calm machine says something.
func BenchmarkTB01_Times(b *testing.B) {
	const codes, rounds = 500, 10
	g := newGuesses(b, codes)
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // repeatable on purpose
	for b.Loop() {
		var ofReal, ofNone []float64
		for round := range rounds {
			for n := range codes { // in turns, so that what else the machine does falls on both
				place := round*codes + n
				if random.IntN(2) == 0 {
					ofReal, ofNone = append(ofReal, g.ask(g.real[n], place)), append(ofNone, g.ask(g.none[n], place))
				} else {
					ofNone, ofReal = append(ofNone, g.ask(g.none[n], place)), append(ofReal, g.ask(g.real[n], place))
				}
			}
		}
		b.ReportMetric(math.Abs(welch(ofReal, ofNone)), "welch-t")
		for i := range ofNone {
			ofNone[i] *= 1.5
		}
		b.ReportMetric(math.Abs(welch(ofReal, ofNone)), "control-t")
	}
}

// guesses are codes that exist and codes that do not.
type guesses struct {
	t          testing.TB
	db         *store.DB
	real, none []linkcode.Code
	texts      map[string]bool // what was answered
}

func newGuesses(t testing.TB, codes int) *guesses {
	g := &guesses{t: t, db: testkit.BookingDB(t, testkit.NewClock()), texts: map[string]bool{}}
	var known []member.Member
	for n := range codes {
		g.real, g.none = append(g.real, made(n)), append(g.none, made(1_000_000+n))
		known = append(known, issued(g.real[n], fmt.Sprintf("%016x", n+1)))
	}
	city(t, g.db, known...)
	testkit.Write(t, g.db, testkit.Clerk, func(tx *store.Tx) error {
		for n := range codes / 2 {
			if _, err := member.SetState(tx, tenant, known[n].Link, 1, member.Withdrawn); err != nil {
				return err
			}
		}
		return nil
	})
	was := member.Budgets
	member.Budgets = map[member.Scope]member.Budget{}
	for scope, b := range was {
		member.Budgets[scope] = member.Budget{Limit: 1_000_000, Window: b.Window}
	}
	t.Cleanup(func() { member.Budgets = was })
	return g
}

// ask shows a code with a wrong birth date and returns how long the refusal took,
// in microseconds.
func (g *guesses) ask(c linkcode.Code, n int) float64 {
	from := netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})
	begun := time.Now()
	_, err := signIn(g.t, g.db, c, "19010101", from)
	took := time.Since(begun)
	testkit.WantFault(g.t, err, fault.Forbidden, "member.cannot_book")
	g.texts[err.Error()] = true
	return float64(took.Microseconds())
}

// welch is Welch's t of two samples without their slowest tenth, which is the
// machine's.
func welch(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	return (ma - mb) / math.Sqrt(va+vb)
}

// moments are the mean and its variance.
func moments(list []float64) (mean, variance float64) {
	list = slices.Sorted(slices.Values(list))
	list = list[:len(list)*9/10]
	n := float64(len(list))
	for _, x := range list {
		mean += x / n
	}
	for _, x := range list {
		variance += (x - mean) * (x - mean) / (n - 1)
	}
	return mean, variance / n
}

// TB-02: a botnet of as many addresses as it likes never has more codes looked up
// than the budgets say, in a minute as in a day; the alarm comes at half of it, an
// ordinary resident gets in until the door closes and again when it opens.
func TestTB02_Botnet(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, issued(code, link))
		was := member.Budgets
		member.Budgets = map[member.Scope]member.Budget{
			member.OfAddress: was[member.OfAddress], member.OfCode: was[member.OfCode],
			member.OfMinute: {Limit: 60, Window: time.Minute}, member.OfDay: {Limit: 150, Window: 24 * time.Hour},
		}
		defer func() { member.Budgets = was }()
		begun, guesses := clock.Now(), 0
		// storm lets many bots guess at once and returns how many codes were looked up.
		storm := func(bots, each int) (looked int) {
			var all sync.WaitGroup
			var mu sync.Mutex
			for b := range bots {
				first := guesses
				guesses += each
				all.Go(func() {
					for n := range each {
						from := netip.AddrFrom4([4]byte{byte(11 + b%200), byte(first >> 8), byte(first), byte(n)})
						_, err := signIn(t, db, made(first+n), birth, from)
						mu.Lock()
						switch {
						case fault.Is(err, fault.Forbidden, "member.cannot_book"):
							looked++
						case !fault.Is(err, fault.TooMany, "member.too_many"):
							t.Errorf("a guess: %v", err)
						}
						mu.Unlock()
					}
				})
			}
			all.Wait()
			return looked
		}
		resident := func() error { _, err := signIn(t, db, code, birth, home); return err }
		pressure := func() (percent int) {
			testkit.Read(t, db, func(rx *store.Rx) (err error) { percent, err = member.Pressure(rx, tenant); return err })
			return percent
		}
		if n := storm(5, 7); n != 35 || pressure() < 50 {
			t.Errorf("%d of 35 were looked up, pressure %d before the door closes", n, pressure())
		}
		if err := resident(); err != nil {
			t.Errorf("a resident among the bots: %v", err)
		}
		looked := 35
		if n := storm(8, 20); n != 25 {
			t.Errorf("%d more were looked up in the first minute, want 25", n)
		}
		looked += 25
		testkit.WantFault(t, resident(), fault.TooMany, "member.too_many")
		for range 6 {
			clock.Advance(3 * time.Minute)
			if looked < 150 {
				if err := resident(); err != nil {
					t.Errorf("a resident after the minute: %v", err)
				}
			}
			n := storm(8, 20)
			if n > 60 {
				t.Errorf("%d were looked up in a minute", n)
			}
			looked += n
		}
		if looked != 150 {
			t.Errorf("%d codes were looked up in %s, want 150", looked, clock.Now().Sub(begun))
		}
		clock.Advance(27 * time.Hour)
		if err := resident(); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}
