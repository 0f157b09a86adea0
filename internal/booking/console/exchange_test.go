package console

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/event"
	"kofu/internal/linkcode"
	"kofu/internal/peertest"
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

// peer is an office for which a test speaks.
type peer struct{ *peertest.Peer }

// bundle is a bundle as a form carries it.
func (p *peer) bundle() string { return string(p.Bundle()) }

// take takes in a bundle of the booking service, after which Heard is what was new
// in it, and returns how much that was.
func (p *peer) take(t testing.TB, file []byte) int {
	t.Helper()
	p.Heard = nil
	taken, err := p.Take(file)
	must(t, err)
	return taken.Applied
}

// issue is the n-th code of the office.
func (p *peer) issue(n int) event.LinkIssue {
	id, key, _ := p.Codes.Newest()
	return event.LinkIssue{
		Link: link(n), Hash: base64.RawURLEncoding.EncodeToString(linkcode.Code("00000000000000" + strconv.Itoa(10+n)).Hash(key)), Key: id, Gen: 1,
		Svc: []string{"pin", "receive"}, BookFrom: "2026-11-20T00:00:00.000Z", Until: "2027-03-01T00:00:00.000Z",
	}
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
	// Its numbers lie in another tenant of the same database, so that it shares
	// nothing with the municipality.
	return &peer{peertest.NewOffice(t, f.DB.For(8), "1", func() time.Time { return testkit.Now })}
}

// introduced is an office after the whole ceremony on the screens.
func introduced(t testing.TB, f *fixture) *peer {
	t.Helper()
	p := office(t, f)
	done(t, f.Do("POST", "/api/exchange/keys", keeper, ""))
	file := f.Do("GET", "/api/exchange/keys/file", keeper, "").Body.Bytes()
	p.Meet(file)
	done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", string(p.Public())))
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
		done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", string(p.Public())))
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

		done(t, upload(t, f, "/api/exchange/peer", keeper, "office.kpub", string(p.Public())))
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
		p.Say(p.issue(0), event.LinkReady{Link: link(0), Gen: 1})
		webtest.WantProblem(t, in(p.bundle()), http.StatusConflict, "intake.no_code_key")
		webtest.WantProblem(t, in("no bundle"), http.StatusUnprocessableEntity, "seal.E-DECRYPT")
		var taken BundleTaken
		read(t, in(string(p.Masters())), http.StatusOK, &taken)
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
		if n := p.take(t, out.Body.Bytes()); n != page.Under {
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
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", string(p.Masters())))
		p.Say(p.issue(0))
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", p.bundle()))
		webtest.WantProblem(t, f.Do("POST", "/api/exchange/accept", keeper, ""), http.StatusConflict, "intake.no_epoch")
		p.Renew(1)
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
		done(t, upload(t, f, "/api/exchange/in", carrier, "a.kfb", string(p.Masters())))
		p.Say(event.LinkReady{Link: link(0), Gen: 1}, event.LinkReady{Link: link(1), Gen: 1})
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
		p.Say(p.issue(0))
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
			p.take(t, f.Do("POST", "/api/exchange/out", carrier, "").Body.Bytes())
			windows = 0
			for _, b := range p.Heard {
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
		p.Renew(0)
		p.Said = nil // the question itself is not what this is about
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
		w := upload(t, there, "/api/exchange/peer", keeper, "a.kpub", string(office(t, here).Public()))
		webtest.WantProblem(t, w, http.StatusConflict, "keybook.other_tenant")
	})
}
