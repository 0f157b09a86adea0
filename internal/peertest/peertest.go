// Package peertest is the other side of the exchange in the tests of one side:
// keys of its own, a log that says what the test wants, bundles there and back.
// What the events mean is for the test.
package peertest

import (
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"kofu/internal/event"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Peer is a side for which a test speaks. It is a [relay.Log].
type Peer struct {
	DB    *store.DB // keeps how far the exchange has come
	Book  *keybook.Book
	Codes *keyring.Codes // of an office: the keys under which it hashes its codes
	Said  []event.Body   // its log
	Heard []event.Body   // what it has applied

	t     testing.TB
	terms relay.Terms // without the keys
	clock func() time.Time
}

// NewOffice is an office with new keys, for a test of the booking service.
func NewOffice(t testing.TB, db *store.DB, tenant string, clock func() time.Time) *Peer {
	t.Helper()
	p := &Peer{t: t, DB: db, clock: clock, terms: relay.Terms{Kind: seal.Reservations, Class: "restricted"}}
	keys := p.open(seal.Office, tenant)
	var err error
	p.Codes, err = keyring.OpenOfficeCodes(keys)
	p.must(err)
	_, err = p.Codes.Make(rand.Reader)
	p.must(err)
	return p
}

// NewService is a booking service with new keys, for a test of the office.
func NewService(t testing.TB, db *store.DB, tenant string, clock func() time.Time) *Peer {
	t.Helper()
	p := &Peer{t: t, DB: db, clock: clock, terms: relay.Terms{Kind: seal.Return, Class: "pseudonymous"}}
	p.open(seal.Cloud, tenant)
	return p
}

// open makes the keys and returns their folder.
func (p *Peer) open(side seal.Party, tenant string) (keys string) {
	p.t.Helper()
	keys = p.t.TempDir()
	var err error
	p.Book, err = keybook.Open(keys, side)
	p.must(err)
	p.must(p.Book.Make(tenant, p.clock(), rand.Reader))
	return keys
}

func (p *Peer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// Own is the own secret key.
func (p *Peer) Own() *seal.Secret {
	p.t.Helper()
	own, err := p.Book.Own()
	p.must(err)
	return own
}

// Known is the key of the other side that two people have confirmed.
func (p *Peer) Known() seal.Public {
	p.t.Helper()
	known, err := p.Book.Peer()
	p.must(err)
	return known
}

// Public is the file that the other side reads.
func (p *Peer) Public() []byte {
	p.t.Helper()
	text, err := json.Marshal(p.Own().Public())
	p.must(err)
	return text
}

// Fingerprint is what people at the other side compare.
func (p *Peer) Fingerprint() string {
	p.t.Helper()
	return p.Own().Public().Fingerprint()
}

// Meet reads the public keys of the other side, which two people compare unless
// they are signed with keys that are known.
func (p *Peer) Meet(public []byte) {
	p.t.Helper()
	theirs, err := p.Book.Offer(public, p.clock())
	p.must(err)
	s, err := p.Book.State()
	p.must(err)
	if s.Offered == nil {
		return
	}
	for _, person := range []string{"a", "b"} {
		_, err := p.Book.Confirm(theirs.Fingerprint(), person, p.clock())
		p.must(err)
	}
}

// State is how far the exchange has come.
func (p *Peer) State() (s relay.State) {
	p.t.Helper()
	testkit.Read(p.t, p.DB, func(rx *store.Rx) (err error) {
		s, err = relay.Load(rx)
		return err
	})
	return s
}

// Renew puts the peer back to a log that ends at head, and returns the epoch
// before: its log begins anew and says so.
func (p *Peer) Renew(head int64) (was string) {
	p.t.Helper()
	was = p.State().Epoch
	testkit.Write(p.t, p.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := relay.Renew(tx, rand.Reader)
		return err
	})
	p.Said = []event.Body{event.LogRestored{Was: was, Head: head}}
	return was
}

// AcceptEpoch goes on with the epoch of the other side, which was put back: applied
// events of its new log are known here, and it still knows acked of ours.
func (p *Peer) AcceptEpoch(epoch string, applied, acked int64) {
	p.t.Helper()
	testkit.Write(p.t, p.DB, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, epoch, applied, acked) })
}
