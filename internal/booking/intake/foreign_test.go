package intake_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// KT-1003: windows, rules and seats have one owner, the booking service. A bundle
// of an office that wants to replace them is of no use and changes nothing, so the
// seats that residents see are never older than the page: no page has to say as
// of when they are (booking.md §3.5.6).
func TestKT1003_TheOfficeReplacesNoSeats(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := open(t, db, clock)
		before := testkit.Dump(t, w.Desk.DB)
		for _, b := range []event.Body{
			event.ConfigCapacity{Window: "W1", Date: "2026-12-08", Slots: []event.SlotSeats{{Start: "2026-12-08T09:00:00+09:00", Min: 30, Web: 9, Office: 9}}},
			event.ConfigCapacity{Window: "W1", Date: "2026-12-08", Slots: []event.SlotSeats{}},
			event.ConfigWindow{Window: "W1", Name: "別の窓口", Owner: "office"},
			event.ConfigRules{PartyMax: 9, Procs: []event.ProcTerms{}},
		} {
			line, err := event.Encode(w.seq+1, store.Stamp(clock.Now()), b)
			must(t, err)
			err = w.Desk.DB.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
				return w.Apply(tx, relay.Event{Seq: w.seq + 1, Type: string(b.Type()), Line: line})
			})
			testkit.WantFault(t, err, fault.Invalid, "seal.E-SCHEMA")
			if diff := cmp.Diff(before, testkit.Dump(t, w.Desk.DB)); diff != "" {
				t.Errorf("%s changed (-want +got):\n%s", b.Type(), diff)
			}
		}
	})
}
