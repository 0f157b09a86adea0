package reserve

import (
	"context"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// batch is how many bookings a job handles in one transaction.
const batch = 100

// Due returns bookings whose time to confirm or to accept has passed or whose day
// the office has closed, the longest waiting first, at most limit of them. state
// is Pending or Offered.
func Due(rx *store.Rx, tenant int, state State, limit int) ([]string, error) {
	return due(rx, tenant, state, limit)
}

// ExpireIn ends a booking that is due (see [Due]) and returns its seats. It does
// nothing for one that was answered meanwhile.
func ExpireIn(tx *store.Tx, tenant int, id string) (b Booking, expired bool, err error) {
	j := open(tx, tenant)
	if b, err = j.withPersons(id); err != nil {
		return Booking{}, false, err
	}
	waiting := b.in(Pending, Offered)
	if b.Until.IsZero() || len(waiting) == 0 {
		return b, false, nil
	}
	if closed, _, err := b.closed(tx.Rx, tenant); err != nil || !closed && tx.Now.Before(b.Until) {
		return b, false, err
	}
	if err := b.leave(j, Expiring, "time", waiting...); err != nil {
		return Booking{}, false, err
	}
	return b, true, audit.Append(tx, "booking.expired", Object(tenant, b.ID), b.trace(By{Via: b.Via}))
}

// ExpirePending frees the seats of bookings without a code that nobody has
// confirmed in time or can confirm any more. It returns how many those were.
func ExpirePending(ctx context.Context, db *store.DB, actor store.Actor, tenant int) (n int, err error) {
	list, err := expire(ctx, db, actor, tenant, Pending)
	return len(list), err
}

// ExpireOffers frees the seats of offers that nobody has accepted in time or can
// accept any more and returns them, so that the next on the waiting list can be
// served.
func ExpireOffers(ctx context.Context, db *store.DB, actor store.Actor, tenant int) ([]Booking, error) {
	return expire(ctx, db, actor, tenant, Offered)
}

func expire(ctx context.Context, db *store.DB, actor store.Actor, tenant int, state State) (list []Booking, err error) {
	defer fault.Add(&err, "reserve.Expire(%d, %s)", tenant, state)
	for {
		var ids []string
		err := db.Read(ctx, func(rx *store.Rx) (err error) {
			ids, err = Due(rx, tenant, state, batch)
			return err
		})
		if err != nil || len(ids) == 0 {
			return list, err
		}
		for _, id := range ids {
			var b Booking
			expired := false
			err := db.Write(ctx, actor, func(tx *store.Tx) (err error) {
				b, expired, err = ExpireIn(tx, tenant, id)
				return err
			})
			if err != nil {
				return list, err
			}
			if expired {
				list = append(list, b)
			}
		}
		if len(ids) < batch {
			return list, nil
		}
	}
}
