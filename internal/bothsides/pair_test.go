package bothsides_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/card"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/link"
	"kofu/internal/migrations"
	"kofu/internal/notice"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

var histories = flag.Int("histories", 0, "random histories of a real office and a real booking service, 0 for the usual number")

const (
	residents = 8
	tenant    = 7 // of the booking service; the office's database has tenant 0
	window    = agreetest.Window
	canary    = "夏南利 亜子"
)

// pair is a real office and a real booking service after the ceremony of keys,
// with cards whose letters were posted and whose codes were released.
type pair struct {
	t      testing.TB
	engine string // of the booking service
	Clock  *testkit.Clock
	dir    string
	Office exchange.Office
	Cloud  *intake.End
	links  []string // pseudonym of each resident
	tokens int
	closed bool // the database of the office
}

// prepared is such a pair as files, made once.
type prepared struct {
	office, cloud map[string][]byte // keys and the office's database, by path
	dump          []byte            // of the municipality at the booking service
	links         []string
}

var (
	once    sync.Once
	initial prepared
)

func newPair(t testing.TB, engine string) *pair {
	t.Helper()
	once.Do(func() { initial = prepare(t) })
	if initial.dump == nil {
		t.Fatal("nothing is prepared")
	}
	p := &pair{t: t, engine: engine, Clock: testkit.NewClock(), dir: t.TempDir(), links: initial.links}
	p.write("office", initial.office)
	p.write("cloud", initial.cloud)
	p.Office = exchange.Office{Ring: keyring.ForTest(1), Keys: p.path("office", "keys"), Spool: t.TempDir()}
	p.openOffice()
	p.openCloud(initial.dump)
	return p
}

func (p *pair) path(parts ...string) string {
	return filepath.Join(append([]string{p.dir}, parts...)...)
}

func (p *pair) write(side string, files map[string][]byte) {
	p.t.Helper()
	for name, content := range files {
		path := p.path(side, name)
		p.must(os.MkdirAll(filepath.Dir(path), 0o700))
		p.must(os.WriteFile(path, content, 0o600))
	}
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) openOffice() {
	p.t.Helper()
	files, err := migrations.Appliance()
	p.must(err)
	db, err := store.Open(p.t.Context(), p.path("office", "kofu.db"), store.Options{Clock: p.Clock.Now, Migrations: files})
	p.must(err)
	if p.Office.DB == nil {
		p.t.Cleanup(func() { p.closeOffice() })
	}
	p.Office.DB, p.closed = db, false
}

func (p *pair) closeOffice() {
	p.t.Helper()
	if !p.closed {
		p.must(p.Office.DB.Close())
		p.closed = true
	}
}

// openCloud makes a database of the booking service from a dump.
func (p *pair) openCloud(dump []byte) {
	p.t.Helper()
	files, err := migrations.Booking()
	p.must(err)
	db, err := store.Open(p.t.Context(), testkit.BookingDSN(p.t, p.engine), store.Options{Clock: p.Clock.Now, Migrations: files})
	p.must(err)
	p.t.Cleanup(func() { _ = db.Close() })
	if p.Cloud == nil {
		p.Cloud = endOf(p.t, db, p.path("cloud", "keys"))
	}
	p.Cloud.Desk.DB = db.For(tenant)
	if dump != nil {
		_, err = p.Cloud.Desk.DB.LoadTenant(p.t.Context(), testkit.Supervisor, bytes.NewReader(dump))
		p.must(err)
	}
}

func endOf(t testing.TB, db *store.DB, keys string) *intake.End {
	t.Helper()
	codes, err := keyring.OpenCodes(keys)
	if err != nil {
		t.Fatal(err)
	}
	book, err := keybook.Open(keys, seal.Cloud)
	if err != nil {
		t.Fatal(err)
	}
	return &intake.End{
		Desk: &front.Desk{DB: db.For(tenant), Tenant: tenant, Ring: keyring.ForTest(2), Base: "https://yoyaku.city.example"}, Book: book, Codes: codes,
	}
}

// prepare makes the pair that all others are copies of.
func prepare(t testing.TB) prepared {
	t.Helper()
	p := &pair{t: t, engine: "sqlite", Clock: testkit.NewClock(), dir: t.TempDir()}
	for _, folder := range []string{p.path("office", "keys"), p.path("cloud", "keys")} {
		p.must(os.MkdirAll(folder, 0o700))
	}
	p.Office = exchange.Office{Ring: keyring.ForTest(1), Keys: p.path("office", "keys"), Spool: t.TempDir()}
	p.openOffice()
	p.openCloud(nil)
	p.municipality()
	p.must(p.Cloud.MakeKeys(t.Context(), testkit.Supervisor))
	p.must(p.Office.MakeKeys(t.Context(), testkit.Supervisor, fmt.Sprint(tenant)))
	p.introduce()
	p.keysOfCodes()
	p.released(p.shelved())
	for range 3 {
		p.exchange()
	}
	var dump bytes.Buffer
	p.must(p.Cloud.Desk.DB.DumpTenant(t.Context(), &dump))
	p.closeOffice()
	return prepared{office: p.read("office"), cloud: p.read("cloud"), dump: dump.Bytes(), links: p.links}
}

func (p *pair) read(side string) map[string][]byte {
	p.t.Helper()
	files := map[string][]byte{}
	p.must(filepath.WalkDir(p.path(side), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(p.path(side), path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path) //nolint:gosec // made by this test
		return err
	}))
	return files
}

// municipality opens a window of the booking service every day at ten.
func (p *pair) municipality() {
	p.t.Helper()
	db := p.Cloud.Desk.DB
	p.must(slot.AddTenant(p.t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	_, err := slot.SaveWindow(p.t.Context(), db, testkit.Supervisor, tenant, slot.Window{
		ID: window, Name: "本庁 1番窓口", HorizonDays: 60, LastStart: 1170, LastEnd: 1200, LateMinutes: 5,
	})
	p.must(err)
	var always []slot.Pattern
	for d := time.Sunday; d <= time.Saturday; d++ {
		always = append(always, slot.Pattern{Weekday: d, FromMinute: 600, ToMinute: 660, SlotMinutes: 30, WebCap: 50, OfficeCap: 50})
	}
	_, err = slot.SetPattern(p.t.Context(), db, testkit.Supervisor, tenant, window, always)
	p.must(err)
	p.must(p.units("renew", 2))
	policy := terms.DefaultPolicy()
	policy.SenderAddress, policy.Phone, policy.Hours, policy.Reception = "yoyaku@city.example", "0120-000-000", "9時から17時", "appliance"
	p.cloudWrite(func(tx *store.Tx) error { _, err := terms.SavePolicy(tx, tenant, policy, 0); return err })
}

// units says how many seats a procedure takes, at the booking service.
func (p *pair) units(code slot.Procedure, n int) error {
	_, err := slot.SaveProcedure(p.t.Context(), p.Cloud.Desk.DB, testkit.Supervisor, tenant, slot.ProcedureTerms{Code: code, On: true, Units: n, SystemCutoff: 1440})
	return err
}

func (p *pair) cloudWrite(fn func(*store.Tx) error) {
	p.t.Helper()
	testkit.Write(p.t, p.Cloud.Desk.DB, testkit.Supervisor, fn)
}

func (p *pair) cloudRead(fn func(*store.Rx) error) {
	p.t.Helper()
	testkit.Read(p.t, p.Cloud.Desk.DB, fn)
}

func (p *pair) officeWrite(fn func(*store.Tx) error) {
	p.t.Helper()
	testkit.Write(p.t, p.Office.DB, testkit.Clerk, fn)
}

func (p *pair) officeRead(fn func(*store.Rx) error) {
	p.t.Helper()
	testkit.Read(p.t, p.Office.DB, fn)
}

// introduce lets both sides know each other's present keys; where they sign with
// new ones, two people compare.
func (p *pair) introduce() {
	p.t.Helper()
	_, theirs, err := p.Cloud.Public()
	p.must(err)
	_, ours, err := p.Office.Kpub()
	p.must(err)
	cloud, err := p.Office.Offer(p.t.Context(), testkit.Clerk, theirs)
	p.must(err)
	office, err := p.Cloud.Read(p.t.Context(), testkit.Supervisor, ours)
	p.must(err)
	book, err := p.Office.Book()
	p.must(err)
	if s, err := book.State(); err == nil && s.Offered != nil {
		for _, person := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
			_, err := p.Office.Confirm(p.t.Context(), person, cloud.Fingerprint())
			p.must(err)
		}
	}
	if s, err := p.Cloud.Book.State(); err == nil && s.Offered != nil {
		for _, person := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
			_, err := p.Cloud.Confirm(p.t.Context(), person, office.Fingerprint())
			p.must(err)
		}
	}
}

// keysOfCodes carries the keys under which codes are hashed.
func (p *pair) keysOfCodes() {
	p.t.Helper()
	var file bytes.Buffer
	_, err := p.Office.ExportCodeKeys(p.t.Context(), testkit.Supervisor, &file)
	p.must(err)
	p.must(p.take(agree.Cloud, file.Bytes()))
}

// shelved makes the cards of the residents.
func (p *pair) shelved() (ids []int64) {
	p.t.Helper()
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"}, {Kind: vault.Room, Name: "保管庫"}, {Kind: vault.Shelf, Name: "棚"}, {Kind: vault.Box, Name: "箱", Capacity: 100, Count: 1},
	} {
		n.ParentID = parent
		places, err := vault.Add(p.t.Context(), p.Office.DB, testkit.Supervisor, n)
		p.must(err)
		parent = places[0].ID
	}
	for i := range residents {
		ids = append(ids, p.newCard(parent, i+1))
	}
	return ids
}

// newCard makes a card and shelves it in a box.
func (p *pair) newCard(place int64, n int) (id int64) {
	p.t.Helper()
	p.officeWrite(func(tx *store.Tx) (err error) {
		id, err = card.List(tx, card.Facts{
			DeliveryID: 1, NoticeNo: fmt.Sprintf("A1B-%06d", n), Name: canary, NameKey: "カナリアコ", Address: "カナリア町6番地3",
			Birth: "1965-04-01", ExpiresOn: "2036-04-01", DeliveryMethod: "1",
		}, "")
		if err != nil {
			return err
		}
		for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
			if _, err := card.Do(tx, id, act, card.Input{}); err != nil {
				return err
			}
		}
		_, err = card.Do(tx, id, card.ActShelve, card.Input{PlaceID: place, Position: n})
		return err
	})
	return id
}

// letters prints and posts the letters of cards.
func (p *pair) letters(cards ...int64) (runID int64) {
	p.t.Helper()
	run, err := notice.Plan(p.t.Context(), notice.Office{DB: p.Office.DB, Ring: p.Office.Ring}, testkit.Clerk,
		notice.Order{Cards: cards, Stock: "a", StartCell: 1, Sort: notice.ByNumber})
	p.must(err)
	_, err = notice.MarkReady(p.t.Context(), p.Office.DB, testkit.Clerk, run.ID, nil)
	p.must(err)
	_, err = notice.Post(p.t.Context(), p.Office.DB, testkit.Clerk, run.ID, store.Day(p.Clock.Now()), false)
	p.must(err)
	return run.ID
}

// release makes the codes of letters known.
func (p *pair) release(runID int64) link.Released {
	p.t.Helper()
	keys, err := p.Office.Links()
	p.must(err)
	done, err := link.Release(p.t.Context(), p.Office.DB, keys, testkit.Clerk, runID, link.Terms{From: p.Clock.Now().Add(-time.Hour), Svc: []string{"receive", "renew"}})
	p.must(err)
	return done
}

// released posts letters and makes their codes known.
func (p *pair) released(cards []int64) {
	p.t.Helper()
	p.release(p.letters(cards...))
	p.officeRead(func(rx *store.Rx) error {
		p.links = nil
		for _, id := range cards {
			l, _, err := link.ByCard(rx, id)
			if err != nil {
				return err
			}
			p.links = append(p.links, l.ID)
		}
		return nil
	})
}

// export writes a bundle of a side.
func (p *pair) export(side agree.Side) (file []byte, err error) {
	var b bytes.Buffer
	if side == agree.Office {
		_, err = p.Office.Export(p.t.Context(), testkit.Clerk, &b)
	} else {
		_, err = p.Cloud.Give(p.t.Context(), testkit.Clerk, &b)
	}
	return b.Bytes(), err
}

// take lets a side take a bundle in.
func (p *pair) take(side agree.Side, file []byte) (err error) {
	if side == agree.Office {
		_, err = p.Office.Import(p.t.Context(), testkit.Clerk, bytes.NewReader(file), exchange.ByFile, exchange.Medium{})
	} else {
		_, err = p.Cloud.Take(p.t.Context(), testkit.Clerk, bytes.NewReader(file), int64(len(file)))
	}
	return err
}

// accept lets a side take the first bundle of a peer that was put back.
func (p *pair) accept(side agree.Side, file []byte) (err error) {
	if side == agree.Office {
		_, err = p.Office.Accept(p.t.Context(), testkit.Supervisor, bytes.NewReader(file), exchange.ByFile, exchange.Medium{})
		return err
	}
	if err := p.Cloud.Accept(p.t.Context(), testkit.Supervisor); err != nil {
		return err
	}
	return p.take(side, file)
}

// exchange is an undisturbed exchange, there and back.
func (p *pair) exchange() {
	p.t.Helper()
	for _, from := range []agree.Side{agree.Office, agree.Cloud} {
		p.confirm()
		file, err := p.export(from)
		p.must(err)
		err = p.take(1-from, file)
		if fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
			err = p.accept(1-from, file)
		}
		if !fault.Is(err, fault.Conflict, "relay.E-GAP") { // who was put back asks for what is missing
			p.must(err)
		}
	}
	p.confirm()
}

// confirm says that somebody has compared the counts after a restore.
func (p *pair) confirm() {
	p.t.Helper()
	err := p.Office.ConfirmRestore(p.t.Context(), testkit.Supervisor)
	if !fault.Is(err, fault.Conflict, "exchange.no_restore") {
		p.must(err)
	}
	err = p.Cloud.ConfirmRestore(p.t.Context(), testkit.Supervisor)
	if !fault.Is(err, fault.Conflict, "sync.no_recovery") {
		p.must(err)
	}
}

// far is how far the exchange has come as a side sees it.
func (p *pair) far(side agree.Side) (s relay.State) {
	p.t.Helper()
	load := func(rx *store.Rx) (err error) { s, err = relay.Load(rx); return err }
	if side == agree.Office {
		p.officeRead(load)
	} else {
		p.cloudRead(load)
	}
	return s
}

func (p *pair) token() string {
	p.tokens++
	return fmt.Sprintf("token-%020d", p.tokens)
}

// to moves the clock, never back.
func (p *pair) to(at time.Time) {
	if d := at.Sub(p.Clock.Now()); d > 0 {
		p.Clock.Advance(d)
	}
}
