package bothsides_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/fault"
	"kofu/internal/testkit"
)

// restoredOnce lets a side be put back and find back, and returns the epoch that it
// has from then on.
func (d desk) restoredOnce(side agree.Side) (epoch string) {
	d.t.Helper()
	d.Clock.Advance(2 * time.Hour)
	d.putBack(side, d.saved(side))
	d.both()
	return d.far(side).Epoch
}

// refusals are the codes with which a side refuses a peer that knows more of it.
var refusals = map[agree.Side]string{agree.Office: "exchange.put_back", agree.Cloud: "intake.put_back"}

// KT-1000: a side is put back to before its last restore, and its clock stands before
// that, too. Without a word to the peer it takes nothing in, and says why; the
// restore that people begin then has an epoch that the peer accepts.
func TestKT1000_PutBackBehindARestoreIsNoticed(t *testing.T) {
	for side, code := range refusals {
		cases(t, func(t *testing.T, d desk) {
			d.web(first, "receive", 0)
			d.both()
			old := d.saved(side)
			shown := d.restoredOnce(side)
			d.web(second, "receive", 1)
			d.both()
			before := texts(d.officePictures())
			d.Clock.Advance(-time.Hour)
			d.rewind(side, old)
			file, err := d.export(1 - side)
			d.must(err)
			for range 2 {
				testkit.WantFault(t, d.take(side, file), fault.Conflict, code)
			}
			d.must(d.begin(side))
			d.foundBack(side, shown, before)
		})
	}
}

// KT-1000: the same where the restore was begun before the peer was heard: its epoch
// lies behind the last one, so the peer calls it stale. What the peer sends shows
// that, and the side asks anew in a later one, though «restored» cannot be said
// twice.
func TestKT1000_RestoredBehindARestore(t *testing.T) {
	for side := range refusals {
		cases(t, func(t *testing.T, d desk) {
			d.web(first, "receive", 0)
			d.both()
			old := d.saved(side)
			shown := d.restoredOnce(side)
			d.web(second, "receive", 1)
			d.both()
			before := texts(d.officePictures())
			d.Clock.Advance(-time.Hour)
			d.putBack(side, old)
			if epoch := d.far(side).Epoch; epoch >= shown {
				t.Fatalf("epoch %s is not before %s", epoch, shown)
			}
			file, err := d.export(side)
			d.must(err)
			testkit.WantFault(t, d.take(1-side, file), fault.Conflict, "relay.E-STALE")
			if _, refused := fault.As(d.begin(side)); !refused {
				t.Error("a restore is begun twice")
			}
			file, err = d.export(1 - side)
			d.must(err)
			if err := d.take(side, file); !fault.Is(err, fault.Conflict, "relay.E-GAP") {
				d.must(err)
			}
			d.foundBack(side, shown, before)
		})
	}
}

// foundBack ends the restore of a side, after which both sides have what the office
// had before.
func (d desk) foundBack(side agree.Side, shown string, before map[string]string) {
	d.t.Helper()
	if epoch := d.far(side).Epoch; epoch <= shown {
		d.t.Fatalf("epoch %s is not after %s", epoch, shown)
	}
	file, err := d.export(side)
	d.must(err)
	testkit.WantFault(d.t, d.take(1-side, file), fault.Conflict, "relay.E-EPOCH")
	d.both()
	if diff := cmp.Diff(before, texts(d.officePictures())); diff != "" {
		d.t.Errorf("what the office had before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, texts(d.cloudPictures(d.officePictures()))); diff != "" {
		d.t.Errorf("the booking service (-want +got):\n%s", diff)
	}
}
