package report_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/board"
	"kofu/internal/booking/member"
	"kofu/internal/booking/report"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/listing"
	"kofu/internal/listingtest"
	"kofu/internal/sheet"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The clock of the tests begins on Tuesday 2026-11-24, 09:30 in Japan.

const tenant = 1

func link(n int) string { return fmt.Sprintf("%016x", n) }

// world is a municipality with two windows, 9:00–12:00 on weekdays, whose
// bookings have gone every way.
type world struct {
	t       *testing.T
	db      *store.DB
	clock   *testkit.Clock
	tokens  int
	windows []slot.Window
	all     map[string]reserve.Booking
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) token() string { w.tokens++; return fmt.Sprintf("token-%020d", w.tokens) }

func (w *world) to(text string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, store.Tokyo)
	w.must(err)
	w.clock.Advance(at.Sub(w.clock.Now()))
}

func guests(members []int) (list []reserve.Guest) {
	for _, n := range members {
		list = append(list, reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"})
	}
	return list
}

func (w *world) by(via reserve.Via, n int) reserve.By {
	if via == reserve.ByWeb {
		return reserve.By{Via: via, Link: link(n)}
	}
	return reserve.By{Via: via, Override: "試験"}
}

func (w *world) book(name, slotID string, via reserve.Via, members ...int) {
	w.t.Helper()
	side := slot.Web
	if via != reserve.ByWeb {
		side = slot.Office
	}
	b, err := reserve.Book(w.t.Context(), w.db, testkit.Clerk, reserve.Request{
		Tenant: tenant, Token: w.token(), By: w.by(via, members[0]), Guests: guests(members), SlotID: slotID, Side: side,
	})
	w.must(err)
	w.all[name] = b
}

func (w *world) act(name string, n int) reserve.Act {
	return reserve.Act{Tenant: tenant, Token: w.token(), BookingID: w.all[name].ID, By: w.by(reserve.ByWeb, n)}
}

func (w *world) write(fn func(*store.Tx) error) {
	w.t.Helper()
	testkit.Write(w.t, w.db, testkit.Clerk, fn)
}

func (w *world) visit(name string) reserve.Visit {
	return reserve.Visit{Tenant: tenant, BookingID: w.all[name].ID, WindowID: w.all[name].WindowID}
}

// come records that somebody came and got the card.
func (w *world) come(name string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error { _, err := reserve.Arrive(tx, w.visit(name)); return err })
	w.write(func(tx *store.Tx) error { _, err := reserve.Finish(tx, w.visit(name), reserve.Handled{}); return err })
}

func newWorld(t *testing.T, db *store.DB, clock *testkit.Clock) *world {
	t.Helper()
	w := &world{t: t, db: db.For(tenant), clock: clock, all: map[string]reserve.Booking{}}
	w.must(slot.AddTenant(t.Context(), w.db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}))
	for _, id := range []string{"W1", "W2"} {
		_, err := slot.SaveWindow(t.Context(), w.db, testkit.Supervisor, tenant, slot.Window{
			ID: id, Name: "窓口" + id, HorizonDays: 31, LastStart: 1170, LastEnd: 1200, LateMinutes: 5,
			Book: slot.Deadline{Days: 1, Minute: 1020}, Change: slot.Deadline{Days: 1, Minute: 1020}, Cancel: slot.Deadline{Minute: 480},
		})
		w.must(err)
		var list []slot.Pattern
		for d := time.Monday; d <= time.Friday; d++ {
			list = append(list, slot.Pattern{Weekday: d, FromMinute: 540, ToMinute: 720, SlotMinutes: 30, WebCap: 3, OfficeCap: 2})
		}
		_, err = slot.SetPattern(t.Context(), w.db, testkit.Supervisor, tenant, id, list)
		w.must(err)
	}
	testkit.Read(t, w.db, func(rx *store.Rx) (err error) { w.windows, err = slot.Windows(rx, tenant); return err })
	var people []member.Member
	for n := range 12 {
		mac := sha256.Sum256([]byte(link(n)))
		people = append(people, member.Member{
			Link: link(n), Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "pin receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		})
	}
	w.must(member.Import(t.Context(), w.db, testkit.Supervisor, tenant, people))
	return w
}

// live lets the bookings go every way; it ends on 2026-12-09, 18:00.
func (w *world) live() {
	t := w.t
	w.book("early", "W1@2026-11-26T09:00", reserve.ByWeb, 0)
	w.book("party", "W1@2026-12-08T09:00", reserve.ByWeb, 1, 2)
	w.book("undone", "W1@2026-12-08T09:30", reserve.ByPhone, 3)
	w.book("noshow", "W1@2026-12-08T10:00", reserve.ByWeb, 4)
	w.book("case5", "W2@2026-12-08T09:00", reserve.ByWeb, 5)
	w.book("cancelled", "W1@2026-12-08T11:00", reserve.ByWeb, 6)
	w.book("moved", "W1@2026-12-09T09:00", reserve.ByWeb, 7)
	w.to("2026-11-25 10:00")
	w.book("missed", "W2@2026-12-09T09:30", reserve.AtCounter, 8)
	w.book("second", "W2@2026-12-09T09:00", reserve.ByPhone, 9)
	w.book("hour", "W1@2026-12-08T11:30", reserve.ByPhone, 10)
	_, err := reserve.Cancel(t.Context(), w.db, testkit.Clerk, w.act("cancelled", 6))
	w.must(err)
	_, err = reserve.Change(t.Context(), w.db, testkit.Clerk, w.act("moved", 7), "W1@2026-12-10T09:00", false)
	w.must(err)
	w.write(func(tx *store.Tx) error {
		b, err := reserve.OfferIn(tx, reserve.Offer{Tenant: tenant, By: w.by(reserve.ByWeb, 11), Guests: guests([]int{11}), SlotID: "W1@2026-12-08T11:30", Until: tx.Now.Add(time.Hour)})
		w.all["expired"] = b
		return err
	})
	w.to("2026-11-25 12:00")
	_, err = reserve.ExpireOffers(t.Context(), w.db, testkit.Clerk, tenant)
	w.must(err)
	w.to("2026-11-26 09:05")
	w.come("early")
	w.to("2026-12-08 09:10")
	w.come("party")
	w.come("undone")
	w.write(func(tx *store.Tx) error { _, err := reserve.Undo(tx, w.visit("undone")); return err })
	w.to("2026-12-08 11:40")
	w.come("hour")
	_, err = sync.NumberAll(t.Context(), w.db, testkit.Clerk, tenant)
	w.must(err)
	w.to("2026-12-08 18:00")
	w.missed()
	w.write(func(tx *store.Tx) error { _, err := reserve.CloseDay(tx, tenant, "W1", "2026-12-08"); return err })
	w.write(func(tx *store.Tx) error { _, err := reserve.DayClosed(tx, tenant, "W2", "2026-12-08", 0); return err })
	w.to("2026-12-09 09:05")
	w.come("second")
	w.to("2026-12-09 18:00")
	w.missed()
}

func (w *world) missed() {
	w.t.Helper()
	_, err := reserve.MarkMissed(w.t.Context(), w.db, testkit.Clerk, tenant)
	w.must(err)
}

func (w *world) make(q report.Query) (d listing.Document) {
	w.t.Helper()
	q.By = "山田"
	if q.Windows == nil {
		q.Windows, q.All = w.windows, true
	}
	if q.From == "" {
		q.From, q.Until = "2026-11-24", "2026-12-18"
	}
	testkit.Read(w.t, w.db, func(rx *store.Rx) (err error) { d, err = report.Make(rx, tenant, q); return err })
	return d
}

// lived runs a test on both engines over a world in which everything happened.
func lived(t *testing.T, fn func(t *testing.T, w *world)) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.live()
		fn(t, w)
	})
}

func atoi(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The totals of seats are the counters of the slots.
func TestBK1003_Seats(t *testing.T) {
	lived(t, func(t *testing.T, w *world) {
		d := w.make(report.Query{Kind: report.Seats})
		listingtest.FourOutputs(t, d)
		s := d.Sections[0]
		if len(s.Rows) != 2*6*19-2*2 { // the weekdays from 11-24 to 12-18, without what had begun
			t.Errorf("%d slots", len(s.Rows))
		}
		var sum [4]int
		testkit.Read(t, w.db, func(rx *store.Rx) error {
			for _, row := range s.Rows {
				one, found, err := slot.ByID(rx, tenant, strings.TrimPrefix(row[2], "窓口")+"@"+row[0]+"T"+row[1])
				if err != nil || !found {
					t.Fatalf("%q: %v %v", row, found, err)
				}
				for i, n := range []int{one.WebCap, one.WebTaken, one.OfficeCap, one.OfficeTaken} {
					sum[i] += n
					if row[4+i] != strconv.Itoa(n) {
						t.Errorf("%q, want %d in column %d", row, n, 4+i)
					}
				}
			}
			return nil
		})
		for i, n := range sum {
			if atoi(t, s.Total[4+i]) != n {
				t.Errorf("total %q, want %v", s.Total, sum)
			}
		}
		// early, party of 2, noshow, case5, moved; undone, missed, second, hour
		if sum[1] != 6 || sum[3] != 4 {
			t.Errorf("%d web and %d office seats are taken", sum[1], sum[3])
		}
	})
}

// The list of visitors has the same visits in the same stages as the board, at
// every moment of the day.
func TestBK1004_Visitors(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.book("a", "W1@2026-12-08T09:00", reserve.ByWeb, 1, 2)
		w.book("b", "W1@2026-12-08T09:00", reserve.ByPhone, 3)
		w.book("c", "W2@2026-12-08T09:30", reserve.ByWeb, 4)
		w.book("d", "W2@2026-12-08T10:00", reserve.ByWeb, 5)
		w.book("gone", "W1@2026-12-08T10:00", reserve.ByWeb, 6)
		w.book("tomorrow", "W1@2026-12-09T10:00", reserve.ByWeb, 7)
		_, err := reserve.Cancel(t.Context(), w.db, testkit.Clerk, w.act("gone", 6))
		w.must(err)
		equal := func(when string) {
			w.to("2026-12-08 " + when)
			w.missed()
			d := w.make(report.Query{Kind: report.Visitors, From: "2026-12-08", Until: "2026-12-08"})
			want, persons := map[string]string{}, 0
			testkit.Read(t, w.db, func(rx *store.Rx) error {
				for _, window := range w.windows {
					list, err := board.Day(rx, tenant, window.ID, "2026-12-08")
					if err != nil {
						return err
					}
					for _, v := range list {
						if stage := v.Stage(rx.Now, window.LateMinutes); stage != board.None {
							want[v.No] = report.StageName(stage) + " " + strconv.Itoa(v.Persons) + " " + v.Starts.In(store.Tokyo).Format("15:04")
							persons += v.Persons
						}
					}
				}
				return nil
			})
			got := map[string]string{}
			for _, row := range d.Sections[0].Rows {
				got[row[3]] = row[4] + " " + row[5] + " " + row[1]
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 || atoi(t, d.Sections[0].Total[5]) != persons || persons != 5 {
				t.Errorf("%s, %d persons (-board +report):\n%s", when, persons, diff)
			}
			if !slices.IsSortedFunc(d.Sections[0].Rows, func(a, b []string) int { return strings.Compare(a[1], b[1]) }) {
				t.Errorf("%s: not by time", when)
			}
			listingtest.FourOutputs(t, d)
		}
		equal("08:30")
		w.to("2026-12-08 09:02")
		w.come("a")
		w.write(func(tx *store.Tx) error { _, err := reserve.Arrive(tx, w.visit("b")); return err })
		w.write(func(tx *store.Tx) error { _, err := reserve.Call(tx, tenant, w.all["b"].ID, "3"); return err })
		equal("09:36") // c is late
		equal("11:00")
	})
}

// Hours add up to days, days to months, months to years, and windows to the
// total; an undone hand-over is not counted.
func TestBK1005_HandedOut(t *testing.T) {
	lived(t, func(t *testing.T, w *world) {
		docs := map[report.Grain]listing.Document{}
		for _, g := range report.HandedOut.Grains() {
			d := w.make(report.Query{Kind: report.HandedOut, Grain: g})
			docs[g] = d
			listingtest.FourOutputs(t, d)
			sum := make([]int, 3)
			for _, row := range d.Sections[0].Rows {
				if atoi(t, row[1])+atoi(t, row[2]) != atoi(t, row[3]) {
					t.Errorf("%s: windows %q", g, row)
				}
				for i := range sum {
					sum[i] += atoi(t, row[i+1])
				}
			}
			if got := fmt.Sprint(sum, d.Sections[0].Total[1:]); got != "[4 1 5] [4 1 5]" {
				t.Errorf("%s: rows and total %s", g, got)
			}
		}
		group := func(g report.Grain, of func(string) string) map[string]int {
			sums := map[string]int{}
			for _, row := range docs[g].Sections[0].Rows {
				sums[of(row[0])] += atoi(t, row[3])
			}
			return sums
		}
		days := group(report.ByDay, func(day string) string { return listing.Say(sheet.Date, day) })
		hours := group(report.ByHour, func(label string) string { day, _, _ := strings.Cut(label, " "); return day })
		if diff := cmp.Diff(days, hours); diff != "" {
			t.Errorf("hours (-days +hours):\n%s", diff)
		}
		if len(days) != 3 || len(docs[report.ByHour].Sections[0].Rows) != 4 {
			t.Errorf("days %v, hours %v", days, docs[report.ByHour].Sections[0].Rows)
		}
		months := group(report.ByMonth, func(label string) string { return label })
		if diff := cmp.Diff(map[string]int{"2026年11月": 1, "2026年12月": 4}, months); diff != "" {
			t.Errorf("months:\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"2026年": 5}, group(report.ByYear, func(label string) string { return label })); diff != "" {
			t.Errorf("years:\n%s", diff)
		}
		only := w.make(report.Query{Kind: report.HandedOut, Windows: w.windows[1:]})
		if total := only.Sections[0].Total; total[len(total)-1] != "1" {
			t.Errorf("W2 alone: %q", total)
		}
	})
}

// Of the bookings made, every one is in exactly one column of what became of it.
func TestBK1006_Intake(t *testing.T) {
	lived(t, func(t *testing.T, w *world) {
		d := w.make(report.Query{Kind: report.Intake})
		listingtest.FourOutputs(t, d)
		for _, row := range append(slices.Clone(d.Sections[0].Rows), d.Sections[0].Total) {
			sum := 0
			for _, cell := range row[3:9] {
				sum += atoi(t, cell)
			}
			if made := atoi(t, row[2]); made != sum {
				t.Errorf("%q: %d made, %d in the columns", row, made, sum)
			}
		}
		// open: undone (is here), moved; visited: early, party, second, hour;
		// missed: noshow, missed
		if got := strings.Join(d.Sections[0].Total[2:], " "); got != "11 2 4 2 1 1 1 1 1" {
			t.Errorf("total %s", got)
		}
		if len(w.all) != 11 {
			t.Errorf("%d bookings", len(w.all))
		}
		first := w.make(report.Query{Kind: report.Intake, From: "2026-11-24", Until: "2026-11-24"})
		if got := strings.Join(first.Sections[0].Total[2:], " "); got != "7 2 2 1 1 1 0 0 0" {
			t.Errorf("of the first day: %s", got)
		}
	})
}

// Whom the office never knew of is not among those who did not come.
func TestBK1007_Missing(t *testing.T) {
	lived(t, func(t *testing.T, w *world) {
		d := w.make(report.Query{Kind: report.Missing})
		listingtest.FourOutputs(t, d)
		for i, name := range []string{"noshow", "missed", "case5"} {
			s := d.Sections[i]
			if len(s.Rows) != 1 || s.Rows[0][3] != w.all[name].No {
				t.Errorf("%s: %q, want %s", s.Title, s.Rows, w.all[name].No)
			}
		}
		for _, row := range d.Sections[0].Rows {
			if row[3] == w.all["case5"].No {
				t.Error("case 5 is final")
			}
		}
	})
}

// Every report has its four outputs also where nothing has happened.
func TestKinds_WithoutBookings(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		for _, k := range report.Kinds {
			listingtest.FourOutputs(t, w.make(report.Query{Kind: k}))
		}
	})
}
