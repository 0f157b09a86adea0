package reserve

import (
	"errors"

	"kofu/internal/agree"
	"kofu/internal/booking/member"
	"kofu/internal/event"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// closeAt keeps the first close of a day and the later one where it knew more.
func closeAt(tx *store.Tx, tenant int, windowID string, day jpdate.Day, seen int) error {
	_, err := tx.Exec(`
INSERT INTO closed_day (tenant, window_id, day, seen) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, window_id, day) DO UPDATE SET seen = excluded.seen WHERE closed_day.seen < excluded.seen`, tenant, windowID, day, seen)
	return err
}

// seenAt is what the office had applied when it closed a day; closed is false
// for a day that it has not closed.
func seenAt(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (seen int64, closed bool, err error) {
	err = rx.Row("SELECT seen FROM closed_day WHERE tenant = $1 AND window_id = $2 AND day = $3", tenant, windowID, day).Scan(&seen)
	if errors.Is(err, store.ErrNoRows) {
		return 0, false, nil
	}
	return seen, err == nil, err
}

// boundTo names the bookings that a code has not left, whether its person has
// come or not.
func boundTo(rx *store.Rx, tenant int, link string) ([]string, error) {
	return texts(rx, boundFor, tenant, link)
}

// linkOf is a code as the rules look at it; nocode is true for one that stands
// for an access key.
func linkOf(rx *store.Rx, tenant int, link string) (l agree.Link, nocode bool, err error) {
	m, found, err := member.ByLink(rx, tenant, link)
	if err != nil || !found {
		return agree.Link{}, false, err
	}
	return agree.Link{State: agree.LinkState(m.State), Gen: m.Gen}, m.IsKey, nil
}

// ClosedDays are the days that the office has closed.
func ClosedDays(rx *store.Rx, tenant int) (list []event.SnapshotDay, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var d event.SnapshotDay
		err := scan(&d.Window, &d.Date, &d.Seen)
		list = append(list, d)
		return err
	}, "SELECT window_id, day, seen FROM closed_day WHERE tenant = $1 ORDER BY window_id, day", tenant)
	return list, err
}

// EachTold calls fn for every booking that the office has heard of or told us
// of, with all that is known of its persons.
func EachTold(rx *store.Rx, tenant int, fn func(event.SnapshotBooking) error) error {
	ids, err := texts(rx, "SELECT booking_id FROM booking WHERE tenant = $1 AND placed_event <> '' ORDER BY booking_id", tenant)
	if err != nil {
		return err
	}
	for _, id := range ids {
		b, err := known(ByID(rx, tenant, id))
		if err != nil {
			return err
		}
		s, err := b.snapshot(rx, tenant)
		if err != nil {
			return err
		}
		if len(s.Members) == 0 {
			continue
		}
		if err := fn(s); err != nil {
			return err
		}
	}
	return nil
}

func (b Booking) snapshot(rx *store.Rx, tenant int) (s event.SnapshotBooking, err error) {
	s = event.SnapshotBooking{
		Booking: b.ID, Office: b.Theirs, No: b.No, Window: b.WindowID, Start: event.Start(b.Starts), Min: b.Minutes,
		Party: len(b.Live()), Units: b.Units(), Seat: string(b.Side), Via: string(b.Via), Lang: b.Lang,
	}
	for _, p := range b.Persons {
		if p.Link == "" || !p.told() {
			continue
		}
		_, nocode, err := linkOf(rx, tenant, p.Link)
		if err != nil {
			return s, err
		}
		one := event.Standing{
			Link: p.Link, Gen: p.Gen, Svc: names(p.Procs), Units: p.Units, NoCode: nocode, Booked: string(p.Booked), Office: string(p.There), Cloud: string(p.Here),
		}
		if p.SlotID != b.SlotID {
			one.Start = startOf(p.SlotID, b.WindowID)
		}
		s.Members = append(s.Members, one)
	}
	closed, saw, err := b.closed(rx, tenant)
	s.Late = closed && !saw && !b.Theirs
	return s, err
}
