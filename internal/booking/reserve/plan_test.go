package reserve

import (
	"testing"

	"kofu/internal/testkit"
)

// Every statement of the rush walks along an index that begins with the tenant,
// and sorts nothing.
func TestPlans(t *testing.T) {
	testkit.WantIndexes(t, map[string]string{
		"one visit": activeOf, "another": comingOf, "offer": offeredTo, "bound": boundFor, "all": allOf, "a slot": openIn, "links": linksIn,
		"due": dueAt, "overdue": overdueIn, "missed": missedIn, "expected": expectedIn,
		"one booking": bookingColumns + " WHERE b.tenant = $1 AND b.booking_id = $2",
		"a number":    bookingColumns + " WHERE b.tenant = $1 AND b.year = $2 AND b.no = $3",
	})
}
