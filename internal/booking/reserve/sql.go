package reserve

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// insertToken claims a token and reports 0 rows if it is spent. It waits for a
// transaction that is claiming the same one.
func insertToken(tx *store.Tx, o once, bookingID string) (int64, error) {
	return tx.Exec(`
INSERT INTO booking_token (tenant, token, request, booking_id, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, token) DO NOTHING`, o.tenant, o.token, o.request, bookingID, store.Stamp(tx.Now))
}

func selectToken(rx *store.Rx, o once) (request, bookingID string, err error) {
	err = rx.Row("SELECT request, booking_id FROM booking_token WHERE tenant = $1 AND token = $2", o.tenant, o.token).Scan(&request, &bookingID)
	return request, bookingID, err
}

func deleteTokens(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM booking_token WHERE tenant = $1 AND at < $2", tenant, before)
}

// nextNumber gives the next receipt number of the month.
func nextNumber(tx *store.Tx, tenant int) (year int, no string, err error) {
	year, month, _ := jpdate.Day(tx.Today()).Parts()
	n, err := tx.Draw(fmt.Sprintf("booking/%04d-%02d", year, month), func(tx *store.Tx, n int) (last int, err error) {
		err = tx.Row(`
INSERT INTO booking_number (tenant, year, month, last) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, year, month) DO UPDATE SET last = booking_number.last + excluded.last
RETURNING last`, tenant, year, month, n).Scan(&last)
		return last, err
	})
	return year, fmt.Sprintf("%02d-%04d", month, n), err
}

// insertBooking writes a new booking with its persons.
func insertBooking(tx *store.Tx, tenant int, b Booking, event string) error {
	stamp := store.Stamp(tx.Now)
	if err := tx.Later(nil, `
INSERT INTO booking (tenant, booking_id, year, no, window_id, slot_id, seat, via, owner, lang, state, until_at, counter, called_at,
                     made_at, made_by, changed_by, changed_at, placed_event, last_event)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $17, $9, $10, $11, '', '', $12, $14, $15, $12, $16, $13)`,
		tenant, b.ID, b.Year, b.No, b.WindowID, b.SlotID, b.Side, b.Via, b.Lang, b.State, stampOf(b.Until), stamp, event, tx.Actor.ID,
		person(tx.Actor), b.PlacedEvent, owner(b.Theirs)); err != nil {
		return err
	}
	for _, p := range b.Persons {
		if err := insertPerson(tx, tenant, b, p); err != nil {
			return err
		}
	}
	return nil
}

func insertPerson(tx *store.Tx, tenant int, b Booking, p Person) error {
	own := ""
	if b.Theirs {
		own = b.ID
	}
	return tx.Later(exists, `
INSERT INTO booking_person (tenant, booking_id, ord, link, own, gen, procs, units, slot_id, state, booked, visit_here, visit_there,
                            arrived_at, done_at, old_card, handled, memo)
VALUES ($1, $2, $3, $4, $13, $5, $6, $7, $8, $9, $10, $11, $12, '', '', 0, '', '')`,
		tenant, b.ID, p.Ord, p.Link, p.Gen, p.Procs, p.Units, p.SlotID, p.State, p.Booked, p.Here, p.There, own)
}

func owner(theirs bool) string {
	if theirs {
		return "office"
	}
	return "cloud"
}

// exists names the violation of one_active.
func exists(err error) error {
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "booking.exists").Because(err)
	}
	return err
}

// lock makes others who change the booking wait, marks it with an event and
// returns the last one that it knows.
func lock(tx *store.Tx, tenant int, id, event string) (last string, err error) {
	err = tx.Row(`
UPDATE booking SET changed_at = $3, last_event = CASE WHEN last_event < $4 THEN $4 ELSE last_event END
WHERE tenant = $1 AND booking_id = $2 RETURNING last_event`, tenant, id, store.Stamp(tx.Now), event).Scan(&last)
	if errors.Is(err, store.ErrNoRows) {
		return "", fault.New(fault.NotFound, "booking.unknown")
	}
	return last, err
}

func saveBooking(tx *store.Tx, tenant int, b Booking, event string) error {
	_, err := tx.Exec(`
UPDATE booking SET slot_id = $3, window_id = $4, state = $5, until_at = $6, counter = $7, called_at = $8, placed_event = $9,
    last_event = CASE WHEN last_event < $10 THEN $10 ELSE last_event END,
    changed_by = CASE WHEN $11 = '' THEN changed_by ELSE $11 END
WHERE tenant = $1 AND booking_id = $2`,
		tenant, b.ID, b.SlotID, b.WindowID, b.State, stampOf(b.Until), b.Counter, stampOf(b.CalledAt), b.PlacedEvent, event, person(tx.Actor))
	return err
}

// person is the id of somebody of the staff, ” for residents and for jobs.
func person(a store.Actor) string {
	if a.Role == "resident" || a.Role == "job" {
		return ""
	}
	return a.ID
}

func savePerson(tx *store.Tx, tenant int, bookingID string, p Person) error {
	card := 0
	if p.Handled.OldCard {
		card = 1
	}
	_, err := tx.Exec(`
UPDATE booking_person SET slot_id = $4, state = $5, arrived_at = $6, done_at = $7, old_card = $8, handled = $9, memo = $10,
    booked = $11, visit_here = $12, visit_there = $13
WHERE tenant = $1 AND booking_id = $2 AND ord = $3`,
		tenant, bookingID, p.Ord, p.SlotID, p.State, stampOf(p.ArrivedAt), stampOf(p.DoneAt), card,
		strings.Join(p.Handled.Codes, " "), p.Handled.Memo, p.Booked, p.Here, p.There)
	return exists(err)
}

// saveProcs writes for what a person comes; the seats stay as they are.
func saveProcs(tx *store.Tx, tenant int, bookingID string, p Person) error {
	_, err := tx.Exec("UPDATE booking_person SET procs = $4 WHERE tenant = $1 AND booking_id = $2 AND ord = $3", tenant, bookingID, p.Ord, p.Procs)
	return err
}

// savePlace writes where and for what a person of the office's booking comes.
func savePlace(tx *store.Tx, tenant int, bookingID string, p Person) error {
	_, err := tx.Exec("UPDATE booking_person SET gen = $4, procs = $5, units = $6 WHERE tenant = $1 AND booking_id = $2 AND ord = $3",
		tenant, bookingID, p.Ord, p.Gen, p.Procs, p.Units)
	return err
}

// saveAll writes a booking and its persons as they are now.
func saveAll(tx *store.Tx, tenant int, b Booking, event string) error {
	if err := saveBooking(tx, tenant, b, event); err != nil {
		return err
	}
	for _, p := range b.Persons {
		if err := savePerson(tx, tenant, b.ID, p); err != nil {
			return err
		}
	}
	return nil
}

// stampOf is an instant as it is stored, ” for none.
func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return store.Stamp(t)
}

// instants reads what stampOf wrote.
func instants(texts []string, to ...*time.Time) (err error) {
	for i, text := range texts {
		if text == "" {
			continue
		}
		if *to[i], err = store.ParseStamp(text); err != nil {
			return err
		}
	}
	return nil
}

const bookingColumns = `
SELECT b.booking_id, b.year, b.no, b.window_id, b.slot_id, s.starts_at, s.minutes, b.seat, b.via, CASE WHEN b.owner = 'office' THEN 1 ELSE 0 END, b.lang, b.state, b.until_at,
       b.counter, b.called_at, b.made_at, b.placed_event
FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id`

func scanBooking(rx *store.Rx, tenant int, row store.Row) (b Booking, found bool, err error) {
	var starts, until, called, made string
	err = row.Scan(&b.ID, &b.Year, &b.No, &b.WindowID, &b.SlotID, &starts, &b.Minutes, &b.Side, &b.Via, &b.Theirs, &b.Lang, &b.State, &until,
		&b.Counter, &called, &made, &b.PlacedEvent)
	if errors.Is(err, store.ErrNoRows) {
		return Booking{}, false, nil
	}
	if err != nil {
		return Booking{}, false, err
	}
	if err := instants([]string{starts, until, called, made}, &b.Starts, &b.Until, &b.CalledAt, &b.MadeAt); err != nil {
		return Booking{}, false, err
	}
	b.Persons, err = persons(rx, tenant, b.ID)
	return b, err == nil, err
}

func persons(rx *store.Rx, tenant int, bookingID string) (list []Person, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var p Person
		var arrived, done, codes string
		err := scan(&p.Ord, &p.Link, &p.Gen, &p.Procs, &p.Units, &p.SlotID, &p.State, &p.Booked, &p.Here, &p.There, &arrived, &done, &p.Handled.OldCard, &codes, &p.Handled.Memo)
		if err != nil {
			return err
		}
		p.Handled.Codes = strings.Fields(codes)
		if len(p.Handled.Codes) == 0 {
			p.Handled.Codes = nil
		}
		err = instants([]string{arrived, done}, &p.ArrivedAt, &p.DoneAt)
		list = append(list, p)
		return err
	}, `
SELECT ord, COALESCE(link, ''), gen, procs, units, slot_id, state, booked, visit_here, visit_there, arrived_at, done_at, old_card, handled, memo
FROM booking_person WHERE tenant = $1 AND booking_id = $2 ORDER BY ord`, tenant, bookingID)
	return list, err
}

// ByID returns a booking with its persons.
func ByID(rx *store.Rx, tenant int, id string) (b Booking, found bool, err error) {
	return scanBooking(rx, tenant, rx.Row(bookingColumns+" WHERE b.tenant = $1 AND b.booking_id = $2", tenant, id))
}

// ByNumber returns the booking with a receipt number of a year.
func ByNumber(rx *store.Rx, tenant, year int, no string) (b Booking, found bool, err error) {
	return scanBooking(rx, tenant, rx.Row(bookingColumns+" WHERE b.tenant = $1 AND b.year = $2 AND b.no = $3", tenant, year, no))
}

const (
	activeOf = "SELECT booking_id FROM booking_person WHERE tenant = $1 AND link = $2 AND state = 'active' ORDER BY own DESC"
	comingOf = `
SELECT booking_id FROM booking_person
WHERE tenant = $1 AND link = $2 AND (state IN ('pending', 'arrived') OR state = 'active' AND own <> '')`
	offeredTo = "SELECT booking_id FROM booking_person WHERE tenant = $1 AND link = $2 AND state = 'offered'"
	boundFor  = `
SELECT booking_id FROM booking_person
WHERE tenant = $1 AND link = $2 AND booked IN ('pending', 'offered', 'active') ORDER BY booking_id`
	allOf   = "SELECT booking_id FROM booking_person WHERE tenant = $1 AND link = $2 ORDER BY booking_id"
	linksIn = "SELECT link FROM booking_person WHERE tenant = $1 AND booking_id = $2 AND link IS NOT NULL"
	// openIn are the bookings of a slot whose persons have still to come.
	openIn = `
SELECT DISTINCT booking_id FROM booking_person
WHERE tenant = $1 AND slot_id = $2 AND state IN ('pending', 'offered', 'active') ORDER BY booking_id`
	// dueAt are those whose time has passed, and those of a day that the office has closed.
	dueAt = `
SELECT b.booking_id FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
WHERE b.tenant = $1 AND b.until_at <> '' AND b.state = $3 AND (b.until_at <= $2
   OR EXISTS (SELECT 1 FROM closed_day c WHERE c.tenant = b.tenant AND c.window_id = s.window_id AND c.day = s.day))
ORDER BY b.until_at LIMIT $4`
)

func texts(rx *store.Rx, query string, args ...any) (list []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		list = append(list, text)
		return err
	}, query, args...)
	return list, err
}

// LiveOf returns the booking that keeps a code from booking again: the one with
// which the person will come, has come, or has still to confirm.
func LiveOf(rx *store.Rx, tenant int, link string) (b Booking, found bool, err error) {
	for _, query := range []string{activeOf, comingOf} {
		if b, found, err = one(rx, tenant, query, link); err != nil || found {
			return b, found, err
		}
	}
	return Booking{}, false, nil
}

// OfferFor returns the booking that waits for the answer of a code.
func OfferFor(rx *store.Rx, tenant int, link string) (b Booking, found bool, err error) {
	return one(rx, tenant, offeredTo, link)
}

func one(rx *store.Rx, tenant int, query, link string) (b Booking, found bool, err error) {
	ids, err := texts(rx, query, tenant, link)
	if err != nil || len(ids) == 0 {
		return Booking{}, false, err
	}
	return ByID(rx, tenant, ids[0])
}

// Of returns all bookings of a code, the earliest first.
func Of(rx *store.Rx, tenant int, link string) (list []Booking, err error) {
	ids, err := texts(rx, allOf, tenant, link)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		b, _, err := ByID(rx, tenant, id)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// comes reports whether a code has a booking that the index one_active does not
// see.
func comes(rx *store.Rx, tenant int, link string) (bool, error) {
	ids, err := texts(rx, comingOf, tenant, link)
	return len(ids) > 0, err
}

func linksOf(rx *store.Rx, tenant int, id string) ([]string, error) {
	return texts(rx, linksIn, tenant, id)
}

func idsOfSlot(rx *store.Rx, tenant int, slotID string) ([]string, error) {
	return texts(rx, openIn, tenant, slotID)
}

func due(rx *store.Rx, tenant int, s State, limit int) ([]string, error) {
	return texts(rx, dueAt, tenant, store.Stamp(rx.Now), s, limit)
}
