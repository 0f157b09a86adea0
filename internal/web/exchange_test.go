package web

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/courier"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/keybook"
	"kofu/internal/message"
	"kofu/internal/peertest"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// peer is a booking service that speaks the words of the exchange.
type peer struct {
	*peertest.Peer
	f *fixture
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newPeer goes through the ceremony on both sides; the office's side of it by the
// screens.
func newPeer(t *testing.T, f *fixture) *peer {
	t.Helper()
	p := &peer{peertest.NewService(t, testkit.DBAt(t, f.Clock), "7", f.Clock.Now), f}
	f.exchangeAct(http.StatusOK, "POST", "/api/exchange/keys", "supervisor", `{"tenant":"7"}`)
	p.introduce(t)
	if s := f.exchange(); len(s.Warnings) != 1 || s.Warnings[0].Code != "exchange.warn.no_page" {
		t.Errorf("before letters say where to book: %+v", s.Warnings)
	}
	f.bookingPage("https://yoyaku.example.lg.jp/")
	return p
}

// bookingPage sets where residents book, as letters say it.
func (f *fixture) bookingPage(address string) {
	f.T.Helper()
	testkit.Write(f.T, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
		words := settings.Default()
		words.Organization.Name, words.Notice.BookingURL = "甲府市", address
		_, err := settings.Save(tx, words, 0)
		return err
	})
}

// introduce lets both sides know each other's present keys.
func (p *peer) introduce(t *testing.T) {
	t.Helper()
	var state ExchangeState
	w := p.f.sendFile("/api/exchange/peer", "supervisor", "cloud.kpub", p.Public())
	must(t, json.Unmarshal(w.Body.Bytes(), &state))
	if state.Offered != nil {
		body := `{"fingerprint":"` + p.Fingerprint() + `"}`
		p.f.exchangeAct(http.StatusOK, "POST", "/api/exchange/peer/confirmation", "supervisor", body)
		p.f.exchangeAct(http.StatusOK, "POST", "/api/exchange/peer/confirmation", "admin", body)
	}
	p.Meet(p.f.Do("GET", "/api/exchange/keys/file", "supervisor", "").Body.Bytes())
}

// take applies a bundle of the office.
func (p *peer) take(t *testing.T, file []byte) seal.Kind {
	t.Helper()
	b, err := p.Open(file)
	must(t, err)
	if b.Kind == seal.Reservations {
		_, err = p.Take(file)
		must(t, err)
	}
	return b.Kind
}

// sendFile sends a file as a browser does.
func (f *fixture) sendFile(path, as, name string, file []byte) *httptest.ResponseRecorder {
	f.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	must(f.T, err)
	_, _ = part.Write(file) // into memory
	must(f.T, form.Close())
	r := f.Request("POST", path, as, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return f.Send(r)
}

func (f *fixture) exchangeAct(status int, method, path, as, body string) *httptest.ResponseRecorder {
	f.T.Helper()
	w := f.Do(method, path, as, body)
	if w.Code != status {
		f.T.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

func answerOf[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

func (f *fixture) exchange() ExchangeState {
	f.T.Helper()
	var state ExchangeState
	must(f.T, json.Unmarshal(f.exchangeAct(http.StatusOK, "GET", "/api/exchange", "media", "").Body.Bytes(), &state))
	return state
}

// done are the steps that are done, in their order.
func (s ExchangeState) done() (keys string) {
	for _, one := range s.Steps {
		if one.Done {
			keys += one.Key + " "
		}
	}
	return keys
}

// medium is the folder of the configuration as a medium.
func (f *fixture) medium() ExchangeMedium {
	f.T.Helper()
	list := answerOf[[]ExchangeMedium](f.T.(*testing.T), f.exchangeAct(http.StatusOK, "GET", "/api/exchange/media", "media", ""))
	if len(list) != 1 {
		f.T.Fatalf("media %+v", list)
	}
	return list[0]
}

// KT-1000, KT-107: from the keys to the first bundle there and back, as the screens
// lead: by a medium there, by an upload back.
func TestKT1000_FirstExchangeByTheScreens(t *testing.T) {
	f := newFixture(t)
	if got := f.exchange().done(); got != "" {
		t.Errorf("done at first: %q", got)
	}
	p := newPeer(t, f)
	if got := f.exchange().done(); got != "make read compare " {
		t.Errorf("done after the ceremony: %q", got)
	}
	if s := f.exchange(); len(s.Peer.People) != 2 || s.Peer.People[0] == s.Peer.People[1] {
		t.Errorf("confirmed by %v", s.Peer.People)
	}
	m := f.medium()
	export := func(content string) CarryRow {
		return answerOf[CarryRow](t, f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media",
			`{"content":"`+content+`","mediumId":"`+m.ID+`","no":"USB-007","approval":"R8-12","approver":"課長 佐藤"}`))
	}
	keys, first := export("codeKeys"), export("log")
	for kind, row := range map[seal.Kind]CarryRow{seal.Masters: keys, seal.Reservations: first} {
		file, err := os.ReadFile(filepath.Join(f.Server.Media.Folder, row.File))
		must(t, err)
		if got := p.take(t, file); got != kind || !row.Verified || row.No != "USB-007" {
			t.Errorf("%s: %+v", got, row)
		}
	}
	if s := f.exchange(); s.done() != "make read compare codes send " || s.LastOut.State != "made" || s.LastOut.StateLabel != "未達" {
		t.Errorf("done %q, last %+v", s.done(), s.LastOut)
	}
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5}, event.CapacityOver{Window: "A", Start: "2026-11-25T10:00:00+09:00", Over: 1})
	file := p.Bundle()
	in := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", file))
	if in.N != 2 || in.New != 2 || in.Known || in.Missing || in.PutBack || in.Size != int64(len(file)) {
		t.Errorf("preview %+v", in)
	}
	if s := f.exchange(); s.HeardAt != "" {
		t.Error("the preview has taken the bundle in")
	}
	taken := answerOf[TakenResult](t, f.exchangeAct(http.StatusOK, "POST", "/api/exchange/incoming/"+in.ID+"/take", "media", `{"way":"file"}`))
	if taken.Applied != 2 || taken.Cases != 1 || len(taken.Counts) != 2 || taken.Counts[0].Label != "予約枠の超過" {
		t.Errorf("taken %+v", taken)
	}
	s := f.exchange()
	if s.done() != "make read compare codes send receive " || s.LastOut.State != "arrived" || s.LastIn.State != "applied" || s.Cases != 1 {
		t.Errorf("done %q, out %+v, in %+v", s.done(), s.LastOut, s.LastIn)
	}
	if again := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", file)); !again.Known || again.New != 0 {
		t.Errorf("the same again: %+v", again)
	}
}

// A bundle comes from a medium as well; its copy is taken in, so that the medium
// may be pulled out in between.
func TestKT107_ImportFromAMedium(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	path := filepath.Join(f.Server.Media.Folder, "back.kfb")
	must(t, os.WriteFile(path, p.Bundle(), 0o600))
	must(t, os.WriteFile(filepath.Join(f.Server.Media.Folder, "1-office-1-9-0a1b2c3d.kfb"), p.Bundle(), 0o600)) // ours, which has not left yet
	m := f.medium()
	if len(m.Files) != 1 || m.Files[0].Name != "back.kfb" {
		t.Fatalf("on the medium: %+v", m.Files)
	}
	in := answerOf[Incoming](t, f.exchangeAct(http.StatusOK, "POST", "/api/exchange/incoming/from-medium", "media", `{"mediumId":"`+m.ID+`","name":"back.kfb"}`))
	must(t, os.Remove(path))
	f.exchangeAct(http.StatusOK, "POST", "/api/exchange/incoming/"+in.ID+"/take", "media", `{"way":"medium","no":"USB-008"}`)
	if last := f.exchange().LastIn; last.Way != "medium" || last.No != "USB-008" || last.Size != in.Size {
		t.Errorf("%+v", last)
	}
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/media/"+m.ID+"/ejection", "media", "{}"), http.StatusConflict, "media.no_eject")
}

// A browser of the office fetches its bundle, and nobody fetches one that went to a
// medium or came.
func TestKT107_ExportForABrowser(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	row := answerOf[CarryRow](t, f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media", `{"content":"log"}`))
	w := f.exchangeAct(http.StatusOK, "GET", "/api/exchange/carries/1/file", "media", "")
	if p.take(t, w.Body.Bytes()) != seal.Reservations || !strings.Contains(w.Header().Get("Content-Disposition"), row.File) || row.Way != "file" {
		t.Errorf("%+v, %s", row, w.Header())
	}
	f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media", `{"content":"log","mediumId":"`+f.medium().ID+`"}`)
	webtest.WantProblem(t, f.Do("GET", "/api/exchange/carries/2/file", "media", ""), http.StatusNotFound, "exchange.file_gone")
}

// A gap is shown before and said when it is refused; the next bundle of ours asks
// for what is missing.
func TestKT1000_GapOnTheScreens(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	p.Bundle()
	p.AcceptEpoch("", 0, 1)
	p.Say(event.ConfigWindow{Window: "B", Name: "本庁 2番", Owner: "office", Order: 2, Late: 5})
	in := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	if !in.Missing {
		t.Errorf("preview %+v", in)
	}
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/incoming/"+in.ID+"/take", "media", `{"way":"file"}`), http.StatusConflict, "relay.E-GAP")
	s := f.exchange()
	if len(s.Warnings) != 1 || s.Warnings[0].Code != "exchange.warn.need" || !strings.Contains(s.Warnings[0].Message, "1番") {
		t.Errorf("warnings %+v", s.Warnings)
	}
}

// Case 11 on the screens: the booking service was put back, which only somebody
// with the keys accepts; this database was put back, and its counts are confirmed.
func TestCase11_RestoreOnTheScreens(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	in := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	f.exchangeAct(http.StatusOK, "POST", "/api/exchange/incoming/"+in.ID+"/take", "media", `{"way":"file"}`)

	late := p.Bundle()
	p.Renew(0)
	in = answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	take := "/api/exchange/incoming/" + in.ID + "/take"
	if !in.PutBack {
		t.Errorf("preview %+v", in)
	}
	webtest.WantProblem(t, f.Do("POST", take, "media", `{"way":"file"}`), http.StatusConflict, "relay.E-EPOCH")
	if s := f.exchange(); len(s.Warnings) != 1 || s.Warnings[0].Code != "exchange.warn.new_epoch" {
		t.Errorf("warnings %+v", s.Warnings)
	}
	webtest.WantProblem(t, f.Do("POST", take, "media", `{"way":"file","accept":true}`), http.StatusForbidden, "gate.forbidden")
	f.exchangeAct(http.StatusOK, "POST", take, "supervisor", `{"way":"file","accept":true}`)
	if s := f.exchange(); len(s.Warnings) != 0 || s.Waiting == 0 {
		t.Errorf("after accepting: %+v", s)
	}
	in = answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "late.kfb", late))
	if in.PutBack || !strings.HasPrefix(in.Stale, "E-STALE:") {
		t.Errorf("a medium from before: %+v", in)
	}
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/incoming/"+in.ID+"/take", "supervisor", `{"way":"file","accept":true}`), http.StatusConflict, "relay.E-STALE")

	before := f.epoch()
	f.exchangeAct(http.StatusOK, "POST", "/api/exchange/restore", "admin", "")
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/restore", "admin", ""), http.StatusConflict, "exchange.restoring")
	if s := f.exchange(); s.Restore == nil || s.Restore.Side != exchange.OfficeSide || s.Restore.Answered != "" {
		t.Errorf("asked: %+v", s.Restore)
	}
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/restore/confirmation", "admin", ""), http.StatusConflict, "exchange.no_restore")
	row := answerOf[CarryRow](t, f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media", `{"content":"log"}`))
	p.follow(t, row)
	p.Say(event.SnapshotBegin{For: f.epoch(), Was: before, Seen: 0}, event.SnapshotEnd{For: f.epoch()})
	in = answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	taken := answerOf[TakenResult](t, f.exchangeAct(http.StatusOK, "POST", "/api/exchange/incoming/"+in.ID+"/take", "media", `{"way":"file"}`))
	if s := f.exchange(); !taken.Restore || s.Restore == nil || s.Restore.Answered == "" || len(s.Restore.Counts) != 3 {
		t.Errorf("answered: %+v, %+v", taken, s.Restore)
	}
	webtest.WantProblem(t, f.Do("POST", "/api/exchange/exports", "media", `{"content":"log"}`), http.StatusConflict, "exchange.confirm_first")
	f.exchangeAct(http.StatusOK, "POST", "/api/exchange/restore/confirmation", "admin", "")
	if s := f.exchange(); s.Restore != nil {
		t.Errorf("confirmed: %+v", s.Restore)
	}
}

// follow takes in the bundle of a line of the register, whose epoch is accepted.
func (p *peer) follow(t *testing.T, row CarryRow) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(p.f.Server.Spool, row.File))
	must(t, err)
	p.AcceptEpoch(p.f.epoch(), 0, int64(len(p.Said)))
	p.take(t, file)
}

// epoch is that of the office's log.
func (f *fixture) epoch() (epoch string) {
	f.T.Helper()
	testkit.Read(f.T, f.DB, func(rx *store.Rx) error {
		s, err := relay.Load(rx)
		epoch = s.Epoch
		return err
	})
	return epoch
}

// listen answers the office's calls with what the booking service says.
func (p *peer) listen(t *testing.T) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(p.Bundle()) }))
	var err error
	s.TLS, err = p.Own().TLS([]seal.Public{p.Known()})
	must(t, err)
	s.StartTLS()
	t.Cleanup(s.Close)
	p.f.exchangeAct(http.StatusOK, "PUT", "/api/exchange/address", "supervisor", `{"address":"`+s.URL+`/exchange"}`)
}

// KT-1000: an office that has nothing but calls accepts a booking service that was
// put back without a file: what was answered is kept, shown and accepted like one.
func TestKT1000_RestoreByCallsAlone(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	p.listen(t)
	sync := func() TakenResult {
		return answerOf[TakenResult](t, f.exchangeAct(http.StatusOK, "POST", "/api/exchange/sync", "media", ""))
	}
	if got := sync(); got.Applied != 1 || got.Answer != nil {
		t.Errorf("before: %+v", got)
	}
	p.Renew(0)
	got := sync()
	if got.Answer == nil || !got.Answer.PutBack || got.Answer.New != 1 || got.Answer.Size == 0 || !strings.HasSuffix(got.Answer.File, ".kfb") || got.Applied != 0 {
		t.Fatalf("put back: %+v", got.Answer)
	}
	if s := f.exchange(); len(s.Warnings) != 1 || s.Warnings[0].Code != "exchange.warn.new_epoch" || s.LastIn.Way != "https" {
		t.Errorf("nobody has accepted it: %+v", s.Warnings)
	}
	take := "/api/exchange/incoming/" + got.Answer.ID + "/take"
	webtest.WantProblem(t, f.Do("POST", take, "media", `{"way":"https","accept":true}`), http.StatusForbidden, "gate.forbidden")
	for _, way := range []string{"file", "medium"} { // which it did not come by
		webtest.WantProblem(t, f.Do("POST", take, "supervisor", `{"way":"`+way+`","accept":true}`), http.StatusUnprocessableEntity, "exchange.bad_content")
	}
	f.exchangeAct(http.StatusOK, "POST", take, "supervisor", `{"way":"https","accept":true}`)
	if s := f.exchange(); len(s.Warnings) != 0 || s.Waiting == 0 || s.LastIn.Way != "https" || s.LastIn.Size != got.Answer.Size {
		t.Errorf("accepted: %+v, %+v", s.Warnings, s.LastIn)
	}
	if got := sync(); got.Answer != nil {
		t.Errorf("afterwards: %+v", got)
	}
}

// KT-107: the register calls nothing carried by HTTPS that was uploaded, whatever a
// browser says.
func TestKT107_AnUploadedFileDidNotComeByCall(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	in := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	take := func(id, way string) *httptest.ResponseRecorder {
		return f.Do("POST", "/api/exchange/incoming/"+id+"/take", "media", `{"way":"`+way+`"}`)
	}
	webtest.WantProblem(t, take(in.ID, "https"), http.StatusUnprocessableEntity, "exchange.bad_content")
	webtest.WantProblem(t, take("https-"+in.ID, "https"), http.StatusNotFound, "exchange.file_gone")
	if s := f.exchange(); s.LastIn != nil || s.HeardAt != "" {
		t.Errorf("taken in: %+v", s.LastIn)
	}
	if w := take(in.ID, "file"); w.Code != http.StatusOK || f.exchange().LastIn.Way != "file" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Both forms are PDFs, and the register is a list like the others.
func TestKT107_FormsAndRegister(t *testing.T) {
	f := newFixture(t)
	newPeer(t, f)
	f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media", `{"content":"codeKeys","mediumId":"`+f.medium().ID+`","no":"=USB-007"}`)
	for path, want := range map[string]struct{ as, name string }{
		"/api/exchange/keys.pdf":           {"supervisor", "鍵の照合記録票.pdf"},
		"/api/exchange/carries/1/slip.pdf": {"media", "搬送記録票_1.pdf"},
	} {
		w := f.exchangeAct(http.StatusOK, "GET", path, want.as, "")
		_, saved, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		if err != nil || saved["filename"] != want.name || !strings.HasPrefix(w.Body.String(), "%PDF-") || w.Header().Get("Content-Type") != "application/pdf" {
			t.Errorf("%s: %s", path, w.Header())
		}
		if dir := os.Getenv("KOFU_SHOTS"); dir != "" {
			must(t, os.WriteFile(filepath.Join(dir, filepath.Base(path)), w.Body.Bytes(), 0o600))
		}
	}
	f.exchangeAct(http.StatusForbidden, "GET", "/api/exchange/carries/export?format=csv", "list.export", "")
	for _, format := range []string{"csv", "xlsx", "pdf"} {
		w := f.exchangeAct(http.StatusOK, "GET", "/api/exchange/carries/export?format="+format+"&direction=out", "supervisor", "")
		if format == "csv" && !strings.Contains(w.Body.String(), "連携コードの鍵") {
			t.Errorf("%s", w.Body)
		}
	}
	if list := answerOf[CarryList](t, f.exchangeAct(http.StatusOK, "GET", "/api/exchange/carries?direction=in", "media", "")); len(list.Rows) != 0 {
		t.Errorf("%+v", list)
	}
}

// A slip goes with what is carried out, and with nothing else.
func TestKT107_SlipOnlyForWhatIsCarriedOut(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		direction string
		way       exchange.Way
		slip      bool
	}{
		{"out", exchange.ByMedium, true},
		{"out", exchange.ByFile, true},
		{"out", exchange.ByHTTPS, false},
		{"in", exchange.ByMedium, false},
		{"in", exchange.ByFile, false},
		{"in", exchange.ByHTTPS, false},
	} {
		carry, err := f.Server.office().Register(t.Context(), testkit.Clerk, exchange.Carry{BundleID: "a", Direction: c.direction, Way: c.way, Kind: "return"})
		must(t, err)
		w := f.Do("GET", "/api/exchange/carries/"+strconv.FormatInt(carry.ID, 10)+"/slip.pdf", "media", "")
		if !c.slip {
			webtest.WantProblem(t, w, http.StatusNotFound, "exchange.no_slip")
		} else if w.Code != http.StatusOK {
			t.Errorf("%s by %s: %d %s", c.direction, c.way, w.Code, w.Body)
		}
	}
}

// KT-107: a number of a medium that may not be written down is refused before
// anything is taken in, so that nothing is applied without a line of the register.
func TestKT107_NumberOfTheMediumIsCheckedFirst(t *testing.T) {
	f := newFixture(t)
	p := newPeer(t, f)
	p.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	in := answerOf[Incoming](t, f.sendFile("/api/exchange/incoming", "media", "back.kfb", p.Bundle()))
	take := "/api/exchange/incoming/" + in.ID + "/take"
	webtest.WantProblem(t, f.Do("POST", take, "media", `{"way":"medium","no":"1234 5678 9018"}`), http.StatusUnprocessableEntity, "entry.my_number")
	if s := f.exchange(); s.HeardAt != "" || s.LastIn != nil {
		t.Errorf("taken in all the same: heard at %q, in %+v", s.HeardAt, s.LastIn)
	}
	f.exchangeAct(http.StatusOK, "POST", take, "media", `{"way":"medium","no":"USB-008"}`)
}

// A lost medium of ours stays in the register as lost.
func TestKT107_LostMediumOnTheScreens(t *testing.T) {
	f := newFixture(t)
	newPeer(t, f)
	row := answerOf[CarryRow](t, f.exchangeAct(http.StatusCreated, "POST", "/api/exchange/exports", "media", `{"content":"log"}`))
	own := f.exchange().Own.Fingerprint
	w := f.exchangeAct(http.StatusOK, "POST", "/api/exchange/losses", "media", `{"direction":"out","bundleId":"`+row.BundleID+`"}`)
	if s := answerOf[ExchangeState](t, w); s.LastOut.State != "lost" || s.Own.Fingerprint != own {
		t.Errorf("%+v", s.LastOut)
	}
	w = f.exchangeAct(http.StatusOK, "POST", "/api/exchange/losses", "supervisor", `{"direction":"in","no":"USB-009"}`)
	if s := answerOf[ExchangeState](t, w); s.Own.Fingerprint == own || s.OldUntil == "" {
		t.Error("the own key was not replaced")
	}
}

// One act at a time: who comes second is told to wait.
func TestExchange_OneActAtATime(t *testing.T) {
	f := newFixture(t)
	busy := make(chan struct{})
	end := make(chan struct{})
	go func() {
		_ = f.Server.trades.one(func() error { close(busy); <-end; return nil })
	}()
	<-busy
	err := f.Server.trades.one(func() error { t.Error("two at once"); return nil })
	close(end)
	if err == nil || message.Of(err) == "exchange.busy" {
		t.Errorf("got %v", err)
	}
}

// KT-1000: whatever code a bundle is refused with, the screen says what to do.
func TestKT1000_EveryRefusalHasAText(t *testing.T) {
	places := map[string]map[string]string{ // what a refusal of our own says besides
		"intake.no_code_key": {"key": "o001"}, "relay.E-GAP": {"from": "3", "to": "5"},
	}
	for _, code := range []string{
		"seal.E-SIZE", "seal.E-DECRYPT", "seal.E-VERSION", "seal.E-SIG", "seal.E-TENANT", "seal.E-DIR", "seal.E-DIGEST", "seal.E-EXPIRED", "seal.E-UNZIP",
		"seal.E-SCHEMA", "relay.E-EPOCH", "relay.E-GAP", "exchange.put_back", "intake.put_back", "exchange.not_return", "intake.no_code_key",
	} {
		text := message.Text(code, places[code])
		if name := code[strings.Index(code, ".")+1:]; strings.HasPrefix(name, "E-") && !strings.HasPrefix(text, name) {
			t.Errorf("%s is not named: %s", code, text)
		}
		if strings.Contains(text, "{") {
			t.Errorf("%s leaves a place empty: %s", code, text)
		}
		if !strings.Contains(text, "何も取り込んでいません") || !strings.HasSuffix(text, "。") {
			t.Errorf("%s does not say that nothing has changed: %s", code, text)
		}
	}
	for _, code := range []string{ // said by the booking service, whose places nobody fills
		"relay.E-GAP", "relay.E-EPOCH", "relay.E-STALE", "intake.no_code_key", "intake.put_back", "seal.E-EXPIRED", "seal.E-SCHEMA", "seal.E-VERSION", "seal.E-DECRYPT", "seal.E-SIG",
		"seal.E-DIR", "keybook.no_peer", "keybook.older_masters", "seal.no_keys",
	} {
		if !message.Has(courier.Refusal + code) {
			t.Errorf("%s has no text for a refusal by HTTPS", code)
		}
		if text := message.Text(courier.Refusal+code, nil); strings.Contains(text, "{") || !strings.HasPrefix(text, "予約サービスが、こちらの") || !strings.HasSuffix(text, "。") {
			t.Errorf("%s: %s", code, text)
		}
	}
	for _, b := range event.Bodies {
		switch b.(type) {
		case event.LinkIssue, event.LinkReady, event.LinkHold, event.LinkWithdraw, event.LinkRekey, event.LinkClose, event.BookingOffice, event.BookingRefused, event.DayClosed:
			continue // the office says these
		}
		if !message.Has("exchange.event." + string(b.Type())) {
			t.Errorf("%s has no word", b.Type())
		}
	}
}

// Who compared a key stands on the screen also when the entry is no account's.
func TestExchange_WhoComparedIsNeverBlank(t *testing.T) {
	own, err := seal.NewSecret(seal.Cloud, "7", rand.Reader)
	must(t, err)
	public := own.Public()
	var out ExchangeState
	must(t, out.keys(keybook.State{Peer: &public, PeerPeople: []string{"1", "佐藤 一郎"}}, testkit.Clerk, map[string]string{"1": "鈴木 花子"}))
	if got := strings.Join(out.Peer.People, "、"); got != "鈴木 花子、佐藤 一郎" {
		t.Errorf("compared by %q", got)
	}
}
