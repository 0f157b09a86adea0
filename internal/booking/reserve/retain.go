package reserve

import (
	"context"
	"fmt"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/sync"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Anonymised is what a run of [Anonymise] removed.
type Anonymised struct {
	Bookings int   // that name no code any more
	Persons  int64 // rows of them
	Members  int64 // codes and access keys that are not known any more
	Events   int64 // of the log for the office
}

// eventsLast is how long the log for the office is kept at least.
const eventsLast = 400 * 24 * time.Hour

// Anonymise removes what joins a booking to a code, and the notes of reception,
// once the visit or the cancellation lies so long back; the booking itself stays
// for the statistics. Codes whose time ended as long ago go as well.
func Anonymise(ctx context.Context, db *store.DB, actor store.Actor, tenant int, age time.Duration) (a Anonymised, err error) {
	defer fault.Add(&err, "reserve.Anonymise(%d)", tenant)
	for {
		bookings, rows := 0, int64(0)
		err := db.Write(ctx, actor, func(tx *store.Tx) error {
			bookings, rows = 0, 0
			ids, err := old(tx.Rx, tenant, store.Stamp(tx.Now.Add(-age)))
			if err != nil || len(ids) == 0 {
				return err
			}
			for _, id := range ids {
				n, err := forgetLinks(tx, tenant, id)
				if err != nil {
					return err
				}
				rows += n
			}
			bookings = len(ids)
			return audit.Append(tx, "booking.anonymised", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"bookings": int64(len(ids)), "persons": rows})
		})
		if err != nil {
			return a, err
		}
		a.Persons += rows
		if a.Bookings += bookings; bookings < batch {
			break
		}
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) (err error) {
		if a.Members, err = member.ForgetMembers(tx, tenant, tx.Now.Add(-age)); err != nil {
			return err
		}
		a.Events, err = sync.Forget(tx, tenant, store.Stamp(tx.Now.Add(-eventsLast)))
		return err
	})
	return a, err
}
