package keybook_test

import (
	"bytes"
	"crypto/rand"
	"iter"
	"slices"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/seal"
	"kofu/internal/testkit"
)

// offers returns what is offered and who has compared it.
func offers(t *testing.T, b *keybook.Book) (fingerprint string, people []string) {
	t.Helper()
	s, err := b.State()
	must(t, err)
	if s.Offered == nil {
		return "", nil
	}
	return s.Offered.Fingerprint(), s.Offered.Confirmed
}

// KT-1000: who has compared one file has not compared another: other keys begin
// anew. The same file read again keeps what was compared, and the keys in use drop
// what was offered.
func TestKT1000_OtherKeysBeginAnew(t *testing.T) {
	office, cloud := pair(t)
	inUse, file := public(t, cloud)
	must(t, cloud.Rotate(now))
	next, nextFile := public(t, cloud)
	must(t, cloud.Rotate(now))
	other, otherFile := public(t, cloud)
	read := func(file []byte) {
		t.Helper()
		_, err := office.Offer(file, now)
		must(t, err)
	}
	read(nextFile)
	_, err := office.Confirm(next.Fingerprint(), "a", now)
	must(t, err)
	read(nextFile)
	if got, people := offers(t, office); got != next.Fingerprint() || !slices.Equal(people, []string{"a"}) {
		t.Errorf("the same file again: %s compared by %v", got, people)
	}
	read(otherFile)
	if got, people := offers(t, office); got != other.Fingerprint() || len(people) != 0 {
		t.Errorf("another file: %s compared by %v", got, people)
	}
	_, err = office.Confirm(next.Fingerprint(), "b", now)
	testkit.WantFault(t, err, fault.Conflict, "keybook.changed_meanwhile")
	read(file)
	if got, _ := offers(t, office); got != "" {
		t.Errorf("offered beside the keys in use: %s", got)
	}
	read(otherFile)
	must(t, office.Reject())
	_, err = office.Confirm(other.Fingerprint(), "a", now)
	testkit.WantFault(t, err, fault.NotFound, "keybook.nothing_offered")
	if p, err := office.Peer(); err != nil || p != inUse {
		t.Errorf("the keys in use are %v, %v", p, err)
	}
}

// Each key ends 14 days after it was replaced, however often that happens
// afterwards; then it is gone from the file.
func TestRotate_EachKeyEndsInItsTime(t *testing.T) {
	office, cloud := pair(t)
	day := 24 * time.Hour
	for _, at := range []time.Time{now, now.Add(10 * day)} {
		must(t, office.Rotate(at))
		introduce(t, cloud, office, at)
	}
	ours, err := office.Receiver(now.Add(15 * day))
	must(t, err)
	theirs, err := cloud.Receiver(now.Add(15 * day))
	must(t, err)
	if len(ours.Keys) != 2 || len(theirs.Senders) != 2 {
		t.Errorf("on the 15th day %d own keys and %d senders", len(ours.Keys), len(theirs.Senders))
	}
	must(t, office.Rotate(now.Add(30*day)))
	introduce(t, cloud, office, now.Add(30*day))
	a, err := office.State()
	must(t, err)
	b, err := cloud.State()
	must(t, err)
	if len(a.OwnOld) != 1 || len(b.PeerOld) != 1 {
		t.Errorf("kept: %v, %v", a.OwnOld, b.PeerOld)
	}
}

// Only a bundle of code keys with nothing but code keys is taken.
func TestMasters_NothingElse(t *testing.T) {
	office, cloud := pair(t)
	codes, err := keyring.OpenCodes(t.TempDir())
	must(t, err)
	own, err := office.Own()
	must(t, err)
	to, err := office.Peer()
	must(t, err)
	const line = `{"t":"code.key","id":"o001","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`
	for _, c := range []struct {
		kind       seal.Kind
		line, want string
	}{
		{seal.Reservations, line, "seal.E-VERSION"},
		{seal.Masters, `{"t":"link.issue","id":"o001","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, "seal.E-SCHEMA"},
		{seal.Masters, `{"t":"code.key","id":"o001","key":"!"}`, "seal.E-SCHEMA"},
	} {
		id, err := seal.NewID(now, rand.Reader)
		must(t, err)
		h := seal.Header{Kind: c.kind, BundleID: id, Lo: 1, Hi: 1, Created: "2026-11-24T00:30:00.000Z", NotAfter: "2026-12-01T00:30:00.000Z"}
		var file bytes.Buffer
		_, err = seal.Seal(&file, spool(t), h, own, to, "", only(c.line))
		must(t, err)
		_, err = take(t, cloud, codes, file.Bytes())
		testkit.WantFault(t, err, fault.Invalid, c.want)
		if len(codes.IDs()) != 0 {
			t.Errorf("%s: keys %v", c.line, codes.IDs())
		}
	}
}

func only(line string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield([]byte(line), nil) }
}

// KT-1000: the address is one of HTTPS without an account and without a query,
// and a recovery key is one.
func TestKT1000_AddressAndRecoveryKey(t *testing.T) {
	office, _ := pair(t)
	for _, bad := range []string{"http://yoyaku.city.example/exchange", "https:///exchange", "https://a:b@yoyaku.city.example/", "https://yoyaku.city.example/?a=1", "yoyaku", "https://%"} {
		testkit.WantFault(t, office.SetAddress(bad), fault.Invalid, "keybook.bad_address")
	}
	must(t, office.SetAddress("https://yoyaku.city.example:18483/exchange"))
	for _, bad := range []string{"age1", "AGE-SECRET-KEY-1", "none"} {
		testkit.WantFault(t, office.SetRecovery(bad), fault.Invalid, "keybook.bad_recovery")
	}
	if office.Address() != "https://yoyaku.city.example:18483/exchange" || office.Recovery() != "" {
		t.Errorf("%q, %q", office.Address(), office.Recovery())
	}
	must(t, office.SetAddress(""))
	must(t, office.SetRecovery(""))
}
