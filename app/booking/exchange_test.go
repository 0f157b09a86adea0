package main

import (
	"bytes"
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
	"kofu/internal/linkcode"
	"kofu/internal/message"
	"kofu/internal/migrations"
	"kofu/internal/peertest"
	"kofu/internal/program"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// city is the office of a municipality for which a test speaks, and the folder
// in which bundles lie.
type city struct {
	*peertest.Peer
	t   *testing.T
	dir string // of the booking service
	usb string
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
	db, err := store.Open(t.Context(), testkit.BookingDSN(t, "sqlite"), store.Options{Clock: time.Now, Migrations: files})
	c.must(err)
	t.Cleanup(func() { _ = db.Close() })
	c.Peer = peertest.NewOffice(t, db, "1", time.Now)
	c.introduce()
	c.run("exchange", "take", "1", c.save("masters.kfb", c.Masters()))
	return c
}

func (c *city) introduce() {
	c.t.Helper()
	public := filepath.Join(c.usb, "cloud.kpub")
	c.run("exchange", "keys", "1", "--out", public)
	file, err := os.ReadFile(public)
	c.must(err)
	c.Meet(file)
	c.run("exchange", "read", "1", c.save("office.kpub", c.Public()))
	s, err := town.Open(c.t.Context(), c.dir, town.Options{Clock: time.Now})
	c.must(err)
	defer s.Close()
	end, err := endOf(s, Config{}, town.Town{ID: 1, Host: "a.example.jp"})
	c.must(err)
	for _, person := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
		_, err = end.Confirm(c.t.Context(), person, c.Fingerprint())
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
	_, err = c.Take(file)
	return err
}

// take lets the service take in a bundle of the office and returns what it says.
func (c *city) take() string {
	c.t.Helper()
	return c.run("exchange", "take", "1", c.save("office.kfb", c.Bundle()))
}

// accept takes the new log of the service, and the office answers with one code.
func (c *city) accept(code event.LinkIssue) {
	c.t.Helper()
	s := c.State()
	c.AcceptEpoch(s.NewEpoch, 0, 0)
	c.Say(
		event.SnapshotBegin{For: s.NewEpoch, Was: s.PeerEpoch, Seen: s.Applied},
		event.SnapshotLink{
			Link: code.Link, Hash: code.Hash, Key: code.Key, Gen: 1, State: "ready", Svc: code.Svc, BookFrom: code.BookFrom, Until: code.Until,
		},
		event.SnapshotEnd{For: s.NewEpoch, Links: 1})
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

	id, key, _ := c.Codes.Newest()
	code := event.LinkIssue{
		Link: "00000000000000a1", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("0000000000000011").Hash(key)), Key: id, Gen: 1,
		Svc: []string{"receive"}, BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
	}
	c.Say(code, event.LinkReady{Link: code.Link, Gen: 1})
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
