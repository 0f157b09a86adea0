package bothsides_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/reserve"
	cloudlog "kofu/internal/booking/sync"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/officelog"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const stepsEach = 300

// history is one life of a pair.
type history struct {
	actors
	underway [2][][]byte // bundles, by the side that made them
	backups  [2][]backup
	restored int
}

func newHistory(t testing.TB, engine string, seed uint64) *history {
	return &history{
		actors: actors{pair: newPair(t, engine), r: rand.New(rand.NewPCG(seed, 11)), met: map[string]int{}}, //nolint:gosec // repeatable on purpose
	}
}

func (h *history) step() {
	h.t.Helper()
	side := agree.Side(h.r.IntN(2))
	switch k := h.r.IntN(1000); {
	case k < 330:
		h.officeStep()
	case k < 660:
		h.cloudStep()
	case k < 810:
		h.send(side)
	case k < 960:
		h.deliver(side)
	case k < 970:
		h.rotate(side)
	case k < 985:
		h.backup(side)
	default:
		h.restore(side)
	}
}

// send makes a bundle. After a restore somebody compares the counts before.
func (h *history) send(from agree.Side) {
	h.t.Helper()
	h.confirm()
	file, err := h.export(from)
	h.must(err)
	h.underway[from] = append(h.underway[from], file)
}

// deliver brings a bundle over, any one of those under way and perhaps again, or
// loses or damages it.
func (h *history) deliver(from agree.Side) {
	h.t.Helper()
	if len(h.underway[from]) == 0 {
		return
	}
	i := h.r.IntN(len(h.underway[from]))
	file := h.underway[from][i]
	switch k := h.r.IntN(20); {
	case k < 4: // lost
	case k == 4:
		h.damaged(1-from, file)
	default:
		h.arrive(1-from, file)
	}
	if h.r.IntN(3) > 0 {
		h.underway[from] = slices.Delete(h.underway[from], i, i+1)
	}
}

// arrive lets a side take a bundle in, or refuse it for one of the reasons that
// the ways of bundles have.
func (h *history) arrive(at agree.Side, file []byte) {
	h.t.Helper()
	look, before := h.r.IntN(8) == 0, "" // reading everything takes time
	if look {
		before = h.dump(at)
	}
	err := h.take(at, file)
	f, refused := fault.As(err)
	switch {
	case err == nil:
		h.met["taken"]++
		return
	case !refused || !slices.Contains([]string{
		"relay.E-GAP", "relay.E-EPOCH", "relay.E-STALE", "seal.E-DECRYPT", "seal.E-EXPIRED", "exchange.put_back",
	}, f.Code):
		h.t.Fatalf("a bundle for %d: %v", at, err)
	}
	h.met[f.Code]++
	if look && f.Code != "relay.E-GAP" && f.Code != "relay.E-EPOCH" && h.dump(at) != before {
		h.t.Errorf("a bundle refused with %s changed the database of %d", f.Code, at)
	}
	if f.Code == "relay.E-EPOCH" && h.r.IntN(3) == 0 {
		h.acceptable(h.accept(at, file))
	}
}

func (h *history) acceptable(err error) {
	h.t.Helper()
	if !fault.Is(err, fault.Conflict, "relay.E-GAP") {
		h.ok(err)
	}
}

// dump is everything that a side has.
func (p *pair) dump(side agree.Side) string {
	p.t.Helper()
	if side == agree.Office {
		return testkit.Dump(p.t, p.Office.DB)
	}
	return testkit.Dump(p.t, p.Cloud.Desk.DB)
}

// damaged is refused whatever has happened to it.
func (h *history) damaged(at agree.Side, file []byte) {
	h.t.Helper()
	bad := bytes.Clone(file)
	bad[h.r.IntN(len(bad))] ^= 1 << h.r.IntN(8)
	if h.r.IntN(3) == 0 {
		bad = bad[:h.r.IntN(len(bad))]
	}
	if err := h.take(at, bad); err == nil {
		h.t.Error("a damaged bundle was taken in")
	}
	h.met["damaged"]++
}

// rotate replaces the key that opens what is sent to a side; the other side
// reads the new one.
func (h *history) rotate(side agree.Side) {
	h.t.Helper()
	if side == agree.Office {
		h.must(h.Office.Rotate(h.t.Context(), testkit.Supervisor))
	} else {
		h.must(h.Cloud.Rotate(h.t.Context(), testkit.Supervisor))
	}
	h.introduce()
	h.met["rotated"]++
}

// settle ends the history with undisturbed exchanges.
func (h *history) settle() {
	h.t.Helper()
	for range 6 {
		h.exchange()
	}
}

// asides are the events that the booking service could not carry out.
func (p *pair) asides() (list []intake.Aside) {
	p.t.Helper()
	p.cloudRead(func(rx *store.Rx) (err error) {
		list, err = intake.Asides(rx, tenant, 100)
		return err
	})
	return list
}

// disagreements compares both sides.
func (h *history) disagreements() (list []string) {
	h.t.Helper()
	bad := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	office := h.officePictures()
	cloud := h.cloudPictures(office)
	if diff := cmp.Diff(texts(office), texts(cloud)); diff != "" {
		bad("bookings (-office +booking service):\n%s", diff)
	}
	for _, l := range h.links {
		if there, here := h.linkState(l); there != here {
			bad("code %s: %v at the office, %v at the booking service", l, there, here)
		}
	}
	list = append(list, h.toldAgain()...)
	closed := h.closedDays()
	if len(closed[0]) != len(closed[1]) {
		bad("closed days: %v at the office, %v at the booking service", closed[0], closed[1])
	}
	list = append(list, h.wrong(office, closed[0])...)
	for _, a := range h.asides() {
		bad("set aside: %s, %s", a.Line, a.Reason)
	}
	h.cloudRead(func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if len(breaches) > 0 {
			bad("the booking service breaches %v", breaches)
		}
		return err
	})
	for side, name := range []string{"office", "booking service"} {
		if h.recovering(agree.Side(side)) {
			bad("%s: still waits for the answer after a restore", name)
		}
		if s := h.far(agree.Side(side)); s.Need != 0 || s.NewEpoch != "" || s.Acked != h.head(agree.Side(side)) {
			bad("%s: %+v of %d", name, s, h.head(agree.Side(side)))
		}
	}
	if n := h.seatsWrong(); n > 0 {
		bad("office: %d slots count other seats than their bookings hold", n)
	}
	return list
}

func (p *pair) head(side agree.Side) (n int64) {
	p.t.Helper()
	if side == agree.Office {
		p.officeRead(func(rx *store.Rx) (err error) { n, err = officelog.Log{}.Head(rx); return err })
		return n
	}
	p.cloudRead(func(rx *store.Rx) (err error) { n, err = cloudHead(rx); return err })
	return n
}

// closedDays are those of both sides.
func (p *pair) closedDays() (days [2][]string) {
	p.t.Helper()
	query := func(into *[]string, text string, args ...any) func(*store.Rx) error {
		return func(rx *store.Rx) error {
			return rx.Query(func(scan func(...any) error) error {
				var day string
				err := scan(&day)
				*into = append(*into, day)
				return err
			}, text, args...)
		}
	}
	p.officeRead(query(&days[0], "SELECT day FROM counter_day ORDER BY day"))
	p.cloudRead(query(&days[1], "SELECT day FROM closed_day WHERE tenant = $1 ORDER BY day", tenant))
	return days
}

// seatsWrong counts slots of the office whose seats are not those of its
// bookings.
func (p *pair) seatsWrong() (n int) {
	p.t.Helper()
	p.officeRead(func(rx *store.Rx) error {
		return rx.Row(`
SELECT COUNT(*) FROM counter_slot s WHERE s.office_taken <> COALESCE((
  SELECT SUM(p.units) FROM counter_person p JOIN counter_booking b ON b.bk = p.bk
  WHERE b.source = 'office' AND b.seat = 'office' AND b.window_id = s.window_id AND p.starts_at = s.starts_at
    AND p.booked NOT IN ('cancelled', 'cancelled_by_office')), 0)`).Scan(&n)
	})
	return n
}

// KT1000: whatever is lost, doubled, delayed or damaged, and whichever side is put
// back to an older state, a real office and a real booking service end in
// agreement. The histories hold what they are said to hold.
func TestKT1000_Histories(t *testing.T) {
	usual := map[string]int{"sqlite": 24, "postgres": 3}
	if *histories > 0 {
		usual = map[string]int{"sqlite": *histories, "postgres": *histories / 8}
	}
	var mu sync.Mutex
	met := map[string]int{}
	t.Run("lives", func(t *testing.T) {
		for _, engine := range slices.Sorted(maps.Keys(usual)) {
			for seed := range uint64(usual[engine]) { //nolint:gosec // positive
				t.Run(fmt.Sprintf("%s/%d", engine, seed), func(t *testing.T) {
					t.Parallel()
					h := newHistory(t, engine, seed)
					for range stepsEach {
						h.step()
					}
					h.settle()
					for _, one := range h.disagreements() {
						t.Error(one)
					}
					mu.Lock()
					defer mu.Unlock()
					h.count(met)
				})
			}
		}
	})
	if usual["sqlite"] < 24 {
		return
	}
	for _, what := range []string{
		"taken", "damaged", "rotated", "office put back", "booking service put back", "parties", "booking.created", "booking.moved", "booking.left",
		"booking.cancelled", "booking.noshow_provisional", "booking.noshow", "booking.unreconciled", "booking.office", "visit.arrived", "visit.done",
		"visit.again", "visit.undo", "day.closed", "link.issue", "link.ready", "link.hold", "link.withdraw", "link.rekey", "link.close", "snapshot.end",
		"link.first_used", "capacity.over", "refused: withdrawn", "refused: closed", "refused: office", "uneven parties",
		"offer accepted", "offer declined", "offer expired", "relay.E-GAP", "relay.E-STALE", "relay.E-EPOCH",
	} {
		if met[what] == 0 {
			t.Errorf("%s: in none of the histories", what)
		}
	}
}

// count adds what has happened and what both logs say.
func (h *history) count(met map[string]int) {
	h.t.Helper()
	for what, n := range h.met {
		met[what] += n
	}
	say := func(line []byte) error {
		_, _, b, err := event.Decode(line)
		if err == nil {
			met[string(b.Type())]++
		}
		if r, is := b.(event.BookingRefused); is {
			met["refused: "+string(r.Code)]++
		}
		if c, is := b.(event.BookingCreated); is && len(c.Members) > 1 {
			met["parties"]++
			if c.Members[0].Units != c.Members[1].Units {
				met["uneven parties"]++
			}
		}
		return err
	}
	h.officeRead(func(rx *store.Rx) error { return officelog.Log{}.Each(rx, 1, say) })
	h.cloudRead(func(rx *store.Rx) error { return cloudlog.Log{}.Each(rx, 1, say) })
}
