package reserve

import (
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Breach is a place where the counters and the bookings disagree.
type Breach struct {
	Kind    string // seats, overbooked, twice, lost_person, no_end
	Subject string // slot, member or booking
	Count   int    // what the bookings say
	Counter int    // what the slot says
}

// Check compares the counters of every slot with the bookings: what is taken is
// the units of all who have not left, and no more than there are seats; a code
// has one active booking, or some of the office; the state of a booking is that of its persons; who is
// to confirm or to accept has an end to do so. It runs every night; a breach raises an alarm and is never corrected silently.
func Check(rx *store.Rx, tenant int) (breaches []Breach, err error) {
	defer fault.Add(&err, "reserve.Check(%d)", tenant)
	for _, q := range []struct{ kind, query string }{
		{"seats", seatsDiffer}, {"overbooked", overbooked}, {"twice", bookedTwice}, {"lost_person", statesDiffer}, {"no_end", untilDiffers},
	} {
		err := rx.Query(func(scan func(...any) error) error {
			b := Breach{Kind: q.kind}
			err := scan(&b.Subject, &b.Count, &b.Counter)
			breaches = append(breaches, b)
			return err
		}, q.query, tenant)
		if err != nil {
			return nil, err
		}
	}
	return breaches, nil
}
