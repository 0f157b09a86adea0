package courier_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/internal/courier"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/peertest"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is an office and a booking service that listens. What it answers is for
// each test to say.
type world struct {
	t      *testing.T
	db     *store.DB
	clock  *testkit.Clock
	office exchange.Office
	cloud  *peertest.Peer
	answer func(w http.ResponseWriter, bundle []byte)
	calls  int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := testkit.NewClock()
	w := &world{t: t, db: testkit.DBAt(t, clock), clock: clock, cloud: peertest.NewService(t, testkit.DBAt(t, clock), "7", clock.Now)}
	w.office = exchange.Office{DB: w.db, Ring: keyring.ForTest(1), Keys: t.TempDir(), Spool: t.TempDir()}
	must(t, w.office.MakeKeys(t.Context(), testkit.Supervisor, "7"))
	w.cloud.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	w.introduce()
	w.answer = func(rw http.ResponseWriter, _ []byte) { _, _ = rw.Write(w.cloud.Bundle()) }
	w.listen(w.cloud)
	return w
}

// introduce lets two people on each side confirm the keys of the other.
func (w *world) introduce() {
	w.t.Helper()
	p, err := w.office.Offer(w.t.Context(), testkit.Clerk, w.cloud.Public())
	must(w.t, err)
	for _, a := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
		_, err := w.office.Confirm(w.t.Context(), a, p.Fingerprint())
		must(w.t, err)
	}
	_, kpub, err := w.office.Kpub()
	must(w.t, err)
	w.cloud.Meet(kpub)
}

// listen opens the door of a booking service with the keys of a peer, and tells
// the office where it is.
func (w *world) listen(p *peertest.Peer) {
	w.t.Helper()
	config, err := p.Own().TLS([]seal.Public{w.cloud.Known()})
	must(w.t, err)
	w.serve(config)
}

func (w *world) serve(config *tls.Config) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.calls++
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.t.Error(err)
		}
		w.answer(rw, body)
	})}
	go func() { _ = server.Serve(tls.NewListener(l, config)) }()
	w.t.Cleanup(func() { _ = server.Close() })
	w.at("https://" + l.Addr().String() + "/exchange")
}

func (w *world) at(address string) {
	w.t.Helper()
	b, err := w.office.Book()
	must(w.t, err)
	must(w.t, b.SetAddress(address))
}

func (w *world) carry() (courier.Trip, error) {
	w.t.Helper()
	return courier.Carry(w.t.Context(), w.office, testkit.Clerk)
}

// register is the direction of each line, the newest first.
func (w *world) register() (directions string) {
	w.t.Helper()
	testkit.Read(w.t, w.db, func(rx *store.Rx) error {
		list, err := exchange.Carries(rx, exchange.CarryFilter{Way: exchange.ByHTTPS})
		for _, c := range list {
			directions += c.Direction + " "
		}
		return err
	})
	return directions
}

func (w *world) applied() (n int64) {
	w.t.Helper()
	testkit.Read(w.t, w.db, func(rx *store.Rx) error {
		s, err := relay.Load(rx)
		n = s.Applied
		return err
	})
	return n
}

// KT-1000: one call takes our bundle there and theirs back, and both stand in the
// register.
func TestKT1000_ThereAndBackByOneCall(t *testing.T) {
	w := newWorld(t)
	var sent []byte
	w.answer = func(rw http.ResponseWriter, bundle []byte) {
		sent = bundle
		_, _ = rw.Write(w.cloud.Bundle())
	}
	trip, err := w.carry()
	must(t, err)
	if trip.Applied != 1 || trip.Refused != "" || trip.Counts["config.window"] != 1 || w.applied() != 1 || w.register() != "in out " {
		t.Errorf("%+v, register %q", trip, w.register())
	}
	if b, err := w.cloud.Open(sent); err != nil || b.Kind != seal.Reservations {
		t.Errorf("sent %v, %v", b, err)
	}
}

// The booking service says why it has not taken our bundle in; its own counts all
// the same. A code that nobody here knows is not repeated.
func TestKT1000_OurBundleIsRefused(t *testing.T) {
	for shown, want := range map[string]string{
		"intake.no_code_key": "courier.refused.intake.no_code_key", "relay.E-GAP": "courier.refused.relay.E-GAP", "<b>call 0120</b>": "courier.refused_bundle",
		"staff.no_such": "courier.refused_bundle", "courier.no_address": "courier.refused_bundle", // texts of ours that are none of theirs
	} {
		w := newWorld(t)
		w.answer = func(rw http.ResponseWriter, _ []byte) {
			rw.Header().Set("Kofu-Refused", shown)
			_, _ = rw.Write(w.cloud.Bundle())
		}
		trip, err := w.carry()
		must(t, err)
		if trip.Refused != want || w.applied() != 1 {
			t.Errorf("%q: refused %q, applied %d", shown, trip.Refused, w.applied())
		}
		if said := message.Text(trip.Refused, nil); strings.Contains(said, "{") || !strings.Contains(said, "予約サービスが、こちらの連携ファイルを") {
			t.Errorf("%q: said %s", shown, said)
		}
	}
}

// Whatever goes wrong on the way, nothing of an answer is stored.
func TestKT1000_NothingIsStoredWhenACallFails(t *testing.T) {
	silent := &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.EOF }}
	for name, c := range map[string]struct {
		before   func(*world)
		kind     fault.Kind
		code     string
		register string
	}{
		"no address": {func(w *world) { w.at("") }, fault.Conflict, "courier.no_address", ""},
		"nobody listens": {func(w *world) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(w.t, err)
			must(w.t, l.Close())
			w.at("https://" + l.Addr().String() + "/exchange")
		}, fault.Unavailable, "courier.unreachable", ""},
		"somebody else listens": {func(w *world) { w.listen(peertest.NewService(w.t, w.db, "7", testkit.NewClock().Now)) }, fault.Forbidden, "seal.wrong_peer", ""},
		"no certificate":        {func(w *world) { w.serve(silent) }, fault.Unavailable, "courier.not_known", ""},
		"our key is not known": {func(w *world) {
			config, err := w.cloud.Own().TLS(nil)
			must(w.t, err)
			w.serve(config)
		}, fault.Unavailable, "courier.not_known", ""},
		"the service refuses": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ []byte) { rw.WriteHeader(http.StatusServiceUnavailable) }
		}, fault.Unavailable, "courier.refused", ""},
		"another address": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ []byte) {
				rw.Header().Set("Location", "https://192.0.2.1/")
				rw.WriteHeader(http.StatusTemporaryRedirect)
			}
		}, fault.Unavailable, "courier.refused", ""},
		"the line breaks": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ []byte) {
				rw.Header().Set("Content-Length", "100000")
				_, _ = rw.Write(w.cloud.Bundle())
				panic(http.ErrAbortHandler)
			}
		}, fault.Unavailable, "courier.unreachable", ""},
		"an answer without end": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ []byte) {
				part := make([]byte, 1<<20)
				for range seal.SizeLimit>>20 + 1 {
					_, _ = rw.Write(part)
				}
			}
		}, fault.Invalid, "seal.E-SIZE", ""},
		"a broken answer": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ []byte) {
				file := w.cloud.Bundle()
				file[len(file)-3] ^= 1
				_, _ = rw.Write(file)
			}
		}, fault.Invalid, "seal.E-DECRYPT", "out "},
		"an empty answer": {func(w *world) { w.answer = func(http.ResponseWriter, []byte) {} }, fault.Invalid, "seal.E-DECRYPT", "out "},
		"our own bundle":  {func(w *world) { w.answer = func(rw http.ResponseWriter, bundle []byte) { _, _ = rw.Write(bundle) } }, fault.Invalid, "seal.E-DECRYPT", "out "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.before(w)
			_, err := w.carry()
			testkit.WantFault(t, err, c.kind, c.code)
			if w.applied() != 0 || w.register() != c.register {
				t.Errorf("applied %d, register %q", w.applied(), w.register())
			}
			// The next call heals it.
			w.answer = func(rw http.ResponseWriter, _ []byte) { _, _ = rw.Write(w.cloud.Bundle()) }
			w.listen(w.cloud)
			if trip, err := w.carry(); err != nil || trip.Applied != 1 {
				t.Errorf("the next call: %+v, %v", trip, err)
			}
		})
	}
}

// KT1000: a booking service that takes our bundle and never answers is given up.
func TestKT1000_AServiceThatNeverAnswers(t *testing.T) {
	t.Cleanup(courier.Patience(500 * time.Millisecond))
	w := newWorld(t)
	over := make(chan struct{})
	w.answer = func(http.ResponseWriter, []byte) { <-over }
	t.Cleanup(func() { close(over) })
	_, err := w.carry()
	testkit.WantFault(t, err, fault.Unavailable, "courier.unreachable")
	if w.applied() != 0 || w.register() != "" {
		t.Errorf("applied %d, register %q", w.applied(), w.register())
	}
}

// Without keys that two people have confirmed nothing leaves.
func TestKT1000_NothingLeavesBeforeTheCeremony(t *testing.T) {
	w := newWorld(t)
	w.office.Keys = t.TempDir()
	w.at("https://127.0.0.1:1/exchange")
	_, err := w.carry()
	testkit.WantFault(t, err, fault.Conflict, "seal.no_keys")
	must(t, w.office.MakeKeys(t.Context(), testkit.Supervisor, "7"))
	_, err = w.carry()
	testkit.WantFault(t, err, fault.Conflict, "keybook.no_peer")
	if w.calls != 0 {
		t.Error("somebody was called")
	}
}

// KT-1000: a call never accepts a booking service that was put back, however often
// it is made. What was answered is there for people, who accept it without a file.
func TestKT1000_AServicePutBackIsLeftToPeople(t *testing.T) {
	w := newWorld(t)
	_, err := w.carry()
	must(t, err)
	w.cloud.Renew(1)
	var trip courier.Trip
	for range 2 {
		trip, err = w.carry()
		testkit.WantFault(t, err, fault.Conflict, "relay.E-EPOCH")
		if len(trip.Answer) == 0 || !strings.HasSuffix(w.register(), "out in out ") || strings.Count(w.register(), "in") != 1 {
			t.Errorf("answer of %d bytes, register %q", len(trip.Answer), w.register())
		}
	}
	_, err = w.office.Accept(t.Context(), testkit.Supervisor, bytes.NewReader(trip.Answer), exchange.ByHTTPS, exchange.Medium{})
	must(t, err)
	if trip, err := w.carry(); err != nil || trip.Answer != nil || !strings.HasPrefix(w.register(), "in out in ") {
		t.Errorf("afterwards: %+v, %v, register %q", trip, err, w.register())
	}
}

// KT-1000: a booking service whose people still have counts to compare takes our
// bundle and says nothing.
func TestKT1000_ASilentAnswer(t *testing.T) {
	w := newWorld(t)
	w.answer = func(rw http.ResponseWriter, _ []byte) { rw.WriteHeader(http.StatusNoContent) }
	if trip, err := w.carry(); err != nil || !trip.Silent || w.register() != "out " {
		t.Errorf("%+v, %v, register %q", trip, err, w.register())
	}
}

// A booking service that says that it was put back without a restore explains why
// its answer is stale or has a gap, and nothing else that is wrong here.
func TestKT1000_PutBackExplainsNoOtherTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*world) []byte
		kind   fault.Kind
		code   string
	}{
		"stale": {func(w *world) []byte {
			_, err := w.carry()
			must(w.t, err)
			late := w.cloud.Bundle()
			w.cloud.Renew(0)
			_, err = w.office.Accept(w.t.Context(), testkit.Supervisor, bytes.NewReader(w.cloud.Bundle()), exchange.ByFile, exchange.Medium{})
			must(w.t, err)
			return late
		}, fault.Conflict, "courier.refused.intake.put_back"},
		"a gap": {func(w *world) []byte {
			w.cloud.Bundle()
			w.cloud.AcceptEpoch("", 0, 1)
			w.cloud.Say(event.ConfigWindow{Window: "B", Name: "本庁 2番", Owner: "office", Order: 2, Late: 5})
			return w.cloud.Bundle()
		}, fault.Conflict, "courier.refused.intake.put_back"},
		"put back, and asks": {func(w *world) []byte {
			_, err := w.carry()
			must(w.t, err)
			w.cloud.Renew(0)
			return w.cloud.Bundle()
		}, fault.Conflict, "relay.E-EPOCH"},
		"expired": {func(w *world) []byte {
			file := w.cloud.Bundle()
			w.clock.Advance(8 * 24 * time.Hour)
			return file
		}, fault.Invalid, "seal.E-EXPIRED"},
		"damaged": {func(w *world) []byte {
			file := w.cloud.Bundle()
			file[len(file)-3] ^= 1
			return file
		}, fault.Invalid, "seal.E-DECRYPT"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			file := c.answer(w)
			w.answer = func(rw http.ResponseWriter, _ []byte) {
				rw.Header().Set("Kofu-Refused", "intake.put_back")
				_, _ = rw.Write(file)
			}
			_, err := w.carry()
			testkit.WantFault(t, err, c.kind, c.code)
		})
	}
}
