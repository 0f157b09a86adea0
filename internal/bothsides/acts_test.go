package bothsides_test

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/link"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/reservetest"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/visit"
)

// actors do at random what people do on either side; what the program refuses
// has not happened.
type actors struct {
	*pair
	r     *rand.Rand
	day   int // that is closed next
	met   map[string]int
	fewer []string // exceptions that lowered the capacity of a day
}

// may runs an act that may be refused, and reports whether it was carried out.
func (a *actors) may(db *store.DB, actor store.Actor, fn func(*store.Tx) error) bool {
	a.t.Helper()
	return a.ok(db.Write(a.t.Context(), actor, fn))
}

// ok lets refusals pass.
func (a *actors) ok(err error) bool {
	a.t.Helper()
	return testkit.Refusable(a.t, err)
}

func (a *actors) starts() time.Time {
	all := agreetest.Starts()
	at, _ := time.Parse(time.RFC3339, all[min(a.day+a.r.IntN(4), len(all)-1)])
	return at
}

// late draws one of n bookings, rather one of the last.
func (a *actors) late(n int) int { return n - 1 - a.r.IntN(min(n, 2+a.r.IntN(12))) }

func (a *actors) procs() []string {
	return [][]string{{"receive"}, {"receive"}, {"receive", "renew"}, {"renew"}}[a.r.IntN(4)]
}

// ---- the office -------------------------------------------------------------

func (a *actors) officeStep() {
	a.t.Helper()
	switch k := a.r.IntN(100); {
	case k < 24:
		a.cardStep(a.cardOf(a.r.IntN(residents)))
	case k < 44:
		a.bookByPhone()
	case k < 84:
		if ids := a.officeBookings(); len(ids) > 0 {
			a.officeChange(ids[a.late(len(ids))])
		}
	case k < 89:
		a.decide()
	case k < 93:
		a.opens()
	default:
		a.closeDay()
	}
}

func (a *actors) cardOf(i int) (l link.Link) {
	a.t.Helper()
	a.officeRead(func(rx *store.Rx) (err error) {
		l, _, err = link.ByID(rx, a.links[i])
		return err
	})
	return l
}

// cardStep is what happens to a card: the exchange finds out by itself.
func (a *actors) cardStep(l link.Link) {
	a.t.Helper()
	db := a.Office.DB
	if (l.State == agree.Withdrawn || l.State == agree.Closed) && a.r.IntN(3) > 0 {
		a.takeBack(l.CardID)
		return
	}
	switch a.r.IntN(10) {
	case 0:
		a.may(db, testkit.Clerk, func(tx *store.Tx) error { _, err := card.OpenHold(tx, l.CardID, card.Stop, "確認中"); return err })
	case 1, 2:
		a.may(db, testkit.Clerk, func(tx *store.Tx) error {
			holds, err := card.HoldsOf(tx.Rx, l.CardID)
			if err != nil || len(holds) == 0 {
				return err
			}
			_, err = card.CloseHold(tx, holds[len(holds)-1].ID, "確認済み")
			return err
		})
	case 3:
		a.may(db, testkit.Clerk, func(tx *store.Tx) error { return notice.Withdraw(tx, l.CardID, 0, "本人の希望") })
	case 4, 5, 6, 7:
		a.takeBack(l.CardID)
	case 8:
		a.give(l.CardID)
	default:
		a.newLetter(l.CardID)
	}
}

// takeBack takes the withdrawal or the hand-over of a card back: its code is
// issued again for the next generation.
func (a *actors) takeBack(cardID int64) {
	a.t.Helper()
	a.may(a.Office.DB, testkit.Supervisor, func(tx *store.Tx) error {
		events, err := card.EventsOf(tx.Rx, cardID)
		if err != nil {
			return err
		}
		last, undo := events[len(events)-1], card.Undoing{Reason: "誤り", Any: true}
		switch last.Act {
		case card.ActWithdraw:
			return notice.UndoWithdraw(tx, last, undo)
		case card.ActHandOver:
			_, err = counter.UndoGive(tx, last, undo)
		}
		return err
	})
}

func (a *actors) give(cardID int64) {
	a.t.Helper()
	for _, act := range []card.Act{card.ActPick, card.ActToCounter} {
		a.may(a.Office.DB, testkit.Clerk, func(tx *store.Tx) error { _, err := card.Do(tx, cardID, act, card.Input{}); return err })
	}
	a.may(a.Office.DB, testkit.Clerk, func(tx *store.Tx) error {
		c, err := card.ByID(tx.Rx, cardID)
		if err != nil {
			return err
		}
		_, err = counter.Give(tx, a.Office.Ring, cardID, form(c))
		return err
	})
}

func form(c card.Card) visit.HandOver {
	return visit.HandOver{
		CardScan: c.NoticeNo, NoticeScan: c.NoticeNo, Receiver: visit.Self, Documents: []string{"holder_driver"}, PINMethod: "holder",
		OldCards: map[string]string{"notification": "collected", "juki": "none", "previous": "none", "residence": "none"},
	}
}

// newLetter prints another letter because the first one is lost: the old number
// is dead.
func (a *actors) newLetter(cardID int64) {
	a.t.Helper()
	run, err := notice.Plan(a.t.Context(), notice.Office{DB: a.Office.DB, Ring: a.Office.Ring}, testkit.Clerk,
		notice.Order{Cards: []int64{cardID}, Stock: "a", StartCell: 1, Sort: notice.ByNumber})
	if a.ok(err); err != nil {
		return
	}
	_, err = notice.MarkReady(a.t.Context(), a.Office.DB, testkit.Clerk, run.ID, nil)
	a.ok(err)
}

func (a *actors) bookByPhone() {
	a.t.Helper()
	n := counter.New{WindowID: window, Starts: a.starts(), Via: "phone"}
	first := a.r.IntN(residents)
	for j := range 1 + a.r.IntN(3)*a.r.IntN(2) {
		n.Guests = append(n.Guests, counter.Guest{CardID: a.cardOf((first + j) % residents).CardID, Procs: a.procs()})
	}
	a.may(a.Office.DB, testkit.Clerk, func(tx *store.Tx) error { _, err := counter.Book(tx, n); return err })
}

func (a *actors) officeBookings() (ids []string) {
	a.t.Helper()
	a.officeRead(func(rx *store.Rx) error {
		return rx.Query(func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		}, "SELECT bk FROM counter_booking WHERE source <> 'visit' ORDER BY bk")
	})
	return ids
}

func (a *actors) officeBooking(id string) (b counter.Booking) {
	a.t.Helper()
	a.officeRead(func(rx *store.Rx) (err error) {
		b, err = counter.ByID(rx, id)
		return err
	})
	return b
}

// officeChange does something with a booking at the office.
func (a *actors) officeChange(id string) {
	a.t.Helper()
	b := a.officeBooking(id)
	p := b.Persons[a.r.IntN(len(b.Persons))]
	acts := []counter.Act{
		counter.ActArrive, counter.ActArrive, counter.ActFinish, counter.ActFinish, counter.ActAgain, counter.ActUndo, counter.ActUndo, counter.ActUndo,
		counter.ActLeave,
	}
	db := a.Office.DB
	if a.r.IntN(8) == 0 {
		starts := a.starts()
		a.may(db, testkit.Clerk, func(tx *store.Tx) error { _, err := counter.Move(tx, id, window, starts); return err })
		return
	}
	act := acts[a.r.IntN(len(acts))]
	a.may(db, testkit.Clerk, func(tx *store.Tx) error { _, err := counter.Do(tx, id, act, []int{p.Ord}); return err })
}

// decide lets a clerk decide about a case that asks.
func (a *actors) decide() {
	a.t.Helper()
	for _, c := range a.cases() {
		if c.Ask && a.r.IntN(2) == 0 {
			a.ok(a.Office.Decide(a.t.Context(), testkit.Clerk, c.ID, []exchange.Decision{exchange.Refuse, exchange.Keep}[a.r.IntN(2)], ""))
		}
	}
}

func (p *pair) cases() (list []exchange.Case) {
	p.t.Helper()
	p.officeRead(func(rx *store.Rx) (err error) {
		list, err = exchange.OpenCases(rx, 0)
		return err
	})
	return list
}

// opens brings the morning of the next day, with people at both receptions.
func (a *actors) opens() {
	if a.day < len(agreetest.Starts()) {
		morning, _ := time.Parse(time.RFC3339, agreetest.Starts()[a.day])
		a.to(morning.Add(10 * time.Minute))
	}
}

// closeDay closes the next day in its evening, when nobody is served any more.
func (a *actors) closeDay() {
	a.t.Helper()
	if a.day >= len(agreetest.Starts()) {
		return
	}
	start := agreetest.Starts()[a.day]
	morning, _ := time.Parse(time.RFC3339, start)
	a.to(morning.Add(10 * time.Hour))
	for _, id := range a.officeBookings() {
		if b := a.officeBooking(id); b.State() == counter.Arrived {
			act := []counter.Act{counter.ActFinish, counter.ActFinish, counter.ActAgain, counter.ActUndo}[a.r.IntN(4)]
			a.may(a.Office.DB, testkit.Clerk, func(tx *store.Tx) error { _, err := counter.Do(tx, id, act, nil); return err })
		}
	}
	a.may(a.Office.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := counter.CloseDay(tx, window, start[:10])
		if err == nil {
			a.day++
		}
		return err
	})
}

// ---- the booking service ----------------------------------------------------

func (a *actors) cloudStep() {
	a.t.Helper()
	switch k := a.r.IntN(100); {
	case k < 34:
		a.bookOnline(false)
	case k < 41:
		a.bookOnline(true)
	case k < 46:
		a.Clock.Advance(5 * time.Hour)
		_, err := reserve.MarkMissed(a.t.Context(), a.Cloud.Desk.DB, testkit.Clerk, tenant)
		a.ok(err)
		expired, err := reserve.ExpireOffers(a.t.Context(), a.Cloud.Desk.DB, testkit.Clerk, tenant)
		a.ok(err)
		a.met["offer expired"] += len(expired)
	case k < 48:
		a.signIn(a.r.IntN(residents))
	case k < 51:
		a.capacity()
	case k < 52:
		a.ok(a.units([]slot.Procedure{"receive", "renew"}[a.r.IntN(2)], 1+a.r.IntN(3)))
	default:
		if list := a.cloudBookings(); len(list) > 0 {
			a.cloudChange(list[a.late(len(list))])
		}
	}
}

func slotAt(starts time.Time) string {
	return window + "@" + starts.In(store.Tokyo).Format("2006-01-02T15:04")
}

func (a *actors) bookOnline(offer bool) {
	a.t.Helper()
	var guests []reserve.Guest
	first := a.r.IntN(residents)
	for j := range 1 + a.r.IntN(3)*a.r.IntN(2) {
		procs, err := slot.ParseProcs(procedures(a.procs())...)
		a.must(err)
		m := a.member(a.links[(first+j)%residents])
		guests = append(guests, reserve.Guest{Link: m.Link, Gen: max(1, m.Gen), Procs: procs})
	}
	by, id, token := reserve.By{Via: reserve.ByWeb, Link: guests[0].Link}, slotAt(a.starts()), a.token()
	a.may(a.Cloud.Desk.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		if offer {
			_, err = reserve.OfferIn(tx, reserve.Offer{Tenant: tenant, By: by, Guests: guests, SlotID: id, Until: tx.Now.Add(12 * time.Hour)})
			return err
		}
		_, _, err = reserve.BookIn(tx, reserve.Request{Tenant: tenant, Token: token, By: by, Guests: guests, SlotID: id, Side: slot.Web})
		return err
	})
}

func procedures(svc []string) (list []slot.Procedure) {
	for _, one := range svc {
		list = append(list, slot.Procedure(one))
	}
	return list
}

// cloudChange does something with a booking at the booking service.
func (a *actors) cloudChange(b reserve.Booking) {
	a.t.Helper()
	p := b.Persons[a.r.IntN(len(b.Persons))]
	try := reservetest.Try{BookingID: b.ID, Link: p.Link, Token: a.token(), WindowID: window, Today: a.r.IntN(2) == 0}
	last := len(reservetest.Kinds) - 1
	k := reservetest.Kinds[min(a.r.IntN(last+2), last)] // mistakes are taken back twice as often
	try.SlotID = slotAt(a.starts())
	done := a.may(a.Cloud.Desk.DB, testkit.Clerk, func(tx *store.Tx) error { return try.Do(tx, k) })
	switch {
	case done && k == reservetest.Accept:
		a.met["offer accepted"]++
	case done && k == reservetest.Decline:
		a.met["offer declined"]++
	}
}

// signIn is a resident who types in the code and the birth date of the newest
// letter, of which the booking service may not have heard.
func (p *pair) signIn(n int) {
	p.t.Helper()
	var typed *linkcode.Code
	p.officeRead(func(rx *store.Rx) error {
		l, _, err := link.ByID(rx, p.links[n])
		if err != nil {
			return err
		}
		return notice.EachCode(rx, p.Office.Ring, func(cardID, _ int64, code linkcode.Code) error {
			if cardID == l.CardID && typed == nil { // the one that counts comes first
				typed = &code
			}
			return nil
		})
	})
	_, err := member.SignIn(p.t.Context(), p.Cloud.Desk.DB, resident, p.Cloud.Codes.Keys(), member.Attempt{
		Tenant: tenant, Code: *typed, Birth: "19650401", Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(p.tokens)}),
	})
	if _, refused := fault.As(err); !refused {
		p.must(err)
	}
	p.tokens++
}

// capacity lowers the capacity of a day, maybe below what is taken, or raises it
// again.
func (a *actors) capacity() {
	a.t.Helper()
	db := a.Cloud.Desk.DB
	if n := len(a.fewer); n > 0 && a.r.IntN(2) == 0 {
		_, err := slot.RemoveException(a.t.Context(), db, testkit.Supervisor, tenant, a.fewer[n-1])
		a.ok(err)
		a.fewer = a.fewer[:n-1]
		return
	}
	day := store.Day(a.starts())
	id, _, err := slot.AddException(a.t.Context(), db, testkit.Supervisor, tenant, fewer(day, a.r.IntN(3), a.r.IntN(3)))
	if a.ok(err) {
		a.fewer = append(a.fewer, id)
	}
}

// fewer is the capacity of a day with only so many seats.
func fewer(day string, web, office int) slot.Exception {
	return slot.Exception{
		WindowID: window, From: jpdate.Day(day), To: jpdate.Day(day), FromMinute: 600, ToMinute: 660, Kind: slot.Capacity, WebCap: web, OfficeCap: office,
	}
}

func hold(tx *store.Tx, cardID int64) error {
	_, err := card.OpenHold(tx, cardID, card.Stop, "確認中")
	return err
}
