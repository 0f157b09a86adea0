package exchange_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/exchange"
	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office is the other side: its log in memory, its database the rows of another
// municipality.
type office struct {
	t     *testing.T
	db    *store.DB
	book  *keybook.Book
	codes *keyring.Codes
	log   []event.Body
	heard []event.Type
}

func (o *office) Head(*store.Rx) (int64, error) { return int64(len(o.log)), nil }

func (o *office) Each(_ *store.Rx, from int64, fn func([]byte) error) error {
	for i := from; i <= int64(len(o.log)); i++ {
		line, err := event.Encode(i, store.Stamp(testkit.Now), o.log[i-1])
		if err == nil {
			err = fn(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *office) export() []byte {
	o.t.Helper()
	own, err := o.book.Own()
	must(o.t, err)
	peer, err := o.book.Peer()
	must(o.t, err)
	var file bytes.Buffer
	_, err = relay.Export(o.t.Context(), o.db, testkit.Clerk, o,
		relay.Terms{Kind: seal.Reservations, Own: own, Peer: peer, Days: 7, Random: rand.Reader}, &file, &memory{})
	must(o.t, err)
	return file.Bytes()
}

func (o *office) take(file []byte) {
	o.t.Helper()
	r, err := o.book.Receiver(testkit.Now)
	must(o.t, err)
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), &memory{}, r)
	must(o.t, err)
	_, err = relay.Import(o.t.Context(), o.db, testkit.Clerk, b, rand.Reader, func(_ *store.Tx, e relay.Event) error {
		_, _, body, err := event.Decode(e.Line)
		if err == nil {
			o.heard = append(o.heard, body.Type())
		}
		return err
	})
	must(o.t, err)
}

type memory struct {
	bytes.Buffer
	r *bytes.Reader
}

func (m *memory) Read(p []byte) (int, error) { return m.r.Read(p) }

func (m *memory) Seek(at int64, whence int) (int64, error) {
	m.r = bytes.NewReader(m.Bytes())
	return m.r.Seek(at, whence)
}

// pair is a service with one municipality and its office after the ceremony.
func pair(t *testing.T, db *store.DB) (*office, *intake.End, *exchange.Door) {
	t.Helper()
	open := func(party seal.Party, dir string) *keybook.Book {
		b, err := keybook.Open(dir, party)
		must(t, err)
		return b
	}
	cloudDir, officeDir := t.TempDir(), t.TempDir()
	o := &office{t: t, db: db.For(9), book: open(seal.Office, officeDir)}
	var err error
	o.codes, err = keyring.OpenOfficeCodes(officeDir)
	must(t, err)
	_, err = o.codes.Make(rand.Reader)
	must(t, err)
	codes, err := keyring.OpenCodes(cloudDir)
	must(t, err)
	n := &intake.End{
		Desk: &front.Desk{DB: db.For(1), Tenant: 1, Ring: keyring.ForTest(1), Base: "https://a.example"}, Book: open(seal.Cloud, cloudDir), Codes: codes,
	}
	must(t, slot.AddTenant(t.Context(), db.For(1), testkit.Supervisor, slot.Tenant{ID: 1, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	_, err = slot.SaveWindow(t.Context(), db.For(1), testkit.Supervisor, 1, slot.Window{ID: "W1", Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200})
	must(t, err)
	_, err = slot.SetPattern(t.Context(), db.For(1), testkit.Supervisor, 1, "W1", []slot.Pattern{
		{Weekday: time.Tuesday, FromMinute: 540, ToMinute: 600, SlotMinutes: 30, WebCap: 2, OfficeCap: 1},
	})
	must(t, err)
	must(t, o.book.Make("1", testkit.Now, rand.Reader))
	must(t, n.MakeKeys(t.Context(), testkit.Supervisor))
	introduce(t, o, n)
	return o, n, &exchange.Door{
		List: func(context.Context) ([]town.Town, error) {
			return []town.Town{{ID: 1, Host: "a.example", Name: "甲府市"}}, nil
		},
		End: func(town.Town) (*intake.End, error) { return n, nil }, Clock: func() time.Time { return testkit.Now },
		Log: slog.New(slog.DiscardHandler),
	}
}

// introduce lets two people compare the fingerprints on both sides.
func introduce(t *testing.T, o *office, n *intake.End) {
	t.Helper()
	_, file, err := n.Public()
	must(t, err)
	theirs, err := o.book.Offer(file, testkit.Now)
	must(t, err)
	own, err := o.book.Own()
	must(t, err)
	ours, err := json.Marshal(own.Public())
	must(t, err)
	_, err = n.Read(t.Context(), testkit.Supervisor, ours)
	must(t, err)
	for _, person := range []string{"a", "b"} {
		_, err := o.book.Confirm(theirs.Fingerprint(), person, testkit.Now)
		must(t, err)
		_, err = n.Confirm(t.Context(), testkit.Supervisor, own.Public().Fingerprint(), person)
		must(t, err)
	}
}

// serve opens the door as the program does and returns its address.
func serve(t *testing.T, d *exchange.Door) string {
	t.Helper()
	s := httptest.NewUnstartedServer(d.Handler())
	s.TLS = d.TLS()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL + exchange.Path
}

// answer is what came back.
type answer struct {
	status  int
	refused string
	body    []byte
}

// call posts a bundle as the office does.
func call(t *testing.T, own *seal.Secret, peers []seal.Public, address string, body []byte) (a answer, err error) {
	t.Helper()
	settings, err := own.TLS(peers)
	must(t, err)
	settings.ServerName = "a.example"
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: settings, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	must(t, err)
	response, err := client.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.status, a.refused = response.StatusCode, response.Header.Get(exchange.RefusedHeader)
	a.body, err = io.ReadAll(response.Body)
	return a, err
}

// KT1000: the office calls with its bundle and gets ours; codes that came by line
// can book, windows and seats arrive at the office, and a second call acknowledges.
func TestKT1000_BundlesByLine(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		o, n, door := pair(t, db)
		address := serve(t, door)
		own, err := o.book.Own()
		must(t, err)
		peer, err := o.book.Peer()
		must(t, err)
		id, key, _ := o.codes.Newest()
		o.log = append(o.log, event.LinkIssue{
			Link: "00000000000000aa", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("1234567890123452").Hash(key)), Key: id, Gen: 1, Svc: []string{"receive"},
			BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
		}, event.LinkReady{Link: "00000000000000aa", Gen: 1})

		a, err := call(t, own, []seal.Public{peer}, address, o.export()) // the key of the code has not come yet
		must(t, err)
		if a.status != http.StatusOK || a.refused != "intake.no_code_key" {
			t.Errorf("status %d, refused %q", a.status, a.refused)
		}
		o.take(a.body)
		if !slices.Contains(o.heard, "config.window") || !slices.Contains(o.heard, "config.capacity") {
			t.Errorf("the office hears %v", o.heard)
		}

		var keys bytes.Buffer
		_, err = o.book.SealMasters(&keys, &memory{}, o.codes, testkit.Now, rand.Reader)
		must(t, err)
		if a, err = call(t, own, []seal.Public{peer}, address, keys.Bytes()); err != nil || a.refused != "" {
			t.Fatalf("keys of codes: %q, %v", a.refused, err)
		}
		heard := len(o.heard)
		if a, err = call(t, own, []seal.Public{peer}, address, o.export()); err != nil || a.refused != "" {
			t.Fatalf("the log: %q, %v", a.refused, err)
		}
		o.take(a.body)
		if len(o.heard) != heard {
			t.Errorf("what was told already is told again: %v", o.heard[heard:])
		}
		testkit.Read(t, n.Desk.DB, func(rx *store.Rx) error {
			m, found, err := member.ByLink(rx, 1, "00000000000000aa")
			if !found || m.State != member.Ready {
				t.Errorf("the code is %q", m.State)
			}
			s, _ := relay.Load(rx)
			if s.Applied != 2 || s.Acked == 0 {
				t.Errorf("state %+v", s)
			}
			return err
		})
	})
}

// KT1000: a stranger, and an office whose key is no longer believed, get nothing.
func TestKT1000_OnlyTheConfirmedKey(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		o, _, door := pair(t, db)
		address := serve(t, door)
		peer, err := o.book.Peer()
		must(t, err)
		stranger, err := seal.NewSecret(seal.Office, "1", rand.Reader)
		must(t, err)
		before := testkit.Dump(t, db)
		if _, err := call(t, stranger, []seal.Public{peer}, address, nil); err == nil {
			t.Error("a stranger got an answer")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a stranger changed the database:\n%s", diff)
		}
		plain := httptest.NewRecorder()
		door.Handler().ServeHTTP(plain, httptest.NewRequestWithContext(t.Context(), http.MethodPost, exchange.Path, nil))
		if plain.Code != http.StatusForbidden {
			t.Errorf("without TLS: %d", plain.Code)
		}
	})
}

// Case11: an office that was put back shows a new epoch. It is refused until
// somebody accepts it, and then hears everything that is held here.
func TestCase11_OfficePutBack(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		o, n, _ := pair(t, db)
		var keys bytes.Buffer
		_, err := o.book.SealMasters(&keys, &memory{}, o.codes, testkit.Now, rand.Reader)
		must(t, err)
		take := func(file []byte) error {
			_, err := n.Take(t.Context(), testkit.Clerk, bytes.NewReader(file), int64(len(file)))
			return err
		}
		must(t, take(keys.Bytes()))
		id, key, _ := o.codes.Newest()
		o.log = []event.Body{event.LinkIssue{
			Link: "00000000000000aa", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("1234567890123452").Hash(key)), Key: id, Gen: 1, Svc: []string{"receive"},
			BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
		}}
		must(t, take(o.export()))
		testkit.WantFault(t, n.Accept(t.Context(), testkit.Supervisor), fault.Conflict, "intake.no_epoch")

		var was relay.State
		testkit.Write(t, o.db, testkit.Clerk, func(tx *store.Tx) (err error) {
			if was, err = relay.Load(tx.Rx); err != nil {
				return err
			}
			_, err = relay.Renew(tx, rand.Reader)
			return err
		})
		o.log = []event.Body{event.LogRestored{Was: was.Epoch, Head: 0}}
		testkit.WantFault(t, take(o.export()), fault.Conflict, "relay.E-EPOCH")
		must(t, n.Accept(t.Context(), testkit.Supervisor))
		must(t, take(o.export()))
		var back bytes.Buffer
		_, err = n.Give(t.Context(), testkit.Clerk, &back)
		must(t, err)
		o.take(back.Bytes())
		got := slices.DeleteFunc(o.heard, func(e event.Type) bool { return strings.HasPrefix(string(e), "config.") })
		if want := []event.Type{"snapshot.begin", "snapshot.link", "snapshot.end"}; !slices.Equal(got, want) {
			t.Errorf("the office hears %v", got)
		}
	})
}
