package link

import (
	"errors"
	"strings"

	"kofu/internal/card"
	"kofu/internal/store"
)

const columns = `
l.link, COALESCE(l.resident_id, 0), l.card_id, l.gen, l.state, l.code_id, l.key_id, l.svc, l.windows, l.book_from, l.until, l.grp, l.mem,
l.run_id, l.released_at, l.first_used_at, l.seen_version, l.seen_stops`

func scanLink(scan func(...any) error) (l Link, err error) {
	var svc, windows string
	err = scan(&l.ID, &l.ResidentID, &l.CardID, &l.Gen, &l.State, &l.CodeID, &l.KeyID, &svc, &windows, &l.BookFrom, &l.Until, &l.Group, &l.Ordinal,
		&l.RunID, &l.ReleasedAt, &l.FirstUsedAt, &l.seenVersion, &l.seenStops)
	l.Svc, l.Windows = strings.Fields(svc), strings.Fields(windows)
	return l, err
}

func one(rx *store.Rx, query string, args ...any) (Link, bool, error) {
	l, err := scanLink(rx.Row("SELECT "+columns+" FROM link l WHERE "+query, args...).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Link{}, false, nil
	}
	return l, err == nil, err
}

// ByID returns a pseudonym, false when there is none.
func ByID(rx *store.Rx, id string) (Link, bool, error) { return one(rx, "l.link = $1", id) }

// ByCard returns the pseudonym of the holder of a card, false when its code was
// never released or the holder has a newer card.
func ByCard(rx *store.Rx, cardID int64) (Link, bool, error) {
	return one(rx, "l.card_id = $1", cardID)
}

// forCard returns the pseudonym that a card's code goes by: its own, or that of
// an earlier card which the holder never got.
func forCard(rx *store.Rx, c card.Card) (Link, bool, error) {
	l, known, err := ByCard(rx, c.ID)
	if err != nil || known || c.ResidentID == 0 {
		return l, known, err
	}
	return one(rx, `
l.resident_id = $1 AND l.state <> 'closed'
AND NOT EXISTS (SELECT 1 FROM card c WHERE c.id = l.card_id AND c.procedure NOT IN ('WITHDRAWN', 'VOIDED'))
ORDER BY l.released_at DESC, l.link LIMIT 1`, c.ResidentID)
}

func links(rx *store.Rx, query string, args ...any) (list []Link, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		l, err := scanLink(scan)
		list = append(list, l)
		return err
	}, "SELECT "+columns+" FROM link l "+query, args...)
	return list, err
}

func all(rx *store.Rx) ([]Link, error) { return links(rx, "ORDER BY l.link") }

// OfResident are the pseudonyms of a resident.
func OfResident(rx *store.Rx, id int64) ([]Link, error) {
	return links(rx, "WHERE l.resident_id = $1 ORDER BY l.link", id)
}

// holder is the resident of a card, 0 for none.
func holder(rx *store.Rx, cardID int64) (id int64, err error) {
	c, err := card.ByID(rx, cardID)
	return c.ResidentID, err
}

// stale are the links of which something may have to be said: their card has
// changed, they have another code, or their holder is protected.
func stale(rx *store.Rx, shielding bool) ([]Link, error) {
	shield := 0
	if shielding {
		shield = 1
	}
	return links(rx, `
JOIN card c ON c.id = l.card_id
WHERE c.version <> l.seen_version OR c.stops <> l.seen_stops
   OR l.state NOT IN ('closed', 'withdrawn') AND COALESCE((SELECT k.id FROM link_code k WHERE k.card_id = c.id AND k.state = 'issued'), 0) <> l.code_id
   OR l.state = 'withdrawn' AND c.procedure NOT IN ('WITHDRAWN', 'VOIDED')
   OR $1 = 1 AND l.state NOT IN ('closed', 'withdrawn') AND EXISTS (SELECT 1 FROM resident_shield s WHERE s.resident_id = c.resident_id AND s.ended_at = '')
ORDER BY l.link`, shield)
}

func save(tx *store.Tx, l Link) error {
	var holder any
	if l.ResidentID != 0 {
		holder = l.ResidentID
	}
	_, err := tx.Exec(`
INSERT INTO link (link, resident_id, card_id, gen, state, code_id, key_id, svc, windows, book_from, until, grp, mem, run_id,
                  released_at, released_by, seen_version, seen_stops, first_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (link) DO UPDATE SET resident_id = $2, card_id = $3, gen = $4, state = $5, code_id = $6, key_id = $7, svc = $8, windows = $9,
  book_from = $10, until = $11, grp = $12, mem = $13, run_id = $14, released_at = $15, seen_version = $17, seen_stops = $18, first_used_at = $19`,
		l.ID, holder, l.CardID, l.Gen, string(l.State), l.CodeID, l.KeyID, strings.Join(l.Svc, " "), strings.Join(l.Windows, " "),
		l.BookFrom, l.Until, l.Group, l.Ordinal, l.RunID, l.ReleasedAt, tx.Actor.ID, l.seenVersion, l.seenStops, l.FirstUsedAt)
	return err
}

// lookAgain lets every link be compared with its card at the next opportunity.
func lookAgain(tx *store.Tx) error {
	_, err := tx.Exec("UPDATE link SET seen_version = -1 WHERE state <> 'closed'")
	return err
}

func setFirstUsed(tx *store.Tx, link string) (bool, error) {
	n, err := tx.Exec("UPDATE link SET first_used_at = CASE WHEN first_used_at = '' THEN $2 ELSE first_used_at END WHERE link = $1",
		link, store.Stamp(tx.Now))
	return n == 1, err
}

// Reached is how far the codes of a print run have come.
type Reached struct {
	Released int // the log says so
	Sent     int // in a bundle
	Arrived  int // acknowledged by the booking service
}

// ReachedOf tells how far the codes of a print run have come, given up to which
// event bundles have left and up to which they have arrived.
func ReachedOf(rx *store.Rx, runID, sent, acked int64) (r Reached, err error) {
	err = rx.Row(`
SELECT COUNT(*), COALESCE(SUM(CASE WHEN told <= $2 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN told <= $3 THEN 1 ELSE 0 END), 0)
FROM (SELECT COALESCE((
    SELECT MAX(e.seq) FROM office_event e
    WHERE e.subject = l.link AND e.type IN ('link.issue', 'link.rekey') AND e.series = (SELECT MAX(series) FROM office_event)), 0) AS told
  FROM link l WHERE l.run_id = $1) s`, runID, sent, acked).Scan(&r.Released, &r.Sent, &r.Arrived)
	return r, err
}

// countRun counts the letters of a run whose code lives, by whether the booking
// service was told.
func countRun(rx *store.Rx, runID int64) (released, waiting int, err error) {
	err = rx.Row(`
SELECT COALESCE(SUM(CASE WHEN l.link IS NOT NULL THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN l.link IS NULL THEN 1 ELSE 0 END), 0)
FROM notice_piece p JOIN link_code k ON k.id = p.link_id AND k.state = 'issued'
LEFT JOIN link l ON l.card_id = p.card_id AND l.code_id = p.link_id
WHERE p.run_id = $1 AND p.held_out = 0`, runID).Scan(&released, &waiting)
	return released, waiting, err
}

// Counts are the pseudonyms by state.
func Counts(rx *store.Rx) (counts map[string]int, err error) {
	counts = map[string]int{}
	err = rx.Query(func(scan func(...any) error) error {
		var state string
		var n int
		if err := scan(&state, &n); err != nil {
			return err
		}
		counts[state] = n
		return nil
	}, "SELECT state, COUNT(*) FROM link GROUP BY state")
	return counts, err
}
