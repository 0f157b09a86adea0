// Package ulid makes the identifiers of the booking service: 26 characters,
// the time in front, so that their order is the order in which they were made.
// The programs make them and not the database, because both engines and several
// servers must agree without asking. It writes no tables.
package ulid

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// Crockford's alphabet: in the order of ASCII, without I, L, O and U.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// last is the random part of the identifier made last, and its millisecond.
var last struct {
	sync.Mutex
	ms   uint64
	tail [10]byte
}

// New returns an identifier of the instant: 48 bits of milliseconds, 80 random.
// Of two that this process makes in one millisecond the later is the greater.
func New(at time.Time) string {
	var b [20]byte               // 160 bits in 32 characters, of which the last 128 count
	ms := uint64(at.UnixMilli()) //nolint:gosec // instants after 1970
	binary.BigEndian.PutUint64(b[2:], ms)
	last.Lock()
	if ms == last.ms {
		increment(&last.tail)
	} else {
		last.ms = ms
		_, _ = rand.Read(last.tail[:]) // never fails (crypto/rand)
		last.tail[0] &= 0x7f           // room to count
	}
	copy(b[10:], last.tail[:])
	last.Unlock()
	return alphabet.EncodeToString(b[:])[6:]
}

// After returns an identifier of the instant that is greater than an earlier
// one, also where that was made by a clock that is ahead.
func After(at time.Time, earlier string) string {
	if id := New(at); id > earlier {
		return id
	}
	b, err := alphabet.DecodeString("000000" + earlier)
	if err != nil || len(b) != 20 {
		return New(at) // there was none
	}
	ms := binary.BigEndian.Uint64(b[2:10])
	return New(time.UnixMilli(int64(ms) + 1)) //nolint:gosec // 48 bits
}

func increment(tail *[10]byte) {
	for i := len(tail) - 1; i >= 0; i-- {
		tail[i]++
		if tail[i] != 0 {
			return
		}
	}
}

// Time is the instant of an identifier. ok is false for what is none.
func Time(id string) (at time.Time, ok bool) {
	b, err := alphabet.DecodeString("000000" + id)
	if err != nil || len(b) != 20 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[2:10]))).UTC(), true //nolint:gosec // 48 bits
}
