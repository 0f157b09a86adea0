package console

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

func bookJSON(token, slotID, side, more string, members ...int) string {
	var guests []string
	for _, n := range members {
		guests = append(guests, fmt.Sprintf(`{"link":%q,"gen":1,"procs":["receive"]}`, link(n)))
	}
	return fmt.Sprintf(`{"token":"token-%020s","via":"phone","guests":[%s],"slotId":%q,"side":%q,"adjacent":false,"override":%q,"lang":"ja"}`,
		token, strings.Join(guests, ","), slotID, side, more)
}

// The web is full and the office has one seat: the proxy booking works, and the
// web stays full.
func TestBK501_ProxyTakesTheOfficeSeat(t *testing.T) {
	both(t, 5, func(t *testing.T, f *fixture, p people) {
		for n := range 3 {
			booked(t, f, later, n)
		}
		found := ask[Found](t, f, "POST", "/api/find", clerk, fmt.Sprintf(`{"entry":%q}`, "https://yoyaku.example/C/"+string(p.codes[3])), http.StatusOK)
		if found.Guest == nil || found.Guest.Link != link(3) || !found.Guest.MayBook || len(found.Guest.Procs) != 2 {
			t.Fatalf("found %+v", found)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/bookings", clerk, bookJSON("1", later, "web", "", 3)), http.StatusConflict, "slot.full")
		b := ask[BookingRow](t, f, "POST", "/api/bookings", clerk, bookJSON("2", later, "office", "", 3), http.StatusOK)
		if b.Side != slot.Office || b.StateLabel != "予約中" || b.No == "" {
			t.Errorf("booked %+v", b)
		}
		again := ask[BookingRow](t, f, "POST", "/api/bookings", clerk, bookJSON("2", later, "office", "", 3), http.StatusOK)
		if again.ID != b.ID {
			t.Errorf("the same request again made %s, want %s", again.ID, b.ID)
		}
		byNo := ask[Found](t, f, "POST", "/api/find", clerk, fmt.Sprintf(`{"entry":%q}`, b.No), http.StatusOK)
		if len(byNo.Bookings) != 1 || byNo.Bookings[0].ID != b.ID || byNo.Guest != nil {
			t.Errorf("by number %+v", byNo)
		}
		seats := ask[[]SlotRow](t, f, "GET", "/api/windows/W1/seats?from=2026-12-08&days=1", clerk, "", http.StatusOK)
		if s := seats[0]; s.Web.Taken != 3 || s.Released-s.Web.Taken != 0 || s.Office.Taken != 1 {
			t.Errorf("slot %+v", s)
		}
	})
}

// A deadline is passed with a reason only, and the reason is in the log.
func TestBK501_DeadlineNeedsAReason(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		webtest.WantProblem(t, f.Do("POST", "/api/bookings", clerk, bookJSON("1", today9, "web", "", 0)), http.StatusConflict, "slot.deadline")
		b := ask[BookingRow](t, f, "POST", "/api/bookings", clerk, bookJSON("2", today9, "web", "本人が来庁", 0), http.StatusOK)
		moved := ask[BookingRow](t, f, "POST", "/api/bookings/"+b.ID+"/change", clerk,
			fmt.Sprintf(`{"token":"token-00000000000000000003","via":"phone","slotId":%q,"adjacent":false,"override":""}`, later), http.StatusOK)
		if moved.SlotID != later {
			t.Errorf("moved to %s", moved.SlotID)
		}
		gone := ask[BookingRow](t, f, "POST", "/api/bookings/"+b.ID+"/cancel", clerk,
			`{"token":"token-00000000000000000004","via":"counter","ord":0,"override":""}`, http.StatusOK)
		if gone.State != "cancelled_by_office" {
			t.Errorf("cancelled: %s", gone.State)
		}
		if log := testkit.Dump(t, f.DB); !strings.Contains(log, "本人が来庁") {
			t.Error("the reason is nowhere")
		}
	})
}

// What has twelve digits might be a 個人番号: it is refused and stands nowhere.
func TestBK501_NoIndividualNumber(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, _ people) {
		const number = "123456789018"
		for _, path := range []string{"/api/find", "/api/arrivals"} {
			body := fmt.Sprintf(`{"entry":%q}`, number)
			if path == "/api/arrivals" {
				body = fmt.Sprintf(`{"windowId":"W1","entry":%q,"today":false}`, number)
			}
			w := f.Do("POST", path, clerk, body)
			if w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), number) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if strings.Contains(f.Log.String(), number) || strings.Contains(testkit.Dump(t, f.DB), number) {
			t.Error("the number stands somewhere")
		}
	})
}

func arrive(entry, window string, today bool) string {
	return fmt.Sprintf(`{"windowId":%q,"entry":%q,"today":%t}`, window, entry, today)
}

// A booking of another day says so and is offered to become one of today.
func TestBK502_ScanOfAnotherDay(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, p people) {
		b := booked(t, f, later, 0)
		f.As(clerk)
		before := f.Content()
		other := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[0]), "W1", false), http.StatusOK)
		if other.Result != "other" || other.Booking == nil || other.Kept || !strings.Contains(other.Message, "12月8日") || f.Content() != before {
			t.Fatalf("scan of another day: %+v", other)
		}
		here := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(b.No, "W1", true), http.StatusOK)
		if here.Result != "arrived" || here.Booking.Day != "2026-11-24" || here.Booking.State != "arrived" {
			t.Fatalf("changed to today: %+v", here)
		}
		again := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(b.No, "W1", false), http.StatusOK)
		if again.Result != "again" {
			t.Errorf("second scan: %+v", again)
		}
	})
}

// 完了, 書類不備, 取りやめ, with 住基カード and 対応内容, and back again.
func TestBK502_ActsOfReception(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, p people) {
		b := booked(t, f, today9, 0, 1)
		scan := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[1]), "W1", false), http.StatusOK)
		if scan.Result != "arrived" || len(scan.Booking.Persons) != 2 || scan.Code != b.No {
			t.Fatalf("arrival %+v", scan)
		}
		path := "/api/bookings/" + b.ID + "/reception"
		webtest.WantProblem(t, f.Do("POST", path, clerk, `{"act":"finish","persons":[1],"oldCard":true,"handled":["made up"],"memo":""}`),
			http.StatusUnprocessableEntity, "booking.bad_handled")
		for _, persons := range []string{"[3]", "[1,7]"} { // one who is not there
			webtest.WantProblem(t, f.Do("POST", path, clerk, `{"act":"finish","persons":`+persons+`,"oldCard":false,"handled":[],"memo":""}`),
				http.StatusUnprocessableEntity, "booking.bad_request")
		}
		one := ask[BookingRow](t, f, "POST", path, clerk, `{"act":"finish","persons":[1],"oldCard":true,"handled":["delivered"],"memo":"代理"}`, http.StatusOK)
		if p := one.Persons[0]; p.State != "visited" || !p.OldCard || p.Memo != "代理" || p.Handled[0] != "カード交付" || one.Persons[1].State != "arrived" {
			t.Fatalf("finished %+v", one)
		}
		two := ask[BookingRow](t, f, "POST", path, clerk, `{"act":"return","persons":[2],"oldCard":false,"handled":["papers"],"memo":""}`, http.StatusOK)
		if two.Persons[1].State != "again" {
			t.Errorf("returned %+v", two)
		}
		back := ask[BookingRow](t, f, "POST", path, clerk, `{"act":"undo","persons":[1],"oldCard":false,"handled":[],"memo":""}`, http.StatusOK)
		if p := back.Persons[0]; p.State != "arrived" || p.OldCard || p.Memo != "" {
			t.Errorf("undone %+v", back)
		}
	})
}

// Whoever works at W1 gets 403 for W2, and the refusal is in the log.
func TestBK402_ReceptionAtOwnWindowOnly(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, p people) {
		booked(t, f, "W2@2026-11-24T10:00", 0)
		const own = "booking.view@own+reception.work@own+opening.edit@own"
		for _, c := range []struct{ method, path, body string }{
			{"POST", "/api/arrivals", arrive(string(p.codes[0]), "W2", false)},
			{"GET", "/api/windows/W2/visits", ""},
			{"GET", "/api/windows/W2/missing", ""},
			{"GET", "/api/windows/W2/pattern", ""},
			{"POST", "/api/windows/W2/day-close", `{"day":"2026-11-24"}`},
			{"POST", "/api/exceptions", `{"windowId":"","from":"2026-12-01","to":"2026-12-01","fromMinute":0,"toMinute":1440,"kind":"closed"}`},
		} {
			f.As(own)
			before := f.Content()
			webtest.WantProblem(t, f.Do(c.method, c.path, own, c.body), http.StatusForbidden, "gate.other_window")
			if f.Content() != before {
				t.Errorf("%s %s changed the database", c.method, c.path)
			}
		}
		board := ask[Board](t, f, "GET", "/api/board", own, "", http.StatusOK)
		if len(board.Windows) != 1 || board.Windows[0].ID != "W1" {
			t.Errorf("board %+v", board)
		}
		if w := f.Do("GET", "/api/windows/W1/visits", own, ""); w.Code != http.StatusOK {
			t.Errorf("the own window: %d", w.Code)
		}
	})
}

// Late arrivals turn a provisional no-show back; the day-close makes it final.
func TestBK503_DayClose(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, p people) {
		booked(t, f, today9, 0)
		booked(t, f, today9, 1)
		receptionAt(t, f, "appliance", 0)
		webtest.WantProblem(t, f.Do("POST", "/api/windows/W1/day-close", clerk, `{"day":"2026-11-24"}`), http.StatusConflict, "console.reception_elsewhere")
		receptionAt(t, f, receptionHere, 1)
		f.Clock.Advance(3 * time.Hour) // 12:30, and everybody has to sign in again
		const clerk = clerk + "+resident.view"
		if late := ask[Board](t, f, "GET", "/api/board", clerk, "", http.StatusOK); late.Windows[0].Total.Late != 2 {
			t.Errorf("late %+v", late.Windows[0].Total)
		}
		closed := ask[DayClosed](t, f, "POST", "/api/windows/W1/day-close", clerk, `{"day":"2026-11-24"}`, http.StatusOK)
		if closed.NoShow != 2 {
			t.Errorf("closed %+v", closed)
		}
		back := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[0]), "W1", false), http.StatusOK)
		if back.Result != "late" || back.Booking.State != "arrived" {
			t.Errorf("late arrival %+v", back)
		}
		lists := ask[Missing](t, f, "GET", "/api/windows/W1/missing", clerk, "", http.StatusOK)
		if len(lists.NoShow) != 1 || len(lists.Provisional)+len(lists.Unreconciled) != 0 {
			t.Errorf("missing %+v", lists)
		}
	})
}

// An arrival at one counter is on the board of the other at its next look.
func TestBK505_Board(t *testing.T) {
	both(t, 4, func(t *testing.T, f *fixture, p people) {
		for n := range 3 {
			booked(t, f, today9, n)
		}
		booked(t, f, "W1@2026-11-24T11:30", 3)
		look := func() BoardWindow {
			return ask[Board](t, f, "GET", "/api/board", "booking.view", "", http.StatusOK).Windows[0]
		}
		if w := look(); w.Total != (Counts{Booked: 4}) || len(w.Rows) != 2 || w.Rows[0].Minute != 600 || w.Rows[0].Booked != 3 || w.Rows[1].Minute != 690 {
			t.Fatalf("before %+v", w)
		}
		scan := ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[0]), "W1", false), http.StatusOK)
		ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[1]), "W1", false), http.StatusOK)
		ask[BookingRow](t, f, "POST", "/api/bookings/"+scan.Booking.ID+"/call", clerk, `{"counter":"3"}`, http.StatusOK)
		if w := look(); w.Total != (Counts{Booked: 2, Arrived: 1, Serving: 1}) {
			t.Errorf("after %+v", w.Total)
		}
	})
}

// Of two counters that call the same person one gets 200, the other 409 with the
// winner's counter.
func TestBK506_TwoCountersCall(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, p people) {
		b := booked(t, f, today9, 0)
		ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(string(p.codes[0]), "W1", false), http.StatusOK)
		f.As(clerk)
		var wg sync.WaitGroup
		codes, bodies := make([]int, 2), make([]string, 2)
		for i := range 2 {
			r := f.Request("POST", "/api/bookings/"+b.ID+"/call", clerk, strings.NewReader(fmt.Sprintf(`{"counter":"%d"}`, i+1)))
			r.Header.Set("Content-Type", "application/json")
			wg.Go(func() {
				w := f.Send(r)
				codes[i], bodies[i] = w.Code, w.Body.String()
			})
		}
		wg.Wait()
		winner := 0
		if codes[1] == http.StatusOK {
			winner = 1
		}
		if codes[winner] != http.StatusOK || codes[1-winner] != http.StatusConflict || !strings.Contains(bodies[1-winner], fmt.Sprintf(`"counter":"%d"`, winner+1)) {
			t.Errorf("answers %v %v", codes, bodies)
		}
	})
}
