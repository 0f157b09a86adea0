package slot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func plan(t testing.TB, db *store.DB, day jpdate.Day) (text string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		p, err := slot.DayPlan(rx, tenant, "W1", day)
		text = planText(p)
		return err
	})
	return text
}

// planText writes a plan as «9:00-12:00/30 2+1», with the reason behind.
func planText(p slot.Plan) string {
	var list []string
	for _, o := range p.Openings {
		list = append(list, fmt.Sprintf("%d:%02d-%d:%02d/%d %d+%d", o.FromMinute/60, o.FromMinute%60, o.ToMinute/60, o.ToMinute%60, o.SlotMinutes, o.WebCap, o.OfficeCap))
	}
	return strings.TrimSpace(strings.Join(list, ", ") + " " + p.Reason)
}

func opening(day jpdate.Day, from, to, minutes, web int) slot.Line {
	return slot.Line{WindowID: "W1", Day: day, FromMinute: from, ToMinute: to, SlotMinutes: minutes, WebCap: web, OfficeCap: 1}
}

func apply(t testing.TB, db *store.DB, lines ...slot.Line) slot.Outcome {
	t.Helper()
	o, err := slot.ApplyBatch(t.Context(), db, testkit.Supervisor, tenant, slot.Batch{Kind: slot.FromFile, Name: "12月.csv", Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// BK-308: after three edits of one day the history shows three entries in order,
// and the state at any past moment can be displayed.
func TestBK308_History(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		day := jpdate.Day("2026-12-08")
		moments := []time.Time{clock.Now()}
		step := func(want string) {
			t.Helper()
			moments = append(moments, clock.Now())
			clock.Advance(time.Hour)
			if got := plan(t, db, day); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		clock.Advance(time.Hour)
		id := except(t, db, slot.Exception{WindowID: "W1", From: day, To: day, FromMinute: 600, ToMinute: 720, Kind: slot.Closed, Reason: "研修のため"})
		step("9:00-10:00/30 2+1 研修のため")
		apply(t, db, opening(day, 780, 900, 20, 4))
		step("13:00-15:00/20 4+1")
		if _, err := slot.RemoveException(t.Context(), db, testkit.Supervisor, tenant, id); err != nil {
			t.Fatal(err)
		}
		step("13:00-15:00/20 4+1")
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-09", To: "2026-12-09", ToMinute: 1440, Kind: slot.Closed}) // another day
		states := []string{"9:00-12:00/30 2+1", "9:00-10:00/30 2+1 研修のため", "13:00-15:00/20 4+1", "13:00-15:00/20 4+1"}
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := slot.History(rx, tenant, "W1", day)
			if err != nil {
				return err
			}
			var got []string
			for _, e := range list {
				got = append(got, e.Act+" by "+e.ActorID+": "+planText(e.Before)+" → "+planText(e.After))
			}
			by := " by " + testkit.Supervisor.ID + ": "
			want := []string{
				"pattern" + by + " → " + states[0],
				"exception" + by + states[0] + " → " + states[1],
				"file" + by + states[1] + " → " + states[2],
				"exception_removed" + by + states[2] + " → " + states[3],
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("history (-want +got):\n%s", diff)
			}
			for i, e := range list[1:] {
				if !e.At.Equal(moments[i+1]) {
					t.Errorf("edit %d at %s, want %s", i+1, e.At, moments[i+1])
				}
			}
			for i, moment := range moments {
				p, err := slot.PlanAt(rx, tenant, "W1", day, moment)
				if got := planText(p); err != nil || got != states[i] {
					t.Errorf("at %s: %s, %v, want %s", moment, got, err, states[i])
				}
			}
			p, err := slot.PlanAt(rx, tenant, "W1", day, moments[0].Add(-time.Second))
			if len(p.Openings) != 0 {
				t.Errorf("before the window was made: %+v", p)
			}
			return err
		})
		err := db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
			_, err := tx.Exec("DELETE FROM opening_change WHERE tenant = $1", tenant)
			return err
		})
		if err == nil {
			t.Error("the history could be deleted")
		}
	})
}

// BK-306: a dry run counts without changing anything, the apply does as it said,
// repeating it changes nothing, and undo restores.
func TestBK306_PreviewApplyUndo(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		days := []jpdate.Day{"2026-12-08", "2026-12-09", "2026-12-10", "2026-12-12"}
		var before []string
		for _, d := range days {
			before = append(before, plan(t, db, d))
		}
		lines := []slot.Line{
			opening("2026-12-08", 540, 600, 30, 2), opening("2026-12-08", 600, 660, 30, 5), // two removed, two changed
			{WindowID: "W1", Day: "2026-12-09", FromMinute: 660, ToMinute: 720, Closed: true, Reason: "停電"}, // two removed
			{WindowID: "W1", Day: "2026-12-10", ToMinute: 1440, Closed: true, Reason: "議会"},                 // six removed
			opening("2026-12-12", 540, 720, 60, 1),                                                          // a Saturday: three added
		}
		batch := slot.Batch{Kind: slot.FromFile, Name: "12月.csv", Lines: lines}
		untouched := testkit.Dump(t, db)
		_, err := slot.ApplyBatch(t.Context(), db, testkit.Supervisor, tenant, slot.Batch{Kind: slot.FromFile, Name: "123456789018.csv", Lines: lines})
		testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
		dry, err := slot.PreviewBatch(t.Context(), db, testkit.Supervisor, tenant, batch)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(untouched, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a dry run changed the database:\n%s", diff)
		}
		if dry.Added != 3 || dry.Changed != 2 || dry.Removed != 10 || dry.Conflicting != 0 || len(dry.Days) != 4 {
			t.Errorf("dry run: %+v", dry)
		}
		done := apply(t, db, lines...)
		after := []string{"9:00-10:00/30 2+1, 10:00-11:00/30 5+1", "9:00-11:00/30 2+1 停電", "議会", "9:00-12:00/60 1+1"}
		for i, d := range days {
			if got := plan(t, db, d); got != after[i] || planText(done.Days[i].After) != got || planText(done.Days[i].Before) != before[i] {
				t.Errorf("%s: %s, want %s; %+v", d, got, after[i], done.Days[i])
			}
		}
		if got := times(t, db, "2026-12-08"); got != "09:00 2+1, 09:30 2+1, 10:00 5+1, 10:30 5+1" {
			t.Error(got)
		}
		applied := testkit.Dump(t, db)
		if again := apply(t, db, lines...); again.BatchID != "" || again.Added+again.Changed+again.Removed != 0 {
			t.Errorf("repeated: %+v", again)
		}
		if diff := cmp.Diff(applied, testkit.Dump(t, db)); diff != "" {
			t.Errorf("repeating a file changed the database:\n%s", diff)
		}
		later := apply(t, db, opening("2026-12-08", 540, 600, 60, 9))
		_, err = slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, done.BatchID)
		testkit.WantFault(t, err, fault.Conflict, "slot.batch_replaced")
		for _, id := range []string{later.BatchID, done.BatchID} {
			if _, err := slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, id); err != nil {
				t.Fatal(err)
			}
		}
		for i, d := range days {
			if got := plan(t, db, d); got != before[i] {
				t.Errorf("%s after undo: %s, want %s", d, got, before[i])
			}
		}
		if got := times(t, db, "2026-12-10"); strings.Count(got, "2+1") != 6 {
			t.Errorf("slots after undo: %s", got)
		}
		_, err = slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, done.BatchID)
		testkit.WantFault(t, err, fault.Conflict, "slot.batch_undone")
		_, err = slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, "none")
		testkit.WantFault(t, err, fault.NotFound, "slot.batch_unknown")
	})
}

// BK-306: a file with one bad row applies nothing and names row, column, value
// and reason; so does one that would close what is booked.
func TestBK306_OneBadRowAppliesNothing(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		if err := take(t, db, slot.Want{SlotID: "W1@2026-12-10T09:00", Side: slot.Web, Seats: 1}); err != nil {
			t.Fatal(err)
		}
		good := opening("2026-12-08", 540, 600, 30, 2)
		good.Row = 2
		for _, c := range []struct {
			bad  slot.Line
			want fault.Detail
		}{
			{slot.Line{Row: 3, WindowID: "W9", Day: "2026-12-08", ToMinute: 60, SlotMinutes: 30}, fault.Detail{Code: "slot.line_window", Row: 3, Column: "窓口コード", Value: "W9"}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-11-23", ToMinute: 60, SlotMinutes: 30}, fault.Detail{Code: "slot.line_day", Row: 3, Column: "日付", Value: "2026-11-23"}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-12-09", FromMinute: 60, ToMinute: 60, SlotMinutes: 30}, fault.Detail{Code: "slot.line_hours", Row: 3, Column: "終了", Value: "1:00"}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-12-09", ToMinute: 60, SlotMinutes: 4}, fault.Detail{Code: "slot.line_minutes", Row: 3, Column: "枠分", Value: "4"}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-12-09", ToMinute: 60, SlotMinutes: 30, WebCap: 1001}, fault.Detail{Code: "slot.line_seats", Row: 3, Column: "Web定員", Value: "1001"}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-12-08", FromMinute: 570, ToMinute: 630, SlotMinutes: 30}, fault.Detail{Code: "slot.line_overlaps", Row: 3, Column: "開始", Value: "9:30", Args: map[string]string{"other": "2"}}},
			{slot.Line{Row: 3, WindowID: "W1", Day: "2026-12-09", ToMinute: 1440, Closed: true, Reason: "123456789018"}, fault.Detail{Code: "entry.my_number", Row: 3, Column: "理由"}},
		} {
			before := testkit.Dump(t, db)
			_, err := slot.ApplyBatch(t.Context(), db, testkit.Supervisor, tenant, slot.Batch{Kind: slot.FromFile, Lines: []slot.Line{good, c.bad}})
			testkit.WantFault(t, err, fault.Invalid, "slot.bad_batch")
			f, _ := fault.As(err)
			if f.Details[0].Args == nil {
				f.Details[0].Args = map[string]string{}
			}
			if c.want.Args == nil {
				c.want.Args = map[string]string{}
			}
			if diff := cmp.Diff([]fault.Detail{c.want}, f.Details); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("a refused file changed the database:\n%s", diff)
			}
		}
		closing := slot.Batch{Kind: slot.FromFile, Lines: []slot.Line{good, {WindowID: "W1", Day: "2026-12-10", ToMinute: 1440, Closed: true}}}
		dry, err := slot.PreviewBatch(t.Context(), db, testkit.Supervisor, tenant, closing)
		if err != nil || dry.Conflicting != 1 || !slices.Equal(dry.Days[1].Conflicts, []string{"W1@2026-12-10T09:00"}) {
			t.Errorf("dry run: %+v, %v", dry, err)
		}
		before := testkit.Dump(t, db)
		_, err = slot.ApplyBatch(t.Context(), db, testkit.Supervisor, tenant, closing)
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused file changed the database:\n%s", diff)
		}
	})
}

// BK-307: copying week 49 to week 50 gives identical slots; repeating it changes
// nothing; a week with a holiday reports it.
func TestBK307_CopyAWeek(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.HorizonDays = 60
		office(t, db, w, weekdays(2))
		apply(t, db, opening("2026-12-02", 540, 600, 20, 7), opening("2026-12-02", 780, 840, 30, 1), opening("2026-12-05", 540, 600, 60, 3))
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-03", To: "2026-12-03", ToMinute: 1440, Kind: slot.Closed, Reason: "議会"})
		order := slot.CopyOrder{FromWindow: "W1", ToWindow: "W1", From: "2026-11-30", To: "2026-12-07", Span: slot.Week}
		untouched := testkit.Dump(t, db)
		if _, err := slot.PreviewCopy(t.Context(), db, testkit.Supervisor, tenant, order); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(untouched, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a dry run changed the database:\n%s", diff)
		}
		o, err := slot.Copy(t.Context(), db, testkit.Supervisor, tenant, order)
		if err != nil || len(o.Skipped) != 0 {
			t.Fatalf("%+v, %v", o, err)
		}
		for i := range 7 {
			from, to := order.From.AddDays(i), order.To.AddDays(i)
			if plan(t, db, from) != plan(t, db, to) || times(t, db, from) != times(t, db, to) {
				t.Errorf("%s: %s, but %s: %s", from, plan(t, db, from), to, plan(t, db, to))
			}
		}
		copied := testkit.Dump(t, db)
		if again, err := slot.Copy(t.Context(), db, testkit.Supervisor, tenant, order); err != nil || again.BatchID != "" {
			t.Errorf("%+v, %v", again, err)
		}
		if diff := cmp.Diff(copied, testkit.Dump(t, db)); diff != "" {
			t.Errorf("repeating a copy changed the database:\n%s", diff)
		}
		if _, err := slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, o.BatchID); err != nil || plan(t, db, "2026-12-10") != "9:00-12:00/30 2+1" {
			t.Errorf("undo: %s, %v", plan(t, db, "2026-12-10"), err)
		}
		// 2027-01-11 is 成人の日.
		order.To = "2027-01-11"
		if o, err = slot.Copy(t.Context(), db, testkit.Supervisor, tenant, order); err != nil {
			t.Fatal(err)
		}
		want := []slot.Skip{{From: "2026-11-30", To: "2027-01-11", Cause: slot.TargetHoliday, Name: "成人の日"}}
		if diff := cmp.Diff(want, o.Skipped); diff != "" {
			t.Errorf("skipped (-want +got):\n%s", diff)
		}
		if got := plan(t, db, "2027-01-11"); got != "成人の日" {
			t.Error(got)
		}
		if got := plan(t, db, "2027-01-13"); got != plan(t, db, "2026-12-02") {
			t.Error(got)
		}
	})
}

func TestBK307_CopyAMonthAndAPattern(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		second := terms()
		second.ID = "W2"
		if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, second); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := slot.CopyPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", "W2"); err != nil {
				t.Fatal(err)
			}
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			a, err := slot.Patterns(rx, tenant, "W1")
			if err != nil {
				return err
			}
			b, err := slot.Patterns(rx, tenant, "W2")
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("pattern of the other window (-want +got):\n%s", diff)
			}
			list, err2 := slot.History(rx, tenant, "W2", "2026-12-08")
			if len(list) != 1 {
				t.Errorf("a copy that changes nothing is in the history: %+v", list)
			}
			return cmpErr(err, err2)
		})
		_, err := slot.CopyPattern(t.Context(), db, testkit.Supervisor, tenant, "W9", "W2")
		testkit.WantFault(t, err, fault.NotFound, "slot.window_unknown")
		apply(t, db, opening("2026-12-09", 540, 600, 20, 7)) // the second Wednesday
		o, err := slot.Copy(t.Context(), db, testkit.Supervisor, tenant,
			slot.CopyOrder{FromWindow: "W1", ToWindow: "W1", From: "2026-12-01", To: "2027-02-01", Span: slot.Month})
		if err != nil {
			t.Fatal(err)
		}
		if got := plan(t, db, "2027-02-10"); got != "9:00-10:00/20 7+1" {
			t.Errorf("the second Wednesday: %s", got)
		}
		skipped := map[slot.SkipCause]int{}
		for _, s := range o.Skipped {
			skipped[s.Cause]++
		}
		want := map[slot.SkipCause]int{slot.TargetHoliday: 2, slot.NoTarget: 3} // 建国記念の日, 天皇誕生日; fifth weekdays
		if diff := cmp.Diff(want, skipped); diff != "" {
			t.Errorf("skipped (-want +got):\n%s\n%+v", diff, o.Skipped)
		}
		_, err = slot.Copy(t.Context(), db, testkit.Supervisor, tenant, slot.CopyOrder{FromWindow: "W1", ToWindow: "W1", Span: slot.Week})
		testkit.WantFault(t, err, fault.Invalid, "slot.bad_copy")
	})
}

func cmpErr(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// BK-804: with 12/29–1/3 closed, «1 business day before 1/4» is 12/28, or the
// last open weekday before it.
func TestBK804_BusinessDaysOverTheNewYear(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.HorizonDays = 60
		office(t, db, w, weekdays(2))
		id := "W1@2027-01-04T09:00"
		if got := find(t, db, id).BookUntil.In(store.Tokyo).Format("01-02 15:04"); got != "12-28 17:00" {
			t.Errorf("1 business day before 1/4: %s", got)
		}
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-28", To: "2026-12-28", ToMinute: 1440, Kind: slot.Closed, Reason: "棚卸し"})
		if got := find(t, db, id).BookUntil.In(store.Tokyo).Format("01-02 15:04"); got != "12-25 17:00" {
			t.Errorf("with 12/28 closed at this window: %s", got)
		}
		apply(t, db, opening("2026-12-28", 540, 600, 30, 1)) // open after all
		if got := find(t, db, id).BookUntil.In(store.Tokyo).Format("01-02 15:04"); got != "12-28 17:00" {
			t.Errorf("opened again: %s", got)
		}
		for day := jpdate.Day("2026-12-29"); day <= "2027-01-03"; day = day.AddDays(1) {
			if times(t, db, day) != "" {
				t.Errorf("open on %s", day)
			}
		}
	})
}

// BK-207: the deadline counts by the calendar of the window, not of another.
func TestBK207_ByTheCalendarOfTheWindow(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		second := terms()
		second.ID = "W2"
		if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, second); err != nil {
			t.Fatal(err)
		}
		if _, err := slot.CopyPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", "W2"); err != nil {
			t.Fatal(err)
		}
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-07", To: "2026-12-07", ToMinute: 1440, Kind: slot.Closed})
		for id, want := range map[string]string{"W1@2026-12-08T09:00": "12-04 17:00", "W2@2026-12-08T09:00": "12-07 17:00"} {
			if got := find(t, db, id).BookUntil.In(store.Tokyo).Format("01-02 15:04"); got != want {
				t.Errorf("%s until %s, want %s", id, got, want)
			}
		}
	})
}

// BK-804: the list of the Cabinet Office in CP932 decides for the years that it
// has; a holiday that it moves moves the slots.
func TestBK804_ImportHolidays(t *testing.T) {
	text := "国民の祝日・休日月日,国民の祝日・休日名称\r\n2025/1/1,元日\r\n2027/1/1,元日\r\n2027/1/12,成人の日\r\n2027/2/11,建国記念の日\r\n2027/3/3,即位の日\r\n"
	cp932, bad := jptext.Encode(jptext.CP932, text)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.HorizonDays = 60
		office(t, db, w, weekdays(2))
		untouched := testkit.Dump(t, db)
		dry, err := slot.ImportHolidays(t.Context(), db, testkit.Supervisor, tenant, strings.NewReader(string(cp932)), true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(untouched, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a dry run changed the database:\n%s", diff)
		}
		a, err := slot.ImportHolidays(t.Context(), db, testkit.Supervisor, tenant, strings.NewReader(string(cp932)), false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dry, a); diff != "" {
			t.Errorf("dry run (-dry +done):\n%s", diff)
		}
		if a.FirstYear != 2027 || a.LastYear != 2027 || !slices.Contains(a.Added, jpdate.Holiday{Day: "2027-01-12", Name: "成人の日"}) ||
			!slices.Contains(a.Removed, jpdate.Holiday{Day: "2027-01-11", Name: "成人の日"}) || !slices.Contains(a.Removed, jpdate.Holiday{Day: "2027-02-23", Name: "天皇誕生日"}) {
			t.Errorf("%+v", a)
		}
		if times(t, db, "2027-01-12") != "" || times(t, db, "2027-01-11") == "" {
			t.Errorf("slots did not follow: %q, %q", times(t, db, "2027-01-12"), times(t, db, "2027-01-11"))
		}
		if got := find(t, db, "W1@2027-01-13T09:00").BookUntil.In(store.Tokyo).Format("01-02"); got != "01-11" {
			t.Errorf("1 business day before 1/13: %s", got)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := slot.HolidayList(rx, tenant, 2027)
			if len(list) != 4 || list[1] != (jpdate.Holiday{Day: "2027-01-12", Name: "成人の日"}) {
				t.Errorf("%+v", list)
			}
			return err
		})
		imported := testkit.Dump(t, db)
		if again, err := slot.ImportHolidays(t.Context(), db, testkit.Supervisor, tenant, strings.NewReader(text), false); err != nil || len(again.Added)+len(again.Removed) > 0 {
			t.Errorf("%+v, %v", again, err)
		}
		if diff := cmp.Diff(imported, testkit.Dump(t, db)); diff != "" {
			t.Errorf("repeating the import changed the database:\n%s", diff)
		}
		_, err = slot.ImportHolidays(t.Context(), db, testkit.Supervisor, tenant, strings.NewReader("国民の祝日月日,国民の祝日名称\n2027/1,元日\n"), false)
		testkit.WantFault(t, err, fault.Invalid, "slot.bad_holidays")
	})
}
