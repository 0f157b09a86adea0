// Package lan opens the appliance to the office network: its own certificate
// authority and the server certificate that follows the machine's names and
// addresses, the doors (what one listener may be called and which cookie it
// speaks), the answer to plain HTTP on the TLS port, and what a page needs to
// show how another PC connects. It writes no table; its keys lie in one folder
// that only the owner may read.
package lan

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kofu/internal/fault"
	"kofu/internal/message"
)

const (
	authorityYears = 10
	// Browsers refuse server certificates that live longer.
	leafDays  = 397
	renewDays = 30
	// Office PCs' clocks differ; a certificate must not lie in their future.
	backdate = time.Hour
)

// Options of an authority. Everything but Clock has a working default.
type Options struct {
	Organization string         // name of the city, part of the authority's name
	Hostname     string         // name of this machine without domain
	Domain       string         // domain of the office network, may be empty
	Ranges       []netip.Prefix // networks the authority may vouch for; default: [DefaultRanges]
	AllowTLS12   bool           // for PCs that cannot speak TLS 1.3
	Clock        func() time.Time
	Addresses    func() []netip.Addr // addresses of this machine now; default: [Addresses]
}

// PrivateRanges are the networks of most offices: RFC 1918 and the machine
// itself.
func PrivateRanges() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("127.0.0.0/8"),
	}
}

// DefaultRanges are the networks that the authority vouches for unless the
// city names others. Some offices use addresses that are not private; a machine
// that has no others gets its own neighbourhood of 256 addresses besides.
func DefaultRanges(addresses []netip.Addr) []netip.Prefix {
	ranges := PrivateRanges()
	for _, addr := range addresses {
		if addr.IsPrivate() {
			return PrivateRanges()
		}
		if near := netip.PrefixFrom(addr, 24).Masked(); !slices.Contains(ranges, near) {
			ranges = append(ranges, near)
		}
	}
	return ranges
}

// Authority is the appliance's own certificate authority with its current
// server certificate. Its name constraints are critical: a stolen key vouches
// for nothing outside the office network.
type Authority struct {
	dir     string
	options Options
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey

	mu   sync.Mutex
	leaf *tls.Certificate
}

// Open reads the authority in folder dir, or makes one there at first start.
func Open(dir string, options Options) (_ *Authority, err error) {
	defer fault.Add(&err, "lan.Open")
	if options.Addresses == nil {
		options.Addresses = Addresses
	}
	if len(options.Ranges) == 0 {
		options.Ranges = DefaultRanges(options.Addresses())
	}
	options.Hostname, options.Domain = dnsName(options.Hostname), dnsName(options.Domain)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &Authority{dir: dir, options: options}
	pair, err := readPair(a.file("ca.pem"))
	if errors.Is(err, os.ErrNotExist) {
		pair, err = a.make()
	}
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("ca.pem holds no ECDSA key")
	}
	a.cert, a.key = pair.Leaf, key
	return a, nil
}

func (a *Authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *Authority) make() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := a.options.Clock()
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject: pkix.Name{
			CommonName:   authorityName(a.options.Organization, a.options.Hostname, now),
			Organization: []string{"Kofu"},
		},
		NotBefore:                   now.Add(-backdate),
		NotAfter:                    now.AddDate(authorityYears, 0, 0),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"local", "localhost"},
	}
	for _, name := range []string{a.options.Hostname, a.options.Domain} {
		if name != "" {
			template.PermittedDNSDomains = append(template.PermittedDNSDomains, name)
		}
	}
	for _, prefix := range a.options.Ranges {
		template.PermittedIPRanges = append(template.PermittedIPRanges, ipNet(prefix))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return writePair(a.file("ca.pem"), [][]byte{der}, key)
}

// authorityName tells the authorities of several appliances apart in the
// list of a PC: who, what, since when.
func authorityName(organization, hostname string, now time.Time) string {
	name := organization
	if name == "" {
		name = hostname
	}
	day := now.In(time.FixedZone("JST", 9*60*60)).Format(time.DateOnly)
	return strings.TrimSpace(message.Text("lan.authority_name", fault.Args("organization", name, "date", day)))
}

// DER returns the authority's certificate, without any key.
func (a *Authority) DER() []byte { return a.cert.Raw }

// Fingerprint returns the SHA-256 of the authority's certificate in the form
// that Windows and browsers show, pairs of hexadecimal digits with colons.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	pairs := make([]string, 0, len(sum))
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	return strings.Join(pairs, ":")
}

// TLS returns the configuration of the office network's listener.
func (a *Authority) TLS() *tls.Config {
	lowest := uint16(tls.VersionTLS13)
	if a.options.AllowTLS12 {
		lowest = tls.VersionTLS12
	}
	return &tls.Config{
		MinVersion:     lowest,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.Leaf() },
	}
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[0] &= 0x7f           // positive, as RFC 5280 demands
	return new(big.Int).SetBytes(b[:])
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	prefix = prefix.Masked()
	bits := prefix.Addr().BitLen()
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), bits)}
}

// readPair reads certificates and their key from one PEM file.
func readPair(file string) (*tls.Certificate, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(b, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return &pair, nil
}

// writePair writes certificates and their key for the owner only, all or
// nothing.
func writePair(file string, chain [][]byte, key *ecdsa.PrivateKey) (*tls.Certificate, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, c := range chain {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
	b = append(b, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	part := file + ".part"
	if err := os.WriteFile(part, b, 0o600); err != nil {
		return nil, err
	}
	if err := os.Rename(part, file); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(b, b)
	if err != nil {
		return nil, err
	}
	return &pair, nil
}
