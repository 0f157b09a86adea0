// Package queue is the waiting room in front of the residents' pages of one
// municipality. When more people come than can be served it opens by itself,
// gives everybody a signed ticket with a number, lets in so many a second, and
// closes when nobody waits any more. Who came before an opening that was
// announced is shuffled, so that nothing is gained by being there at the stroke
// of nine; after it, first come is first served. A ticket is worth nothing
// without a code, so nobody needs to be kept from taking several. The state is
// one row that all servers share; everything else follows from it, the ticket and
// the clock, so that reloads and restarts change nothing. Writes table
// waiting_room.
package queue

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"
)

// Room is the state that all servers share.
type Room struct {
	Round    int
	Open     bool
	Planned  bool
	OpenedAt time.Time
	StartsAt time.Time
	Rate     int // people a second
	Issued   int // numbers given
	Early    int // of them before StartsAt; -1 until then
	Base     int
	BaseAt   time.Time
}

// Serving reports whether the room gives numbers at an instant.
func (r Room) Serving(now time.Time) bool { return r.Open && !now.Before(r.OpenedAt) }

// Admitted is how many positions have been admitted so far.
func (r Room) Admitted(now time.Time) int {
	if now.Before(r.StartsAt) || r.Early < 0 {
		return 0
	}
	passed := max(0, now.Sub(r.BaseAt))
	return r.Base + int(passed.Milliseconds()*int64(r.Rate)/1000)
}

// Position is the place of a number in the line: numbers given before the start
// are shuffled under the key, the others follow as they came. known is false
// before the start.
func (r Room) Position(key []byte, number int) (position int, known bool) {
	if r.Early < 0 {
		return 0, false
	}
	if number >= r.Early {
		return number, true
	}
	return shuffle(key, r.Round, number, r.Early), true
}

// Wait is how long a position still waits.
func (r Room) Wait(position int, now time.Time) time.Duration {
	if now.Before(r.StartsAt) {
		return r.StartsAt.Sub(now)
	}
	ahead := position - r.Admitted(now) + 1
	return time.Duration(max(0, ahead)) * time.Second / time.Duration(r.Rate)
}

// Empty reports whether everybody who has a number is in.
func (r Room) Empty(now time.Time) bool {
	return !now.Before(r.StartsAt) && r.Early >= 0 && r.Admitted(now) >= r.Issued
}

// burst is how many people may come in at one instant after a pause: what a
// fifth of a second would have let in.
func (r Room) burst() int { return max(1, r.Rate/5) }

// give is the room after k more numbers at an instant; the first of them is
// returned. Time in which nobody waited lets nobody in later.
func (r Room) give(k int, now time.Time) (next Room, first int) {
	next, first = r, r.Issued
	next.Issued += k
	if now.Before(r.StartsAt) {
		return next, first
	}
	next = next.settled(first)
	if limit := first + next.burst(); next.Admitted(now) > limit {
		next.Base, next.BaseAt = limit, now
	}
	return next, first
}

// settled fixes at the start which numbers came before it.
func (r Room) settled(issued int) Room {
	if r.Early < 0 {
		r.Early = issued
	}
	return r
}

// shuffle is a permutation of 0 … n−1 that nobody can foresee without the key:
// a Feistel network over the next power of four, walked until it falls below n.
func shuffle(key []byte, round, number, n int) int {
	half := max(1, (bits.Len(uint(n-1))+1)/2)
	mask := uint64(1)<<half - 1
	mac := hmac.New(sha256.New, key)
	x := uint64(number)
	for {
		left, right := x>>half, x&mask
		for step := range 6 {
			var b [24]byte
			binary.BigEndian.PutUint64(b[:], uint64(round)<<8|uint64(step))
			binary.BigEndian.PutUint64(b[8:], uint64(n))
			binary.BigEndian.PutUint64(b[16:], right)
			mac.Reset()
			mac.Write(b[:])
			left, right = right, left^binary.BigEndian.Uint64(mac.Sum(nil))&mask
		}
		if x = left<<half | right; x < uint64(n) {
			return int(x)
		}
	}
}
