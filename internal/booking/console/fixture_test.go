package console

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const tenant = 1

// fixture is the console of a municipality with two windows, W1 and W2, each
// open from 9:00 to 12:00 on weekdays in slots of half an hour with three seats
// for the web and one for the office.
type fixture struct {
	*webtest.Browser
	Clock  *testkit.Clock
	Server *server
	Log    *bytes.Buffer
}

// newFixture builds the console over a database of its own. The people of As
// work at W1.
func newFixture(t testing.TB, db *store.DB, clock *testkit.Clock) *fixture {
	t.Helper()
	return newFixtureOf(t, db, clock, tenant, "yoyaku.kofu.example")
}

// newFixtureOf is newFixture for one of several municipalities.
func newFixtureOf(t testing.TB, db *store.DB, clock *testkit.Clock, tenant int, host string) *fixture {
	t.Helper()
	f := &fixture{Clock: clock, Log: &bytes.Buffer{}}
	own := db.For(tenant)
	deps := Deps{
		DB: own, Tenant: tenant, Ring: keyring.ForTest(1), Codes: codesOf(t), Log: slog.New(slog.NewTextHandler(f.Log, nil)), Clock: clock.Now, Secure: true,
		Assets: fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>Kofu</title>")}}, Version: "1.2.3",
		Base: "https://yoyaku.kofu.example", Passwords: webtest.Cheap,
	}
	keys := t.TempDir() // of the exchange, made by the tests that need them
	deps.End = func() (*intake.End, error) {
		book, err := keybook.Open(keys, seal.Cloud)
		return &intake.End{Desk: &front.Desk{DB: own, Tenant: tenant, Ring: deps.Ring, Base: deps.Base}, Book: book, Codes: deps.Codes}, err
	}
	err := slot.AddTenant(t.Context(), own, testkit.Supervisor, slot.Tenant{
		ID: tenant, Host: host, Name: "甲府市", PartyMax: 4, UntilMinute: 1440, FewPercent: 25,
	})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, own, testkit.Supervisor, func(tx *store.Tx) error { return staff.Seed(tx, staff.BookingRoles) })
	for _, w := range []slot.Window{windowTerms("W1", "本庁 1番窓口"), windowTerms("W2", "南出張所")} {
		if _, err := slot.SaveWindow(t.Context(), own, testkit.Supervisor, tenant, w); err != nil {
			t.Fatal(err)
		}
		if _, err := slot.SetPattern(t.Context(), own, testkit.Supervisor, tenant, w.ID, weekdays(3)); err != nil {
			t.Fatal(err)
		}
	}
	handler, err := New(deps)
	if err != nil {
		t.Fatal(err)
	}
	f.Server = deps.server()
	f.Browser = webtest.New(t, webtest.Browser{
		DB: own, Hasher: f.Server.common.Hasher, Handler: handler, Door: gate.Console(true), Windows: []string{"W1"},
	})
	return f
}

func windowTerms(id, name string) slot.Window {
	return slot.Window{
		ID: id, Name: name, HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60, LateMinutes: 5, OfficeSeats: slot.InCloud,
		Book: slot.Deadline{Days: 1, Minute: 17 * 60}, Change: slot.Deadline{Days: 1, Minute: 17 * 60}, Cancel: slot.Deadline{Days: 0, Minute: 8 * 60},
	}
}

// weekdays are 9:00–12:00 from Monday to Friday, half an hour each.
func weekdays(seats int) (list []slot.Pattern) {
	for d := time.Monday; d <= time.Friday; d++ {
		list = append(list, slot.Pattern{Weekday: d, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, WebCap: seats, OfficeCap: 1})
	}
	return list
}

// seeds prepare the database of a scenario. Each area adds its own from an
// init of its test file.
var seeds = map[string]func(*testing.T, *fixture){}

// Scenarios are played on both engines, with the same words.
func TestScenarios(t *testing.T) {
	webtest.Scenarios(t, func(t *testing.T, name, file string) {
		testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
			f := newFixture(t, db, clock)
			if seed := seeds[name]; seed != nil {
				seed(t, f)
			}
			f.Play(file)
		})
	})
}
