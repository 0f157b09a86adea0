package bothsides_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/visitor"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	first  = "2026-12-01T10:00" // a Tuesday
	second = "2026-12-01T10:30"
	later  = "2026-12-03T10:00"
)

var resident = store.Actor{ID: "resident", Role: "resident", Terminal: "web"}

// desk is a pair whose people act one by one.
type desk struct{ *actors }

// cases runs a case with the booking service on each engine.
func cases(t *testing.T, fn func(t *testing.T, d desk)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { fn(t, desk{&actors{pair: newPair(t, engine)}}) })
	}
}

// carry brings one bundle of a side to the other.
func (d desk) carry(from agree.Side) {
	d.t.Helper()
	d.confirm()
	file, err := d.export(from)
	d.must(err)
	d.must(d.take(1-from, file))
}

// both carries bundles until nothing is new.
func (d desk) both() {
	d.t.Helper()
	for range 3 {
		d.exchange()
	}
}

// web books on the residents' page, with an address.
func (d desk) web(at string, svc slot.Procs, persons ...int) string {
	d.t.Helper()
	r := front.Request{Lang: "ja", Contact: contact.Contact{Mail: fmt.Sprintf("a%d@mail.example", persons[0])}, Request: reserve.Request{
		Token: d.token(), By: reserve.By{Via: reserve.ByWeb, Link: d.links[persons[0]]}, SlotID: window + "@" + at, Side: slot.Web,
	}}
	for _, n := range persons {
		r.Guests = append(r.Guests, reserve.Guest{Link: d.links[n], Gen: d.member(d.links[n]).Gen, Procs: svc})
	}
	b, err := d.Cloud.Desk.Book(d.t.Context(), resident, r)
	d.must(err)
	return b.ID
}

// phone gives an office seat away.
func (d desk) phone(at string, person int) (id string) {
	d.t.Helper()
	d.officeWrite(func(tx *store.Tx) error {
		b, err := counter.Book(tx, counter.New{
			WindowID: window, Starts: instant(at), Via: "phone", Guests: []counter.Guest{{CardID: d.cardOf(person).CardID, Procs: []string{"receive"}}},
		})
		id = b.ID
		return err
	})
	return id
}

func instant(at string) time.Time {
	t, err := time.ParseInLocation("2006-01-02T15:04", at, store.Tokyo)
	if err != nil {
		panic(err) // a mistake of the test
	}
	return t.UTC()
}

// do is an act of the office's reception on everybody of a booking.
func (d desk) do(id string, acts ...counter.Act) {
	d.t.Helper()
	for _, a := range acts {
		d.officeWrite(func(tx *store.Tx) error { _, err := counter.Do(tx, id, a, nil); return err })
	}
}

func (d desk) withdraw(person int) {
	d.t.Helper()
	d.officeWrite(func(tx *store.Tx) error { return notice.Withdraw(tx, d.cardOf(person).CardID, 0, "本人の希望") })
}

func (d desk) close(day string) {
	d.t.Helper()
	d.officeWrite(func(tx *store.Tx) error { _, err := counter.CloseDay(tx, window, day); return err })
}

func (d desk) cancel(id string, person int) {
	d.t.Helper()
	_, err := d.Cloud.Desk.Cancel(d.t.Context(), resident, reserve.Act{
		Token: d.token(), BookingID: id, By: reserve.By{Via: reserve.ByWeb, Link: d.links[person]},
	}, "")
	d.must(err)
}

// want compares the persons of a booking on both sides, and the mails about it
// but the first.
func (d desk) want(id, states, mails string) {
	d.t.Helper()
	var office, cloud []string
	for _, p := range d.officeBooking(id).Persons {
		office = append(office, string(p.State()))
	}
	var b reserve.Booking
	var kinds []string
	d.cloudRead(func(rx *store.Rx) (err error) {
		if b, _, err = reserve.ByID(rx, tenant, id); err != nil {
			return err
		}
		list, err := mail.List(rx, tenant, mail.None, nil, 100)
		for _, m := range list {
			if m.BookingID == id && m.Kind != terms.MailBooked {
				kinds = append(kinds, string(m.Kind))
			}
		}
		return err
	})
	for _, p := range b.Persons {
		cloud = append(cloud, string(p.State))
	}
	slices.Sort(office) // the sides order persons in their own way
	slices.Sort(cloud)
	got := fmt.Sprintf("office %s, booking service %s, mails %s", strings.Join(office, "+"), strings.Join(cloud, "+"), strings.Join(kinds, "+"))
	if want := fmt.Sprintf("office %s, booking service %s, mails %s", states, states, mails); got != want {
		d.t.Errorf("booking %s:\n got %s\nwant %s", id, got, want)
	}
}

// listed are the cases on the office's list about a booking.
func (d desk) listed(id string) string {
	d.t.Helper()
	text := ""
	for _, c := range d.cases() {
		if c.Booking == id {
			text += fmt.Sprintf("%d %s%s", c.Kind, c.Refused, map[bool]string{true: " asks"}[c.Ask])
		}
	}
	return text
}

// Case01: booked on the web while the card was withdrawn. Whichever arrives
// first, the end is the same: cancelled by the office, one mail without a reason,
// and somebody at the office hears of it. Of a party the others keep their visit.
func TestCase01_WebBookingAgainstWithdrawnCard(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		for _, from := range []agree.Side{agree.Office, agree.Cloud} {
			n := int(from) * 3
			alone, party := d.web(first, "receive", n), d.web(second, "receive", n+1, n+2)
			d.withdraw(n)
			d.withdraw(n + 1)
			d.carry(from)
			d.both()
			d.want(alone, "cancelled_by_office", "office_cancelled")
			d.want(party, "active+cancelled_by_office", "")
			if got := d.listed(alone) + ", " + d.listed(party); got != "1 withdrawn, 1 withdrawn" {
				t.Errorf("first from %d: listed %s", from, got)
			}
		}
	})
}

// Case01: a card that is only stopped. A clerk decides: one booking stands, the
// other is refused and its resident hears of it.
func TestCase01_StoppedCardIsAClerksDecision(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		stands, goes := d.web(first, "receive", 0), d.web(first, "receive", 1)
		for n := range 2 {
			d.officeWrite(func(tx *store.Tx) error { return hold(tx, d.cardOf(n).CardID) })
		}
		d.both()
		d.want(goes, "active", "")
		for _, c := range d.cases() {
			decision := exchange.Keep
			if c.Booking == goes {
				decision = exchange.Refuse
			}
			d.must(d.Office.Decide(t.Context(), testkit.Clerk, c.ID, decision, ""))
		}
		d.both()
		d.want(stands, "active", "")
		d.want(goes, "cancelled_by_office", "office_cancelled")
	})
}

// Case02: the card is made anew before the booking for the first one arrived.
func TestCase02_OtherGeneration(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.web(first, "receive", 0)
		d.withdraw(0)
		_, err := d.export(agree.Office)
		d.must(err)
		d.takeBack(d.cardOf(0).CardID)
		_, err = d.export(agree.Office)
		d.must(err)
		d.carry(agree.Cloud)
		if got := d.listed(id); got != "2 superseded" {
			t.Errorf("listed %s", got)
		}
		d.both()
		d.want(id, "cancelled_by_office", "office_cancelled")
		again := d.web(first, "receive", 0)
		d.both()
		d.want(again, "active", "")
		if office, cloud := d.linkState(d.links[0]); office != cloud || office != (agree.Link{State: agree.Ready, Gen: 2}) {
			t.Errorf("the code is %v, %v", office, cloud)
		}
	})
}

// Case03: by phone, offline, and on the web: the one by phone counts.
func TestCase03_PhoneAndWeb(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		for _, from := range []agree.Side{agree.Office, agree.Cloud} {
			n := int(from)
			web, phone := d.web(first, "receive", n), d.phone(later, n)
			d.carry(from)
			d.both()
			d.want(web, "cancelled_by_office", "replaced")
			d.want(phone, "active", "")
			if got := d.listed(web); got != "3 office" {
				t.Errorf("first from %d: listed %s", from, got)
			}
		}
	})
}

// Case04: cancelled at eight, the office works with yesterday's list, and the
// person stands there.
func TestCase04_CancelledLateAndHere(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.web(first, "receive", 0)
		d.both()
		d.cancel(id, 0)
		d.to(instant(first))
		d.do(id, counter.ActArrive, counter.ActFinish)
		d.both()
		d.want(id, "visited", "cancelled")
		d.do(id, counter.ActUndo, counter.ActUndo)
		d.both()
		d.want(id, "cancelled", "cancelled")
	})
}

// Case05: the day was closed before the booking ever reached the office.
func TestCase05_UnseenAtTheClose(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		seen, own := d.web(first, "receive", 0), d.phone(first, 2)
		d.both()
		unseen := d.web(second, "receive", 1)
		d.to(instant(first).Add(10 * time.Hour))
		d.close(first[:10])
		d.both()
		d.want(seen, "noshow", "")
		d.want(own, "noshow", "")
		d.want(unseen, "unreconciled", "unsettled")
		if got := d.listed(unseen) + d.listed(seen); got != "5 " {
			t.Errorf("listed %s", got)
		}
	})
}

// Case06: missed for the time being, then the office's visit arrives.
func TestCase06_MissedAndHereAfterAll(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.web(first, "receive", 0)
		d.both()
		d.to(instant(first))
		d.do(id, counter.ActArrive, counter.ActFinish)
		d.to(instant(first).Add(10 * time.Hour))
		if n, err := reserve.MarkMissed(t.Context(), d.Cloud.Desk.DB, testkit.Clerk, tenant); n != 1 || err != nil {
			t.Fatalf("missed %d, %v", n, err)
		}
		d.close(first[:10])
		d.both()
		d.want(id, "visited", "")
	})
}

// Case07: somebody without a booking for today gets the card: what was booked for
// the card ends silently, a visit for more stays for that.
func TestCase07_WalkIn(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		card, more, phone := d.web(later, "receive", 0), d.web(later, "receive renew", 1), d.phone(later, 2)
		d.both()
		for n := range 3 {
			d.give(d.cardOf(n).CardID)
		}
		d.both()
		d.want(card, "cancelled_by_office", "")
		d.want(more, "active", "")
		d.want(phone, "cancelled_by_office", "")
		if got := d.officeBooking(more).Persons[0].Procs; got != "renew" {
			t.Errorf("at the office the visit stays for %q", got)
		}
		for _, b := range d.cloudBookings() {
			if b.ID == more && b.Persons[0].Procs != "renew" {
				t.Errorf("at the booking service the visit stays for %q", b.Persons[0].Procs)
			}
		}
		if got := d.listed(card) + d.listed(more); got != "" {
			t.Errorf("somebody is asked to call: %s", got)
		}
	})
}

// Case08: the capacity is lowered below what is taken: nobody is cancelled, and
// the office lists the slot until it holds everybody again.
func TestCase08_CapacityBelowTaken(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		web, phone := d.web(first, "receive", 0), d.phone(first, 1)
		d.both()
		id, _, err := slot.AddException(t.Context(), d.Cloud.Desk.DB, testkit.Supervisor, tenant, fewer("2026-12-01", 0, 1))
		d.must(err)
		d.both()
		d.want(web, "active", "")
		d.want(phone, "active", "")
		if list := d.cases(); len(list) != 1 || list[0].Kind != 8 || list[0].Start != event.Start(instant(first)) || list[0].Over != 1 {
			t.Errorf("listed %+v", list)
		}
		_, err = slot.RemoveException(t.Context(), d.Cloud.Desk.DB, testkit.Supervisor, tenant, id)
		d.must(err)
		d.both()
		if list := d.cases(); len(list) != 0 {
			t.Errorf("still listed %+v", list)
		}
	})
}

// Case09: a typhoon closes a day: one booking moves, one is cancelled, and the
// office moves its own.
func TestCase09_Typhoon(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		moves, goes, theirs := d.web(first, "receive", 0), d.web(first, "receive", 1), d.phone(first, 2)
		d.both()
		_, err := d.Cloud.Desk.Close(t.Context(), testkit.Supervisor, slot.Exception{
			WindowID: window, From: "2026-12-01", To: "2026-12-01", FromMinute: 0, ToMinute: 1440, Kind: slot.Closed, Reason: "台風",
		}, map[string]string{moves: window + "@" + later, goes: ""})
		d.must(err)
		d.both()
		d.want(moves, "active", "office_moved")
		d.want(goes, "cancelled_by_office", "office_cancelled")
		d.want(theirs, "active", "")
		if got := d.officeBooking(moves).Starts; !got.Equal(instant(later)) {
			t.Errorf("at the office the booking is at %v", got)
		}
		d.officeWrite(func(tx *store.Tx) error { _, err := counter.Move(tx, theirs, window, instant(later)); return err })
		d.both()
		if diff := cmp.Diff(texts(d.officePictures()), texts(d.cloudPictures(d.officePictures()))); diff != "" {
			t.Errorf("(-office +booking service):\n%s", diff)
		}
	})
}

// Case10: the letter was lost: the old number is dead at once, its sessions too,
// the booking is kept.
func TestCase10_NewLetter(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.web(first, "receive", 0)
		d.both()
		was := d.member(d.links[0])
		s, err := visitor.Start(t.Context(), d.Cloud.Desk.DB, resident, tenant, d.links[0], 1)
		d.must(err)
		d.newLetter(d.cardOf(0).CardID)
		d.both()
		d.want(id, "active", "")
		now := d.member(d.links[0])
		if bytes.Equal(was.CodeMAC, now.CodeMAC) || now.State != member.Ready || now.Gen != 1 {
			t.Errorf("the code is %+v", now)
		}
		d.cloudRead(func(rx *store.Rx) error {
			if _, found, err := visitor.Find(rx, tenant, s.Token); found || err != nil {
				t.Errorf("the old session goes on: %v, %v", found, err)
			}
			return nil
		})
	})
}

// Case11: the office is put back to last week. Its bundles are refused until
// somebody accepts, no more leave until somebody has compared the counts, and
// what both sides had agreed on is there again.
func TestCase11_OfficePutBack(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		d.both()
		d.closeOffice()
		old, err := os.ReadFile(d.path("office", "kofu.db"))
		d.must(err)
		d.openOffice()
		web, phone := d.web(first, "receive", 0), d.phone(first, 1)
		d.withdraw(2)
		d.both()
		before := texts(d.officePictures())
		lost := d.phone(later, 3) // nobody but this office has heard of it
		d.Clock.Advance(time.Hour)
		d.closeOffice()
		d.write("office", map[string][]byte{"kofu.db": old})
		d.openOffice()
		d.must(d.Office.Restored(t.Context(), testkit.Supervisor))
		err = d.Office.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			_, err := counter.Book(tx, counter.New{WindowID: window, Starts: instant(first), Via: "phone", Guests: []counter.Guest{{CardID: d.cardOf(4).CardID, Procs: []string{"receive"}}}})
			return err
		})
		testkit.WantFault(t, err, fault.Conflict, "officelog.recovering")
		file, err := d.export(agree.Office)
		d.must(err)
		testkit.WantFault(t, d.take(agree.Cloud, file), fault.Conflict, "relay.E-EPOCH")
		d.must(d.accept(agree.Cloud, file))
		back, err := d.export(agree.Cloud)
		d.must(err)
		d.must(d.take(agree.Office, back))
		_, err = d.export(agree.Office)
		testkit.WantFault(t, err, fault.Conflict, "exchange.confirm_first")
		d.both()
		d.want(web, "active", "")
		d.want(phone, "active", "")
		if diff := cmp.Diff(before, texts(d.officePictures())); diff != "" {
			t.Errorf("before and after (-want +got):\n%s", diff)
		}
		if slices.Contains(d.officeBookings(), lost) {
			t.Error("a booking that was lost is there")
		}
		// The card of 2 is in this database as it was last week: its code wakes.
		if office, cloud := d.linkState(d.links[2]); office != cloud || office.Gen != 2 {
			t.Errorf("the code is %v, %v", office, cloud)
		}
	})
}

// Case12: the booking service knows a code of which this office has never heard.
func TestCase12_UnknownCode(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		const stranger = "00000000000000a1"
		d.cloudWrite(func(tx *store.Tx) error {
			m := d.member(d.links[0])
			m.Link, m.CodeMAC, m.BirthMAC = stranger, bytes.Repeat([]byte{1}, 32), nil
			return member.Issue(tx, tenant, m)
		})
		d.links = append(d.links, stranger)
		id := d.web(first, "receive", residents)
		d.both()
		d.want(id, "active", "")
		if got := d.listed(id); got != "12  asks" {
			t.Errorf("listed %q", got)
		}
		if p := d.officeBooking(id).Persons[0]; !p.Held {
			t.Error("the person is not in quarantine")
		}
		for _, c := range d.cases() {
			d.must(d.Office.Decide(t.Context(), testkit.Clerk, c.ID, exchange.Refuse, ""))
		}
		d.both()
		d.want(id, "cancelled_by_office", "office_cancelled")
	})
}
