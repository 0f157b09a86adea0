package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/counter"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func init() {
	seeds["shield"] = func(t *testing.T, f *fixture) {
		seedCards(t, f)
		f.shelve(1, 2, 3)
		f.windows()
		f.person(2)
		f.released(1, 2)
	}
	seeds["linkage"] = func(t *testing.T, f *fixture) { f.windows() }
}

const protect = `{"from":"2026-11-01","until":"2027-10-31","reason":"申出第12号"}`

// TB-10: a mark takes the code back from the booking service at once, and the
// booking by phone stands without it; nothing in the audit log says why.
func TestTB10_TheMarkOnTheCardPage(t *testing.T) {
	f := newFixture(t)
	seeds["shield"](t, f)
	var made counter.Booking
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		made, err = counter.Book(tx, counter.New{
			WindowID: "A", Starts: time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC), Via: counter.ByPhone,
			Guests: []counter.Guest{{CardID: 2, Procs: []string{"receive"}}},
		})
		return err
	})
	if w := f.Do("POST", "/api/cards/2/shield", "resident.shield", protect); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	state := func() (l link.Link, b counter.Booking) {
		testkit.Read(t, f.DB, func(rx *store.Rx) (err error) {
			if l, _, err = link.ByCard(rx, 2); err != nil {
				return err
			}
			b, err = counter.ByID(rx, made.ID)
			return err
		})
		return l, b
	}
	l, b := state()
	if l.State != agree.Withdrawn || b.State() != counter.Active || b.Persons[0].Link != "" || b.Persons[0].CardID != 2 {
		t.Errorf("link %+v, booking %+v", l, b)
	}
	if list := f.openCases(); len(list) != 0 {
		t.Errorf("cases %+v", list)
	}
	if w := f.Do("GET", "/api/audit", "audit.view", ""); strings.Contains(w.Body.String(), "申出") || !strings.Contains(w.Body.String(), "resident.shielded") {
		t.Errorf("audit log: %s", w.Body)
	}
	if w := f.Do("POST", "/api/cards/2/shield/end", "resident.shield", `{"reason":"終了の届出"}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if l, _ := state(); l.State != agree.Ready || l.Gen != 2 {
		t.Errorf("taken off: %+v", l)
	}
}

// PR-07: a mark whose days are over holds until somebody takes it off.
func TestPR07_AnOldMarkHolds(t *testing.T) {
	f := newFixture(t)
	seeds["shield"](t, f)
	if w := f.Do("POST", "/api/cards/2/shield", "resident.shield", `{"from":"2025-11-01","until":"2026-10-31","reason":"申出"}`); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"expired":true`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if l := f.pseudonym(2); l == "" {
		t.Error("the link is gone")
	}
	testkit.Read(t, f.DB, func(rx *store.Rx) error {
		l, _, err := link.ByCard(rx, 2)
		if l.State != agree.Withdrawn {
			t.Errorf("link %+v", l)
		}
		return err
	})
}

// Booking from the day of posting only: a card in the vault whose letter has not
// left is known and cannot be collected yet.
func TestKT1000_ReadyWhenPosted(t *testing.T) {
	f := newFixture(t)
	seedCards(t, f)
	f.shelve(1, 2, 3)
	run := f.printed(1)
	f.codeKeys()
	body := `{"linkVersion":0,"version":0,"link":{"withBirth":true,"withoutBirth":"office","shielded":"never","households":true,"ready":"READY"},"freshDays":1}`
	save := func(ready string) {
		t.Helper()
		if w := f.Do("PUT", "/api/linkage", "settings.manage", strings.Replace(body, "READY", ready, 1)); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	save("posted")
	if w := f.Do("POST", "/api/print-runs/1/release", "notice", `{"from":"2026-11-24","until":"2026-12-24","procedures":["receive"],"windows":[]}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	want := func(state agree.LinkState) {
		t.Helper()
		testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error { return f.Server.exchange().Settle(tx) })
		testkit.Read(t, f.DB, func(rx *store.Rx) error {
			l, _, err := link.ByCard(rx, 1)
			if l.State != state {
				t.Errorf("link %s, want %s", l.State, state)
			}
			return err
		})
	}
	want(agree.Issued)
	body = strings.Replace(body, `"linkVersion":0`, `"linkVersion":1`, 1)
	save("shelved")
	want(agree.Ready)
	body = strings.Replace(body, `"linkVersion":1`, `"linkVersion":2`, 1)
	save("posted")
	want(agree.Held)
	if _, err := notice.Post(t.Context(), f.DB, testkit.Clerk, run, "2026-11-24", false); err != nil {
		t.Fatal(err)
	}
	want(agree.Ready)
}
