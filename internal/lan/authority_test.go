package lan

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An ordinary Tuesday morning in Japan.
var now = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)

type machine struct {
	now   time.Time
	addrs []netip.Addr
}

func (m *machine) options() Options {
	return Options{
		Organization: "甲府市", Hostname: "Counter-1", Domain: "city.internal",
		Clock:     func() time.Time { return m.now },
		Addresses: func() []netip.Addr { return append([]netip.Addr(nil), m.addrs...) },
	}
}

func newMachine() *machine {
	return &machine{now: now, addrs: []netip.Addr{netip.MustParseAddr("192.168.10.5"), netip.MustParseAddr("203.0.113.9")}}
}

func open(t *testing.T, dir string, o Options) *Authority {
	t.Helper()
	a, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func leaf(t *testing.T, a *Authority) *x509.Certificate {
	t.Helper()
	c, err := a.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func verify(a *Authority, c *x509.Certificate, name string, at time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err := c.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at})
	return err
}

func TestOpen_MakesAuthorityOnce(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "tls"), newMachine()
	a := open(t, dir, m.options())
	ca := a.cert
	if got, want := ca.Subject.CommonName, "甲府市 Kofu 庁内CA 2026-11-24"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	if !ca.IsCA || !ca.MaxPathLenZero || ca.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Errorf("CA %v, path length zero %v, key usage %b", ca.IsCA, ca.MaxPathLenZero, ca.KeyUsage)
	}
	if got := ca.NotAfter.Sub(now); got < 9*365*24*time.Hour {
		t.Errorf("lives %v", got)
	}
	var critical bool
	for _, e := range ca.Extensions {
		if e.Id.String() == "2.5.29.30" { // name constraints
			critical = e.Critical
		}
	}
	if !critical {
		t.Error("the name constraints are not critical")
	}
	if diff := cmp.Diff([]string{"local", "localhost", "counter-1", "city.internal"}, ca.PermittedDNSDomains); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if again := open(t, dir, m.options()); again.Fingerprint() != a.Fingerprint() {
		t.Error("the second start made another authority")
	}
	if got := strings.Count(a.Fingerprint(), ":"); got != 31 {
		t.Errorf("fingerprint %q has %d colons", a.Fingerprint(), got)
	}
	if !bytes.Equal(a.DER(), ca.Raw) {
		t.Error("DER is not the certificate")
	}
}

func TestKeys_OwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // there the data folder's access list protects the keys
	}
	dir := filepath.Join(t.TempDir(), "tls")
	leaf(t, open(t, dir, newMachine().options()))
	for name, want := range map[string]os.FileMode{".": 0o700, "ca.pem": 0o600, "server.pem": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

func TestLeaf_Names(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	want := []string{
		"counter-1.city.internal", "counter-1", "counter-1.local", "kofu.local", "localhost",
		"192.168.10.5", "127.0.0.1", // 203.0.113.9 lies outside the office's ranges
	}
	if diff := cmp.Diff(want, a.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	c := leaf(t, a)
	for _, name := range want {
		if err := verify(a, c, name, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"evil.example.com", "203.0.113.9", "city.internal"} {
		if verify(a, c, name, now) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if got := c.NotAfter.Sub(c.NotBefore); got > 397*24*time.Hour {
		t.Errorf("lives %v, browsers accept 398 days", got)
	}
}

// Whoever steals the authority's key cannot forge a site of the internet.
func TestConstraints_StolenKey(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	for name, template := range map[string]*x509.Certificate{
		"evil.example.com": {DNSNames: []string{"evil.example.com"}},
		"8.8.8.8":          {IPAddresses: ips("8.8.8.8")},
		"10.1.2.3":         {IPAddresses: ips("10.1.2.3")}, // inside: the control
	} {
		template.SerialNumber, template.NotBefore, template.NotAfter = serial(), now.Add(-time.Hour), now.Add(time.Hour)
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
		if err != nil {
			t.Fatal(err)
		}
		forged, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		accepted := verify(a, forged, name, now) == nil
		if want := name == "10.1.2.3"; accepted != want {
			t.Errorf("%s accepted: %v, want %v", name, accepted, want)
		}
	}
}

func TestLeaf_Reissue(t *testing.T) {
	dir, m := t.TempDir(), newMachine()
	a := open(t, dir, m.options())
	first := leaf(t, a).SerialNumber

	m.now = now.AddDate(0, 0, 397-31)
	if got := leaf(t, a).SerialNumber; got.Cmp(first) != 0 {
		t.Error("a certificate with more than 30 days left was replaced")
	}
	if got := leaf(t, open(t, dir, m.options())).SerialNumber; got.Cmp(first) != 0 {
		t.Error("a restart replaced a good certificate")
	}
	m.now = now.AddDate(0, 0, 397-29)
	second := leaf(t, a).SerialNumber
	if second.Cmp(first) == 0 {
		t.Error("a certificate with less than 30 days left stayed")
	}
	m.addrs = append(m.addrs, netip.MustParseAddr("10.0.0.7"))
	third := leaf(t, a)
	if third.SerialNumber.Cmp(second) == 0 {
		t.Error("a new address did not lead to a new certificate")
	}
	if err := verify(a, third, "10.0.0.7", m.now); err != nil {
		t.Error(err)
	}
}

// A renamed machine keeps its authority; a name that the authority may not
// vouch for would spoil the whole certificate and is left out.
func TestLeaf_RenamedMachine(t *testing.T) {
	dir, m := t.TempDir(), newMachine()
	open(t, dir, m.options())
	renamed := m.options()
	renamed.Hostname = "counter-2"
	a := open(t, dir, renamed)
	c := leaf(t, a)
	for _, name := range []string{"counter-2.local", "counter-2.city.internal", "kofu.local", "192.168.10.5"} {
		if err := verify(a, c, name, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpen_DamagedFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, newMachine().options()); err == nil {
		t.Error("a damaged authority was replaced in silence")
	}
}

func TestDNSName(t *testing.T) {
	for in, want := range map[string]string{
		"PC-01": "pc-01", "city.internal.": "city.internal", "": "", "窓口1": "", "a_b": "", "-x": "", "a..b": "",
	} {
		if got := dnsName(in); got != want {
			t.Errorf("dnsName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDefaultRanges(t *testing.T) {
	m := newMachine()
	if diff := cmp.Diff(PrivateRanges(), DefaultRanges(m.addrs), cmp.Comparer(func(x, y netip.Prefix) bool { return x == y })); diff != "" {
		t.Errorf("an office with private addresses (-want +got):\n%s", diff)
	}
	m.addrs = []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")}
	a := open(t, t.TempDir(), m.options())
	c := leaf(t, a)
	for name, want := range map[string]bool{"192.0.2.2": true, "192.0.2.3": true, "192.0.3.2": false, "127.0.0.1": true} {
		if got := verify(a, c, name, now) == nil; got != want {
			t.Errorf("an office without private addresses: %s accepted %t, want %t", name, got, want)
		}
	}
	if got := len(a.cert.PermittedIPRanges); got != 5 {
		t.Errorf("the authority vouches for %d networks, want the 4 usual ones and the neighbourhood", got)
	}
}
