package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

const counterBooking = "01JD0000000000000000000001"

func init() {
	seeds["counter"] = func(t *testing.T, f *fixture) {
		seedCards(t, f)
		f.shelve(1, 2, 3)
		f.windows()
		f.hear(event.BookingCreated{
			Booking: counterBooking, No: "11-0042", Window: "A", Start: "2026-11-24T10:00:00+09:00", Min: 30, Party: 1, Units: 1, Seat: "web", Via: "web",
			Members: []event.Member{{Link: "00000000000000aa", Gen: 1, Svc: []string{"pin"}, NoCode: true}},
		})
	}
}

// windows opens a window today and tomorrow.
func (f *fixture) windows() {
	f.T.Helper()
	f.hear(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	for _, day := range []string{"2026-11-24", "2026-11-25"} {
		f.hear(event.ConfigCapacity{Window: "A", Date: day, Slots: []event.SlotSeats{
			{Start: day + "T10:00:00+09:00", Min: 30, Web: 2, Office: 1}, {Start: day + "T10:30:00+09:00", Min: 30, Web: 2, Office: 2},
		}})
	}
}

func (f *fixture) hear(b event.Body) {
	f.T.Helper()
	testkit.Write(f.T, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, _, err := counter.Hear(tx, 1, b)
		return err
	})
}

// The list for the way past the shelves is a PDF, and says nothing of a person.
func TestKT205_PickListAsPDF(t *testing.T) {
	f := newFixture(t)
	seeds["counter"](t, f)
	w := f.Do("GET", "/api/counter/picks.pdf?day=2026-11-25", "card.work", "")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF-") || w.Header().Get("Content-Type") != "application/pdf" {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}

// Whoever is late is shown as missed, and as a no-show once the day is closed.
func TestKT505_LateIsShownAsMissed(t *testing.T) {
	f := newFixture(t)
	seeds["counter"](t, f)
	shown := func(want string) {
		t.Helper()
		w := f.Do("GET", "/api/counter/visits?window=A&day=2026-11-24", "visit.handover", "")
		if !strings.Contains(w.Body.String(), `"state":"`+want+`"`) {
			t.Errorf("want %s: %s", want, w.Body)
		}
	}
	shown("active")
	for range 32 { // until 10:34: the session must not fall asleep
		f.Clock.Advance(2 * time.Minute)
		shown("active")
	}
	f.Clock.Advance(time.Minute)
	shown("noshow_provisional")
	if w := f.Do("POST", "/api/counter/closing", "visit.handover", `{"windowId":"A","day":"2026-11-24"}`); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	shown("noshow")
}

// The file of a day has a row for each person, and that of the office seats none of
// the booking service.
func TestKT1000_ADayAsFile(t *testing.T) {
	f := newFixture(t)
	seeds["counter"](t, f)
	const address = "/api/counter/visits/file?format=csv&window=A"
	f.exchangeAct(http.StatusForbidden, "GET", address, "list.export", "")
	for query, rows := range map[string]int{"": 1, "&source=office": 0} {
		w := f.Do("GET", address+query, "list.export+visit.handover", "")
		if got := strings.Count(strings.TrimSpace(w.Body.String()), "\n"); w.Code != http.StatusOK || got != rows {
			t.Errorf("%q: %d, %d rows: %s", query, w.Code, got, w.Body)
		}
	}
	log := f.Do("GET", "/api/audit?action=list.exported", "auditor", "").Body.String()
	if !strings.Contains(log, `\"window\":\"A\"`) || !strings.Contains(log, `\"day\":\"2026-11-24\"`) {
		t.Errorf("the log does not say whose day was taken: %s", log)
	}
}

// TB10: what stands where a day should stand, such as a number of twelve digits, is
// refused and noted nowhere.
func TestTB10_NoDayNoNote(t *testing.T) {
	f := newFixture(t)
	seeds["counter"](t, f)
	for _, address := range []string{"visits", "visits/file?format=csv", "seats", "picks"} {
		mark := "?"
		if strings.Contains(address, "?") {
			mark = "&"
		}
		for _, day := range []string{"123456789018", "2026-02-30"} {
			w := f.Do("GET", "/api/counter/"+address+mark+"window=A&day="+day, "list.export+visit.handover+card.work", "")
			webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "counter.day_unread")
		}
	}
	if log := f.Do("GET", "/api/audit", "auditor", "").Body.String(); strings.Contains(log, "123456789018") {
		t.Errorf("the log has it: %s", log)
	}
}
