package console

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/event"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// Two people who may work with the keys, and one who carries bundles.
const (
	keeper  = "exchange.work+exchange_keys.manage"
	second  = "exchange_keys.manage+exchange.work"
	carrier = "exchange.work"
)

// peer is an office for which a test speaks. Its numbers lie in another tenant
// of the same database, so that it shares nothing with the municipality.
type peer struct {
	t     testing.TB
	db    *store.DB
	book  *keybook.Book
	codes *keyring.Codes
	log   [][]byte
	heard []event.Body // what the booking service told last
}

func (p *peer) Head(*store.Rx) (int64, error) { return int64(len(p.log)), nil }

func (p *peer) Each(_ *store.Rx, from int64, fn func([]byte) error) error {
	for _, line := range p.log[from-1:] {
		if err := fn(line); err != nil {
			return err
		}
	}
	return nil
}

// say writes events into the log of the office.
func (p *peer) say(events ...event.Body) {
	for _, b := range events {
		line, err := event.Encode(int64(len(p.log)+1), store.Stamp(testkit.Now), b)
		must(p.t, err)
		p.log = append(p.log, line)
	}
}

func (p *peer) bundle() string {
	own, err := p.book.Own()
	must(p.t, err)
	cloud, err := p.book.Peer()
	must(p.t, err)
	var file, spool bytes.Buffer
	_, err = relay.Export(p.t.Context(), p.db, testkit.Clerk, p, relay.Terms{
		Kind: seal.Reservations, Own: own, Peer: cloud, Class: "pseudonymous", Days: 7, Random: rand.Reader,
	}, &file, &rewinding{Buffer: &spool})
	must(p.t, err)
	return file.String()
}

// renew begins the log of the office anew and returns its epoch before.
func (p *peer) renew() (was string) {
	testkit.Write(p.t, p.db, testkit.Clerk, func(tx *store.Tx) error {
		s, err := relay.Load(tx.Rx)
		if err == nil {
			was = s.Epoch
			_, err = relay.Renew(tx, rand.Reader)
		}
		return err
	})
	return was
}

func (p *peer) masters() string {
	var file, spool bytes.Buffer
	_, err := p.book.SealMasters(&file, &rewinding{Buffer: &spool}, p.codes, testkit.Now, rand.Reader)
	must(p.t, err)
	return file.String()
}

// take takes in a bundle of the booking service and returns how many events were
// new.
func (p *peer) take(file []byte) int {
	receiver, err := p.book.Receiver(testkit.Now)
	must(p.t, err)
	var spool bytes.Buffer
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), &rewinding{Buffer: &spool}, receiver)
	must(p.t, err)
	p.heard = nil
	taken, err := relay.Import(p.t.Context(), p.db, testkit.Clerk, b, rand.Reader, func(_ *store.Tx, e relay.Event) error {
		_, _, body, err := event.Decode(e.Line)
		p.heard = append(p.heard, body)
		return err
	})
	must(p.t, err)
	return taken.Applied
}

// issue is the n-th code of the office.
func (p *peer) issue(n int) event.LinkIssue {
	id, key, _ := p.codes.Newest()
	return event.LinkIssue{
		Link: link(n), Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("00000000000000" + strconv.Itoa(10+n)).Hash(key)), Key: id, Gen: 1,
		Svc: []string{"pin", "receive"}, BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
	}
}

// rewinding is a spool in memory.
type rewinding struct {
	*bytes.Buffer
	reader *bytes.Reader
}

func (r *rewinding) Read(p []byte) (int, error) { return r.reader.Read(p) }

func (r *rewinding) Seek(offset int64, whence int) (int64, error) {
	r.reader = bytes.NewReader(r.Bytes())
	return r.reader.Seek(offset, whence)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office opens an office with keys that the console knows of nothing yet.
func office(t testing.TB, f *fixture) *peer {
	t.Helper()
	book, err := keybook.Open(t.TempDir(), seal.Office)
	must(t, err)
	must(t, book.Make("1", testkit.Now, rand.Reader))
	codes, err := keyring.OpenOfficeCodes(t.TempDir())
	must(t, err)
	_, err = codes.Make(rand.Reader)
	must(t, err)
	return &peer{t: t, db: f.DB.For(8), book: book, codes: codes}
}

func (p *peer) kpub() string {
	own, err := p.book.Own()
	must(p.t, err)
	text, err := json.Marshal(own.Public())
	must(p.t, err)
	return string(text)
}

// introduced is an office after the whole ceremony on the screens.
func introduced(t testing.TB, f *fixture) *peer {
	t.Helper()
	p := office(t, f)
	done(t, f.Do("POST", "/api/exchange/keys", keeper, ""))
	file := f.Do("GET", "/api/exchange/keys/file", keeper, "").Body.Bytes()
	public, err := p.book.Offer(file, testkit.Now)
	must(t, err)
	for _, who := range []string{"a", "b"} {
		_, err := p.book.Confirm(public.Fingerprint(), who, testkit.Now)
		must(t, err)
	}
	done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", p.kpub()))
	page := ask[ExchangeKeysPage](t, f, "GET", "/api/exchange/keys", keeper, "", http.StatusOK)
	body := `{"fingerprint":"` + page.Offered.Fingerprint + `"}`
	done(t, f.Do("POST", "/api/exchange/peer/confirm", keeper, body))
	done(t, f.Do("POST", "/api/exchange/peer/confirm", second, body))
	return p
}

func done(t testing.TB, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 300 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// KT-1000: two accounts compare the fingerprints before a key of the office
// counts; one that differs is thrown away.
func TestKT1000_CeremonyOnTheScreen(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := office(t, f)
		webtest.WantProblem(t, f.Do("GET", "/api/exchange/keys/file", keeper, ""), http.StatusConflict, "seal.no_keys")
		webtest.WantProblem(t, f.Do("GET", "/api/exchange/keys/form", keeper, ""), http.StatusConflict, "seal.no_keys")
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/out", carrier, ""), http.StatusConflict, "seal.no_keys")
		done(t, f.Do("POST", "/api/exchange/keys", keeper, ""))
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/keys", keeper, ""), http.StatusConflict, "keybook.made_already")
		webtest.WantProblem(t, upload(t, f, "/api/exchange/peer", keeper, "a.kpub", "{}"), http.StatusUnprocessableEntity, "seal.bad_keys")
		own := f.Do("GET", "/api/exchange/keys/file", keeper, "")
		webtest.WantProblem(t, upload(t, f, "/api/exchange/peer", keeper, "a.kpub", own.Body.String()), http.StatusConflict, "keybook.own_side")
		if strings.Contains(own.Body.String(), "SECRET") || !strings.Contains(own.Header().Get("Content-Disposition"), "1-cloud.kpub") {
			t.Errorf("public keys: %v %s", own.Header(), own.Body)
		}
		done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", p.kpub()))
		look := func(as string) ExchangeKeysPage {
			return ask[ExchangeKeysPage](t, f, "GET", "/api/exchange/keys", as, "", http.StatusOK)
		}
		page := look(keeper)
		if page.Peer != nil || page.Offered == nil || len(strings.Fields(page.Offered.Fingerprint)) != 8 || !strings.HasPrefix(page.Offered.QR, "<svg") {
			t.Fatalf("offered %+v", page.Offered)
		}
		body := `{"fingerprint":"` + page.Offered.Fingerprint + `"}`
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/peer/confirm", keeper, `{"fingerprint":"0000"}`), http.StatusConflict, "keybook.changed_meanwhile")
		done(t, f.Do("POST", "/api/exchange/peer/confirm", keeper, body))
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/peer/confirm", keeper, body), http.StatusConflict, "keybook.second_person")
		if page = look(keeper); !page.Mine || page.Peer != nil || len(page.Offered.People) != 1 {
			t.Errorf("after the first person %+v", page)
		}
		if look(second).Mine {
			t.Error("the second person is taken for the first")
		}
		done(t, f.Do("POST", "/api/exchange/peer/reject", second, ""))
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/peer/confirm", second, body), http.StatusNotFound, "keybook.nothing_offered")

		done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", p.kpub()))
		done(t, f.Do("POST", "/api/exchange/peer/confirm", keeper, body))
		done(t, f.Do("POST", "/api/exchange/peer/confirm", second, body))
		if page = look(keeper); page.Peer == nil || len(page.Peer.People) != 2 || page.Offered != nil {
			t.Errorf("after both %+v", page)
		}
		before := page.Own.Fingerprint
		done(t, f.Do("POST", "/api/exchange/keys/rotate", keeper, ""))
		if page = look(keeper); page.Own.Fingerprint == before || len(page.OwnOld) != 1 {
			t.Errorf("after the rotation %+v", page.Own)
		}
		form := f.Do("GET", "/api/exchange/keys/form", keeper, "")
		if form.Code != http.StatusOK || !bytes.HasPrefix(form.Body.Bytes(), []byte("%PDF")) {
			t.Errorf("form: %d %.80s", form.Code, form.Body)
		}
	})
}

// KT-1000: a bundle of the office is taken in once, whatever comes twice or in
// the wrong order; ours is out until the office says that it has come.
func TestKT1000_BundlesOnTheScreen(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := introduced(t, f)
		look := func() ExchangePage {
			return ask[ExchangePage](t, f, "GET", "/api/exchange", carrier, "", http.StatusOK)
		}
		if page := look(); !page.Ready || len(page.Codes) != 0 || page.Heard.At != "" || page.MayLead {
			t.Errorf("at first %+v", page)
		}
		in := func(file string) *httptest.ResponseRecorder {
			return upload(t, f, "/api/exchange/in", carrier, "a.kfb", file)
		}
		p.say(p.issue(0), event.LinkReady{Link: link(0), Gen: 1})
		webtest.WantProblem(t, in(p.bundle()), http.StatusConflict, "intake.no_code_key")
		webtest.WantProblem(t, in("no bundle"), http.StatusUnprocessableEntity, "seal.E-DECRYPT")
		var taken BundleTaken
		read(t, in(p.masters()), http.StatusOK, &taken)
		if !slices.Equal(taken.Keys, []string{"o001"}) || taken.Kind != "連携コードの鍵" {
			t.Errorf("keys %+v", taken)
		}
		first := p.bundle()
		read(t, in(first), http.StatusOK, &taken)
		want := []EventCount{{"連携コードの登録", 1}, {"カードの準備完了", 1}}
		if taken.Applied != 2 || taken.Skipped != 0 || !slices.Equal(taken.Events, want) {
			t.Errorf("taken %+v", taken)
		}
		taken = BundleTaken{}
		if read(t, in(first), http.StatusOK, &taken); taken.Applied != 0 || taken.Skipped != 2 {
			t.Errorf("the same again %+v", taken)
		}
		if page := look(); page.Waiting != 0 && page.Under != 0 || page.Applied != 2 || page.Heard.Words != "新しい" {
			t.Errorf("after the bundle %+v", page)
		}
		out := f.Do("POST", "/api/exchange/out", carrier, "")
		done(t, out)
		page := look()
		if page.LastOut == nil || page.LastOut.Label != "未達(届いた知らせなし)" || len(page.LastOut.Sum) != 16 || page.Under == 0 || page.Waiting != 0 ||
			!strings.Contains(out.Header().Get("Content-Disposition"), page.LastOut.File) {
			t.Errorf("after giving %+v %v", page.LastOut, out.Header())
		}
		if n := p.take(out.Body.Bytes()); n != page.Under {
			t.Errorf("the office hears %d events, %d are on the way", n, page.Under)
		}
		read(t, in(p.bundle()), http.StatusOK, &taken)
		if page = look(); page.LastOut.Label != "届いた" || page.Under != 0 {
			t.Errorf("after the answer %+v", page)
		}
		paper := f.Do("GET", "/api/exchange/bundles/"+page.LastOut.ID+"/form", carrier, "")
		if paper.Code != http.StatusOK || !bytes.HasPrefix(paper.Body.Bytes(), []byte("%PDF")) {
			t.Errorf("paper: %d %.80s", paper.Code, paper.Body)
		}
		webtest.WantProblem(t, f.Do("GET", "/api/exchange/bundles/none/form", carrier, ""), http.StatusNotFound, "relay.bundle_unknown")
		done(t, f.Do("POST", "/api/exchange/bundles/"+page.LastOut.ID+"/lost", carrier, ""))
		if page = look(); page.LastOut.State != "lost" {
			t.Errorf("lost: %+v", page.LastOut)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/bundles/none/lost", carrier, ""), http.StatusNotFound, "relay.bundle_unknown")
	})
}

// KT-1000: the screen tells how old what is known of the office is, in business
// days: amber after one, red after two.
func TestKT1000_HowOldItIs(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := introduced(t, f)
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle())) // on Tuesday
		as := carrier
		for i, want := range []string{"ok", "ok", "warn", "error", "error"} { // Tuesday to Saturday
			page := ask[ExchangePage](t, f, "GET", "/api/exchange", as, "", http.StatusOK)
			if string(page.Heard.Tone) != want {
				t.Errorf("%s: %+v, want %s", f.Clock.Now(), page.Heard, want)
			}
			f.Clock.Advance(24 * time.Hour)
			as = carrier + "+" + string(staff.BookingPermissions()[i]) // somebody else, for sessions end by themselves
		}
	})
}

// Case 11: the office was put back. The screen says so until somebody who may
// accepts it, and the next bundle is taken in.
func TestCase11_AcceptedOnTheScreen(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := introduced(t, f)
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.masters()))
		p.say(p.issue(0))
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()))
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/accept", keeper, ""), http.StatusConflict, "intake.no_epoch")
		was := p.renew()
		p.log = nil
		p.say(event.LogRestored{Was: was, Head: 1})
		webtest.WantProblem(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()), http.StatusConflict, "relay.E-EPOCH")
		page := ask[ExchangePage](t, f, "GET", "/api/exchange", keeper, "", http.StatusOK)
		if !page.PutBack || !page.MayLead {
			t.Errorf("%+v", page)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/accept", carrier, ""), http.StatusForbidden, "gate.forbidden")
		done(t, f.Do("POST", "/api/exchange/accept", keeper, ""))
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()))
		if page = ask[ExchangePage](t, f, "GET", "/api/exchange", keeper, "", http.StatusOK); page.PutBack || page.Applied != 1 || page.Waiting == 0 {
			t.Errorf("after accepting %+v", page)
		}
	})
}

// Case 12: what is about an unknown code is on a list, is carried out once it is
// known, or is put away for a reason.
func TestCase12_SetAsideOnTheScreen(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := introduced(t, f)
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.masters()))
		p.say(event.LinkReady{Link: link(0), Gen: 1}, event.LinkReady{Link: link(1), Gen: 1})
		var taken BundleTaken
		if read(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()), http.StatusOK, &taken); taken.Aside != 2 {
			t.Errorf("%+v", taken)
		}
		list := ask[[]AsideRow](t, f, "GET", "/api/exchange/asides", carrier, "", http.StatusOK)
		if len(list) != 2 || list[0].Event != "カードの準備完了" || !strings.Contains(list[0].Reason, "登録されていません") {
			t.Fatalf("%+v", list)
		}
		of := map[string]string{list[0].About: "/api/exchange/asides/" + list[0].ID, list[1].About: "/api/exchange/asides/" + list[1].ID}
		webtest.WantProblem(t, f.Do("POST", of[link(0)]+"/retry", carrier, ""), http.StatusNotFound, "member.unknown")
		p.say(p.issue(0))
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()))
		done(t, f.Do("POST", of[link(0)]+"/retry", carrier, ""))
		webtest.WantProblem(t, f.Do("POST", of[link(1)]+"/drop", carrier, `{"reason":" "}`), http.StatusUnprocessableEntity, "intake.no_reason")
		webtest.WantProblem(t, f.Do("POST", of[link(1)]+"/drop", carrier, `{"reason":"個人番号 123456789018"}`), http.StatusUnprocessableEntity, "entry.my_number")
		done(t, f.Do("POST", of[link(1)]+"/drop", carrier, `{"reason":"庁内で入れ直し済み"}`))
		if page := ask[ExchangePage](t, f, "GET", "/api/exchange", carrier, "", http.StatusOK); page.Aside != 0 {
			t.Errorf("%d left", page.Aside)
		}
	})
}

// Case 8: the office hears of a slot whose capacity was lowered below what is
// taken, once, and of its end. One that was put back hears everything anew.
func TestCase08_TheOfficeHearsOfIt(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, _ people) {
		p := introduced(t, f)
		var windows int
		told := func() (over []int) {
			p.take(f.Do("POST", "/api/exchange/out", carrier, "").Body.Bytes())
			windows = 0
			for _, b := range p.heard {
				switch e := b.(type) {
				case event.CapacityOver:
					if e.Window != "W1" || e.Start != "2026-12-08T09:00:00+09:00" {
						t.Errorf("over %+v", e)
					}
					over = append(over, e.Over)
				case event.ConfigWindow:
					windows++
				}
			}
			done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()))
			return over
		}
		capacity := func(web int) {
			_, err := slot.SetPattern(t.Context(), f.DB, testkit.Supervisor, tenant, "W1", weekdays(web))
			must(t, err)
		}
		for n := range 3 {
			booked(t, f, "W1@2026-12-08T09:00", n)
		}
		if over := told(); over != nil || windows != 2 {
			t.Errorf("at first %v, %d windows", over, windows)
		}
		capacity(1)
		if over := told(); !slices.Equal(over, []int{2}) {
			t.Errorf("lowered: %v", over)
		}
		if over := told(); over != nil || windows != 0 {
			t.Errorf("told again: %v", over)
		}
		p.renew()
		webtest.WantProblem(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()), http.StatusConflict, "relay.E-EPOCH")
		done(t, f.Do("POST", "/api/exchange/accept", keeper, ""))
		if over := told(); !slices.Equal(over, []int{2}) || windows != 2 {
			t.Errorf("told to an office that was put back: %v, %d windows", over, windows)
		}
		capacity(3)
		if over := told(); !slices.Equal(over, []int{0}) {
			t.Errorf("raised: %v", over)
		}
	})
}

// Whoever may not is refused, and the screens of one municipality show nothing of
// the keys of another.
func TestTB18_KeysOfAnotherTenant(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		here := newFixtureOf(t, db, clock, 1, "yoyaku.kofu.example")
		there := newFixtureOf(t, db, clock, 2, "yoyaku.hokuto.example")
		introduced(t, here)
		page := ask[ExchangeKeysPage](t, there, "GET", "/api/exchange/keys", keeper, "", http.StatusOK)
		if page.Own != nil || page.Peer != nil || page.Tenant != "2" {
			t.Errorf("%+v", page)
		}
		done(t, there.Do("POST", "/api/exchange/keys", keeper, ""))
		w := upload(t, there, "/api/exchange/peer", keeper, "a.kpub", office(t, here).kpub())
		webtest.WantProblem(t, w, http.StatusConflict, "keybook.other_tenant")
	})
}
