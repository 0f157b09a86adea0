package counter_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/link"
	"kofu/internal/officelog"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// world is a real office and a simulated booking service.
type world struct {
	*office
	r     *rand.Rand
	cloud *agreetest.Node
	heard int // events of the office that the booking service has
	taken int // and the other way round
	day   int // that is closed next
}

const residents = 12

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{
		office: newOffice(t, residents).linked(), r: rand.New(rand.NewPCG(seed, 5)), //nolint:gosec // repeatable on purpose
		cloud: agreetest.NewNode(agree.Cloud, agreetest.Rules{}),
	}
	w.hear(event.ConfigWindow{Window: agreetest.Window, Name: "本庁 1番", Owner: "office"})
	for _, start := range agreetest.Starts() {
		w.hear(event.ConfigCapacity{
			Window: agreetest.Window, Date: start[:10],
			Slots: []event.SlotSeats{{Start: start, Min: 30, Web: 50, Office: 50}},
		})
	}
	w.write(func(tx *store.Tx) error {
		if _, err := tx.Exec(`
INSERT INTO relay (tenant, epoch, acked, sent, peer_need, peer_epoch, applied, need, new_epoch, shown, prev, heard_at)
VALUES ($1, 'e', 0, 0, 0, '', 0, 0, '', '', '', '')`, tx.Tenant); err != nil {
			return err
		}
		for i := range residents {
			of := event.OfLink{Link: pseudonym(i), Gen: 1}
			issue := event.LinkIssue{
				Link: of.Link, Gen: 1, Hash: strings.Repeat("A", 43), Key: "o001", Svc: []string{"receive", "renew"},
				BookFrom: store.Stamp(tx.Now), Until: store.Stamp(tx.Now.AddDate(1, 0, 0)),
			}
			if err := officelog.Put(tx, issue, event.LinkReady(of)); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

// may runs an act of the office, which may be refused.
func (w *world) may(fn func(*store.Tx) error) {
	w.t.Helper()
	testkit.Refusable(w.t, w.DB.Write(w.t.Context(), testkit.Clerk, fn))
}

// tell brings events of the office over, not always all of them.
func (w *world) tell(all bool) {
	w.t.Helper()
	made := false // the bundle, before what follows happened
	w.read(func(rx *store.Rx) error {
		return officelog.Log{}.Each(rx, int64(w.heard+1), func(line []byte) error {
			_, _, b, err := event.Decode(line)
			if made = made || !all && w.r.IntN(10) == 0; err == nil && !made {
				w.heard++
				w.cloud.Hear(b)
			}
			return err
		})
	})
}

func (w *world) listen(all bool) {
	w.t.Helper()
	for _, b := range w.cloud.Log()[w.taken:] {
		if !all && w.r.IntN(10) == 0 {
			return
		}
		w.taken++
		w.write(func(tx *store.Tx) error {
			if _, handled, err := counter.Hear(tx, int64(w.taken), b); err != nil || !handled {
				w.t.Errorf("%s: handled %v, %v", b.Type(), handled, err)
			}
			_, err := tx.Exec("UPDATE relay SET applied = $1", w.taken)
			return err
		})
	}
}

// bookings are the ids of those that the office knows.
func (w *world) bookings() (ids []string) {
	w.t.Helper()
	w.read(func(rx *store.Rx) error {
		return rx.Query(func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		}, "SELECT bk FROM counter_booking ORDER BY bk")
	})
	return ids
}

func (w *world) linkOf(i int) (l link.Link) {
	w.t.Helper()
	w.read(func(rx *store.Rx) (err error) {
		l, _, err = link.ByID(rx, pseudonym(i))
		return err
	})
	return l
}

// step is an act of the office.
func (w *world) step() {
	w.t.Helper()
	i := w.r.IntN(residents)
	starts, _ := time.Parse(time.RFC3339, agreetest.Starts()[min(w.day+w.r.IntN(4), len(agreetest.Starts())-1)])
	switch k := w.r.IntN(100); {
	case k < 22:
		w.follow(i)
	case k < 42:
		n := counter.New{WindowID: agreetest.Window, Starts: starts, Via: "phone"}
		for j := range 1 + w.r.IntN(3)*w.r.IntN(2) {
			n.Guests = append(n.Guests, counter.Guest{CardID: w.ids[(i+j)%residents], Procs: [][]string{{"receive"}, {"receive", "renew"}, {"renew"}}[w.r.IntN(3)]})
		}
		w.may(func(tx *store.Tx) error {
			_, err := counter.Book(tx, n)
			return err
		})
	case k < 92:
		if ids := w.bookings(); len(ids) > 0 {
			w.change(ids[w.r.IntN(len(ids))], starts)
		}
	default:
		w.close()
	}
}

// change does something with a booking.
func (w *world) change(bk string, starts time.Time) {
	w.t.Helper()
	b := w.booking(bk)
	p := b.Persons[w.r.IntN(len(b.Persons))]
	acts := []counter.Act{counter.ActArrive, counter.ActArrive, counter.ActFinish, counter.ActFinish, counter.ActAgain, counter.ActUndo, counter.ActUndo, counter.ActLeave}
	switch k := w.r.IntN(10); k {
	case 0:
		w.may(func(tx *store.Tx) error {
			_, err := counter.Move(tx, bk, agreetest.Window, starts)
			return err
		})
	case 1:
		w.may(func(tx *store.Tx) error { return counter.Refuse(tx, bk, p.Link, event.Withdrawn) })
	default:
		w.may(func(tx *store.Tx) error {
			_, err := counter.Do(tx, bk, acts[w.r.IntN(len(acts))], []int{p.Ord})
			return err
		})
	}
}

// follow is what link.Collect does when something has happened to a card.
func (w *world) follow(i int) {
	w.t.Helper()
	l := w.linkOf(i)
	of := event.OfLink{Link: l.ID, Gen: l.Gen}
	var e event.Body
	switch k := w.r.IntN(10); {
	case l.State == agree.Withdrawn || l.State == agree.Closed || k == 0:
		e = event.LinkIssue{
			Link: l.ID, Gen: l.Gen + 1, Hash: strings.Repeat("A", 43), Key: "o001", Svc: []string{"receive", "renew"},
			BookFrom: store.Stamp(testkit.Now), Until: store.Stamp(testkit.Now.AddDate(1, 0, 0)),
		}
	case k < 6:
		e = event.LinkReady(of)
	case k < 8:
		e = event.LinkHold(of)
	case k == 8:
		e = event.LinkWithdraw(of)
	default:
		e = event.LinkClose(of)
	}
	next, _ := agree.Link{State: l.State, Gen: l.Gen}.Next(e)
	w.setLink(i, next.Gen, next.State)
	w.write(func(tx *store.Tx) error {
		if err := officelog.Put(tx, e); err != nil {
			return err
		}
		_, err := counter.Rejudge(tx, l.ID)
		return err
	})
}

// close closes the next day in the evening.
func (w *world) close() {
	w.t.Helper()
	day := agreetest.Starts()[min(w.day, len(agreetest.Starts())-1)][:10]
	if evening := at(day, 20*60); w.Clock.Now().Before(evening) {
		w.Clock.Advance(evening.Sub(w.Clock.Now()))
	}
	w.may(func(tx *store.Tx) error {
		_, err := counter.CloseDay(tx, agreetest.Window, day)
		if err == nil {
			w.day++
		}
		return err
	})
}

// pictures are the bookings of the office as they are compared.
func (w *world) pictures() map[string]string {
	w.t.Helper()
	m := map[string]string{}
	for _, id := range w.bookings() {
		b := w.booking(id)
		var list []agreetest.Drawn
		for _, p := range b.Persons {
			if p.Link != "" {
				list = append(list, agreetest.Drawn{Link: p.Link, Gen: p.Gen, Svc: p.Procs.List(), Person: p.Person})
			}
		}
		if text := agreetest.Draw(event.Start(b.Starts), list); text != "" {
			m[id] = text
		}
	}
	return m
}

// KT1000: a real office and a booking service that follows the rules end in
// agreement, however late each hears of the other.
func TestKT1000_Histories(t *testing.T) {
	for seed := range uint64(25) {
		w := newWorld(t, seed)
		for range 120 {
			switch k := w.r.IntN(10); {
			case k < 5:
				w.step()
			case k < 8:
				w.cloud.Step(w.r)
			case k == 8:
				w.tell(false)
			default:
				w.listen(false)
			}
		}
		for range 6 {
			w.tell(true)
			w.listen(true)
		}
		if diff := cmp.Diff(w.cloud.Pictures(), w.pictures()); diff != "" {
			t.Fatalf("history %d (-booking service +office):\n%s", seed, diff)
		}
		for i := range residents {
			if l := w.linkOf(i); w.cloud.Link(i+1) != (agree.Link{State: l.State, Gen: l.Gen}) {
				t.Errorf("history %d: code %d is %v there and %v here", seed, i, w.cloud.Link(i+1), l.State)
			}
		}
		if w.cloud.Strange() > 0 {
			t.Errorf("history %d: %d events about what the booking service does not know", seed, w.cloud.Strange())
		}
	}
}
