package exchange_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
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
	"kofu/internal/peertest"
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

// pair is a service with one municipality and its office after the ceremony.
func pair(t *testing.T, db *store.DB) (*peertest.Peer, *intake.End, *exchange.Door) {
	t.Helper()
	keys := t.TempDir()
	book, err := keybook.Open(keys, seal.Cloud)
	must(t, err)
	codes, err := keyring.OpenCodes(keys)
	must(t, err)
	n := &intake.End{
		Desk: &front.Desk{DB: db.For(1), Tenant: 1, Ring: keyring.ForTest(1), Base: "https://a.example"}, Book: book, Codes: codes,
	}
	must(t, slot.AddTenant(t.Context(), db.For(1), testkit.Supervisor, slot.Tenant{ID: 1, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	_, err = slot.SaveWindow(t.Context(), db.For(1), testkit.Supervisor, 1, slot.Window{ID: "W1", Name: "窓口", HorizonDays: 31, LastStart: 1170, LastEnd: 1200})
	must(t, err)
	_, err = slot.SetPattern(t.Context(), db.For(1), testkit.Supervisor, 1, "W1", []slot.Pattern{
		{Weekday: time.Tuesday, FromMinute: 540, ToMinute: 600, SlotMinutes: 30, WebCap: 2, OfficeCap: 1},
	})
	must(t, err)
	must(t, n.MakeKeys(t.Context(), testkit.Supervisor))
	clock := func() time.Time { return testkit.Now }
	o := peertest.NewOffice(t, db.For(9), "1", clock) // its database the rows of another municipality
	introduce(t, o, n)
	return o, n, &exchange.Door{
		List: func(context.Context) ([]town.Town, error) {
			return []town.Town{{ID: 1, Host: "a.example", Name: "甲府市"}}, nil
		},
		End: func(town.Town) (*intake.End, error) { return n, nil }, Clock: clock,
		Log: slog.New(slog.DiscardHandler),
	}
}

// introduce lets two people compare the fingerprints on both sides.
func introduce(t *testing.T, o *peertest.Peer, n *intake.End) {
	t.Helper()
	_, file, err := n.Public()
	must(t, err)
	o.Meet(file)
	_, err = n.Read(t.Context(), testkit.Supervisor, o.Public())
	must(t, err)
	for _, person := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
		_, err = n.Confirm(t.Context(), person, o.Fingerprint())
		must(t, err)
	}
}

// take lets the office take in what came, and returns all that it has heard.
func take(t *testing.T, o *peertest.Peer, file []byte) (heard []event.Type) {
	t.Helper()
	_, err := o.Take(file)
	must(t, err)
	for _, b := range o.Heard {
		heard = append(heard, b.Type())
	}
	return heard
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
		own, peer := o.Own(), o.Known()
		id, key, _ := o.Codes.Newest()
		o.Say(event.LinkIssue{
			Link: "00000000000000aa", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("1234567890123452").Hash(key)), Key: id, Gen: 1, Svc: []string{"receive"},
			BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
		}, event.LinkReady{Link: "00000000000000aa", Gen: 1})

		a, err := call(t, own, []seal.Public{peer}, address, o.Bundle()) // the key of the code has not come yet
		must(t, err)
		if a.status != http.StatusOK || a.refused != "intake.no_code_key" {
			t.Errorf("status %d, refused %q", a.status, a.refused)
		}
		heard := take(t, o, a.body)
		if !slices.Contains(heard, "config.window") || !slices.Contains(heard, "config.capacity") {
			t.Errorf("the office hears %v", heard)
		}

		if a, err = call(t, own, []seal.Public{peer}, address, o.Masters()); err != nil || a.refused != "" {
			t.Fatalf("keys of codes: %q, %v", a.refused, err)
		}
		if a, err = call(t, own, []seal.Public{peer}, address, o.Bundle()); err != nil || a.refused != "" {
			t.Fatalf("the log: %q, %v", a.refused, err)
		}
		if again := take(t, o, a.body)[len(heard):]; len(again) != 0 {
			t.Errorf("what was told already is told again: %v", again)
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
		stranger, err := seal.NewSecret(seal.Office, "1", rand.Reader)
		must(t, err)
		before := testkit.Dump(t, db)
		if _, err := call(t, stranger, []seal.Public{o.Known()}, address, nil); err == nil {
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
		give := func(file []byte) error {
			_, err := n.Take(t.Context(), testkit.Clerk, bytes.NewReader(file), int64(len(file)))
			return err
		}
		must(t, give(o.Masters()))
		id, key, _ := o.Codes.Newest()
		o.Say(event.LinkIssue{
			Link: "00000000000000aa", Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("1234567890123452").Hash(key)), Key: id, Gen: 1, Svc: []string{"receive"},
			BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
		})
		must(t, give(o.Bundle()))
		testkit.WantFault(t, n.Accept(t.Context(), testkit.Supervisor), fault.Conflict, "intake.no_epoch")

		o.Renew(0)
		testkit.WantFault(t, give(o.Bundle()), fault.Conflict, "relay.E-EPOCH")
		must(t, n.Accept(t.Context(), testkit.Supervisor))
		must(t, give(o.Bundle()))
		var back bytes.Buffer
		_, err := n.Give(t.Context(), testkit.Clerk, &back)
		must(t, err)
		got := slices.DeleteFunc(take(t, o, back.Bytes()), func(e event.Type) bool { return strings.HasPrefix(string(e), "config.") })
		if want := []event.Type{"snapshot.begin", "snapshot.link", "snapshot.end"}; !slices.Equal(got, want) {
			t.Errorf("the office hears %v", got)
		}
	})
}
