package reserve

import (
	"errors"
	"fmt"

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

// nextNumber gives the next receipt number of the month. It is asked for late,
// because others of the tenant wait for it.
func nextNumber(tx *store.Tx, tenant int) (year int, no string, err error) {
	year, month, _ := jpdate.Day(tx.Today()).Parts()
	var n int
	err = tx.Row(`
INSERT INTO booking_number (tenant, year, month, last) VALUES ($1, $2, $3, 1)
ON CONFLICT (tenant, year, month) DO UPDATE SET last = booking_number.last + 1
RETURNING last`, tenant, year, month).Scan(&n)
	return year, fmt.Sprintf("%02d-%04d", month, n), err
}

func insertBooking(tx *store.Tx, tenant int, b *Booking) (err error) {
	if b.Year, b.No, err = nextNumber(tx, tenant); err != nil {
		return err
	}
	stamp := store.Stamp(tx.Now)
	if _, err := tx.Exec(`
INSERT INTO booking (tenant, booking_id, year, no, window_id, slot_id, seat, via, state, made_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tenant, b.ID, b.Year, b.No, b.WindowID, b.SlotID, b.Side, b.Via, b.State, stamp, stamp); err != nil {
		return err
	}
	for _, p := range b.Persons {
		_, err := tx.Exec(`
INSERT INTO booking_person (tenant, booking_id, link, gen, procs, slot_id, state) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			tenant, b.ID, p.Link, p.Gen, p.Procs, p.SlotID, p.State)
		if store.IsUnique(err) { // one_active
			return fault.New(fault.Conflict, "booking.exists").Because(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lock makes others who change the booking wait.
func lock(tx *store.Tx, tenant int, id string) error {
	_, err := tx.Exec("UPDATE booking SET changed_at = $3 WHERE tenant = $1 AND booking_id = $2", tenant, id, store.Stamp(tx.Now))
	return err
}

func updateBooking(tx *store.Tx, tenant int, b Booking) error {
	if _, err := tx.Exec("UPDATE booking SET slot_id = $3, window_id = $4, state = $5 WHERE tenant = $1 AND booking_id = $2",
		tenant, b.ID, b.SlotID, b.WindowID, b.State); err != nil {
		return err
	}
	for _, p := range b.Persons {
		if _, err := tx.Exec("UPDATE booking_person SET slot_id = $4, state = $5 WHERE tenant = $1 AND booking_id = $2 AND link = $3",
			tenant, b.ID, p.Link, p.SlotID, p.State); err != nil {
			return err
		}
	}
	return nil
}

const bookingColumns = `
SELECT b.booking_id, b.year, b.no, b.window_id, b.slot_id, s.starts_at, b.seat, b.via, b.state, b.made_at
FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id`

func scanBooking(rx *store.Rx, tenant int, row store.Row) (b Booking, found bool, err error) {
	var starts, made string
	err = row.Scan(&b.ID, &b.Year, &b.No, &b.WindowID, &b.SlotID, &starts, &b.Side, &b.Via, &b.State, &made)
	if errors.Is(err, store.ErrNoRows) {
		return Booking{}, false, nil
	}
	if err != nil {
		return Booking{}, false, err
	}
	if b.Starts, err = store.ParseStamp(starts); err != nil {
		return Booking{}, false, err
	}
	if b.MadeAt, err = store.ParseStamp(made); err != nil {
		return Booking{}, false, err
	}
	b.Persons, err = persons(rx, tenant, b.ID)
	return b, err == nil, err
}

func persons(rx *store.Rx, tenant int, bookingID string) (list []Person, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var p Person
		err := scan(&p.Link, &p.Gen, &p.Procs, &p.SlotID, &p.State)
		list = append(list, p)
		return err
	}, "SELECT link, gen, procs, slot_id, state FROM booking_person WHERE tenant = $1 AND booking_id = $2 ORDER BY link", tenant, bookingID)
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
	liveOf = "SELECT booking_id FROM booking_person WHERE tenant = $1 AND link = $2 AND state = 'active'"
	liveIn = `
SELECT DISTINCT booking_id FROM booking_person WHERE tenant = $1 AND slot_id = $2 AND state = 'active' ORDER BY booking_id`
)

// LiveOf returns the live booking of a code.
func LiveOf(rx *store.Rx, tenant int, link string) (b Booking, found bool, err error) {
	var id string
	err = rx.Row(liveOf, tenant, link).Scan(&id)
	if errors.Is(err, store.ErrNoRows) {
		return Booking{}, false, nil
	}
	if err != nil {
		return Booking{}, false, err
	}
	return ByID(rx, tenant, id)
}

func idsOfSlot(rx *store.Rx, tenant int, slotID string) (ids []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, liveIn, tenant, slotID)
	return ids, err
}
