package reserve

// What the bookings say against what the counters say. Every statement returns
// subject, count and counter of one breach a row.
const (
	seatsDiffer = `
WITH held AS (
    SELECT p.slot_id, SUM(CASE WHEN b.seat = 'web' THEN p.units ELSE 0 END) AS web,
           SUM(CASE WHEN b.seat = 'office' THEN p.units ELSE 0 END) AS office
    FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
    WHERE p.tenant = $1 AND p.state NOT IN ('cancelled', 'cancelled_by_office', 'expired')
    GROUP BY p.slot_id)
SELECT s.slot_id, COALESCE(h.web, 0) + COALESCE(h.office, 0), s.web_taken + s.office_taken
FROM slot s LEFT JOIN held h ON h.slot_id = s.slot_id
WHERE s.tenant = $1 AND (s.web_taken <> COALESCE(h.web, 0) OR s.office_taken <> COALESCE(h.office, 0))
ORDER BY s.slot_id`
	overbooked = `
WITH held AS (
    SELECT p.slot_id, SUM(CASE WHEN b.seat = 'web' THEN p.units ELSE 0 END) AS web,
           SUM(CASE WHEN b.seat = 'office' THEN p.units ELSE 0 END) AS office
    FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
    WHERE p.tenant = $1 AND p.state NOT IN ('cancelled', 'cancelled_by_office', 'expired')
    GROUP BY p.slot_id)
SELECT s.slot_id, h.web + h.office, s.web_cap + s.web_over + s.office_cap + s.office_over
FROM slot s JOIN held h ON h.slot_id = s.slot_id
WHERE s.tenant = $1 AND (h.web > s.web_cap + s.web_over OR h.office > s.office_cap + s.office_over
      OR s.web_over > 0 AND s.web_over <> s.web_taken - s.web_cap OR s.office_over > 0 AND s.office_over <> s.office_taken - s.office_cap)
ORDER BY s.slot_id`
	bookedTwice = `
SELECT link, COUNT(*), 1 FROM booking_person
WHERE tenant = $1 AND state = 'active' GROUP BY link HAVING COUNT(*) > 1 AND MIN(own) = '' ORDER BY link`
	// statesDiffer finds bookings whose state is not the first, in the order of
	// [States], that one of the persons has.
	statesDiffer = `
SELECT b.booking_id, COUNT(p.ord), 0
FROM booking b LEFT JOIN booking_person p ON p.tenant = b.tenant AND p.booking_id = b.booking_id AND p.state = b.state
WHERE b.tenant = $1
GROUP BY b.booking_id
HAVING COUNT(p.ord) = 0
ORDER BY b.booking_id`
	// untilDiffers finds bookings that wait for an answer without an end, or have
	// an end and wait for nothing.
	untilDiffers = `
SELECT booking_id, 0, 0 FROM booking WHERE tenant = $1 AND (until_at <> '') <> (state IN ('pending', 'offered')) ORDER BY booking_id`
)
