package slot_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// moveTo sets the clock to a moment in Japan.
func moveTo(t testing.TB, clock *testkit.Clock, text string) {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04:05", text, store.Tokyo)
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(when.Sub(clock.Now()))
}

// BK-301: a 臨時窓口 has its own address, phone, map and texts, in the languages
// that somebody has translated.
func TestBK301_TextsOfAWindow(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		w := terms()
		w.Name, w.Address, w.Phone, w.PhoneHours, w.Note = "臨時窓口", "丸の内1-18-1", "055-237-1161", "平日 9:00〜17:00", "北口から"
		w.MapLink, w.Counters, w.LateMinutes, w.OfficeSeats = "https://map.example/1", 3, 5, slot.InCloud
		w.OpensOn, w.ClosesOn, w.PhoneOnlyDays = "2026-12-01", "2026-12-14", []slot.DayKind{slot.OnHolidays, slot.Sundays}
		w.Release = []slot.Step{{DaysBefore: 31, Percent: 100}}
		w.Texts = map[string]slot.Text{"en": {Name: "Temporary counter", Note: "North entrance"}, "ja-easy": {Name: "りんじの まどぐち", PhoneHours: "9じ から 17じ"}, "vi": {}}
		office(t, db, w, weekdays(1))
		testkit.Read(t, db, func(rx *store.Rx) error {
			got, found, err := slot.WindowByID(rx, tenant, "W1")
			if err != nil || !found {
				return err
			}
			delete(w.Texts, "vi") // nothing has been translated
			w.PhoneOnlyDays = []slot.DayKind{slot.Sundays, slot.OnHolidays}
			if diff := cmp.Diff(w, got); diff != "" {
				t.Errorf("window (-want +got):\n%s", diff)
			}
			for lang, want := range map[string]slot.Text{
				"ja":      {Name: "臨時窓口", Address: "丸の内1-18-1", Phone: "055-237-1161", PhoneHours: "平日 9:00〜17:00", Note: "北口から"},
				"ja-easy": {Name: "りんじの まどぐち", Address: "丸の内1-18-1", Phone: "055-237-1161", PhoneHours: "9じ から 17じ", Note: "北口から"},
				"en":      {Name: "Temporary counter", Address: "丸の内1-18-1", Phone: "055-237-1161", PhoneHours: "9じ から 17じ", Note: "North entrance"},
				"vi":      {Name: "りんじの まどぐち", Address: "丸の内1-18-1", Phone: "055-237-1161", PhoneHours: "9じ から 17じ", Note: "北口から"},
			} {
				if diff := cmp.Diff(want, got.In(lang)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", lang, diff)
				}
			}
			return nil
		})
	})
}

// Days by phone alone: kinds of day of the window, and single times.
func TestBK301_PhoneOnly(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := terms()
		w.PhoneOnlyDays = []slot.DayKind{slot.Thursdays}
		office(t, db, w, weekdays(2))
		except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", FromMinute: 540, ToMinute: 600, Kind: slot.PhoneOnly})
		seen := func(day jpdate.Day) slot.State {
			return board(t, db).Days(slot.Query{From: day, To: day, Party: 1}, clock.Now())[0].State
		}
		if seen("2026-12-10") != slot.Phone || seen("2026-12-08") != slot.Many || seen("2026-12-09") != slot.Many {
			t.Errorf("Thursday %s, Tuesday %s, Wednesday %s", seen("2026-12-10"), seen("2026-12-08"), seen("2026-12-09"))
		}
		for id, phone := range map[string]bool{"W1@2026-12-10T09:00": true, "W1@2026-12-08T09:30": true, "W1@2026-12-08T10:00": false} {
			if free := find(t, db, id).Free(clock.Now()); (free == 0) != phone { // the waiting list offers what is free
				t.Errorf("%s: %d free", id, free)
			}
			before := testkit.Dump(t, db)
			want := slot.Want{SlotID: id, Side: slot.Web, Seats: 1, Procs: "pin"}
			if err := take(t, db, want); phone {
				testkit.WantFault(t, err, fault.Conflict, "slot.phone_only")
				if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
					t.Errorf("a refused booking changed the database:\n%s", diff)
				}
			} else if err != nil {
				t.Errorf("%s: %v", id, err)
			}
			want.ByOffice = true
			if err := take(t, db, want); err != nil {
				t.Errorf("%s by the office: %v", id, err)
			}
		}
	})
}

func saveProcedure(t testing.TB, db *store.DB, p slot.ProcedureTerms) {
	t.Helper()
	if _, err := slot.SaveProcedure(t.Context(), db, testkit.Supervisor, tenant, p); err != nil {
		t.Fatal(err)
	}
}

// BK-210: procedures have windows, a last start, deadlines and units of their
// own, and can be switched off.
func TestBK210_TermsOfProcedures(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		second := terms()
		second.ID = "W2"
		if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, second); err != nil {
			t.Fatal(err)
		}
		usual := slot.ProcedureTerms{On: true, Units: 1, SystemCutoff: 1440}
		off, elsewhere, early, late := usual, usual, usual, usual
		off.Code, off.On = slot.Address, false
		elsewhere.Code, elsewhere.Windows = slot.Apply, []string{"W2"}
		early.Code, early.SystemCutoff, early.Units = slot.PIN, 10*60, 2
		late.Code, late.Book, late.Cancel = slot.Renew, &slot.Deadline{Days: 3, Minute: 12 * 60}, &slot.Deadline{Days: 2, Minute: 0}
		for _, p := range []slot.ProcedureTerms{off, elsewhere, early, late} {
			saveProcedure(t, db, p)
		}
		nine, eleven := find(t, db, "W1@2026-12-08T09:00"), find(t, db, "W1@2026-12-08T11:00")
		if nine.Procs != "pin receive renew" || eleven.Procs != "receive renew" {
			t.Errorf("9:00 %q, 11:00 %q", nine.Procs, eleven.Procs)
		}
		clockOf := func(at time.Time) string { return at.In(store.Tokyo).Format("01-02 15:04") }
		if u := nine.Until("renew"); clockOf(u.Book) != "12-03 12:00" || clockOf(u.Cancel) != "12-04 00:00" || clockOf(u.Change) != "12-07 17:00" {
			t.Errorf("renewal: %+v", u)
		}
		if u := nine.Until("receive"); clockOf(u.Book) != "12-07 17:00" || clockOf(u.Cancel) != "12-08 08:00" {
			t.Errorf("receipt: %+v", u)
		}
		if u := nine.Until("receive renew"); clockOf(u.Book) != "12-03 12:00" {
			t.Errorf("both together: %+v", u)
		}
		moveTo(t, clock, "2026-12-03 12:00:00")
		want := slot.Want{SlotID: nine.ID, Side: slot.Web, Seats: 1, Procs: "renew"}
		testkit.WantFault(t, take(t, db, want), fault.Conflict, "slot.deadline")
		q := slot.Query{From: "2026-12-08", To: "2026-12-08", Procs: "renew"}
		if d := board(t, db).Days(q, clock.Now())[0]; d.State != slot.Past {
			t.Errorf("after its deadline: %+v", d)
		}
		want.Procs = "receive"
		if err := take(t, db, want); err != nil {
			t.Error(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := slot.ProcedureList(rx, tenant)
			if got, sum := slot.Units(list, "pin receive", false), slot.Units(list, "pin receive", true); got != 2 || sum != 3 {
				t.Errorf("units: %d, added up %d", got, sum)
			}
			if list[0].Allows("accesskey") || !list[0].Allows("link+birth") {
				t.Errorf("%s may be booked without a code", list[0].Code)
			}
			return err
		})
		bad := usual
		bad.Code, bad.Units = slot.PIN, 0
		_, err := slot.SaveProcedure(t.Context(), db, testkit.Supervisor, tenant, bad)
		testkit.WantFault(t, err, fault.Invalid, "slot.bad_procedure")
		bad.Units, bad.Windows = 1, []string{"W9"}
		_, err = slot.SaveProcedure(t.Context(), db, testkit.Supervisor, tenant, bad)
		testkit.WantFault(t, err, fault.NotFound, "slot.window_unknown")
	})
}

// BK-304: other seats for one slot; «定員超過» has one row until the excess has
// gone; raising also recomputes what has been released.
func TestBK304_OneSlot(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := terms()
		w.Release = []slot.Step{{DaysBefore: 31, Percent: 50}, {DaysBefore: 3, Percent: 100}}
		office(t, db, w, weekdays(10))
		id := "W1@2026-12-08T09:00"
		if err := take(t, db, slot.Want{SlotID: id, Side: slot.Web, Seats: 5}); err != nil {
			t.Fatal(err)
		}
		seats := func(web int) {
			except(t, db, slot.Exception{WindowID: "W1", From: "2026-12-08", To: "2026-12-08", FromMinute: 540, ToMinute: 570, Kind: slot.Capacity, WebCap: web, OfficeCap: 1})
		}
		over := func() (ids []string) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				list, err := slot.Over(rx, tenant)
				for _, s := range list {
					ids = append(ids, s.ID)
				}
				return err
			})
			return ids
		}
		if got := over(); len(got) != 0 {
			t.Errorf("over: %v", got)
		}
		seats(3)
		if diff := cmp.Diff([]string{id}, over()); diff != "" {
			t.Errorf("over (-want +got):\n%s", diff)
		}
		if s := find(t, db, id); s.WebTaken != 5 || s.WebOver != 2 || s.WebOpen != 2 || s.Free(clock.Now()) != 0 {
			t.Errorf("%+v", s)
		}
		if s := find(t, db, "W1@2026-12-08T09:30"); s.WebCap != 10 {
			t.Errorf("the next slot has changed: %+v", s)
		}
		seats(20)
		if s := find(t, db, id); s.WebOpen != 10 || s.WebOver != 0 || s.Free(clock.Now()) != 5 {
			t.Errorf("raised: %+v", s)
		}
		if got := over(); len(got) != 0 {
			t.Errorf("over: %v", got)
		}
	})
}

// BK-305: the overall period, the daily hours and the horizon.
func TestBK305_PeriodHoursHorizon(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		town := slot.Tenant{
			ID: tenant, Host: "yoyaku.kofu.example", Name: "甲府市", PartyMax: 4, FromMinute: 6 * 60, UntilMinute: 24 * 60, FewPercent: 25,
			OpensOn: "2026-11-25", ClosesOn: "2026-11-27",
		}
		if err := slot.SaveTenant(t.Context(), db, testkit.Supervisor, town); err != nil {
			t.Fatal(err)
		}
		for moment, code := range map[string]string{
			"2026-11-24 23:59:59": "booking.closed_period", "2026-11-25 05:59:59": "booking.closed_hours", "2026-11-25 06:00:00": "",
			"2026-11-27 23:59:59": "", "2026-11-28 06:00:00": "booking.closed_period",
		} {
			moveTo(t, clock, moment)
			testkit.Read(t, db, func(rx *store.Rx) error {
				saved, _, err := slot.TenantByID(rx, tenant)
				if saved != town {
					t.Errorf("%+v", saved)
				}
				if refused := saved.Admit(rx.Now); code == "" && refused != nil {
					t.Errorf("%s: %v", moment, refused)
				} else if code != "" {
					testkit.WantFault(t, refused, fault.Unavailable, code)
				}
				return err
			})
		}
		town.OpensOn = "2026-12-32"
		testkit.WantFault(t, slot.SaveTenant(t.Context(), db, testkit.Supervisor, town), fault.Invalid, "slot.bad_tenant")
	})
}

// The day that the horizon reaches opens at midnight to the second, whether the
// nightly job has run or not.
func TestBK305_TheHorizonMovesAtMidnight(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		want := slot.Want{SlotID: "W1@2026-12-28T09:00", Side: slot.Web, Seats: 1} // 31 days after 11-27
		moveTo(t, clock, "2026-11-26 23:59:59")
		testkit.WantFault(t, take(t, db, want), fault.Conflict, "slot.not_open_yet")
		moveTo(t, clock, "2026-11-27 00:00:00")
		if err := take(t, db, want); err != nil {
			t.Error(err)
		}
		report, err := slot.Generate(t.Context(), db, testkit.Clerk, tenant)
		if err != nil || report.Added != 6 { // 2027-01-04 comes into reach, after the turn of the year
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// A page made from a board can be kept as long as its version stays.
func TestBoard_Version(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db, terms(), weekdays(2))
		moveTo(t, clock, "2026-11-24 12:30:00") // today's slots have begun
		last := board(t, db).Version
		same := func(what string, want bool) {
			t.Helper()
			now := board(t, db).Version
			if (now == last) != want {
				t.Errorf("%s: the version stayed: %v", what, now == last)
			}
			last = now
		}
		same("nothing happened", true)
		clock.Advance(time.Hour)
		same("an hour later", true)
		if err := take(t, db, slot.Want{SlotID: "W1@2026-12-08T09:00", Side: slot.Web, Seats: 1}); err != nil {
			t.Fatal(err)
		}
		same("a seat was taken", false)
		if err := take(t, db, slot.Want{SlotID: "W1@2026-12-08T09:00", Side: slot.Office, Seats: 1}); err != nil {
			t.Fatal(err)
		}
		same("the office took one of its own", true)
		moveTo(t, clock, "2026-11-24 16:59:59")
		same("before a deadline", true)
		moveTo(t, clock, "2026-11-24 17:00:00")
		same("a deadline passed", false)
		moveTo(t, clock, "2026-11-25 00:00:00")
		same("the next day", false)
		w := terms()
		w.Note = "北口から"
		if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, w); err != nil {
			t.Fatal(err)
		}
		same("a text changed", false)
		saveProcedure(t, db, slot.ProcedureTerms{Code: slot.PIN, Units: 1, SystemCutoff: 1440})
		same("a procedure was switched off", false)
	})
}
