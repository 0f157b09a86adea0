package member_test

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	tenant = 1
	code   = linkcode.Code("4492018377502273")
	other  = linkcode.Code("1234567890123410")
	birth  = "19850401"
)

var (
	key     = []byte("0123456789abcdef0123456789abcdef")
	keys    = member.Keys{"k1": key}
	visitor = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}
	home    = netip.MustParseAddr("192.0.2.7")
)

func issued(c linkcode.Code, link string) member.Member {
	return member.Member{
		Link: link, Gen: 1, KeyID: "k1", CodeMAC: c.Hash(key), BirthMAC: c.HashWithBirth(key, birth), Procs: "receive",
		From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0), State: member.Ready,
	}
}

const link = "00000000000000a1"

func city(t testing.TB, db *store.DB, members ...member.Member) {
	t.Helper()
	err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440})
	if err != nil {
		t.Fatal(err)
	}
	if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, members); err != nil {
		t.Fatal(err)
	}
}

func signIn(t testing.TB, db *store.DB, c linkcode.Code, day string, from netip.Addr) (member.Member, error) {
	t.Helper()
	return member.SignIn(t.Context(), db, visitor, keys, member.Attempt{Tenant: tenant, Code: c, Birth: day, Address: from})
}

func TestSignIn_CodeAndBirthDate(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		city(t, db, issued(code, link))
		if _, err := signIn(t, db, code, birth, home); err != nil { // the first one is told to the office
			t.Fatal(err)
		}
		before := testkit.Dump(t, db, "attempt_count")
		m, err := signIn(t, db, code, birth, home)
		if err != nil || m.Link != link || m.State != member.Ready {
			t.Fatalf("%+v, %v", m, err)
		}
		_, unknown := signIn(t, db, other, birth, home)
		_, wrong := signIn(t, db, code, "19850402", home)
		testkit.WantFault(t, unknown, fault.Forbidden, "member.cannot_book")
		testkit.WantFault(t, wrong, fault.Forbidden, "member.cannot_book")
		if diff := cmp.Diff(before, testkit.Dump(t, db, "attempt_count")); diff != "" {
			t.Errorf("signing in changed more than the counts:\n%s", diff)
		}
		for _, secret := range []string{string(code), birth, string(other), home.String()} {
			if strings.Contains(testkit.Dump(t, db), secret) {
				t.Errorf("%q came to rest in the database", secret)
			}
		}
	})
}

// An unknown code and one that may not book get the same answer.
func TestTB01_TheSameAnswerForEveryRefusal(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office, past := issued(code, link), issued(other, "00000000000000a2")
		office.OfficeOnly, past.Until = true, testkit.Now
		city(t, db, office, past)
		var texts []string
		for _, c := range []linkcode.Code{code, other, "8888888888888834"} {
			_, err := signIn(t, db, c, birth, home)
			testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
			texts = append(texts, err.Error())
		}
		if texts[0] != texts[1] || texts[1] != texts[2] {
			t.Errorf("the answers differ: %q", texts)
		}
		early := issued(other, "00000000000000a2")
		early.From, early.Gen = testkit.Now.Add(time.Minute), 2
		if err := member.Import(t.Context(), db, testkit.Clerk, tenant, []member.Member{early}); err != nil {
			t.Fatal(err)
		}
		_, err := signIn(t, db, other, birth, home)
		testkit.WantFault(t, err, fault.Conflict, "member.not_yet")
		_, err = signIn(t, db, other, "19000101", home) // the date is told to nobody else
		testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
	})
}

// A code that was re-keyed is found under its new key only.
func TestSignIn_TwoKeys(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		second := []byte("fedcba9876543210fedcba9876543210")
		m := issued(code, link)
		m.KeyID, m.CodeMAC, m.BirthMAC = "k2", code.Hash(second), code.HashWithBirth(second, birth)
		city(t, db, m, issued(other, "00000000000000a2"))
		both := member.Keys{"k1": key, "k2": second}
		for _, c := range []linkcode.Code{code, other} {
			if _, err := member.SignIn(t.Context(), db, visitor, both, member.Attempt{Tenant: tenant, Code: c, Birth: birth, Address: home}); err != nil {
				t.Errorf("%v", err)
			}
		}
	})
}

// 30 failures of an address within ten minutes; then nothing is looked up, not
// even the right code. Other addresses go on.
func TestTB02_BudgetOfAnAddress(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, issued(code, link))
		for n := range 30 {
			if n == 15 {
				clock.Advance(9 * time.Minute)
			}
			_, err := signIn(t, db, made(n), birth, home)
			testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
		}
		_, err := signIn(t, db, code, birth, home)
		testkit.WantFault(t, err, fault.TooMany, "member.too_many")
		if _, err := signIn(t, db, code, birth, netip.MustParseAddr("192.0.2.8")); err != nil {
			t.Errorf("a neighbour: %v", err)
		}
		clock.Advance(2 * time.Minute) // the first half is more than ten minutes old
		if _, err := signIn(t, db, code, birth, home); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		// Of IPv6 the network counts: its 64 bits more are one household.
		for n := range 30 {
			_, err := signIn(t, db, made(n), birth, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n+1)))
			testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
		}
		_, err = signIn(t, db, code, birth, netip.MustParseAddr("2001:db8::ffff:1"))
		testkit.WantFault(t, err, fault.TooMany, "member.too_many")
	})
}

// 10 failures of a code an hour, from wherever; codes that do not exist alike.
func TestBudget_OfACode(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, issued(code, link))
		for _, c := range []linkcode.Code{code, other} {
			for n := range 10 {
				_, err := signIn(t, db, c, "19000101", netip.MustParseAddr(fmt.Sprintf("198.51.100.%d", n+1)))
				testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
			}
			_, err := signIn(t, db, c, birth, home)
			testkit.WantFault(t, err, fault.TooMany, "member.too_many")
		}
		clock.Advance(67 * time.Minute)
		if _, err := signIn(t, db, code, birth, home); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

// Many addresses and codes at once stay within the budget of the whole service,
// and the pressure shows before the door closes.
func TestBudget_OfTheService(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		city(t, db, issued(code, link))
		wasDay := member.Budgets[member.OfDay]
		member.Budgets[member.OfDay] = member.Budget{Limit: 40, Window: wasDay.Window}
		defer func() { member.Budgets[member.OfDay] = wasDay }()
		var mu sync.Mutex
		var all sync.WaitGroup
		looked := 0
		for g := range 8 {
			all.Go(func() {
				for n := range 8 {
					_, err := signIn(t, db, made(100*g+n), birth, netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", 10*g+n+1)))
					mu.Lock()
					if fault.Is(err, fault.Forbidden, "member.cannot_book") {
						looked++
					} else if !fault.Is(err, fault.TooMany, "member.too_many") {
						t.Errorf("attempt: %v", err)
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if looked != 40 {
			t.Errorf("%d codes were looked up, want 40", looked)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			percent, err := member.Pressure(rx, tenant)
			if percent != 100 {
				t.Errorf("pressure %d", percent)
			}
			return err
		})
		clock.Advance(27 * time.Hour)
		if err := member.Forget(t.Context(), db, testkit.Clerk, tenant); err != nil {
			t.Fatal(err)
		}
		if dump := testkit.Dump(t, db); strings.Contains(dump, "203.0.113") || strings.Contains(table(dump, "attempt_count"), "address") {
			t.Errorf("counts are left:\n%s", table(dump, "attempt_count"))
		}
	})
}

// table is the part of a dump about one table.
func table(dump, name string) string {
	_, rest, _ := strings.Cut(dump, "-- "+name+"\n")
	part, _, _ := strings.Cut(rest, "-- ")
	return part
}

// made is the n-th of many codes that nobody has.
func made(n int) linkcode.Code { return linkcode.Code(fmt.Sprintf("%016d", 7_000_000_000_000_000+n)) }

func TestImport(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		city(t, db, issued(code, link))
		before := testkit.Dump(t, db)
		refuse := func(kind fault.Kind, name string, change func(*member.Member)) {
			t.Helper()
			m := issued(other, "00000000000000a3")
			change(&m)
			err := member.Import(t.Context(), db, testkit.Clerk, tenant, []member.Member{issued("8888888888888834", "00000000000000a4"), m})
			testkit.WantFault(t, err, kind, name)
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("%s: a refused import changed the database:\n%s", name, diff)
			}
		}
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.Link = "short" })
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.CodeMAC = nil })
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.Procs = "" })
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.Procs = "receive pin" }) // not in order
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.Group = "g1" })          // without an ordinal
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.State = member.Withdrawn })
		refuse(fault.Invalid, "member.bad_record", func(m *member.Member) { m.Until = m.From })
		refuse(fault.Invalid, "slot.procedure_unknown", func(m *member.Member) { m.Procs = "dance" })
		refuse(fault.Conflict, "member.code_twice", func(m *member.Member) { m.CodeMAC = code.Hash(key) })

		second := issued(other, link) // a re-issue: new code, next generation
		second.Gen = 2
		if err := member.Import(t.Context(), db, testkit.Clerk, tenant, []member.Member{second}); err != nil {
			t.Fatal(err)
		}
		_, err := signIn(t, db, code, birth, home)
		testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
		err = member.Import(t.Context(), db, testkit.Clerk, tenant, []member.Member{issued(code, link)})
		testkit.WantFault(t, err, fault.Conflict, "member.older_generation")
	})
}

func TestHousehold(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		one, two, alone := issued(code, link), issued(other, "00000000000000a2"), issued("8888888888888834", "00000000000000a3")
		one.Group, one.Ordinal, two.Group, two.Ordinal = "g1", 2, "g1", 1
		city(t, db, one, two, alone)
		testkit.Read(t, db, func(rx *store.Rx) error {
			list, err := member.Household(rx, tenant, "g1")
			if len(list) != 2 || list[0].Link != two.Link || list[1].Link != link {
				t.Errorf("%+v", list)
			}
			none, err2 := member.Household(rx, tenant, "")
			if len(none) != 0 {
				t.Errorf("those without a household are one: %+v", none)
			}
			return errors.Join(err, err2)
		})
	})
}

// What the service may know. A column that is not on this list is a decision
// about personal data first.
var columnsAllowed = map[string]string{
	"tenant":            "tenant host name party_max from_minute until_minute few_percent opens_on closes_on",
	"office_window":     "tenant window_id name address phone phone_hours note map_link opens_on closes_on horizon_days lead_days lead_minute change_days change_minute cancel_days cancel_minute last_start last_end counters late_minutes phone_only office_seats",
	"window_text":       "tenant window_id lang name address phone phone_hours note",
	"procedure_terms":   "tenant code place is_on windows modes units last_start book_days book_minute change_days change_minute cancel_days cancel_minute",
	"opening_pattern":   "tenant pattern_id window_id weekday from_minute until_minute slot_minutes web_cap office_cap procs",
	"opening_exception": "tenant exception_id window_id from_day until_day from_minute until_minute kind slot_minutes web_cap office_cap procs reason batch_id ended_by",
	"opening_batch":     "tenant batch_id kind name made_at made_by days added changed removed undone_at",
	"opening_change":    "tenant edit_id ordinal at actor_id actor act window_id object was became",
	"release_step":      "tenant window_id days_before percent",
	"holiday":           "tenant day name",
	"slot":              "tenant slot_id window_id day starts_at minutes procs is_open opens_at book_until change_until cancel_until own_until phone_only web_cap web_open web_over web_taken office_cap office_over office_taken",
	"member":            "tenant link kind gen key_id code_mac birth_mac procs windows grp mem office_only book_from book_until lang state used_at opened_at last_event",
	"attempt_count":     "tenant scope subject bucket n",
	"attempt_lock":      "tenant scope subject failures locked_until at",
	"member_password":   "tenant link hash set_at",
	"member_reset":      "tenant secret_mac link kind until_at",
	"booking":           "tenant booking_id year no window_id slot_id seat via owner lang state until_at counter called_at made_at made_by changed_by changed_at placed_event last_event",
	"booking_person":    "tenant booking_id ord link own gen procs units slot_id state booked visit_here visit_there arrived_at done_at old_card handled memo",
	"booking_number":    "tenant year month last",
	"booking_token":     "tenant token request booking_id at",
	"visitor_session":   "tenant digest link gen party seen_at",
	"contact_value":     "tenant owner field sealed mac kept_at",
	"closed_day":        "tenant window_id day seen",
	"set_aside":         "tenant aside_id seq type subject line reason at state ended_at ended_by",
	"config_told":       "tenant object digest",
	"epoch_accepted":    "tenant epoch was seen at",
	"contact_answer":    "tenant booking_id field answer",
	"mail_out":          "tenant mail_id booking_id kind lang state receiver sealed tries next_at made_at done_at answer",
	"phone_task":        "tenant task_id booking_id kind reason made_at done_at done_by",
	"event_out":         "tenant event_id era seq type subject at body",
	"recovery":          "tenant was head since answered links bookings days",
	"town":              "tenant staff_host frozen_at",
	"job":               "tenant job_id owner lease_until due_at started_at ended_at result failures code counts",
	"waiting_room":      "tenant round is_open planned opened_at starts_at rate issued early base base_at",
	"wish":              "tenant wish_id windows from_day until_day weekdays bands notify lang state made_at booking_id offered_at ended_at",
	"wish_person":       "tenant wish_id link gen procs live",
	"day_list":          "tenant day window_id made_at visits pdf",
	"saved_filter":      "tenant filter_id owner name shared body made_at",
	"inquiry":           "tenant inquiry_id version at day channel window_id result text answer link follow_up owner made_by changed_at",
	"inquiry_category":  "tenant inquiry_id category",
}

func TestTB09_SchemaHoldsNothingElse(t *testing.T) {
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	tables := regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \($(.*?)^\);`)
	column := regexp.MustCompile(`(?m)^ {4}([a-z_]+) `)
	key := regexp.MustCompile(`(?:PRIMARY KEY|UNIQUE|ON \w+) \((\w+)`)
	got := map[string]string{}
	for _, f := range files {
		if !strings.HasPrefix(f.Name, "booking/") {
			continue
		}
		if strings.Contains(f.SQL, "ALTER TABLE") {
			t.Errorf("%s alters a table: teach this test to read it", f.Name)
		}
		for _, m := range tables.FindAllStringSubmatch(f.SQL, -1) {
			var names []string
			for _, c := range column.FindAllStringSubmatch(m[2], -1) {
				names = append(names, c[1])
			}
			got[m[1]] = strings.Join(names, " ")
		}
		for _, m := range key.FindAllStringSubmatch(f.SQL, -1) {
			if m[1] != "tenant" && m[1] != "staff_host" { // by its host a request learns its tenant
				t.Errorf("%s: a key or index begins with %s, not with the tenant", f.Name, m[1])
			}
		}
	}
	if diff := cmp.Diff(columnsAllowed, got); diff != "" {
		t.Errorf("columns (-allowed +got):\n%s", diff)
	}
	for _, word := range []string{"birthday", "birth_date", "kana", "mail"} {
		for name, columns := range got {
			if slices.Contains(strings.Fields(columns), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
	}
}
