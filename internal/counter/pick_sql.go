package counter

import (
	"kofu/internal/card"
	"kofu/internal/store"
)

// ofPersons joins the card of a person: the one that the link leads to now.
const ofPersons = `
counter_person p LEFT JOIN link l ON l.link = p.link JOIN card c ON c.id = COALESCE(l.card_id, p.card_id) JOIN counter_booking b ON b.bk = p.bk`

func picks(rx *store.Rx, day, windowID, since string) (list []Pick, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var p Pick
		var procedure card.Procedure
		var stops int
		if err := scan(&p.CardID, &p.NoticeNo, &p.Place, &p.Position, &p.Custody, &procedure, &stops, &p.WindowID, &p.Window, &p.Starts, &p.No, &p.KnownAt); err != nil {
			return err
		}
		p.Problem = problemOf(procedure, p.Custody, stops)
		list = append(list, p)
		return nil
	}, `
SELECT c.id, c.notice_no, COALESCE(v.path, ''), COALESCE(c.position, 0), c.custody, c.procedure, c.stops,
       b.window_id, COALESCE(w.name, b.window_id), p.starts_at, b.no, b.known_at
FROM `+ofPersons+` LEFT JOIN place v ON v.id = c.place_id LEFT JOIN counter_window w ON w.window_id = b.window_id
WHERE b.day = $1 AND ($2 = '' OR b.window_id = $2) AND b.known_at > $3 AND p.state IN ('active', 'arrived', 'noshow_provisional') AND p.held = 0
  AND instr(' ' || p.procs || ' ', ' receive ') > 0 AND c.procedure <> 'HANDED_OVER'
ORDER BY c.stops > 0 OR c.procedure NOT IN ('READY', 'NOTIFIED'), v.sort NULLS LAST, c.position, p.starts_at, c.notice_no`, day, windowID, since)
	return list, err
}

// returns are the cards outside the vault whose holder is neither here nor
// expected today or later. Of somebody who is late today the card waits for the
// close of the day.
func returns(rx *store.Rx) (list []Return, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r Return
		err := scan(&r.CardID, &r.NoticeNo, &r.Custody, &r.Reason, &r.No)
		list = append(list, r)
		return err
	}, `
WITH newest AS (
  SELECT c.id AS card_id, p.held, b.no, b.day,
         CASE WHEN p.state IN ('active', 'noshow_provisional') AND d.day IS NOT NULL THEN 'noshow' ELSE p.state END AS state, row_number() OVER (PARTITION BY c.id ORDER BY b.day DESC, b.bk DESC) AS rank
  FROM `+ofPersons+` LEFT JOIN counter_day d ON d.window_id = b.window_id AND d.day = b.day WHERE c.custody IN ('PICKED', 'COUNTER'))
SELECT c.id, c.notice_no, c.custody, COALESCE(n.state, ''), COALESCE(n.no, '')
FROM card c LEFT JOIN newest n ON n.card_id = c.id AND n.rank = 1
WHERE c.custody IN ('PICKED', 'COUNTER') AND NOT EXISTS (
  SELECT 1 FROM newest e WHERE e.card_id = c.id AND (e.state = 'arrived' OR e.state IN ('active', 'noshow_provisional') AND e.held = 0 AND e.day >= $1))
ORDER BY c.notice_no, c.id`, rx.Today())
	return list, err
}
