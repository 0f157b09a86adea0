package reserve

// What the bookings say against what the counters say. Every statement returns
// subject, count and counter of one breach a row.
const (
	seatsDiffer = `
WITH held AS (
    SELECT p.slot_id, SUM(CASE WHEN b.seat = 'web' THEN 1 ELSE 0 END) AS web, SUM(CASE WHEN b.seat = 'office' THEN 1 ELSE 0 END) AS office
    FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
    WHERE p.tenant = $1 AND p.state = 'active'
    GROUP BY p.slot_id)
SELECT s.slot_id, COALESCE(h.web, 0) + COALESCE(h.office, 0), s.web_taken + s.office_taken
FROM slot s LEFT JOIN held h ON h.slot_id = s.slot_id
WHERE s.tenant = $1 AND (s.web_taken <> COALESCE(h.web, 0) OR s.office_taken <> COALESCE(h.office, 0))
ORDER BY s.slot_id`
	overbooked = `
WITH held AS (
    SELECT p.slot_id, SUM(CASE WHEN b.seat = 'web' THEN 1 ELSE 0 END) AS web, SUM(CASE WHEN b.seat = 'office' THEN 1 ELSE 0 END) AS office
    FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
    WHERE p.tenant = $1 AND p.state = 'active'
    GROUP BY p.slot_id)
SELECT s.slot_id, h.web + h.office, s.web_cap + s.web_over + s.office_cap + s.office_over
FROM slot s JOIN held h ON h.slot_id = s.slot_id
WHERE s.tenant = $1 AND (h.web > s.web_cap + s.web_over OR h.office > s.office_cap + s.office_over
      OR s.web_over > 0 AND s.web_over <> s.web_taken - s.web_cap OR s.office_over > 0 AND s.office_over <> s.office_taken - s.office_cap)
ORDER BY s.slot_id`
	bookedTwice = `
SELECT link, COUNT(*), 1 FROM booking_person WHERE tenant = $1 AND state = 'active' GROUP BY link HAVING COUNT(*) > 1 ORDER BY link`
	statesDiffer = `
SELECT b.booking_id, SUM(CASE WHEN p.state = 'active' THEN 1 ELSE 0 END), COUNT(*)
FROM booking b JOIN booking_person p ON p.tenant = b.tenant AND p.booking_id = b.booking_id
WHERE b.tenant = $1
GROUP BY b.booking_id, b.state
HAVING (b.state = 'active') <> (SUM(CASE WHEN p.state = 'active' THEN 1 ELSE 0 END) > 0)
ORDER BY b.booking_id`
)
