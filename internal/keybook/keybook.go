// Package keybook keeps the keys of one side of the exchange in its key folder:
// the own secret keys, the public keys of the other side with the people who
// compared them, and the keys that still hold for a while after they were
// replaced. It belongs to both sides, so that both go through the same ceremony:
// make the own keys, give the public half to the other side, read theirs, and
// have two people compare both fingerprints on paper. Nothing is believed before.
// It writes no tables; keys never lie in a database or a backup that leaves the
// building.
//
// Source: security-reliability.md §7.3 and §7.4.
package keybook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kofu/internal/fault"
	"kofu/internal/filelock"
	"kofu/internal/keyring"
	"kofu/internal/seal"
)

// Overlap is how long a key that was replaced still opens and verifies what is
// under way.
const Overlap = 14 * 24 * time.Hour

const fileName = "exchange.json"

// Book is what one side keeps. It is safe for concurrent use, also by several books
// of one or of several programs on one folder: a change begins with what the file
// says now, under a lock on it. Reading shows the file as it was at Open or at the
// own last change.
type Book struct {
	path  string
	party seal.Party
	mu    sync.Mutex
	pages pages
}

// pages are the file.
type pages struct {
	Own     []ownKey  `json:"own"`     // the newest first
	Peers   []peerKey `json:"peers"`   // confirmed ones, the newest first
	Offered *Offer    `json:"offered"` // read, and not confirmed by two people yet
	Masters int64     `json:"masters"` // number of the bundle of code keys sent or taken last
	Address string    `json:"address"` // of the other side, for HTTPS
	Recover string    `json:"recover"` // recovery key of the city, '' for none
}

type ownKey struct {
	Secret json.RawMessage `json:"secret"`
	Made   string          `json:"made"`
	Until  string          `json:"until"` // '' for the present one
}

type peerKey struct {
	seal.Public
	Confirmed []string `json:"confirmed"` // who compared the fingerprints
	Since     string   `json:"since"`
	Until     string   `json:"until"`
}

// Offer is a public key of the other side that waits for two people.
type Offer struct {
	seal.Public
	At        string   `json:"at"`
	Confirmed []string `json:"confirmed"`
}

// Open reads the book of one side in a key folder; there may be none yet.
func Open(dir string, party seal.Party) (_ *Book, err error) {
	defer fault.Add(&err, "keybook.Open")
	b := &Book{path: filepath.Join(dir, fileName), party: party}
	if b.pages, err = readPages(b.path); err != nil {
		return nil, err
	}
	return b, nil
}

// readPages reads the file as it is now; there may be none yet.
func readPages(path string) (p pages, err error) {
	text, err := keyring.ReadSecret(path)
	if errors.Is(err, os.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", fileName, err)
	}
	return p, nil
}

// change writes the book as the file says it is, with what fn changes, or leaves
// it. Every request opens a book of its own, and more than one program may: what
// another one has written since is kept.
func (b *Book) change(fn func(*pages) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return err
	}
	lock, err := filelock.Wait(b.path + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	b.mu.Lock()
	defer b.mu.Unlock()
	next, err := readPages(b.path)
	if err != nil {
		return err
	}
	if err := fn(&next); err != nil {
		return err
	}
	text, err := json.Marshal(next)
	if err == nil {
		err = keyring.WriteSecret(b.path, text)
	}
	if err == nil {
		b.pages = next
	}
	return err
}

// Make makes the own keys for a municipality. Errors: fault.Conflict
// "keybook.made_already", fault.Invalid "keybook.bad_tenant".
func (b *Book) Make(tenant string, now time.Time, random io.Reader) (err error) {
	defer fault.Add(&err, "keybook.Make")
	if !goodTenant(tenant) {
		return fault.New(fault.Invalid, "keybook.bad_tenant")
	}
	return b.change(func(p *pages) error {
		if len(p.Own) > 0 {
			return fault.New(fault.Conflict, "keybook.made_already")
		}
		made, err := seal.NewSecret(b.party, tenant, random)
		if err != nil {
			return err
		}
		return p.add(made, now)
	})
}

func goodTenant(text string) bool {
	if len(text) == 0 || len(text) > 9 {
		return false
	}
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return text[0] != '0'
}

// Rotate replaces the own opening key: of what a lost medium held, nothing more
// is sealed for it. The old one opens what is under way until [Overlap] is over.
// The other side must read the new public key. Error: fault.Conflict "seal.no_keys".
func (b *Book) Rotate(now time.Time) (err error) {
	defer fault.Add(&err, "keybook.Rotate")
	return b.change(func(p *pages) error {
		own, err := p.own()
		if err != nil {
			return err
		}
		next, err := own.Rotated()
		if err != nil {
			return err
		}
		return p.add(next, now)
	})
}

func (p *pages) add(s *seal.Secret, now time.Time) error {
	text, err := s.Marshal()
	if err != nil {
		return err
	}
	for i := range p.Own {
		if p.Own[i].Until == "" {
			p.Own[i].Until = stamp(now.Add(Overlap))
		}
	}
	p.Own = append([]ownKey{{Secret: text, Made: stamp(now)}}, p.Own...)
	p.Own = slices.DeleteFunc(p.Own, func(k ownKey) bool { return over(k.Until, now) })
	return nil
}

func (p *pages) own() (*seal.Secret, error) {
	if len(p.Own) == 0 {
		return nil, fault.New(fault.Conflict, "seal.no_keys")
	}
	return seal.ParseSecret(p.Own[0].Secret)
}

// Own returns the own keys. Error: fault.Conflict "seal.no_keys".
func (b *Book) Own() (*seal.Secret, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages.own()
}

// Offer reads the public keys of the other side from the file they sent
// (.kpub). They count once two people have compared them. Reading the keys in use
// drops what was offered. Errors: fault.Invalid "seal.bad_keys"; fault.Conflict
// "seal.no_keys", "keybook.own_side", "keybook.other_tenant".
func (b *Book) Offer(file []byte, now time.Time) (_ seal.Public, err error) {
	defer fault.Add(&err, "keybook.Offer")
	offered, err := seal.ParsePublic(file)
	if err != nil {
		return offered, err
	}
	return offered, b.change(func(p *pages) error {
		own, err := p.own()
		if err != nil {
			return err
		}
		mine := own.Public()
		switch {
		case offered.Party == mine.Party:
			return fault.New(fault.Conflict, "keybook.own_side")
		case offered.Tenant != mine.Tenant:
			return fault.New(fault.Conflict, "keybook.other_tenant", "theirs", offered.Tenant, "ours", mine.Tenant)
		case len(p.Peers) > 0 && p.Peers[0].Public == offered:
			p.Offered = nil
			return nil
		}
		if p.Offered == nil || p.Offered.Public != offered {
			p.Offered = &Offer{Public: offered, At: stamp(now)}
		}
		return nil
	})
}

// Confirm says that a person has compared both fingerprints with the other side.
// fingerprint is the one of the offered key as the person saw it. The second
// person makes the keys count; done is true then. Errors: fault.NotFound
// "keybook.nothing_offered"; fault.Conflict "keybook.changed_meanwhile",
// "keybook.second_person".
func (b *Book) Confirm(fingerprint, person string, now time.Time) (done bool, err error) {
	defer fault.Add(&err, "keybook.Confirm")
	err = b.change(func(p *pages) error {
		o := p.Offered
		switch {
		case o == nil:
			return fault.New(fault.NotFound, "keybook.nothing_offered")
		case o.Fingerprint() != fingerprint:
			return fault.New(fault.Conflict, "keybook.changed_meanwhile")
		case slices.Contains(o.Confirmed, person):
			return fault.New(fault.Conflict, "keybook.second_person")
		}
		if o.Confirmed = append(o.Confirmed, person); len(o.Confirmed) < 2 {
			return nil
		}
		done = true
		p.pin(*o, now)
		return nil
	})
	return done, err
}

func (p *pages) pin(o Offer, now time.Time) {
	for i := range p.Peers {
		if p.Peers[i].Until == "" {
			p.Peers[i].Until = stamp(now.Add(Overlap))
		}
	}
	p.Peers = append([]peerKey{{Public: o.Public, Confirmed: o.Confirmed, Since: stamp(now)}}, p.Peers...)
	p.Peers = slices.DeleteFunc(p.Peers, func(k peerKey) bool { return over(k.Until, now) })
	p.Offered = nil
}

// Reject forgets keys that two people found to differ.
func (b *Book) Reject() (err error) {
	defer fault.Add(&err, "keybook.Reject")
	return b.change(func(p *pages) error {
		p.Offered = nil
		return nil
	})
}

// Peer returns the confirmed keys of the other side. Error: fault.Conflict
// "keybook.no_peer".
func (b *Book) Peer() (seal.Public, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pages.Peers) == 0 {
		return seal.Public{}, fault.New(fault.Conflict, "keybook.no_peer")
	}
	return b.pages.Peers[0].Public, nil
}

// Receiver returns what opening a bundle of the other side needs. Errors:
// fault.Conflict "seal.no_keys", "keybook.no_peer".
func (b *Book) Receiver(now time.Time) (r seal.Receiver, err error) {
	defer fault.Add(&err, "keybook.Receiver")
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Now = now
	for _, k := range b.pages.Own {
		if over(k.Until, now) {
			continue
		}
		s, err := seal.ParseSecret(k.Secret)
		if err != nil {
			return r, err
		}
		r.Keys = append(r.Keys, s)
	}
	for _, k := range b.pages.Peers {
		if !over(k.Until, now) {
			r.Senders = append(r.Senders, k.Public)
		}
	}
	switch {
	case len(r.Keys) == 0:
		return r, fault.New(fault.Conflict, "seal.no_keys")
	case len(r.Senders) == 0:
		return r, fault.New(fault.Conflict, "keybook.no_peer")
	}
	return r, nil
}

const layout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(layout) }

// over reports whether the time of a replaced key has passed.
func over(until string, now time.Time) bool { return until != "" && stamp(now) > until }
