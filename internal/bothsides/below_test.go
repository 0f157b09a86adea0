package bothsides_test

import (
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/booking/reserve"
	"kofu/internal/counter"
	"kofu/internal/store"
)

// Case01: the card is withdrawn while its person stands at the office with a
// booking of the office. The booking is over below the visit on both sides: a
// visit that is taken back, or ended without anything done, uncovers the same.
func TestCase01_WithdrawnWhileHere(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		undone, leaves, done := d.phone(first, 0), d.phone(first, 1), d.phone(first, 2)
		d.both()
		d.to(instant(first))
		for n, id := range []string{undone, leaves, done} {
			d.do(id, counter.ActArrive)
			d.withdraw(n)
		}
		d.do(done, counter.ActFinish)
		d.both()
		d.want(undone, "arrived", "")
		d.want(done, "visited", "")
		d.do(undone, counter.ActUndo)
		d.do(leaves, counter.ActLeave)
		d.both()
		d.want(undone, "cancelled_by_office", "")
		d.want(leaves, "cancelled_by_office", "")
		d.want(done, "visited", "")
		if n := d.seatsWrong(); n != 0 {
			t.Errorf("%d seats are wrong", n)
		}
	})
}

// Case01: of a party with a booking of the office one has cancelled, and then the
// card of the other is withdrawn. Who had cancelled has cancelled, on both sides.
func TestCase01_WithdrawnAfterTheOtherHasLeft(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.phoneParty([]string{"receive", "receive"}, 0, 1)
		d.both()
		d.officeWrite(func(tx *store.Tx) error { _, err := counter.Do(tx, id, counter.ActLeave, []int{1}); return err })
		d.both()
		d.withdraw(1)
		d.both()
		d.want(id, "cancelled+cancelled_by_office", "")
	})
}

// Case01: of a party at the reception of the booking service one card is withdrawn;
// both go away with nothing done. The one who was over below the visit is named,
// so that the office hears that nobody stands there any more.
func TestCase01_WithdrawnAtTheirReception(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		id := d.web(first, "receive", 0, 1)
		d.both()
		d.to(instant(first))
		v := reserve.Visit{Tenant: tenant, BookingID: id, WindowID: window}
		d.cloudWrite(func(tx *store.Tx) error { _, err := reserve.Arrive(tx, v); return err })
		d.withdraw(0)
		d.both()
		d.want(id, "arrived+arrived", "")
		d.cloudWrite(func(tx *store.Tx) error { _, err := reserve.GiveUp(tx, v); return err })
		d.both()
		d.want(id, "cancelled+cancelled", "")
	})
}

// KT1000: a side is put back to one backup and then to a later one of before, as
// when the first was the wrong one. What only that backup holds the other side
// has never heard: it is said again, and who stands there stands there.
func TestKT1000_TheWrongBackupFirst(t *testing.T) {
	for side, name := range []string{agree.Office: "office", agree.Cloud: "service"} {
		t.Run(name, func(t *testing.T) {
			cases(t, func(t *testing.T, d desk) {
				wrong := d.saved(agree.Side(side))
				coming, here := d.unheard(agree.Side(side))
				right := d.saved(agree.Side(side))
				for _, content := range [][]byte{wrong, right} {
					d.Clock.Advance(time.Second)
					d.putBack(agree.Side(side), content)
					d.both()
				}
				d.want(coming, "active", "")
				d.want(here, "arrived", "")
				if n := d.seatsWrong(); n != 0 {
					t.Errorf("%d seats are wrong", n)
				}
			})
		})
	}
}

// KT1000: a side is put back to what it has just been, as after a new machine. It
// has lost nothing, so that the answer does not undo what the other side has not
// heard: that is said after it.
func TestKT1000_NothingLost(t *testing.T) {
	for side, name := range []string{agree.Office: "office", agree.Cloud: "service"} {
		t.Run(name, func(t *testing.T) {
			cases(t, func(t *testing.T, d desk) {
				own, end, mails := d.phone, func(id string, _ int) { d.do(id, counter.ActLeave) }, ""
				if agree.Side(side) == agree.Cloud {
					own, end, mails = func(at string, n int) string { return d.web(at, "receive", n) }, d.cancel, "cancelled"
				}
				gone := own(later, 2)
				d.both()
				end(gone, 2)
				coming, here := d.unheard(agree.Side(side))
				d.Clock.Advance(time.Second)
				d.putBack(agree.Side(side), d.saved(agree.Side(side)))
				d.both()
				d.want(gone, "cancelled", mails)
				d.want(coming, "active", "")
				d.want(here, "arrived", "")
			})
		})
	}
}

// unheard books twice on a side, without a word to the other; of the second
// booking the person is there.
func (d desk) unheard(side agree.Side) (coming, here string) {
	d.t.Helper()
	if side == agree.Office {
		coming, here = d.phone(later, 0), d.phone(first, 1)
		d.to(instant(first))
		d.do(here, counter.ActArrive)
		return coming, here
	}
	coming, here = d.web(later, "receive", 0), d.web(first, "receive", 1)
	d.to(instant(first))
	v := reserve.Visit{Tenant: tenant, BookingID: here, WindowID: window}
	d.cloudWrite(func(tx *store.Tx) error { _, err := reserve.Arrive(tx, v); return err })
	return coming, here
}

// putBack puts a side back to a backup, and says so.
func (d desk) putBack(side agree.Side, content []byte) {
	d.t.Helper()
	d.rewind(side, content)
	d.must(d.begin(side))
}
