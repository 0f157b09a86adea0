package lan

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"kofu/internal/fault"
)

// Addresses returns the IPv4 addresses of this machine's network cards that
// are up, without those of the machine itself. It is empty when the cards
// cannot be asked: the server then is reached by name.
func Addresses() []netip.Addr {
	cards, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var all []netip.Addr
	for _, card := range cards {
		if card.Flags&net.FlagUp == 0 || card.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := card.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err == nil && prefix.Addr().Is4() && !prefix.Addr().IsLinkLocalUnicast() {
				all = append(all, prefix.Addr())
			}
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// Names returns the names and addresses that the server answers to now, best
// first: those that the authority vouches for.
func (a *Authority) Names() []string {
	names := a.dnsNames()
	for _, addr := range a.addresses() {
		names = append(names, addr.String())
	}
	return names
}

func (a *Authority) dnsNames() []string {
	host, domain := a.options.Hostname, a.options.Domain
	var names []string
	if host != "" {
		if domain != "" {
			names = append(names, host+"."+domain)
		}
		names = append(names, host, host+".local")
	}
	names = append(names, "kofu.local", "localhost")
	// A name outside the constraints of an authority made earlier would make
	// PCs refuse the whole certificate.
	return slices.DeleteFunc(names, func(name string) bool {
		return !slices.ContainsFunc(a.cert.PermittedDNSDomains, func(domain string) bool {
			return name == domain || strings.HasSuffix(name, "."+domain)
		})
	})
}

func (a *Authority) addresses() []netip.Addr {
	all := append(a.options.Addresses(), netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	return slices.DeleteFunc(all, func(addr netip.Addr) bool {
		return !slices.ContainsFunc(a.cert.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(addr.AsSlice()) })
	})
}

// Leaf returns the server certificate. It is made anew, while the server runs,
// when the names or addresses of the machine change, when less than 30 days
// are left, or when the authority is another one.
func (a *Authority) Leaf() (_ *tls.Certificate, err error) {
	defer fault.Add(&err, "lan.Leaf")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leaf == nil {
		if pair, err := readPair(a.file("server.pem")); err == nil {
			a.leaf = pair
		} else if !os.IsNotExist(err) {
			return nil, err
		}
	}
	if a.leaf != nil && a.fits(a.leaf.Leaf) {
		return a.leaf, nil
	}
	leaf, err := a.issue()
	if err != nil {
		return nil, err
	}
	a.leaf = leaf
	return leaf, nil
}

func (a *Authority) fits(leaf *x509.Certificate) bool {
	now := a.options.Clock()
	have := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		have = append(have, ip.String())
	}
	want := a.Names()
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want) &&
		now.After(leaf.NotBefore) && now.AddDate(0, 0, renewDays).Before(leaf.NotAfter) &&
		leaf.CheckSignatureFrom(a.cert) == nil
}

func (a *Authority) issue() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now, names := a.options.Clock(), a.dnsNames()
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: names[0]},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(-backdate).Add(leafDays * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
	}
	for _, addr := range a.addresses() {
		template.IPAddresses = append(template.IPAddresses, addr.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return writePair(a.file("server.pem"), [][]byte{der, a.cert.Raw}, key)
}

// dnsName returns name as it may stand in a certificate, or "" if it cannot.
func dnsName(name string) string {
	name = strings.Trim(strings.ToLower(name), ".")
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return ""
		}
	}
	return name
}
