package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"kofu/internal/fault"
	"kofu/internal/keyring"
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
	atOnce   = 2  // computations at a time: at most 128 MiB
	waiting  = 20 // who has to wait behind them before others are sent away
)

// Hasher turns passwords into what the database keeps: argon2id over a keyed
// hash of the password, so that the database alone lets nobody try passwords.
// It is safe for concurrent use.
type Hasher struct {
	cost  Cost
	ring  *keyring.Ring
	dummy string
	queue chan struct{}
	slots chan struct{}
}

// NewHasher returns a hasher of the cost with the keys of the appliance.
func NewHasher(cost Cost, ring *keyring.Ring) *Hasher {
	h := &Hasher{cost: cost, ring: ring, queue: make(chan struct{}, atOnce+waiting), slots: make(chan struct{}, atOnce)}
	// Random bytes in place of a hash: to verify against it takes the same time
	// as against a real one and never succeeds.
	h.dummy = phc(cost, randomBytes(saltSize), randomBytes(keySize))
	return h
}

// enter waits for a turn; leave ends it. Errors: fault.Unavailable "staff.busy".
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, fault.New(fault.Unavailable, "staff.busy")
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ctx.Err()
	}
}

// hash returns what to keep for the password.
func (h *Hasher) hash(password string) string {
	salt := randomBytes(saltSize)
	return phc(h.cost, salt, derive(h.cost, h.keyed(password), salt, keySize))
}

// verify reports whether stored was made from the password. An empty stored
// never is, but takes as long.
func (h *Hasher) verify(stored, password string) bool {
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

// outdated reports whether stored was made with another cost.
func (h *Hasher) outdated(stored string) bool {
	cost, _, _, err := parsePHC(stored)
	return err != nil || cost != h.cost
}

// keyed is the password under the appliance's key. Full-width letters and
// digits, which a forgotten input method types, count as the plain ones.
func (h *Hasher) keyed(password string) string {
	return h.ring.MAC("staff-password", norm.NFKC.String(password))
}

// loginMAC finds the row of a login name, existing or not, without keeping it.
func (h *Hasher) loginMAC(login string) string { return h.ring.MAC("staff-login", login) }

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
