package bothsides_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	cloudlog "kofu/internal/booking/sync"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// toldAgain compares what is neither code nor booking: which letters have arrived,
// and which slots are over.
func (h *history) toldAgain() (list []string) {
	h.t.Helper()
	for _, l := range h.links {
		if office, cloud := h.used(l); (office == "") != (cloud == "") {
			list = append(list, fmt.Sprintf("code %s: first used %q at the office, %q at the booking service", l, office, cloud))
		}
	}
	for i, l := range h.links {
		if office, cloud := h.numbers(i); cloud != 0 && office != cloud {
			list = append(list, fmt.Sprintf("code %s: letter %d counts at the office, %d at the booking service", l, office, cloud))
		}
	}
	if office, cloud := h.over(); office != cloud {
		list = append(list, fmt.Sprintf("slots that are over: %s at the office, %s at the booking service", office, cloud))
	}
	return list
}

// numbers are the letters of a resident whose number each side takes for the one
// that counts, 0 for one of which the office has none.
func (p *pair) numbers(n int) (office, cloud int64) {
	p.t.Helper()
	keys, err := p.Office.Links()
	p.must(err)
	m := p.member(p.links[n])
	p.officeRead(func(rx *store.Rx) error {
		l, _, err := link.ByID(rx, p.links[n])
		if err != nil {
			return err
		}
		office = l.CodeID
		return notice.EachCode(rx, p.Office.Ring, func(_, id int64, code linkcode.Code) error {
			if h, _ := keys.Hash(m.KeyID, code); h == base64.RawURLEncoding.EncodeToString(m.CodeMAC) {
				cloud = id
			}
			return nil
		})
	})
	return office, cloud
}

// used is when a code was used first, as each side knows it.
func (p *pair) used(pseudonym string) (office, cloud string) {
	p.t.Helper()
	p.officeRead(func(rx *store.Rx) error {
		l, _, err := link.ByID(rx, pseudonym)
		office = l.FirstUsedAt
		return err
	})
	return office, p.member(pseudonym).OpenedAt
}

// over are the slots on the list of each side.
func (p *pair) over() (office, cloud string) {
	p.t.Helper()
	var here, there []string
	for _, c := range p.cases() {
		if c.Kind == agree.CaseOver {
			here = append(here, fmt.Sprintf("%s %s %d", c.Window, c.Start, c.Over))
		}
	}
	p.cloudRead(func(rx *store.Rx) error {
		list, err := slot.Over(rx, tenant)
		for _, s := range list {
			there = append(there, fmt.Sprintf("%s %s %d", s.WindowID, event.Start(s.Starts), s.WebOver+s.OfficeOver))
		}
		return err
	})
	slices.Sort(here)
	slices.Sort(there)
	return strings.Join(here, ", "), strings.Join(there, ", ")
}

// KT1000: the office is put back to before the first sign-in of a code of which
// nothing else has changed. The booking service tells again when it was.
func TestKT1000_FirstUseIsToldToTheOfficeAgain(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		old := d.saved(agree.Office)
		d.Clock.Advance(time.Minute)
		d.signIn(0)
		d.both()
		_, when := d.used(d.links[0])
		d.Clock.Advance(time.Hour)
		d.putBack(agree.Office, old)
		d.both()
		if office, cloud := d.used(d.links[0]); office != when || cloud != when || when == "" {
			t.Errorf("first used %q at the office, %q at the booking service, want %q", office, cloud, when)
		}
		if office, cloud := d.used(d.links[1]); office+cloud != "" {
			t.Errorf("never used, and %q, %q", office, cloud)
		}
	})
}

// KT1000: the booking service is put back. What the office knows of first uses it
// knows again and does not say twice; what only the service knew is said anew.
func TestKT1000_FirstUseAfterTheServiceWasPutBack(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		wrong := d.saved(agree.Cloud)
		d.signIn(0)
		d.both()
		d.signIn(1) // the office has not heard of this one
		right := d.saved(agree.Cloud)
		for _, content := range [][]byte{wrong, right} {
			d.Clock.Advance(time.Second)
			d.putBack(agree.Cloud, content)
			d.both()
			if office, cloud := d.used(d.links[0]); office == "" || cloud == "" {
				t.Errorf("first used %q at the office, %q at the booking service", office, cloud)
			}
		}
		if office, cloud := d.used(d.links[1]); office == "" || cloud == "" {
			t.Errorf("only the service knew: %q at the office, %q at the booking service", office, cloud)
		}
		d.signIn(0)
		said := map[string]int{}
		d.cloudRead(func(rx *store.Rx) error {
			return cloudlog.Log{}.Each(rx, 1, func(line []byte) error {
				_, _, b, err := event.Decode(line)
				if b.Type() == "link.first_used" {
					said[event.Subject(b)]++
				}
				return err
			})
		})
		if said[d.links[0]] != 0 || said[d.links[1]] != 1 {
			t.Errorf("said since: %v", said)
		}
	})
}

// Case10: a new letter was printed, the bundle that said so never arrived, and the
// office is put back to the wrong backup first. The new number is said again,
// for the resident has the letter.
func TestCase10_NewLetterAfterTheOfficeWasPutBack(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		wrong := d.saved(agree.Office)
		d.newLetter(d.cardOf(0).CardID)
		_, err := d.export(agree.Office)
		d.must(err)
		right := d.saved(agree.Office)
		for _, content := range [][]byte{wrong, right} {
			d.Clock.Advance(time.Second)
			d.putBack(agree.Office, content)
			d.both()
		}
		if office, cloud := d.numbers(0); office != cloud || cloud == 0 {
			t.Errorf("letter %d counts at the office, %d at the booking service", office, cloud)
		}
		d.signIn(0)
		if _, when := d.used(d.links[0]); when == "" {
			t.Error("nobody can sign in with the new letter")
		}
	})
}

// KT1000: the office is put back to before a new letter that the booking service
// knows. The number stays that of the new letter, and the counts say that no letter
// of this office carries it.
func TestKT1000_ALetterIsForgotten(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		old := d.saved(agree.Office)
		d.newLetter(d.cardOf(0).CardID)
		d.both()
		was := d.member(d.links[0]).CodeMAC
		d.Clock.Advance(time.Second)
		d.putBack(agree.Office, old)
		file, err := d.export(agree.Office)
		d.must(err)
		testkit.WantFault(t, d.take(agree.Cloud, file), fault.Conflict, "relay.E-EPOCH")
		d.must(d.accept(agree.Cloud, file))
		file, err = d.export(agree.Cloud)
		d.must(err)
		d.must(d.take(agree.Office, file))
		d.officeRead(func(rx *store.Rx) error {
			r, _, err := exchange.Restoring(rx)
			if r.Unknown != 1 {
				t.Errorf("%d numbers that no letter carries", r.Unknown)
			}
			return err
		})
		d.both()
		if now := d.member(d.links[0]).CodeMAC; !bytes.Equal(was, now) {
			t.Error("the number of the letter that the resident has is dead")
		}
	})
}

// lower leaves a day only so many seats.
func (d desk) lower(day string, web, office int) (id string) {
	d.t.Helper()
	id, _, err := slot.AddException(d.t.Context(), d.Cloud.Desk.DB, testkit.Supervisor, tenant, fewer(day, web, office))
	d.must(err)
	return id
}

func (d desk) raise(id string) {
	d.t.Helper()
	_, err := slot.RemoveException(d.t.Context(), d.Cloud.Desk.DB, testkit.Supervisor, tenant, id)
	d.must(err)
}

// wantOver compares the slots that are over on both sides, as day and seats.
func (d desk) wantOver(want string) {
	d.t.Helper()
	office, cloud := d.over()
	if office != cloud {
		d.t.Errorf("over at the office: %s; at the booking service: %s", office, cloud)
	}
	var got []string
	for _, one := range strings.Split(office, ", ") {
		if f := strings.Fields(one); len(f) == 3 {
			got = append(got, f[1][8:10]+" by "+f[2])
		}
	}
	if strings.Join(got, ", ") != want {
		d.t.Errorf("over: %s, want %s", strings.Join(got, ", "), want)
	}
}

// Case08: the office is put back to before it heard that a slot is over, and to
// when another one was. Its list is that of the booking service again, also when a
// bundle came between the question and the answer.
func TestCase08_TheOfficeIsPutBack(t *testing.T) {
	for name, between := range map[string]bool{"at once": false, "a bundle between": true} {
		t.Run(name, func(t *testing.T) {
			cases(t, func(t *testing.T, d desk) {
				d.web(first, "receive", 0, 1)
				d.web(later, "receive", 2, 3)
				ends := d.lower(later[:10], 1, 1)
				d.both()
				d.wantOver("03 by 1")
				old := d.saved(agree.Office)
				d.raise(ends)
				d.lower(first[:10], 0, 0)
				d.both()
				d.wantOver("01 by 2")
				d.Clock.Advance(time.Second)
				d.putBack(agree.Office, old)
				if between {
					asks, err := d.export(agree.Office)
					d.must(err)
					testkit.WantFault(t, d.take(agree.Cloud, asks), fault.Conflict, "relay.E-EPOCH")
					d.must(d.Cloud.Accept(t.Context(), testkit.Supervisor))
					file, err := d.export(agree.Cloud)
					d.must(err)
					d.must(d.take(agree.Office, file))
					d.must(d.take(agree.Cloud, asks))
				}
				d.both()
				d.wantOver("01 by 2")
			})
		})
	}
}

// Case08: the booking service is put back to before a capacity was lowered, which
// it now is not: the office hears that the slot is not over any more. The case of
// one that is over as before goes on.
func TestCase08_TheServiceIsPutBack(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		d.web(first, "receive", 0, 1)
		d.web(later, "receive", 2, 3)
		d.lower(later[:10], 1, 1)
		d.both()
		stays := d.cases()
		old := d.saved(agree.Cloud)
		d.lower(first[:10], 0, 0)
		d.both()
		d.wantOver("01 by 2, 03 by 1")
		d.Clock.Advance(time.Second)
		d.putBack(agree.Cloud, old)
		d.both()
		d.wantOver("03 by 1")
		if list := d.cases(); len(list) != 1 || list[0].ID != stays[0].ID {
			t.Errorf("listed %+v, before %+v", list, stays)
		}
	})
}

// BK211, Case01: the persons of a party take different numbers of seats. When one
// of them leaves, is withdrawn or comes back after a restore of either side, both
// sides count the same, with the rules of the day on which it was booked.
func TestBK211_UnevenParties(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		start := d.saved(agree.Office)
		d.must(d.units("renew", 3))
		before := d.saved(agree.Cloud)
		d.must(d.units("renew", 2))
		d.both()
		web := d.party([]slot.Procs{"receive", "receive renew", "renew"}, 0, 1, 2)
		phone := d.phoneParty([]string{"receive", "renew", "receive"}, 3, 4, 5)
		d.both()
		d.wantSeats(web, "1 2 2")
		d.wantSeats(phone, "1 1 2")
		d.must(d.units("renew", 3)) // counts for what is booked from now on
		d.both()
		d.officeWrite(func(tx *store.Tx) error { _, err := counter.Move(tx, phone, window, instant(later)); return err })
		d.leaves(web, 1)
		d.withdraw(3)
		d.both()
		d.wantSeats(web, "1 2")
		d.wantSeats(phone, "1 2")
		for _, back := range []struct {
			side    agree.Side
			content []byte
		}{{agree.Office, start}, {agree.Cloud, before}} {
			d.Clock.Advance(time.Second)
			d.putBack(back.side, back.content)
			d.both()
			d.wantSeats(web, "1 2")
			d.wantSeats(phone, "1 2")
		}
	})
}

// party books for several persons, each with procedures of their own.
func (d desk) party(svc []slot.Procs, persons ...int) string {
	d.t.Helper()
	r := reserve.Request{
		Tenant: tenant, Token: d.token(), By: reserve.By{Via: reserve.ByWeb, Link: d.links[persons[0]]}, SlotID: window + "@" + first, Side: slot.Web,
	}
	for i, n := range persons {
		r.Guests = append(r.Guests, reserve.Guest{Link: d.links[n], Gen: 1, Procs: svc[i]})
	}
	b, err := reserve.Book(d.t.Context(), d.Cloud.Desk.DB, resident, r)
	d.must(err)
	return b.ID
}

// phoneParty gives office seats away in the same way.
func (d desk) phoneParty(svc []string, persons ...int) (id string) {
	d.t.Helper()
	n := counter.New{WindowID: window, Starts: instant(first), Via: "phone"}
	for i, one := range persons {
		n.Guests = append(n.Guests, counter.Guest{CardID: d.cardOf(one).CardID, Procs: strings.Fields(svc[i])})
	}
	d.officeWrite(func(tx *store.Tx) error { b, err := counter.Book(tx, n); id = b.ID; return err })
	return id
}

// leaves takes one person out of a booking of the booking service.
func (d desk) leaves(id string, person int) {
	d.t.Helper()
	_, err := d.Cloud.Desk.Leave(d.t.Context(), resident, reserve.Act{
		Token: d.token(), BookingID: id, By: reserve.By{Via: reserve.ByWeb, Link: d.links[person]},
	}, d.links[person])
	d.must(err)
}

// wantSeats compares how many seats each person takes who has not left.
func (d desk) wantSeats(id, want string) {
	d.t.Helper()
	var office, cloud []string
	for _, p := range d.officeBooking(id).Persons {
		if p.In() {
			office = append(office, fmt.Sprint(p.Units))
		}
	}
	for _, b := range d.cloudBookings() {
		for _, p := range b.Live() {
			if b.ID == id {
				cloud = append(cloud, fmt.Sprint(p.Units))
			}
		}
	}
	slices.Sort(office)
	slices.Sort(cloud)
	if strings.Join(office, " ") != want || strings.Join(cloud, " ") != want {
		d.t.Errorf("booking %s takes %v at the office, %v at the booking service, want %s", id, office, cloud, want)
	}
	if n := d.seatsWrong(); n > 0 {
		d.t.Errorf("office: %d slots count other seats than their bookings hold", n)
	}
	d.cloudRead(func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, tenant)
		if len(breaches) > 0 {
			d.t.Errorf("the booking service breaches %v", breaches)
		}
		return err
	})
}
