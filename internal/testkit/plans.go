package testkit

import (
	"strings"
	"testing"

	"kofu/internal/migrations"
	"kofu/internal/store"
)

// WantIndexes makes sure that every statement of the booking service, which is
// named for the message, walks along an index that begins with the tenant, and
// sorts nothing.
func WantIndexes(t *testing.T, statements map[string]string) {
	t.Helper()
	files, err := migrations.Booking()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), BookingDSN(t, "sqlite"), store.Options{Clock: NewClock().Now, Migrations: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing was written
	for name, query := range statements {
		var plan string
		Read(t, db, func(rx *store.Rx) error {
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
