package slot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const tenant = 1

func terms() slot.Window {
	return slot.Window{
		ID: "W1", Name: "本庁 1番窓口", HorizonDays: 31, LastStart: 19*60 + 30, LastEnd: 20 * 60,
		Book: slot.Deadline{Days: 1, Minute: 17 * 60}, Change: slot.Deadline{Days: 1, Minute: 17 * 60}, Cancel: slot.Deadline{Days: 0, Minute: 8 * 60},
	}
}

func mondays() []slot.Pattern {
	return []slot.Pattern{{Weekday: time.Monday, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 15, WebCap: 3, OfficeCap: 1}}
}

// weekdays are 9:00–12:00 from Monday to Friday, half an hour each.
func weekdays(seats int) (list []slot.Pattern) {
	for d := time.Monday; d <= time.Friday; d++ {
		list = append(list, slot.Pattern{Weekday: d, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, WebCap: seats, OfficeCap: 1})
	}
	return list
}

// office makes a tenant with one window and its pattern.
func office(t testing.TB, db *store.DB, w slot.Window, patterns []slot.Pattern) {
	t.Helper()
	err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{
		ID: tenant, Host: "Yoyaku.kofu.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440, FewPercent: 25,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, w); err != nil {
		t.Fatal(err)
	}
	if _, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, w.ID, patterns); err != nil {
		t.Fatal(err)
	}
}

func board(t testing.TB, db *store.DB) (b *slot.Board) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		b, err = slot.ReadBoard(rx, tenant, "W1")
		return err
	})
	return b
}

// times writes the slots of a day with their seats, as «09:00 3+1».
func times(t testing.TB, db *store.DB, day jpdate.Day) string {
	t.Helper()
	var list []string
	testkit.Read(t, db, func(rx *store.Rx) error {
		for _, one := range board(t, db).Times(slot.Query{From: day}, testkit.Now) {
			s, _, err := slot.ByID(rx, tenant, one.SlotID)
			if err != nil {
				return err
			}
			list = append(list, fmt.Sprintf("%s %d+%d", s.Starts.In(store.Tokyo).Format("15:04"), s.WebCap, s.OfficeCap))
		}
		return nil
	})
	return strings.Join(list, ", ")
}

func take(t testing.TB, db *store.DB, w slot.Want) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		_, err := slot.Take(tx, tenant, w)
		return err
	})
}

func find(t testing.TB, db *store.DB, id string) (s slot.Slot) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		var found bool
		if s, found, err = slot.ByID(rx, tenant, id); err == nil && !found {
			t.Fatalf("no slot %s", id)
		}
		return err
	})
	return s
}

func except(t testing.TB, db *store.DB, e slot.Exception) string {
	t.Helper()
	id, _, err := slot.AddException(t.Context(), db, testkit.Supervisor, tenant, e)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// BK-302: Mon 9:00–12:00, 15 min, 3+1 makes 12 slots of 3 web and 1 office seats
// on every open Monday, none on a holiday.
func TestBK302_PatternMakesSlots(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), mondays())
		want := "09:00 3+1, 09:15 3+1, 09:30 3+1, 09:45 3+1, 10:00 3+1, 10:15 3+1, 10:30 3+1, 10:45 3+1, 11:00 3+1, 11:15 3+1, 11:30 3+1, 11:45 3+1"
		for _, day := range []jpdate.Day{"2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"} {
			if got := times(t, db, day); got != want {
				t.Errorf("%s: %s", day, got)
			}
		}
		if got := times(t, db, "2026-12-01"); got != "" {
			t.Errorf("a Tuesday has %s", got)
		}
	})
}

func TestPattern_RestsOnHolidaysAndAtTheTurnOfTheYear(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.HorizonDays = 60
		office(t, db, w, append(weekdays(2), slot.Pattern{Weekday: time.Sunday, FromMinute: 540, ToMinute: 600, SlotMinutes: 30, WebCap: 1}))
		for day, open := range map[jpdate.Day]bool{
			"2026-12-28": true, "2026-12-29": false, "2026-12-31": false, "2027-01-01": false, "2027-01-03": false,
			"2027-01-04": true, "2027-01-11": false, // 成人の日
			"2027-01-10": true, "2027-01-09": false, // the Sunday of the pattern, a Saturday
		} {
			if got := times(t, db, day) != ""; got != open {
				t.Errorf("%s open = %v, want %v", day, got, open)
			}
		}
		for _, d := range board(t, db).Days(slot.Query{From: "2027-01-11", To: "2027-01-11"}, testkit.Now) {
			if d.State != slot.Shut || d.Reason != "成人の日" {
				t.Errorf("%+v", d)
			}
		}
	})
}

// BK-303: pattern 5, exception 8 on 12-20 10:00–12:00 gives 8 there only.
func TestBK303_Exceptions(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(5))
		before := times(t, db, "2026-12-08")
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-09", To: "2026-12-09", FromMinute: 600, ToMinute: 720, Kind: slot.Capacity, WebCap: 8, OfficeCap: 1})
		except(t, db, slot.Exception{From: "2026-12-10", To: "2026-12-10", FromMinute: 0, ToMinute: 1440, Kind: slot.Closed, Reason: "工事"})
		sunday := except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-13", To: "2026-12-13", FromMinute: 540, ToMinute: 660, Kind: slot.Extra, SlotMinutes: 60, WebCap: 9})
		for day, want := range map[jpdate.Day]string{
			"2026-12-08": before,
			"2026-12-09": "09:00 5+1, 09:30 5+1, 10:00 8+1, 10:30 8+1, 11:00 8+1, 11:30 8+1",
			"2026-12-10": "",
			"2026-12-13": "09:00 9+0, 10:00 9+0",
		} {
			if got := times(t, db, day); got != want {
				t.Errorf("%s: %s, want %s", day, got, want)
			}
		}
		if d := board(t, db).Days(slot.Query{From: "2026-12-10", To: "2026-12-10"}, testkit.Now)[0]; d.State != slot.Shut || d.Reason != "工事" {
			t.Errorf("closed day: %+v", d)
		}
		// The national system stands still on that Sunday: nothing overrules it.
		except(t, db, slot.Exception{From: "2026-12-13", To: "2026-12-13", FromMinute: 0, ToMinute: 600, Kind: slot.Stopped, Reason: "J-LIS メンテナンス"})
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-13", To: "2026-12-13", FromMinute: 540, ToMinute: 660, Kind: slot.Extra, SlotMinutes: 60, WebCap: 9})
		if got := times(t, db, "2026-12-13"); got != "10:00 9+0" {
			t.Errorf("maintenance: %s", got)
		}
		if _, err := slot.RemoveException(t.Context(), db, testkit.Supervisor, tenant, sunday); err != nil {
			t.Fatal(err)
		}
		_, err := slot.RemoveException(t.Context(), db, testkit.Supervisor, tenant, sunday)
		testkit.WantFault(t, err, fault.NotFound, "slot.exception_unknown")
	})
}

// The national system stops at 20:00; the last start that fits is 19:30.
func TestPlan_EndsWithTheNationalSystem(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), []slot.Pattern{{Weekday: time.Thursday, FromMinute: 18 * 60, ToMinute: 21 * 60, SlotMinutes: 30, WebCap: 1}})
		if got := times(t, db, "2026-12-03"); got != "18:00 1+0, 18:30 1+0, 19:00 1+0, 19:30 1+0" {
			t.Error(got)
		}
	})
}

// BK-301: a 臨時窓口 open from 12-01 to 12-14 is offered on those days only.
func TestBK301_TemporaryWindow(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.OpensOn, w.ClosesOn = "2026-12-01", "2026-12-14"
		office(t, db, w, weekdays(1))
		for day, open := range map[jpdate.Day]bool{"2026-11-30": false, "2026-12-01": true, "2026-12-14": true, "2026-12-15": false} {
			if got := times(t, db, day) != ""; got != open {
				t.Errorf("%s open = %v", day, got)
			}
		}
	})
}

func TestGenerate_ASecondRunChangesNothing(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		before := testkit.Dump(t, db)
		report, err := slot.Generate(t.Context(), db, testkit.Clerk, tenant)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(slot.Report{}, report); diff != "" {
			t.Errorf("second run (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a run without need changed the database:\n%s", diff)
		}
		clock.Advance(24 * time.Hour) // Wednesday: one more day comes into reach
		if report, err = slot.Generate(t.Context(), db, testkit.Clerk, tenant); err != nil || report.Added == 0 && report.Changed > 0 {
			t.Errorf("next day: %+v, %v", report, err)
		}
	})
}

// BK-304: capacity 5→3 with 5 taken: 5 remain, the web shows ×, «over» has 1 row.
func TestBK304_LoweredCapacityCancelsNobody(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(5))
		id := "W1@2026-12-08T09:00"
		if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 5}); err != nil {
			t.Fatal(err)
		}
		report, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", weekdays(3))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{id}, report.Over); diff != "" {
			t.Errorf("over (-want +got):\n%s", diff)
		}
		if s := find(t, db, id); s.WebTaken != 5 || s.WebCap != 3 || s.WebOver != 2 || s.Free(testkit.Now) != 0 {
			t.Errorf("%+v", s)
		}
		testkit.WantFault(t, take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 1}), fault.Conflict, "slot.full")
		for want := 1; want >= 0; want-- { // each that leaves takes from the excess
			testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return slot.Return(tx, tenant, id, slot.Web, 1) })
			if s := find(t, db, id); s.WebOver != want {
				t.Errorf("over = %d, want %d", s.WebOver, want)
			}
		}
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return slot.Force(tx, tenant, id, slot.Office, 2) })
		for want := 1; want >= 0; want-- { // the same of the seats of the office
			if s := find(t, db, id); s.OfficeOver != want {
				t.Errorf("over at the office = %d, want %d", s.OfficeOver, want)
			}
			testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return slot.Return(tx, tenant, id, slot.Office, 1) })
		}
		if _, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", weekdays(4)); err != nil {
			t.Fatal(err)
		}
		if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 1}); err != nil {
			t.Errorf("the seat that was added: %v", err)
		}
	})
}

// Taking no seats, or less, changes no count: a mistake of the caller gives no
// seat away.
func TestTake_AtLeastOneSeat(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		id := "W1@2026-12-08T09:00"
		if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 2}); err != nil {
			t.Fatal(err)
		}
		for _, seats := range []int{0, -1} {
			if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: seats}); err == nil {
				t.Errorf("%d seats were taken", seats)
			}
		}
		if s := find(t, db, id); s.WebTaken != 2 {
			t.Errorf("%d taken", s.WebTaken)
		}
	})
}

func TestSetPattern_RefusesToCloseWhatIsBooked(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		if err := take(t, db, slot.Want{SlotID: "W1@2026-12-08T09:00", Side: slot.Office, Seats: 1}); err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db)
		_, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, "W1", mondays())
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		if f, _ := fault.As(err); len(f.Details) != 1 || f.Details[0].Value != "W1@2026-12-08T09:00" {
			t.Errorf("details %+v", f.Details)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused pattern changed the database:\n%s", diff)
		}
	})
}

// The terms of a window or a procedure, and a file that is taken back, close no
// slot that somebody has booked either.
func TestTermsAndUndo_RefuseToCloseWhatIsBooked(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		patterns := weekdays(2)
		for i := range patterns {
			patterns[i].Procs = "pin"
		}
		office(t, db, terms(), patterns)
		batch := apply(t, db, opening("2026-12-12", 540, 720, 60, 1))
		extra, _, err := slot.AddException(t.Context(), db, testkit.Supervisor, tenant, slot.Exception{
			WindowID: "W1", From: "2026-12-13", To: "2026-12-13", FromMinute: 540, ToMinute: 720, Kind: slot.Extra, SlotMinutes: 60, WebCap: 1, Procs: "pin",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"W1@2026-12-08T09:00", "W1@2026-12-12T09:00", "W1@2026-12-13T09:00"} {
			if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 1, Procs: "pin"}); err != nil {
				t.Fatal(err)
			}
		}
		short := terms()
		short.LastEnd = 9 * 60
		before := testkit.Dump(t, db)
		_, err = slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, short)
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		_, err = slot.SaveProcedure(t.Context(), db, testkit.Supervisor, tenant, slot.ProcedureTerms{Code: slot.PIN, Units: 1, SystemCutoff: 1440})
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		_, err = slot.UndoBatch(t.Context(), db, testkit.Supervisor, tenant, batch.BatchID)
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		_, err = slot.RemoveException(t.Context(), db, testkit.Supervisor, tenant, extra)
		testkit.WantFault(t, err, fault.Conflict, "slot.has_bookings")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused act changed the database:\n%s", diff)
		}
	})
}

func TestSetPattern_Refusals(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, terms(), nil)
		set := func(window string, patterns ...slot.Pattern) error {
			_, err := slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, window, patterns)
			return err
		}
		good := mondays()[0]
		short, odd, many := good, good, good
		short.SlotMinutes, odd.Procs, many.WebCap = 4, "dance", 1001
		testkit.WantFault(t, set("W1", short), fault.Invalid, "slot.bad_pattern")
		testkit.WantFault(t, set("W1", many), fault.Invalid, "slot.bad_pattern")
		testkit.WantFault(t, set("W1", odd), fault.Invalid, "slot.procedure_unknown")
		testkit.WantFault(t, set("W1", good, good), fault.Invalid, "slot.pattern_overlaps")
		testkit.WantFault(t, set("W9", good), fault.NotFound, "slot.window_unknown")
		_, _, err := slot.AddException(t.Context(), db, testkit.Supervisor, tenant, slot.Exception{From: "2026-12-10", To: "2026-12-09", ToMinute: 1440, Kind: slot.Closed})
		testkit.WantFault(t, err, fault.Invalid, "slot.bad_exception")
		w := terms()
		w.ID = "窓口"
		_, err = slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, w)
		testkit.WantFault(t, err, fault.Invalid, "slot.bad_window")
		w = terms()
		w.Phone = "123456789018" // a 個人番号
		_, err = slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, w)
		testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
		_, _, err = slot.AddException(t.Context(), db, testkit.Supervisor, tenant,
			slot.Exception{From: "2026-12-10", To: "2026-12-10", ToMinute: 1440, Kind: slot.Closed, Reason: "123456789018"})
		testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
		err = slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 2, Host: "b.example", Name: "123456789018", PartyMax: 1, UntilMinute: 1440})
		testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
		err = slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 2, Host: "yoyaku.KOFU.example", Name: "乙", PartyMax: 1, UntilMinute: 1440})
		testkit.WantFault(t, err, fault.Conflict, "slot.tenant_exists")
	})
}

// Several servers may generate at the same moment: each slot is made once.
func TestGenerate_ManyAtOnce(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		clock.Advance(7 * 24 * time.Hour)
		var all sync.WaitGroup
		added := make([]int, 4)
		for i := range added {
			all.Go(func() {
				report, err := slot.Generate(t.Context(), db, testkit.Clerk, tenant)
				if err != nil {
					t.Error(err)
				}
				added[i] = report.Added
			})
		}
		all.Wait()
		slices.Sort(added)
		if diff := cmp.Diff([]int{0, 0, 0, 5 * 6}, added); diff != "" { // five weekdays came into reach
			t.Errorf("slots made (-want +got):\n%s", diff)
		}
	})
}
