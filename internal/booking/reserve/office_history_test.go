package reserve_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/event"
	"kofu/internal/jpdate"
	"kofu/internal/reservetest"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// twoSides are a real booking service and a simulated office.
type twoSides struct {
	t      *testing.T
	r      *rand.Rand
	db     *store.DB
	clock  *testkit.Clock
	office *agreetest.Node
	heard  int // events of the office that we have
	told   int // and the other way round
	tokens int
}

func newTwoSides(t *testing.T, db *store.DB, clock *testkit.Clock, id int) *twoSides {
	t.Helper()
	s := &twoSides{
		t: t, r: rand.New(rand.NewPCG(uint64(id), 7)), db: db.For(id), clock: clock, //nolint:gosec // repeatable on purpose
		office: agreetest.NewNode(agree.Office, agreetest.Rules{}),
	}
	addTenant(t, s.db, slot.Tenant{ID: id, Host: fmt.Sprintf("yoyaku%d.example", id), Name: "甲府市", PartyMax: 4, UntilMinute: 1440})
	if _, err := slot.SaveWindow(t.Context(), s.db, testkit.Supervisor, id, slot.Window{ID: agreetest.Window, Name: "窓口", HorizonDays: 60, LastStart: 1170, LastEnd: 1200}); err != nil {
		t.Fatal(err)
	}
	var always []slot.Pattern
	for d := time.Sunday; d <= time.Saturday; d++ {
		always = append(always, slot.Pattern{Weekday: d, FromMinute: 600, ToMinute: 630, SlotMinutes: 30, WebCap: 50, OfficeCap: 50})
	}
	if _, err := slot.SetPattern(t.Context(), s.db, testkit.Supervisor, id, agreetest.Window, always); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *twoSides) write(fn func(*store.Tx) error) {
	s.t.Helper()
	testkit.Write(s.t, s.db, testkit.Clerk, fn)
}

// may runs an act that may be refused.
func (s *twoSides) may(fn func(*store.Tx) error) {
	s.t.Helper()
	testkit.Refusable(s.t, s.db.Write(s.t.Context(), testkit.Clerk, fn))
}

// listen takes in events of the office, not always all of them.
func (s *twoSides) listen(all bool) {
	s.t.Helper()
	if _, err := sync.NumberAll(s.t.Context(), s.db, testkit.Clerk, s.db.Tenant()); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range s.office.Log()[s.heard:] {
		if !all && s.r.IntN(10) == 0 {
			return
		}
		s.heard++
		s.write(func(tx *store.Tx) error {
			if err := s.apply(tx, e); err != nil {
				return fmt.Errorf("%s: %w", e.Type(), err)
			}
			return nil
		})
		if _, err := sync.NumberAll(s.t.Context(), s.db, testkit.Clerk, s.db.Tenant()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// tell brings our events over.
func (s *twoSides) tell(all bool) {
	s.t.Helper()
	if _, err := sync.NumberAll(s.t.Context(), s.db, testkit.Clerk, s.db.Tenant()); err != nil {
		s.t.Fatal(err)
	}
	var list []sync.Event
	testkit.Read(s.t, s.db, func(rx *store.Rx) (err error) {
		list, err = sync.Since(rx, rx.Tenant, s.told, 1000)
		return err
	})
	for _, one := range list {
		if !all && s.r.IntN(10) == 0 {
			return
		}
		s.told++
		_, _, b, err := event.Decode(event.Line(int64(one.Seq), one.Type, one.At, one.Body))
		if err != nil {
			s.t.Fatal(err)
		}
		s.office.Hear(b)
	}
}

// apply is what package intake does with an event of the office.
func (s *twoSides) apply(tx *store.Tx, e event.Body) (err error) {
	visit := func(of event.OfBooking, move reserve.Move) error {
		_, err := reserve.RecordVisit(tx, reserve.Visit{Tenant: tx.Tenant, BookingID: of.Booking, Links: []string{of.Link}}, move)
		return err
	}
	switch e := e.(type) {
	case event.VisitArrived:
		return visit(event.OfBooking(e), reserve.RecordHere)
	case event.VisitDone:
		return visit(event.OfBooking(e), reserve.Recording)
	case event.VisitAgain:
		return visit(event.OfBooking(e), reserve.RecordAgain)
	case event.VisitUndo:
		return visit(event.OfBooking(e), reserve.RecordUndo)
	case event.BookingRefused:
		_, err = reserve.Refused(tx, tx.Tenant, e.Booking, e.Link, string(e.Code))
	case event.BookingCancelled:
		_, err = reserve.EndOffice(tx, tx.Tenant, e.Booking, "", e.By)
	case event.BookingLeft:
		_, err = reserve.EndOffice(tx, tx.Tenant, e.Booking, e.Link, e.By)
	case event.DayClosed:
		_, err = reserve.DayClosed(tx, tx.Tenant, e.Window, jpdate.Day(e.Date), int(e.Seen))
	case event.BookingOffice:
		p := reserve.Placed{Tenant: tx.Tenant, ID: e.Booking, SlotID: e.Window + "@" + e.Start[:16], Via: reserve.ByPhone}
		for _, m := range e.Members {
			procs, err := slot.ParseProcs(procedures(m.Svc)...)
			if err != nil {
				return err
			}
			p.Guests = append(p.Guests, reserve.Guest{Link: m.Link, Gen: m.Gen, Procs: procs})
		}
		_, _, err = reserve.PlaceOffice(tx, p)
	default:
		err = s.link(tx, event.Subject(e), e)
	}
	return err
}

func procedures(svc []string) (list []slot.Procedure) {
	for _, one := range svc {
		list = append(list, slot.Procedure(one))
	}
	return list
}

func (s *twoSides) link(tx *store.Tx, link string, e event.Body) error {
	m, _, err := member.ByLink(tx.Rx, tx.Tenant, link)
	if err != nil {
		return err
	}
	now, does := agree.Link{State: agree.LinkState(m.State), Gen: m.Gen}.Next(e)
	switch e.(type) {
	case event.LinkRekey:
		return nil
	case event.LinkIssue:
		mac := sha256.Sum256(fmt.Appendf(nil, "%s %d", link, now.Gen))
		err = member.Issue(tx, tx.Tenant, member.Member{
			Link: link, Gen: now.Gen, KeyID: "o001", CodeMAC: mac[:], Procs: "receive renew", State: member.State(now.State),
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(1, 0, 0),
		})
	default:
		_, err = member.SetState(tx, tx.Tenant, link, now.Gen, member.State(now.State))
	}
	if err != nil {
		return err
	}
	_, err = reserve.LinkTold(tx, tx.Tenant, link, now, does)
	return err
}

func (s *twoSides) token() string { s.tokens++; return token(s.tokens) }

func (s *twoSides) slot() string {
	today := store.Day(s.clock.Now())
	var open []string
	for _, start := range agreetest.Starts() {
		if start[:10] > today {
			open = append(open, agreetest.Window+"@"+start[:16])
		}
	}
	if len(open) == 0 {
		return agreetest.Window + "@" + agreetest.Starts()[0][:16]
	}
	return open[s.r.IntN(min(4, len(open)))]
}

// step is an act of residents, of reception or of the clock.
func (s *twoSides) step() {
	s.t.Helper()
	switch k := s.r.IntN(100); {
	case k < 35:
		s.book(false)
	case k < 42:
		s.book(true)
	case k < 48:
		s.clock.Advance(10 * time.Hour)
		if _, err := reserve.MarkMissed(s.t.Context(), s.db, testkit.Clerk, s.db.Tenant()); err != nil {
			s.t.Fatal(err)
		}
		if _, err := reserve.ExpireOffers(s.t.Context(), s.db, testkit.Clerk, s.db.Tenant()); err != nil {
			s.t.Fatal(err)
		}
	default:
		if list := reservetest.All(s.t, s.db); len(list) > 0 {
			s.change(list[s.r.IntN(len(list))])
		}
	}
}

func (s *twoSides) book(offer bool) {
	var guests []reserve.Guest
	procs := []slot.Procs{"receive", "receive", "receive renew", "renew"}[s.r.IntN(4)]
	for range 1 + s.r.IntN(3)*s.r.IntN(2) {
		link := agreetest.Links()[s.r.IntN(len(agreetest.Links()))]
		guests = append(guests, reserve.Guest{Link: link, Gen: max(1, s.member(link).Gen), Procs: procs})
	}
	by := reserve.By{Via: reserve.ByWeb, Link: guests[0].Link}
	id := s.slot()
	s.may(func(tx *store.Tx) (err error) {
		if offer {
			_, err = reserve.OfferIn(tx, reserve.Offer{Tenant: tx.Tenant, By: by, Guests: guests, SlotID: id, Until: tx.Now.Add(12 * time.Hour)})
			return err
		}
		_, _, err = reserve.BookIn(tx, reserve.Request{Tenant: tx.Tenant, Token: s.token(), By: by, Guests: guests, SlotID: id, Side: slot.Web})
		return err
	})
}

func (s *twoSides) member(link string) (m member.Member) {
	s.t.Helper()
	testkit.Read(s.t, s.db, func(rx *store.Rx) (err error) {
		m, _, err = member.ByLink(rx, rx.Tenant, link)
		return err
	})
	return m
}

// change does something with a booking.
func (s *twoSides) change(b reserve.Booking) {
	p := b.Persons[s.r.IntN(len(b.Persons))]
	try := reservetest.Try{BookingID: b.ID, Link: p.Link, Token: s.token(), WindowID: agreetest.Window}
	k := reservetest.Kinds[s.r.IntN(len(reservetest.Kinds))]
	try.SlotID = s.slot()
	s.may(func(tx *store.Tx) error { return try.Do(tx, k) })
}

// pictures are our bookings as they are compared.
func (s *twoSides) pictures(there map[string]string) map[string]string {
	s.t.Helper()
	m := map[string]string{}
	for _, b := range reservetest.All(s.t, s.db) {
		var list []agreetest.Drawn
		for _, p := range b.Persons {
			if d, shown := reservetest.Drawn(s.t, b, p, strings.Contains(there[b.ID], p.Link)); shown {
				list = append(list, d)
			}
		}
		if text := agreetest.Draw(event.Start(b.Starts), list); text != "" {
			m[b.ID] = text
		}
	}
	return m
}

// KT1000: a real booking service and an office that follows the rules end in
// agreement, however late each hears of the other.
func TestKT1000_Histories(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		clock.Advance(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
		for id := range 12 {
			began := clock.Now()
			s := newTwoSides(t, db, clock, id+1)
			for range 150 {
				switch k := s.r.IntN(12); {
				case k < 5:
					s.step()
				case k < 10:
					s.office.Step(s.r)
				case k == 10:
					s.tell(false)
				default:
					s.listen(false)
				}
			}
			for range 6 {
				s.listen(true)
				s.tell(true)
			}
			there := s.office.Pictures()
			if diff := cmp.Diff(there, s.pictures(there)); diff != "" {
				t.Fatalf("history %d (-office +booking service):\n%s", id, diff)
			}
			for i, link := range agreetest.Links() {
				if m := s.member(link); s.office.Link(i) != (agree.Link{State: agree.LinkState(m.State), Gen: m.Gen}) {
					t.Errorf("history %d: code %s is %v there and %v here", id, link, s.office.Link(i), m.State)
				}
			}
			if s.office.Strange() > 0 {
				t.Errorf("history %d: %d events about what the office does not know", id, s.office.Strange())
			}
			sound(t, s.db)
			clock.Advance(began.Sub(clock.Now()))
		}
	})
}
