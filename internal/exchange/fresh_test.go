package exchange_test

import (
	"testing"

	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func (w *world) fresh() (f exchange.Freshness) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) (err error) {
		f, err = exchange.Fresh(rx)
		return err
	})
	return f
}

// KT-1000: nothing is said of an exchange that has not begun; afterwards the age
// counts in business days of the office.
func TestKT1000_Freshness(t *testing.T) {
	w := newWorld(t)
	if f := w.fresh(); f != (exchange.Freshness{}) {
		t.Errorf("before the first bundle: %+v", f)
	}
	w.send()
	if f := w.fresh(); !f.Begun || f.HeardAt != "" || f.OldAt != "" {
		t.Errorf("before the first answer: %+v", f)
	}
	w.Cloud.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	w.back() // Tuesday, 24 November 2026, 9:30
	if f := w.fresh(); f.HeardAt != "2026-11-24T00:30:00.000Z" || f.OldAt != "2026-11-25T00:30:00.000Z" || f.TooOldAt != "2026-11-26T00:30:00.000Z" {
		t.Errorf("after it: %+v", f)
	}
	save := func(days, version int) error {
		return w.DB.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
			_, err := exchange.SaveSettings(tx, exchange.Settings{FreshDays: days}, version)
			return err
		})
	}
	testkit.WantFault(t, save(0, 0), fault.Invalid, "settings.invalid")
	must(t, save(3, 0)) // over the weekend
	if f := w.fresh(); f.OldAt != "2026-11-27T00:30:00.000Z" || f.TooOldAt != "2026-11-30T00:30:00.000Z" {
		t.Errorf("three days: %+v", f)
	}
}
