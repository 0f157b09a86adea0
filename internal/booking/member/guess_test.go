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

// TB-01: of 10,000 refused codes, half of which exist, with a wrong birth date or
// withdrawn, nobody can tell which: the same words, and times that a test of means
// does not separate.
func TestTB01_TimesDoNotTellCodesApart(t *testing.T) {
	const codes, rounds = 500, 10
	clock := testkit.NewClock()
	db := testkit.BookingDB(t, clock)
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // repeatable on purpose
	var known []member.Member
	var real, none []linkcode.Code
	for n := range codes {
		real, none = append(real, made(n)), append(none, made(1_000_000+n))
		known = append(known, issued(real[n], fmt.Sprintf("%016x", n+1)))
	}
	city(t, db, known...)
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
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
	defer func() { member.Budgets = was }()

	texts := map[string]bool{}
	ask := func(c linkcode.Code, n int) float64 {
		from := netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})
		begun := time.Now()
		_, err := signIn(t, db, c, "19010101", from)
		took := time.Since(begun)
		testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
		texts[err.Error()] = true
		return float64(took.Microseconds())
	}
	var ofReal, ofNone []float64
	for round := range rounds {
		for n := range codes { // in turns, so that what else the machine does falls on both
			place := round*codes + n
			if random.IntN(2) == 0 {
				ofReal, ofNone = append(ofReal, ask(real[n], place)), append(ofNone, ask(none[n], place))
			} else {
				ofNone, ofReal = append(ofNone, ask(none[n], place)), append(ofReal, ask(real[n], place))
			}
		}
	}
	if len(texts) != 1 || len(ofReal)+len(ofNone) != 10_000 {
		t.Errorf("%d answers, %d words", len(ofReal)+len(ofNone), len(texts))
	}
	if w := welch(ofReal, ofNone); math.Abs(w) >= 4.5 {
		t.Errorf("Welch's t is %.1f: the times tell codes apart", w)
	}
	// The test sees a difference where there is one, on a loaded machine, too.
	for i := range ofNone {
		ofNone[i] *= 1.5
	}
	if w := welch(ofReal, ofNone); math.Abs(w) < 4.5 {
		t.Errorf("half more time goes unseen: t is %.1f", w)
	}
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
