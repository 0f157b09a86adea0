package bothsides_test

import (
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/testkit"
)

// decideOver says of all slots that are over that the persons were reached.
func (d desk) decideOver() {
	d.t.Helper()
	for _, c := range d.cases() {
		d.must(d.Office.Decide(d.t.Context(), testkit.Clerk, c.ID, exchange.Told, ""))
	}
}

// wantOpen compares the number of cases that wait for a clerk.
func (d desk) wantOpen(when string, want int) {
	d.t.Helper()
	if list := d.cases(); len(list) != want {
		d.t.Errorf("%s: listed %+v, want %d", when, list, want)
	}
}

// Case08: what a clerk has decided of a slot that is over stays decided after a
// restore of either side, until another number of seats is too many or the slot was
// in order meanwhile, of which a restored office hears as well.
func TestCase08_DecidedStaysDecided(t *testing.T) {
	for name, side := range map[string]agree.Side{"office": agree.Office, "service": agree.Cloud} {
		t.Run(name, func(t *testing.T) {
			cases(t, func(t *testing.T, d desk) {
				d.web(first, "receive", 0, 1)
				ends := d.lower(first[:10], 0, 0)
				d.both()
				d.wantOver("01 by 2")
				d.decideOver()
				d.both()
				old := d.saved(side)
				d.Clock.Advance(time.Second)
				d.putBack(side, old)
				d.both()
				d.wantOpen("put back", 0)

				old = d.saved(agree.Office)
				d.raise(ends)
				d.both()
				if side == agree.Office { // it has to hear again that the slot was in order
					d.Clock.Advance(time.Second)
					d.putBack(side, old)
					d.both()
				}
				ends = d.lower(first[:10], 0, 0)
				d.both()
				d.wantOver("01 by 2")
				d.decideOver()
				d.raise(ends)
				d.lower(first[:10], 1, 0)
				d.both()
				d.wantOver("01 by 1")
			})
		})
	}
}

// Case08: a slot is over when the office, which was put back, asks, and no longer
// when the next bundle leaves: of that slot the answer alone spoke.
func TestCase08_OverInTheAnswerOnly(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		d.web(first, "receive", 0, 1)
		d.both()
		old := d.saved(agree.Office)
		ends := d.lower(first[:10], 0, 0)
		d.Clock.Advance(time.Second)
		d.putBack(agree.Office, old)
		asks, err := d.export(agree.Office)
		d.must(err)
		testkit.WantFault(t, d.take(agree.Cloud, asks), fault.Conflict, "relay.E-EPOCH")
		d.must(d.accept(agree.Cloud, asks))
		d.raise(ends)
		answer, err := d.export(agree.Cloud)
		d.must(err)
		d.must(d.take(agree.Office, answer))
		d.both()
		d.wantOpen("in order again", 0)
	})
}
