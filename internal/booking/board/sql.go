package board

import (
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

const visitColumns = "b.booking_id, b.no, s.window_id, s.slot_id, s.starts_at, s.minutes, b.seat, b.via, b.state, b.counter"

const (
	visitsOfDay = "SELECT " + visitColumns + `
FROM slot s JOIN booking b ON b.tenant = s.tenant AND b.slot_id = s.slot_id
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day = $3
ORDER BY s.starts_at, b.booking_id`
	personsOfDay = `
SELECT p.booking_id, p.procs, p.state, p.arrived_at
FROM slot s JOIN booking b ON b.tenant = s.tenant AND b.slot_id = s.slot_id
     JOIN booking_person p ON p.tenant = b.tenant AND p.booking_id = b.booking_id
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day = $3`
	visitsInState = "SELECT " + visitColumns + `, COUNT(*)
FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id
     JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
WHERE p.tenant = $1 AND s.window_id = $2 AND p.state = $3
GROUP BY b.booking_id, b.no, s.window_id, s.slot_id, s.starts_at, s.minutes, b.seat, b.via, b.state, b.counter
ORDER BY s.starts_at DESC, b.booking_id LIMIT $4`
)

func scanVisit(scan func(...any) error, more ...any) (v Visit, err error) {
	var starts string
	places := []any{&v.BookingID, &v.No, &v.WindowID, &v.SlotID, &starts, &v.Minutes, &v.Side, &v.Via, &v.State, &v.Counter}
	if err := scan(append(places, more...)...); err != nil {
		return Visit{}, err
	}
	v.Starts, err = store.ParseStamp(starts)
	return v, err
}

func visits(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (list []Visit, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		v, err := scanVisit(scan)
		list = append(list, v)
		return err
	}, visitsOfDay, tenant, windowID, day)
	return list, err
}

func inState(rx *store.Rx, tenant int, windowID string, state reserve.State, limit int) (list []Visit, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		persons := 0
		v, err := scanVisit(scan, &persons)
		v.Persons = persons
		list = append(list, v)
		return err
	}, visitsInState, tenant, windowID, state, limit)
	return list, err
}

// addPersons counts those who have not left a visit, and their procedures.
func addPersons(rx *store.Rx, tenant int, windowID string, day jpdate.Day, list []Visit) error {
	at := make(map[string]int, len(list))
	for i, v := range list {
		at[v.BookingID] = i
	}
	procs := map[string][]slot.Procedure{}
	err := rx.Query(func(scan func(...any) error) error {
		var id, arrived string
		var state reserve.State
		var p slot.Procs
		if err := scan(&id, &p, &state, &arrived); err != nil {
			return err
		}
		i, known := at[id]
		if !known || state.Ended() && !list[i].State.Ended() {
			return nil
		}
		list[i].Persons++
		procs[id] = append(procs[id], p.List()...)
		if arrived == "" {
			return nil
		}
		instant, err := store.ParseStamp(arrived)
		if list[i].ArrivedAt.IsZero() || instant.Before(list[i].ArrivedAt) {
			list[i].ArrivedAt = instant
		}
		return err
	}, personsOfDay, tenant, windowID, day)
	for i := range list {
		if err != nil {
			return err
		}
		list[i].Procs, err = slot.ParseProcs(procs[list[i].BookingID]...)
	}
	return err
}
