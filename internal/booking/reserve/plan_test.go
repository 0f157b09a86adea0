package reserve

import (
	"strings"
	"testing"

	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Every statement of the rush walks along an index that begins with the tenant,
// and sorts nothing.
func TestPlans(t *testing.T) {
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), testkit.BookingDSN(t, "sqlite"), store.Options{Clock: testkit.NewClock().Now, Migrations: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing was written
	for name, query := range map[string]string{
		"one visit": activeOf, "another": comingOf, "offer": offeredTo, "open": openFor, "all": allOf, "a slot": openIn, "links": linksIn,
		"due": dueAt, "overdue": overdueIn, "missed": missedIn, "expected": expectedIn,
		"one booking": bookingColumns + " WHERE b.tenant = $1 AND b.booking_id = $2",
		"a number":    bookingColumns + " WHERE b.tenant = $1 AND b.year = $2 AND b.no = $3",
	} {
		var plan string
		testkit.Read(t, db, func(rx *store.Rx) error {
			return rx.Query(func(scan func(...any) error) error {
				var id, parent, unused int
				var detail string
				err := scan(&id, &parent, &unused, &detail)
				plan += detail + "\n"
				return err
			}, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "$"))...)
		})
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "(tenant=?") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
