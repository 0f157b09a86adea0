package keybook_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/seal"
	"kofu/internal/testkit"
)

var now = testkit.Now

func open(t *testing.T, dir string, party seal.Party) *keybook.Book {
	t.Helper()
	b, err := keybook.Open(dir, party)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func public(t *testing.T, b *keybook.Book) (seal.Public, []byte) {
	t.Helper()
	own, err := b.Own()
	must(t, err)
	text, err := json.Marshal(own.Public())
	must(t, err)
	return own.Public(), text
}

// introduce lets two people confirm the keys of one side at the other.
func introduce(t *testing.T, to, from *keybook.Book, at time.Time) {
	t.Helper()
	p, file := public(t, from)
	_, err := to.Offer(file, at)
	must(t, err)
	for _, person := range []string{"a", "b"} {
		_, err := to.Confirm(p.Fingerprint(), person, at)
		must(t, err)
	}
}

func pair(t *testing.T) (office, cloud *keybook.Book) {
	t.Helper()
	office, cloud = open(t, t.TempDir(), seal.Office), open(t, t.TempDir(), seal.Cloud)
	must(t, office.Make("7", now, rand.Reader))
	must(t, cloud.Make("7", now, rand.Reader))
	introduce(t, office, cloud, now)
	introduce(t, cloud, office, now)
	return office, cloud
}

// KT-1000: keys of the other side count once two different people have compared
// the fingerprint that they saw.
func TestKT1000_TwoPeopleConfirm(t *testing.T) {
	dir := t.TempDir()
	office, cloud := open(t, dir, seal.Office), open(t, t.TempDir(), seal.Cloud)
	must(t, office.Make("7", now, rand.Reader))
	must(t, cloud.Make("7", now, rand.Reader))
	p, file := public(t, cloud)
	_, err := office.Confirm(p.Fingerprint(), "a", now)
	testkit.WantFault(t, err, fault.NotFound, "keybook.nothing_offered")
	_, err = office.Offer(file, now)
	must(t, err)
	_, err = office.Confirm("0000 0000", "a", now)
	testkit.WantFault(t, err, fault.Conflict, "keybook.changed_meanwhile")
	done, err := office.Confirm(p.Fingerprint(), "a", now)
	if must(t, err); done {
		t.Error("one person was enough")
	}
	_, err = office.Confirm(p.Fingerprint(), "a", now)
	testkit.WantFault(t, err, fault.Conflict, "keybook.second_person")
	_, err = office.Peer()
	testkit.WantFault(t, err, fault.Conflict, "keybook.no_peer")
	again := open(t, dir, seal.Office) // the program was started anew
	done, err = again.Confirm(p.Fingerprint(), "b", now)
	if must(t, err); !done {
		t.Error("the second person does not count")
	}
	if got, err := again.Peer(); err != nil || got != p {
		t.Errorf("peer %v, %v", got, err)
	}
	s, err := again.State()
	must(t, err)
	if !slices.Equal(s.PeerPeople, []string{"a", "b"}) || s.Offered != nil || *s.Peer != p {
		t.Errorf("state %+v", s)
	}
}

// KT-1000: every request opens a book of its own. What one of them writes is not
// undone by another that was opened before, and the first word of two people who
// confirm at once is not lost.
func TestKT1000_TwoBooksOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	one, cloud := open(t, dir, seal.Office), open(t, t.TempDir(), seal.Cloud)
	must(t, one.Make("7", now, rand.Reader))
	must(t, cloud.Make("7", now, rand.Reader))
	p, file := public(t, cloud)
	_, err := one.Offer(file, now)
	must(t, err)
	books := []*keybook.Book{open(t, dir, seal.Office), open(t, dir, seal.Office), open(t, dir, seal.Office)}
	var acts sync.WaitGroup
	for _, act := range []func() error{
		func() error { _, err := books[0].Confirm(p.Fingerprint(), "a", now); return err },
		func() error { _, err := books[1].Confirm(p.Fingerprint(), "b", now); return err },
		func() error { return books[2].Rotate(now) },
	} {
		acts.Go(func() {
			if err := act(); err != nil {
				t.Error(err)
			}
		})
	}
	acts.Wait()
	s, err := open(t, dir, seal.Office).State()
	must(t, err)
	if slices.Sort(s.PeerPeople); s.Peer == nil || *s.Peer != p || !slices.Equal(s.PeerPeople, []string{"a", "b"}) || len(s.OwnOld) != 1 {
		t.Errorf("a change was lost: %+v", s)
	}
	_, err = one.Confirm(p.Fingerprint(), "c", now) // it still shows the offer
	testkit.WantFault(t, err, fault.NotFound, "keybook.nothing_offered")
}

func TestOffer_Refuses(t *testing.T) {
	office, _ := pair(t)
	_, own := public(t, office)
	_, err := office.Offer(own, now)
	testkit.WantFault(t, err, fault.Conflict, "keybook.own_side")
	other := open(t, t.TempDir(), seal.Cloud)
	must(t, other.Make("8", now, rand.Reader))
	_, file := public(t, other)
	_, err = office.Offer(file, now)
	testkit.WantFault(t, err, fault.Conflict, "keybook.other_tenant")
	_, err = office.Offer([]byte("?"), now)
	testkit.WantFault(t, err, fault.Invalid, "seal.bad_keys")
	testkit.WantFault(t, office.Make("7", now, rand.Reader), fault.Conflict, "keybook.made_already")
	testkit.WantFault(t, open(t, t.TempDir(), seal.Office).Make("1234567890123", now, rand.Reader), fault.Invalid, "keybook.bad_tenant")
}

// After a rotation the old keys open and verify what is under way for 14 days.
func TestRotate_OldKeysForAWhile(t *testing.T) {
	office, cloud := pair(t)
	must(t, office.Rotate(now))
	introduce(t, cloud, office, now)
	r, err := office.Receiver(now.Add(keybook.Overlap))
	if must(t, err); len(r.Keys) != 2 {
		t.Errorf("%d own keys on the 14th day", len(r.Keys))
	}
	r, err = office.Receiver(now.Add(keybook.Overlap + time.Second))
	if must(t, err); len(r.Keys) != 1 {
		t.Errorf("%d own keys after it", len(r.Keys))
	}
	r, err = cloud.Receiver(now.Add(keybook.Overlap))
	if must(t, err); len(r.Senders) != 2 || r.Senders[0].KidEnc() == r.Senders[1].KidEnc() {
		t.Errorf("senders %v", r.Senders)
	}
	r, err = cloud.Receiver(now.Add(keybook.Overlap + time.Second))
	if must(t, err); len(r.Senders) != 1 {
		t.Errorf("%d senders after it", len(r.Senders))
	}
}

// The keys of codes travel in a bundle of their own, whose number only goes up.
func TestMasters_ThereAndNotBack(t *testing.T) {
	office, cloud := pair(t)
	ours, err := keyring.OpenOfficeCodes(t.TempDir())
	must(t, err)
	theirs, err := keyring.OpenCodes(t.TempDir())
	must(t, err)
	_, err = ours.Make(rand.Reader)
	must(t, err)
	first := masters(t, office, ours)
	if _, err := ours.Make(rand.Reader); err != nil {
		t.Fatal(err)
	}
	second := masters(t, office, ours)
	for range 2 { // the same again changes nothing
		if ids, err := take(t, cloud, theirs, second); err != nil || !slices.Equal(ids, []string{"o001", "o002"}) {
			t.Fatalf("taken %v, %v", ids, err)
		}
	}
	if !bytes.Equal(theirs.Keys()["o002"], ours.Keys()["o002"]) {
		t.Error("another key has arrived")
	}
	_, err = take(t, cloud, theirs, first)
	testkit.WantFault(t, err, fault.Conflict, "keybook.older_masters")
}

func spool(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func masters(t *testing.T, office *keybook.Book, codes *keyring.Codes) []byte {
	t.Helper()
	var file bytes.Buffer
	_, err := office.SealMasters(&file, spool(t), codes, now, rand.Reader)
	must(t, err)
	return file.Bytes()
}

func take(t *testing.T, cloud *keybook.Book, codes *keyring.Codes, file []byte) ([]string, error) {
	t.Helper()
	r, err := cloud.Receiver(now)
	must(t, err)
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), spool(t), r)
	must(t, err)
	return cloud.TakeMasters(b, codes)
}
