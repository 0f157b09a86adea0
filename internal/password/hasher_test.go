package password

import (
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/testkit"
)

var cheap = Cost{Memory: 64, Time: 1}

const waiting = 20

func hasher() *Hasher { return made(cheap, 1) }

func made(cost Cost, key byte) *Hasher {
	ring := keyring.ForTest(key)
	return New(cost, NewPool(waiting), "test.busy", func(text string) string { return ring.MAC("test", text) })
}

// The vector is one of the reference implementation of Argon2 (test.c):
// argon2id, version 19, t=2, m=65536, p=1, "password", "somesalt".
func TestDerive_ReferenceVector(t *testing.T) {
	got := derive(Cost{Memory: 65536, Time: 2}, "password", []byte("somesalt"), 32)
	if want := "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"; hex.EncodeToString(got) != want {
		t.Errorf("derive = %x, want %s", got, want)
	}
	text := phc(Cost{Memory: 65536, Time: 2}, []byte("somesalt"), got)
	if want := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"; text != want {
		t.Errorf("phc = %s, want %s", text, want)
	}
	cost, salt, key, err := parsePHC(text)
	if err != nil || cost != (Cost{Memory: 65536, Time: 2}) || string(salt) != "somesalt" || string(key) != string(got) {
		t.Errorf("parsePHC = %v %q %x, %v", cost, salt, key, err)
	}
}

func TestHasher_StandardCostIsTheAgreedOne(t *testing.T) {
	hash := made(StandardCost, 1).Hash("an apple and a violin")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash %s", hash)
	}
}

func TestHasher_Verify(t *testing.T) {
	h := hasher()
	hash := h.Hash("an apple and a violin")
	for _, c := range []struct {
		name, stored, password string
		want                   bool
	}{
		{"right", hash, "an apple and a violin", true},
		{"typed full-width", hash, "ａｎ　ａｐｐｌｅ　ａｎｄ　ａ　ｖｉｏｌｉｎ", true},
		{"wrong", hash, "an apple and a viola", false},
		{"empty", hash, "", false},
		{"no account", "", "an apple and a violin", false},
		{"no account, empty", "", "", false},
		{"damaged", hash[:len(hash)-4], "an apple and a violin", false},
		{"not a hash", "an apple and a violin", "an apple and a violin", false},
	} {
		if got := h.Verify(c.stored, c.password); got != c.want {
			t.Errorf("%s: Verify = %v", c.name, got)
		}
	}
	if made(cheap, 2).Verify(hash, "an apple and a violin") {
		t.Error("the hash opens without the key of the appliance")
	}
	if h.Hash("an apple and a violin") == hash {
		t.Error("two hashes of a password are the same: no salt")
	}
	if h.Outdated(hash) || !made(Cost{Memory: 128, Time: 1}, 1).Outdated(hash) {
		t.Error("outdated does not follow the cost")
	}
}

func TestHasher_SendsAwayWhoWouldWaitTooLong(t *testing.T) {
	h := hasher()
	var leaves []func()
	for range atOnce {
		leave, err := h.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	var waiters sync.WaitGroup
	for range waiting {
		h.queue <- struct{}{} // stands in the queue
		waiters.Go(func() {
			h.slots <- struct{}{}
			<-h.slots
			<-h.queue
		})
	}
	_, err := h.Enter(t.Context())
	testkit.WantFault(t, err, fault.Unavailable, "test.busy")
	for _, leave := range leaves {
		leave()
	}
	waiters.Wait()
	leave, err := h.Enter(t.Context())
	if err != nil {
		t.Fatalf("after everybody has left: %v", err)
	}
	leave()
}

// The hashers of several municipalities take their turns in one pool.
func TestPool_IsShared(t *testing.T) {
	pool := NewPool(0)
	mac := func(text string) string { return text }
	one, two := New(cheap, pool, "test.busy", mac), New(cheap, pool, "test.other_busy", mac)
	for range atOnce {
		if _, err := one.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := two.Enter(t.Context())
	testkit.WantFault(t, err, fault.Unavailable, "test.other_busy")
}
