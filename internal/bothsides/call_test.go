package bothsides_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"kofu/internal/agree"
	door "kofu/internal/booking/exchange"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/town"
	"kofu/internal/courier"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// listen opens the door of the booking service and tells the office where it is.
func (d desk) listen() {
	d.t.Helper()
	real := &door.Door{
		List: func(ctx context.Context) (list []town.Town, err error) {
			err = d.Cloud.Desk.DB.For(0).Read(ctx, func(rx *store.Rx) error {
				list, err = town.List(rx)
				return err
			})
			return list, err
		},
		End:   func(town.Town) (*intake.End, error) { return d.Cloud, nil },
		Clock: d.Clock.Now,
		Log:   slog.New(slog.DiscardHandler),
	}
	s := httptest.NewUnstartedServer(real.Handler())
	s.TLS = real.TLS()
	s.StartTLS()
	d.t.Cleanup(s.Close)
	d.must(d.Office.SetAddress(d.t.Context(), testkit.Supervisor, s.URL+door.Path))
}

// call carries bundles there and back by one call.
func (d desk) call() courier.Trip {
	d.t.Helper()
	trip, err := courier.Carry(d.t.Context(), d.Office, testkit.Clerk)
	d.must(err)
	return trip
}

// KT-1000: the booking service is put back, and the office has nothing but calls.
// No call accepts that; what the service answered does, once people want it, and
// further calls bring everything back.
func TestKT1000_ServicePutBackByCallsAlone(t *testing.T) {
	cases(t, func(t *testing.T, d desk) {
		d.listen()
		kept := d.web(first, "receive", 0)
		d.call()
		var dump bytes.Buffer
		d.must(d.Cloud.Desk.DB.DumpTenant(t.Context(), &dump))
		lost := d.web(second, "receive", 1)
		d.call()
		d.Clock.Advance(time.Hour)
		d.openCloud(dump.Bytes())
		d.must(d.Cloud.Restored(t.Context(), testkit.Supervisor))

		var trip courier.Trip
		heard := d.far(agree.Office)
		for range 2 {
			var err error
			trip, err = courier.Carry(t.Context(), d.Office, testkit.Clerk)
			testkit.WantFault(t, err, fault.Conflict, "relay.E-EPOCH")
			if now := d.far(agree.Office); now.PeerEpoch != heard.PeerEpoch || now.Applied != heard.Applied || now.NewEpoch == "" {
				t.Errorf("a call has accepted the restore: %+v", now)
			}
		}
		_, err := d.Office.Accept(t.Context(), testkit.Supervisor, bytes.NewReader(trip.Answer), exchange.ByHTTPS, exchange.Medium{})
		d.must(err)
		if trip := d.call(); !trip.Silent || trip.Refused != "" {
			t.Errorf("while counts are compared: %+v", trip)
		}
		d.must(d.Cloud.ConfirmRestore(t.Context(), testkit.Supervisor))
		for range 2 {
			if trip := d.call(); trip.Silent || trip.Refused != "" {
				t.Errorf("afterwards: %+v", trip)
			}
		}
		d.want(kept, "active", "")
		d.want(lost, "active", "")
	})
}
