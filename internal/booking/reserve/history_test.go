package reserve_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A history is a random row of acts on a tenant of its own, beside a model that
// knows only sets and numbers. Every act must end as the model says, and after
// each the counters, the bookings and the model agree.
type history struct {
	t      *testing.T
	rt     *rapid.T
	db     *store.DB
	tenant int
	tokens int

	seats  int
	closed map[string]bool
	gone   map[int]bool      // withdrawn
	live   map[string]*visit // by booking
	of     map[int]string    // member → booking
	clock  *testkit.Clock
}

type visit struct {
	members []int
	slot    string
	offered bool
}

const historyMembers = 6

var historySlots = []string{"W1@2026-12-01T09:00", "W1@2026-12-01T09:30", "W1@2026-12-01T10:00", "W1@2026-12-08T09:00"}

func TestHistories(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		next := 0
		rapid.Check(t, func(rt *rapid.T) {
			next++
			h := begin(t, rt, db.For(next), next)
			h.clock = clock
			for range rapid.IntRange(5, 25).Draw(rt, "acts") {
				h.act()
				h.compare()
			}
		})
	})
}

func begin(t *testing.T, rt *rapid.T, db *store.DB, id int) *history {
	addTenant(t, db, slot.Tenant{ID: id, Host: fmt.Sprintf("h%d.example", id), Name: "市", PartyMax: 4, UntilMinute: 1440})
	h := &history{t: t, rt: rt, db: db, tenant: id, closed: map[string]bool{}, gone: map[int]bool{}, live: map[string]*visit{}, of: map[int]string{}}
	w := slot.Window{ID: "W1", Name: "窓口", HorizonDays: 14, LastStart: 1170, LastEnd: 1200}
	if _, err := slot.SaveWindow(t.Context(), db, testkit.Supervisor, id, w); err != nil {
		rt.Fatal(err)
	}
	h.capacity(2)
	issue(t, db, id, historyMembers)
	return h
}

func (h *history) capacity(seats int) {
	tuesday := []slot.Pattern{{Weekday: time.Tuesday, FromMinute: 540, ToMinute: 630, SlotMinutes: 30, WebCap: seats}}
	if _, err := slot.SetPattern(h.t.Context(), h.db, testkit.Supervisor, h.tenant, "W1", tuesday); err != nil {
		h.rt.Fatal(err)
	}
	h.seats = seats
}

func (h *history) token() string { h.tokens++; return token(h.tokens) }

func (h *history) taken(slotID string) (n int) {
	for _, v := range h.live {
		if v.slot == slotID {
			n += len(v.members)
		}
	}
	return n
}

func (h *history) act() {
	switch kind := rapid.SampledFrom([]string{"book", "book", "book", "change", "cancel", "leave", "capacity", "close", "withdraw", "offer", "offer", "accept", "decline", "expire"}).Draw(h.rt, "act"); kind {
	case "book":
		h.book()
	case "capacity":
		h.capacity(rapid.IntRange(0, 4).Draw(h.rt, "seats"))
	case "close":
		h.close()
	case "withdraw":
		h.withdraw()
	case "offer":
		h.offer()
	case "expire":
		h.expire()
	default:
		if len(h.live) > 0 {
			h.onBooking(kind, rapid.SampledFrom(slices.Sorted(maps.Keys(h.live))).Draw(h.rt, "booking"))
		}
	}
}

// want checks that an act ended as the model says.
func (h *history) want(what string, err error, may bool) {
	if _, told := fault.As(err); err != nil && !told {
		h.rt.Fatalf("%s: %v", what, err)
	}
	if (err == nil) != may {
		h.rt.Fatalf("%s: %v, but the model says %v (seats %d, closed %v, live %v)", what, err, may, h.seats, h.closed, h.live)
	}
}

func (h *history) room(slotID string, n int) bool {
	return !h.closed[slotID] && h.taken(slotID)+n <= h.seats
}

func (h *history) book() {
	members := rapid.SliceOfNDistinct(rapid.IntRange(0, historyMembers-1), 1, 3, rapid.ID[int]).Draw(h.rt, "members")
	r := ask(0, rapid.SampledFrom(historySlots).Draw(h.rt, "slot"), members...)
	r.Tenant, r.Token = h.tenant, h.token()
	may := h.room(r.SlotID, len(members))
	for _, m := range members {
		may = may && h.of[m] == "" && !h.gone[m]
	}
	b, err := reserve.Book(h.t.Context(), h.db, resident, r)
	h.want("book", err, may)
	if err == nil {
		h.live[b.ID] = &visit{members: members, slot: r.SlotID}
		for _, m := range members {
			h.of[m] = b.ID
		}
	}
}

func (h *history) onBooking(kind, id string) {
	v := h.live[id]
	m := rapid.SampledFrom(v.members).Draw(h.rt, "member")
	act := reserve.Act{Tenant: h.tenant, Token: h.token(), BookingID: id, By: reserve.By{Via: reserve.ByWeb, Link: link(m)}}
	switch kind {
	case "change":
		to := rapid.SampledFrom(historySlots).Draw(h.rt, "to")
		_, err := reserve.Change(h.t.Context(), h.db, resident, act, to, false)
		h.want("change", err, !v.offered && to != v.slot && h.room(to, len(v.members)))
		if err == nil {
			v.slot = to
		}
	case "cancel":
		_, err := reserve.Cancel(h.t.Context(), h.db, resident, act)
		h.want("cancel", err, !v.offered)
		if err == nil {
			h.end(id)
		}
	case "leave":
		_, err := reserve.Leave(h.t.Context(), h.db, resident, act, link(m))
		h.want("leave", err, !v.offered)
		if err == nil {
			h.left(m)
		}
	case "accept", "decline":
		h.answer(kind, id, act)
	}
}

// offer offers a slot to members, who may have a visit.
func (h *history) offer() {
	members := rapid.SliceOfNDistinct(rapid.IntRange(0, historyMembers-1), 1, 2, rapid.ID[int]).Draw(h.rt, "members")
	r := ask(0, rapid.SampledFrom(historySlots).Draw(h.rt, "slot"), members...)
	may := h.room(r.SlotID, len(members))
	for _, m := range members {
		may = may && !h.gone[m]
		for _, v := range h.live {
			may = may && (!v.offered || !slices.Contains(v.members, m))
		}
	}
	var b reserve.Booking
	err := h.db.Write(h.t.Context(), testkit.Clerk, func(tx *store.Tx) (err error) {
		o := reserve.Offer{Tenant: h.tenant, By: r.By, Guests: r.Guests, SlotID: r.SlotID, Until: tx.Now.Add(time.Second)}
		b, err = reserve.OfferIn(tx, o)
		return err
	})
	h.want("offer", err, may)
	if err == nil {
		h.live[b.ID] = &visit{members: members, slot: r.SlotID, offered: true}
	}
}

// answer accepts or declines: who accepts leaves the earlier visit.
func (h *history) answer(kind, id string, act reserve.Act) {
	v := h.live[id]
	err := h.db.Write(h.t.Context(), resident, func(tx *store.Tx) (err error) {
		if kind == "accept" {
			_, _, err = reserve.AcceptIn(tx, act)
		} else {
			_, _, err = reserve.DeclineIn(tx, act)
		}
		return err
	})
	h.want(kind, err, v.offered)
	switch {
	case err != nil:
	case kind == "decline":
		h.end(id)
	default:
		v.offered = false
		for _, m := range v.members {
			h.left(m)
			h.of[m] = id
		}
	}
}

// expire lets the time of all offers pass.
func (h *history) expire() {
	h.clock.Advance(time.Second)
	gone, err := reserve.ExpireOffers(h.t.Context(), h.db, testkit.Clerk, h.tenant)
	h.want("expire", err, true)
	want := 0
	for id, v := range h.live {
		if v.offered {
			want++
			h.end(id)
		}
	}
	if len(gone) != want {
		h.rt.Fatalf("%d offers expired, want %d", len(gone), want)
	}
}

// end takes a visit out of the model.
func (h *history) end(id string) {
	for _, m := range h.live[id].members {
		if h.of[m] == id {
			delete(h.of, m)
		}
	}
	delete(h.live, id)
}

// left takes a member out of the model.
func (h *history) left(m int) {
	id := h.of[m]
	if id == "" {
		return
	}
	delete(h.of, m)
	h.drop(id, m)
}

func (h *history) drop(id string, m int) {
	v := h.live[id]
	v.members = slices.DeleteFunc(v.members, func(n int) bool { return n == m })
	if len(v.members) == 0 {
		delete(h.live, id)
	}
}

func (h *history) withdraw() {
	m := rapid.IntRange(0, historyMembers-1).Draw(h.rt, "member")
	h.want("withdraw", reserve.Withdraw(h.t.Context(), h.db, testkit.Clerk, h.tenant, link(m), 1), true)
	h.gone[m] = true
	h.left(m)
	for id, v := range h.live { // and an offer
		if v.offered && slices.Contains(v.members, m) {
			h.drop(id, m)
		}
	}
	if rapid.Bool().Draw(h.rt, "issued again") {
		if err := member.Import(h.t.Context(), h.db, testkit.Clerk, h.tenant, []member.Member{person(m)}); err != nil {
			h.rt.Fatal(err)
		}
		delete(h.gone, m)
	}
}

// close closes one slot; its bookings go where the program proposes, or end.
func (h *history) close() {
	id := rapid.SampledFrom(historySlots).Draw(h.rt, "closing")
	at, err := time.ParseInLocation("2006-01-02T15:04", id[len("W1@"):], store.Tokyo)
	if err != nil {
		h.rt.Fatal(err)
	}
	minute := at.Hour()*60 + at.Minute()
	day := slot.Exception{FromMinute: minute, ToMinute: minute + 30, Kind: slot.Closed}
	day.From = jpdate.Day(store.Day(at))
	day.To = day.From
	decisions := map[string]string{}
	err = h.db.Read(h.t.Context(), func(rx *store.Rx) error {
		plan, err := reserve.PlanClosing(rx, h.tenant, day)
		for _, a := range plan {
			decisions[a.Booking.ID] = a.Proposed
		}
		return err
	})
	if err != nil {
		h.rt.Fatal(err)
	}
	_, err = reserve.Close(h.t.Context(), h.db, testkit.Supervisor, h.tenant, day, decisions)
	h.want("close", err, true)
	h.closed[id] = true
	for booking, to := range decisions {
		if to != "" {
			h.live[booking].slot = to
			continue
		}
		h.end(booking)
	}
	for booking, v := range h.live {
		if v.offered && v.slot == id {
			h.end(booking)
		}
	}
	if n := h.taken(id); n > 0 {
		h.rt.Fatalf("%d people are left in the closed slot %s", n, id)
	}
}

var errDisagree = errors.New("counters and bookings disagree")

func (h *history) compare() {
	err := h.db.Read(h.t.Context(), func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, h.tenant)
		if err == nil && len(breaches) > 0 {
			err = fmt.Errorf("%w: %+v", errDisagree, breaches)
		}
		if err != nil {
			return err
		}
		for _, id := range historySlots {
			s, _, err := slot.ByID(rx, h.tenant, id)
			if err != nil {
				return err
			}
			if want := h.taken(id); s.WebTaken != want || s.WebTaken > s.WebCap+s.WebOver {
				h.rt.Fatalf("%s: %d taken of %d+%d, want %d", id, s.WebTaken, s.WebCap, s.WebOver, want)
			}
		}
		for m := range historyMembers {
			b, _, err := reserve.LiveOf(rx, h.tenant, link(m))
			if err != nil || b.ID != h.of[m] {
				h.rt.Fatalf("member %d: booking %q, want %q, %v", m, b.ID, h.of[m], err)
			}
		}
		return nil
	})
	if err != nil {
		h.rt.Fatal(err)
	}
}
