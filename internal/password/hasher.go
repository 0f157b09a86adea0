// Package password turns passwords into what a database keeps, argon2id over a
// keyed hash of the password, so that the database alone lets nobody try
// passwords. It bounds how many are computed at a time, and it knows the
// passwords that are tried first. It writes no tables.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"kofu/internal/fault"
)

// Cost is what one computation of argon2id takes.
type Cost struct {
	Memory uint32 // KiB
	Time   uint32 // passes
}

// StandardCost is the cost in every program; only tests take less.
var StandardCost = Cost{Memory: 64 << 10, Time: 3}

const (
	saltSize = 16
	keySize  = 32
	atOnce   = 2 // computations at a time: at most 128 MiB
)

// Pool bounds the computations of all hashers that share it, so that a program
// with many municipalities takes no more memory than one with a single one.
type Pool struct {
	queue chan struct{}
	slots chan struct{}
}

// NewPool returns a pool in which two are served at a time and so many wait;
// others are sent away.
func NewPool(waiting int) *Pool {
	return &Pool{queue: make(chan struct{}, atOnce+waiting), slots: make(chan struct{}, atOnce)}
}

// Hasher hashes and compares passwords. It is safe for concurrent use.
type Hasher struct {
	*Pool
	cost  Cost
	mac   func(text string) string
	busy  string
	dummy string
}

// New returns a hasher of the cost, whose turns are those of the pool. mac is the
// keyed hash under which passwords stand; who is sent away gets fault.Unavailable
// and the code busy.
func New(cost Cost, pool *Pool, busy string, mac func(text string) string) *Hasher {
	h := &Hasher{Pool: pool, cost: cost, mac: mac, busy: busy}
	// Random bytes in place of a hash: to verify against it takes the same time
	// as against a real one and never succeeds.
	h.dummy = phc(cost, randomBytes(saltSize), randomBytes(keySize))
	return h
}

// Enter waits for a turn; leave ends it. Errors: fault.Unavailable with the code
// of the hasher.
func (h *Hasher) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, fault.New(fault.Unavailable, h.busy)
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ctx.Err()
	}
}

// Hash returns what to keep for the password.
func (h *Hasher) Hash(password string) string {
	salt := randomBytes(saltSize)
	return phc(h.cost, salt, derive(h.cost, h.keyed(password), salt, keySize))
}

// Verify reports whether stored was made from the password. An empty stored
// never is, but takes as long.
func (h *Hasher) Verify(stored, password string) bool {
	if stored == "" {
		stored = h.dummy
	}
	cost, salt, want, err := parsePHC(stored)
	if err != nil {
		return false
	}
	got := derive(cost, h.keyed(password), salt, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// Outdated reports whether stored was made with another cost.
func (h *Hasher) Outdated(stored string) bool {
	cost, _, _, err := parsePHC(stored)
	return err != nil || cost != h.cost
}

// keyed is the password under the key. Full-width letters and digits, which a
// forgotten input method types, count as the plain ones.
func (h *Hasher) keyed(password string) string { return h.mac(norm.NFKC.String(password)) }

func derive(c Cost, password string, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, 1, size)
}

func phc(c Cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.Memory, c.Time, b64.EncodeToString(salt), b64.EncodeToString(key))
}

func parsePHC(s string) (c Cost, salt, key []byte, err error) {
	var version int
	var rest string
	if _, err := fmt.Sscanf(s, "$argon2id$v=%d$m=%d,t=%d,p=1$%s", &version, &c.Memory, &c.Time, &rest); err != nil {
		return c, nil, nil, fmt.Errorf("not a password hash: %w", err)
	}
	const mark = '$'
	for i, r := range rest {
		if r != mark {
			continue
		}
		if salt, err = base64.RawStdEncoding.DecodeString(rest[:i]); err != nil {
			return c, nil, nil, err
		}
		key, err = base64.RawStdEncoding.DecodeString(rest[i+1:])
		if err == nil && (version != argon2.Version || c.Time == 0 || len(salt) == 0 || len(key) == 0) {
			err = fmt.Errorf("password hash of version %d", version)
		}
		return c, salt, key, err
	}
	return c, nil, nil, fmt.Errorf("password hash without a key")
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
