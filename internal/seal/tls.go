package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"kofu/internal/fault"
)

// TLS returns the settings with which one side talks to the other by TLS 1.3,
// as caller or as listener. Both show a certificate that they have signed
// themselves with their signing key, and each compares the other's key with the
// pinned ones: no authority, no name and no date of a certificate is believed.
// A connection to anybody else fails with fault.Forbidden "seal.wrong_peer".
func (s *Secret) TLS(peers []Public) (*tls.Config, error) {
	own, err := s.certificate()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{own},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection asks the pinned keys instead of authorities
		VerifyConnection: func(state tls.ConnectionState) error {
			if s.Peer(state, peers) {
				return nil
			}
			return fault.New(fault.Forbidden, "seal.wrong_peer")
		},
		SessionTicketsDisabled: true, // a key that is taken back ends with its connections
	}, nil
}

// Peer reports whether the other end of a connection has shown the signing key
// of one of the peers: of the other side of the same municipality.
func (s *Secret) Peer(state tls.ConnectionState, peers []Public) bool {
	if len(state.PeerCertificates) == 0 {
		return false
	}
	shown, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok {
		return false
	}
	for _, p := range peers {
		key, err := p.verify()
		if err == nil && p.Party != s.party && p.Tenant == s.tenant && key.Equal(shown) {
			return true
		}
	}
	return false
}

// never is the date of certificates without an end (RFC 5280, 4.1.2.5).
var never = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// certificate signs the own key with itself. The same key gives the same
// certificate always.
func (s *Secret) certificate() (tls.Certificate, error) {
	public, ok := s.sign.Public().(ed25519.PublicKey)
	if !ok {
		return tls.Certificate{}, fmt.Errorf("signing key: not Ed25519")
	}
	serial := sha256.Sum256(public)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:16]),
		Subject:      pkix.Name{CommonName: "kofu exchange " + string(s.party)},
		NotBefore:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     never,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, s.sign)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate of the exchange: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.sign}, nil
}
