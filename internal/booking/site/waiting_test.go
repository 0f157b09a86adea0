package site_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/queue"
	"kofu/internal/keyring"
	"kofu/internal/testkit"
)

// TB11: who waits reads their own number, place and way back on a page that is
// made once for all. An address cannot break out of it, and who speaks another
// language or wants larger letters gets a page of that kind.
func TestTB11_TheWaitingRoomHasOnePageForAll(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		room := &queue.Queue{DB: w.db, Tenant: tenant, Ring: keyring.ForTest(7), Clock: w.clock.Now, Limits: queue.Limits{Rate: 1, InFlight: 100, P95: time.Hour}}
		never := func(*http.Request) bool { return false }
		w.handler = (&door.Waiting{Queue: room, Meter: &door.Meter{}, Clock: w.clock.Now, Free: never, Code: never}).Wrap(w.handler)
		start := w.clock.Now().Add(time.Minute)
		if err := room.Plan(t.Context(), testkit.Supervisor, w.clock.Now(), start, 1); err != nil {
			t.Fatal(err)
		}
		first := w.someone().get("/ja/free?w=W1").want(http.StatusOK, "予約の受付は11月24日(火) 9時31分に始まります")
		first.contains(`href="/ja/free?w=W1"`, `back=%2Ffree%3Fw%3DW1"`, `<dd class="number">1</dd>`)
		w.clock.Advance(2 * time.Minute) // the one who was early is in
		waits := func(to string) *someone {
			var s *someone
			for range 200 { // until those let in at once have come
				if s = w.someone().get(to); strings.Contains(s.body, `class="number"`) {
					return s
				}
			}
			t.Fatal("nobody has to wait")
			return nil
		}
		a, b := waits("/en/times?w=%22&x='<script>"), waits("/ja/")
		a.contains(`lang="en"`, "People before you", `/en/times?w=`)
		if strings.Contains(a.body, "<script") || strings.Contains(a.body, "kofu-") {
			t.Errorf("the page shows\n%s", a.body)
		}
		b.contains(`lang="ja"`, `href="/ja/"`, `back=%2F"`)
		number := regexp.MustCompile(`class="number">(\d+)<`)
		if na, nb := number.FindStringSubmatch(a.body)[1], number.FindStringSubmatch(b.body)[1]; na == nb {
			t.Errorf("both have the number %s", na)
		}
	})
}

// contains checks what the page says in HTML.
func (s *someone) contains(parts ...string) {
	s.t.Helper()
	for _, part := range parts {
		if !strings.Contains(s.body, part) {
			s.t.Errorf("the page lacks %s:\n%s", part, s.body)
		}
	}
}
