package bothsides_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// frozen reports whether residents read that they should call.
func (d desk) frozen() (is bool) {
	d.t.Helper()
	d.must(d.Cloud.Desk.DB.For(0).Read(d.t.Context(), func(rx *store.Rx) error {
		list, err := town.List(rx)
		is = len(list) == 1 && list[0].Frozen()
		return err
	}))
	return is
}

// KT1000: the booking service is put back to last week. Until the office has
// answered and somebody has compared the counts nothing is booked; then what the
// office knew is there again, what only the service knew is said anew, and a
// number that was given is not given again.
func TestKT1000_ServicePutBack(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		kept, ended := d.web(first, "receive", 0), d.web(first, "receive", 6)
		d.both()
		var dump bytes.Buffer
		untold := d.web(first, "renew", 4) // in the backup, and not yet told
		d.must(d.Cloud.Desk.DB.DumpTenant(t.Context(), &dump))
		lost, cancelled := d.web(second, "receive", 1, 2), d.web(later, "receive", 3)
		d.both()
		d.cancel(cancelled, 3)
		d.cancel(ended, 6) // what the office has heard since the backup counts
		d.withdraw(2)
		d.both()
		before := texts(d.officePictures())

		d.Clock.Advance(time.Hour)
		d.openCloud(dump.Bytes())
		testkit.WantFault(t, d.Cloud.ConfirmRestore(t.Context(), testkit.Supervisor), fault.Conflict, "sync.no_recovery")
		d.must(d.Cloud.Restored(t.Context(), testkit.Supervisor))
		testkit.WantFault(t, d.Cloud.Restored(t.Context(), testkit.Supervisor), fault.Conflict, "intake.restoring")
		if !d.frozen() {
			t.Error("residents are served")
		}
		asked := testkit.Dump(t, d.Cloud.Desk.DB, "booking_number") // numbers of acts that fail are gaps
		_, err := d.Cloud.Desk.Book(t.Context(), resident, front.Request{Lang: "ja", Contact: contact.Contact{Mail: "x@mail.example"}, Request: reserve.Request{
			Token: d.token(), By: reserve.By{Via: reserve.ByWeb, Link: d.links[5]}, SlotID: window + "@" + later, Side: slot.Web,
			Guests: []reserve.Guest{{Link: d.links[5], Gen: 1, Procs: "receive"}},
		}})
		testkit.WantFault(t, err, fault.Unavailable, "sync.recovering")
		if diff := cmp.Diff(asked, testkit.Dump(t, d.Cloud.Desk.DB, "booking_number")); diff != "" {
			t.Errorf("a refused booking changed the database (-want +got):\n%s", diff)
		}
		file, err := d.export(agree.Cloud)
		d.must(err)
		testkit.WantFault(t, d.take(agree.Office, file), fault.Conflict, "relay.E-EPOCH")
		d.must(d.accept(agree.Office, file))
		answer, err := d.export(agree.Office)
		d.must(err)
		d.must(d.take(agree.Cloud, answer))
		_, err = d.export(agree.Cloud)
		testkit.WantFault(t, err, fault.Conflict, "intake.confirm_first")
		r, under, err := d.Cloud.Recovery(t.Context())
		if r.Counts.Links != residents || r.Counts.Bookings != len(before) || !under || err != nil || !d.frozen() {
			t.Errorf("counts %+v of %d bookings, %v", r.Counts, len(before), err)
		}
		testkit.WantFault(t, d.Cloud.Restored(t.Context(), testkit.Supervisor), fault.Conflict, "intake.restoring")
		d.must(d.Cloud.ConfirmRestore(t.Context(), testkit.Supervisor))
		if d.frozen() {
			t.Error("residents are not served again")
		}
		d.both()
		if diff := cmp.Diff(before, texts(d.officePictures())); diff != "" {
			t.Errorf("what the office had before (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, texts(d.cloudPictures(d.officePictures()))); diff != "" {
			t.Errorf("the booking service (-want +got):\n%s", diff)
		}
		for _, id := range []string{kept, untold} {
			d.want(id, "active", "")
		}
		d.want(lost, "active+cancelled_by_office", "")
		d.want(cancelled, "cancelled", "")
		d.want(ended, "cancelled", "")
		fresh := d.web(later, "receive", 3)
		numbers := map[string]int{}
		for _, b := range d.cloudBookings() {
			if numbers[b.No]++; numbers[b.No] > 1 {
				t.Errorf("number %s is given twice", b.No)
			}
		}
		d.both()
		d.want(fresh, "active", "")
		if aside := d.asides(); len(aside) > 0 {
			t.Errorf("set aside %+v", aside)
		}
	})
}
