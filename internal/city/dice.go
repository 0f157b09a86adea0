package city

import "math/rand/v2"

// dice gives the random choices of one thing of the city. PCG is a fixed
// algorithm, and the reductions are our own, so that no release of Go can
// change a file.
type dice struct{ pcg rand.PCG }

// The streams of choices; a new one never disturbs the others.
const (
	ofHousehold = iota + 1
	ofPerson
	ofCard
	ofNight
	ofNewcomer
	ofOrder
)

// dice for the n-th thing of a stream.
func (c *City) dice(stream, n int) *dice {
	d := &dice{}
	d.pcg.Seed(c.cfg.Seed, uint64(stream)<<48|uint64(n))
	d.pcg.Uint64() // neighbours start alike
	d.pcg.Uint64()
	return d
}

// n gives 0 … k-1.
func (d *dice) n(k int) int { return int(d.pcg.Uint64() % uint64(k)) }

// between gives a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

// chance is true in n of 10,000 cases.
func (d *dice) chance(n int) bool { return d.n(10_000) < n }

// digits gives n random decimal digits.
func (d *dice) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.n(10))
	}
	return string(b)
}

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }
