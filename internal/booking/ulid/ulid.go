// Package ulid makes the identifiers of the booking service: 26 characters,
// the time in front, so that their order is the order in which they were made.
// The programs make them and not the database, because both engines and several
// servers must agree without asking. It writes no tables.
package ulid

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// Crockford's alphabet: in the order of ASCII, without I, L, O and U.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// New returns an identifier of the instant: 48 bits of milliseconds, 80 random.
func New(at time.Time) string {
	var b [20]byte                                            // 130 bits of text hold 128, so four bytes of zeros lead
	binary.BigEndian.PutUint64(b[2:], uint64(at.UnixMilli())) //nolint:gosec // instants after 1970
	_, _ = rand.Read(b[10:])                                  // never fails (crypto/rand)
	return alphabet.EncodeToString(b[:])[6:]
}
