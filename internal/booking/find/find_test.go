package find_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/find"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests stands on Tuesday 2026-11-24, 09:30 in Japan.

const tenant = 1

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func link(n int) string { return fmt.Sprintf("%016x", n) }

// one is a booking as the reference knows it.
type one struct {
	reserve.Booking
	madeDay, day, at  string
	madeBy, changedBy string
	way               string // answer to a field
	links             []string
}

// booked fills a municipality with two windows and returns its bookings.
func booked(t *testing.T, db *store.DB, clock *testkit.Clock) (list []one) {
	t.Helper()
	must(t, slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	for _, id := range []string{"W1", "W2"} {
		_, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, tenant, slot.Window{
			ID: id, Name: id, HorizonDays: 31, LastStart: 1170, LastEnd: 1200, Cancel: slot.Deadline{Minute: 480},
		})
		must(t, err)
		var patterns []slot.Pattern
		for d := time.Monday; d <= time.Friday; d++ {
			patterns = append(patterns, slot.Pattern{Weekday: d, FromMinute: 480, ToMinute: 720, SlotMinutes: 60, WebCap: 9, OfficeCap: 9})
		}
		_, err = slot.SetPattern(t.Context(), db, testkit.Supervisor, tenant, id, patterns)
		must(t, err)
	}
	var people []member.Member
	for n := range 40 {
		mac := sha256.Sum256([]byte(link(n)))
		people = append(people, member.Member{
			Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "pin receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		})
	}
	must(t, member.Import(t.Context(), db, testkit.Supervisor, tenant, people))
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		_, err := terms.SaveFields(tx, tenant, terms.Fields{List: []terms.Field{{
			ID: "way", Personal: terms.PIIOff, Kind: terms.KindSelect, Labels: map[string]string{"ja": "来る方法"},
			Options: []terms.Option{{Value: "bus", Labels: map[string]string{"ja": "バス"}}, {Value: "car", Labels: map[string]string{"ja": "車"}}},
		}}}, 0)
		return err
	})
	resident := store.Actor{ID: "resident", Role: "resident", Terminal: "web"}
	vias := []reserve.Via{reserve.ByWeb, reserve.ByPhone, reserve.AtCounter}
	for n := range 18 {
		if n%6 == 5 {
			clock.Advance(24 * time.Hour)
		}
		o := one{day: []string{"2026-12-07", "2026-12-08", "2026-12-10"}[n/2%3], at: fmt.Sprintf("%02d:00", 8+n%4), madeBy: resident.ID}
		o.madeDay, o.links = store.Day(clock.Now()), []string{link(n)}
		by, side, actor := reserve.By{Via: vias[n%3], Link: link(n)}, slot.Web, resident
		if by.Via != reserve.ByWeb {
			by, side, actor = reserve.By{Via: vias[n%3], Override: "試験"}, slot.Office, testkit.Clerk
			o.madeBy = actor.ID
		}
		if n%7 == 0 {
			o.links = append(o.links, link(n+20))
		}
		r := reserve.Request{Tenant: tenant, Token: fmt.Sprintf("token-%020d", n), By: by, Side: side, SlotID: fmt.Sprintf("W%d@%sT%s", 1+n/3%2, o.day, o.at)}
		for _, l := range o.links {
			r.Guests = append(r.Guests, reserve.Guest{Link: l, Gen: 1, Procs: "receive"})
		}
		var err error
		o.Booking, err = reserve.Book(t.Context(), db, actor, r)
		must(t, err)
		if o.way = []string{"", "bus", "car", "bus"}[n%4]; o.way != "" {
			testkit.Write(t, db, actor, func(tx *store.Tx) error {
				all, err := terms.Load(tx.Rx, tenant)
				if err != nil {
					return err
				}
				return contact.Keep(tx, keyring.ForTest(1), tenant, all, o.ID, contact.Form{Answers: contact.Answers{"way": o.way}})
			})
		}
		if n%5 == 0 {
			o.Booking, err = reserve.Cancel(t.Context(), db, testkit.Supervisor, reserve.Act{
				Tenant: tenant, Token: fmt.Sprintf("cancel-%019d", n), BookingID: o.ID, By: reserve.By{Via: reserve.ByPhone, Override: "試験"},
			})
			must(t, err)
			o.changedBy = testkit.Supervisor.ID
		}
		list = append(list, o)
	}
	return list
}

// condition is a filter with what it means.
type condition struct {
	name string
	set  func(*find.Filter)
	is   func(one) bool
}

func conditions(list []one) []condition {
	return []condition{
		{"made from", func(f *find.Filter) { f.MadeFrom = "2026-11-25" }, func(o one) bool { return o.madeDay >= "2026-11-25" }},
		{"made until", func(f *find.Filter) { f.MadeUntil = "2026-11-25" }, func(o one) bool { return o.madeDay <= "2026-11-25" }},
		{"day from", func(f *find.Filter) { f.DayFrom = "2026-12-08" }, func(o one) bool { return o.day >= "2026-12-08" }},
		{"day until", func(f *find.Filter) { f.DayUntil = "2026-12-08" }, func(o one) bool { return o.day <= "2026-12-08" }},
		{"time from", func(f *find.Filter) { f.TimeFrom = "09:00" }, func(o one) bool { return o.at >= "09:00" }},
		{"time until", func(f *find.Filter) { f.TimeUntil = "10:00" }, func(o one) bool { return o.at <= "10:00" }},
		{"times", func(f *find.Filter) { f.TimeFrom, f.TimeUntil = "08:30", "09:30" }, func(o one) bool { return o.at == "09:00" }},
		{"code", func(f *find.Filter) { f.Link = link(27) }, func(o one) bool { return slices.Contains(o.links, link(27)) }},
		{"number", func(f *find.Filter) { f.No = list[4].No }, func(o one) bool { return o.No == list[4].No }},
		{"window", func(f *find.Filter) { f.Window = "W2" }, func(o one) bool { return o.WindowID == "W2" }},
		{"own windows", func(f *find.Filter) { f.Windows = []string{"W1"} }, func(o one) bool { return o.WindowID == "W1" }},
		{"state", func(f *find.Filter) { f.States = []reserve.State{reserve.Active} }, func(o one) bool { return o.State == reserve.Active }},
		{
			"states", func(f *find.Filter) {
				f.States = []reserve.State{reserve.Cancelled, reserve.CancelledByOffice, reserve.Visited}
			},
			func(o one) bool { return o.State == reserve.Cancelled || o.State == reserve.CancelledByOffice },
		},
		{"via", func(f *find.Filter) { f.Via = reserve.ByPhone }, func(o one) bool { return o.Via == reserve.ByPhone }},
		{"who booked", func(f *find.Filter) { f.Operator = testkit.Clerk.ID }, func(o one) bool { return o.madeBy == testkit.Clerk.ID }},
		{"who changed", func(f *find.Filter) { f.Operator = testkit.Supervisor.ID }, func(o one) bool { return o.changedBy == testkit.Supervisor.ID }},
		{"own field", func(f *find.Filter) { f.Answers = map[string]string{"way": "bus"} }, func(o one) bool { return o.way == "bus" }},
	}
}

func numbers(t *testing.T, rx *store.Rx, f find.Filter) (got []string) {
	t.Helper()
	rows, total, err := find.Search(rx, tenant, f)
	must(t, err)
	for _, r := range rows {
		got = append(got, r.No)
	}
	slices.Sort(got)
	if total != len(got) {
		t.Errorf("%+v: %d rows of %d", f, len(got), total)
	}
	return got
}

// BK-504: each condition alone and any two of them give exactly the rows of a
// reference list.
func TestBK504_EveryConditionAndAnyTwo(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		db = db.For(tenant)
		list := booked(t, db, clock)
		all := conditions(list)
		testkit.Read(t, db, func(rx *store.Rx) error {
			for i, a := range all {
				for j, b := range all[i:] {
					f, want := find.Filter{}, []string(nil)
					a.set(&f)
					b.set(&f)
					if overlap(a.name, b.name) && j > 0 {
						continue // of the same field
					}
					for _, o := range list {
						if a.is(o) && b.is(o) {
							want = append(want, o.No)
						}
					}
					slices.Sort(want)
					if diff := cmp.Diff(want, numbers(t, rx, f)); diff != "" {
						t.Errorf("%s and %s (-want +got):\n%s", a.name, b.name, diff)
					}
					if j == 0 && (len(want) == 0 || len(want) == len(list)) {
						t.Errorf("%s alone tells nothing: %d", a.name, len(want))
					}
				}
			}
			rows, total, err := find.Search(rx, tenant, find.Filter{Offset: 5, Limit: 4})
			if err != nil || len(rows) != 4 || total != len(list) {
				t.Errorf("a page: %d of %d, %v", len(rows), total, err)
			}
			return nil
		})
	})
}

// overlap reports whether two conditions set the same field.
func overlap(a, b string) bool {
	for _, same := range [][]string{{"time from", "time until", "times"}, {"state", "states"}, {"who booked", "who changed"}} {
		if slices.Contains(same, a) && slices.Contains(same, b) {
			return a != "time from" || b != "time until"
		}
	}
	return false
}

// BK-504: a shared search gives another person the same rows; one that is not
// shared is nobody else's, and nobody else can remove it.
func TestBK504_SavedSearches(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		db = db.For(tenant)
		list := booked(t, db, clock)
		for _, c := range conditions(list) {
			if c.name == "code" || c.name == "own windows" {
				continue // these are never kept
			}
			var f find.Filter
			c.set(&f)
			_, err := find.Keep(t.Context(), db, testkit.Supervisor, tenant, find.Saved{Name: c.name, Shared: true, Filter: f})
			must(t, err)
		}
		own, err := find.Keep(t.Context(), db, testkit.Supervisor, tenant, find.Saved{Name: "own", Filter: find.Filter{Link: link(1), Via: reserve.ByWeb}})
		must(t, err)
		testkit.Read(t, db, func(rx *store.Rx) error {
			theirs, err := find.List(rx, tenant, testkit.Clerk.ID)
			must(t, err)
			if len(theirs) != len(conditions(list))-2 {
				t.Errorf("%d shared searches", len(theirs))
			}
			for _, s := range theirs {
				for _, c := range conditions(list) {
					if c.name == s.Name {
						var f find.Filter
						c.set(&f)
						if diff := cmp.Diff(numbers(t, rx, f), numbers(t, rx, s.Filter)); diff != "" {
							t.Errorf("%s (-kept +read):\n%s", s.Name, diff)
						}
					}
				}
			}
			mine, err := find.List(rx, tenant, testkit.Supervisor.ID)
			if err != nil || len(mine) != len(theirs)+1 {
				t.Errorf("%d searches of the owner, %v", len(mine), err)
			}
			for _, s := range mine {
				if s.Filter.Link != "" {
					t.Errorf("%s was kept with somebody's link", s.Name)
				}
			}
			return nil
		})
		testkit.WantFault(t, find.Drop(t.Context(), db, testkit.Clerk, tenant, own.ID), fault.NotFound, "find.unknown")
		must(t, find.Drop(t.Context(), db, testkit.Supervisor, tenant, own.ID))
		_, err = find.Keep(t.Context(), db, testkit.Clerk, tenant, find.Saved{Name: " "})
		testkit.WantFault(t, err, fault.Invalid, "find.name")
		_, err = find.Keep(t.Context(), db, testkit.Clerk, tenant, find.Saved{Name: "番号 123456789018"})
		testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
		_, err = find.Keep(t.Context(), db, testkit.Clerk, tenant, find.Saved{Name: "x", Filter: find.Filter{DayFrom: "2026-12-02", DayUntil: "2026-12-01", TimeFrom: "9"}})
		testkit.WantFault(t, err, fault.Invalid, "find.filter")
	})
}

// A time that ends before it begins finds nothing, so it is refused.
func TestBK504_TimesTheWrongWayRound(t *testing.T) {
	err := find.Filter{TimeFrom: "12:00", TimeUntil: "09:00"}.Check()
	testkit.WantFault(t, err, fault.Invalid, "find.filter")
	if f, _ := fault.As(err); len(f.Details) != 1 || f.Details[0].Code != "find.times" || f.Details[0].Column != "timeUntil" {
		t.Errorf("%+v", f.Details)
	}
	if err := (find.Filter{TimeFrom: "09:00", TimeUntil: "09:00"}).Check(); err != nil {
		t.Error(err)
	}
}
