package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/town"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/message"
	"kofu/internal/migrations"
	"kofu/internal/program"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// city is the office of a municipality for which a test speaks, and the folder
// in which bundles lie.
type city struct {
	t     *testing.T
	dir   string // of the booking service
	usb   string
	db    *store.DB
	book  *keybook.Book
	codes *keyring.Codes
	log   []event.Body
}

func (c *city) Head(*store.Rx) (int64, error) { return int64(len(c.log)), nil }

func (c *city) Each(_ *store.Rx, from int64, fn func([]byte) error) error {
	for i := from; i <= int64(len(c.log)); i++ {
		line, err := event.Encode(i, store.Stamp(testkit.Now), c.log[i-1])
		if err == nil {
			err = fn(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *city) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// newCity is the office of the first municipality after the ceremony of keys.
func newCity(t *testing.T, dir string) *city {
	t.Helper()
	c := &city{t: t, dir: dir, usb: t.TempDir()}
	files, err := migrations.Booking()
	c.must(err)
	c.db, err = store.Open(t.Context(), testkit.BookingDSN(t, "sqlite"), store.Options{Clock: time.Now, Migrations: files})
	c.must(err)
	t.Cleanup(func() { _ = c.db.Close() })
	keys := t.TempDir()
	c.book, err = keybook.Open(keys, seal.Office)
	c.must(err)
	c.must(c.book.Make("1", time.Now(), rand.Reader))
	c.codes, err = keyring.OpenOfficeCodes(keys)
	c.must(err)
	_, err = c.codes.Make(rand.Reader)
	c.must(err)
	c.introduce()
	var masters bytes.Buffer
	_, err = c.book.SealMasters(&masters, &memory{}, c.codes, time.Now(), rand.Reader)
	c.must(err)
	c.run("exchange", "take", "1", c.save("masters.kfb", masters.Bytes()))
	return c
}

func (c *city) introduce() {
	c.t.Helper()
	public := filepath.Join(c.usb, "cloud.kpub")
	c.run("exchange", "keys", "1", "--out", public)
	file, err := os.ReadFile(public)
	c.must(err)
	theirs, err := c.book.Offer(file, time.Now())
	c.must(err)
	own, err := c.book.Own()
	c.must(err)
	ours, err := json.Marshal(own.Public())
	c.must(err)
	c.run("exchange", "read", "1", c.save("office.kpub", ours))
	s, err := town.Open(c.t.Context(), c.dir, town.Options{Clock: time.Now})
	c.must(err)
	defer s.Close()
	end, err := endOf(s, Config{}, town.Town{ID: 1, Host: "a.example.jp"})
	c.must(err)
	for _, person := range []string{"a", "b"} {
		_, err = c.book.Confirm(theirs.Fingerprint(), person, time.Now())
		c.must(err)
		_, err = end.Confirm(c.t.Context(), testkit.Supervisor, own.Public().Fingerprint(), person)
		c.must(err)
	}
}

func (c *city) save(name string, content []byte) (path string) {
	c.t.Helper()
	path = filepath.Join(c.usb, name)
	c.must(os.WriteFile(path, content, 0o600))
	return path
}

func (c *city) run(args ...string) string {
	c.t.Helper()
	return run(c.t, c.dir, args...)
}

// refused runs a command that says why it does nothing.
func (c *city) refused(code string, args ...string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	m := &Main{In: &bytes.Buffer{}, Out: &out, Err: &errs, Clock: time.Now, Env: os.Getenv, Doors: doors}
	if exit := m.Run(c.t.Context(), append(args, "--data", c.dir)); exit == program.OK || !strings.Contains(errs.String(), message.Text(code, nil)) {
		c.t.Errorf("%v: %d %s%s", args, exit, out.String(), errs.String())
	}
}

// give lets the service write a bundle, which the office takes in.
func (c *city) give() error {
	c.t.Helper()
	var made struct{ File string }
	c.must(json.Unmarshal([]byte(c.run("exchange", "give", "1", "--out", c.usb, "--json")), &made))
	file, err := os.ReadFile(made.File)
	c.must(err)
	r, err := c.book.Receiver(time.Now())
	c.must(err)
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), &memory{}, r)
	c.must(err)
	_, err = relay.Import(c.t.Context(), c.db, testkit.Clerk, b, rand.Reader, func(*store.Tx, relay.Event) error { return nil })
	return err
}

// take lets the service take in a bundle of the office and returns what it says.
func (c *city) take() string {
	c.t.Helper()
	own, err := c.book.Own()
	c.must(err)
	peer, err := c.book.Peer()
	c.must(err)
	var file bytes.Buffer
	_, err = relay.Export(c.t.Context(), c.db, testkit.Clerk, c,
		relay.Terms{Kind: seal.Reservations, Own: own, Peer: peer, Days: 7, Random: rand.Reader}, &file, &memory{})
	c.must(err)
	return c.run("exchange", "take", "1", c.save("office.kfb", file.Bytes()))
}

// accept takes the new log of the service, and the office answers with one code.
func (c *city) accept(code event.LinkIssue) {
	c.t.Helper()
	var s relay.State
	testkit.Write(c.t, c.db, testkit.Clerk, func(tx *store.Tx) (err error) {
		if s, err = relay.Load(tx.Rx); err == nil {
			err = relay.AcceptEpoch(tx, s.NewEpoch, 0, 0)
		}
		return err
	})
	c.log = append(c.log,
		event.SnapshotBegin{For: s.NewEpoch, Was: s.PeerEpoch, Seen: s.Applied},
		event.SnapshotLink{
			Link: code.Link, Hash: code.Hash, Key: code.Key, Gen: 1, State: "ready", Svc: code.Svc, BookFrom: code.BookFrom, Until: code.Until,
		},
		event.SnapshotEnd{For: s.NewEpoch, Links: 1})
}

// memory is a spool.
type memory struct {
	bytes.Buffer
	r *bytes.Reader
}

func (m *memory) Read(p []byte) (int, error) { return m.r.Read(p) }

func (m *memory) Seek(at int64, whence int) (int64, error) {
	m.r = bytes.NewReader(m.Bytes())
	return m.r.Seek(at, whence)
}

// KT1000: after the data of the service were put back the operator says so: residents
// read that they should call until the office has answered and somebody has
// compared the counts, which the commands print.
func TestKT1000_RestoredAtTheConsole(t *testing.T) {
	dir := prepared(t, "", []string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"})
	c := newCity(t, dir)
	r := begin(t, dir, doors)
	served := func(status int) {
		t.Helper()
		eventually(t, func() bool { got, _ := r.get(residents, "a.example.jp", "/ja/"); return got == status })
	}

	c.refused("intake.never_exchanged", "exchange", "restored", "1")
	c.refused("sync.no_recovery", "exchange", "confirm-restore", "1")
	if strings.Contains(c.run("tenant", "list", "--json"), `"frozenAt": "2`) {
		t.Error("a refused command has stopped the service")
	}

	id, key, _ := c.codes.Newest()
	code := event.LinkIssue{
		Link: "00000000000000a1", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("0000000000000011").Hash(key)), Key: id, Gen: 1,
		Svc: []string{"receive"}, BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
	}
	c.log = []event.Body{code, event.LinkReady{Link: code.Link, Gen: 1}}
	c.must(c.give())
	c.take()
	served(200)

	if out := c.run("exchange", "restored", "1"); out != message.Text("service.exchange_restored", nil)+"\n" {
		t.Errorf("restored: %s", out)
	}
	served(503)
	c.refused("sync.no_recovery", "exchange", "confirm-restore", "1")
	testkit.WantFault(t, c.give(), fault.Conflict, "relay.E-EPOCH")
	c.accept(code)
	if want, out := message.Text("service.exchange_answered", fault.Args("links", "1", "bookings", "0", "days", "0"))+"\n", c.take(); out != want {
		t.Errorf("counts: %swant %s", out, want)
	}
	c.refused("intake.confirm_first", "exchange", "give", "1")
	served(503)
	if out := c.run("exchange", "confirm-restore", "1"); out != message.Text("service.exchange_confirmed", nil)+"\n" {
		t.Errorf("confirmed: %s", out)
	}
	served(200)
	c.refused("sync.no_recovery", "exchange", "confirm-restore", "1")
	c.must(c.give())
}
