package staff

import (
	"crypto/rand"

	"kofu/internal/keyring"
	"kofu/internal/password"
)

// Cost is what one computation of argon2id takes.
type Cost = password.Cost

// StandardCost is the cost in every program; only tests take less.
var StandardCost = password.StandardCost

// waiting is who has to wait for a turn before others are sent away.
const waiting = 20

// Hasher turns the passwords of staff into what the database keeps. It is safe
// for concurrent use.
type Hasher struct {
	*password.Hasher
	ring *keyring.Ring
}

// NewPool bounds how many passwords of staff are computed at a time; all tenants
// of a program share it.
func NewPool() *password.Pool { return password.NewPool(waiting) }

// NewHasher returns a hasher of the cost with the keys of the only installation of
// a program.
func NewHasher(cost Cost, ring *keyring.Ring) *Hasher { return NewHasherIn(NewPool(), cost, ring) }

// NewHasherIn returns a hasher of one of several installations of a program.
func NewHasherIn(pool *password.Pool, cost Cost, ring *keyring.Ring) *Hasher {
	mac := func(text string) string { return ring.MAC("staff-password", text) }
	return &Hasher{password.New(cost, pool, "staff.busy", mac), ring}
}

// loginMAC finds the row of a login name, existing or not, without keeping it.
func (h *Hasher) loginMAC(login string) string { return h.ring.MAC("staff-login", login) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
