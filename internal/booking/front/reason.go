package front

import (
	"slices"

	"kofu/internal/audit"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Reasons are those that residents may choose when they cancel; their words
// are texts under cancel.reason. and the name.
var Reasons = []string{"date", "other_way", "mistake", "other"}

func checkReason(reason string) error {
	if reason != "" && !slices.Contains(Reasons, reason) {
		return fault.New(fault.Invalid, "front.reason")
	}
	return nil
}

// keepReason writes down why a resident cancelled, where the tenant asks.
func (d *Desk) keepReason(tx *store.Tx, t *terms.Terms, b reserve.Booking, reason string) error {
	if reason == "" || !t.Policy.CancelReason {
		return nil
	}
	return audit.Append(tx, "booking.reason", reserve.Object(d.Tenant, b.ID), map[string]string{"reason": reason})
}
