package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"kofu/internal/fault"
)

// Secret is one side's own keys: one to sign, one to open what is sent to it.
// It belongs into the key folder, never into a database or a backup that leaves
// the building.
type Secret struct {
	party  Party
	tenant string
	sign   ed25519.PrivateKey
	open   *age.HybridIdentity
}

// NewSecret makes keys for one side of one municipality's exchange.
func NewSecret(party Party, tenant string, random io.Reader) (*Secret, error) {
	_, sign, err := ed25519.GenerateKey(random)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	open, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("opening key: %w", err)
	}
	return &Secret{party: party, tenant: tenant, sign: sign, open: open}, nil
}

// Rotated returns keys with a new opening key: what was sealed for the old one,
// such as the bundle on a lost medium, can be opened with the old one only.
func (s *Secret) Rotated() (*Secret, error) {
	open, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("opening key: %w", err)
	}
	return &Secret{party: s.party, tenant: s.tenant, sign: s.sign, open: open}, nil
}

type secretFile struct {
	Party  Party  `json:"party"`
	Tenant string `json:"tenant"`
	Sign   string `json:"sign"` // base64url of the seed
	Open   string `json:"open"`
}

// Marshal writes the keys for the key folder.
func (s *Secret) Marshal() ([]byte, error) {
	return json.Marshal(secretFile{s.party, s.tenant, base64.RawURLEncoding.EncodeToString(s.sign.Seed()), s.open.String()})
}

// ParseSecret reads what Marshal wrote.
func ParseSecret(text []byte) (*Secret, error) {
	var f secretFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("keys of the exchange: %w", err)
	}
	seed, err := base64.RawURLEncoding.DecodeString(f.Sign)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("keys of the exchange: the signing key is damaged")
	}
	open, err := age.ParseHybridIdentity(f.Open)
	if err != nil {
		return nil, fmt.Errorf("keys of the exchange: the opening key is damaged")
	}
	return &Secret{party: f.Party, tenant: f.Tenant, sign: ed25519.NewKeyFromSeed(seed), open: open}, nil
}

// Public is what the other side must know, and what both sides compare on
// paper before they trust it.
type Public struct {
	Party  Party  `json:"party"`
	Tenant string `json:"tenant"`
	Verify string `json:"verify"` // base64url of the Ed25519 key
	Seal   string `json:"seal"`   // age recipient
}

// Public returns the public half.
func (s *Secret) Public() Public {
	return Public{
		Party:  s.party,
		Tenant: s.tenant,
		Verify: base64.RawURLEncoding.EncodeToString(s.sign.Public().(ed25519.PublicKey)),
		Seal:   s.open.Recipient().String(),
	}
}

// ParsePublic reads the other side's public keys from the file they sent.
// Errors: fault.Invalid "seal.bad_keys".
func ParsePublic(text []byte) (Public, error) {
	var p Public
	if err := json.Unmarshal(text, &p); err != nil || p.check() != nil {
		return Public{}, fault.New(fault.Invalid, "seal.bad_keys")
	}
	return p, nil
}

func (p Public) check() error {
	_, errVerify := p.verify()
	_, errSeal := age.ParseHybridRecipient(p.Seal)
	if p.Party != Office && p.Party != Cloud || p.Tenant == "" || errVerify != nil || errSeal != nil {
		return fault.New(fault.Invalid, "seal.bad_keys")
	}
	return nil
}

func (p Public) verify() (ed25519.PublicKey, error) {
	key, err := base64.RawURLEncoding.DecodeString(p.Verify)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("not an Ed25519 key")
	}
	return key, nil
}

// KidSig names the signing key, KidEnc the key that bundles are sealed for.
func (p Public) KidSig() string { return kid(p.Verify) }

// KidEnc names the key that bundles are sealed for.
func (p Public) KidEnc() string { return kid(p.Seal) }

func kid(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// Fingerprint is what two people read to each other: eight groups of four
// digits over both keys, the side and the municipality.
func (p Public) Fingerprint() string {
	sum := sha256.Sum256([]byte("kofu key fingerprint v1\n" + string(p.Party) + "\n" + p.Tenant + "\n" + p.Verify + "\n" + p.Seal))
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%04d", binary.BigEndian.Uint32(sum[4*i:])%10000)
	}
	return strings.Join(groups, " ")
}
