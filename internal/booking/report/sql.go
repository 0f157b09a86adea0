package report

import (
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// seatRow is a slot with its counters.
type seatRow struct {
	day                                     jpdate.Day
	starts                                  string
	minutes                                 int
	open                                    bool
	webCap, webTaken, officeCap, officeSeat int
}

func seatsOf(rx *store.Rx, tenant int, window string, from, until jpdate.Day) (list []seatRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r seatRow
		err := scan(&r.day, &r.starts, &r.minutes, &r.open, &r.webCap, &r.webTaken, &r.officeCap, &r.officeSeat)
		list = append(list, r)
		return err
	}, `
SELECT day, starts_at, minutes, is_open, web_cap, web_taken, office_cap, office_taken FROM slot
WHERE tenant = $1 AND window_id = $2 AND day >= $3 AND day <= $4 ORDER BY starts_at, slot_id`, tenant, window, from, until)
	return list, err
}

// doneRow is how many persons with some procedures were done in an hour.
type doneRow struct {
	window, hour string
	procs        slot.Procs
	n            int
}

// What was recorded without a time counts at the time of the slot.
func doneBy(rx *store.Rx, tenant int, from, before string) (list []doneRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r doneRow
		err := scan(&r.window, &r.hour, &r.procs, &r.n)
		list = append(list, r)
		return err
	}, `
SELECT d.window_id, SUBSTR(d.at, 1, 13), d.procs, COUNT(*) FROM (
  SELECT s.window_id, p.procs, CASE WHEN p.done_at <> '' THEN p.done_at ELSE s.starts_at END AS at
  FROM booking_person p JOIN slot s ON s.tenant = p.tenant AND s.slot_id = p.slot_id
  WHERE p.tenant = $1 AND p.state = 'visited') d
WHERE d.at >= $2 AND d.at < $3
GROUP BY d.window_id, SUBSTR(d.at, 1, 13), d.procs`, tenant, from, before)
	return list, err
}

// madeRow is how many bookings were made in an hour, with what became of them.
type madeRow struct {
	window, hour string
	via          reserve.Via
	state        reserve.State
	n            int
}

func intakeRows(rx *store.Rx, query string, tenant int, from, before string) (list []madeRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r madeRow
		err := scan(&r.window, &r.hour, &r.via, &r.state, &r.n)
		list = append(list, r)
		return err
	}, query, tenant, from, before)
	return list, err
}

const (
	madeIn = `
SELECT window_id, SUBSTR(made_at, 1, 13), via, state, COUNT(*) FROM booking
WHERE tenant = $1 AND made_at >= $2 AND made_at < $3 GROUP BY window_id, SUBSTR(made_at, 1, 13), via, state`
	movedIn = `
SELECT b.window_id, SUBSTR(e.at, 1, 13), b.via, b.state, COUNT(*)
FROM event_out e JOIN booking b ON b.tenant = e.tenant AND b.booking_id = e.subject
WHERE e.tenant = $1 AND e.type = 'booking.moved' AND e.at >= $2 AND e.at < $3 GROUP BY b.window_id, SUBSTR(e.at, 1, 13), b.via, b.state`
	cancelledIn = `
SELECT window_id, SUBSTR(changed_at, 1, 13), via, state, COUNT(*) FROM booking
WHERE tenant = $1 AND changed_at >= $2 AND changed_at < $3 AND state IN ('cancelled', 'cancelled_by_office')
GROUP BY window_id, SUBSTR(changed_at, 1, 13), via, state`
)

// missedRow is a visit to which so many persons did not come.
type missedRow struct {
	no      string
	starts  string
	via     reserve.Via
	persons int
}

func missedOf(rx *store.Rx, tenant int, window string, state reserve.State, from, until jpdate.Day) (list []missedRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r missedRow
		err := scan(&r.no, &r.starts, &r.via, &r.persons)
		list = append(list, r)
		return err
	}, `
SELECT b.no, s.starts_at, b.via, COUNT(*)
FROM slot s JOIN booking_person p ON p.tenant = s.tenant AND p.slot_id = s.slot_id
     JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
WHERE s.tenant = $1 AND s.window_id = $2 AND p.state = $3 AND s.day >= $4 AND s.day <= $5
GROUP BY b.booking_id, b.no, s.starts_at, b.via ORDER BY s.starts_at, b.no`, tenant, window, state, from, until)
	return list, err
}

// rateRow is how many persons of a day came, or finally did not.
type rateRow struct {
	window, made string
	day          jpdate.Day
	via          reserve.Via
	state        reserve.State
	n            int
}

func ratesOf(rx *store.Rx, tenant int, from, until jpdate.Day) (list []rateRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r rateRow
		err := scan(&r.window, &r.day, &r.via, &r.made, &r.state, &r.n)
		list = append(list, r)
		return err
	}, `
SELECT s.window_id, s.day, b.via, SUBSTR(b.made_at, 1, 13), p.state, COUNT(*)
FROM slot s JOIN booking_person p ON p.tenant = s.tenant AND p.slot_id = s.slot_id
     JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
WHERE s.tenant = $1 AND s.day >= $2 AND s.day <= $3 AND p.state IN ('visited', 'again', 'noshow')
GROUP BY s.window_id, s.day, b.via, SUBSTR(b.made_at, 1, 13), p.state`, tenant, from, until)
	return list, err
}
