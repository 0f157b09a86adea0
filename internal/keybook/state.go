package keybook

import (
	"net/url"

	"filippo.io/age"

	"kofu/internal/fault"
	"kofu/internal/seal"
)

// State is the book as screens and forms show it; it holds nothing secret.
type State struct {
	Own        *seal.Public // nil before the keys are made
	OwnSince   string
	OwnOld     []string // until when replaced own keys still open
	Peer       *seal.Public
	PeerSince  string
	PeerPeople []string // who compared the fingerprints
	PeerOld    []string
	Offered    *Offer
	Masters    int64
	Address    string
	Recovery   string
}

// State returns the book without its secrets.
func (b *Book) State() (s State, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages
	s.Masters, s.Address, s.Recovery = p.Masters, p.Address, p.Recover
	if p.Offered != nil {
		o := *p.Offered
		s.Offered = &o
	}
	for i, k := range p.Own {
		if i > 0 {
			s.OwnOld = append(s.OwnOld, k.Until)
			continue
		}
		own, err := seal.ParseSecret(k.Secret)
		if err != nil {
			return s, err
		}
		public := own.Public()
		s.Own, s.OwnSince = &public, k.Made
	}
	for i, k := range p.Peers {
		if i > 0 {
			s.PeerOld = append(s.PeerOld, k.Until)
			continue
		}
		public := k.Public
		s.Peer, s.PeerSince, s.PeerPeople = &public, k.Since, k.Confirmed
	}
	return s, nil
}

// SetAddress notes where the other side listens, "" for nowhere. Error:
// fault.Invalid "keybook.bad_address".
func (b *Book) SetAddress(address string) (err error) {
	defer fault.Add(&err, "keybook.SetAddress")
	if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "") {
		return fault.New(fault.Invalid, "keybook.bad_address")
	}
	return b.change(func(p *pages) error {
		p.Address = address
		return nil
	})
}

// SetRecovery notes the city's recovery key, for which every bundle is sealed as
// well, "" for none. Error: fault.Invalid "keybook.bad_recovery".
func (b *Book) SetRecovery(key string) (err error) {
	defer fault.Add(&err, "keybook.SetRecovery")
	if _, err := age.ParseHybridRecipient(key); key != "" && err != nil {
		return fault.New(fault.Invalid, "keybook.bad_recovery")
	}
	return b.change(func(p *pages) error {
		p.Recover = key
		return nil
	})
}

// Address is where the other side listens, "" for nowhere.
func (b *Book) Address() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages.Address
}

// Recovery is the city's recovery key, "" for none.
func (b *Book) Recovery() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages.Recover
}
