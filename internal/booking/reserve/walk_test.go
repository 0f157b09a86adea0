package reserve_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kofu/internal/agree"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A walk tries moves on one booking of one person in any order. Whatever the
// table of moves does not name is refused and changes nothing; the stored state
// is that of the last accepted move, and every accepted one is told to the
// office exactly once.
func TestStates_RandomWalks(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db, tenant, 1000, 0)
		next := 0
		rapid.Check(t, func(rt *rapid.T) {
			next++
			w := walkFrom(t, rt, db, next)
			for range rapid.IntRange(1, 12).Draw(rt, "moves") {
				w.try(rapid.SampledFrom(walked).Draw(rt, "move"))
			}
			if next%10 == 0 {
				sound(t, db)
			}
		})
	})
}

var walked = []reserve.Move{
	reserve.Confirming, reserve.Accepting, reserve.Declining, reserve.Expiring, reserve.Cancelling, reserve.Refusing, reserve.Arriving,
	reserve.Arriving, reserve.Finishing, reserve.Returning, reserve.GivingUp, reserve.Undoing, reserve.Missing, reserve.Settling,
	reserve.Unsettling, reserve.Recording, reserve.RecordAgain, reserve.RecordHere,
}

type walk struct {
	t      *testing.T
	rt     *rapid.T
	db     *store.DB
	n      int // of the walk
	b      reserve.Booking
	link   string
	state  reserve.State
	person agree.Person // what lies under the state
	tokens int
	told   int
	known  bool // the office has heard where it is
	here   bool // brought to today, where residents are too late to cancel
}

// walkFrom books by a code, without one, or offers.
func walkFrom(t *testing.T, rt *rapid.T, db *store.DB, n int) *walk {
	w := &walk{t: t, rt: rt, db: db, n: n, link: link(n)}
	err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{person(n)})
	if err != nil {
		rt.Fatal(err)
	}
	switch rapid.SampledFrom([]reserve.State{reserve.Active, reserve.Pending, reserve.Offered}).Draw(rt, "begin") {
	case reserve.Active:
		r := ask(0, nine, n)
		r.Token = w.token()
		w.b, err = reserve.Book(t.Context(), db, resident, r)
		w.told, w.known = 1, true
	case reserve.Pending:
		k := keyless(0, nine, 1)
		k.Token, k.Rules.PerMail, k.Rules.PerAddress = w.token(), 1<<20, 1<<20
		w.b, _, err = bookKeyless(t, db, k)
		if err == nil {
			w.link = w.b.Persons[0].Link
		}
	default:
		r := ask(0, nine, n)
		err = within(t, db, func(tx *store.Tx) (err error) {
			w.b, err = reserve.OfferIn(tx, reserve.Offer{Tenant: tenant, By: r.By, Guests: r.Guests, SlotID: nine, Until: tx.Now.Add(time.Hour)})
			return err
		})
	}
	if err != nil {
		rt.Fatal(err)
	}
	w.state, w.person = w.b.State, agree.Person{Booked: agree.State(w.b.State)}
	return w
}

func (w *walk) token() string { w.tokens++; return fmt.Sprintf("walk-%06d-%06d", w.n, w.tokens) }

func (w *walk) try(m reserve.Move) {
	to, can := w.can(m)
	if m == reserve.Expiring || m == reserve.Settling || m == reserve.Unsettling || m == reserve.Missing {
		can = false // the walk stands before every end: jobs find nothing to do
	}
	err := w.do(m)
	if _, told := fault.As(err); err != nil && !told {
		w.rt.Fatalf("%s in %s: %v", m, w.state, err)
	}
	if refusal := !can && !silent(m); refusal != (err != nil) {
		w.rt.Fatalf("%s in %s: %v, the table says %v", m, w.state, err, can)
	}
	if step, visit := reports[m]; visit && !slices.Contains([]agree.State{agree.Pending, agree.Offered, agree.Expired}, w.person.Booked) {
		w.person.Record(agree.Office, step)
		w.state = reserve.State(w.person.State())
	}
	if can {
		w.move(m, to)
		w.told += tells(m, w.known)
		w.known = w.known || m == reserve.Confirming || m == reserve.Accepting
	}
	w.compare(m)
}

// reports are what the office tells of a visit, and receptions our own steps.
var (
	reports    = map[reserve.Move]agree.Step{reserve.Recording: agree.Finish, reserve.RecordAgain: agree.Return, reserve.RecordHere: agree.Arrive}
	receptions = map[reserve.Move]agree.Step{
		reserve.Arriving: agree.Arrive, reserve.Finishing: agree.Finish, reserve.Returning: agree.Return, reserve.Undoing: agree.Undo,
	}
)

// can is the table, and that nobody but the office takes back what it told.
func (w *walk) can(m reserve.Move) (reserve.State, bool) {
	to, ok := reserve.Next(w.state, m)
	switch m {
	case reserve.Undoing:
		ok = ok && w.person.Visits[agree.Cloud] != agree.Nothing
	case reserve.Cancelling:
		ok = ok && (!w.here || w.state != reserve.Active)
	case reserve.GivingUp:
		ok = ok && w.person.Visits[agree.Office] == agree.Nothing
	}
	return to, ok
}

func (w *walk) move(m reserve.Move, to reserve.State) {
	if step, visit := receptions[m]; visit {
		w.person.Record(agree.Cloud, step)
	} else {
		w.person.Told(agree.Cloud, agree.State(to))
	}
	w.state = reserve.State(w.person.State())
}

// silent moves are those of jobs and of reports of the office: what does not
// concern them they leave alone.
func silent(m reserve.Move) bool {
	return slices.Contains([]reserve.Move{
		reserve.Expiring, reserve.Missing, reserve.Settling, reserve.Unsettling, reserve.Recording, reserve.RecordAgain, reserve.RecordHere,
	}, m)
}

// tells is how many events a move writes; of what the office does not know and
// of what it told itself it hears nothing.
func tells(m reserve.Move, known bool) int {
	switch m {
	case reserve.Recording, reserve.RecordAgain, reserve.RecordHere, reserve.Declining:
		return 0
	case reserve.Cancelling, reserve.Refusing, reserve.GivingUp:
		if !known {
			return 0
		}
	}
	return 1
}

func (w *walk) do(m reserve.Move) error {
	act := reserve.Act{Tenant: tenant, Token: w.token(), BookingID: w.b.ID, By: reserve.By{Via: reserve.ByWeb, Link: w.link}}
	v := reserve.Visit{Tenant: tenant, BookingID: w.b.ID, WindowID: "W1"}
	return w.db.Write(w.t.Context(), testkit.Clerk, func(tx *store.Tx) (err error) {
		switch m {
		case reserve.Confirming:
			var fresh bool
			if _, fresh, err = reserve.ConfirmIn(tx, tenant, w.b.ID); err == nil && !fresh { // confirmed before: no move
				err = fault.New(fault.Conflict, "booking.state")
			}
		case reserve.Accepting:
			_, _, err = reserve.AcceptIn(tx, act)
		case reserve.Declining:
			_, _, err = reserve.DeclineIn(tx, act)
		case reserve.Expiring:
			_, _, err = reserve.ExpireIn(tx, tenant, w.b.ID)
		case reserve.Cancelling:
			_, _, err = reserve.CancelIn(tx, act)
		case reserve.Refusing:
			var left []reserve.Moved
			if left, err = reserve.WithdrawIn(tx, tenant, w.link, 1); err == nil && len(left) == 0 {
				err = fault.New(fault.Conflict, "booking.state")
			}
		case reserve.Arriving:
			err = w.arrive(tx, v)
		case reserve.Finishing:
			_, err = reserve.Finish(tx, v, reserve.Handled{})
		case reserve.Returning:
			_, err = reserve.Return(tx, v, reserve.Handled{})
		case reserve.GivingUp:
			_, err = reserve.GiveUp(tx, v)
		case reserve.Undoing:
			_, err = reserve.Undo(tx, v)
		case reserve.Recording, reserve.RecordAgain, reserve.RecordHere:
			_, err = reserve.RecordVisit(tx, v, m)
		case reserve.Missing, reserve.Settling, reserve.Unsettling:
			return nil // TestBK503 moves the clock
		}
		return err
	})
}

// arrive brings the booking to today first, as reception does; the walk stands
// on another day.
func (w *walk) arrive(tx *store.Tx, v reserve.Visit) error {
	a, err := reserve.Arrive(tx, v)
	if err != nil || a.Done {
		return err
	}
	v.Today = true
	a, err = reserve.Arrive(tx, v)
	if err == nil && a.Done {
		w.told++ // it has moved
		w.here = true
		w.known = true
	}
	return err
}

func (w *walk) compare(m reserve.Move) {
	err := w.db.Read(w.t.Context(), func(rx *store.Rx) error {
		b, _, err := reserve.ByID(rx, tenant, w.b.ID)
		if err != nil || b.State != w.state || b.Persons[0].State != w.state {
			w.rt.Fatalf("after %s: stored %s, want %s, %v", m, b.State, w.state, err)
		}
		return err
	})
	if err != nil {
		w.rt.Fatal(err)
	}
	if got := len(eventsOf(w.t, w.db, tenant, w.b.ID)); got != w.told {
		w.rt.Fatalf("after %s: the office has heard %d events, want %d", m, got, w.told)
	}
}
