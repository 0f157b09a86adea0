package web

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

func init() {
	seeds["release"] = func(t *testing.T, f *fixture) {
		seedCards(t, f)
		f.shelve(1, 2, 3)
		f.windows()
		f.printed(1, 2)
		f.codeKeys()
	}
}

// TB-10, PR-09: what the screen of a print run says is the same whether a letter is
// left out because its card was given up or because its holder is protected.
func TestTB10_ReleaseSaysNothingOfProtection(t *testing.T) {
	answer := func(leaveOut func(f *fixture)) string {
		f := newFixture(t)
		seedCards(t, f)
		f.shelve(1, 2, 3)
		f.person(2)
		f.printed(1, 2, 3)
		f.codeKeys()
		leaveOut(f)
		w := f.Do("POST", "/api/print-runs/1/release", "notice", `{"from":"2026-11-24","until":"2026-12-24","procedures":["receive"],"windows":[]}`)
		if w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	given := answer(func(f *fixture) {
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error { return notice.Withdraw(tx, 2, 0, "本人の希望") })
	})
	protected := answer(func(f *fixture) {
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
			return resident.Shield(tx, 1, resident.Mark{From: "2026-11-01", Until: "2027-10-31", Reason: "申出"})
		})
	})
	if diff := cmp.Diff(given, protected); diff != "" {
		t.Errorf("given up and protected (-, +):\n%s", diff)
	}
}

// person joins a card to a resident of its own.
func (f *fixture) person(cardID int64) {
	f.T.Helper()
	testkit.Write(f.T, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		row := resident.Row{Resident: resident.Resident{No: "0000000001", State: "1", Kind: "1", Name: "𠮷田 太郎", Address: "○○市△△町一丁目2番3号"}}
		row.Has = row.Has.With(resident.State).With(resident.Name).With(resident.Address)
		out, err := resident.Put(tx, 1, &row)
		if err != nil {
			return err
		}
		return card.Link(tx, cardID, card.Person{ResidentID: out.ID})
	})
}

// Without a key of this office nothing can be made known, and the screen says so
// before anybody tries.
func TestKT1000_ReleaseNeedsAKey(t *testing.T) {
	f := newFixture(t)
	seedCards(t, f)
	f.shelve(1, 2, 3)
	f.printed(1)
	w := f.Do("POST", "/api/print-runs/1/release", "notice", `{"from":"2026-11-24","until":"2026-12-24","procedures":["receive"],"windows":[]}`)
	webtest.WantProblem(t, w, http.StatusConflict, "link.no_key")
}

// Codes in letters that do not say where to book are of no use, which the screen
// says before they are printed; an office without a booking service hears nothing.
func TestKT1000_LettersSayWhereToBook(t *testing.T) {
	f := newFixture(t)
	seedCards(t, f)
	f.shelve(1, 2, 3)
	f.printed(1)
	silent := func() bool { return answerOf[PrintRun](t, f.Do("GET", "/api/print-runs/1", "notice", "")).NoPage }
	if silent() {
		t.Error("without a booking service letters need no address")
	}
	f.codeKeys()
	if !silent() {
		t.Error("the letters say nowhere where to book, and nobody is told")
	}
	f.bookingPage("https://yoyaku.example.lg.jp/")
	if silent() {
		t.Error("the letters say where to book")
	}
}

// The codes of a run go through three states: known here, in a bundle, arrived.
func TestKT1000_CodesOnTheirWay(t *testing.T) {
	f := newFixture(t)
	seeds["release"](t, f)
	w := f.Do("POST", "/api/print-runs/1/release", "notice", `{"from":"2026-11-24","until":"2026-12-24","procedures":["receive"],"windows":[]}`)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	reached := func(sent, acked int64) (r link.Reached) {
		testkit.Read(t, f.DB, func(rx *store.Rx) (err error) {
			r, err = link.ReachedOf(rx, 1, sent, acked)
			return err
		})
		return r
	}
	for _, c := range []struct {
		sent, acked int64
		want        link.Reached
	}{
		{0, 0, link.Reached{Released: 2}}, {1, 0, link.Reached{Released: 2, Sent: 1}}, {4, 1, link.Reached{Released: 2, Sent: 2, Arrived: 1}},
	} {
		if got := reached(c.sent, c.acked); got != c.want {
			t.Errorf("up to %d sent and %d arrived: %+v, want %+v", c.sent, c.acked, got, c.want)
		}
	}
}

// Case 10: a letter is lost. The card page orders another one for the card alone;
// when it is printed the number is replaced, and the booking stands.
func TestCase10_AnotherLetter(t *testing.T) {
	f := newFixture(t)
	seedCards(t, f)
	f.shelve(1, 2, 3)
	f.released(1)
	before := f.linkOf(1)
	if w := f.Do("POST", "/api/print-runs", "notice.print", `{"cards":[1],"stock":"12up-84x42-aone-28187","startCell":1,"order":"number"}`); w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, err := notice.MarkReady(t.Context(), f.DB, testkit.Clerk, 2, nil); err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error { return f.Server.exchange().Settle(tx) })
	if after := f.linkOf(1); after.ID != before.ID || after.CodeID == before.CodeID || after.Gen != before.Gen || after.State != before.State {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func (f *fixture) linkOf(cardID int64) (l link.Link) {
	f.T.Helper()
	testkit.Read(f.T, f.DB, func(rx *store.Rx) (err error) {
		l, _, err = link.ByCard(rx, cardID)
		return err
	})
	return l
}
