package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

const lead = "opening.edit+booking.view"

func seatsOn(t testing.TB, f *fixture, window, day string) string {
	t.Helper()
	page := ask[DayPage](t, f, "GET", "/api/windows/"+window+"/days/"+day, lead, "", http.StatusOK)
	var b strings.Builder
	for _, s := range page.Slots {
		if s.Open {
			fmt.Fprintf(&b, "%s %d+%d ", s.ID[len(s.ID)-5:], s.Web.Seats, s.Office.Seats)
		}
	}
	return strings.TrimSpace(b.String())
}

// A temporary window is open in its days only, with its own address.
func TestBK301_TemporaryWindow(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		w := wireWindow(windowTerms("T1", "臨時窓口"))
		body := fmt.Sprintf(`{"id":"T1","name":"臨時窓口","address":"中央公民館","phone":"055-000-0000","phoneHours":"","note":"","texts":{"en":{"name":"Temporary counter","address":"","phone":"","phoneHours":"","note":""}},
			"mapLink":"","opensOn":"2026-12-01","closesOn":"2026-12-14","horizonDays":31,"book":{"days":1,"minute":1020},"change":{"days":1,"minute":1020},"cancel":{"days":0,"minute":480},
			"lastStart":%d,"lastEnd":%d,"release":[],"counters":2,"lateMinutes":5,"phoneOnlyDays":["sat"],"officeSeats":"cloud"}`, w.LastStart, w.LastEnd)
		ask[SlotReport](t, f, "PUT", "/api/windows/T1", lead, body, http.StatusOK)
		ask[SlotReport](t, f, "PUT", "/api/windows/T1/pattern", lead, `[{"weekday":1,"fromMinute":540,"toMinute":600,"slotMinutes":30,"webCap":2,"officeCap":1,"procs":[]}]`, http.StatusOK)
		for day, want := range map[string]string{"2026-11-30": "", "2026-12-07": "09:00 2+1 09:30 2+1", "2026-12-14": "09:00 2+1 09:30 2+1", "2026-12-21": ""} {
			if got := seatsOn(t, f, "T1", day); got != want {
				t.Errorf("%s: %q, want %q", day, got, want)
			}
		}
		list := ask[[]Window](t, f, "GET", "/api/windows", lead, "", http.StatusOK)
		if len(list) != 3 || list[0].ID != "T1" || list[0].Address != "中央公民館" || list[0].Texts["en"].Name != "Temporary counter" || list[0].Counters != 2 {
			t.Errorf("windows %+v", list)
		}
	})
}

// Mon 9:00–12:00, 15 min, 3+1 makes 12 slots on open Mondays and none on a
// holiday.
func TestBK302_Pattern(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		body := `[{"weekday":1,"fromMinute":540,"toMinute":720,"slotMinutes":15,"webCap":3,"officeCap":1,"procs":["receive"]}]`
		ask[SlotReport](t, f, "PUT", "/api/windows/W1/pattern", lead, body, http.StatusOK)
		if got := strings.Count(seatsOn(t, f, "W1", "2026-11-30"), "3+1"); got != 12 {
			t.Errorf("%d slots on a Monday", got)
		}
		month := ask[[]CalendarDay](t, f, "GET", "/api/windows/W1/month?month=2026-11", lead, "", http.StatusOK)
		if len(month) != 30 || month[22].Holiday != "勤労感謝の日" || month[22].Slots != 0 || month[29].Slots != 12 || month[29].Web.Seats != 36 {
			t.Errorf("month %+v %+v", month[22], month[29])
		}
	})
}

// An exception changes the seats of its time only; a slot with bookings is not
// closed by it.
func TestBK303_Exception(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, _ people) {
		ask[SlotReport](t, f, "POST", "/api/exceptions", lead,
			`{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":600,"toMinute":660,"kind":"capacity","webCap":8,"officeCap":2,"reason":"増員"}`, http.StatusCreated)
		if got := seatsOn(t, f, "W1", "2026-12-08"); got != "09:00 3+1 09:30 3+1 10:00 8+2 10:30 8+2 11:00 3+1 11:30 3+1" {
			t.Error(got)
		}
		booked(t, f, later, 0)
		f.As(lead)
		before := f.Content()
		webtest.WantProblem(t, f.Do("POST", "/api/exceptions", lead, `{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":0,"toMinute":1440,"kind":"closed","reason":"工事"}`),
			http.StatusConflict, "slot.has_bookings")
		if f.Content() != before {
			t.Error("a refused closing changed the database")
		}
		list := ask[[]Exception](t, f, "GET", "/api/windows/W1/exceptions", lead, "", http.StatusOK)
		if len(list) != 1 || list[0].Reason != "増員" {
			t.Fatalf("exceptions %+v", list)
		}
		ask[SlotReport](t, f, "DELETE", "/api/windows/W1/exceptions/"+list[0].ID, lead, "", http.StatusOK)
		if got := seatsOn(t, f, "W1", "2026-12-08"); !strings.Contains(got, "10:00 3+1") {
			t.Error(got)
		}
	})
}

// Lowering the capacity cancels nobody; the slot stands on the list, and home
// counts what the list has.
func TestBK304_Over(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, _ people) {
		for n := range 3 {
			booked(t, f, later, n)
		}
		ask[SlotReport](t, f, "POST", "/api/exceptions", lead,
			`{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":540,"toMinute":570,"kind":"capacity","webCap":1,"officeCap":1}`, http.StatusCreated)
		over := ask[[]SlotRow](t, f, "GET", "/api/over", lead, "", http.StatusOK)
		if len(over) != 1 || over[0].ID != later || over[0].Over != 2 || over[0].Web != (Taken{3, 1}) || over[0].WindowName != "本庁 1番窓口" {
			t.Errorf("over %+v", over)
		}
		home := ask[Home](t, f, "GET", "/api/home", lead, "", http.StatusOK)
		if home.Tasks[0].Key != "over" || home.Tasks[0].Count != len(over) {
			t.Errorf("home %+v", home.Tasks)
		}
	})
}

const head = "窓口コード,日付,開始,終了,枠分,Web定員,窓口定員,休止,理由\n"

// A dry run shows what a file would change and changes nothing; one bad row
// applies nothing; what was applied can be undone.
func TestBK306_File(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		f.As(lead)
		before := seatsOn(t, f, "W1", "2026-12-08")
		content := f.Content()
		bad := upload(t, f, "/api/opening-files", lead, "kaisetsu.csv", head+"W1,2026-12-08,9:00,10:00,30,5,1,,\nW1,2026-13-08,9:00,10:00,30,5,1,,\n")
		if bad.Code != http.StatusUnprocessableEntity || !strings.Contains(bad.Body.String(), "2026-13-08") || f.Content() != content {
			t.Errorf("bad row: %d %s", bad.Code, bad.Body)
		}
		good := head + "W1,2026-12-08,9:00,10:00,30,5,1,,\n"
		var dry, done Outcome
		read(t, upload(t, f, "/api/opening-files?dry=1", lead, "kaisetsu.csv", good), http.StatusOK, &dry)
		if f.Content() != content || len(dry.Days) != 1 || dry.Days[0].Day != "2026-12-08" || dry.Changed == 0 || dry.Removed == 0 || dry.BatchID != "" {
			t.Errorf("dry run %+v", dry)
		}
		read(t, upload(t, f, "/api/opening-files", lead, "kaisetsu.csv", good), http.StatusOK, &done)
		if got := seatsOn(t, f, "W1", "2026-12-08"); got != "09:00 5+1 09:30 5+1" || done.Changed != dry.Changed || done.BatchID == "" {
			t.Errorf("applied %q %+v", got, done)
		}
		list := ask[[]Batch](t, f, "GET", "/api/batches", lead, "", http.StatusOK)
		if len(list) != 1 || list[0].Name != "kaisetsu.csv" {
			t.Fatalf("batches %+v", list)
		}
		ask[SlotReport](t, f, "POST", "/api/batches/"+list[0].ID+"/undo", lead, "", http.StatusOK)
		if got := seatsOn(t, f, "W1", "2026-12-08"); got != before {
			t.Errorf("undone %q, want %q", got, before)
		}
		webtest.WantProblem(t, upload(t, f, "/api/opening-files?dry=1", "opening.edit@own", "x.csv", head+"W2,2026-12-08,9:00,10:00,30,5,1,,\n"),
			http.StatusForbidden, "gate.other_window")
	})
}

// A copied week is the same but for holidays, which are named; repeating it
// changes nothing.
func TestBK307_Copy(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		ask[SlotReport](t, f, "PUT", "/api/windows/W2/pattern", lead, `[]`, http.StatusOK)
		const order = `{"fromWindow":"W1","toWindow":"W2","from":"2026-12-07","to":"2026-12-14","span":"week","dryRun":%t}`
		preview := ask[Outcome](t, f, "POST", "/api/copies", lead, fmt.Sprintf(order, true), http.StatusOK)
		if len(preview.Days) != 5 || seatsOn(t, f, "W2", "2026-12-14") != "" {
			t.Errorf("preview %+v", preview)
		}
		ask[Outcome](t, f, "POST", "/api/copies", lead, fmt.Sprintf(order, false), http.StatusOK)
		if got, want := seatsOn(t, f, "W2", "2026-12-14"), seatsOn(t, f, "W1", "2026-12-07"); got != want {
			t.Errorf("copied %q, want %q", got, want)
		}
		if made := ask[[]Batch](t, f, "GET", "/api/batches", lead, "", http.StatusOK); !strings.Contains(made[0].Name, "令和8年12月7日 からの 1 週間 →") || strings.Contains(made[0].Name, "W1") {
			t.Errorf("called %q", made[0].Name)
		}
		if again := ask[Outcome](t, f, "POST", "/api/copies", lead, fmt.Sprintf(order, false), http.StatusOK); len(again.Days) != 0 || again.BatchID != "" {
			t.Errorf("again %+v", again)
		}
		back := ask[Outcome](t, f, "POST", "/api/copies", lead, `{"fromWindow":"W1","toWindow":"W1","from":"2026-12-14","to":"2026-11-23","span":"week","dryRun":true}`, http.StatusOK)
		if len(back.Skipped) == 0 {
			t.Errorf("nothing was skipped: %+v", back)
		}
		ask[SlotReport](t, f, "POST", "/api/windows/W2/pattern/copy", lead, `{"from":"W1"}`, http.StatusOK)
		if got := ask[[]Pattern](t, f, "GET", "/api/windows/W2/pattern", lead, "", http.StatusOK); len(got) != 5 {
			t.Errorf("pattern %+v", got)
		}
	})
}

// After three edits of one day the history has three entries, and the state at
// any moment can be shown.
func TestBK308_History(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		for n := range 3 {
			ask[SlotReport](t, f, "POST", "/api/exceptions", lead,
				fmt.Sprintf(`{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":540,"toMinute":720,"kind":"capacity","webCap":%d,"officeCap":1}`, 4+n), http.StatusCreated)
			f.Clock.Advance(60_000_000_000)
		}
		page := ask[DayPage](t, f, "GET", "/api/windows/W1/days/2026-12-08", lead, "", http.StatusOK)
		var edits []DayEdit
		for _, e := range page.Edits {
			if e.Act == "exception" {
				edits = append(edits, e)
			}
		}
		if len(edits) != 3 || edits[0].Before.Openings[0].WebCap != 3 || edits[2].After.Openings[0].WebCap != 6 || edits[0].Actor == "" {
			t.Fatalf("history %+v", edits)
		}
		plan := ask[DayPlan](t, f, "GET", "/api/windows/W1/days/2026-12-08/plan?at=2026-11-24T00:31:30.000Z", lead, "", http.StatusOK)
		if plan.Openings[0].WebCap != 5 {
			t.Errorf("after the second edit: %+v", plan)
		}
	})
}

// A day with bookings closes in one confirmation: everybody has a proposed slot,
// nobody stays behind and no slot holds more than it has seats.
func TestBK905_Closing(t *testing.T) {
	const many = 12
	both(t, many, func(t *testing.T, f *fixture, _ people) {
		for n := range many {
			booked(t, f, fmt.Sprintf("W1@2026-12-08T%02d:%02d", 9+n/6, n/3%2*30), n)
		}
		const day = `{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":0,"toMinute":1440,"kind":"closed","reason":"台風"}`
		plan := ask[ClosingPlan](t, f, "POST", "/api/closings/plan", lead, day, http.StatusOK)
		if len(plan.Bookings) != many {
			t.Fatalf("%d bookings in the plan", len(plan.Bookings))
		}
		var decisions []string
		for _, b := range plan.Bookings {
			if b.Proposed == "" {
				t.Errorf("%s has no proposal", b.Booking.No)
			}
			decisions = append(decisions, fmt.Sprintf("%q:%q", b.Booking.ID, b.Proposed))
		}
		before := f.Content()
		webtest.WantProblem(t, f.Do("POST", "/api/closings", lead, `{"exception":`+day+`,"decisions":{`+strings.Join(decisions[1:], ",")+`}}`), http.StatusConflict, "booking.undecided")
		if f.Content() != before {
			t.Error("a refused closing changed the database")
		}
		done := ask[ClosingDone](t, f, "POST", "/api/closings", lead, `{"exception":`+day+`,"decisions":{`+strings.Join(decisions, ",")+`}}`, http.StatusOK)
		if done.Moved != many || done.Cancelled != 0 || seatsOn(t, f, "W1", "2026-12-08") != "" {
			t.Errorf("closed %+v", done)
		}
		if over := ask[[]SlotRow](t, f, "GET", "/api/over", lead, "", http.StatusOK); len(over) != 0 {
			t.Errorf("over %+v", over)
		}
		calls := ask[[]PhoneTask](t, f, "GET", "/api/phone-tasks", lead, "", http.StatusOK)
		if len(calls) != many {
			t.Errorf("%d people are to be called: nobody left a mail address", len(calls))
		}
	})
}

// Whoever works at W1 sees whom to call about bookings there, and ticks off nobody
// else.
func TestPhoneTasks_AtOwnWindowOnly(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		here, there := booked(t, f, later, 0), booked(t, f, "W2@2026-12-08T09:00", 1)
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
			return errors.Join(
				mail.AddTask(tx, tenant, here.ID, terms.MailChanged, mail.BecauseNoMail),
				mail.AddTask(tx, tenant, there.ID, terms.MailChanged, mail.BecauseNoMail))
		})
		all := ask[[]PhoneTask](t, f, "GET", "/api/phone-tasks", lead, "", http.StatusOK)
		const own = "booking.view@own+booking.edit@own"
		mine := ask[[]PhoneTask](t, f, "GET", "/api/phone-tasks", own, "", http.StatusOK)
		if len(all) != 2 || len(mine) != 1 || mine[0].BookingID != here.ID {
			t.Fatalf("all %+v, mine %+v", all, mine)
		}
		before := f.Content()
		for _, task := range all {
			if task.BookingID == there.ID {
				webtest.WantProblem(t, f.Do("POST", "/api/phone-tasks/"+task.ID+"/called", own, ""), http.StatusForbidden, "gate.other_window")
			}
		}
		if f.Content() != before {
			t.Error("a refused act changed the database")
		}
		ask[struct{}](t, f, "POST", "/api/phone-tasks/"+mine[0].ID+"/called", own, "", http.StatusNoContent)
		webtest.WantProblem(t, f.Do("POST", "/api/phone-tasks/"+mine[0].ID+"/called", own, ""), http.StatusConflict, "mail.task_done")
		webtest.WantProblem(t, f.Do("POST", "/api/phone-tasks/nosuch/called", own, ""), http.StatusConflict, "mail.task_done")
	})
}

// Whoever works at W1 moves nobody to W2 by a closing.
func TestClosing_ToOwnWindowOnly(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, _ people) {
		b := booked(t, f, later, 0)
		const own = "booking.view@own+opening.edit@own"
		body := func(to string) string {
			return fmt.Sprintf(`{"exception":{"windowId":"W1","from":"2026-12-08","to":"2026-12-08","fromMinute":540,"toMinute":570,"kind":"closed","reason":"工事"},"decisions":{%q:%q}}`, b.ID, to)
		}
		f.As(own)
		before := f.Content()
		webtest.WantProblem(t, f.Do("POST", "/api/closings", own, body("W2@2026-12-08T10:00")), http.StatusForbidden, "gate.other_window")
		if f.Content() != before {
			t.Error("a refused closing changed the database")
		}
		if done := ask[ClosingDone](t, f, "POST", "/api/closings", own, body("W1@2026-12-08T10:00"), http.StatusOK); done.Moved != 1 {
			t.Errorf("closed %+v", done)
		}
	})
}
